"""Numbers as a mode of their column and a place in it (Xu et al. 2019; scikit-learn's BayesianGaussianMixture)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gansmith.kinds.table.columns import Column

MOST_MODES = 10
CONCENTRATION = 1e-3  # small: modes that are not needed get no weight
SMALLEST = 0.005  # share of a mode that is kept
MOST_ROWS = 5000  # that it is fitted to


def with_modes(columns: Sequence[Column]) -> tuple[Column, ...]:
    """The columns, those of numbers with their modes."""
    return tuple(_with_modes(column) if column.is_number else column for column in columns)


def _with_modes(column: Column) -> Column:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import BayesianGaussianMixture

    steps = np.linspace(0, 1, min(MOST_ROWS, max(column.count, 2)))
    sample = np.interp(steps, np.linspace(0, 1, len(column.quantiles)), column.quantiles)
    scale = float(sample.std()) or 1.0
    most = min(MOST_MODES, len(np.unique(sample)))
    model = BayesianGaussianMixture(
        n_components=most, weight_concentration_prior=CONCENTRATION, max_iter=200, random_state=0, reg_covar=1e-6
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a mixture that is still moving is one too
        model.fit(sample[:, None] / scale)
    kept = model.weights_ >= SMALLEST
    return replace(
        column,
        means=tuple((model.means_[kept, 0] * scale).tolist()),
        deviations=tuple((np.sqrt(model.covariances_[kept, 0, 0]) * scale).tolist()),
        shares=tuple(model.weights_[kept].tolist()),
    )


def to_modes(column: Column, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(deviations from the mode's mean, float64 (N,); the mode, int64 (N,)) of numbers over `size`. A mode is drawn from those
    that a number can be of, by its place alone."""
    far = (numbers[:, None] - np.array(column.means)) / np.array(column.deviations)
    likely = np.log(column.shares) - np.log(column.deviations) - far**2 / 2
    ends = np.cumsum(np.exp(likely - likely.max(1, keepdims=True)), axis=1)
    golden = ((np.arange(len(numbers)) + 0.5) * 0.6180339887498949) % 1
    mode = (ends <= (golden * ends[:, -1])[:, None]).sum(1).clip(0, len(column.means) - 1)
    return far[np.arange(len(far)), mode], mode


def from_modes(column: Column, far: np.ndarray, mode: np.ndarray) -> np.ndarray:
    """Back to numbers over `size`, float64 (N,), within their range; NaN is the mode's mean."""
    found = np.nan_to_num(far) * np.array(column.deviations)[mode] + np.array(column.means)[mode]
    return found.clip(column.quantiles[0], column.quantiles[-1])
