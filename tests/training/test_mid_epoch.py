"""A checkpoint in the middle of an epoch: everything goes on exactly, the order and the count of epochs included."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gansmith
from gansmith.ground.files.runfolder import RunFolder
from gansmith.runs.run import resume
from gansmith.training import checkpoint
from miniatures import assert_same_arrays

COUNT, BATCH = 50, 8  # 6 updates an epoch, 2 pictures left over
STOPPED, END = 15, 29  # within the third epoch, within the fifth
SETTINGS = {
    "generator.widths": [8, 4], "discriminator.widths": [4, 8], "latent.dim": 4, "data.batch": BATCH, "threads": 1,
    "augment.name": "mirror+ada", "augment.ramp_images": 500, "augment.target": -0.9, "feedback.discriminator_turns": 1, "device": "cpu",
    "schedule.rate": "linear", "schedule.start": 1, "watch.stats_every": 1, "watch.samples": 4, "watch.judge": 0,
    "watch.diagnose": 0, "watch.checkpoint_every": STOPPED, "watch.keep": 9, "precision.name": "float32",
}  # fmt: skip


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "own"
    folder.mkdir()
    for index in range(COUNT):
        pixels = np.random.default_rng(index).integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index:02}.png")
    return folder


def rows(folder: Path) -> list[dict]:
    timing = ("seconds", "images_per_second")
    lines = (folder / "stats.jsonl").read_text().splitlines()
    return [{key: value for key, value in json.loads(line).items() if key not in timing} for line in lines]


def test_it_goes_on_exactly(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GANSMITH_CACHE", str(tmp_path / "cache"))
    whole, halved = tmp_path / "whole", tmp_path / "halved"
    gansmith.train("folder", data=str(source), updates=END, settings=SETTINGS, out=whole)
    straight = rows(whole)

    gansmith.train("folder", data=str(source), updates=END, settings=SETTINGS, out=halved)
    for later in RunFolder(halved).checkpoints.iterdir():  # as a kill right after the first checkpoint leaves it
        if later.name != f"{STOPPED:08}":
            for path in later.iterdir():
                path.unlink()
            later.rmdir()
    resume(halved)

    expected = checkpoint.load(RunFolder(whole), END)
    found = checkpoint.load(RunFolder(halved), END)
    assert_same_arrays(found.state.arrays, expected.state.arrays)
    assert found.state.counters == expected.state.counters
    assert float(expected.state.arrays["augment/probability"][0]) > 0
    assert rows(halved) == straight
    epochs = {row["update"]: row["epoch"] for row in straight}
    assert epochs[STOPPED] == pytest.approx(STOPPED / 6)
    assert epochs[END] == pytest.approx(END / 6)
    assert epochs[STOPPED] % 1  # in the middle of one
