"""What the players minimise: one file for each loss, with its functions for both engines, and the table of them.

A new loss is one file with a record `LOSS`, its name in `ground.recipes.settings.LossName`, and its row in the table here.
`add` takes one at run time. Importing this room does not import torch.
"""

from __future__ import annotations

from typing import get_args

from gansmith.ground.errors import RecipeError
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import LossName, LossSettings, Recipe
from gansmith.losses import hinge, least_squares, minimax, non_saturating, relativistic, wasserstein
from gansmith.losses.record import Loss, NumpyLoss, Targets

__all__ = ["LOSSES", "Loss", "NumpyLoss", "Targets", "add", "check"]

LOSSES: dict[str, Loss] = {
    "non-saturating": non_saturating.LOSS,
    "minimax": minimax.LOSS,
    "hinge": hinge.LOSS,
    "least-squares": least_squares.LOSS,
    "wasserstein": wasserstein.LOSS,
    "relativistic": relativistic.LOSS,
}
"""Every loss by the name that a recipe gives it in `loss.name`."""


def add(name: str, loss: Loss) -> None:
    """Add a loss of your own: from now on, in this process, recipes may say `loss.name = "<name>"`.

    Add it again in every process that opens the run (resume, sample, load, report, diagnose, evaluate): a run stores the
    name, not the functions. Raises RecipeError for something else than a `Loss`, and for the name of a built-in one.
    """
    if not isinstance(loss, Loss):
        raise RecipeError(f"losses.add takes a gansmith.losses.Loss, not {type(loss).__name__}")
    if name in get_args(LossName):
        raise RecipeError(f"{name!r} is a built-in loss: choose another name")
    LOSSES[name] = loss
    recipes.allow("loss.name", name)


def check(recipe: Recipe) -> None:
    """Raise RecipeError where the rest of a recipe has no meaning together with its loss."""
    name, feedback = recipe.loss.name, recipe.feedback.name
    loss, default = LOSSES[name], LossSettings()
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
