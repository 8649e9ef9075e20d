"""The picture of a finding: samples on the left, real items to compare them with on the right."""

from __future__ import annotations

import numpy as np

from gansmith.diagnosis.findings import State
from gansmith.diagnosis.probe import Samples
from gansmith.diagnosis.reference import Reference
from gansmith.diagnosis.signals import samples
from gansmith.ground import pixels
from gansmith.metrics.measures import distances

COLUMNS, ROWS = 6, 6
GAP = 12  # pixels between the sides
COPIES: tuple[State, ...] = ("one picture memorised", "memorised pictures", "discriminator memorises")
"""Findings about copies: the right side shows each sample's nearest training item."""


def beside(state: State, drawn: Samples, known: Reference) -> np.ndarray | None:
    """The picture, uint8 (H, W, 3); None for vectors."""
    if not known.is_pictures:
        return None
    count = COLUMNS * ROWS
    made = drawn.items[:count]
    if state in COPIES:
        near = distances.squared(drawn.points[:count], known.points).argmin(1)
        if state == "one picture memorised":  # with little contrast it is near to nothing: the highest correlation
            mean = drawn.rows.mean(0, dtype=np.float64)
            near = np.full(count, samples.correlations(mean, known.rows).argmax())
            made = stretched(drawn.raw[:count])
        real = known.source[known.where[near]]
    else:
        real = known.source[known.where[np.arange(count) % len(known.where)]]
    zoom = pixels.display_zoom(*known.source.shape[1:3], target=40)
    left, right = (pixels.grid(np.asarray(items), COLUMNS, zoom=zoom) for items in (made, real))
    margin = np.full((max(len(left), len(right)), GAP, 3), 255, np.uint8)
    return np.concatenate([_as_high(left, len(margin)), margin, _as_high(right, len(margin))], axis=1)


def stretched(raw: np.ndarray) -> np.ndarray:
    """Raw samples (N, H, W, C) with each picture's own range stretched from black to white, as some viewers do."""
    low, high = raw.min((1, 2, 3), keepdims=True), raw.max((1, 2, 3), keepdims=True)
    return pixels.to_bytes((raw - low) / np.maximum(high - low, 1e-12), "unit")


def _as_high(picture: np.ndarray, height: int) -> np.ndarray:
    return np.pad(picture, ((0, height - len(picture)), (0, 0), (0, 0)), constant_values=255)
