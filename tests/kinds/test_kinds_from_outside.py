"""What a stranger meets with data that are no pictures: words, files that fit together, settings, refusals."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile
from tables import people

import gansmith
from gansmith import kinds
from gansmith.cli import main
from gansmith.data import given
from gansmith.data.store import open_store
from gansmith.ground.errors import GansmithError, RecipeError
from gansmith.ground.recipes.settings import DataSettings

DENSE = {
    "generator.net": "dense",
    "discriminator.net": "dense",
    "generator.widths": [8],
    "discriminator.widths": [8],
    "generator.norm": "none",
    "discriminator.norm": "none",
    "loss.name": "non-saturating",
    "regularizer.name": "none",
    "ema.recalibrate": 0,
    "data.batch": 16,
    "device": "cpu",
    "watch.judge": 0,
}
WORDS = [first + second for first in ("Al", "Bo", "Cé", "Du", "Ek") for second in ("ba", "de", "gi", "lo", "mu", "ra")]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a source and a short run of each kind but pictures."""
    folder = tmp_path_factory.mktemp("kinds")
    rng = np.random.default_rng(0)
    people(folder / "table.csv", 120)
    (folder / "text.txt").write_text("\r\n".join(WORDS), encoding="utf-8")
    np.save(folder / "vector.npy", rng.normal([5000.0, 2.0], [900.0, 0.1], (60, 2)))
    (folder / "signal").mkdir()
    for number in range(12):
        wave = np.sin(2 * np.pi * (200 + 20 * number) * np.arange(2560) / 8000)
        wavfile.write(folder / "signal" / f"{number}.wav", 8000, (20_000 * wave).astype(np.int16))
    for name, source in SOURCES.items():
        settings = DENSE | (
            {"data.labels": "none", "augment.name": "none", "generator.output": "linear"} if name == "vector" else {}
        )
        gansmith.train(RECIPES[name], str(folder / source), updates=2, settings=settings, out=folder / f"run-{name}")
    return folder


SOURCES = {"table": "table.csv", "text": "text.txt", "vector": "vector.npy", "signal": "signal"}
RECIPES = {"table": "table", "text": "text", "vector": "folder", "signal": "signal"}
FILES = [("table", ".csv"), ("table", ".tsv"), ("text", ".npz"), ("vector", ".csv"), ("vector", ".npy"), ("vector", ".npz"),
         ("signal", ".npy"), ("signal", ".npz"), ("signal", "")]  # fmt: skip


@pytest.mark.parametrize(("kind", "ending"), FILES)
def test_the_files_of_samples_are_measured_against_their_source(place: Path, kind: str, ending: str):
    made = place / f"made-{kind}{ending or '-folder'}"
    assert main(["sample", str(place / f"run-{kind}"), "--count", "60", "--seed", "1", "--out", str(made)]) == 0
    if kind == "text":  # an empty line is no line, and these networks have seen little
        np.savez(made, lines=np.array(WORDS))
    found = gansmith.evaluate(made, place / SOURCES[kind])
    assert found.count >= 20
    assert np.isfinite(next(each.value for each in found.figures if each.key == "fd"))


