"""What a user may change where a run goes on: how long, on which data, at which rates. And what is said about it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from gansmith.data import sources
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.choose_recipe import Budget
from gansmith.runs.recovery.roll_back import IN_FLIGHT, note_change, note_course, words
from gansmith.runs.setup import Setup
from gansmith.training.events import Start

RISEN = 1.05  # a rate above so many times the one before has risen
WATCHING = ("watch.", "budget.until", "budget.patience", "budget.target")
"""Settings that change no weight: nothing is recorded of them."""
PLACES = ("device", "threads", "precision.name", "data.micro_batch")
"""Settings that say how and where is computed: they change weights in their last bits alone."""
CHANGEABLE = (*IN_FLIGHT, "schedule.", *WATCHING, *PLACES)
UNITS = ("updates", "images", "epochs", "minutes")
EDITABLE = ("name", "data.source", "budget.")
"""What may also be changed in recipe.toml by hand: the data and the length are looked at in any case."""


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
        for name in self.settings:
            need_changeable(recipe, name)
        source = {} if self.data is None else {"data.source": sources.absolute(self.data)}
        elsewhere = self.settings.get("device", recipe.device) != recipe.device
        anew = {"threads": 0, "precision.name": "auto"} if elsewhere else {}  # chosen for the other device
        return recipes.override(recipe, source | anew | dict(self.settings))

    def pairs(self, folder: RunFolder, recipe: Recipe) -> dict[str, list[Any]]:
        """The settings that the run goes on with and that change weights, each with its old and its new value."""
        edits = folder.edited()
        old = recipes.flat(folder.load_recipe()) | {name: pair[0] for name, pair in edits.items()}
        new = recipes.flat(recipe)
        asked = [name for name in {**edits, **self.settings} if not name.startswith((*WATCHING, *EDITABLE))]
        return {name: [old[name], new[name]] for name in asked if old[name] != new[name]}

    def recorded(self, folder: RunFolder, setup: Setup, start: Start) -> str | None:
        """Record the settings with which the run goes on from `start`. Returns a line about them; None where none changed."""
        pairs = self.pairs(folder, setup.recipe)
        if not pairs:
            return None
        by_hand = any(name not in self.settings for name in pairs)
        text = f"from update {start.update} on{', as recipe.toml was edited' if by_hand else ''}: {words(pairs)}"
        reason = "the user edited recipe.toml" if by_hand else "the user asked for it"
        note_change(folder, start.update, start.update, reason, pairs, by="user")
        note_course(folder, start.update, reason, pairs, text)
        return text

    def noted_place(self, folder: RunFolder) -> str:
        """Note where the data of a finished run is now, and nothing else. Returns a line about it."""
        recipe = folder.load_recipe()
        data = dataclasses.replace(recipe.data, source=sources.absolute(str(self.data)))
        folder.store_recipe(dataclasses.replace(recipe, data=data))
        return f"{folder.root} is finished; its data is looked for at {data.source} from now on"

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


def need_changeable(recipe: Recipe, name: str) -> None:
    """Raise RunError for a setting that cannot change in the middle of a run, or is none."""
    if name not in recipes.flat(recipe) or name.startswith(CHANGEABLE):
        return  # a name that is none is refused where it is set, with the nearest one
    hints = {
        "data.batch": "where memory is short: --set data.micro_batch=N, which computes the same batch in smaller portions; else",
        "data.source": "--data names the new place of the same data; for other data",
        "budget.": "--updates, --images, --epochs or --minutes set how long; else",
    }
    way = next((f"{hint} " for start, hint in hints.items() if name.startswith(start)), "")
    raise RunError(
        f"{name} cannot change in the middle of a run: {way}start a new run from this one's weights, by `gansmith train "
        f"RECIPE --from RUN --set {name}=...`"
    )


def check_edits(folder: RunFolder) -> None:
    """Raise RunError where recipe.toml was edited in a setting that cannot change in the middle of a run."""
    recipe, edits = folder.load_recipe(), folder.edited()
    for name, pair in edits.items():
        if not name.startswith(EDITABLE):
            try:
                need_changeable(recipe, name)
            except RunError as error:
                raise RunError(
                    f"{folder.recipe} was edited by hand ({words({name: pair})}), and {error}; or put the old value back"
                ) from None


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


def rising_rates(folder: RunFolder, setup: Setup, start: Start, changed: Iterable[str]) -> Iterator[str]:
    """A line where the schedule lets the learning rate go up from what it was last. changed: settings that the user changed,
    who needs no such line where a rate is among them."""
    if any(name.startswith(("schedule.", "optimizer.generator.rate")) for name in changed):
        return
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
