"""What rounded weights do to the pictures, measured before a page is written."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gansmith.ground import pixels
from gansmith.ground.errors import GansmithError, RunError, counted
from gansmith.ground.networks.plan import Plan
from gansmith.metrics.evaluation import evaluate
from gansmith.runs.evaluation import reference_for
from gansmith.trained.generator import Generator

COUNT = 64  # pictures that are compared
COUNT_OF_DISTANCE = 1000
FINER = {"int8": "fp16", "fp16": "fp32"}  # what to take instead
MOST_LEVELS = 1.5  # mean difference of a pixel, of 255
MOST_DISTANCE = 1.05  # int8: distance to the data over that of the unrounded weights


@dataclass(frozen=True)
class Fidelity:
    """How far the pictures of rounded weights are from those of the run."""

    count: int
    mean: float  # grey levels
    largest: int
    distance: float | None = None  # over that of the unrounded weights; None where it was not measured

    def line(self) -> str:
        """As the page and the command line say it."""
        levels = f"pixels differ by {self.mean:.2g} of 255 levels on average, {self.largest} at most"
        ratio = "" if self.distance is None else f"; distance to the data x {self.distance:.3f}"
        return f"{levels}, over {counted(self.count, 'picture')}{ratio}"


def compared(generator: Generator, plan: Plan, arrays: dict[str, np.ndarray], weights: str) -> Fidelity:
    """Pictures of the generator beside those of a plan with rounded arrays, at the same latents.

    Raises RunError where pictures move too far, and for int8 where their distance to the data grows too much.
    """
    count = COUNT_OF_DISTANCE if weights == "int8" else COUNT
    latents, labels = generator.latents(count), generator.labels(count)
    before, after = generator.images(latents, labels), images(generator, plan, arrays, latents, labels)
    difference = np.abs(before.astype(np.int16) - after)
    found = Fidelity(count, float(difference.mean()), int(difference.max()))
    if weights in FINER and found.mean > MOST_LEVELS:
        raise RunError(
            f"{weights} weights change these pictures by {found.mean:.2f} levels on average, more than {MOST_LEVELS}: "
            f"export with --weights {FINER[weights]}"
        )
    if weights != "int8":
        return found
    ratio = distance_ratio(generator, before, after)
    if ratio is not None and ratio > MOST_DISTANCE:
        raise RunError(
            f"int8 weights make the distance to the data {ratio:.2f} times as large, more than {MOST_DISTANCE}: export "
            "with --weights fp16"
        )
    return Fidelity(found.count, found.mean, found.largest, ratio)


def images(
    generator: Generator, plan: Plan, arrays: dict[str, np.ndarray], latents: np.ndarray, labels: np.ndarray | None
) -> np.ndarray:
    """Pictures uint8 (N, H, W, C) of a plan with these arrays."""
    import torch

    from gansmith.nets.inference import run_in_chunks
    from gansmith.nets.network import Network

    network = Network(plan, arrays).requires_grad_(False)
    raw = run_in_chunks(network, latents, labels, torch.device("cpu"), torch.float32)
    return pixels.to_bytes(raw, generator.recipe.data.pixels)


def distance_ratio(generator: Generator, before: np.ndarray, after: np.ndarray) -> float | None:
    """The distance of `after` to the data over that of `before`; None where the data cannot be read any more.

    No feature network is trained for it: where none is in the cache, it is a sliced Wasserstein distance of pixels.
    """
    recipe = generator.recipe
    try:
        reference = reference_for(recipe.data, recipe.seed, train=False)
        name = "wasserstein" if reference.features_name.startswith("pixels") else "frechet"
        values = [
            evaluate(items, None, reference, metrics=[name], floors=False).figures[0].value for items in (before, after)
        ]
    except GansmithError:
        return None
    return values[1] / values[0] if values[0] > 0 else None