@pytest.mark.parametrize("kind", SOURCES)
def test_the_last_line_of_a_training_names_a_file_that_its_kind_writes(
    place: Path, kind: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.chdir(tmp_path)
    assert main(["train", str(place / f"run-{kind}/recipe.toml"), "--updates", "1", "--out", "again"]) == 0
    said = capsys.readouterr().err
    assert "image" not in said
    line = said.splitlines()[-1].removeprefix("next: gansmith ").split()
    assert main(line) == 0
    ending = {"table": ".csv", "text": ".txt", "vector": ".png", "signal": ".wav"}[kind]
    assert [path.suffix for path in tmp_path.iterdir() if path.is_file()] == [ending]


@pytest.mark.parametrize("kind", SOURCES)
def test_the_page_of_a_run_speaks_of_items_and_asks_for_nothing_that_is_refused(place: Path, kind: str):
    page = (place / f"run-{kind}" / "report.html").read_text(encoding="utf-8")
    body = page[page.index("<header") : page.rindex('id="next"')]
    for wrong in ("images seen", "images/s", "mean over pixels", "much the pictures"):
        assert wrong not in body
    assert "explore" not in page[page.rindex('id="next"') :]
    assert kinds.made_file(json.loads((place / f"run-{kind}" / "data.json").read_text())) in page


def test_a_file_of_numbers_is_read_as_vectors_where_that_is_asked(tmp_path: Path):
    rows = np.random.default_rng(0).normal([100.0, -3.0], [10.0, 0.5], (40, 2))
    path = tmp_path / "rows.csv"
    np.savetxt(path, rows, delimiter=";", header="a;b", comments="", fmt="%.4f")
    store = open_store(DataSettings(source=str(path), kind="vector"))
    assert store.kind.name == "vector"
    np.testing.assert_allclose(store.kind.in_units(np.asarray(store.items), store.units), rows, rtol=1e-4, atol=1e-4)
    assert open_store(DataSettings(source=str(path))).kind.name == "table"


def test_settings_of_pictures_are_said_to_change_nothing(place: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["data", "info", str(place / "table.csv"), "--size", "64", "--crop", "3"]) == 0
    assert "data.size = 64, data.crop = 3: for pictures alone, so nothing changes for rows" in capsys.readouterr().out
    assert main(["data", "info", str(place / "table.csv")]) == 0
    assert "for pictures alone" not in capsys.readouterr().out


def test_data_are_looked_at_as_they_will_be_trained_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    series = 300 * np.random.default_rng(0).normal(size=(20, 64, 2))
    np.save(tmp_path / "series.npy", series)
    source = str(tmp_path / "series.npy")
    assert main(["data", "info", source]) == 1
    assert "if these are series and no pictures, --set data.kind=signal" in capsys.readouterr().err
    assert main(["data", "info", source, "--set", "data.kind=signal"]) == 0
    assert f"gansmith train signal --data {source}" in capsys.readouterr().out
    assert main(["data", "prepare", source, str(tmp_path / "store"), "--set", "data.kind=signal"]) == 0
    assert f"gansmith train signal --data {tmp_path / 'store'}" in capsys.readouterr().out
    assert main(["data", "info", source, "--set", "loss.name=hinge"]) == 1
    assert "only how data are read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "more"), [("text", {"data.labels": "none"}), ("signal", {"data.labels": "none"}), ("table", {})]
)
def test_a_recipe_for_pictures_is_not_trained_on_other_data(
    place: Path, kind: str, more: dict[str, str], tmp_path: Path
):
    with pytest.raises(RecipeError, match=f"recipe digits is for others: train the recipe {kind} instead"):
        gansmith.train("digits", str(place / SOURCES[kind]), updates=1, settings=more, out=tmp_path / "run")


def test_data_without_labels_are_told_by_what_they_are(place: Path, tmp_path: Path):
    with pytest.raises(
        GansmithError,
        match=r"text\.txt holds lines without labels: .* the recipe for lines, `gansmith train text --data",
    ):
        gansmith.train("digits", str(place / "text.txt"), updates=1, out=tmp_path / "run")


class Frame:
    """What pandas' DataFrame has that matters here."""

    columns = ("a", "b")

    def to_csv(self, *, index: bool) -> str:
        assert not index
        rows = io.StringIO()
        rows.write("a,b\n" + "".join(f"{number % 9},{'xy'[number % 2]}\n" for number in range(40)))
        return rows.getvalue()


def test_frames_and_lists_of_words_are_data_from_python():
    store = open_store(DataSettings(source=given.source(Frame())))
    assert store.kind.name == "table"
    assert store.kind.in_units(np.asarray(store.items[:2]), store.units) == [["0", "x"], ["1", "y"]]
    lines = open_store(DataSettings(source=given.source(WORDS), kind="text"))
    assert lines.kind.in_units(np.asarray(lines.items), lines.units) == WORDS
    with pytest.raises(GansmithError, match="has its classes as a column"):
        given.source(Frame(), [0] * 40)


def test_labels_of_rows_are_categories_that_rows_have(tmp_path: Path):
    path = tmp_path / "rare.csv"
    cells = [f"{'abcdefghijklmnopqrstuvwxyz'[number % 26]},{'xy'[number % 2]},{number / 7:.2f}" for number in range(60)]
    path.write_text("\n".join(["letter,side,size", *cells]), encoding="utf-8")
    store = open_store(DataSettings(source=str(path)))
    assert set(np.unique(store.labels)) == set(range(store.classes))
    assert not any("without items" in remark for remark in store.remarks)
