"""What is left out is counted by kind; pictures are known by their first bytes; what this program wrote is no data."""

from __future__ import annotations

import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from gansmith.data.store import open_store
from gansmith.ground import pixels
from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings


def opened(path, **settings):
    return open_store(DataSettings(source=str(path), **settings))


@pytest.fixture
def put(encode):
    """`put(folder, name, data)`: a file, a small picture by default."""

    def make(folder, name, data=None, tone=9):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(encode(np.full((6, 6, 3), tone, np.uint8)) if data is None else data)
        return folder

    return make


def test_every_kind_is_counted_with_its_way_out(tmp_path, put):
    folder = put(tmp_path / "set", "a.png")
    for name in ("1.HEIC", "2.heic", "x.cr2", "clip.mp4", "notes.txt", "more.zip"):
        put(folder, name, b"x")
    for name in ("@eaDir/a.png/thumb.jpg", ".thumbnails/a.png", "__MACOSX/._a.png", "._a.png", ".cache/b.png"):
        put(folder, name)
    store = opened(folder)
    assert store.count == 1
    assert store.left_out == (
        "2 .heic: convert them to .jpg",
        "1 .mp4: cut them into pictures",
        "1 .zip: unpack them",
        "1 .cr2: develop them to .jpg",
        "2 a Mac's side files",
        "1 hidden",
        "2 thumbnails",
        "1 file that is no picture (.txt)",
    )
    assert store.said() == [f"left out: {'; '.join(store.left_out)}"]


def test_a_file_that_comes_later_is_counted_without_preparing_again(tmp_path, put, own_cache):
    folder = put(tmp_path / "set", "a.png")
    assert opened(folder).left_out == ()
    put(folder, "b.heic", b"x")
    assert opened(folder).left_out == ("1 .heic: convert them to .jpg",)
    assert len(list((own_cache / "stores").glob("*/manifest.json"))) == 1


def test_an_archive_says_it_too(tmp_path, put):
    folder = put(put(tmp_path / "set", "a.png"), "b.heic", b"x")
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed, tarfile.open(tmp_path / "a.tar", "w") as tar:
        for name in ("a.png", "b.heic"):
            packed.write(folder / name, name)
            tar.add(folder / name, name)
        packed.write(folder / "a.png", "__MACOSX/._a.png")
    assert opened(tmp_path / "a.zip").left_out == ("1 .heic: convert them to .jpg", "1 a Mac's side files")
    assert opened(tmp_path / "a.tar").left_out == ("1 .heic: convert them to .jpg",)


def test_capital_letters_beside_a_pattern(tmp_path, put):
    folder = put(put(put(tmp_path / "set", "a.png"), "B.PNG"), "c.jpg")
    assert opened(f"{folder}/*.png").left_out == (
        "1 that match the pattern but for capital letters, B.PNG for one: a pattern like *.[pP][nN][gG] takes both",
    )
    assert opened(f"{folder}/*.[pP][nN][gG]").count == 2


def test_files_without_an_ending_are_looked_at(tmp_path, put, encode):
    folder = tmp_path / "set"
    for index, kind in enumerate(("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF", "PPM")):
        put(folder, f"{index:032x}", encode(np.full((8, 8, 3), index, np.uint8), kind))
    put(put(folder, "photo.png?w=600"), "nothing", b"no picture")
    put(folder, "copy.png.bak")
    store = opened(folder)
    assert store.count == 8
    assert store.remarks == ("8 files without a picture's ending are pictures by their first bytes, and read",)
    assert store.left_out == ("2 files that are no pictures (.bak, no ending)",)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as packed, tarfile.open(tmp_path / "a.tar", "w") as tar:
        for path in sorted(folder.iterdir()):
            packed.write(path, path.name)
            tar.add(path, path.name)
    assert opened(tmp_path / "a.zip").count == opened(tmp_path / "a.tar").count == 8


def test_backslashes_in_a_zip_are_slashes_where_that_is_safe(tmp_path, encode):
    with zipfile.ZipFile(tmp_path / "old.zip", "w") as packed:
        for index, name in enumerate(
            ["cats\\a.png", "cats\\b.png", "dogs\\c.png", "..\\up.png", "C:\\d.png", "\\e.png"]
        ):
            info = zipfile.ZipInfo("x")
            info.filename = name
            packed.writestr(info, encode(np.full((6, 6, 3), index, np.uint8)))
    store = opened(tmp_path / "old.zip")
    assert store.class_names == ("cats", "dogs")
    assert store.count == 3
    assert dict(store.skipped) == dict.fromkeys(["../up.png", "C:/d.png", "/e.png"], "unsafe path")


