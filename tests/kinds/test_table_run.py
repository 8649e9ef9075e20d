"""A table from its file to samples, figures and report."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from tables import people

import gansmith
from gansmith.cli import main
from gansmith.data.store import open_store
from gansmith.ground.errors import RunError
from gansmith.ground.recipes.settings import DataSettings
from gansmith.runs.evaluation import evaluate
from gansmith.trained.generator import load

SMALL = (
    "--set", "generator.widths=[32,32]", "--set", "discriminator.widths=[32,32]", "--set", "data.batch=64",
    "--set", "threads=1", "--set", "device=cpu", "--set", "watch.judge=0", "--quiet",
)  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with people.csv and a run on it, of each engine; that of NumPy with numbers as modes, and in packs."""
    folder = tmp_path_factory.mktemp("table")
    source = people(folder / "people.csv", 600)
    others = ("--set", "data.numbers=mixture", "--set", "discriminator.pack=2")
    for engine, updates, more in (("torch", "300", ()), ("numpy", "20", others)):
        arguments = ["train", "table", "--data", str(source), "--updates", updates, "--out", str(folder / engine)]
        assert main([*arguments, "--engine", engine, *SMALL, *more]) == 0
    return folder


def rows_of(path: Path) -> list[list[str]]:
    """The cells of a file, heading first."""
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def sampled(run: Path, *options: str) -> list[list[str]]:
    """Samples as a file has them."""
    out = run.parent / "made.csv"
    assert main(["sample", str(run), "--seed", "3", "--out", str(out), *options]) == 0
    return rows_of(out)


@pytest.mark.parametrize("engine", ["torch", "numpy"])
def test_samples_are_a_file_like_the_source(place: Path, engine: str):
    real, made = rows_of(place / "people.csv"), sampled(place / engine, "--count", "200")
    assert made[0] == real[0]
    assert len(made) == 201
    columns = dict(zip(made[0], zip(*made[1:], strict=True), strict=True))
    given = dict(zip(real[0], zip(*real[1:], strict=True), strict=True))
    for name in ("sex", "smoker", "region", "country"):
        assert set(columns[name]) <= set(given[name])
    assert columns["id"][:3] == ("1", "2", "3")
    for name in ("age", "income", "bonus"):
        numbers, known = ([float(cell) for cell in each[name] if cell not in ("NA", "")] for each in (columns, given))
        assert min(known) <= min(numbers) <= max(numbers) <= max(known)
    assert all(cell.isdecimal() for cell in columns["age"])
    assert all(len(cell.partition(".")[2]) == 2 for cell in columns["income"])
    assert 0 < columns["bonus"].count("NA") < 200
    assert min(given["hired"]) <= min(columns["hired"]) <= max(columns["hired"]) <= max(given["hired"])
    assert sampled(place / engine, "--count", "20") == made[:21], "the first 20 of 200 are the 20 of 20"


def test_rows_are_drawn_where_a_condition_holds(place: Path, capsys: pytest.CaptureFixture[str]):
    made = sampled(place / "torch", "--count", "40", "--where", "sex=F and age>=40")
    names = made[0]
    assert len(made) == 41
    assert {row[names.index("sex")] for row in made[1:]} == {"F"}
    assert min(int(row[names.index("age")]) for row in made[1:]) >= 40
    assert sampled(place / "torch", "--count", "7", "--where", "sex=F and age>=40") == made[:8]
    gone = sampled(place / "torch", "--count", "9", "--where", "bonus=NA")
    assert {row[names.index("bonus")] for row in gone[1:]} == {"NA"}
    capsys.readouterr()
    for wrong, said in (
        ("sexx=F", "did you mean 'sex'"),
        ("sex=G", "no category of sex"),
        ("sex>F", "= and !="),
        ("age=old", "write a number, or the value as the column has it"),
        ("age", "is no condition"),
        ("age>79 and age<20", "rows fulfil it"),
    ):
        assert main(["sample", str(place / "torch"), "--seed", "1", "--where", wrong]) == 1
        told = capsys.readouterr().err
        assert said in told
        assert told.count("\n") == 1


def test_a_class_is_a_condition(place: Path):
    generator = load(place / "torch")
    assert {"sex=F", "sex=M", "smoker=yes", "region="} <= set(generator.class_names)
    rows = generator.sample(8, labels="smoker=yes")
    assert (len(rows), len(rows[0])) == (8, 9)
    shares = np.bincount(generator.labels(3000), minlength=generator.classes) / 3000
    store = open_store(DataSettings(source=str(place / "people.csv")))
    np.testing.assert_allclose(shares, np.bincount(store.labels) / store.count, atol=0.01)


def test_a_category_alone_is_answered_with_its_condition(place: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["sample", str(place / "torch"), "--count", "1", "--label", "F"]) == 1
    assert '--where "sex=F"' in capsys.readouterr().err


def test_a_category_that_is_a_number_is_no_class_number(place: Path):
    generator = load(place / "torch")
    generator.class_names, generator.classes = ("rating=1", "rating=0"), 2
    assert generator.labels(2, "rating=0").tolist() == [1, 1]
    assert generator.labels(2, 0).tolist() == [0, 0]
    with pytest.raises(RunError, match=r"label '0' is none .*: give 'rating=0', or leave --label out"):
        generator.labels(2, "0")


def test_a_short_training_learns_something(place: Path):
    """An untrained generator has a mean KS above .3."""
    measured = evaluate(place / "torch", count=400, copies=place / "copies.png")
    assert any("copies.png was not written: copies are drawn of pictures" in note for note in measured.notes)
    figures = {figure.key: figure for figure in measured.figures}
    assert {"ks", "tv", "correlation", "association", "detection", "tstr", "copies", "nearer"} <= set(figures)
    assert figures["ks"].value < 0.25
    assert figures["tv"].value < 0.25
    assert figures["ks"].floor is not None


def test_report_and_doctor_take_tables(place: Path):
    assert main(["report", str(place / "torch")]) == 0
    assert main(["diagnose", str(place / "torch")]) == 0
    page = (place / "torch" / "report.html").read_text(encoding="utf-8")
    assert "updates, generated rows in orange before real ones in green: a histogram of each column" in page
    assert "Real, for comparison" not in page, "the real rows are in the same sheet"


def test_info_and_sheet(place: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["data", "info", str(place / "people.csv"), "--sheet", str(place / "sheet.png")]) == 0
    said = capsys.readouterr().out
    for line in ("600 rows of 9 columns", "sex: category of 2", "bonus: continuous from", "missing", "id: identifier"):
        assert line in said
    assert (place / "sheet.png").is_file()


def test_a_table_without_categories_is_trained(tmp_path: Path):
    rng = np.random.default_rng(0)
    path = tmp_path / "numbers.tsv"
    path.write_text("a\tb\n" + "".join(f"{x:.2f}\t{x * 2:.1f}\n" for x in rng.normal(size=60)), encoding="utf-8")
    run = gansmith.train("table", data=str(path), out=tmp_path / "run", updates=2, settings={"data.batch": 16})
    assert len(run.recipe.generator.groups) == 2
    assert len(load(run.folder.root).sample(3)[0]) == 2


def test_the_recipe_for_pictures_names_the_one_for_tables(place: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["train", "folder", "--data", str(place / "people.csv"), "--updates", "1"]) == 1
    assert "recipe table" in capsys.readouterr().err
