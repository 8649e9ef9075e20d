"""Recovery without a generator: pictures that are sparse in an orthonormal basis, found by scikit-learn one at a time, and
the linear estimate from the mean and the covariance of training pictures, which have seen as much as a generator has."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from gansmith.ground.networks.plan import Shape
from gansmith.latent.measurements.operators import Operator, flat

Transform = Callable[[np.ndarray, Shape], np.ndarray]
"""Rows (N, C x H x W) and the item shape -> rows; each channel alone."""
LEVELS = 4  # of wavelets, as long as both sides are even
LOW_PASS = np.array([1 + 3**0.5, 3 + 3**0.5, 3 - 3**0.5, 1 - 3**0.5]) / (4 * 2**0.5)
"""Daubechies' wavelet filter with two vanishing moments (1988). The high-pass one is its alternating reversal."""


@dataclass(frozen=True)
class Basis:
    """coefficients = analyse(rows), rows = synthesise(coefficients); both keep lengths."""

    analyse: Transform
    synthesise: Transform


def _dct(rows: np.ndarray, shape: Shape) -> np.ndarray:
    from scipy.fft import dctn

    return np.asarray(dctn(rows.reshape(-1, *shape), axes=(2, 3), norm="ortho")).reshape(rows.shape)


def _inverse_dct(rows: np.ndarray, shape: Shape) -> np.ndarray:
    from scipy.fft import idctn

    return np.asarray(idctn(rows.reshape(-1, *shape), axes=(2, 3), norm="ortho")).reshape(rows.shape)


def _wavelets(rows: np.ndarray, shape: Shape) -> np.ndarray:
    """Each level transforms the means of the one before."""
    values = rows.reshape(-1, *shape).astype(np.float64)
    for height, width in _levels(shape):
        part = values[..., :height, :width]
        values[..., :height, :width] = wavelet_step(height) @ part @ wavelet_step(width).T
    return values.reshape(rows.shape)


def _inverse_wavelets(rows: np.ndarray, shape: Shape) -> np.ndarray:
    values = rows.reshape(-1, *shape).astype(np.float64)
    for height, width in reversed(_levels(shape)):
        part = values[..., :height, :width]
        values[..., :height, :width] = wavelet_step(height).T @ part @ wavelet_step(width)
    return values.reshape(rows.shape)


def _levels(shape: Shape) -> list[tuple[int, int]]:
    """The sizes (height, width) that each level of the wavelet transform works on, largest first."""
    _, height, width = shape
    sizes = []
    while len(sizes) < LEVELS and height % 2 == 0 and width % 2 == 0 and min(height, width) >= len(LOW_PASS):
        sizes.append((height, width))
        height, width = height // 2, width // 2
    return sizes


def wavelet_step(side: int) -> np.ndarray:
    """One level of a wavelet transform of `side` numbers, periodic: an orthonormal matrix, means above details."""
    matrix = np.zeros((side, side))
    for row in range(side // 2):
        for tap, value in enumerate(LOW_PASS):
            matrix[row, (2 * row + tap) % side] += value
            matrix[side // 2 + row, (2 * row + tap) % side] += (-1) ** tap * LOW_PASS[-1 - tap]
    return matrix


BASES: dict[str, Basis] = {
    "pixels": Basis(lambda rows, shape: rows, lambda rows, shape: rows),
    "dct": Basis(_dct, _inverse_dct),
    "daubechies": Basis(_wavelets, _inverse_wavelets),
}


def lasso(
    operator: Operator, measured: np.ndarray, shape: Shape, basis: str = "pixels", alpha: float = 1e-3
) -> np.ndarray:
    """Least absolute shrinkage (Tibshirani 1996): the coefficients c that minimise |y - A x(c)|^2 / 2m + alpha |c|_1.

    measured (P, m) -> numbers float32 (P, C x H x W), clipped to [0, 1].
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import Lasso

    matrix = np.asfortranarray(BASES[basis].analyse(operator.matrix.astype(np.float64), shape))
    solver = Lasso(alpha=alpha, fit_intercept=False, max_iter=1000, tol=1e-5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # an inexact baseline beats none
        coefficients = np.stack([solver.fit(matrix, one).coef_ for one in measured.astype(np.float64)])
    return _numbers(coefficients, shape, basis)


def orthogonal_pursuit(
    operator: Operator, measured: np.ndarray, shape: Shape, basis: str = "pixels", share: float = 0.1
) -> np.ndarray:
    """Orthogonal matching pursuit (Pati et al. 1993); as many coefficients as `share` of the measurements are not 0."""
    from sklearn.linear_model import orthogonal_mp

    matrix = BASES[basis].analyse(operator.matrix.astype(np.float64), shape)
    lengths = np.maximum(np.linalg.norm(matrix, axis=0), 1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # it stops early where columns are dependent
        found = orthogonal_mp(
            matrix / lengths, measured.T.astype(np.float64), n_nonzero_coefs=max(1, int(share * operator.count))
        )
    return _numbers(np.asarray(found).reshape(matrix.shape[1], len(measured)).T / lengths, shape, basis)


def gaussian_prior(operator: Operator, measured: np.ndarray, training: np.ndarray, noise: float) -> np.ndarray:
    """The expected picture, if pictures were normal with the mean u and covariance S of training pictures (N, H, W, C):

        x = u + S A' (A S A' + s^2 1)^-1 (y - A u),        s = noise / sqrt(m), as in `Operator.measure`

    measured (P, m) -> numbers float32 (P, C x H x W), clipped to [0, 1].
    """
    rows = flat(training).astype(np.float64)
    mean, covariance, a = rows.mean(axis=0), np.cov(rows, rowvar=False), operator.matrix.astype(np.float64)
    inner = a @ covariance @ a.T + max(noise**2, 1e-12) / len(a) * np.eye(len(a))
    found = mean + np.linalg.solve(inner, (measured - a @ mean).T).T @ (a @ covariance)
    return np.clip(found, 0, 1).astype(np.float32)


def k_sparse(pictures: np.ndarray, shape: Shape, count: int, basis: str = "daubechies") -> np.ndarray:
    """Pictures (P, H, W, C) with only their `count` largest coefficients: the best that a sparse model can do.

    Numbers float32 (P, C x H x W), clipped to [0, 1].
    """
    coefficients = np.array(BASES[basis].analyse(flat(pictures).astype(np.float64), shape))
    small = np.argsort(-np.abs(coefficients), axis=1)[:, count:]
    np.put_along_axis(coefficients, small, 0, axis=1)
    return _numbers(coefficients, shape, basis)


def _numbers(coefficients: np.ndarray, shape: Shape, basis: str) -> np.ndarray:
    return np.clip(BASES[basis].synthesise(coefficients, shape), 0, 1).astype(np.float32)


METHODS: dict[str, Callable[[Operator, np.ndarray, Shape], np.ndarray]] = {
    "lasso-pixels": lasso,
    "lasso-dct": partial(lasso, basis="dct"),
    "lasso-wavelets": partial(lasso, basis="daubechies"),
    "omp": partial(orthogonal_pursuit, basis="daubechies"),
}
"""(operator, measured (P, m), item shape) -> numbers (P, C x H x W)."""
