"""What is said of a source: empty folders, lists in other spellings, values far outside, pictures that are cut, few of them."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gansmith import cli
from gansmith.data import sources
from gansmith.data.contents import blank
from gansmith.data.store import open_store
from gansmith.ground.labelling import evenly_drawn
from gansmith.ground.recipes.settings import DataSettings
from gansmith.runs.choose_recipe import choose_recipe
from gansmith.runs.setup import set_up

WIDTHS = {"generator.widths": [8, 4], "discriminator.widths": [4, 8]}


def pictures(folder: Path, count: int, size: tuple[int, int] = (16, 16), seed: int = 0) -> Path:
    """Colour pictures, each another one."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        pixels = np.random.default_rng([seed, number]).integers(0, 256, (*size, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"p{seed}-{number:03}.png")
    return folder


def left_out(source: Path) -> str:
    """What a source says that it leaves out."""
    return "; ".join(sources.find(DataSettings(source=str(source))).read().left_out)


@pytest.fixture
def three(tmp_path: Path) -> Path:
    """Two classes of pictures, and one folder without any."""
    for seed, name in enumerate(("cats", "dogs")):
        pictures(tmp_path / "pets" / name, 4, seed=seed)
    (tmp_path / "pets" / "birds").mkdir()
    return tmp_path / "pets"


def test_a_class_folder_without_pictures_is_named(three: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert left_out(three) == "1 folder without pictures (birds)"
    for words in (["data", "info"], ["data", "prepare", str(tmp_path / "store")]):
        assert cli.main([*words[:2], str(three), *words[2:]]) == 0
        assert "1 folder without pictures (birds)" in capsys.readouterr().out
    setup = set_up(choose_recipe("folder", data=str(three), settings=WIDTHS))
    assert any("1 folder without pictures (birds)" in line for line in setup.remarks)


def test_so_it_is_in_archives(three: Path, tmp_path: Path):
    with zipfile.ZipFile(tmp_path / "pets.zip", "w") as archive:
        archive.mkdir("birds")
        for path in sorted(three.rglob("*.png")):
            archive.write(path, path.relative_to(three).as_posix())
    with tarfile.open(tmp_path / "pets.tar", "w") as archive:
        archive.add(three, ".")
    for name in ("pets.zip", "pets.tar"):
        assert left_out(tmp_path / name) == "1 folder without pictures (birds)", name


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (["birds/notes.txt"], "(birds)"),  # beside two folders of pictures it looks like a class
        (["cats/sub/notes.txt", ".hidden/x.txt", "@eaDir/x.txt"], ""),
        (["birds/a/b/notes.txt"], "(birds)"),
        ([], "(birds)"),
    ],
)
def test_which_folders_look_like_classes(made: list[str], told: str, three: Path):
    for name in made:
        (three / name).parent.mkdir(parents=True, exist_ok=True)
        (three / name).write_text("no picture")
    if not told:
        (three / "birds").rmdir()
    assert ("without pictures" in left_out(three)) == bool(told)
    assert told in left_out(three)


def test_a_folder_of_notes_beside_one_of_pictures_is_no_class(tmp_path: Path):
    pictures(tmp_path / "set" / "images", 4)
    (tmp_path / "set" / "annotations").mkdir()
    (tmp_path / "set" / "annotations" / "a.txt").write_text("no picture")
    assert "without pictures" not in left_out(tmp_path / "set")


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_lists_of_classes_in_all_spellings(mark: str, tmp_path: Path):
    folder = pictures(tmp_path / "set", 4)
    rows = ["name,class", *(f"p0-{number:03},{'ab'[number % 2]}" for number in range(4))]
    (folder / "labels.csv").write_text("\n".join(rows).replace(",", mark))
    found = sources.find(DataSettings(source=str(folder))).read()
    assert found.class_names == ("a", "b")


