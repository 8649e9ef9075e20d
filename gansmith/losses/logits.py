"""Functions of logits that several losses share. A logit is a number, not a probability: nothing overflows."""

from __future__ import annotations

import numpy as np

from gansmith.losses.record import Array, LossAndGradient, Tensor


def softplus_torch(x: Tensor) -> Tensor:
    """log(1 + exp x) for tensors, finite for any x."""
    from torch.nn.functional import softplus  # late: the table of losses is read where torch is not installed

    return softplus(x)


def softplus(x: Array) -> Array:
    """log(1 + exp x), finite for any x."""
    return np.logaddexp(x.dtype.type(0), x)


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)) = exp(-softplus(-x)): exact to the last digits even where it is tiny."""
    return np.exp(-softplus(-x))


def batch_mean(values: Array, gradients: Array) -> LossAndGradient:
    """The mean over the batch, and its gradient: each item has 1/B of it. Both arguments are (B,)."""
    return float(values.mean(dtype=np.float64)), gradients / len(gradients)
