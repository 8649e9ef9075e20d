"""A situation becomes a run's folder: recipe, statistics, and what the package's own prober saw."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.diagnosis.probe import Prober
from gansmith.diagnosis.watcher import note_known
from gansmith.ground.files.runfolder import RunFolder, append_row
from gansmith.ground.labelling import UNLABELLED, Labelling
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.choose_recipe import choose_recipe

from . import numbers
from .data import known, real
from .drawing import lost_classes
from .generator import FakeGan
from .moment import Course, Moment
from .situation import Situation


@dataclass(frozen=True)
class Play:
    """One history: a situation with a data set and a seed."""

    situation: Situation
    data_set: str
    seed: int

    @property
    def name(self) -> str:
        """The name of its folder."""
        words = "".join(letter if letter.isalnum() else "-" for letter in self.situation.name)
        return f"{words}.{self.data_set}.{self.seed}"

    @property
    def key(self) -> tuple[int, ...]:
        """The seed of all that it draws; from its name, so that it stays when the table grows."""
        return (self.seed, *self.situation.name.encode(), *self.data_set.encode())


def plays(situations: list[Situation], data_sets: list[str], seeds: list[int]) -> list[Play]:
    """All histories, those of one data set beside each other. Vectors count as the first data set asked for."""
    found = []
    for situation in situations:
        own = [name for name in situation.data_sets if name in data_sets] if len(situation.data_sets) > 1 else None
        found += [Play(situation, name, seed) for name in own or situation.data_sets for seed in seeds]
    return sorted(found, key=lambda p: (p.data_set, p.seed, id(p.situation.variant), p.situation.first))


def recipe_of(play: Play) -> Recipe:
    """The recipe that the doctor is told."""
    it = play.situation
    labels = "classes" if it.labelled else "none"
    settings = {"data.labels": labels, "data.batch": it.batch, "watch.stats_every": it.every // 2, "seed": play.seed}
    settings |= {"loss.name": it.loss, "budget.updates": it.updates, "threads": 1, "device": "cpu"}
    settings |= {"data.first": it.first, "regularizer.name": "none" if it.loss == "hinge" else "r1", **it.settings}
    return recipes.override(_digits(), settings)


@cache
def _digits() -> Recipe:
    return choose_recipe("digits")


def course_of(play: Play) -> Course:
    """The course of a history, as its seed draws it."""
    it, rng = play.situation, np.random.default_rng([*play.key, 1])
    first, last = it.onset
    step = it.every // 2
    onset = int(round(rng.uniform(first, last) * it.updates / step) * step)
    data = real(play.data_set, it.variant, it.first, play.seed)
    pace = it.pace * float(np.exp(0.15 * rng.standard_normal()))
    return Course(it.updates, onset, pace, it.stops, play.key, data, it.wild)


def labelling_of(situation: Situation, course: Course) -> Labelling:
    """The players' labels: classes asked evenly, or in the data's shares."""
    if not situation.labelled:
        return UNLABELLED
    found = np.bincount(course.data.training.labels, minlength=len(course.data.class_names))
    counts = tuple(int(count) for count in found)
    return Labelling(len(counts), counts if situation.by_share else (), counts)


def record(play: Play, root: Path, looks: int = 0) -> None:
    """Play a history into a run's folder at `root`; looks: stop after so many, 0 = play all."""
    it, course, recipe = play.situation, course_of(play), recipe_of(play)
    reference = known(play.data_set, it.variant, it.first, play.seed, recipe.data.pixels, it.classes_known)
    prober = Prober(recipe, reference, labelling_of(it, course))
    game, noise = FakeGan(it, recipe.data.pixels), np.random.default_rng([*play.key, 2])
    part = root.with_suffix(".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    folder = RunFolder(part)
    folder.recipe.write_text(recipes.to_toml(recipe), encoding="utf-8")
    note_known(folder, reference)
    step = it.every // 2
    last = min(it.updates, looks * it.every) if looks else it.updates
    for update in range(0, last + 1, step):
        moment = Moment(course, update)
        now = numbers.healthy(it.loss, moment, it.batch, noise)
        for rule in it.game:
            rule(now, moment)
        if update:
            append_row(folder.stats, _row(it, recipe, now, moment, noise))
        if update % it.every == 0:
            game.at(moment, (now.level, now.gap, now.spread))
            append_row(folder.probes, prober.probe(game, update, update * it.batch).as_row())  # type: ignore[arg-type]
    about = {"name": it.name, "data_set": play.data_set, "seed": play.seed, "onset": course.onset}
    about["lost"] = [course.data.class_names[i] for i in lost_classes(Moment(course, 0), it.lost, it.rarest)]
    (part / "bed.json").write_text(json.dumps(about), encoding="utf-8")
    shutil.rmtree(root, ignore_errors=True)
    part.rename(root)


def _row(
    it: Situation, recipe: Recipe, now: numbers.Numbers, moment: Moment, noise: np.random.Generator
) -> dict[str, Any]:
    row = numbers.row(it.loss, now, moment, it.batch, it.every // 2, noise)
    if recipe.augment.name == "ada":
        sign = float(np.clip(0.6 * now.gap, 0, 0.7))
        row |= {"augment.probability": min(0.4, moment.update / 8000), "augment.sign": sign}
    return row
