"""What parts of the user's own are: one record each, and `Parts`, which holds those of one training."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np

from gansmith.ground.errors import RecipeError
from gansmith.ground.recipes.settings import Recipe
from gansmith.losses import Loss
from gansmith.nets import NetPair
from gansmith.parts.callback import Callback

if TYPE_CHECKING:
    import torch

Tensor: TypeAlias = "torch.Tensor"
Generator: TypeAlias = "torch.Generator"
Judge = Callable[[Tensor], Tensor]
"""Items (B, ...) as the discriminator sees them -> its logits (B,), in training, differentiable twice."""


@dataclass(frozen=True)
class Regularizer:
    """A penalty on the discriminator, added to its loss in every `regularizer.interval`-th step, times `regularizer.gamma`.

    penalty(judge, real, fake, generator) -> one number (), a mean over items. real and fake (B, ...) are what the
    discriminator sees, and ask for their gradients. judge(items) gives logits (B,); of real and fake themselves it knows
    them already. Whatever is drawn is drawn with `generator`, a torch.Generator that the game has seeded for this step.
    """

    name: str
    penalty: Callable[[Judge, Tensor, Tensor, Generator], Tensor]


@dataclass(frozen=True)
class Augmentation:
    """A random change to all pictures, or vectors, that the discriminator sees, real and generated.

    see(items (B, ...), generator) -> the same shape, in the recipe's pixel range; the generator's gradient comes back
    through it. Whatever is drawn is drawn with `generator`, a torch.Generator on the items' device that the game has seeded
    for this pass; torch's global generators are seeded from it too. Over several processes and micro-batches each part of a
    batch has draws of its own.
    """

    name: str
    see: Callable[[Tensor, Generator], Tensor]


@dataclass(frozen=True)
class Metric:
    """A figure of `evaluate`: measure(generated, real) -> a number.

    Both are arrays of the same length: with of = "items" pictures uint8 (N, H, W, C) or vectors float32 (N, D), with
    of = "features" float32 (N, d), of the feature network of the other figures.
    """

    name: str  # also its key in --json
    measure: Callable[[np.ndarray, np.ndarray], float]
    of: Literal["items", "features"] = "items"
    better: Literal["lower", "higher", "as real"] = "lower"
    meaning: str = ""


@dataclass(frozen=True)
class PartsFile:
    """The file that defined parts."""

    path: Path
    text: str = field(repr=False)
    beside: dict[str, str] = field(default_factory=dict)  # files in its folder that it imports: name -> hash

    @property
    def hash(self) -> str:
        """Of its text."""
        return digest(self.text.encode())


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class Parts:
    """Parts of a training that you wrote. What is left out is as the recipe says."""

    nets: NetPair | None = None
    loss: Loss | None = None
    regularizer: Regularizer | None = None
    augmentation: Augmentation | None = None
    metrics: tuple[Metric, ...] = ()
    callbacks: tuple[Callback, ...] = ()
    file: PartsFile | None = None  # that defined them, where a file did

    def __post_init__(self) -> None:
        """Raise RecipeError for something of another kind, and for a part without a name."""
        for name, kind in KINDS.items():
            given = getattr(self, name)
            if isinstance(given, kind):  # one, where several may be given
                given = (given,) if name in SEVERAL else given
            elif isinstance(given, list | tuple) and name in SEVERAL:
                given = tuple(given)
            object.__setattr__(self, name, given)
            for one in given if name in SEVERAL and isinstance(given, tuple) else (given,):
                if one is not None and not isinstance(one, kind):
                    raise RecipeError(f"Parts: {name} takes a gansmith.{kind.__name__}, not {_kind_of(one)}")
                if isinstance(one, Callback) and not one.is_heard:
                    raise RecipeError(f"Parts: {_kind_of(one)} has no method of a Callback: give it {HEARD}")
                if isinstance(getattr(one, "name", None), str) and not one.name.strip():  # pyright: ignore
                    raise RecipeError(f'Parts: a {kind.__name__} needs a name, as in {kind.__name__}(..., name="mine")')

    def settings(self) -> dict[str, str]:
        """The settings by which a recipe says that it uses them."""
        return {key: "own" for name, keys in SETTINGS.items() if getattr(self, name) is not None for key in keys}

    def used_by(self, recipe: Recipe) -> Parts:
        """Those that a recipe uses: a setting may choose a built-in part instead."""
        named = {
            "generator.net": recipe.generator.net,
            "discriminator.net": recipe.discriminator.net,
            "loss.name": recipe.loss.name,
            "regularizer.name": recipe.regularizer.name,
            "augment.name": recipe.augment.name,
        }
        unused = [name for name, keys in SETTINGS.items() if not any(named[key] == "own" for key in keys)]
        return replace(self, **dict.fromkeys(unused)) if unused else self

    def names(self) -> dict[str, list[str]]:
        """The names of its parts, by kind, as a run notes them."""
        found = {
            "networks": [self.nets.name] if self.nets else [],
            "loss": [self.loss.name] if self.loss else [],
            "regularizer": [self.regularizer.name] if self.regularizer else [],
            "augmentation": [self.augmentation.name] if self.augmentation else [],
            "metric": [metric.name for metric in self.metrics],
            "callback": [type(callback).__name__ for callback in self.callbacks],
        }
        return {kind: names for kind, names in found.items() if names}


KINDS: dict[str, type[Any]] = {
    "nets": NetPair,
    "loss": Loss,
    "regularizer": Regularizer,
    "augmentation": Augmentation,
    "metrics": Metric,
    "callbacks": Callback,
}
HEARD = "before_first, after_update, at_row or at_end"
SEVERAL = ("metrics", "callbacks")
SETTINGS = {
    "nets": ("generator.net", "discriminator.net"),
    "loss": ("loss.name",),
    "regularizer": ("regularizer.name",),
    "augmentation": ("augment.name",),
}
"""The settings that are "own" where a part is used."""
NO_PARTS = Parts()


def in_words(names: Mapping[str, list[str]]) -> str:
    """Names of parts as text: "networks mine, loss huber, metric brightness"."""
    return ", ".join(f"{kind} {name}" for kind, each in names.items() for name in each) or "nothing"


def _kind_of(given: object) -> str:
    return (
        f"the class {given.__name__}: make one, {given.__name__}()"
        if isinstance(given, type)
        else f"{type(given).__name__}"
    )
