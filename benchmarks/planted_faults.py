"""Plant one fault at a time into real trainings, and see whether the doctor names it; see that it leaves healthy runs
alone.

    python benchmarks/planted_faults.py --out DIR [--base digits] [--seeds 0 1 2] [--only NAME ...] [--data FOLDER]
                                        [--minutes M] [--judge]

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
from typing import Any

import numpy as np

from gansmith.diagnosis.doctor import Doctor, replay
from gansmith.diagnosis.history import History
from gansmith.diagnosis.probe import Probe, Prober
from gansmith.ground.files.runfolder import read_rows
from gansmith.ground.game import StepContext
from gansmith.ground.recipes.recipe import flat, override
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.choose_recipe import Budget, choose_recipe
from gansmith.runs.diagnose import reference_of
from gansmith.runs.setup import Setup, build_game, set_up
from gansmith.training import loop
from gansmith.training.events import Request, UpdateEvent
from gansmith.training.loop import Order

EVERY = 50  # updates between rows, and between probes
DEADLINE = 500  # updates after the fault's start within which it is to be named
ONSET = 300  # updates of healthy training before faults that can begin later
AFTERWARDS = 50  # updates recorded after an alarm
GOOD = ("warming up", "still improving", "converged")


# ---- faults


class Planted:
    """A game, and what is done to it after an update. Implements `ground.game.Game`."""

    def __init__(self, game: Any, after: Callable[[Any, int], None]) -> None:
        self.game, self.after_update = game, after
        self.load, self.report, self.make, self.sample = game.load, game.report, game.make, game.sample
        self.discriminate, self.state, self.restore = game.discriminate, game.state, game.restore

    def step(self, indices: np.ndarray, context: StepContext) -> None:
        """An update, then the mischief."""
        self.game.step(indices, context)
        self.after_update(self.game, context.update)


def forget_latents(game: Any, update: int) -> None:
    """From ONSET on the generator's first weights are 0: every latent makes the same item."""
    if update >= ONSET:
        for network in (game.gan.generator, game.average.network):
            network.array(0, "weight").data.zero_()


def poison(game: Any, update: int) -> None:
    """One weight of the discriminator becomes NaN at update 200."""
    if update == 200:
        weights = next(iter(game.gan.discriminator.arrays().values())).data
        weights[(0,) * weights.ndim] = float("nan")


def pretrain(game: Any, setup: Setup, turns: int = 300) -> None:
    """The discriminator learns to tell the untrained generator's items before the game begins."""
    order = setup.order()
    for turn in range(turns):
        game.step(
            order.turns(turn + 1, 1), StepContext(turn + 1, 0, 0.0, setup.recipe.optimizer.discriminator.rate, 1.0)
        )
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
    updates: int = 0  # of the training; 0 = up to the deadline
    recipe: str = ""  # instead of the base
    data: str = ""
    after: Callable[[Any, int], None] | None = None
    before: Callable[[Any, Setup], None] | None = None
    classes: tuple[int, ...] = ()  # the only ones shown from `start` on
    shuffled_labels: bool = False


SMALL = {"generator.widths": [32, 16, 16], "discriminator.widths": [16, 16, 32], "data.batch": 32}
"""Pairs of networks so small that 500 updates take some seconds."""
DCGAN = {
    "generator.net": "dcgan", "generator.kernels": [4, 4, 3], "generator.strides": [2, 2, 1],
    "discriminator.net": "dcgan", "discriminator.kernels": [4], "discriminator.strides": [2],
    "generator.conditioning": "concat", "discriminator.conditioning": "concat",
}  # fmt: skip
"""Three stages of a DCGAN pair, for recipes that have another."""
BASES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "digits": ("digits", "", {**SMALL, "data.labels": "none"}),
    "mnist": ("mnist", "mnist", {**SMALL, **DCGAN, "data.labels": "none"}),
    "clothing": ("digits", "clothing/clothing-128.zip", {**SMALL, "data.labels": "none", "data.size": "16"}),
}
"""Base recipe, data and settings."""

