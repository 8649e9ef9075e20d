"""The end of a generator of categories: softmax over groups of features."""

from __future__ import annotations

import numpy as np

from gansmith.by_hand.arrays import Array, Named
from gansmith.by_hand.layers import Layer, Pass
from gansmith.ground import streams
from gansmith.ground.networks import plan


class GroupedSoftmax(Layer[plan.GroupedSoftmax]):
    """y = softmax((x + noise) / temperature) over each group of features; a group of one stays as it is.

    Outside training, and without noise, y = softmax(x).
    """

    def forward(self, x: Array, w: Named, mode: Pass) -> Array:
        """The groups lie on the last axis of x. The largest number of a group is taken off first, so that exp overflows for no
        x."""
        y, self.temperature = x.copy(), 1.0
        if mode.training and self.plan.gumbel:
            assert mode.dropout_key is not None, "a training pass through noise needs its keys"
            y += streams.gumbel(x.shape, mode.dropout_key(self.index)).astype(x.dtype)
            self.temperature = self.plan.gumbel
        single = np.ones(x.shape[-1], bool)
        for span in self.plan.spans():
            part, single[span] = y[..., span], False
            part -= part.max(-1, keepdims=True)
            part /= self.temperature
            np.exp(part, out=part)
            part /= part.sum(-1, keepdims=True)
        y[..., single] = x[..., single]
        self.y = y
        return y

    def backward(self, dy: Array, w: Named, into: Named | None, need_dx: bool = True) -> Array:
        """dx = y (dy - sum of y dy over the group) / temperature."""
        for span in self.plan.spans():
            y, part = self.y[..., span], dy[..., span]
            part -= (y * part).sum(-1, keepdims=True)
            part *= y / self.temperature
        return dy
