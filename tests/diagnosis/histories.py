"""Histories made by hand: a healthy run, and what a fault changes in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from gansmith.diagnosis.doctor import Doctor, replay
from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import History
from gansmith.diagnosis.probe import Probe
from gansmith.ground.recipes.settings import Recipe

EVERY = 50
REAL = {
    "darkest": 0.0,
    "brightest": 1.0,
    "spread": 0.2,
    "diversity": 5.0,
    "kinds": 18.0,
    "upper": 0.05,
}

Numbers = Mapping[str, float | Callable[[int], float]]


def row(update: int, **numbers: float) -> dict[str, Any]:
    """A healthy row of stats."""
    healthy = {
        "loss.discriminator": 1.3,
        "loss.generator": 0.75,
        "verdict.real": 0.1,
        "verdict.fake": -0.1,
        "probability.real": 0.53,
        "probability.fake": 0.47,
        "accuracy.real": 0.65,
        "accuracy.fake": 0.66,
        "gradient.discriminator": 0.7,
        "gradient.generator": 0.3,
        "step.discriminator": 0.01,
        "step.generator": 0.005,
    }
    histograms = {name: {"edges": [-0.5, 0.0, 0.6], "counts": [3, 4]} for name in ("verdict.real", "verdict.fake")}
    return {"update": update, "images_seen": update * 64, "histograms": histograms, **healthy, **numbers}


def probe(update: int, **numbers: float) -> Probe:
    """A healthy probe: the longer the training, the better."""
    share = update / (update + 400)
    healthy = {
        "finite": 1.0,
        "spread": 0.03 if update == 0 else 0.9,
        "diversity": 0.03 if update == 0 else 0.95,
        "contrast": 0.02 if update == 0 else 1.0,
        "quality": 1.5 if update == 0 else 0.3 - 0.15 * share,
        "kinds": 0.05 if update == 0 else 0.9,
        "overlap": 0.85,
        "precision": 0.4 + 0.4 * share,
        "coverage": 0.7 * share,
        "nearness": 2.7 if update == 0 else 1.7 - 0.4 * share,
        "outside": 0.0,
        "darkest": 0.001,
        "brightest": 0.98,
        "copies": 0.0,
        "stamp": 0.93,
        "mean likeness": 0.998,
        "class variety": 0.98,
        "agreement": 0.88,
        "faithful agreement": 0.92,
        "pattern": 1.2,
        "pattern share": 0.002,
        "pattern period": 2.0,
        "checks": 1.3,
        "checks stand out": 1.1,
        "grain": 0.004,
        "sharpness": 1.1,
        "colour": 0.9,
        "moved": 0.2,
        "skill": 0.75,
        "favour": 0.52,
    }
    shares = {"prototypes": [12.0] * 20, "classes": [25.0] * 10, "asked": [25.0] * 10, "lacks": [0.0] * 10}
    return Probe(update, update * 64, {**healthy, **numbers}, shares)


def at(value: float | Callable[[int], float], update: int) -> float:
    """A number, or what a function of the update says."""
    return value(update) if callable(value) else value


def history(
    length: int = 800,
    *,
    rows: Numbers | None = None,
    probes: Numbers | None = None,
    start: int = 0,
    edges: tuple[float, float] | None = None,
    shares: Callable[[int], dict[str, list[float]]] | None = None,
    recipe: Recipe | None = None,
    seen: bool = True,
    first: Mapping[str, float] | None = None,
    real: Mapping[str, float] | None = None,
) -> tuple[History, list[tuple[int, Finding]], Doctor]:
    """A replayed run of `length` updates that from `start` on has other numbers.

    seen: it has probes. first: numbers of the one before the first update. real: other numbers of the real items.
    """
    found = History(recipe, {**REAL, **(real or {})}, 1000, 10, tuple("0123456789"))
    all_rows, all_probes = [], [probe(0, **(first or {}))]
    for update in range(EVERY, length + 1, EVERY):
        changed = update >= start
        new = row(update, **{name: at(value, update) for name, value in (rows or {}).items() if changed})
        if edges is not None and changed:
            new["histograms"] = {n: {"edges": [*edges], "counts": [9]} for n in ("verdict.real", "verdict.fake")}
        all_rows.append(new)
        look = probe(update, **{name: at(value, update) for name, value in (probes or {}).items() if changed})
        if shares is not None and changed:
            look.shares.update(shares(update))
        all_probes.append(look)
    doctor = Doctor(found)
    return found, replay(doctor, all_rows, all_probes if seen else []), doctor


OneLook = dict[str, float]  # numbers of a probe that are not a healthy one's
HEALTHY: OneLook = {}


def looks(*each: OneLook, first: OneLook | None = None, real: OneLook | None = None) -> History:
    """A history of healthy probes after updates 50, 100, ... with other numbers, after one of an untrained generator."""
    found = History(Recipe(), REAL if real is None else real, 1000)
    found.add_probe(probe(0, **(first or {})))
    for index, numbers in enumerate(each):
        found.add_probe(probe(50 * (index + 1), **numbers))
    return found


def since(found: Finding | None) -> int | None:
    """The update of a finding; None where nothing is found."""
    return None if found is None else found.since_update


def alarms(said: list[tuple[int, Finding]]) -> list[str]:
    """The states of the alarms among what was said."""
    return [finding.state for _, finding in said if finding.is_alarm]


def noisy(value: float, size: float) -> Callable[[int], float]:
    """A number with noise on it, the same for the same update."""
    return lambda update: value * (1 + size * float(np.random.default_rng(update).standard_normal()))
