"""Arguments in the wrong place, as people type them: the refusal leads to what they wanted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gansmith.cli import main


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder with a folder of pictures, a run-like folder, a file of arrays."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine").mkdir()
    for index in range(3):
        Image.fromarray(np.full((8, 8), index, np.uint8)).save(tmp_path / "mine" / f"{index}.png")
    (tmp_path / "my run").mkdir()
    (tmp_path / "my run" / "recipe.toml").write_text("seed = 1\n")
    (tmp_path / "a.npz").write_bytes(b"")
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("train mine", "'mine' is a folder and no recipe: to train on it, type `gansmith train folder --data mine`"),
        ("train ./mine/", "is a folder and no recipe: to train on it, type `gansmith train folder --data mine`"),
        ("train a.npz", "'a.npz' is a file and no recipe: to train on it, type `gansmith train folder --data a.npz`"),
        ("train mine/0.png", "`gansmith train folder --data mine/0.png`"),
        ("train celeba", "'celeba' is a data set and no recipe; recipes for it: article-004-celeba, faces, kim-dcgan"),
        ("train folder mine", "mine is a path: give data as --data mine"),
        ("train folder --data mine/0.png mine/1.png mine/2.png", "quote it, as in --data 'mine/*.png'"),
        ("data info mine/0.png mine/1.png mine/2.png", "quote it, as in 'mine/*.png'"),
        ("train folder", "give --data with a folder, a zip or a store"),
        ("train folder --updates 3", "`gansmith train folder --data my-pictures`"),
        ("train folder --data min", "did you mean '{here}/mine'?"),
        ("train folder --data digit", "did you mean 'digits'?"),
        ("train folder --data mnits", "did you mean 'mnist'?"),
        ("TRAIN digits", "did you mean 'train'?"),
        ("train Digits", "did you mean 'digits'?"),
        ("train fashion-mnist", "recipes for it: fashion"),
        ("train digits -- --updates 5", "--updates stands after `--`, where options end: write it before"),
        ("train digits --lr 1e-4", "here it is `--set optimizer.generator.rate=...` or"),
        ("train digits --batch_size=16", "unrecognized option --batch_size; here it is `--set data.batch=...`"),
        ("train digits --epoch 3", "`--epochs N`"),
        ("train digits --updates abc", "argument --updates: 'abc' is not a whole number"),
        ("train digits --updates 1e30", "must be below 2^63"),
        ("train digits --minutes nan", "argument --minutes: 'nan' is not a number"),
        ("train digits --seed 1.5", "argument --seed: '1.5' is not a whole number"),
        ("train digits nowhere", "unrecognized argument nowhere"),
        ("explore run grid --colums 3", "unrecognized option --colums; did you mean `--columns`?"),
        ("explore run grid --columns x", "'x' is not a whole number"),
    ],
)
def test_a_refusal_leads_on(arguments: str, said: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments.split()) == 1
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    assert said.replace("{here}", str(here)) in line
    assert not (here / "runs").exists()


def test_a_run_in_the_place_of_a_recipe(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "my run"]) == 1
    line = capsys.readouterr().err
    assert "`gansmith resume 'my run'`" in line
    assert "`gansmith train 'my run/recipe.toml'`" in line


@pytest.mark.parametrize("command", ["report", "resume", "diagnose", "evaluate", "sample", "explore"])
def test_a_name_that_no_disk_takes(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "n" * 300, *(["grid"] if command == "explore" else [])]) == 1
    assert capsys.readouterr().err.strip().count("\n") == 0


def test_a_link_to_nothing_is_not_its_own_neighbour(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "lost").symlink_to(here / "nowhere")
    assert main(["data", "info", "lost"]) == 1
    assert "did you mean" not in capsys.readouterr().err


def test_data_without_a_name_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """`--data "$FOLDER"` with an empty variable; it once was the current folder."""
    assert main(["train", "digits", "--data", ""]) == 1
    assert "the data source is empty" in capsys.readouterr().err


@pytest.mark.parametrize(
    "order", ["train --data mine folder", "train folder --data=mine", "train --updates 1e1 folder --data mine"]
)
def test_options_stand_anywhere(order: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*order.split(), "--dry-run", "--json"]) == 0
    assert '"count": 3' in capsys.readouterr().out
