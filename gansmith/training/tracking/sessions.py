"""What each tracker is told, and how: TensorBoard's events, the `log(dict)` convention, and MLflow's calls."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np

Histogram = tuple[list[float], list[int]]
"""Edges (n + 1) and counts (n)."""


@dataclass(frozen=True)
class Opening:
    """The run that a tracker is to open."""

    project: str
    name: str  # unlike that of any other run
    known: str  # the tracker's own name of the run, if it goes on; "" for a new one
    update: int  # after which it goes on
    folder: Path  # for TensorBoard's events
    settings: dict[str, Any]  # every setting by its dotted name
    recipe: str  # the same as TOML


@dataclass
class News:
    """What there is to tell after an update."""

    update: int
    numbers: dict[str, float] = field(default_factory=dict)  # "loss/generator": 0.7
    histograms: dict[str, Histogram] = field(default_factory=dict)
    pictures: dict[str, np.ndarray] = field(default_factory=dict)  # uint8 (H, W, 3)
    texts: dict[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.numbers or self.histograms or self.pictures or self.texts)


class Session(Protocol):
    """A run that is open at a tracker."""

    known: str  # the tracker's own name of the run, by which it is opened again
    where: str  # for the person who wants to look at it

    def log(self, news: News) -> None:
        """Tell what there is after an update; updates may come again after a roll-back."""
        ...

    def close(self) -> None:
        """End the session, with all that was told delivered."""
        ...


class Board:
    """TensorBoard: events in the run's own folder."""

    def __init__(self, module: ModuleType, opening: Opening) -> None:
        self.module, self.folder, self.newest = module, opening.folder, opening.update
        self.known = opening.name
        self.where = f"tensorboard --logdir {opening.folder}"
        self.writer = self._writer(opening.update)
        if not opening.known:
            self.writer.add_text("recipe", "    " + opening.recipe.replace("\n", "\n    "), 0)

    def _writer(self, update: int) -> Any:
        """A new file of events; older events after the update are no longer shown."""
        return self.module.SummaryWriter(str(self.folder), purge_step=update + 1 if update else None)

    def log(self, news: News) -> None:
        step = news.update
        if step < self.newest:  # rolled back
            self.writer.close()
            self.writer = self._writer(step - 1)
        self.newest = step
        for name, value in news.numbers.items():
            self.writer.add_scalar(name, value, step)
        for name, (edges, counts) in news.histograms.items():
            middles = (np.array(edges[1:]) + edges[:-1]) / 2
            sums = [float((counts * middles**power).sum()) for power in (1, 2)]
            self.writer.add_histogram_raw(
                name, edges[0], edges[-1], sum(counts), *sums, bucket_limits=edges[1:], bucket_counts=counts,
                global_step=step,
            )  # fmt: skip
        for name, picture in news.pictures.items():
            self.writer.add_image(name, picture, step, dataformats="HWC")
        for name, text in news.texts.items():
            self.writer.add_text(name, text, step)
        self.writer.flush()

    def close(self) -> None:
        self.writer.close()


@dataclass
class LogDict:
    """A tracker with the `log(dict)` convention: everything that is new after an update is one dictionary."""

    known: str
    where: str
    send: Callable[[int, dict[str, Any]], object]  # update, what is new
    picture: Callable[[np.ndarray], Any]
    histogram: Callable[[Histogram], Any]
    text: Callable[[str], Any]
    close: Callable[[], None]

    def log(self, news: News) -> None:
        told: dict[str, Any] = dict(news.numbers)
        told |= {name: self.histogram(value) for name, value in news.histograms.items()}
        told |= {name: self.picture(value) for name, value in news.pictures.items()}
        told |= {name: self.text(value) for name, value in news.texts.items()}
        self.send(news.update, told)


def trackio(module: Any, opening: Opening) -> LogDict:
    """A run of trackio. It knows runs by name: the name of a new one is unlike any other."""
    name = opening.known or opening.name
    run = module.init(opening.project, name=name, config=opening.settings, resume="allow", embed=False)
    return LogDict(
        name,
        f"trackio show --project {opening.project}, run {name}",
        lambda update, told: run.log(told, step=update),
        module.Image,
        lambda histogram: module.Histogram(np_histogram=(np.array(histogram[1]), np.array(histogram[0]))),
        module.Markdown,
        module.finish,
    )


def wandb(module: Any, opening: Opening) -> LogDict:
    """A run of Weights & Biases. Its own steps cannot go back, so the curves are drawn over `update` instead.

    Raises RuntimeError for somebody who is not logged in: it would wait for a key to be typed.
    """
    if module.setup().settings.mode == "online" and not module.login(prompt=False):
        raise RuntimeError("not logged in; `wandb login` does so, and with WANDB_MODE=offline it needs no account")
    run = module.init(
        project=opening.project, name=opening.name, id=opening.known or opening.name, config=opening.settings,
        resume="allow", reinit="create_new", settings=module.Settings(silent=True),
    )  # fmt: skip
    run.define_metric("update")
    run.define_metric("*", step_metric="update")
    return LogDict(
        run.id,
        f"wandb sync {Path(run.dir).parent}" if run.offline else run.url or run.id,
        lambda update, told: run.log({"update": update, **told}),
        module.Image,
        lambda histogram: module.Histogram(np_histogram=(np.array(histogram[1]), np.array(histogram[0]))),
        str,
        run.finish,
    )


class Mlflow:
    """A run of MLflow. It has no histograms: those stay in the run's stats.jsonl."""

    MOST = 6000  # characters of a parameter

    def __init__(self, module: Any, opening: Opening) -> None:
        self.module, self.client = module, module.MlflowClient()
        found = self.client.get_experiment_by_name(opening.project)
        experiment = found.experiment_id if found else self.client.create_experiment(opening.project)
        self.known = opening.known or self.client.create_run(experiment, run_name=opening.name).info.run_id
        self.where = f"{module.get_tracking_uri()}, experiment {opening.project}, run {opening.name}"
        if opening.known:
            self.client.update_run(self.known, status="RUNNING")
            return
        values = [(name, str(value)[: self.MOST] or '""') for name, value in opening.settings.items()]
        for start in range(0, len(values), 100):  # the most in one call
            params = [module.entities.Param(*pair) for pair in values[start : start + 100]]
            self.client.log_batch(self.known, params=params)

    def log(self, news: News) -> None:
        now = time.time_ns() // 1_000_000
        metrics = [self.module.entities.Metric(plain(k), v, now, news.update) for k, v in news.numbers.items()]
        for start in range(0, len(metrics), 1000):
            self.client.log_batch(self.known, metrics=metrics[start : start + 1000])
        for name, picture in news.pictures.items():
            self.client.log_image(self.known, picture, key=plain(name), step=news.update)
        for name, text in news.texts.items():
            self.client.log_text(self.known, text, f"{plain(name)}/{news.update:08d}.md")

    def close(self) -> None:
        self.client.set_terminated(self.known)


def plain(name: str) -> str:
    """A name without what MLflow refuses in it."""
    return re.sub(r"[^\w\-. :/]", "_", name)


def numbers_of(row: dict[str, Any]) -> dict[str, float]:
    """The finite numbers of a row of stats.jsonl: "loss/generator", and "layers/discriminator/3/gradient"."""
    layers = {
        f"layers.{player}.{layer}.{name}": value
        for player, found in row.get("layers", {}).items()
        for layer, norms in found.items()
        for name, value in norms.items()
    }
    found = {name.replace(".", "/"): value for name, value in (row | layers).items() if name != "update"}
    return {k: float(v) for k, v in found.items() if isinstance(v, (int, float)) and math.isfinite(v)}
