"""A picture beside a finding: samples on the left, and on the right the real items that they are to be compared with."""

from __future__ import annotations

import numpy as np

from gansmith.diagnosis import signals
from gansmith.diagnosis.findings import State
from gansmith.diagnosis.probe import Look
from gansmith.diagnosis.reference import Reference
from gansmith.ground import pixels
from gansmith.metrics.measures import distances

COLUMNS, ROWS = 6, 6
GAP = 12  # pixels between both sides
TWINS: tuple[State, ...] = ("one picture memorised", "memorised pictures", "discriminator memorises")
"""Findings about copies: the right side shows the training item nearest to each sample."""


def beside(state: State, look: Look, known: Reference) -> np.ndarray | None:
    """uint8 (H, W, 3); None for vectors."""
    if not known.is_pictures:
        return None
    count = COLUMNS * ROWS
    samples = look.items[:count]
    if state in TWINS:
        near = distances.squared(look.points[:count], known.points).argmin(1)
        if state == "one picture memorised":  # too faint to be near anything: what it correlates with
            near = np.full(count, _stamp(look, known))
            samples = stretched(look.raw[:count])
        real = known.source[known.where[near]]
    else:
        real = known.source[known.where[np.arange(count) % len(known.where)]]
    zoom = pixels.display_zoom(*known.source.shape[1:3], target=40)
    left, right = (pixels.grid(np.asarray(items), COLUMNS, zoom=zoom) for items in (samples, real))
    margin = np.full((max(len(left), len(right)), GAP, 3), 255, np.uint8)
    return np.concatenate([_as_high(left, len(margin)), margin, _as_high(right, len(margin))], axis=1)


def stretched(raw: np.ndarray) -> np.ndarray:
    """Raw samples (N, H, W, C) with each picture's own range drawn from black to white, as some viewers do."""
    low, high = raw.min((1, 2, 3), keepdims=True), raw.max((1, 2, 3), keepdims=True)
    return pixels.to_bytes((raw - low) / np.maximum(high - low, 1e-12), "unit")


def _stamp(look: Look, known: Reference) -> int:
    return int(signals.correlations(look.rows.mean(0, dtype=np.float64), known.rows).argmax())


def _as_high(picture: np.ndarray, height: int) -> np.ndarray:
    return np.pad(picture, ((0, height - len(picture)), (0, 0), (0, 0)), constant_values=255)
