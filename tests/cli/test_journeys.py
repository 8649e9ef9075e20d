"""Whole journeys, as a user types them: some commands in processes of their own, the others within this one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gansmith
from checkpoint_arrays import PATIENCE, equal, start_afresh, typed, until, weights
from forked_commands import Process, start

pytestmark = pytest.mark.usefixtures("hasty_judges")
SMALL = [
    *("--set", "data.first=256", "--set", "watch.samples=9", "--set", "threads=1"),
    *("--set", "generator.widths=[16,8,8]", "--set", "discriminator.widths=[8,8,8]"),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small finished run of 60 updates, made by the program as a shell starts it."""
    out = tmp_path_factory.mktemp("journey") / "digits"
    command = [sys.executable, "-m", "gansmith", "train", "digits", "--out", str(out), "--updates", "60", *SMALL]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return out


def test_a_run_holds_everything(run: Path) -> None:
    for name in ("recipe.toml", "environment.json", "data.json", "stats.jsonl", "samples.jsonl", "real.png"):
        assert (run / name).stat().st_size > 0
    for name in ("report.html", "progress.webp", "progress.gif"):
        assert (run / name).stat().st_size > 0
    rows = [json.loads(line) for line in (run / "stats.jsonl").read_text().splitlines()]
    assert [row["update"] for row in rows] == [50, 60]
    assert all(row["images_seen"] == row["update"] * 64 for row in rows)
    sheets = sorted(int(path.stem) for path in (run / "samples").glob("*.png"))
    assert sheets == [0, 25, 50, 60]


def test_samples_are_prefix_stable_and_repeatable(run: Path, tmp_path: Path) -> None:
    for count in (5, 10):
        typed("sample", run, "--count", count, "--seed", 7, "--out", tmp_path / f"{count}.npz")
    five, ten = (np.load(tmp_path / f"{count}.npz")["images"] for count in (5, 10))
    assert five.shape == (5, 16, 16, 1)
    assert five.dtype == np.uint8
    assert np.array_equal(five, ten[:5])
    typed("sample", run, "--count", 6, "--seed", 7, "--out", tmp_path / "sheet.png")
    typed("sample", run, "--count", 6, "--seed", 7, "--out", tmp_path / "folder")
    first, *others = sorted((tmp_path / "folder").glob("*.png"))
    assert len(others) == 5
    with Image.open(first) as picture:
        assert np.array_equal(np.asarray(picture)[..., None], five[0])


def test_python_sees_the_same_pictures(run: Path, tmp_path: Path) -> None:
    typed("sample", run, "--count", 4, "--seed", 3, "--out", tmp_path / "s.npz")
    generator = gansmith.load(run)
    assert np.array_equal(generator.sample(4, seed=3), np.load(tmp_path / "s.npz")["images"])
    assert generator.latent_dim == 32


def test_ctrl_c_saves_and_says_how_to_go_on(tmp_path: Path) -> None:
    out = tmp_path / "run"
    process = start_afresh("train", "digits", "--out", out, "--updates", 1_000_000, *SMALL)
    until(lambda: (out / "stats.jsonl").exists() or process.poll() is not None)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert f"gansmith resume {out}" in said
    assert len(list((out / "checkpoints").iterdir())) == 1
    assert (out / "report.html").exists()


@pytest.mark.parametrize("extra", [[], ["--set", "data.labels=classes", "--set", "discriminator.dropout=0.2"]])
def test_killed_and_resumed_is_bit_equal(tmp_path: Path, extra: list[str]) -> None:
    arguments = ["train", "digits", *SMALL, "--updates", 50, "--quiet", "--set", "watch.checkpoint_every=5", *extra]
    typed(*arguments, "--out", tmp_path / "whole")
    out = tmp_path / "killed"
    process = start(*arguments, "--out", out)
    for update in (10, 25):  # killed once there is a checkpoint as new as that, wherever it is by then
        kill_at(update, process, out)
        process = start("resume", out, "--quiet")
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0 or "is finished" in said
    assert equal(weights(tmp_path / "whole", 50), weights(out, 50))
    for name in ("stats.jsonl", "samples.jsonl"):
        first, second = ((folder / name).read_text().splitlines() for folder in (tmp_path / "whole", out))
        assert [json.loads(row)["update"] for row in first] == [json.loads(row)["update"] for row in second]


def kill_at(update: int, process: Process, run: Path) -> None:
    """Kill a training that has saved as much, or has ended."""
    until(lambda: newest(run) >= update or process.poll() is not None)
    process.kill()
    process.communicate()


