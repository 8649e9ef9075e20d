"""Animations: as many frames as the rule says, with the delays that were asked for, in their true colours."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gansmith.ground import pixels
from gansmith.ground.errors import DataError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.report import animation, sheets

from . import synthetic


def decoded(path: Path) -> tuple[list[np.ndarray], list[int]]:
    """Frames uint8 (H, W, 3) and delays in milliseconds, by Pillow."""
    with Image.open(path) as image:
        frames, delays = [], []
        for index in range(getattr(image, "n_frames", 1)):
            image.seek(index)
            image.load()
            frames.append(np.asarray(image.convert("RGB")))
            delays.append(int(image.info["duration"]))
        assert image.info.get("loop") == 0
    return frames, delays


def plain(colour: tuple[int, int, int], height: int = 24, width: int = 32) -> np.ndarray:
    return np.full((height, width, 3), colour, np.uint8)


def test_thinned_by_hand():
    assert animation.thinned(0) == []
    assert animation.thinned(1) == [0, 0]
    assert animation.thinned(2) == [0, 1, 1]
    # 2 sqrt(i) = 0, 2, 2.8, 3.5, 4, 4.5, 4.9, 5.3, 5.7, 6, 6.3, 6.6 rounds to 0 2 3 3 4 4 5 5 6 6 6 7
    assert animation.thinned(12) == [0, 1, 2, 4, 6, 8, 11, 11]
    assert len(animation.thinned(50)) == 15  # the fifty epochs of the DCGAN tutorial


@settings(deadline=None, max_examples=60)
@given(st.integers(2, 3000))
def test_thinned_follows_its_formula(count: int):
    kept = animation.thinned(count)
    assert len(kept) == round(2 * math.sqrt(count - 1)) + 1
    assert kept[0] == 0
    assert kept[-1] == count - 1
    assert all(a < b for a, b in pairwise(kept[:-1]))


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_every_frame_is_kept_with_its_delay_and_colour(tmp_path: Path, suffix: str):
    grey_ramp = np.tile(np.arange(256, dtype=np.uint8)[None, :, None], (24, 1, 3))[:, :32]
    frames = [plain((255, 0, 0)), plain((255, 0, 0)), plain((0, 0, 255)), plain((90, 90, 90)), grey_ramp]
    path = animation.animate(frames, tmp_path / f"x{suffix}", frame_ms=120, last_repeat=2)
    shown, delays = decoded(path)
    assert delays == [120] * 7  # equal neighbours are not merged
    for frame, seen in zip([*frames, grey_ramp, grey_ramp], shown, strict=True):
        assert np.array_equal(frame, seen)


@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_many_colours_come_back_close(tmp_path: Path, suffix: str):
    y, x = np.mgrid[:96, :128]
    smooth = np.stack([x * 2, y * 2.6, 255 - x - y], axis=2).clip(0, 255).astype(np.uint8)
    noisy = np.random.default_rng(0).integers(0, 256, (400, 400, 3), dtype=np.uint8)
    shown, _ = decoded(animation.animate([smooth, smooth[::-1]], tmp_path / f"s{suffix}"))
    assert np.abs(shown[0].astype(int) - smooth).mean() < 14
    assert np.abs(shown[1].astype(int) - smooth[::-1]).mean() < 14
    shown, _ = decoded(animation.animate([noisy], tmp_path / f"n{suffix}"))  # too large to be kept without loss
    assert shown[0].shape == noisy.shape
    light = [frame @ np.array([0.299, 0.587, 0.114]) for frame in (shown[0], noisy)]  # lossy WebP halves colour only
    assert np.corrcoef(light[0].ravel(), light[1].ravel())[0, 1] > 0.9


def test_256_greys_stay_256_greys():
    ramp = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    assert np.array_equal(np.asarray(animation.palettised(ramp).convert("RGB")), ramp)


def test_256_colours_are_exact():
    colours = np.random.default_rng(1).integers(0, 256, (256, 3), dtype=np.uint8).reshape(16, 16, 3)
    assert np.array_equal(np.asarray(animation.palettised(colours).convert("RGB")), colours)


@settings(deadline=None, max_examples=60)
@given(height=st.integers(1, 20), width=st.integers(1, 20), channels=st.sampled_from([1, 3]), count=st.integers(1, 4))
def test_odd_sizes(tmp_path_factory: pytest.TempPathFactory, height: int, width: int, channels: int, count: int):
    rng = np.random.default_rng(height * 100 + width)
    frames = list(rng.integers(0, 256, (count, height, width, channels), dtype=np.uint8))
    for suffix in (".gif", ".webp"):
        path = animation.animate(frames, tmp_path_factory.mktemp("a") / f"x{suffix}", 50)
        shown, delays = decoded(path)
        assert [frame.shape for frame in shown] == [(height, width, 3)] * count
        assert delays == [50] * count
        if height * width <= 256:  # so few pixels have a palette of their own
            assert all(np.array_equal(np.broadcast_to(f, s.shape), s) for f, s in zip(frames, shown, strict=True))


@pytest.mark.parametrize(
    ("frames", "name", "frame_ms", "last_repeat"),
    [
        ([], "x.gif", 200, 0),
        ([plain((0, 0, 0)), plain((0, 0, 0), 25)], "x.gif", 200, 0),
        ([plain((0, 0, 0)).astype(np.float32)], "x.webp", 200, 0),
        ([np.zeros((4, 4), np.uint8)], "x.webp", 200, 0),
        ([np.zeros((0, 4, 3), np.uint8)], "x.webp", 200, 0),
        ([plain((0, 0, 0))], "x.avi", 200, 0),
        ([plain((0, 0, 0))], "x.gif", 0, 0),
        ([plain((0, 0, 0))], "x.gif", 200, -1),
    ],
)
def test_what_makes_no_animation_is_refused(
    tmp_path: Path, frames: list[np.ndarray], name: str, frame_ms: int, last_repeat: int
):
    with pytest.raises(DataError):
        animation.animate(frames, tmp_path / name, frame_ms, last_repeat)
    assert list(tmp_path.iterdir()) == []


def test_progress_of_a_run(tmp_path: Path):
    folder = synthetic.picture_run(tmp_path / "run")
    written = animation.write_progress(folder, frame_ms=150)
    assert written == (folder.progress_webp, folder.progress_gif)
    kept = animation.thinned(len(synthetic.UPDATES))
    for path in written:
        shown, delays = decoded(path)
        assert len(shown) == len(kept) == round(2 * math.sqrt(13)) + 1
        assert delays == [150] * len(kept)
        for index, frame in zip(kept, shown, strict=True):
            assert np.array_equal(frame, sheets.picture(folder.sample_sheet(synthetic.UPDATES[index])))
    assert not list(folder.root.glob("*.part"))


def test_progress_passes_over_what_a_kill_tore(tmp_path: Path):
    folder = synthetic.picture_run(tmp_path / "run")
    synthetic.tear(folder.sample_sheet(2000))
    (folder.samples / "00001999.png").write_bytes(b"")
    (folder.samples / "notes.png").write_bytes(b"?")
    pixels.write_png(folder.sample_sheet(1), np.zeros((9, 9, 3), np.uint8))  # a sheet of other size
    assert animation.write_progress(folder) is not None
    shown, _ = decoded(folder.progress_gif)
    assert len(shown) == len(animation.thinned(len(synthetic.UPDATES) - 1))
    assert np.array_equal(shown[-1], sheets.picture(folder.sample_sheet(1600)))


def test_no_sheet_no_progress(tmp_path: Path):
    assert animation.write_progress(RunFolder(tmp_path / "nothing")) is None
