"""Every layer but the convolutions: `forward` makes y from x, `backward` makes dL/dx from dL/dy.

A batch is x (B, features), or (B, height, width, channels) for pictures. `w` holds the layer's arrays by name,
`into` receives the gradients of the trained ones under the same names. A name that starts with d is a gradient of
the loss: dy = dL/dy. Each layer remembers its last forward pass; its backward pass belongs to that one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

from gansmith.by_hand.activations import ACTIVATIONS
from gansmith.by_hand.arrays import Array, Named
from gansmith.ground import streams
from gansmith.ground.networks import plan
from gansmith.ground.networks.plan import Shape, down_and_across

PlanLayer = TypeVar("PlanLayer", bound=plan.Layer)


@dataclass(frozen=True)
class Pass:
    """How a forward pass runs."""

    labels: Array | None = None  # int64 (B,)
    training: bool = False  # batch norm uses the batch's statistics, dropout and noise are on
    track: bool = False  # batch norm updates its running statistics
    dropout_key: Callable[[int], int] | None = None  # layer index -> key of its mask or noise; needed in training


class Layer(ABC, Generic[PlanLayer]):
    """One layer of a plan.

    A new kind of layer is a record in `ground.networks.plan`, a subclass of this one, and a row in `network.LAYERS`."""

    def __init__(self, layer: PlanLayer, index: int) -> None:
        self.plan, self.index = layer, index

    @abstractmethod
    def forward(self, x: Array, w: Named, mode: Pass) -> Array:
        """x -> y; x is left as it is."""

    @abstractmethod
    def backward(self, dy: Array, w: Named, into: Named | None, need_dx: bool = True) -> Array:
        """dy -> dx; dy may be overwritten. Weight gradients go to `into` (None: the layer is frozen).

        With need_dx = False dx is not computed, and what comes back has no meaning."""

    def tangent(self, t: Array, w: Named) -> Array:
        """The change of y when x changes by t, to first order. Only the gradient penalty needs it: see `penalty`."""
        raise NotImplementedError(f"{type(self).__name__} has no tangent")

    def backward_through_tangent(self, s: Array, t: Array, d: Array, w: Named, into: Named) -> Array:
        """d of y -> d of x, and this layer's part of the penalty's gradient in `into`: see `penalty`.

        As it is here it serves layers that have no weights and are linear in x.
        """
        return self.backward(d, w, None).copy()


class Dense(Layer[plan.Linear]):
    """y = x W^T + b."""

    def forward(self, x: Array, w: Named, mode: Pass) -> Array:
        """x (B, inputs) -> y (B, outputs)."""
        self.x = x
        y = x @ w["weight"].T
        if self.plan.bias:
            y += w["bias"]
        return y

    def backward(self, dy: Array, w: Named, into: Named | None, need_dx: bool = True) -> Array:
        """dW = dy^T x,  db = sum of dy over the batch,  dx = dy W."""
        if into is not None:
            np.matmul(dy.T, self.x, out=into["weight"])
            if self.plan.bias:
                column_sums(dy, out=into["bias"])
        return dy @ w["weight"] if need_dx else dy

    def tangent(self, t: Array, w: Named) -> Array:
        """t W^T."""
        return t @ w["weight"].T

    def backward_through_tangent(self, s: Array, t: Array, d: Array, w: Named, into: Named) -> Array:
        """dW = s^T t + d^T x,  db = sum of d over the batch."""
        into["weight"][...] = s.T @ t + d.T @ self.x
        if self.plan.bias:
            into["bias"][...] = d.sum(0)
        return super().backward_through_tangent(s, t, d, w, into)


class Activation(Layer[plan.Activation]):
    """y = f(x), element by element; see `activations`."""

    def forward(self, x: Array, w: Named, mode: Pass) -> Array:
        self.function = ACTIVATIONS[self.plan.kind]
        self.y = self.function.value(x, self.plan.slope)
        return self.y

    def backward(self, dy: Array, w: Named, into: Named | None, need_dx: bool = True) -> Array:
        """dx = f'(x) dy."""
        dy *= self.function.derivative(self.y, self.plan.slope)
        return dy

    def tangent(self, t: Array, w: Named) -> Array:
        """f'(x) t."""
        return t * self.function.derivative(self.y, self.plan.slope)

    def backward_through_tangent(self, s: Array, t: Array, d: Array, w: Named, into: Named) -> Array:
        """f'(x) d + s t f''(x): f' depends on x."""
        d = super().backward_through_tangent(s, t, d, w, into)
        d += s * t * self.function.second_derivative(self.y, self.plan.slope)
        return d


