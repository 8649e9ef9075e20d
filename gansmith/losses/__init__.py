"""What the players minimise: one file for each loss, with its functions for both engines, and the table of them.

A new loss is one file with a record `LOSS`, its name in `ground.recipes.settings.LossName`, and its row in the table here. A
loss of the user's own is known as "own" for as long as `joined` lasts. Importing this room does not import torch.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from gansmith.ground.errors import RecipeError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.recipes.settings import LossName, LossSettings, Recipe
from gansmith.losses import hinge, least_squares, minimax, non_saturating, relativistic, wasserstein
from gansmith.losses.record import Loss, NumpyLoss, Targets

__all__ = ["LOSSES", "Loss", "NumpyLoss", "Targets", "check", "joined", "loss_of", "recorded"]

LOSSES: dict[LossName, Loss] = {
    "non-saturating": non_saturating.LOSS,
    "minimax": minimax.LOSS,
    "hinge": hinge.LOSS,
    "least-squares": least_squares.LOSS,
    "wasserstein": wasserstein.LOSS,
    "relativistic": relativistic.LOSS,
}
"""Every built-in loss by the name that a recipe gives it in `loss.name`."""

_own: ContextVar[Loss | None] = ContextVar("own loss", default=None)


@contextmanager
def joined(loss: Loss | None) -> Iterator[None]:
    """While it lasts, recipes of this thread that say `loss.name = "own"` mean this loss. None: as before."""
    token = _own.set(loss or _own.get())
    try:
        yield
    finally:
        _own.reset(token)


def recorded(folder: RunFolder) -> Loss | None:
    """What a run noted of a loss of one's own: its facts, without its functions. None where it noted none."""
    try:
        facts = json.loads(folder.own.read_text(encoding="utf-8"))["loss"]
        return Loss.known(facts)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def loss_of(recipe: Recipe) -> Loss:
    """The loss that a recipe names. Raises RecipeError for a loss of one's own that was not given."""
    loss = _own.get() if recipe.loss.name == "own" else LOSSES[recipe.loss.name]
    if loss is None:
        raise RecipeError(
            "loss.name = 'own' stands for a loss of yours: give it with --with FILE, or from Python with "
            "parts=Parts(loss=...)"
        )
    return loss


def check(recipe: Recipe) -> None:
    """Raise RecipeError where the rest of a recipe has no meaning together with its loss."""
    name, feedback = recipe.loss.name, recipe.feedback.name
    loss, default = loss_of(recipe), LossSettings()
    targets = (recipe.loss.real, recipe.loss.fake, recipe.loss.generator)
    if not loss.takes_targets and targets != (default.real, default.fake, default.generator):
        raise RecipeError(
            f"loss.name = {name!r} has no targets to smooth: leave loss.real, loss.fake and loss.generator out"
        )
    if loss.saturates and recipe.loss.generator != default.generator:
        raise RecipeError(
            f"loss.name = {name!r}: its generator has no target to smooth: leave loss.generator out, or set "
            "loss.name=non-saturating"
        )
    if loss.paired and feedback in ("stacked", "labels"):
        raise RecipeError(
            f"loss.name = {name!r} compares logits of real and of generated items, and with feedback.name = "
            f"{feedback!r} the generator's loss has only those of its own: set feedback.name=alternating or joint"
        )
    if not (loss.bounded or recipe.discriminator.spectral_norm or recipe.regularizer.name != "none"):
        raise RecipeError(
            f"loss.name = {name!r} has no minimum unless something bounds the discriminator's gradient: set "
            "regularizer.name=gradient-penalty, or discriminator.spectral_norm=true"
        )
