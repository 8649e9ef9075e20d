"""Convolution and its adjoint, each as one matrix product.

`unfold` lays every patch of a picture out as a row; the convolution is then rows times kernels. `fold` is the adjoint
of `unfold`: it adds rows back to where they were taken from. A convolution goes forward with unfold and backward with
fold; a transposed convolution does the same in the other order.
"""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from gansmith.by_hand.arrays import Named, Scratch
from gansmith.by_hand.layers import Layer, Pass, column_sums
from gansmith.ground.networks import plan
from gansmith.ground.networks.plan import Shape, Sides


class Conv(Layer[plan.Conv]):
    """y[b, i, j, o] = b[o] + sum over u, v, c of x[b, i s + u - top, j s + v - left, c] W[o, u, v, c]."""

    def forward(self, x: np.ndarray, w: Named, mode: Pass) -> np.ndarray:
        """x (B, H, W, inputs) -> y (B, H', W', outputs): y = unfold(x) W^T + b."""
        self.shape = x.shape
        self.columns = unfold(x, self.plan.padding, self.plan.kernel, self.plan.stride, self.scratch)
        y = self.scratch.take("y", (*self.columns.shape[:3], self.plan.outputs))
        np.matmul(as_matrix(self.columns), w["weight"].reshape(self.plan.outputs, -1).T, out=as_matrix(y))
        if self.plan.bias:
            y += w["bias"]
        return y

    def backward(self, dy: np.ndarray, w: Named, into: Named | None, need_dx: bool = True) -> np.ndarray:
        """dW = dy^T unfold(x),  db = sum dy,  dx = fold(dy W)."""
        rows, columns = as_matrix(dy), as_matrix(self.columns)
        if into is not None:
            np.matmul(rows.T, columns, out=into["weight"].reshape(self.plan.outputs, -1))
            if self.plan.bias:
                column_sums(rows, out=into["bias"])
        if not need_dx:
            return dy
        np.matmul(rows, w["weight"].reshape(self.plan.outputs, -1), out=columns)  # the patches are not needed any more
        return fold(self.columns, self.shape, self.plan.padding, self.plan.kernel, self.plan.stride, self.scratch)


class ConvTranspose(Layer[plan.ConvTranspose]):
    """The adjoint: every input pixel adds its kernel to the output, `stride` pixels from its neighbour's."""

    def forward(self, x: np.ndarray, w: Named, mode: Pass) -> np.ndarray:
        """x (B, H, W, inputs) -> y (B, H', W', outputs): y = fold(x W) + b."""
        self.x, kernel, stride = x, self.plan.kernel, self.plan.stride
        columns = self.scratch.take("columns", (*x.shape[:3], kernel * kernel * self.plan.outputs))
        np.matmul(as_matrix(x), w["weight"].reshape(self.plan.inputs, -1), out=as_matrix(columns))
        shape = self.plan.shape_after((x.shape[3], *x.shape[1:3]))
        y = fold(columns, (len(x), *shape[1:], shape[0]), self.plan.crop, kernel, stride, self.scratch)
        if self.plan.bias:
            y += w["bias"]
        return y

    def backward(self, dy: np.ndarray, w: Named, into: Named | None, need_dx: bool = True) -> np.ndarray:
        """dW = x^T unfold(dy),  db = sum dy,  dx = unfold(dy) W^T."""
        columns = as_matrix(unfold(dy, self.plan.crop, self.plan.kernel, self.plan.stride, self.scratch))
        if into is not None:
            np.matmul(as_matrix(self.x).T, columns, out=into["weight"].reshape(self.plan.inputs, -1))
            if self.plan.bias:
                column_sums(as_matrix(dy), out=into["bias"])
        if not need_dx:
            return dy
        dx = self.scratch.take("dx", self.x.shape)
        np.matmul(columns, w["weight"].reshape(self.plan.inputs, -1).T, out=as_matrix(dx))
        return dx


def unfold(x: np.ndarray, padding: tuple[Sides, Sides], kernel: int, stride: int, scratch: Scratch) -> np.ndarray:
    """x (B, H, W, C) -> columns (B, H', W', kernel kernel C): at each place the patch under the kernel, zeros outside.

    The windows are a view; one copy lays them out, and a row of a patch is one run of kernel x C numbers in it.
    """
    padded = scratch.take("padded", padded_shape(x.shape, padding))
    inside(padded, padding)[...] = x
    windows = sliding_window_view(padded, (kernel, kernel), axis=(1, 2))[:, ::stride, ::stride]  # (B, H', W', C, k, k)
    patches = np.moveaxis(windows, 3, -1)
    columns = scratch.take("columns", (*patches.shape[:3], prod(patches.shape[3:])))
    columns.reshape(patches.shape)[...] = patches
    return columns


def fold(
    columns: np.ndarray, shape: Shape, padding: tuple[Sides, Sides], kernel: int, stride: int, scratch: Scratch
) -> np.ndarray:
    """Columns (B, H', W', kernel kernel C) -> the picture (B, H, W, C) to which every patch has been added."""
    padded = scratch.take("folded", padded_shape(shape, padding))
    padded.fill(0)
    patches = columns.reshape(*columns.shape[:3], kernel, kernel, shape[3])
    below, beside = stride * patches.shape[1], stride * patches.shape[2]
    for u in range(kernel):
        for v in range(kernel):
            padded[:, u : u + below : stride, v : v + beside : stride] += patches[:, :, :, u, v]
    picture = scratch.take("picture", shape)
    picture[...] = inside(padded, padding)
    return picture


def padded_shape(shape: Shape, padding: tuple[Sides, Sides]) -> Shape:
    """(B, H, W, C) with the padding around it."""
    batch, height, width, channels = shape
    return batch, height + sum(padding[0]), width + sum(padding[1]), channels


def inside(padded: np.ndarray, padding: tuple[Sides, Sides]) -> np.ndarray:
    """The view of a padded picture (B, H, W, C) without its padding."""
    (top, bottom), (left, right) = padding
    return padded[:, top : padded.shape[1] - bottom, left : padded.shape[2] - right]


def as_matrix(x: np.ndarray) -> np.ndarray:
    """(B, H, W, C) as (B H W, C), the same memory."""
    return x.reshape(-1, x.shape[-1])
