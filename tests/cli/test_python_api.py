"""The same from Python: train, load, one's own networks, notebooks."""

from __future__ import annotations

import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import gansmith
from gansmith.ground.errors import GansmithError
from gansmith.ground.files.runfolder import read_rows
from gansmith.training.events import Request, UpdateEvent

TINY = {
    "data.first": 128, "watch.samples": 4, "data.batch": 16, "schedule.rate": "constant",
    "generator.widths": [8, 8, 4], "discriminator.widths": [4, 8, 8],
}  # fmt: skip


class Up(nn.Module):
    """A user's generator, with batch norm and dropout."""

    def __init__(self, latent: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape
        size = int(np.prod(shape))
        self.body = nn.Sequential(nn.Linear(latent, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, size), nn.Tanh())

    def forward(self, latents: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
        return self.body(latents).view(-1, *self.shape)


class Down(nn.Module):
    """A user's discriminator."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Flatten(), nn.Linear(int(np.prod(shape)), 16), nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Linear(16, 1)
        )

    def forward(self, items: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
        return self.body(items)


MINE = gansmith.NetPair("mine", lambda latent, shape, classes: (Up(latent, shape), Down(shape)))


def test_train_and_load(tmp_path: Path) -> None:
    run = gansmith.train("digits", updates=3, settings=TINY, out=tmp_path / "run")
    assert run.ended == "finished"
    assert [row["update"] for row in run.stats] == [3]
    generator = gansmith.load(tmp_path / "run")
    pictures = generator.sample(3, seed=5)
    assert pictures.shape == (3, 16, 16, 1)
    latents = torch.as_tensor(generator.latents(3, seed=5)).requires_grad_()
    decoded = generator.decode(latents, torch.as_tensor(generator.labels(3, seed=5)))
    assert decoded.shape == (3, 1, 16, 16)
    decoded.square().sum().backward()
    assert latents.grad is not None
    assert float(latents.grad.abs().sum()) > 0
    as_bytes = ((decoded.detach().permute(0, 2, 3, 1) + 1) * 127.5).round().clamp(0, 255).numpy()
    assert np.abs(as_bytes - pictures).max() <= 1
    assert "<img" in run._repr_html_()


@pytest.mark.usefixtures("hasty_judges")
def test_one_s_own_networks_resume_bit_equal(tmp_path: Path) -> None:
    whole = gansmith.train("digits", nets=MINE, updates=8, settings=TINY, out=tmp_path / "whole")
    gansmith.train("digits", nets=MINE, updates=4, settings=TINY, out=tmp_path / "parts")
    again = gansmith.resume(tmp_path / "parts", nets=MINE, updates=8)
    first, second = whole.generator().arrays, again.generator().arrays
    assert all(np.array_equal(first[name], second[name]) for name in first)
    with pytest.raises(GansmithError, match="networks mine of yours"):
        gansmith.load(tmp_path / "whole").sample(2)
    assert gansmith.load(tmp_path / "whole", nets=MINE).sample(2).shape == (2, 16, 16, 1)
    assert gansmith.evaluate(tmp_path / "whole", nets=MINE, count=16, features="pixels").count == 16


def test_truncation_narrows(tmp_path: Path) -> None:
    generator = gansmith.train("digits", updates=1, settings=TINY, out=tmp_path / "run").generator()
    wide, narrow = generator.latents(500, seed=1), generator.latents(500, seed=1, truncation=0.5)
    assert narrow.std() < wide.std()
    assert np.abs(narrow).max() <= 1.0 + 1e-6
    order = np.argsort(wide[:, 0])
    assert (np.diff(narrow[order, 0]) >= -1e-6).all(), "a seed keeps its character"


class Enough:
    """A watcher that has seen enough at an update of its choice."""

    def __init__(self, update: int) -> None:
        self.update = update

    def after(self, event: UpdateEvent) -> Request | None:
        """The request."""
        return Request("stop", "that will do") if event.update == self.update else None


@pytest.mark.parametrize("update", [25, 31])
def test_a_run_that_a_watcher_stops_ends_with_a_sheet(tmp_path: Path, update: int) -> None:
    """Drawn once where one was due then (25), and where none was (31); saved, reported, and said why."""
    said: list[str] = []
    out = tmp_path / "run"
    run = gansmith.train("digits", updates=99, settings=TINY, out=out, watching=[Enough(update)], say=said.append)
    assert run.ended == "stopped"
    assert "that will do" in said
    assert run.folder.sample_sheet(update).is_file()
    assert run.folder.checkpoint(update).is_dir()
    assert run.folder.report.is_file()
    rows = [row["update"] for row in read_rows(run.folder.sample_rows)]
    assert rows == sorted({0, 25, update})
    looks = [row["update"] for row in read_rows(run.folder.probes) if "numbers" in row]
    assert looks == sorted(set(looks)), "the doctor looks at no update twice"


class Interrupts:
    """A watcher during which the user presses Ctrl-C."""

    def after(self, event: UpdateEvent) -> None:
        """After the second update."""
        if event.update == 2:
            signal.raise_signal(signal.SIGINT)


def test_ctrl_c_stops_the_program_once_all_is_saved(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt, match=r"everything is saved; go on with gansmith\.resume\('"):
        gansmith.train("digits", updates=9, settings=TINY, out=tmp_path / "run", watching=[Interrupts()])
    assert gansmith.resume(tmp_path / "run", updates=4).ended == "finished"


def test_labels_are_the_players_labels_and_a_run_is_a_path(tmp_path: Path) -> None:
    pictures, labels = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 1), dtype=np.uint8), np.arange(40) % 3
    small = {**TINY, "data.first": 0}
    run = gansmith.train("digits", pictures, labels=labels, updates=1, settings=small, out=tmp_path / "run")
    assert run.recipe.data.labels == "classes"
    assert gansmith.load(run).class_names == ("0", "1", "2")

    assert gansmith.load(run).sample(3, labels=torch.tensor([2, 1, 0])).shape == (3, 16, 16, 1)
    assert gansmith.resume(run, updates=2).ended == "finished"


def test_classes_that_are_not_used_are_told_where_nobody_listens(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    small = {**TINY, "data.labels": "clusters", "data.clusters": 2}
    gansmith.train("digits", updates=1, settings=small, out=tmp_path / "run")
    line = "the data's 10 classes are not used, as labels are clusters: for them, --set data.labels=classes"
    assert line in caplog.messages
