"""A time in a history: how far the learning and the fault are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .data import Real


@dataclass(frozen=True)
class Course:
    """How a history goes, drawn by its seed."""

    updates: int  # in all
    onset: int  # update after which the fault begins; 0 = from the start
    pace: float  # updates within which two thirds are learned
    stops: bool  # whether nothing more is learned after the onset
    rng_key: tuple[int, ...]  # seed of what the fault draws
    data: Real
    wild: bool = False  # whether samples of the same latents change much at the start

    def rng(self, *more: int) -> np.random.Generator:
        """The random numbers of the fault; the same ones for the same `more`."""
        return np.random.default_rng([*self.rng_key, *more])

    @cached_property
    def classes_in_random_order(self) -> np.ndarray:
        """The data's classes int64 (K,): those that a fault is about come first."""
        return self.rng(99).permutation(len(self.data.class_names))


@dataclass(frozen=True)
class Moment:
    """An update of a course."""

    course: Course
    update: int

    @property
    def data(self) -> Real:
        """The data set."""
        return self.course.data

    @property
    def begun(self) -> bool:
        """Whether the fault has begun."""
        return self.update > self.course.onset

    def reach(self, over: float = 1.0) -> float:
        """How far the fault is, 0 to 1, if it needs `over` updates."""
        return float(np.clip((self.update - self.course.onset) / over, 0, 1))

    @property
    def learned(self) -> float:
        """How much of the way from noise to real items is made, 0 to 1."""
        update = min(self.update, self.course.onset) if self.course.stops else self.update
        return float(1 - np.exp(-((update / self.course.pace) ** 1.2)))

    @property
    def since(self) -> int:
        """Updates since the fault's begin; 0 before."""
        return max(0, self.update - self.course.onset)

    @property
    def periods(self) -> float:
        """How often each latent's item has been replaced by another one."""
        early = 6 * (1 - np.exp(-self.update / 400)) if self.course.wild else 0.0
        return float(early + self.update / 1500)