RATES = ("optimizer.generator.rate", "optimizer.discriminator.rate")
COLLAPSED = ("mode collapse", "partial mode collapse", "classes dropped")
FAULTS = (
    Case("constant generator", ("mode collapse",), start=ONSET, after=forget_latents),
    Case("one class", COLLAPSED, start=ONSET, classes=(1,)),
    Case("two classes", COLLAPSED, start=ONSET, classes=(3, 7)),
    Case("stacked, never frozen", ("discriminator pulled along",),
         {"feedback.name": "stacked", "faults": ["never-frozen"], "regularizer.name": "none"}),
    Case("D never trained", ("discriminator never moves",),
         {"feedback.name": "stacked", "faults": ["never-trained"], "regularizer.name": "none"}),
    Case("perfect D", ("discriminator overpowers",), {"loss.name": "minimax", "regularizer.name": "none",
         "feedback.discriminator_turns": 5, "optimizer.generator.rate": 2e-4, "optimizer.discriminator.rate": 2e-3},
         before=pretrain),
    Case("sigmoid as logits", ("sigmoid as logits",),
         {"faults": ["sigmoid-as-logits"], "discriminator.output": "sigmoid"}),
    Case("[0,1] under tanh", ("wrong pixel range",), {"faults": ["wrong-pixel-range"], "data.pixels": "unit"}),
    Case("rate x 100", ("rate too high",), dict.fromkeys(RATES, "x100")),
    Case("rate / 100", ("rate too low",), dict.fromkeys(RATES, "/100")),
    Case("003's picture", ("one picture memorised",), recipe="article-003-trick", data="mnist"),
    Case("labels ignored", ("labels ignored",), {"data.labels": "classes"}, shuffled_labels=True),
    Case("32 pictures", ("memorised pictures", "discriminator memorises"), {"data.first": 32}, updates=1500),
    Case("NaN at 200", ("divergence",), start=200, updates=300, after=poison),
)  # fmt: skip

HEALTHY = (
    Case("healthy digits", recipe="digits", settings=SMALL, updates=800),
    Case("healthy digits, no labels", updates=800),
    Case("healthy mnist, dense", recipe="article-000-dense-bn", data="mnist", updates=600,
         settings={**dict.fromkeys(RATES, 2e-4), "optimizer.generator.beta1": 0.5, "optimizer.discriminator.beta1": 0.5}),
    Case("healthy mnist, DCGAN", recipe="mnist", data="mnist", settings={**SMALL, **DCGAN}, updates=800),
    Case("healthy fashion", recipe="fashion", data="fashion-mnist", settings={**SMALL, **DCGAN}, updates=800),
    Case("healthy ring", recipe="ring", updates=1500),
    Case("healthy emoji", recipe="folder", data="emoji/noto-emoji-64.zip", updates=1000,
         settings={**SMALL, "data.size": "32"}),
)  # fmt: skip


# ---- recording


def setup_of(case: Case, base: str, seed: int, data: Path) -> Setup:
    """The training of a case."""
    recipe, source, settings = BASES[base] if not case.recipe else (case.recipe, "", {})
    source = case.data or source
    known = choose_recipe(
        recipe,
        data=str(data / source) if source else None,
        budget=Budget(updates=case.updates or case.start + DEADLINE),
    )
    changes: dict[str, Any] = {**settings, "threads": 1, "watch.stats_every": EVERY, "device": "cpu", "seed": seed}
    for name, value in case.settings.items():
        if value in ("x100", "/100"):
            rate = getattr(known.optimizer, name.split(".")[1]).rate
            value = rate * 100 if value == "x100" else rate / 100
        changes[name] = value
    changes.setdefault("precision.name", "float32")
    return set_up(choose_recipe(known, settings=changes))


