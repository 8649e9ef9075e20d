"""Convolutions that take their own gradients are torch's, with their first and second derivatives."""

from __future__ import annotations

import os
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

from gansmith.nets.layers.convolution import Convolution, convolve, unreached

CASES = [  # height, width, kernel, stride, padding
    (5, 6, (3, 3), (1, 1), (1, 1)),
    (7, 6, (4, 3), (2, 1), (1, 0)),
    (8, 8, (4, 4), (2, 2), (1, 1)),
    (7, 8, (5, 5), (2, 2), (2, 2)),  # the last column is reached by no window
    (4, 4, (1, 1), (1, 1), (0, 0)),
    (4, 5, (4, 5), (1, 1), (0, 0)),
    (1, 32, (1, 9), (1, 4), (0, 3)),  # a signal
]
ON_A_GPU = pytest.mark.skipif(
    not os.environ.get("GANSMITH_TEST_CUDA"), reason="GANSMITH_TEST_CUDA asks for the checks on a GPU"
)


def drawn(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(sum(shape)))


def how(stride: Any, padding: Any, output_padding: Any = None) -> tuple[Any, ...]:
    return stride, padding, (1, 1), output_padding is not None, output_padding or (0, 0), 1


@pytest.mark.parametrize(("height", "width", "kernel", "stride", "padding"), CASES)
def test_a_convolution_and_its_derivatives(height, width, kernel, stride, padding):
    given = [each.requires_grad_() for each in (drawn(2, 3, height, width), drawn(4, 3, *kernel), drawn(4))]
    y, expected = Convolution.apply(*given, how(stride, padding)), F.conv2d(*given, stride, padding)
    assert torch.equal(y, expected)
    for ours, theirs in zip(*(torch.autograd.grad(one.square().sum(), given) for one in (y, expected)), strict=True):
        torch.testing.assert_close(ours, theirs)
    assert gradcheck(Convolution.apply, (*given, how(stride, padding)))
    assert gradgradcheck(Convolution.apply, (*given, how(stride, padding)))


@pytest.mark.parametrize(("height", "width", "kernel", "stride", "padding"), CASES)
def test_a_transposed_convolution_and_its_derivatives(height, width, kernel, stride, padding):
    down = F.conv2d(drawn(1, 3, height, width), drawn(4, 3, *kernel), None, stride, padding)
    extra = unreached(drawn(1, 3, height, width), down, drawn(4, 3, *kernel), stride, padding)
    given = [each.requires_grad_() for each in (drawn(2, *down.shape[1:]), drawn(4, 3, *kernel), drawn(3))]
    y = Convolution.apply(*given, how(stride, padding, extra))
    expected = F.conv_transpose2d(*given, stride, padding, extra)
    assert y.shape == (2, 3, height, width)
    assert torch.equal(y, expected)
    for ours, theirs in zip(*(torch.autograd.grad(one.square().sum(), given) for one in (y, expected)), strict=True):
        torch.testing.assert_close(ours, theirs)
    assert gradcheck(Convolution.apply, (*given, how(stride, padding, extra)))
    assert gradgradcheck(Convolution.apply, (*given, how(stride, padding, extra)))


def test_a_float32_layer_keeps_float32_gradients_inside_autocast():
    """A network's last layer runs outside autocast, and its gradient is computed inside."""
    x, weight = drawn(2, 3, 5, 5).float().requires_grad_(), drawn(3, 2, 4, 4).float().requires_grad_()
    y = Convolution.apply(x, weight, None, how((2, 2), (1, 1), (0, 0)))
    with torch.autocast("cpu", torch.bfloat16):
        found = torch.autograd.grad(y.square().sum(), (x, weight))
    exact = torch.autograd.grad(F.conv_transpose2d(x, weight, None, 2, 1).square().sum(), (x, weight))
    for one, other in zip(found, exact, strict=True):
        torch.testing.assert_close(one, other)


def test_weight_gradients_have_the_memory_layout_of_weights():
    x = drawn(2, 3, 8, 8).contiguous(memory_format=torch.channels_last)
    weight = drawn(4, 3, 4, 4).contiguous(memory_format=torch.channels_last).requires_grad_()
    (gradient,) = torch.autograd.grad(Convolution.apply(x, weight, None, how((2, 2), (1, 1))).sum(), weight)
    assert gradient.is_contiguous(memory_format=torch.channels_last)


def test_a_processor_takes_torch_s_own():
    x, weight = drawn(2, 3, 8, 8), drawn(3, 3, 4, 4).requires_grad_()
    assert torch.equal(convolve(x, weight, None, (2, 2), (1, 1)), F.conv2d(x, weight, None, 2, 1))
    up = convolve(x, weight, None, (2, 2), (1, 1), (1, 1))
    assert torch.equal(up, F.conv_transpose2d(x, weight, None, 2, 1, 1))
    assert type(up.grad_fn).__name__ == "ConvolutionBackward0"


@ON_A_GPU
@pytest.mark.parametrize(("height", "width", "kernel", "stride", "padding"), CASES)
def test_a_gpu_takes_the_same_derivatives(height, width, kernel, stride, padding):
    x, weight, bias = (
        each.cuda().requires_grad_() for each in (drawn(2, 3, height, width), drawn(4, 3, *kernel), drawn(4))
    )
    assert type(convolve(x, weight, bias, stride, padding).grad_fn).__name__ == "ConvolutionBackward"
    assert gradcheck(Convolution.apply, (x, weight, bias, how(stride, padding)), nondet_tol=1e-9)
    assert gradgradcheck(Convolution.apply, (x, weight, bias, how(stride, padding)), nondet_tol=1e-9)
    back = weight.detach().transpose(0, 1).contiguous().requires_grad_()
    given = x, back, None, how(stride, padding, (0, 0))
    assert gradcheck(Convolution.apply, given, nondet_tol=1e-9)
    assert gradgradcheck(Convolution.apply, given, nondet_tol=1e-9)