def newest(run: Path) -> int:
    """The update of the newest checkpoint; 0 where there is none."""
    return max((int(path.name) for path in (run / "checkpoints").glob("*") if path.name.isdigit()), default=0)


def test_a_truncated_checkpoint_is_passed_over(tmp_path: Path) -> None:
    out = tmp_path / "run"
    every = ["--set", "watch.checkpoint_every=8", "--set", "schedule.rate=constant"]
    typed("train", "digits", "--out", out, "--updates", 24, *SMALL, *every, "--quiet")
    newest = out / "checkpoints" / "00000024" / "weights.safetensors"
    newest.write_bytes(newest.read_bytes()[: newest.stat().st_size // 2])
    done = typed("resume", out, "--updates", 32)
    assert "damaged" in done.stderr
    assert "going on from update 16" in done.stderr
    typed("train", "digits", "--out", tmp_path / "whole", "--updates", 32, *SMALL, *every, "--quiet")
    assert equal(weights(out, 32), weights(tmp_path / "whole", 32))


@pytest.mark.parametrize(
    ("recipe", "generator", "discriminator"),
    [
        ("article-001-plain", (1_486_352, 1_486_352), 1_460_225),
        ("article-001-labelled", (1_488_912, 1_488_912), 1_494_273),
        ("article-002", (130_576, 130_576), 117_121),
        ("article-000-dcgan", (2_330_944, 2_305_472), 212_865),
    ],
)
def test_published_parameter_counts(mnist: Path, recipe: str, generator: tuple[int, int], discriminator: int) -> None:
    facts = json.loads(typed("train", recipe, "--data", mnist, "--dry-run", "--json").stdout)
    assert (facts["generator"]["parameters"], facts["generator"]["trained"]) == generator
    assert facts["discriminator"]["parameters"] == discriminator
    assert facts["data"]["batches_per_epoch"] == 60_000 // facts["recipe"]["data"]["batch"] or recipe == "article-002"


def test_json_is_json(tmp_path: Path) -> None:
    every = ["--set", "watch.stats_every=5"]
    done = typed("train", "digits", "--out", tmp_path / "run", "--updates", 10, *SMALL, *every, "--json")
    assert [json.loads(line)["update"] for line in done.stdout.splitlines()] == [5, 10]
    assert json.loads(typed("check", "--json").stdout)["device"] in ("cpu", "cuda", "mps")
    assert json.loads(typed("data", "info", "digits", "--json").stdout)["count"] == 1797


def test_vectors_train_too(tmp_path: Path) -> None:
    out = tmp_path / "ring"
    typed("train", "ring", "--out", out, "--updates", 60, "--set", "data.first=512", "--set", "threads=1")
    with Image.open(out / "samples" / "00000060.png") as picture:
        assert picture.size[0] > 50
    typed("sample", out, "--count", 8, "--seed", 1, "--out", tmp_path / "v.npz")
    assert np.load(tmp_path / "v.npz")["vectors"].shape == (8, 2)


def test_a_person_is_asked_for_a_number(run: Path, tmp_path: Path) -> None:
    if not hasattr(os, "openpty"):
        pytest.skip("no pseudo-terminals on this system")
    ours, theirs = os.openpty()
    process = start("sample", run, "--count", 1, "--out", tmp_path / "a.npz", stdin=theirs, stderr=theirs)
    os.write(ours, b"seven\n\n7\n")
    said, _ = process.communicate(timeout=PATIENCE)
    asked = os.read(ours, 4096).decode()
    assert process.returncode == 0
    assert asked.count("not a whole number") == 2
    assert "seed 7" in said
    typed("sample", run, "--count", 1, "--seed", 7, "--out", tmp_path / "b.npz")
    assert np.array_equal(np.load(tmp_path / "a.npz")["images"], np.load(tmp_path / "b.npz")["images"])


@pytest.mark.usefixtures("quick_processes")
def test_recipes_are_compared(tmp_path: Path) -> None:
    out = tmp_path / "comparison"
    done = typed("compare", "ring", "grid", "--seeds", 1, "--updates", 5, "--count", 64, "--out", out, "--json")
    assert "ring" in done.stdout
    assert (out / "comparison.html").stat().st_size > 0
    json.loads((out / "comparison.json").read_text(encoding="utf-8"))


def test_a_run_is_diagnosed(run: Path) -> None:
    findings = json.loads(typed("diagnose", run, "--json").stdout)
    assert findings
