"""What a user may change where a run goes on: how long, on which data, at which rates. And what is said about it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gansmith.data import sources
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.choose_recipe import Budget
from gansmith.runs.setup import Setup
from gansmith.training.events import Start

RISEN = 1.05  # a rate above so many times the one before has risen
UNITS = ("updates", "images", "epochs", "minutes")


@dataclass(frozen=True)
class Changes:
    """As for `runs.run.resume`."""

    budget: Budget = field(default_factory=Budget)
    data: str | None = None
    polish: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)

    def at_once(self, recipe: Recipe) -> Recipe:
        """The run's recipe with what does not depend on how far it has come. Raises GansmithError."""
        self.budget.given()  # refuses what makes no sense
        if self.polish and recipe.schedule.rate not in ("linear", "cosine"):
            raise RunError(
                f"--polish goes on at the rate with which falling rates end, and this run's do not fall (schedule.rate = "
                f"{recipe.schedule.rate!r}): leave it out"
            )
        source = {} if self.data is None else {"data.source": sources.absolute(self.data)}
        return recipes.override(recipe, source | dict(self.settings))

    def in_time(self, setup: Setup, start: Start) -> Setup:
        """The setup of a run that has come to `start`, with the new budget and the rates that it goes on at."""
        recipe, budget = setup.recipe, self.budget
        if budget.more:
            had = lengths(setup, start)
            budget = Budget(**{name: type(value)(had[name] + value) for name, value in budget.given().items()})  # pyright: ignore[reportArgumentType]
        recipe = budget.apply(recipe)
        if self.polish:
            until = setup.clock().epoch(start.update)
            schedule = dataclasses.replace(recipe.schedule, until=until)
            if schedule.start >= until:  # they have not begun to fall: the end is here all the same
                schedule = dataclasses.replace(schedule, start=0.0)
            recipe = dataclasses.replace(recipe, schedule=schedule)
        return dataclasses.replace(setup, recipe=recipe)


def lengths(setup: Setup, start: Start) -> dict[str, float]:
    """How long a run has been by `start`, in each unit of a budget."""
    clock, update = setup.clock(), start.update
    return {
        "updates": update, "images": clock.images(update), "epochs": clock.epoch(update), "minutes": start.seconds / 60
    }  # fmt: skip


def _budget(recipe: Recipe) -> tuple[str, float]:
    """The unit and the length of a recipe's budget."""
    return next((name, getattr(recipe.budget, name)) for name in UNITS if getattr(recipe.budget, name))


def told_over(folder: RunFolder, setup: Setup, start: Start) -> str:
    """The error for a run that has used its budget up."""
    (name, total), had = _budget(setup.recipe), lengths(setup, start)
    so_far = f"epoch {had['epochs']:.3g}, {had['minutes']:.3g} minutes"
    again = (f"--{name} {had[name] + total:.6g}", f"--{name} +{total:.6g}")
    return (
        f"{folder.root} is finished at update {start.update} ({so_far}): {total:.6g} {name} count from its beginning; for as "
        f"much again, {again[0]} in all, or {again[1]}"
    )


def going_on(setup: Setup, start: Start) -> str:
    """The line with which a run goes on."""
    (name, total), had = _budget(setup.recipe), lengths(setup, start)
    left = f"to {total:.6g} {name} in all, {total - had[name]:.6g} more"
    return f"going on from update {start.update}, {left}"


def rising_rates(folder: RunFolder, setup: Setup, start: Start) -> Iterator[str]:
    """A line where the learning rate goes up from what it was last."""
    rows = [
        row for row in read_rows(folder.stats) if row.get("update", 0) <= start.update and row.get("rate.generator")
    ]
    if not rows:
        return
    clock, was = setup.clock(), float(rows[-1]["rate.generator"])
    if clock.has_to_estimate(start.update):
        clock = clock.estimated(start.update, start.seconds)
    now = clock.at(start.update + 1).generator_rate
    if now > RISEN * was:
        name, total = _budget(setup.recipe)
        yield (
            f"the learning rates rise again: the generator's goes from {was:.3g} to {now:.3g} ({now / was:.3g} times), as the "
            f"{setup.recipe.schedule.rate} schedule now ends after {total:.6g} {name}; to go on at the rate it ended with: "
            "--polish"
        )
