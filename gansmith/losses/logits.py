"""Functions of logits that several losses share. A logit is a number, not a probability: nothing overflows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor


def softplus_torch(x: Tensor) -> Tensor:
    """log(1 + exp x) for tensors, finite for any x."""
    # A tensor has no such method. This is the only import of torch in this room, and it is late: the report, the doctor
    # and the NumPy engine read the table of losses where torch is not installed.
    from torch.nn.functional import softplus

    return softplus(x)


def softplus(x: np.ndarray) -> np.ndarray:
    """log(1 + exp x), finite for any x."""
    return np.logaddexp(x.dtype.type(0), x)


def sigmoid(x: np.ndarray) -> np.ndarray:
    """1 / (1 + exp(-x)) = exp(-softplus(-x)): exact to the last digits even where it is tiny."""
    return np.exp(-softplus(-x))


def batch_mean(values: np.ndarray, gradients: np.ndarray) -> tuple[float, np.ndarray]:
    """The mean over the batch, and its gradient: each item has 1/B of it. Both arguments are (B,)."""
    return float(values.mean(dtype=np.float64)), gradients / len(gradients)
