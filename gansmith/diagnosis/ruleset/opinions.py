"""What the discriminator thinks, under the run's own loss: rows in which it is sure, or fooled.

A logit means another thing under each loss. Its level means nothing where a loss compares the logits of real and of
generated items. So "sure" and "fooled" are said of accuracies and of the distance between the two mean logits.
"""

from __future__ import annotations

import numpy as np

from gansmith.diagnosis.history import History
from gansmith.ground.recipes.settings import Recipe
from gansmith.losses import Loss
from gansmith.losses import loss_of as named_by

SURE = 0.97  # accuracy on real and on generated items
FOOLED = 0.2  # accuracy on generated items
FIRM = 1 / 7  # of the loss's `sure_gap`: an opinion that is more than chance


def loss_of(history: History) -> Loss:
    """The run's loss; the usual one for a run of another program."""
    return named_by(history.recipe or Recipe())


def logit(history: History, kind: str) -> np.ndarray:
    """The mean logit of "real" or "fake" items for each row; of their mean probability, where a program gives only that."""
    logits, probability = history.series(f"verdict.{kind}"), history.series(f"probability.{kind}")
    bounded = np.clip(probability, 1e-9, 1 - 1e-9)
    return np.where(np.isfinite(logits), logits, np.log(bounded) - np.log1p(-bounded))


def gap(history: History) -> np.ndarray:
    """The mean logit of real items less that of generated ones, for each row."""
    return logit(history, "real") - logit(history, "fake")


def right(history: History) -> np.ndarray:
    """Rows in which the discriminator was right on nearly every item."""
    return (history.series("accuracy.real") > SURE) & (history.series("accuracy.fake") > SURE)


def sure(history: History) -> np.ndarray:
    """Rows in which it was right on nearly every item, and by a distance that the loss calls sure."""
    return right(history) & (gap(history) > loss_of(history).sure_gap)


def fooled(history: History) -> np.ndarray:
    """Rows in which it firmly called nearly every generated item real."""
    loss = loss_of(history)
    firm = FIRM * loss.sure_gap
    if loss.threshold is None:
        beyond = -gap(history) > firm
    else:
        beyond = logit(history, "fake") - loss.threshold > firm
    return (history.series("accuracy.fake") < FOOLED) & beyond
