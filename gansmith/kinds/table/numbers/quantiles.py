"""Numbers of any distribution to N(0, 1) by their quantiles, and back (scikit-learn's QuantileTransformer)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np

QUANTILES = 1000


def to_normal(quantiles: Sequence[float], count: int, numbers: np.ndarray) -> np.ndarray:
    """Numbers float64 (N,) to N(0, 1). quantiles: of `count` numbers, in equal steps."""
    if not len(numbers):
        return numbers
    shares = _transformer(quantiles).transform(numbers[:, None])[:, 0]
    return normal((shares * (count - 1) + 0.5) / count)


def from_normal(quantiles: Sequence[float], count: int, numbers: np.ndarray) -> np.ndarray:
    """Back, float64 (N,), within the range of the quantiles; NaN is the median."""
    from scipy.special import ndtr

    shares = (cast("np.ndarray", ndtr(numbers.astype(np.float64))) * count - 0.5) / max(count - 1, 1)
    shares = np.nan_to_num(np.clip(shares, 0, 1), nan=0.5)
    return _transformer(quantiles).inverse_transform(shares[:, None])[:, 0]


def normal(shares: np.ndarray) -> np.ndarray:
    """The quantiles of N(0, 1) at shares in (0, 1)."""
    from scipy.special import ndtri

    return cast("np.ndarray", ndtri(shares))


def _transformer(quantiles: Sequence[float]) -> Any:
    """scikit-learn's transformer with these quantiles."""
    from sklearn.preprocessing import QuantileTransformer

    made: Any = QuantileTransformer(n_quantiles=len(quantiles), subsample=cast("Any", None))
    made.n_quantiles_, made.n_features_in_ = len(quantiles), 1
    made.quantiles_ = np.array(quantiles)[:, None]
    made.references_ = np.linspace(0, 1, len(quantiles))
    return made
