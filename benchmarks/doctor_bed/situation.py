"""The record of a situation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from gansmith.ground.recipes.settings import LossName

from .data import PICTURES, Variant
from .drawing import Copies, Kept
from .moment import Moment
from .pictures import Change
from .players import Rule


def _nothing(moment: Moment) -> float:
    del moment
    return 0.0


@dataclass(frozen=True)
class Situation:
    """A history with one fault, or with none."""

    name: str
    family: str
    right: tuple[str, ...] = ()  # states that are right as the first alarm; () = healthy, no alarm is right
    said: tuple[str, ...] = ()  # one of these must be said too, at some time
    lost: int = 0  # how many classes are lost: the doctor's words should name them
    rarest: bool = False  # whether those are the data's rarest
    note: str = ""
    data_sets: tuple[str, ...] = PICTURES
    variant: Variant | None = None
    first: int = 0  # so many training items; 0 = all
    classes_known: bool = True  # whether the data has classes
    labelled: bool = False  # whether the players get them
    by_share: bool = False  # labels are asked in the data's shares, not evenly
    loss: LossName = "non-saturating"
    settings: dict[str, Any] = field(default_factory=dict)
    updates: int = 4000
    every: int = 100  # updates between looks; rows come twice as often
    onset: tuple[float, float] = (0.25, 0.4)  # share of the updates, drawn between the two; (0, 0) = from the start
    pace: float = 350.0  # updates within which two thirds are learned
    stops: bool = False  # nothing more is learned after the onset
    wild: bool = False
    batch: int = 32
    kept: Kept | None = None
    copies: Copies | None = None
    alike: Callable[[Moment, np.ndarray, np.ndarray], np.ndarray] | None = None  # samples that are one and the same
    ignored: float = 0.0  # share of the samples that do not heed the label
    turned: int = 0  # the label's number plus this is drawn instead
    pictures: tuple[Change, ...] = ()
    raw: Callable[[np.ndarray, Moment], np.ndarray] | None = None  # 0..1 to the raw output, where the range is wrong
    memorised: Callable[[Moment], float] = _nothing  # the discriminator's gap between training and unseen items
    game: tuple[Rule, ...] = ()  # what the fault does to the numbers of the game

    @property
    def healthy(self) -> bool:
        """Whether no alarm is right."""
        return not self.right
