"""The situations in which nothing is wrong. Names never change: they decide which half a situation is in."""

from __future__ import annotations

from typing import Any

from . import data, pictures, players
from .faulty import LOSSES, settings_of
from .situation import Situation


def _well(name: str, **changes: Any) -> Situation:
    return Situation(name, "healthy", **{"onset": (1.0, 1.0), **changes})


def _grain(pool_pattern: str):
    def pattern(items, rng):
        height, width = items.shape[1:3]
        if pool_pattern == "white":
            return items + 0.12 * rng.standard_normal(items.shape)
        size = pictures.pattern_of(2 if pool_pattern == "checks" else 3, checks=pool_pattern == "checks", across=True,
                                   height=height, width=width)  # fmt: skip
        return items + 0.15 * size

    return data.with_pattern(pattern)


GRAINY, CHECKERED, STRIPED = (_grain(name) for name in ("white", "checks", "stripes"))

HEALTHY = (
    *(_well(f"healthy, {loss}", loss=loss, settings=settings_of(loss)) for loss in LOSSES),
    _well("healthy, labelled", labelled=True),
    _well("60% in one class", variant=data.UNEVEN_60),
    _well("90% in one class", variant=data.UNEVEN_90),
    _well("long tail of classes", variant=data.LONG_TAIL),
    _well("60% in one class, asked evenly", variant=data.UNEVEN_60, labelled=True),
    _well("90% in one class, asked evenly", variant=data.UNEVEN_90, labelled=True),
    _well("long tail, asked evenly", variant=data.LONG_TAIL, labelled=True),
    _well("90% in one class, asked by share", variant=data.UNEVEN_90, labelled=True, by_share=True),
    _well("long tail, asked by share", variant=data.LONG_TAIL, labelled=True, by_share=True),
    _well("a blank class", variant=data.BLANK_CLASS),
    _well("a blank class, labelled", variant=data.BLANK_CLASS, labelled=True),
    _well("a faint class", variant=data.FAINT_CLASS),
    _well("a faint class, labelled", variant=data.FAINT_CLASS, labelled=True),
    _well("two classes", variant=data.two_classes),
    _well("data without classes", classes_known=False),
    _well("small batches", batch=4),
    _well("a slow learner", pace=2800.0),
    _well("a quick learner", pace=70.0),
    _well("a strong D, samples improve", pace=2800.0, game=(players.lead(8.0, 0.1, 0.85),)),
    _well("a strong D, relativistic, samples improve", loss="relativistic", pace=2800.0,
          game=(players.drift(4e-3), players.lead(6.0, 0.1, 0.85))),
    _well("hinge, D ahead for a while", loss="hinge", pace=1500.0, game=(players.lead(3.6, 0.15, 0.45),)),
    _well("relativistic, drifting level", loss="relativistic", game=(players.drift(0.01),)),
    _well("wasserstein, negative losses", loss="wasserstein", settings=settings_of("wasserstein"), pace=1500.0,
          game=(players.drift(5e-3), players.lead(4.0, 0.0, 0.6))),
    _well("adaptive augmentation", settings={"augment.name": "ada"}),
    _well("a wild start", wild=True, pace=250.0),
    _well("one spike of the gradient", game=(players.spike_once,)),
    _well("60 training pictures, nothing copied", first=60, memorised=lambda moment: 0.15),
    _well("data with white noise", variant=GRAINY),
    _well("checkered data", variant=CHECKERED),
    _well("striped data", variant=STRIPED),
    _well("each picture twice", variant=data.each_twice),
    _well("ring", data_sets=("ring",)),
    _well("grid", data_sets=("grid",), pace=500.0),
)  # fmt: skip
