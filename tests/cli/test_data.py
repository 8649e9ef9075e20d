"""`gansmith data info` and `gansmith data prepare`, as typed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import forked_commands
from checkpoint_arrays import until
from gansmith.cli import main
from gansmith.data import store_files

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GANSMITH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def draw(folder: Path, names: list[str], size: tuple[int, int] = (40, 30)) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        small = np.random.default_rng(sum(name.encode())).integers(0, 256, (5, 6, 3), dtype=np.uint8)
        Image.fromarray(small).resize(size, Image.Resampling.BICUBIC).save(folder / name)
    return folder


def say(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    assert main([str(argument) for argument in arguments]) == 0
    return capsys.readouterr().out


@pytest.fixture
def celeba(tmp_path: Path) -> Path:
    """CelebA's layout in small: pictures of 178 x 218, their attributes and their split."""
    root = tmp_path / "celeba"
    names = [f"{index:06}.jpg" for index in range(1, 9)]
    draw(root / "img_align_celeba", names, (178, 218))
    lines = [f"{name} {'1' if index % 2 else '-1'} {'1' if index < 2 else '-1'}" for index, name in enumerate(names)]
    (root / "list_attr_celeba.txt").write_text("8\nSmiling Eyeglasses\n" + "\n".join(lines))
    (root / "list_eval_partition.txt").write_text("\n".join(f"{n} {0 if i < 6 else 2}" for i, n in enumerate(names)))
    return root / "img_align_celeba"


def test_info_says_what_is_there_and_what_would_be_chosen(tmp_path, capsys, own_cache):
    source = draw(tmp_path / "own", [f"{index}.png" for index in range(7)])
    (source / "broken.png").write_bytes(b"no picture")
    (source / "notes.txt").write_text("")
    said = say(capsys, "data", "info", source)
    for words in (
        "own: 7 colour pictures",
        "sizes: 40x30 (7)",
        "colour: 7 in colour, 0 grey",
        "left out: 1 file that is no picture (.txt)",
        "skipped: 1\n  broken.png: not a picture that can be read",
        "recipe `folder` would set data.size = 40x30: every picture has this size",
        "augment.name = mirror+diffaugment",
        "regularizer.gamma",
        "generator.widths",
    ):
        assert words in said
    sheet = Path(said.rsplit("contact sheet: ", 1)[1].strip())
    assert sheet.parent == own_cache / "sheets"
    with Image.open(sheet) as drawn:
        assert drawn.mode == "RGB"


@pytest.mark.parametrize("name", [None, "mirror", "ada", "none"])
def test_the_augmented_sheet_shows_pictures_as_they_are_and_as_they_are_seen(tmp_path, capsys, name):
    source = draw(tmp_path / "own", [f"{index}.png" for index in range(9)], (64, 64))
    sheet = tmp_path / "seen.png"
    chosen = ["--augment", name] if name else []
    said = say(capsys, "data", "info", source, "--augmented", *chosen, "--sheet", sheet)
    assert f"as the discriminator sees them: {sheet}" in said
    with Image.open(sheet) as drawn:
        shown = np.asarray(drawn)
    rows = [shown[1 + 65 * row : 65 + 65 * row] for row in range(8)]
    assert len({row.tobytes() for row in rows[1:]}) == (1 if name == "none" else 7)
    assert (rows[0].tobytes() == rows[1].tobytes()) == (name == "none")
    first = sheet.read_bytes()
    say(capsys, "data", "info", source, "--augmented", *chosen, "--sheet", sheet)
    assert sheet.read_bytes() == first


def test_attributes_are_counted_and_make_classes(celeba, capsys):
    assert "attributes: Smiling (3), Eyeglasses (2)" in say(capsys, "data", "info", celeba, "--size", "16")
    said = say(capsys, "data", "info", celeba, "--size", "16", "--attribute", "Smiling")
    assert "classes: not Smiling (3), Smiling (3)" in said
    assert main(["data", "info", str(celeba), "--attribute", "Smilling"]) == 1
    assert "did you mean 'Smiling'" in capsys.readouterr().err


def test_training_by_an_attribute_asks_for_two_classes(celeba, capsys):
    said = say(
        capsys,
        "train",
        "faces",
        "--data",
        celeba,
        "--attribute",
        "Smiling",
        "--set",
        "data.size=16",
        "--dry-run",
        "--json",
    )
    facts = json.loads(said)
    assert facts["data"]["classes"] == 2
    assert facts["recipe"]["data"]["attribute"] == "Smiling"
    assert facts["recipe"]["data"]["crop"] == 108