class BatchNorm(Layer[plan.BatchNorm]):
    """y = scale n + shift, where n = (x - mean) / sqrt(variance + epsilon) for each feature (Ioffe, Szegedy 2015).

    In training mean and variance are those of the batch, over items and positions, so every y depends on every x of
    the batch. Outside training they are running averages.
    """

    def forward(self, x: Array, w: Named, mode: Pass) -> Array:
        """The last axis of x is the feature."""
        rows = x.reshape(-1, self.plan.features)
        self.by_batch = mode.training
        if mode.training:
            mean = column_sums(rows) / len(rows)
            n = rows - mean
            variance = np.einsum("mc,mc->c", n, n) / len(rows)
            if mode.track:
                self._track(mean, variance, len(rows), w)
        else:
            n, variance = rows - w["mean"], w["variance"]
        self.inverse = 1 / np.sqrt(variance + self.plan.epsilon)
        n *= self.inverse
        self.n = n
        y = n * w["scale"]
        y += w["shift"]
        return y.reshape(x.shape)

    def _track(self, mean: Array, variance: Array, count: int, w: Named) -> None:
        """running += momentum x (batch - running); the running variance is the unbiased one, as PyTorch has it."""
        w["mean"] += self.plan.momentum * (mean - w["mean"])
        w["variance"] += self.plan.momentum * (variance * (count / max(count - 1, 1)) - w["variance"])

    def backward(self, dy: Array, w: Named, into: Named | None, need_dx: bool = True) -> Array:
        """dshift = sum dy,  dscale = sum dy n,  dx = scale / sqrt(variance + epsilon) (dy - avg dy - n avg(dy n)).

        The two averages are what x does to the mean and the variance of its batch; running statistics do not depend on x.
        """
        rows = dy.reshape(self.n.shape)
        dshift, dscale = column_sums(rows), np.einsum("mc,mc->c", rows, self.n)
        if into is not None:
            into["shift"][...], into["scale"][...] = dshift, dscale
        if need_dx and self.by_batch:
            rows -= dshift / len(rows)
            rows -= self.n * (dscale / len(rows))
        if need_dx:
            rows *= w["scale"] * self.inverse
        return rows.reshape(dy.shape)


class Dropout(Layer[plan.Dropout]):
    """y = x m, with m = 0 for a share `rate` of the features and 1 / (1 - rate) for the others; y = x outside training."""

    def forward(self, x: Array, w: Named, mode: Pass) -> Array:
        """The mask counts numbers as they lie in memory."""
        self.mask = None
        if not mode.training:
            return x
        assert mode.dropout_key is not None, "a training pass through dropout needs its keys"
        keep = streams.keep_mask(x.shape, self.plan.rate, mode.dropout_key(self.index))
        self.mask = keep.astype(x.dtype) / x.dtype.type(1 - self.plan.rate)
        return x * self.mask

    def backward(self, dy: Array, w: Named, into: Named | None, need_dx: bool = True) -> Array:
        """dx = dy m."""
        if self.mask is not None:
            dy *= self.mask
        return dy

    def tangent(self, t: Array, w: Named) -> Array:
        """t m."""
        return self.backward(t.copy(), w, None)


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


class PhaseShuffle(Layer[plan.PhaseShuffle]):
    """y[j] = x[j - n], where n is from -most to most for each signal, mirrored at its ends; y = x outside training."""

    def forward(self, x: Array, w: Named, mode: Pass) -> Array:
        """x (B, 1, length, channels)."""
        self.places = None
        if not mode.training:
            return x
        assert mode.dropout_key is not None, "a training pass through phase shuffle needs its keys"
        moved, last = streams.shifts(len(x), self.plan.most, mode.dropout_key(self.index)), x.shape[2] - 1
        places = np.abs(np.arange(last + 1) - moved[:, None])
        self.places = last - np.abs(last - places)
        return self.tangent(x, w)

    def backward(self, dy: Array, w: Named, into: Named | None, need_dx: bool = True) -> Array:
        """dx[i] = sum of dy[j] over the places j that took x[i]."""
        if self.places is None:
            return dy
        count, _, length, channels = dy.shape
        dx = np.zeros((count * length, channels), dy.dtype)
        rows = np.arange(0, count * length, length)[:, None] + self.places
        np.add.at(dx, rows.ravel(), dy.reshape(dx.shape))
        return dx.reshape(dy.shape)

    def tangent(self, t: Array, w: Named) -> Array:
        """t, moved alike."""
        return t if self.places is None else np.take_along_axis(t, self.places[:, None, :, None], axis=2)


