"""Every recipe with data of every other kind: the refusal leads to the command that trains on it."""

from __future__ import annotations

import shlex
import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gansmith.cli import main

SUITED = {
    "pictures": "folder", "vectors.npy": "folder", "table.csv": "table", "sounds": "signal", "words.txt": "text",
    "purchases": "table", "syllables": "text", "tones": "signal",
}  # fmt: skip
RECIPES = ("folder", "mnist", "ring", "table", "signal", "text")
PAIRS = [(recipe, source) for recipe in RECIPES for source, own in SUITED.items() if recipe != own]
FITTING = {
    ("ring", "pictures"), ("ring", "vectors.npy"), ("mnist", "pictures"),  # of any size and number
    ("table", "vectors.npy"), ("text", "table.csv"),  # rows of numbers, and lines
}  # fmt: skip


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a source of each kind."""
    folder, rng = tmp_path_factory.mktemp("sources"), np.random.default_rng(0)
    for name in ("pictures", "sounds"):
        (folder / name).mkdir()
    for index in range(16):
        Image.fromarray(rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)).save(folder / "pictures" / f"{index}.png")
    with wave.open(str(folder / "sounds" / "one.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(rng.integers(-3000, 3000, 30_000).astype("<i2").tobytes())
    np.save(folder / "vectors.npy", rng.normal(size=(64, 5)))
    ages = "\n".join(f"{age},{'mf'[age % 2]}" for age in rng.integers(18, 80, 60).tolist())
    (folder / "table.csv").write_text(f"age,sex\n{ages}\n")
    (folder / "words.txt").write_text("".join(f"word{'abcd'[index % 4]}{index}\n" for index in range(40)))
    return folder


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.parametrize(("recipe", "source"), [pair for pair in PAIRS if pair not in FITTING])
def test_a_wrong_pairing_leads_to_the_right_one(
    recipe: str, source: str, sources: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(sources)
    assert main(["train", recipe, "--data", source, "--dry-run"]) == 1
    said = last_line(capsys)
    way = f"gansmith train {SUITED[source]} --data {source}"
    assert f"`{way}`" in said
    assert "data.kind" not in said, "the user gave none"
    assert main([*shlex.split(way)[1:], "--dry-run"]) == 0, "the way out is one"


def test_a_kind_that_the_user_gave_is_named(
    sources: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(sources)
    assert main(["train", "folder", "--data", "pictures", "--set", "data.kind=text", "--dry-run"]) == 1
    assert "leave data.kind = 'text' out" in last_line(capsys)


def test_what_is_wrong_with_the_data_itself_stays_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("short.npy", np.zeros((30, 5)) + np.arange(30)[:, None])
    assert main(["train", "signal", "--data", "short.npy", "--dry-run"]) == 1
    said = last_line(capsys)
    assert "has 5 samples" in said
    assert "`gansmith train folder --data short.npy`" in said
    Path("few.txt").write_text("one\ntwo\n")
    assert main(["train", "text", "--data", "few.txt", "--dry-run"]) == 1
    assert "2 lines of 1 to 32 characters" in last_line(capsys)


def test_an_array_of_rows_is_a_table_too(
    sources: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(sources)
    assert main(["train", "table", "--data", "vectors.npy", "--dry-run"]) == 0
    np.save("stack.npy", np.zeros((20, 8, 8), np.uint8))
    assert main(["train", "table", "--data", "stack.npy", "--dry-run"]) == 1
    assert "`gansmith train folder --data stack.npy`" in last_line(capsys)


@pytest.mark.parametrize("name", ["words.md", "words.list", "words.csv", "sentences.csv", "words.tsv"])
def test_words_in_other_files_lead_to_the_recipe_for_text(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    end = " is read" if name.startswith("sentences") else ""
    words = [f"{one}{two}{three}{end}" for one in "bdgkm" for two in "aeiou" for three in "lnrst"]
    heading = ["word"] if name.endswith((".csv", ".tsv")) else []
    Path(name).write_text("".join(f"{line}\n" for line in [*heading, *words, *words[:20]]))
    way = f"`gansmith train text --data {name}`"
    assert main(["data", "info", name]) == 1
    assert way in last_line(capsys)
    assert main(["train", "folder", "--data", name, "--dry-run"]) == 1
    assert way in last_line(capsys)
    assert main(["train", "text", "--data", name, "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert ("no line: 'word'" in said) == bool(heading)
    assert f"{len(words) + 20} items" in said


def test_lines_of_a_table_with_columns_are_said_to_be_such(
    sources: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(sources)
    assert main(["train", "text", "--data", "table.csv", "--dry-run"]) == 0
    assert "`gansmith train table --data table.csv` learns the columns" in capsys.readouterr().out


def test_a_folder_of_tables_leads_to_one_of_them(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine").mkdir()
    Path("mine/people.csv").write_bytes((sources / "table.csv").read_bytes())
    assert main(["train", "table", "--data", "mine", "--dry-run"]) == 1
    assert "as mine/people.csv" in last_line(capsys)


def test_vectors_with_widths_of_ones_own_are_told_all_at_once(
    sources: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(sources)
    widths = ["--set", "generator.widths=[16,8]", "--set", "discriminator.widths=[8,16]"]
    asked = ["train", "folder", "--data", "vectors.npy", *widths, "--dry-run"]
    assert main(asked) == 1
    said = last_line(capsys)
    sets = said.partition(": --set ")[2].split(" --set ")
    assert sets == ["augment.name=none", "generator.net=dense", "discriminator.net=dense", "generator.output=linear"]
    assert main([*asked, *(word for setting in sets for word in ("--set", setting))]) == 0
    capsys.readouterr()
    assert main([*asked, "--set", "augment.name=none", "--set", "generator.output=linear"]) == 1
    assert last_line(capsys).endswith(": --set generator.net=dense --set discriminator.net=dense")


def test_a_list_of_strides_says_whose_it_is(
    sources: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(sources)
    for player in ("generator", "discriminator"):
        assert (
            main(["train", "folder", "--data", "pictures", "--dry-run", "--set", f"{player}.strides=[2,2,2,2,2]"]) == 1
        )
        assert f"{player}.strides has 5 values for" in last_line(capsys)