def test_prepared_once_named_afterwards_and_appended_to(tmp_path, capsys, monkeypatch):
    source = draw(tmp_path / "own", [f"{index}.png" for index in range(6)])
    out = tmp_path / "store"
    said = say(capsys, "data", "prepare", source, out, "--size", "16x12")
    assert "own: 6 colour pictures, 16x12 (as asked)" in said
    assert f"gansmith train folder --data {out}" in said
    assert store_files.load(out).items.shape == (6, 12, 16, 3)
    assert "6 colour pictures" in say(capsys, "data", "info", out)
    before = np.array(store_files.load(out).items)
    draw(source, ["6.png", "7.png"])
    decoded: list[str] = []
    from gansmith.data.preparation import prepare

    read = prepare.read_chunk
    monkeypatch.setattr(prepare, "read_chunk", lambda s, n, *rest: decoded.extend(n) or read(s, n, *rest))
    say(capsys, "data", "prepare", source, out, "--size", "16x12")
    assert decoded == ["6.png", "7.png"]  # the others are taken from the store that is there
    assert np.array_equal(store_files.load(out).items[:6], before)
    assert store_files.load(out).count == 8


@pytest.mark.parametrize(
    ("crop", "frame"), [("108", (108, "crop")), ("centre", (0, "crop")), ("whole", (0, "squeeze"))]
)
def test_crops(celeba, tmp_path, capsys, crop, frame):
    facts = json.loads(
        say(capsys, "data", "prepare", celeba, tmp_path / crop, "--size", "32", "--crop", crop, "--json")
    )
    assert (facts["count"], facts["item_shape"], facts["attributes"]) == (6, [3, 32, 32], ["Smiling", "Eyeglasses"])
    kept = store_files.manifest(tmp_path / crop)["frame"]
    assert (kept["crop"], kept["fit"]) == frame
    assert store_files.load(tmp_path / crop).fingerprint == facts["fingerprint"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--crop", "random"], "give a number of pixels, centre or whole"),
        (["--size", "0"], "is not a size"),
        (["--background", "puce-ish"], "is no colour"),
        (["--workers", "0"], "at least 1"),
    ],
)
def test_what_cannot_be_prepared_is_refused_in_a_line(tmp_path, capsys, arguments, words):
    source = draw(tmp_path / "own", ["a.png"])
    assert main(["data", "prepare", str(source), str(tmp_path / "out"), *arguments]) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()[-1:]
    assert words in line
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_no_store_is_left_alone(tmp_path, capsys):
    source = draw(tmp_path / "own", ["a.png"])
    assert main(["data", "prepare", str(source), str(source)]) == 1
    assert "exists and is no store" in capsys.readouterr().err


HANGING = """
import sys, time
from gansmith.cli import main
from gansmith.data.preparation import prepare
read, done = prepare.read_chunk, []
def hanging(*arguments):
    if len(done) == 5:
        time.sleep(3600)
    done.append(1)
    return read(*arguments)
prepare.read_chunk = hanging
main(sys.argv[1:])
"""


def test_killed_and_started_again_it_ends_with_the_same_bytes(tmp_path):
    """It hangs after five chunks, so that it is killed there on any machine."""
    source = draw(tmp_path / "own", [f"{index:02}.jpg" for index in range(20)], (120, 120))
    for copy in range(1, 30):
        for index in range(20):
            shutil.copy(source / f"{index:02}.jpg", source / f"{copy:02}-{index:02}.jpg")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def arguments(out: str, *more: str) -> list[str]:
        return ["data", "prepare", str(source), str(tmp_path / out), "--size", "64", "--json", *more]

    def prepared(out: str, *more: str) -> bytes:
        assert forked_commands.ended(*arguments(out, *more)).returncode == 0
        return (tmp_path / out / store_files.ITEMS).read_bytes()

    command = [sys.executable, "-c", HANGING, *arguments("killed", "--workers", "1")]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    record = tmp_path / "killed.part" / "done.jsonl"
    until(lambda: process.poll() is not None or (record.exists() and record.read_bytes().count(b"\n") == 5))
    process.kill()
    process.wait()
    assert not (tmp_path / "killed").exists()
    begun = record.read_bytes()
    assert begun.count(b"\n") == 5
    one = prepared("one", "--workers", "1")
    assert len(one) > 600 * 64 * 64 * 3
    assert record.read_bytes() == begun
    assert prepared("killed") == one
    assert prepared("two", "--workers", "2") == one


