"""Generators of every pair of networks that nobody trained, whose norms have seen something."""

from __future__ import annotations

import numpy as np

from gansmith.ground.labelling import Labelling
from gansmith.ground.networks.plan import Plan
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe
from gansmith.nets import plan_generator
from gansmith.nets.initial import initial_weights
from gansmith.trained.generator import Generator
from small_runs import RECIPE

PLAIN = {"data.labels": "none", "generator.conditioning": "concat"}
KINDS: dict[str, dict[str, object]] = {
    "dcgan": {},
    "maps": {
        "generator.conditioning": "maps",
        "generator.dropout": 0.3,
        "generator.output": "sigmoid",
        "data.pixels": "unit",
    },
    "dense": {"generator.net": "dense", "generator.conditioning": "concat", "latent.law": "uniform"},
    "encdec": {"generator.net": "encdec", "generator.bottleneck": 5, "latent.law": "unit", **PLAIN},
    "hourglass": {"generator.net": "hourglass", "generator.bottleneck": 5, "latent.dim": 256, **PLAIN},
    "resnet": {"generator.net": "resnet", "generator.spectral_norm": True},
    "subpixel": {"generator.net": "subpixel", "generator.strides": [1, 2], **PLAIN},
    "spectral": {"generator.spectral_norm": True, "generator.activation": "leaky", **PLAIN},
    "styled": {"generator.mapping": 2},
    "styled without labels": {"generator.mapping": 2, **PLAIN},
    "odd": {"generator.kernels": [5], **PLAIN},
}
"""Settings that differ from those of a small run."""


def generator(kind: str, item_shape: tuple[int, ...] = (1, 16, 16)) -> Generator:
    """A generator of one of KINDS, with ten classes where it is labelled."""
    recipe: Recipe = override(RECIPE, dict(KINDS[kind]))
    names = tuple(map(str, range(10))) if recipe.data.labels == "classes" else ()
    plan: Plan = plan_generator(recipe, item_shape, len(names))
    rng, arrays = np.random.default_rng(0), {}
    for name, array in initial_weights(plan, recipe.generator, 3).items():
        noise = rng.random(array.shape).astype(np.float32)
        arrays[name] = 0.5 + noise if name.endswith("variance") else array + 0.1 * noise
    return Generator(recipe, item_shape, names, arrays, labelling=Labelling(len(names)), update=7)


def data(made: Generator) -> dict[str, object]:
    """What data.json would say."""
    return {
        "item_shape": list(made.item_shape),
        "class_names": list(made.class_names),
        "count": 40,
        "skipped": ["a.png"],
    }
