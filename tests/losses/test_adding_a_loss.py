"""A loss of one's own is one record: both engines train by it, and report and doctor read it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from torch import Tensor

import gansmith
from gansmith import losses
from gansmith.cli import main
from gansmith.ground.errors import RecipeError
from gansmith.ground.recipes import recipe as recipes
from gansmith.losses import Loss, NumpyLoss, Targets
from gansmith.losses.logits import batch_mean

NAME = "distances"


def discriminator(real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
    return (real - 3).abs().mean() + (fake - 1).abs().mean()


def generator(fake: Tensor, real: Tensor | None, targets: Targets) -> Tensor:
    return (fake - 3).abs().mean()


def towards_three(logits: np.ndarray, target: np.ndarray | float) -> tuple[float, np.ndarray]:
    return batch_mean(np.abs(logits - 3), np.sign(logits - 3))


def towards_one(logits: np.ndarray, target: np.ndarray | float) -> tuple[float, np.ndarray]:
    return batch_mean(np.abs(logits - 1), np.sign(logits - 1))


DISTANCES = Loss(discriminator, generator, NumpyLoss(towards_three, towards_one, towards_three), threshold=2.0)
SMALL = {
    "data.batch": 8,
    "device": "cpu",
    "threads": 1,
    "precision.name": "float64",
    "latent.dim": 4,
    "loss.name": NAME,
    "regularizer.name": "none",
    "generator.net": "dense",
    "generator.widths": [8],
    "generator.norm": "none",
    "discriminator.net": "dense",
    "discriminator.widths": [8],
    "watch.stats_every": 1,
    "watch.judge": 0,
}


@pytest.fixture
def added() -> Iterator[None]:
    losses.add(NAME, DISTANCES)
    yield
    del losses.LOSSES[NAME]
    recipes.ALLOWED["loss.name"].remove(NAME)


@pytest.mark.usefixtures("added")
def test_three_updates_with_report_and_doctor(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    rows = {}
    for engine in ("torch", "numpy"):
        run = gansmith.train("digits", out=tmp_path / engine, updates=3, engine=engine, settings=SMALL)
        for command in ("report", "diagnose"):
            assert main([command, str(run.folder.root)]) == 0
        assert "above 2 it says real" in run.folder.report.read_text(encoding="utf-8")
        assert "at update 3, after" in capsys.readouterr().out
        rows[engine] = run.stats
    for ours, theirs in zip(rows["numpy"], rows["torch"], strict=True):
        for name in ("loss.discriminator", "loss.generator", "accuracy.real", "accuracy.fake"):
            assert ours[name] == pytest.approx(theirs[name], rel=1e-9)
        assert ours["accuracy.fake"] == 1  # an untrained discriminator's logits are near 0: below the threshold


def test_nobody_knows_a_name_that_was_not_added():
    with pytest.raises(RecipeError, match="not one of its choices"):
        recipes.override(recipes.Recipe(), {"loss.name": NAME})


@pytest.mark.usefixtures("added")
def test_a_mistyped_name_is_told_the_added_one():
    with pytest.raises(RecipeError, match=f"did you mean '{NAME}'"):
        recipes.override(recipes.Recipe(), {"loss.name": "distance"})
