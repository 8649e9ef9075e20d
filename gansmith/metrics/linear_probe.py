"""How well a linear classifier tells classes apart by features: the accuracy of logistic regression on held-out items.

The strength of its penalty is chosen on a fifth of the training items, for each kind of features alone, so that kinds of
any length are compared at their best. (Radford et al. 2016, section 5, use a linear L2-SVM; both are linear.)
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gansmith.ground import streams

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

STRENGTHS = (1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)  # scikit-learn's C, from the strongest penalty to the weakest
CHOOSING = 0.2  # share of the training items on which the strength is chosen
CLEARLY = 0.01  # by so much the share of those items falls before weaker penalties are not tried
STEPS = 200  # of the optimiser at most; the figure does not change after that
RARE = 0.1  # features vary at least so much, over the root mean square: a pixel that is nearly always black stays small


@dataclass(frozen=True)
class Probed:
    """What a linear classifier made of held-out items."""

    right: np.ndarray  # bool (N,): which held-out items it told the class of
    numbers: int  # features an item
    strength: float  # of STRENGTHS

    @property
    def accuracy(self) -> float:
        """The share that is right."""
        return float(self.right.mean())


def linear_probe(train: np.ndarray, labels: np.ndarray, test: np.ndarray, test_labels: np.ndarray) -> Probed:
    """Logistic regression on features float32 (N, F) with labels int64 (N,) of two classes or more, tried on (M, F).

    The same arrays give the same result. Raises nothing for labels that only the test has: those items are wrong.
    """
    train, test = _scaled(train, test)
    order = streams.generator(0, "features", 0, 11).permutation(len(train))
    aside = order[: max(1, int(len(order) * CHOOSING))]
    fitted = order[len(aside) :]
    if len(np.unique(labels[fitted])) < 2:  # so few items that what is left is of one class
        fitted = order
    strength = _strength(train, labels, fitted, aside)
    fit = _fit(_model().set_params(C=strength), train, labels)
    return Probed(np.equal(fit.predict(test), test_labels), train.shape[1], strength)


def _strength(train: np.ndarray, labels: np.ndarray, fitted: np.ndarray, aside: np.ndarray) -> float:
    """The strength that serves items set aside best; the stronger penalty of two that are equal.

    Each fit begins where the one before ended, and weaker penalties are left out once the share has fallen clearly: they take
    most of the time.
    """
    model, best, chosen = _model(), -1.0, STRENGTHS[0]
    for strength in STRENGTHS:
        _fit(model.set_params(C=strength), train[fitted], labels[fitted])
        share = float(np.equal(model.predict(train[aside]), labels[aside]).mean())
        if share < best - CLEARLY:
            break
        if share > best:
            best, chosen = share, strength
    return chosen


def _model() -> LogisticRegression:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=STEPS, tol=1e-3, warm_start=True)


def _fit(model: LogisticRegression, rows: np.ndarray, labels: np.ndarray) -> LogisticRegression:
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # STEPS are enough for a share
        return model.fit(rows, labels)


def _scaled(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both with mean 0, and with deviation 1 or less where a feature hardly varies; float32."""
    mean, deviation = train.mean(axis=0, dtype=np.float64), train.std(axis=0, dtype=np.float64)
    least = RARE * float(np.sqrt(np.mean(deviation**2)))
    deviation = np.maximum(deviation, least if least > 0 else 1.0)
    return tuple(((rows - mean) / deviation).astype(np.float32) for rows in (train, test))  # pyright: ignore
