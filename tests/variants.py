"""Settings that together use everything an update can do: what holds for a game holds for each of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from gansmith.game.inputs.update import UpdateInputs, to_device
from gansmith.game.torch_game import TorchGame
from miniatures import World, indices, now, world
from thread_ranks import ThreadRanks

VARIANTS: dict[str, dict[str, Any]] = {
    "adam": {},
    "momentum": {"optimizer__generator__name": "sgd", "optimizer__generator__momentum": 0.9},
    "sgd": {"optimizer__discriminator__name": "sgd"},
    "spectral": {"discriminator__spectral_norm": True, "generator__spectral_norm": True},
    "dropout": {"discriminator__dropout": 0.3, "generator__dropout": 0.1},
    "batch-norm": {"discriminator__norm": "batch"},
    "bfloat16": {"precision__name": "bfloat16"},
    "float64": {"precision__name": "float64"},
    "lazy-r1": {"regularizer__name": "r1", "regularizer__interval": 3},
    "targets": {"loss__real": [0.9, 1.0], "loss__fake": [0.0, 0.1]},
    "mirror": {"augment__name": "mirror"},
    "diffaugment": {"augment__name": "diffaugment", "regularizer__name": "r1+r2"},
    "ada": {"augment__name": "mirror+ada", "augment__ramp_images": 200.0, "feedback__discriminator_turns": 3},
    "rmsprop": {"optimizer__generator__name": "rmsprop", "optimizer__generator__momentum": 0.5},
    "gradient-penalty": {"regularizer__name": "gradient-penalty", "regularizer__interval": 2},
    "joint": {"feedback__name": "joint", "feedback__latents": "same"},
    "stacked": {"feedback__name": "stacked", "discriminator__norm": "batch"},
    "never-frozen": {"feedback__name": "stacked", "faults": ["never-frozen"]},
    "relativistic": {"loss__name": "relativistic"},
    "clusters": {"data__labels": "clusters"},
    "styled": {"generator__mapping": 2},
    "same-latents": {"feedback__latents": "same", "feedback__generator_turns": 2},
}
PICTURES_ONLY = ("styled", "mirror", "diffaugment", "ada", "joint-ada")
MORE: dict[str, dict[str, Any]] = {
    "plain": {},
    "joint-ada": {
        "feedback__name": "joint",
        "feedback__latents": "same",
        "augment__name": "ada",
        "augment__ramp_images": 200.0,
        "augment__target": -0.9,
    },
    "joint-spectral": {
        "feedback__name": "joint",
        "feedback__latents": "same",
        "generator__spectral_norm": True,
        "discriminator__spectral_norm": True,
    },
    "joint-r2": {"feedback__name": "joint", "feedback__latents": "same", "regularizer__name": "r2"},
    "verdict": {"feedback__name": "labels"},
    "regression": {"feedback__name": "labels", "feedback__labels": "regression"},
    "stacked-dropout": {"feedback__name": "stacked", "discriminator__dropout": 0.3},
    "turns": {"feedback__discriminator_turns": 2, "feedback__generator_turns": 2, "regularizer__name": "r1+r2"},
    "classifier": {"discriminator__conditioning": "classifier"},
    "steps": {"regularizer__name": "r1+r2", "regularizer__sigma": 0.1, "discriminator__dropout": 0.3},
    "recalibrated": {"ema__recalibrate": 2},
    "hinge": {"loss__name": "hinge", "discriminator__spectral_norm": True},
}
EVERY = {**VARIANTS, **MORE}


def meaningful(names: Iterable[str], kinds: Sequence[str]) -> list[tuple[str, str]]:
    """The variants and worlds that go together: vectors are not augmented, and a classifier needs classes."""
    return [
        (name, kind)
        for name in names
        for kind in kinds
        if not (name in PICTURES_ONLY and "vectors" in kind) and not (name == "classifier" and "labelled" not in kind)
    ]


def start(made: World, ranks: ThreadRanks | None = None) -> TorchGame:
    """A game with its items loaded."""
    game = TorchGame(made.recipe, made.item_shape, made.classes, ranks=ranks)
    game.load(made.items, made.labels)
    return game


def new_game(kind: str = "pictures", **settings: Any) -> TorchGame:
    """A game of small networks with small items; kind and settings as in `miniatures.world`."""
    return start(world(kind, **settings))


def host_inputs(game: TorchGame, update: int, **numbers: Any) -> UpdateInputs:
    """What the game draws for an update, on the host. numbers: of the clock, as in `miniatures.now`."""
    assert game.drawing is not None
    rows = indices(update, game.recipe.feedback.discriminator_turns)
    return game.drawing.draw(rows, now(update, **numbers), game.discriminator_turns)


def inputs(game: TorchGame, update: int, **numbers: Any) -> UpdateInputs:
    """What an update of the game is computed from, as its steps get it."""
    return to_device(host_inputs(game, update, **numbers), game.device)


def part(game: TorchGame, *prefixes: str) -> dict[str, np.ndarray]:
    """The arrays of a game's state whose names begin so."""
    return {name: array for name, array in game.state().arrays.items() if name.startswith(prefixes)}


def changed(before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray]) -> set[str]:
    """The names of arrays that are new, or of other bits."""
    return {name for name in after if name not in before or before[name].tobytes() != after[name].tobytes()}


def assert_near(one: dict[str, np.ndarray], other: dict[str, np.ndarray], tolerance: float) -> None:
    """Same names, and numbers that differ by no more."""
    assert one.keys() == other.keys()
    for name, array in one.items():
        np.testing.assert_allclose(other[name], array, rtol=0, atol=tolerance, err_msg=name)
