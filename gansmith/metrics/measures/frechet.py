"""The Frechet distance between two sets of features, each described by a Gaussian (Dowson and Landau 1982; Heusel 2017).

    |mean_a - mean_b|^2 + trace(A + B - 2 sqrt(A B)),        A, B the covariances

With factors F'F = A and G'G = B, the trace of sqrt(A B) is the sum of the singular values of F G'. The factors come
from a QR decomposition of the centred features. Nothing is squared, so the rounding error is 1e-16 of the largest
singular value; through the eigenvalues of A B, half of the digits would be lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gansmith.ground.errors import DataError, counted


@dataclass(frozen=True)
class Gaussian:
    """A mean (d,) and a factor (r, d) of the covariance: factor.T @ factor, both float64."""

    mean: np.ndarray
    factor: np.ndarray

    @classmethod
    def of(cls, features: np.ndarray) -> Gaussian:
        """The Gaussian of features (N, d), N >= 2; the covariance divides by N - 1. Raises DataError for fewer rows."""
        if features.ndim != 2 or len(features) < 2:
            raise DataError(f"a Frechet distance needs at least 2 rows of features, not an array {features.shape}")
        values = np.asarray(features, np.float64)
        mean = values.mean(axis=0)
        return cls(mean, np.linalg.qr(values - mean, mode="r") / np.sqrt(len(values) - 1))


def distance(a: Gaussian, b: Gaussian) -> float:
    """The Frechet distance between two Gaussians of the same d; 0 or more."""
    if a.mean.shape != b.mean.shape:
        raise DataError(
            f"features of {a.mean.shape[0]} and of {counted(b.mean.shape[0], 'number')} cannot be compared: take both from one network"
        )
    shift = a.mean - b.mean
    overlap = np.linalg.svd(a.factor @ b.factor.T, compute_uv=False).sum()
    traces = np.square(a.factor).sum() + np.square(b.factor).sum()
    return max(0.0, float(shift @ shift + traces - 2 * overlap))


def frechet(a: np.ndarray, b: np.ndarray) -> float:
    """The Frechet distance between features a (N, d) and b (M, d), in float64."""
    return distance(Gaussian.of(a), Gaussian.of(b))
