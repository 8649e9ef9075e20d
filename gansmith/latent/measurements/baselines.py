"""Recovery without a generator: pictures that are sparse in some basis, found by scikit-learn one at a time."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import numpy as np

from gansmith.ground.networks.plan import Shape
from gansmith.latent.measurements.bases import BASES
from gansmith.latent.measurements.operators import Operator, flat

ALPHAS = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)  # penalties that `tune` tries


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


def orthogonal_pursuit(operator: Operator, measured: np.ndarray, shape: Shape, basis: str = "pixels") -> np.ndarray:
    """Orthogonal matching pursuit (Pati et al. 1993) with a tenth of the measurements as non-zero coefficients."""
    from sklearn.linear_model import orthogonal_mp

    matrix = BASES[basis].analyse(operator.matrix.astype(np.float64), shape)
    lengths = np.maximum(np.linalg.norm(matrix, axis=0), 1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # it stops early where columns are dependent
        found = orthogonal_mp(
            matrix / lengths, measured.T.astype(np.float64), n_nonzero_coefs=max(1, operator.count // 10)
        )
    return _numbers(np.asarray(found).reshape(matrix.shape[1], len(measured)).T / lengths, shape, basis)


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
    "omp": orthogonal_pursuit,
}
"""(operator, measured (P, m), item shape) -> numbers (P, C x H x W)."""


def tune(operator: Operator, pictures: np.ndarray, shape: Shape, basis: str, noise: float, seed: int = 0) -> float:
    """The penalty of `ALPHAS` with which LASSO recovers these pictures best: it makes a comparison fair to LASSO."""
    measured = operator.measure(pictures, noise, seed)
    truth = flat(pictures)
    errors = [float(((lasso(operator, measured, shape, basis, alpha) - truth) ** 2).mean()) for alpha in ALPHAS]
    return ALPHAS[int(np.argmin(errors))]