class Watch:
    """Looks as often as the doctor would, and keeps what it sees. It stops a training some looks after an alarm."""

    def __init__(self, case: Case, setup: Setup) -> None:
        self.case, self.known = case, reference_of(setup)
        self.prober = Prober(setup.recipe, self.known, setup.labelling)
        known = self.known
        history = History(setup.recipe, dict(known.real), known.count, known.classes, known.class_names)
        self.doctor = Doctor(history)
        self.events: list[dict[str, Any]] = []
        self.probing, self.alarmed = 0.0, 0

    def after(self, event: UpdateEvent) -> Request | None:
        """A row, a probe, or both."""
        row, probe = None, None
        if event.row is not None:
            row = {key: value for key, value in event.row.items() if key != "layers"}
            self.events.append({"row": row})
        if event.update % EVERY == 0:
            began = time.process_time()
            probe = self.prober.probe(event.game, event.update, event.images_seen)
            self.probing += time.process_time() - began
            self.events.append({"probe": probe.as_row()})
        if row is None and probe is None:
            return None
        said = self.doctor.check(row=row, probe=probe)
        if said is not None and said.is_alarm and not self.alarmed:
            self.alarmed = max(event.update, self.case.start)
        enough = self.alarmed and event.update >= self.alarmed + AFTERWARDS
        return Request("stop", "it was named") if enough else None


def record(case: Case, base: str, seed: int, data: Path, path: Path) -> None:
    """Train, and write what the doctor would have seen."""
    began = time.process_time()
    setup = setup_of(case, base, seed, data)
    watch, game = Watch(case, setup), build_game(setup)
    playing: Any = game
    if case.shuffled_labels and setup.store.labels is not None:
        game.load(setup.store.items, np.random.default_rng(seed).permutation(np.asarray(setup.store.labels)))
    if case.before:
        case.before(game, setup)
    if case.after:
        playing = Planted(game, case.after)
    order: Order = setup.order()
    if case.classes and setup.store.labels is not None:
        order = Narrowed(order, np.asarray(setup.store.labels), case.classes)
    outcome = loop.train(playing, order, setup.clock(), [watch], lambda event: None)
    known = watch.known
    about = {"case": case.name, "seed": seed, "updates": outcome.update, "recipe": flat(setup.recipe)}
    about |= {"seconds": time.process_time() - began, "probing": watch.probing}
    about |= {"known": [known.real, known.count, known.classes, known.class_names]}
    part = path.with_suffix(".part")
    lines = [json.dumps(event) + "\n" for event in [{"about": about}, *watch.events]]
    part.write_text("".join(lines), encoding="utf-8")
    os.replace(part, path)


# ---- judging


@dataclass(frozen=True)
class Verdict:
    """What the doctor said of one recorded training."""

    case: str
    seed: int
    said: list[tuple[int, str]]  # update and state, as it changed
    named: str  # the first alarm, or how training got on
    at: int  # update at which that was first said
    since: int  # update since which it is said to be so
    right: bool
    late: int  # updates between the fault's start and its right name; -1 = never
    seconds: float  # of CPU time
    probing: float


def judged(case: Case, path: Path) -> Verdict:
    """Replay a record. Faults count from their start, copies from the first probe whose copy rate is twice as high.

    Right is a fault whose first alarm has one of its names, comes after its start and within DEADLINE of it (what is
    said of copying may come earlier: it is a warning); and a healthy training without an alarm.
    """
    about, *events = read_rows(path)
    about = about["about"]
    real, count, classes, names = about["known"]
    recipe = override(Recipe(), about["recipe"])
    probes = [probe for event in events if (probe := Probe.of_row(event.get("probe", {}))) is not None]
    doctor = Doctor(History(recipe, real, count, classes, tuple(names)))
    said = [(u, f) for u, f in replay(doctor, (e["row"] for e in events if "row" in e), probes)]
    alarms = [(update, finding) for update, finding in said if finding.is_alarm]
    update, first = alarms[0] if alarms else said[-1] if said else (0, doctor.course)
    copying = case.name == "32 pictures"
    start = copies_begin(probes) if copying else case.start
    hit = next((update for update, finding in alarms if finding.state in case.named), None)
    late = -1 if hit is None else hit - start
    if case.named == GOOD:
        right = not alarms
    else:
        right = first.state in case.named and late <= DEADLINE and (late > 0 or copying)
    states = [(update, finding.state) for update, finding in said]
    spent = about["seconds"], about["probing"]
    return Verdict(case.name, about["seed"], states, first.state, update, first.since_update, right, late, *spent)


