"""Recovery without a generator: pictures that are sparse in some basis. scikit-learn solves, one picture at a time."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from gansmith.ground.networks.plan import Shape
from gansmith.latent.measurements.bases import BASES
from gansmith.latent.measurements.operators import Operator, flat

ALPHAS = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)  # penalties that `tune` tries
Recover = Callable[[Operator, np.ndarray, Shape], np.ndarray]


def lasso(
    operator: Operator, measured: np.ndarray, shape: Shape, basis: str = "pixels", alpha: float = 1e-3
) -> np.ndarray:
    """Least absolute shrinkage (Tibshirani 1996): the coefficients c that minimise |y - A x(c)|^2 / 2m + alpha |c|_1.

    measured (P, m) -> numbers float32 (P, C x H x W), clipped to [0, 1].
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import Lasso

    seen = np.asfortranarray(BASES[basis].analyse(operator.matrix.astype(np.float64), shape))
    solver = Lasso(alpha=alpha, fit_intercept=False, max_iter=1000, tol=1e-5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # an inexact baseline beats none
        coefficients = np.stack([solver.fit(seen, one).coef_ for one in measured.astype(np.float64)])
    return np.clip(BASES[basis].synthesise(coefficients, shape), 0, 1).astype(np.float32)


def orthogonal_pursuit(operator: Operator, measured: np.ndarray, shape: Shape, basis: str = "pixels") -> np.ndarray:
    """Orthogonal matching pursuit (Pati et al. 1993) with a tenth of the measurements as non-zero coefficients."""
    from sklearn.linear_model import orthogonal_mp

    seen = BASES[basis].analyse(operator.matrix.astype(np.float64), shape)
    lengths = np.maximum(np.linalg.norm(seen, axis=0), 1e-12)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # it stops early where columns are dependent
        found = orthogonal_mp(
            seen / lengths, measured.T.astype(np.float64), n_nonzero_coefs=max(1, operator.count // 10)
        )
    coefficients = np.asarray(found).reshape(seen.shape[1], len(measured)).T / lengths
    return np.clip(BASES[basis].synthesise(coefficients, shape), 0, 1).astype(np.float32)


def k_sparse(pictures: np.ndarray, shape: Shape, count: int, basis: str = "daubechies") -> np.ndarray:
    """Pictures (P, H, W, C) of which only the `count` largest coefficients are kept: how far a sparse model can go.

    Numbers float32 (P, C x H x W), clipped to [0, 1].
    """
    coefficients = np.array(BASES[basis].analyse(flat(pictures).astype(np.float64), shape))
    small = np.argsort(-np.abs(coefficients), axis=1)[:, count:]
    np.put_along_axis(coefficients, small, 0, axis=1)
    return np.clip(BASES[basis].synthesise(coefficients, shape), 0, 1).astype(np.float32)


METHODS: dict[str, Recover] = {
    "lasso-pixels": lambda operator, measured, shape: lasso(operator, measured, shape, "pixels"),
    "lasso-dct": lambda operator, measured, shape: lasso(operator, measured, shape, "dct"),
    "lasso-wavelets": lambda operator, measured, shape: lasso(operator, measured, shape, "daubechies"),
    "omp": orthogonal_pursuit,
}
"""Baselines: (operator, measured (P, m), item shape) -> numbers (P, C x H x W)."""


def tune(operator: Operator, pictures: np.ndarray, shape: Shape, basis: str, noise: float, seed: int = 0) -> float:
    """The penalty of `ALPHAS` with which LASSO recovers these pictures best: for comparisons that are fair to it."""
    measured = operator.measure(pictures, noise, seed)
    truth = flat(pictures)
    errors = [float(((lasso(operator, measured, shape, basis, alpha) - truth) ** 2).mean()) for alpha in ALPHAS]
    return ALPHAS[int(np.argmin(errors))]
