"""What generated rows are good for: models trained on them, and a classifier that is to tell them from real ones."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from gansmith.kinds.table.encoding import Values

MOST_ROWS, MOST_TARGETS = 5000, 6
ROUNDS = 60  # of boosting
MOST_CLASSES = 20


def matrix(table: Values, leave_out: int | None = None) -> tuple[np.ndarray, list[int]]:
    """The columns float64 (N, d) but one, and which of them are categories."""
    kept = [index for index in range(len(table.columns)) if index != leave_out]
    categories = [
        place
        for place, index in enumerate(kept)
        if not table.columns[index].is_number and len(table.columns[index].categories) <= 200
    ]
    return np.stack([table.values[index].astype(np.float64) for index in kept], axis=1), categories


def _growable(train: np.ndarray, test: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both with 0 in columns that are missing in all rows of train: scikit-learn grows no tree where one has no value at all."""
    gone = np.isnan(train).all(axis=0)
    return np.where(gone, 0, train), np.where(gone, 0, test)


def _how(categories: list[int]) -> dict[str, Any]:
    """The settings of gradient boosting."""
    return {"max_iter": ROUNDS, "categorical_features": categories, "random_state": 0}


def detection(real: Values, other: Values) -> float:
    """The area under the ROC curve, at least .5, of gradient boosting that is to tell two tables apart, on rows that it was not
    trained on."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score

    count = min(real.rows, other.rows, MOST_ROWS)
    (a, categories), (b, _) = matrix(real.take(slice(count))), matrix(other.take(slice(count)))
    half = count // 2
    train, known = np.concatenate([a[:half], b[:half]]), np.repeat([0, 1], half)
    test, due = np.concatenate([a[half:], b[half:]]), np.repeat([0, 1], count - half)
    train, test = _growable(train, test)
    model = HistGradientBoostingClassifier(**_how(categories))
    scores = model.fit(train, known).predict_proba(test)[:, 1]
    return max(0.5, float(roc_auc_score(due, scores)))


def usefulness(real: Values, fake: Values, held: Values) -> tuple[float, float, int] | None:
    """The scores on held-out rows of models trained on generated and on real rows, and how many columns were targets; None where no
    column can be predicted from the others."""
    count = min(real.rows, fake.rows, MOST_ROWS)
    real, fake, held = real.take(slice(count)), fake.take(slice(count)), held.take(slice(MOST_ROWS))
    scores = [each for target in targets(real, held) if (each := score(real, fake, held, target)) is not None]
    if not scores:
        return None
    best, trained = np.mean(scores, axis=0)
    return float(trained), float(best), len(scores)


def targets(real: Values, held: Values) -> list[int]:
    """The columns that are predicted from the others: those of few classes, then numbers."""
    categories = [
        index
        for index, column in enumerate(real.columns)
        if not column.is_number and 2 <= len(column.categories) <= MOST_CLASSES
    ]
    numbers = [
        index
        for index, column in enumerate(real.columns)
        if column.is_number and column.missing is None and np.ptp(held.values[index]) > 0
    ]
    if len(real.columns) < 2:
        return []
    half = MOST_TARGETS // 2
    return sorted(
        [*categories[: max(half, MOST_TARGETS - len(numbers))], *numbers[: max(half, MOST_TARGETS - len(categories))]]
    )


def score(real: Values, fake: Values, held: Values, target: int) -> tuple[float, float] | None:
    """(trained on real rows, trained on generated rows): R2 of a number, at least 0, or balanced accuracy of a category. None where
    even real rows teach nothing."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
    from sklearn.metrics import balanced_accuracy_score, r2_score

    asked, categories = matrix(held, target)
    due, is_number = held.values[target], real.columns[target].is_number
    found: list[float] = []
    for table in (real, fake):
        (x, test), y = _growable(matrix(table, target)[0], asked), table.values[target]
        if is_number:
            model = HistGradientBoostingRegressor(**_how(categories))
            found.append(max(0.0, float(r2_score(due, model.fit(x, y).predict(test)))))
            continue
        if len(np.unique(y)) < 2:
            found.append(1 / len(np.unique(due)))
            continue
        model = HistGradientBoostingClassifier(**_how(categories), early_stopping=cast("Any", False))
        found.append(float(balanced_accuracy_score(due, model.fit(x, y).predict(test))))
    return (found[0], found[1]) if found[0] > 0.05 else None
