"""Plant one fault at a time into real trainings, and see whether the doctor names it; see that it leaves healthy runs
alone.

    python benchmarks/planted_faults.py --out DIR [--base digits] [--seeds 0 1 2] [--only NAME ...] [--data FOLDER]

Every training is recorded once, as the rows of stats and the probes that the doctor would have seen; judging replays
them. So a rule may be changed without training again, and a stopped benchmark goes on where it was. The confusion
table is printed, and written to DIR/result.json.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np

from gansmith.assemble.doctor import reference_of
from gansmith.assemble.setup import Budget, Setup, build_game, choose_recipe, set_up
from gansmith.diagnosis.doctor import Doctor
from gansmith.diagnosis.probe import Probe, Prober
from gansmith.ground.errors import Diverged, GansmithError
from gansmith.ground.game import Game, Now
from gansmith.ground.runfolder import read_rows
from gansmith.ground.settings import FaultName
from gansmith.training import loop
from gansmith.training.loop import Moment, Order

EVERY = 50  # updates between rows, and between probes
DEADLINE = 500  # updates after the fault's start within which it is to be named
ONSET = 300  # updates of healthy training before faults that can begin later
LENGTH = 800  # updates of a faulty run
GOOD = ("warming up", "still improving", "converged")


# ---- faults


class Planted:
    """A game, and what is done to it after an update. Implements `ground.game.Game`."""

    def __init__(self, game: Any, after: Callable[[Any, int], None]) -> None:
        self.game, self.after_update = game, after
        self.load, self.report, self.make, self.sample = game.load, game.report, game.make, game.sample
        self.verdicts, self.state, self.restore = game.verdicts, game.state, game.restore

    def step(self, indices: np.ndarray, now: Now) -> None:
        """An update, then the mischief."""
        self.game.step(indices, now)
        self.after_update(self.game, now.update)


def forget_latents(game: Any, update: int) -> None:
    """From ONSET on the generator's first weights are 0: every latent makes the same item."""
    if update >= ONSET:
        for network in (game.generator.network, game.averaged):
            network.array(0, "weight").data.zero_()


def poison(game: Any, update: int) -> None:
    """One weight of the discriminator becomes NaN at update 200."""
    if update == 200:
        next(iter(game.discriminator.network.arrays().values())).data.flatten()[0] = float("nan")


def pretrain(game: Any, setup: Setup, turns: int = 300) -> None:
    """The discriminator learns to tell the untrained generator's items before the game begins."""
    order = setup.order()
    for turn in range(turns):
        game.step(order.turns(turn + 1, 1), Now(turn + 1, 0, 0.0, setup.recipe.optimizer.discriminator.rate, 1.0))
    game.report()


class Narrowed:
    """An order that from ONSET on shows items of some classes only."""

    def __init__(self, order: Order, labels: np.ndarray, classes: tuple[int, ...]) -> None:
        self.order, self.allowed = order, np.flatnonzero(np.isin(labels, classes))

    def turns(self, update: int, discriminator_turns: int) -> np.ndarray:
        """As before, or drawn from the allowed rows."""
        rows = self.order.turns(update, discriminator_turns)
        return rows if update < ONSET else self.allowed[rows % len(self.allowed)]


@dataclass(frozen=True)
class Case:
    """A training with one fault, or with none."""

    name: str
    named: tuple[str, ...] = GOOD  # states that are right as the doctor's first finding
    settings: dict[str, Any] = field(default_factory=dict)
    start: int = 0  # update at which the fault begins
    updates: int = LENGTH
    recipe: str = ""  # instead of the base
    data: str = ""
    after: Callable[[Any, int], None] | None = None
    before: Callable[[Any, Setup], None] | None = None
    classes: tuple[int, ...] = ()  # the only ones shown from `start` on
    shuffled_labels: bool = False


BASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "digits": ("digits", "", {"generator.widths": [64, 32, 16], "discriminator.widths": [16, 32, 64]}),
    "mnist": ("mnist", "mnist", {"generator.widths": [64, 32, 16], "discriminator.widths": [16, 32, 64]}),
    "clothing": (
        "digits",
        "clothing/clothing-128.zip",
        {"data.size": "32", "generator.widths": [96, 64, 32, 16], "generator.strides": [2, 2, 2, 1],
         "generator.kernels": [4, 4, 4, 3], "discriminator.widths": [16, 32, 64]},
    ),
}  # fmt: skip
"""Base recipe, data and settings: small pairs, so that 800 updates take less than a minute."""

RATES = ("optimizer.generator.rate", "optimizer.discriminator.rate")
COLLAPSED = ("mode collapse", "partial mode collapse")
LITERAL_003: dict[str, Any] = {
    "engine": "numpy", "precision.name": "float64", "data.split": "test", "data.batch": 1, "data.pixels": "unit",
    "latent.dim": 100, "latent.law": "uniform", "generator.net": "dense", "discriminator.net": "dense",
    "generator.widths": [128, 256, 346, 480, 560, 686], "generator.norm": "none", "generator.output": "sigmoid",
    "generator.activations": ["arctan", "relu", "arctan", "relu", "tanh", "relu"], "generator.initial": "he",
    "generator.initial_scale": 0.002, "discriminator.widths": [128], "discriminator.activation": "relu",
    "discriminator.initial": "he", "discriminator.initial_scale": 0.002, "regularizer.name": "none",
    "generator.kernels": [4], "generator.strides": [2],
    "optimizer.generator.rate": 9e-5, "optimizer.generator.beta1": 0.9, "optimizer.generator.beta2": 0.999,
    "optimizer.discriminator.rate": 9e-5, "optimizer.discriminator.beta1": 0.9, "optimizer.discriminator.beta2": 0.999,
    "schedule.rate": "step", "schedule.start": 1e-4, "schedule.factor": 0.01, "schedule.every": 0.0,
    "ema.half_life": 0.0,
}  # fmt: skip
"""Article 003 as published: one picture a turn, a rate cut to 1% after the first."""

