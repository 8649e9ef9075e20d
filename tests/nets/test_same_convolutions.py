"""TensorFlow's SAME padding, and transposed convolutions as exact adjoints."""

from __future__ import annotations

from math import ceil

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from gansmith.ground.plan import Layer, Plan
from gansmith.ground.same_padding import same_conv, same_transpose
from gansmith.nets.network import Network


def run(layer: Layer, shape: tuple[int, ...], weight: Tensor, x: Tensor) -> Tensor:
    """One layer without bias, in float64."""
    return Network(Plan("generator", shape, (layer,)), {"0.weight": weight.numpy()}, torch.float64)(x).detach()


def by_definition(x: np.ndarray, weight: np.ndarray, stride: int) -> np.ndarray:
    """SAME convolution as TensorFlow documents it: x (C, H, W), weight (O, C, k, k), every sum written out."""
    _, height, width = x.shape
    outputs, _, kernel, _ = weight.shape
    rows, columns = ceil(height / stride), ceil(width / stride)
    top = max((rows - 1) * stride + kernel - height, 0) // 2
    left = max((columns - 1) * stride + kernel - width, 0) // 2
    y = np.zeros((outputs, rows, columns))
    for i, j, a, b in np.ndindex(rows, columns, kernel, kernel):
        row, column = i * stride + a - top, j * stride + b - left
        if 0 <= row < height and 0 <= column < width:
            y[:, i, j] += weight[:, :, a, b] @ x[:, row, column]
    return y


def test_the_odd_row_of_padding_comes_after():
    x = torch.tensor([1.0, 10.0, 100.0, 1000.0], dtype=torch.float64).reshape(1, 1, 1, 4)
    layer = same_conv((1, 1, 4), 1, 3, 2, bias=False)
    weight = torch.zeros(1, 1, 3, 3, dtype=torch.float64)
    weight[:, :, 1] = 1  # one row high
    assert run(layer, (1, 1, 4), weight, x).flatten().tolist() == [111, 1100]


SIZES = st.tuples(st.integers(3, 7), st.integers(3, 7))


@settings(max_examples=40, deadline=None)
@given(size=SIZES, kernel=st.integers(1, 5), stride=st.integers(1, 3))
def test_convolutions_are_tensorflow_s(size: tuple[int, int], kernel: int, stride: int):
    rng = np.random.default_rng(0)
    x, weight = rng.normal(size=(2, *size)), rng.normal(size=(3, 2, kernel, kernel))
    layer = same_conv((2, *size), 3, kernel, stride, bias=False)
    y = run(layer, (2, *size), torch.as_tensor(weight), torch.as_tensor(x)[None])
    np.testing.assert_allclose(y[0].numpy(), by_definition(x, weight, stride), atol=1e-12)


@settings(max_examples=80, deadline=None)
@given(height=st.integers(1, 17), width=st.integers(1, 17), stride=st.integers(1, 3), more=st.integers(0, 3))
def test_transposed_convolutions_are_adjoint(height: int, width: int, stride: int, more: int):
    """<conv(x), y> = <x, transposed(y)> for every x and y, with one and the same weight."""
    kernel, large = stride + more, (2, height, width)
    small = (3, ceil(height / stride), ceil(width / stride))
    seed = torch.Generator().manual_seed(0)
    weight = torch.randn(3, 2, kernel, kernel, dtype=torch.float64, generator=seed)
    x = torch.randn(1, *large, dtype=torch.float64, generator=seed)
    y = torch.randn(1, *small, dtype=torch.float64, generator=seed)
    down = same_conv(large, 3, kernel, stride, bias=False)
    up = same_transpose(small, large, kernel, stride, bias=False)
    there, back = run(down, large, weight, x), run(up, small, weight, y)
    assert back.shape == x.shape
    assert float((there * y).sum()) == pytest.approx(float((x * back).sum()), rel=1e-10, abs=1e-10)


def test_the_tutorial_s_upward_layers_double_the_size():
    for kernel in (2, 3, 4, 5):
        layer = same_transpose((4, 7, 7), (2, 14, 14), kernel, 2, bias=False)
        weight = torch.ones(4, 2, kernel, kernel, dtype=torch.float64)
        assert run(layer, (4, 7, 7), weight, torch.ones(1, 4, 7, 7, dtype=torch.float64)).shape == (1, 2, 14, 14)