def test_pages_beyond_the_first_are_told(tmp_path, put):
    folder = put(tmp_path / "set", "a.png")
    frames = [Image.fromarray(np.full((6, 6), tone, np.uint8)) for tone in (0, 90, 180, 255)]
    for name in ("scan.tif", "film.gif"):
        frames[0].save(folder / name, save_all=True, append_images=frames[1:])
    (remark,) = opened(folder).remarks
    assert "of 2 files with several pages or frames only the first is read: 6 left out" in remark


def run_in(folder, put):
    for name in ("recipe.toml", "data.json", "environment.json"):
        put(folder, f"runs/folder-001/{name}", b"")
    put(folder, "runs/folder-001/samples/00000001.png")
    put(folder, "runs/folder-001/real.png")


def test_a_run_a_store_and_a_comparison_inside_the_data_are_left_out(tmp_path, put):
    folder = put(tmp_path / "set", "a.png")
    before = opened(folder).fingerprint
    run_in(folder, put)
    put(put(put(folder, "begun/environment.json", b""), "begun/data.json", b""), "begun/real.png")
    put(put(put(folder, "store/manifest.json", b""), "store/items.npy", b""), "store/sheet.png")
    put(put(folder, "comparison/comparison.json", b""), "comparison/plot.png")
    store = opened(folder)
    assert store.fingerprint == before
    assert store.left_out == (
        "the comparison comparison",
        "the run begun",
        "the run runs/folder-001",
        "the store store",
    )


def test_samples_beside_a_run_are_known_and_left_out(tmp_path, put):
    folder = put(tmp_path / "set", "a.png")
    pixels.write_png(folder / "sheet.png", np.zeros((9, 9, 3), np.uint8))
    (remark,) = opened(folder).remarks  # they may be meant where no run lies beside them
    assert remark.startswith("1 picture was written by Gansmith (samples or sheets), sheet.png for one")
    run_in(folder, put)
    store = opened(folder)
    assert store.count == 1
    assert store.left_out == ("1 sample or sheet of Gansmith, sheet.png for one", "the run runs/folder-001")


def test_a_run_is_no_data(tmp_path, put):
    run_in(tmp_path / "set", put)
    with pytest.raises(DataError, match="is the run of Gansmith, no data: to use a run's samples"):
        opened(tmp_path / "set" / "runs" / "folder-001")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["part1.zip", "part2.zip"], r"archives \(part1\.zip, part2\.zip\): unpack them into one folder"),
        (["a.heic", "b.heic"], r"it holds 2 \.heic: convert them to \.jpg"),
        (["a.tfrecord"], r"it holds 1 \.tfrecord: write their pictures as \.png"),
        (["a.pt"], r"it holds 1 \.pt: save their arrays with numpy\.savez"),
    ],
)
def test_a_folder_without_pictures_says_what_to_do(tmp_path, put, names, words):
    for name in names:
        put(tmp_path / "set", name, b"x")
    with pytest.raises(DataError, match=words):
        opened(tmp_path / "set")


def test_single_files_say_what_to_do(tmp_path, put):
    with zipfile.ZipFile(tmp_path / "outer.zip", "w") as packed:
        packed.writestr("part1.zip", b"x")
    with pytest.raises(DataError, match=r"outer\.zip holds no pictures, but an archive \(part1\.zip\): unpack it"):
        opened(tmp_path / "outer.zip")
    for name, words in (
        ("a.tfrecord-00000-of-00008", "cannot be read: write its pictures as .png"),
        ("weights.pt", r"cannot be read: save its arrays with numpy\.savez"),
        ("one.png", "is a single picture: give the folder that holds it"),
        ("film.mp4", "cannot be read: cut it into pictures"),
    ):
        put(tmp_path, name, b"x")
        with pytest.raises(DataError, match=words):
            opened(tmp_path / name)


def test_pictures_that_git_has_not_fetched_are_told(tmp_path, put):
    put(tmp_path / "clone", "a.png", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    with pytest.raises(
        DataError, match=r"1 were refused .a pointer of Git LFS instead of a picture: run `git lfs pull`"
    ):
        opened(tmp_path / "clone")


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_source_is_refused(text):
    with pytest.raises(DataError, match="the data source is empty: give a folder"):
        opened(text)