FAULTS = (
    Case("constant generator", ("mode collapse",), start=ONSET, after=forget_latents),
    Case("one class", COLLAPSED, start=ONSET, classes=(1,)),
    Case("two classes", COLLAPSED, start=ONSET, classes=(3, 7)),
    Case("stacked, never frozen", ("discriminator pulled along",),
         {"feedback.name": "stacked", "faults": ["never-frozen"], "regularizer.name": "none"}),
    Case("D never trained", ("discriminator never moves",), {"optimizer.discriminator.rate": 1e-30}),
    Case("perfect D", ("discriminator overpowers",), {"loss.name": "minimax", "regularizer.name": "none",
         "feedback.discriminator_turns": 5, "optimizer.generator.rate": 2e-4, "optimizer.discriminator.rate": 2e-3},
         before=pretrain),
    Case("sigmoid as logits", ("sigmoid as logits",),
         {"faults": ["sigmoid-as-logits"], "discriminator.output": "sigmoid"}),
    Case("[0,1] under tanh", ("wrong pixel range",), {"faults": ["wrong-pixel-range"], "data.pixels": "unit"}),
    Case("rate x 100", ("rate too high",), {name: "x100" for name in RATES}),
    Case("rate / 100", ("rate too low",), {name: "/100" for name in RATES}),
    Case("003's picture", ("one picture memorised",), LITERAL_003, recipe="mnist", data="mnist"),
    Case("labels ignored", ("labels ignored",), {"data.labels": "classes"}, shuffled_labels=True),
    Case("32 pictures", ("memorised pictures", "discriminator memorises"), {"data.first": 32}, updates=2000),
    Case("NaN at 200", ("divergence",), start=200, updates=300, after=poison),
)  # fmt: skip

DENSE = {"data.batch": 100}
HEALTHY = (
    Case("healthy digits", recipe="digits", updates=1500),
    Case("healthy mnist, dense", recipe="article-002", data="mnist", updates=2500),
    Case("healthy mnist, article 001", recipe="article-001-plain", data="mnist", updates=1500),
    Case("healthy mnist", recipe="mnist", data="mnist", updates=1200),
    Case("healthy fashion", recipe="fashion", data="fashion-mnist", updates=1200),
    Case("healthy ring", recipe="ring", updates=2500),
    Case("healthy emoji", recipe="folder", data="emoji/noto-emoji-64.zip", settings={"data.size": "32"}, updates=800),
    Case("healthy digits, labelled", recipe="digits", settings={"data.labels": "classes"}, updates=1000),
)


# ---- recording


def setup_of(case: Case, base: str, seed: int, data: Path) -> Setup:
    """The training of a case."""
    recipe, source, settings = BASES[base] if not case.recipe else (case.recipe, "", {})
    source = case.data or source
    known = choose_recipe(recipe, data=str(data / source) if source else None, budget=Budget(updates=case.updates))
    changes: dict[str, Any] = {**settings, "threads": 1, "watch.stats_every": EVERY, "device": "cpu", "seed": seed}
    for name, value in case.settings.items():
        if value in ("x100", "/100"):
            rate = getattr(known.optimizer, name.split(".")[1]).rate
            value = rate * 100 if value == "x100" else rate / 100
        changes[name] = value
    changes.setdefault("precision.name", "float32")
    return set_up(choose_recipe(known, settings=changes))


def record(case: Case, base: str, seed: int, data: Path, path: Path) -> None:
    """Train, and write what the doctor would have seen."""
    setup = setup_of(case, base, seed, data)
    known = reference_of(setup)
    game: Any = build_game(setup)
    if case.shuffled_labels and setup.store.labels is not None:
        game.load(setup.store.items, np.random.default_rng(seed).permutation(np.asarray(setup.store.labels)))
    if case.before:
        case.before(game, setup)
    if case.after:
        game = Planted(game, case.after)
    order: Order = setup.order()
    if case.classes and setup.store.labels is not None:
        order = Narrowed(order, np.asarray(setup.store.labels), case.classes)
    prober, events, probing = Prober(setup.recipe, known, setup.classes), [], 0.0

    class Watch:
        """Looks as often as the doctor would."""

        def after(self, moment: Moment) -> None:
            nonlocal probing
            if moment.row is not None:
                events.append({"row": {key: value for key, value in moment.row.items() if key != "layers"}})
            if moment.update % EVERY == 0:
                began = time.perf_counter()
                probe = prober.probe(moment.game, moment.update, moment.images_seen)
                probing += time.perf_counter() - began
                events.append({"probe": probe.as_row()})

    began = time.perf_counter()
    loop.train(game, order, setup.clock(), [Watch()], lambda moment: None)
    seconds = time.perf_counter() - began
    about = {"about": {"seconds": seconds, "probing": probing, "real": known.real, "case": case.name, "seed": seed}}
    part = path.with_suffix(".part")
    part.write_text("".join(json.dumps(event) + "\n" for event in [about, *events]), encoding="utf-8")
    os.replace(part, path)
