"""Learning rates and EMA decay as pure functions of images_seen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import cos, floor, pi

from gansmith.ground.game import StepContext
from gansmith.ground.recipes.settings import EmaSettings, Recipe, ScheduleSettings

ESTIMATE_AFTER = 50
"""With a budget in minutes, the number of images in the whole run is estimated after 50, 100, 200, 400 ... updates: a
machine that gets busier computes fewer updates, and the schedules have to reach their end all the same."""
WARM_AFTER = 10
"""The first updates are slower than the others, so the estimate leaves them out."""
LEAST_SEEN = 20
"""The speed is measured over at least this many updates."""


def estimates_by(update: int) -> int:
    """How many estimates have been made after `update` updates of a run in minutes."""
    return (update // ESTIMATE_AFTER).bit_length()


@dataclass(frozen=True)
class Clock:
    """Converts updates into images and epochs, and gives the scheduled numbers of each update."""

    recipe: Recipe
    images_per_epoch: int  # whole batches only
    total_images: int | None  # images_seen at the end; None before the first estimate of a budget in minutes

    @property
    def images_per_update(self) -> int:
        """Real items given to the discriminator in one update."""
        return self.recipe.feedback.discriminator_turns * self.recipe.data.batch

    def images(self, update: int) -> int:
        """images_seen after `update` updates."""
        return update * self.images_per_update

    def epoch(self, update: int) -> float:
        """Passes over the data after `update` updates."""
        return self.images(update) / self.images_per_epoch

    def total_updates(self) -> int | None:
        """Updates in the whole run; None if that is unknown."""
        return None if self.total_images is None else max(1, -(-self.total_images // self.images_per_update))

    def at(self, update: int, *, measure: bool = False) -> StepContext:
        """The scheduled numbers of update `update` (from 1); they depend on the items seen before it."""
        seen = self.images(update - 1)
        factor = rate_factor(self.recipe.schedule, seen / self.images_per_epoch, self._total_epochs(update))
        optimizer = self.recipe.optimizer
        return StepContext(
            update=update,
            images_seen=seen,
            generator_rate=optimizer.generator.rate * factor,
            discriminator_rate=optimizer.discriminator.rate * factor,
            ema_decay=ema_decay(self.recipe.ema, self.images_per_update, seen),
            measure=measure,
        )

    def has_to_estimate(self, update: int) -> bool:
        """Whether a new estimate is due after `update` updates."""
        budget = self.recipe.budget
        return budget.minutes > 0 and estimates_by(update) > len(budget.estimated_images)

    def estimated(self, update: int, seconds: float, since: tuple[int, float] = (0, 0.0)) -> Clock:
        """This clock with a new estimate of the whole run, from the speed since (update, seconds)."""
        since = since if update - since[0] >= LEAST_SEEN else (0, 0.0)
        speed = (self.images(update) - self.images(since[0])) / max(seconds - since[1], 1e-9)
        left = max(0.0, self.recipe.budget.minutes * 60 - seconds)
        total, known = self.images(update) + round(speed * left), self.recipe.budget.estimated_images
        # several at once if the user has set a new budget, which drops the old estimates
        known = (*known, *[total] * (estimates_by(update) - len(known)))
        budget = replace(self.recipe.budget, estimated_images=known)
        return replace(self, recipe=replace(self.recipe, budget=budget), total_images=total)

    def _total_epochs(self, update: int) -> float | None:
        """Epochs in the whole run, as far as that was known before an update."""
        if not self.recipe.budget.minutes:
            return None if self.total_images is None else self.total_images / self.images_per_epoch
        known = self.recipe.budget.estimated_images[: estimates_by(update - 1)]
        return known[-1] / self.images_per_epoch if known else None


def budget_images(recipe: Recipe, images_per_epoch: int) -> int | None:
    """images_seen at the end of the budget; None before the first estimate of a budget in minutes."""
    budget = recipe.budget
    if budget.updates:
        return budget.updates * recipe.feedback.discriminator_turns * recipe.data.batch
    if budget.epochs:
        return round(budget.epochs * images_per_epoch)
    return budget.images or (budget.estimated_images[-1] if budget.estimated_images else None)


def rate_factor(schedule: ScheduleSettings, epoch: float, total_epochs: float | None) -> float:
    """The factor on the learning rates at an epoch. "linear" and "cosine" end at `schedule.until`, or with the run; they are 1
    as long as that is not known."""
    if schedule.rate == "step":
        first = schedule.start or schedule.every
        # the tolerance is for rounding: an epoch begins at a whole number
        past = epoch - first + 1e-9
        if past < 0 or first == 0:
            return 1.0
        steps = 1 + (floor(past / schedule.every) if schedule.every else 0)
        return schedule.factor**steps
    total_epochs = schedule.until or total_epochs
    if schedule.rate == "constant" or total_epochs is None or total_epochs <= schedule.start:
        return 1.0
    share = min(max((epoch - schedule.start) / (total_epochs - schedule.start), 0.0), 1.0)
    shape = share if schedule.rate == "linear" else (1 - cos(pi * share)) / 2
    return 1 + (schedule.factor - 1) * shape


def ema_decay(ema: EmaSettings, images_per_update: int, images_seen: int) -> float:
    """The share of itself that the averaged generator keeps in one update (Karras et al. 2020, with its ramp-up)."""
    if ema.half_life <= 0:
        return 0.0
    half_life = ema.half_life
    if ema.ramp_up:
        half_life = min(half_life, max(images_seen, 1) * ema.ramp_up)
    return 0.5 ** (images_per_update / half_life)