class Pack(Layer[plan.Pack]):
    """y = the rows of x's pack, its own first."""

    def forward(self, x: Array, w: Named, mode: Pass) -> Array:
        """x (B, features) -> y (B, count x features)."""
        return self.tangent(x, w)

    def backward(self, dy: Array, w: Named, into: Named | None, need_dx: bool = True) -> Array:
        """dx = the sum of dy over the rows that saw x."""
        dx = np.zeros((len(dy), dy.shape[1] // self.plan.count), dy.dtype)
        np.add.at(dx, self.plan.places(len(dy)).ravel(), dy.reshape(-1, dx.shape[1]))
        return dx

    def tangent(self, t: Array, w: Named) -> Array:
        """t, packed alike."""
        return t[self.plan.places(len(t))].reshape(len(t), -1)


class Upsample(Layer[plan.Upsample]):
    """y[i, j] = x[i // down, j // across], cut off at `size`."""

    def forward(self, x: Array, w: Named, mode: Pass) -> Array:
        """x (B, H, W, C)."""
        return self.tangent(x, w)

    def backward(self, dy: Array, w: Named, into: Named | None, need_dx: bool = True) -> Array:
        """dx = the sum of dy over the pixels that x became."""
        (down, across), (height, width) = down_and_across(self.plan.factor), self.plan.size
        rows = np.add.reduceat(dy, np.arange(0, height, down), axis=1)
        return np.add.reduceat(rows, np.arange(0, width, across), axis=2)

    def tangent(self, t: Array, w: Named) -> Array:
        """t, upsampled alike."""
        (down, across), (height, width) = down_and_across(self.plan.factor), self.plan.size
        return t.repeat(down, axis=1).repeat(across, axis=2)[:, :height, :width]


class Reshape(Layer[plan.Reshape]):
    """The same numbers in another shape, row-major over channels, height, width."""

    def forward(self, x: Array, w: Named, mode: Pass) -> Array:
        channels_first = np.moveaxis(x, -1, 1)
        self.before = channels_first.shape[1:]
        return rearrange(x, self.plan.shape)

    def backward(self, dy: Array, w: Named, into: Named | None, need_dx: bool = True) -> Array:
        """dx is dy in x's shape."""
        return rearrange(dy, self.before)

    def tangent(self, t: Array, w: Named) -> Array:
        """t in y's shape."""
        return rearrange(t, self.plan.shape)


class ConcatLabels(Layer[plan.ConcatLabels]):
    """y = [x, one-hot label]: after a vector's features, or as constant maps after a picture's channels."""

    def forward(self, x: Array, w: Named, mode: Pass) -> Array:
        """x (B, ..., features) -> y (B, ..., features + classes)."""
        if mode.labels is None:
            raise ValueError(f"this network is labelled: give labels in 0..{self.plan.classes - 1}")
        hot = np.eye(self.plan.classes, dtype=x.dtype)[mode.labels]
        hot = hot if x.ndim == 2 else np.broadcast_to(hot[:, None, None], (*x.shape[:-1], self.plan.classes))
        return np.concatenate([x, hot], axis=-1)

    def backward(self, dy: Array, w: Named, into: Named | None, need_dx: bool = True) -> Array:
        """dx is the part of dy that belongs to x; the part of the label is dropped."""
        return dy[..., : -self.plan.classes].copy()

    def tangent(self, t: Array, w: Named) -> Array:
        """[t, 0]: the label does not change."""
        return np.concatenate([t, np.zeros((*t.shape[:-1], self.plan.classes), t.dtype)], axis=-1)


def column_sums(rows: Array, out: Array | None = None) -> Array:
    """The sum of rows (M, N) over M, as a product with ones, which is the fastest way."""
    return np.matmul(np.ones(len(rows), rows.dtype), rows, out=out)


def rearrange(x: Array, shape: Shape) -> Array:
    """x as (B, *shape), where shape is (features,) or (channels, height, width) and pictures have channels last."""
    rows = np.moveaxis(x, -1, 1).reshape(len(x), *shape)
    return np.ascontiguousarray(np.moveaxis(rows, 1, -1))
