"""What people type for their own pictures: in the picture folder itself, with lists, and with classes whose names are numbers."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import gansmith
from gansmith.cli import main
from gansmith.data.store import open_store
from gansmith.ground.errors import RunError
from gansmith.ground.recipes.settings import DataSettings
from gansmith.runs.evaluation import real_items

TINY = (
    *("--set", "data.size=16", "--set", "watch.judge=0", "--set", "watch.diagnose=0", "--set", "watch.samples=16"),
    *("--set", "generator.widths=[16,8]", "--set", "discriminator.widths=[8,16]", "--set", "data.batch=8"),
)


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GANSMITH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def draw(folder: Path, names: list[str]) -> Path:
    for index, name in enumerate(names):
        tones = np.random.default_rng(index).integers(0, 256, (3, 3, 3), dtype=np.uint8)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(tones).resize((16, 16), Image.Resampling.BICUBIC).save(folder / name)
    return folder


def say(capsys: pytest.CaptureFixture[str], *arguments: object, rc: int = 0) -> str:
    assert main([str(argument) for argument in arguments]) == rc
    found = capsys.readouterr()
    return found.out + found.err


def test_training_in_the_picture_folder_is_harmless(tmp_path, monkeypatch, capsys):
    """The run lies among the pictures, and so do samples of it; it goes on, and a second one sees the same pictures."""
    monkeypatch.chdir(draw(tmp_path / "mine", [f"{index}.png" for index in range(12)]))
    Path("phone.HEIC").write_bytes(b"x")
    said = say(capsys, "train", "folder", "--data", ".", "--updates", 2, *TINY)
    assert "left out: 1 .heic: convert them to .jpg" in said
    say(capsys, "sample", "runs/folder-001", "--count", 4, "--seed", 1)
    say(capsys, "sample", "runs/folder-001", "--count", 4, "--seed", 1, "--out", "samples")
    assert "update 4" in say(capsys, "resume", "runs/folder-001", "--updates", 4)
    said = say(capsys, "train", "folder", "--data", ".", "--seed", 1, "--updates", 1, *TINY)
    assert "the run runs/folder-001" in said
    assert "5 samples or sheets of Gansmith, sample-1.png for one" in said
    about = json.loads(Path("runs/folder-002/data.json").read_text())
    assert about["count"] == 12
    assert "the run runs/folder-001" in about["left_out"]


@pytest.mark.parametrize(
    "arguments", [("train", "folder", "--data", ""), ("data", "info", ""), ("evaluate", "x.npz", "--data", "")]
)
def test_an_empty_variable_is_no_source(tmp_path, monkeypatch, capsys, arguments):
    monkeypatch.chdir(draw(tmp_path / "mine", ["a.png"]))
    assert "the data source is empty" in say(capsys, *arguments, rc=1)


def test_classes_are_asked_for_and_the_list_that_lies_there_is_named(tmp_path, capsys):
    folder = draw(tmp_path / "mine", [f"{index}.png" for index in range(9)])
    ask = ("train", "folder", "--data", folder, "--set", "data.labels=classes", "--updates", 1, "--dry-run")
    (folder / "train.csv").write_text("id,width,height\n" + "".join(f"{index},16,16\n" for index in range(9)))
    said = say(capsys, *ask, rc=1)
    assert "has no labels (train.csv is not read as classes: beside the names it has width, height" in said
    (folder / "train.csv").write_text("id,label\n" + "".join(f"{index},{index % 2}\n" for index in range(9)))
    said = say(capsys, *ask)
    assert "classes are those in train.csv" in said
    assert "2 classes" in said


@pytest.fixture(scope="module")
def numbered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on classes called 2, 5 and 7; the pictures of a fourth, 9, cannot be read."""
    place = tmp_path_factory.mktemp("numbered")
    pictures = draw(place / "mine", [f"{name}/{index}.png" for name in (2, 5, 7, 9) for index in range(6)])
    for path in (pictures / "9").iterdir():
        path.write_bytes(b"broken")
    data = ("--data", str(pictures), "--set", "data.labels=classes", "--updates", "2", "--out", str(place / "run"))
    assert main(["train", "folder", *data, *TINY]) == 0
    return place / "run"