def copies_begin(probes: list[Probe]) -> int:
    """The first update at which the copy rate is twice that of real items, which is 1 in 100."""
    return next((probe.update for probe in probes if probe.numbers.get("copies", 0.0) >= 0.02), probes[-1].update)


def table(verdicts: list[Verdict]) -> str:
    """The confusion table: a line for each case, what was said of each seed, and how soon."""
    lines = [f"{'planted':<28}{'right':>6}  seed: named at update (updates after the fault's start)"]
    for name in dict.fromkeys(verdict.case for verdict in verdicts):
        of = [verdict for verdict in verdicts if verdict.case == name]
        named = "; ".join(
            f"{v.seed}: {v.named} at {v.at}{'' if v.case.startswith('healthy') else f' ({v.late})'}"
            f"{'' if v.right else ' WRONG'}"
            for v in of
        )
        lines.append(f"{name:<28}{sum(v.right for v in of):>4}/{len(of)}  {named}")
    faults = [v for v in verdicts if not v.case.startswith("healthy")]
    well = [v for v in verdicts if v.case.startswith("healthy")]
    total = sum(v.seconds for v in verdicts)
    lines.append(
        f"faults named rightly {sum(v.right for v in faults)}/{len(faults)}; false alarms "
        f"{sum(not v.right for v in well)}/{len(well)} healthy runs; {total:.0f} CPU seconds, looking took "
        f"{sum(v.probing for v in verdicts) / max(total, 1e-9):.1%} of it"
    )
    return "\n".join(lines)


def main() -> None:
    """Record what is missing, judge everything, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument(
        "--out", type=Path, required=True, help="a folder for the records; what is there is not trained again"
    )
    parser.add_argument(
        "--base", choices=sorted(BASES), default="digits", help="into which training faults are planted"
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--only", nargs="*", help="names of cases; or 'faults', 'healthy'")
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("GANSMITH_DATA", "../shared/data")))
    parser.add_argument("--judge", action="store_true", help="train nothing")
    parser.add_argument("--minutes", type=float, help="begin no training later than this; call again to go on")
    options = parser.parse_args()
    groups = {"faults": FAULTS, "healthy": HEALTHY}
    cases = [case for group in options.only or ("faults", "healthy") for case in groups.get(group, ())]
    cases += [case for case in (*FAULTS, *HEALTHY) if case.name in (options.only or ())]
    options.out.mkdir(parents=True, exist_ok=True)
    verdicts: list[Verdict] = []
    began = time.monotonic()
    for seed in options.seeds:
        for case in cases:
            path = options.out / record_name(case, options.base, seed)
            late = options.minutes is not None and time.monotonic() - began > 60 * options.minutes
            if not path.exists() and not options.judge and not late:
                print(f"training: {case.name}, seed {seed}", flush=True)
                record(case, options.base, seed, options.data, path)
            if path.exists():
                verdicts.append(judged(case, path))
    print(table(verdicts))
    result = [dataclasses.asdict(verdict) for verdict in verdicts]
    (options.out / "result.json").write_text(json.dumps(result, indent=1), encoding="utf-8")


def record_name(case: Case, base: str, seed: int) -> str:
    """The file of one training: cases with a recipe of their own do not depend on the base."""
    words = "".join(letter if letter.isalnum() else "-" for letter in case.name)
    return f"{words}-{case.recipe or base}-{seed}.jsonl"


if __name__ == "__main__":
    main()
