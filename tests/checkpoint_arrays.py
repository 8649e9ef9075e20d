"""What a run that was trained in a process of its own left behind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors.numpy import load_file


def weights(run: Path, update: int) -> dict[str, np.ndarray]:
    """The arrays of a checkpoint."""
    return load_file(run / "checkpoints" / f"{update:08d}" / "weights.safetensors")


def equal(first: dict[str, np.ndarray], second: dict[str, np.ndarray]) -> bool:
    """Whether two sets of arrays are the same, bit for bit."""
    return first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)
