"""The watchers of every run: stats, estimates, sheets of samples, when to save, and the check for NaN."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from gansmith.ground import pixels, streams
from gansmith.ground.errors import Diverged
from gansmith.ground.files.runfolder import RunFolder, append_row
from gansmith.ground.files.whole import write_text
from gansmith.ground.labelling import Labelling
from gansmith.ground.recipes.settings import Recipe
from gansmith.kinds import ToItems
from gansmith.training.events import Request, UpdateEvent


class WriteStats:
    """Appends each row to stats.jsonl."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder

    def after(self, event: UpdateEvent) -> Request | None:
        if event.row is not None:
            append_row(self.folder.stats, event.row)
        return None


class KeepEstimate:
    """Stores each estimate of a run in minutes in recipe.toml: the schedules must be the same after a resume."""

    def __init__(self, folder: RunFolder) -> None:
        self.folder, self.kept = folder, 0

    def after(self, event: UpdateEvent) -> Request | None:
        known = event.clock.recipe.budget.estimated_images
        if len(known) > self.kept:
            self.kept = len(known)
            stored = self.folder.load_recipe()
            if len(known) > len(stored.budget.estimated_images):
                budget = dataclasses.replace(stored.budget, estimated_images=known)
                self.folder.store_recipe(dataclasses.replace(stored, budget=budget))
        return None


class SaveOnSchedule:
    """Requests a checkpoint every so many minutes, updates or epochs, as [watch] says."""

    def __init__(self, recipe: Recipe, seconds: float = 0.0, epoch: float = 0.0) -> None:
        self.watch, self.saved_at, self.saved_epoch = recipe.watch, seconds, epoch

    def after(self, event: UpdateEvent) -> Request | None:
        if event.update == 0:
            return None
        watch, epoch = self.watch, event.clock.epoch(event.update)
        by_time = event.seconds - self.saved_at >= watch.checkpoint_minutes * 60
        by_count = watch.checkpoint_every > 0 and event.update % watch.checkpoint_every == 0
        by_epoch = watch.checkpoint_epochs > 0 and epoch - self.saved_epoch >= watch.checkpoint_epochs - 1e-9
        if not (by_time or by_count or by_epoch):
            return None
        self.saved_at = event.seconds
        self.saved_epoch = epoch
        return Request("save", "a checkpoint was due")


class StopOnNaN:
    """Raises Diverged if a statistic is NaN or infinite, before that reaches a checkpoint."""

    def after(self, event: UpdateEvent) -> Request | None:
        for name, value in (event.row or {}).items():
            if isinstance(value, float) and not np.isfinite(value):
                raise Diverged(
                    f"{name} is {value} at update {event.update}: the training diverged; the last checkpoint "
                    "is whole; try a lower rate, as in --set optimizer.discriminator.rate=1e-4"
                )
        return None


class WriteSamples:
    """Draws a sheet of samples from fixed latents: before the first update, then more and more rarely, and at the end."""

    def __init__(
        self,
        folder: RunFolder,
        recipe: Recipe,
        labelling: Labelling,
        draw: Callable[[np.ndarray], np.ndarray],
        to_items: ToItems,
        lines: Callable[[np.ndarray], list[str] | None] = lambda _: None,
    ) -> None:
        """draw: items as stored, of one sheet -> one picture uint8 (H, W, 3). lines: the same as text; None where they have none."""
        self.lines = lines
        self.folder, self.recipe, self.draw, self.to_items = folder, recipe, draw, to_items
        self.latents, self.labels = watched_latents(recipe, labelling)
        self.classes = None if labelling.counts else self.labels  # a cluster has too few samples on the sheet
        self.drawn = -1  # the update of the newest sheet

    def after(self, event: UpdateEvent) -> Request | None:
        if not (event.last or is_sheet_due(event.update, self.recipe.watch.samples_every)):
            return None
        if self.drawn == event.update:
            return None
        self.drawn = event.update
        raw = event.game.make(self.latents, self.labels)
        items = self.to_items(raw)
        logits = event.game.discriminate(items, self.labels).logits
        pixels.write_png(self.folder.sample_sheet(event.update), self.draw(items))
        if lines := self.lines(items):
            write_text(self.folder.sample_lines(event.update), "\n".join(lines) + "\n")
        row = {
            "update": event.update,
            "images_seen": event.images_seen,
            "seconds": round(event.seconds, 4),
            "verdicts": [round(float(logit), 5) for logit in logits],
            "sensitivity": sensitivity(raw, self.classes),
        }
        append_row(self.folder.sample_rows, row)
        return None


def watched_latents(recipe: Recipe, labelling: Labelling) -> tuple[np.ndarray, np.ndarray | None]:
    """The fixed latents (N, dim) and labels (N,) of the sheets; each label in its share."""
    count = recipe.watch.samples
    latents = streams.latents(streams.generator(recipe.seed, "watch"), recipe.latent.law, (count, recipe.latent.dim))
    return latents, labelling.spread(count)


def is_sheet_due(update: int, every: int) -> bool:
    """Whether an update gets a sheet: every `every` updates; with 0 after 0 and 25 x (1, 2, 3, 4, 6, 8, 12 ...)."""
    if every:
        return update % every == 0
    if update % 25:
        return False
    unit = update // 25
    while unit > 3 and unit % 2 == 0:
        unit //= 2
    return unit <= 3


def sensitivity(raw: np.ndarray, labels: np.ndarray | None) -> float:
    """How much the output depends on z: its standard deviation over z, averaged over the numbers of an item; with classes
    within each of them."""
    flat = raw.reshape(len(raw), -1)
    if labels is None:
        return float(flat.std(0).mean())
    groups = [flat[labels == label] for label in np.unique(labels)]
    return float(np.mean([group.std(0).mean() for group in groups if len(group) > 1] or [0.0]))
