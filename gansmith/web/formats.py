"""How weights are written for a browser, and how far pictures may move by it.

A matrix has a column for each output of its layer. The check is in `fidelity`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Format:
    """A way to write matrices float32 (depth, columns)."""

    write: Callable[[np.ndarray], bytes]  # the first bytes of all numbers, then the second ones ...: see `planes`
    rounded: Callable[[np.ndarray], np.ndarray]  # what is read back from the bytes


def planes(array: np.ndarray) -> bytes:
    """The bytes of an array, all first ones, then all second ones ...: exponents lie together then, which makes deflate's
    work a sixth better."""
    return np.ascontiguousarray(array).reshape(-1, 1).view(np.uint8).T.tobytes()


def halves(matrix: np.ndarray) -> np.ndarray:
    """The matrix in half precision; beyond 65,504 it is infinite, which `fidelity` finds."""
    with np.errstate(over="ignore"):
        return matrix.astype("<f2")


def scales(matrix: np.ndarray) -> np.ndarray:
    """What one step of each column is worth, float32 (columns,): the largest number is 127 steps."""
    largest = np.abs(matrix).max(axis=0)
    return np.where(largest > 0, largest / 127, 1).astype(np.float32)


def whole(matrix: np.ndarray) -> np.ndarray:
    """The matrix in steps, int8."""
    return np.clip(np.rint(matrix / scales(matrix)), -127, 127).astype(np.int8)


def write_int8(matrix: np.ndarray) -> bytes:
    """The steps, then the scales."""
    return whole(matrix).tobytes() + planes(scales(matrix).astype("<f4"))


FORMATS: dict[str, Format] = {
    "fp32": Format(lambda matrix: planes(matrix.astype("<f4")), lambda matrix: matrix.astype(np.float32)),
    "fp16": Format(lambda matrix: planes(halves(matrix)), lambda matrix: halves(matrix).astype(np.float32)),
    "int8": Format(write_int8, lambda matrix: (whole(matrix) * scales(matrix)).astype(np.float32)),
}
"""The way of weights is chosen; all other arrays are fp32, which is exact."""
