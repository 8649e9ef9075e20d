"""Convolution and its adjoint, each as one matrix product.

`unfold` lays every patch of a picture out as a row; the convolution is then rows times kernels. `fold` is the adjoint
of `unfold`: it adds rows back to where they were taken from. A convolution goes forward with unfold and backward with
fold; a transposed convolution does the same in the other order.
"""

from __future__ import annotations

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from gansmith.by_hand.arrays import Array, Named
from gansmith.by_hand.layers import Layer, Pass, column_sums
from gansmith.ground.networks import plan
from gansmith.ground.networks.plan import Shape, Sides, Size, down_and_across


class Conv(Layer[plan.Conv]):
    """y[b, i, j, o] = b[o] + sum over u, v, c of x[b, i s + u - top, j s + v - left, c] W[o, u, v, c]."""

    def forward(self, x: Array, w: Named, mode: Pass) -> Array:
        """x (B, H, W, inputs) -> y (B, H', W', outputs): y = unfold(x) W^T + b."""
        self.x, self.columns = x, self._unfolded(x)
        y = as_matrix(self.columns) @ w["weight"].reshape(self.plan.outputs, -1).T
        if self.plan.bias:
            y += w["bias"]
        return y.reshape(*self.columns.shape[:3], -1)

    def _unfolded(self, x: Array) -> Array:
        return unfold(x, self.plan.padding, self.plan.kernel, self.plan.stride)

    def backward(self, dy: Array, w: Named, into: Named | None, need_dx: bool = True) -> Array:
        """dW = dy^T unfold(x),  db = sum dy,  dx = fold(dy W)."""
        rows, columns = as_matrix(dy), as_matrix(self.columns)
        if into is not None:
            np.matmul(rows.T, columns, out=into["weight"].reshape(self.plan.outputs, -1))
            if self.plan.bias:
                column_sums(rows, out=into["bias"])
        if not need_dx:
            return dy
        np.matmul(rows, w["weight"].reshape(self.plan.outputs, -1), out=columns)  # the patches are not needed any more
        return fold(self.columns, self.x.shape, self.plan.padding, self.plan.kernel, self.plan.stride)

    def tangent(self, t: Array, w: Named) -> Array:
        """unfold(t) W^T."""
        columns = self._unfolded(t)
        return (as_matrix(columns) @ w["weight"].reshape(self.plan.outputs, -1).T).reshape(*columns.shape[:3], -1)

    def backward_through_tangent(self, s: Array, t: Array, d: Array, w: Named, into: Named) -> Array:
        """dW = s^T unfold(t) + d^T unfold(x),  db = sum d,  dx = fold(d W)."""
        weight = into["weight"].reshape(self.plan.outputs, -1)
        np.matmul(as_matrix(s).T, as_matrix(self._unfolded(t)), out=weight)
        if self.plan.bias:
            column_sums(as_matrix(d), out=into["bias"])
        if not d.any():  # behind ReLU and leaky ReLU alone
            return np.zeros_like(self.x)
        self.columns = self._unfolded(self.x)  # the first backward pass has written over them
        weight += as_matrix(d).T @ as_matrix(self.columns)
        return self.backward(d, w, None)


class ConvTranspose(Layer[plan.ConvTranspose]):
    """The adjoint: every input pixel adds its kernel to the output, `stride` pixels from its neighbour's."""

    def forward(self, x: Array, w: Named, mode: Pass) -> Array:
        """x (B, H, W, inputs) -> y (B, H', W', outputs): y = fold(x W) + b."""
        self.x = x
        columns = as_matrix(x) @ w["weight"].reshape(self.plan.inputs, -1)
        channels, *size = self.plan.shape_after((x.shape[3], *x.shape[1:3]))
        shape = (len(x), *size, channels)
        y = fold(columns.reshape(*x.shape[:3], -1), shape, self.plan.crop, self.plan.kernel, self.plan.stride)
        if self.plan.bias:
            y += w["bias"]
        return y

    def backward(self, dy: Array, w: Named, into: Named | None, need_dx: bool = True) -> Array:
        """dW = x^T unfold(dy),  db = sum dy,  dx = unfold(dy) W^T."""
        columns = as_matrix(unfold(dy, self.plan.crop, self.plan.kernel, self.plan.stride))
        if into is not None:
            np.matmul(as_matrix(self.x).T, columns, out=into["weight"].reshape(self.plan.inputs, -1))
            if self.plan.bias:
                column_sums(as_matrix(dy), out=into["bias"])
        if not need_dx:
            return dy
        return (columns @ w["weight"].reshape(self.plan.inputs, -1).T).reshape(self.x.shape)


def unfold(x: Array, padding: tuple[Sides, Sides], kernel: Size, stride: Size) -> Array:
    """x (B, H, W, C) -> columns (B, H', W', kernel kernel C): at each place the patch under the kernel, zeros outside.

    The windows are a view; one copy lays them out, and a row of a patch is one run of kernel x C numbers in it.
    """
    padded = np.pad(x, ((0, 0), *padding, (0, 0)))
    down, across = down_and_across(stride)
    windows = sliding_window_view(padded, down_and_across(kernel), axis=(1, 2))[
        :, ::down, ::across
    ]  # (B, H', W', C, k, k)
    return np.moveaxis(windows, 3, -1).copy().reshape(*windows.shape[:3], -1)


def fold(columns: Array, shape: Shape, padding: tuple[Sides, Sides], kernel: Size, stride: Size) -> Array:
    """Columns (B, H', W', kernel kernel C) -> the picture (B, H, W, C) to which every patch has been added."""
    (top, bottom), (left, right) = padding
    batch, height, width, channels = shape
    padded = np.zeros((batch, top + height + bottom, left + width + right, channels), columns.dtype)
    sides, (down, across) = down_and_across(kernel), down_and_across(stride)
    patches = columns.reshape(*columns.shape[:3], *sides, channels)
    below, beside = down * patches.shape[1], across * patches.shape[2]
    for u in range(sides[0]):
        for v in range(sides[1]):
            padded[:, u : u + below : down, v : v + beside : across] += patches[:, :, :, u, v]
    return padded[:, top : top + height, left : left + width].copy()


def as_matrix(x: Array) -> Array:
    """(B, H, W, C) as (B H W, C), the same memory."""
    return x.reshape(-1, x.shape[-1])
