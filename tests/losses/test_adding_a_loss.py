"""A loss of one's own is one record: both engines train by it, and report and doctor read it."""

from __future__ import annotations

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


def discriminator(real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
    return (real - 3).abs().mean() + (fake - 1).abs().mean()


def generator(fake: Tensor, real: Tensor | None, targets: Targets) -> Tensor:
    return (fake - 3).abs().mean()


def towards_three(logits: np.ndarray, target: np.ndarray | float) -> tuple[float, np.ndarray]:
    return batch_mean(np.abs(logits - 3), np.sign(logits - 3))


def towards_one(logits: np.ndarray, target: np.ndarray | float) -> tuple[float, np.ndarray]:
    return batch_mean(np.abs(logits - 1), np.sign(logits - 1))


DISTANCES = Loss(
    discriminator, generator, NumpyLoss(towards_three, towards_one, towards_three), threshold=2.0, name="distances"
)
SMALL = {
    "data.batch": 8,
    "device": "cpu",
    "threads": 1,
    "precision.name": "float64",
    "latent.dim": 4,
    "regularizer.name": "none",
    "generator.net": "dense",
    "generator.widths": [8],
    "generator.norm": "none",
    "discriminator.net": "dense",
    "discriminator.widths": [8],
    "watch.stats_every": 1,
    "watch.judge": 0,
}


def test_three_updates_with_report_and_doctor(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    rows = {}
    for engine in ("torch", "numpy"):
        parts = gansmith.Parts(loss=DISTANCES)
        run = gansmith.train("digits", out=tmp_path / engine, updates=3, engine=engine, settings=SMALL, parts=parts)
        for command in ("report", "diagnose"):  # they know the facts that the run noted, and need no functions
            assert main([command, str(run.folder.root)]) == 0
        assert "above 2 it says real" in run.folder.report.read_text(encoding="utf-8")
        assert "at update 3, after" in capsys.readouterr().out
        rows[engine] = run.stats
    for ours, theirs in zip(rows["numpy"], rows["torch"], strict=True):
        for name in ("loss.discriminator", "loss.generator", "accuracy.real", "accuracy.fake"):
            assert ours[name] == pytest.approx(theirs[name], rel=1e-9)
        assert ours["accuracy.fake"] == 1  # an untrained discriminator's logits are near 0: below the threshold


def test_one_for_each_logit_is_as_their_mean(tmp_path: Path):
    """The very same training."""
    each = Loss(
        lambda real, fake, targets: (real - 3).abs() + (fake - 1).abs(),
        lambda fake, real, targets: (fake - 3).abs(),
        name="each",
    )
    ends = []
    for name, loss in (("mean", DISTANCES), ("each", each)):
        run = gansmith.train("digits", out=tmp_path / name, updates=3, settings=SMALL, parts=gansmith.Parts(loss=loss))
        ends.append(run.generator().arrays)
    for name in ends[0]:
        np.testing.assert_allclose(ends[0][name], ends[1][name], rtol=1e-9)


def test_a_setting_beats_it(tmp_path: Path):
    said: list[str] = []
    settings = SMALL | {"loss.name": "hinge"}
    parts = gansmith.Parts(loss=DISTANCES)
    run = gansmith.train("digits", out=tmp_path / "run", updates=1, settings=settings, parts=parts, say=said.append)
    assert run.recipe.loss.name == "hinge"
    assert "not used, as the recipe says otherwise: loss distances" in said


def test_a_recipe_that_says_own_needs_one():
    with pytest.raises(RecipeError, match="loss of yours: give it with --with FILE"):
        losses.check(recipes.override(recipes.Recipe(), {"loss.name": "own"}))


def test_it_is_known_while_it_is_joined():
    own = recipes.override(recipes.Recipe(), {"loss.name": "own"})
    with losses.joined(DISTANCES), losses.joined(None):
        assert losses.loss_of(own) is DISTANCES
    with pytest.raises(RecipeError):
        losses.loss_of(own)


def test_its_facts_can_be_written_down_and_read():
    known = Loss.known(DISTANCES.facts())
    assert known.facts() == DISTANCES.facts()
    assert (known.threshold, known.name) == (2.0, "distances")