def test_a_class_of_pictures_that_are_not_there_is_left_out_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = pictures(tmp_path / "set", 4)
    rows = ["name,class", "p0-000,1.0", "p0-001,2", "p0-002,1", "p0-003,2", "p0-999,3.0", "p0-998,2.0", "p0-997,"]
    (folder / "labels.csv").write_text("\n".join(rows))
    assert cli.main(["data", "info", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "the class without items left out: 3\n" in said
    assert "classes: 1 (2), 2 (2)" in said
    assert open_store(DataSettings(source=str(folder), labels="classes")).class_names == ("1", "2")


def test_a_list_that_leaves_pictures_without_a_class_says_the_way_out(tmp_path: Path):
    folder = pictures(tmp_path / "set", 4)
    (folder / "labels.csv").write_text("name,class\np0-000,a\np0-001,b\np0-002,\np0-003,a\n")
    found = sources.find(DataSettings(source=str(folder))).read()
    assert found.labels is None
    assert "p0-002.png for one (to have labels, name the class of each there" in found.unlabelled


def test_one_value_far_outside_is_told_with_the_range_of_all_others(tmp_path: Path):
    folder = tmp_path / "scans"
    folder.mkdir()
    for number in range(12):
        values = np.random.default_rng(number).integers(168, 2040, (40, 40), dtype=np.uint16)
        values[3, 3] = 65_535 if number == 7 else values[3, 3]
        Image.fromarray(values).save(folder / f"{number}.tif")
    store = open_store(DataSettings(source=str(folder)))
    line = blank.warning(store)
    assert line is not None
    assert "nearly black" in line
    given = line.partition("--set data.range=")[2].partition(" ")[0]
    low, high = map(int, given.split(".."))
    assert 0 <= low <= 168 + 257
    assert 2040 - 257 <= high <= 2040 + 257
    mended = open_store(DataSettings(source=str(folder), range=given))
    assert blank.warning(mended) is None
    assert np.asarray(mended.items).std() > 50


def test_pictures_that_cannot_be_read_whole_are_not_counted_in_silence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    folder = pictures(tmp_path / "set", 12, (24, 24))
    data = io.BytesIO()
    Image.open(folder / "p0-000.png").save(data, "JPEG", quality=95)
    (folder / "cut.jpg").write_bytes(data.getvalue()[: len(data.getvalue()) // 2])
    assert cli.main(["data", "info", str(folder)]) == 0
    assert "sizes: 24x24 (13); of these, 1 cannot be read whole and is skipped" in capsys.readouterr().out


def test_squeezed_pictures_are_not_said_to_be_cut(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    pictures(tmp_path / "set", 7, (120, 40))
    pictures(tmp_path / "set", 5, (40, 120), seed=1)
    assert cli.main(["data", "info", str(tmp_path / "set"), "--crop", "whole"]) == 0
    said = capsys.readouterr().out
    assert "cut off" not in said
    assert "squeezed" in said


@pytest.mark.parametrize(
    ("counts", "told"),
    [([108, 12], "dogs 12, cats 108"), ([10, 5], "dogs 5, cats 10"), ([10, 6], ""), ([9], ""), ([], ""), ([4, 0], "0")],
)
def test_uneven_classes_are_said_to_be_drawn_evenly(counts: list[int], told: str):
    line = evenly_drawn(counts, ("cats", "dogs"))
    assert told in line
    assert ("drawn equally often" in line) == bool(told)


def test_a_training_on_uneven_classes_says_so(tmp_path: Path):
    pictures(tmp_path / "set" / "cats", 12)
    pictures(tmp_path / "set" / "dogs", 4, seed=1)
    chosen = choose_recipe("folder", data=str(tmp_path / "set"), settings=WIDTHS | {"data.labels": "classes"})
    assert any(line.startswith("classes are uneven (dogs 4, cats 12)") for line in set_up(chosen).remarks)


@pytest.mark.parametrize(("count", "told"), [(5, True), (9, True), (10, False)])
def test_very_few_pictures_are_a_warning(count: int, told: bool, tmp_path: Path):
    store = open_store(DataSettings(source=str(pictures(tmp_path / "set", count))))
    line = blank.warning(store) or ""
    assert (f"there are {count} pictures only" in line) == told