@pytest.fixture
def banners(tmp_path, monkeypatch):
    """Pictures of 128x32 with a red left end and a blue right end."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "banners").mkdir()
    for index in range(6):
        pixels = np.full((64, 256, 3), 200 + index, np.uint8)
        pixels[8:56, 8:56] = 230, 20, 20
        pixels[8:56, 200:248] = 20, 20, 230
        Image.fromarray(pixels).save(tmp_path / "banners" / f"{index}.png")
    return "banners"


def ends(path: Path) -> tuple[int, int]:
    """How many red and how many blue pixels a picture has."""
    pixels = np.asarray(Image.open(path).convert("RGB")).astype(int)
    red = (pixels[..., 0] - pixels[..., 2] > 150).sum()
    return int(red), int((pixels[..., 2] - pixels[..., 0] > 150).sum())


def test_wide_pictures_of_one_size_keep_both_ends(banners, capsys):
    said = say(capsys, "data", "info", banners, "--sheet", "sheet.png")
    assert "data.size = 128x32: every picture is 256x64: the proportions are kept" in said
    assert "as recipe `folder` would see them, 128x32; contact sheet: sheet.png" in said
    assert "cut off" not in said
    red, blue = ends(Path("sheet.png"))
    assert red == pytest.approx(6 * 24 * 24, rel=0.2)
    assert blue == pytest.approx(red, rel=0.1)
    small = ("--set", "generator.widths=[8,4]", "--set", "discriminator.widths=[4,8]")
    small += ("--set", "watch.judge=0", "--set", "watch.diagnose=0", "--set", "data.batch=6")
    said = say(capsys, "train", "folder", "--data", banners, "--updates", "2", "--out", "run", *small)
    assert "cut off" not in said
    assert all(count > 1000 for count in ends(Path("run/real.png")))


def test_what_is_cut_off_is_said_in_per_cent_and_shown(banners, capsys):
    words = "of 6 pictures the sides are cut off to make them 64x64: 75% of a picture is lost"
    said = say(capsys, "data", "info", banners, "--size", "64", "--sheet", "sheet.png")
    assert words in said
    assert "data.fit=squeeze" in said
    assert ends(Path("sheet.png")) == (0, 0)
    assert words in say(capsys, "data", "prepare", banners, "store", "--size", "64")
    assert words in say(capsys, "train", "folder", "--data", banners, "--set", "data.size=64", "--dry-run")
    whole = say(capsys, "data", "info", banners, "--size", "64", "--crop", "whole", "--sheet", "sheet.png")
    assert "cut off" not in whole
    assert min(ends(Path("sheet.png"))) > 1000


def test_what_is_cut_off_pictures_of_many_sizes(tmp_path, capsys):
    draw(tmp_path / "own", ["a.png", "b.png"], (40, 20))
    draw(tmp_path / "own", ["c.png"], (32, 32))
    said = say(capsys, "data", "info", tmp_path / "own")
    assert "32x16 (of a picture 17% is cut off on average, a square would lose 33%" in said
    assert (
        "of 1 picture the sides are cut off to make them 32x16: 17% on average, 50% at most of a picture is lost"
        in said
    )
    said = say(capsys, "data", "info", tmp_path / "own", "--size", "48x12")
    assert "of 3 pictures the sides are cut off" in said
    assert "58% on average, 75% at most of a picture is lost, and of 1 more than half" in said


def test_a_narrow_sixteen_bit_set_as_typed(tmp_path, capsys):
    (tmp_path / "scans").mkdir()
    for index in range(4):
        values = np.random.default_rng(index).integers(900, 1501, (24, 24)).astype(np.uint16)
        values[0, :2] = 900, 1500
        Image.fromarray(values).save(tmp_path / "scans" / f"{index}.tif")
    words = (
        "values 900 to 1,500 of 65,535: mapped from 900..1500 to 0..255 (data.range), at most 256 of 601 levels left"
    )
    assert words in say(capsys, "data", "info", tmp_path / "scans")
    assert words in say(capsys, "data", "prepare", tmp_path / "scans", tmp_path / "store")
    assert words in say(capsys, "train", "folder", "--data", tmp_path / "scans", "--dry-run")
    assert "levels left" in say(capsys, "train", "folder", "--data", tmp_path / "store", "--dry-run")
    given = say(capsys, "data", "info", tmp_path / "scans", "--range", "0..2000")
    assert "mapped from 0..2000 to 0..255 (data.range), at most 77 of 601 levels left" in given