def test_a_class_means_its_name_in_every_command(numbered, tmp_path, capsys):
    assert json.loads((numbered / "data.json").read_text())["class_names"] == ["2", "5", "7"]
    say(capsys, "sample", numbered, "--count", 3, "--label", 5, "--seed", 1, "--out", tmp_path / "five")
    assert [path.name for path in sorted((tmp_path / "five").iterdir())] == [
        "00000-5.png",
        "00001-5.png",
        "00002-5.png",
    ]
    say(capsys, "sample", numbered, "--count", 6, "--seed", 1, "--out", tmp_path / "all.npz")
    with np.load(tmp_path / "all.npz") as arrays:
        assert sorted(arrays["labels"]) == [2, 2, 5, 5, 7, 7]
    assert "classes: 2 (2), 5 (2), 7 (2)" in say(capsys, "data", "info", tmp_path / "all.npz")
    said = say(capsys, "sample", numbered, "--label", 1, "--out", tmp_path / "no.png", rc=1)
    assert "label 1 is none of this generator's 3 classes: 2, 5, 7" in said
    say(capsys, "explore", numbered, "truncate", "--label", 7, "--columns", 2)
    assert "none of this generator's 3 classes" in say(capsys, "explore", numbered, "truncate", "--label", 0, rc=1)


def test_a_class_means_its_name_in_python(numbered):
    generator = gansmith.load(numbered)
    five = generator.sample(3, seed=1, labels="5")
    assert np.array_equal(generator.sample(3, seed=1, labels=5), five)
    assert np.array_equal(generator.sample(3, seed=1, labels=[5, 5, 5]), five)
    assert generator.labels(3, ["2", 5, 7]).tolist() == [0, 1, 2]
    assert np.array_equal(
        generator.sample(3, seed=1, labels=np.array([1, 1, 1])), five
    )  # positions, as `labels` returns
    for wrong in (1, "0", [2, 5, 6]):
        with pytest.raises(RunError, match="none of this generator's 3 classes: 2, 5, 7"):
            generator.labels(3, wrong)
    with pytest.raises(RunError, match="2 labels for 3 samples"):
        generator.labels(3, [2, 5])


def test_a_run_is_measured_by_the_names_of_its_classes(numbered, tmp_path, monkeypatch):
    """Against data with one class more, so that the numbers of the others are shifted there."""
    from gansmith.runs import evaluation

    other = draw(tmp_path / "other", [f"{name}/{index}.png" for name in (1, 2, 5, 7) for index in range(3)])
    given: list[np.ndarray] = []

    def measured(items, labels, reference, **options):
        given.append(labels)
        raise RunError("far enough")

    def real_only(settings, seed, **options):
        return SimpleNamespace(real=evaluation.real_items(settings, seed), classes=4)

    monkeypatch.setattr("gansmith.metrics.evaluation.evaluate", measured)
    monkeypatch.setattr(evaluation, "reference_for", real_only)
    with pytest.raises(RunError, match="far enough"):
        evaluation.evaluate(numbered, str(other), count=6)
    assert sorted(given[0]) == [1, 1, 2, 2, 3, 3]


def test_a_run_is_compared_with_the_test_pictures_of_its_source(tmp_path):
    names = [f"train/{name}/{index}.png" for name in "abc" for index in range(3)]
    folder = draw(tmp_path / "own", [*names, "test/b/0.png", "test/c/0.png"])
    settings = DataSettings(source=str(folder), size="16")
    of_test = dataclasses.replace(settings, split="test")
    real, kept = real_items(settings), open_store(of_test)
    assert sorted(real.labels) == [0] * 3 + [1] * 3 + [2] * 3
    assert np.array_equal(real.heldout_items, kept.items)
    assert real.heldout_labels.tolist() == [1, 2]  # by the numbers of the training pictures' classes
    assert not {item.tobytes() for item in real.heldout_items} & {item.tobytes() for item in real.items}
    assert real_items(of_test).heldout_items is None  # these were trained on: none are kept back
