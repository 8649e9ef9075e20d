"""Quality during training: a watcher that measures the averaged generator now and then, and keeps the best checkpoint."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from math import isfinite
from typing import Any

from gansmith.ground import streams
from gansmith.ground.errors import GansmithError, RecipeError, nearest
from gansmith.ground.files.runfolder import RunFolder, append_row, read_rows, write_json
from gansmith.ground.labelling import Labelling
from gansmith.ground.progress import Say
from gansmith.ground.recipes.settings import Recipe
from gansmith.kinds import Units
from gansmith.metrics.evaluation import evaluate
from gansmith.metrics.reference import Reference
from gansmith.metrics.table import METRICS
from gansmith.parts import Metric
from gansmith.runs.evaluation import labels_as_in, reference_for
from gansmith.training.events import Request, UpdateEvent

COUNT = 2000  # generated items of one measurement
FIRST_UPDATE = 100  # earlier samples are noise


class MeasureOnBudget:
    """Measures one figure whenever the recipe's share of the time allows it: the one that `watch.metric` names.

    Else it is a Frechet distance if the cache holds a feature network for the data, or a sliced Wasserstein distance, which
    needs none: no feature network is trained during a run.
    """

    def __init__(
        self,
        folder: RunFolder,
        recipe: Recipe,
        labelling: Labelling,
        own: Sequence[Metric] = (),
        *,
        seconds: float = 0.0,
        say: Say = lambda _: None,
        units: Units | None = None,
    ) -> None:
        """own: metrics of the user's. units: of the run's items. Raises RecipeError for a watch.metric that is none, or has no
        better and worse."""
        self.folder, self.recipe, self.labelling, self.own, self.say = folder, recipe, labelling, own, say
        self.chosen, self.better = chosen_metric(recipe.watch.metric, own)
        self.units: Units = units or {}
        self.refused = False  # it has been said that nothing can be measured
        self.reference: Reference | None = None
        self.metric = ""
        self.spent, self.cost = 0.0, 0.0
        self.began = seconds
        self.best = read_best(folder)

    def after(self, event: UpdateEvent) -> Request | None:
        """Measure if the time allows it, and request a checkpoint if the result is the best so far."""
        share = self.recipe.watch.judge
        elapsed = event.seconds - self.began
        if share <= 0 or event.row is None or event.update < FIRST_UPDATE:
            return None
        if (self.spent + self.cost) > share * elapsed and not (event.last and self.spent == 0):
            return None
        began = time.perf_counter()
        value = self._measure(event)
        self.cost = time.perf_counter() - began
        self.spent += self.cost
        if value is None:
            return None
        row = {"update": event.update, "images_seen": event.images_seen, "seconds": round(event.seconds, 3)}
        higher = {"better": "higher"} if self.better == "higher" else {}
        append_row(self.folder.judgements, {**row, "metric": self.metric, "value": value, **higher})
        if self.best is not None and self.best["metric"] == self.metric and not self._beats(value, self.best["value"]):
            return None
        self.best = {"update": event.update, "metric": self.metric, "value": value}
        write_json(self.folder.best, self.best)
        return Request("save", f"{self.metric} {value:.4g} is the best so far")

    def _beats(self, value: float, best: float) -> bool:
        return value > best if self.better == "higher" else value < best

    def _measure(self, event: UpdateEvent) -> float | None:
        try:
            if self.reference is None:
                self.reference = reference_for(self.recipe.data, self.recipe.seed, train=False)
            rng = streams.generator(self.recipe.seed, "watch", turn=1)
            latents = streams.latents(rng, self.recipe.latent.law, (COUNT, self.recipe.latent.dim))
            labels = labels_as_in(self.reference, self.labelling).as_in_data(COUNT, rng)
            distance = "wasserstein" if self.reference.features_name.startswith("pixels") else "frechet"
            items, asked = event.game.sample(latents, labels), None if self.labelling.counts else labels
            items = self.reference.real.kind.rescaled(items, self.units, self.reference.real.units)
            names = [self.chosen[0] if self.chosen else distance]
            found = evaluate(items, asked, self.reference, metrics=names, floors=False, own=self.own)
            wanted = [figure for figure in found.figures if not self.chosen or figure.key == self.chosen[1]]
            if not wanted:
                return self._unmeasured(f"{self.recipe.watch.metric} does not apply to {self.reference.real.name}")
            figure = wanted[0]
        except GansmithError as error:  # training goes on with data that cannot be compared
            return self._unmeasured(str(error))
        if not isfinite(figure.value):  # it is neither better nor worse than any other
            return self._unmeasured(f"{figure.name} is {figure.value} at update {event.update:,}")
        self.metric = figure.name
        return figure.value

    def _unmeasured(self, why: str) -> None:
        """Say once why no checkpoint will be the best."""
        if not self.refused:
            self.refused = True
            self.say(f"quality is not measured, and no checkpoint is the best: {why}")


def chosen_metric(name: str, own: Sequence[Metric]) -> tuple[tuple[str, str] | None, str]:
    """The metric and the figure that `watch.metric` names (None: a distance), and whether "lower" or "higher" is better."""
    if not name:
        return None, "lower"
    figures = {key: (metric, words.better) for metric, row in METRICS.items() for key, words in row.figures.items()}
    figures |= {each.name: (each.name, each.better) for each in own}
    if name not in figures:
        raise RecipeError(
            f"watch.metric = {name!r} is no figure of `gansmith evaluate`{nearest(name, figures)}; one of yours is given with --with FILE"
        )
    metric, better = figures[name]
    if better == "as real":
        raise RecipeError(
            f"watch.metric = {name!r} should be as that of real items, so none is better: choose another figure"
        )
    return (metric, name), better


def forget_best(folder: RunFolder, update: int) -> None:
    """When a run goes back to `update`, its best checkpoint is the best of those that are left."""
    best = read_best(folder)
    if best is None or best.get("update", 0) <= update:
        return
    rows = [row for row in read_rows(folder.judgements) if folder.checkpoint(row["update"]).is_dir()]
    if rows:
        rows = [row for row in rows if row["metric"] == rows[-1]["metric"]]
        least = min(rows, key=lambda row: -row["value"] if row.get("better") == "higher" else row["value"])
        write_json(folder.best, {name: least[name] for name in ("update", "metric", "value")})
    else:
        folder.best.unlink()


def read_best(folder: RunFolder) -> dict[str, Any] | None:
    """best.json, or None if there is none yet."""
    try:
        return json.loads(folder.best.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
