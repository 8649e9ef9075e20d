"""Convolutions that take their own gradients are those of the library, with their first and second derivatives."""

from __future__ import annotations

import os

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

from gansmith.nets import convolution
from gansmith.nets.convolution import Convolved, Transposed, convolve, convolve_transposed

CASES = [  # height, width, kernel, stride, padding
    (5, 6, (3, 3), (1, 1), (1, 1)),
    (7, 6, (4, 3), (2, 1), (1, 0)),
    (8, 8, (4, 4), (2, 2), (1, 1)),
    (7, 8, (5, 5), (2, 2), (2, 2)),  # the last column is reached by no window
    (4, 4, (1, 1), (1, 1), (0, 0)),
    (4, 5, (4, 5), (1, 1), (0, 0)),
]
ON_A_GPU = pytest.mark.skipif(
    not os.environ.get("GANSMITH_TEST_CUDA"), reason="GANSMITH_TEST_CUDA asks for the checks on a GPU"
)


def drawn(*shape: int) -> Tensor:
    return torch.randn(shape, dtype=torch.float64, generator=torch.Generator().manual_seed(sum(shape)))


@pytest.mark.parametrize(("height", "width", "kernel", "stride", "padding"), CASES)
def test_a_convolution_and_its_derivatives(height, width, kernel, stride, padding):
    x, weight, bias = drawn(2, 3, height, width), drawn(4, 3, *kernel), drawn(4)
    given = [each.requires_grad_() for each in (x, weight, bias)]
    assert torch.equal(Convolved.apply(*given, stride, padding), F.conv2d(*given, stride, padding))
    assert gradcheck(Convolved.apply, (*given, stride, padding))
    assert gradgradcheck(Convolved.apply, (*given, stride, padding))


@pytest.mark.parametrize(("height", "width", "kernel", "stride", "padding"), CASES)
def test_a_transposed_convolution_and_its_derivatives(height, width, kernel, stride, padding):
    x, weight, bias = drawn(2, 3, height, width), drawn(3, 2, *kernel), drawn(2)
    given = [each.requires_grad_() for each in (x, weight, bias)]
    extra = (stride[0] - 1, stride[1] - 1)
    ours = Transposed.apply(*given, stride, padding, extra)
    assert torch.equal(ours, F.conv_transpose2d(*given, stride, padding, extra))
    assert gradcheck(Transposed.apply, (*given, stride, padding, extra))
    assert gradgradcheck(Transposed.apply, (*given, stride, padding, extra))


@pytest.mark.parametrize(("height", "width", "kernel", "stride", "padding"), CASES)
def test_each_way_to_a_gradient_is_the_way(height, width, kernel, stride, padding):
    """Those of the other device, too, and their own derivatives."""
    x, weight = drawn(2, 3, height, width).requires_grad_(), drawn(4, 3, *kernel).requires_grad_()
    y = F.conv2d(x, weight, None, stride, padding)
    slope = drawn(*y.shape).requires_grad_()
    by_x, by_weight = torch.autograd.grad((y * slope.detach()).sum(), (x, weight))
    how = stride, padding
    for of_x in (convolution.by_transposing, convolution.by_library):
        torch.testing.assert_close(of_x(x, slope, weight, *how), by_x)
        assert gradcheck(of_x, (x, slope, weight, *how))
    for of_weight in (convolution.told, convolution.multiplied):
        torch.testing.assert_close(of_weight(x, slope, weight, *how, False), by_weight)
        assert gradcheck(of_weight, (x, slope, weight, *how, False))
    extra = (height - (y.shape[2] - 1) * stride[0] + 2 * padding[0] - kernel[0],
             width - (y.shape[3] - 1) * stride[1] + 2 * padding[1] - kernel[1])  # fmt: skip
    back = F.conv_transpose2d(slope, weight, None, stride, padding, extra)
    (by_weight,) = torch.autograd.grad((back * x.detach()).sum(), weight)
    for of_weight in (convolution.told, convolution.multiplied):
        torch.testing.assert_close(of_weight(x, slope, weight, *how, True), by_weight)


def test_a_float32_layer_keeps_float32_gradients_inside_autocast():
    """A network's last layer is made outside it, and differentiated inside the turn's block."""
    x, weight = drawn(2, 3, 5, 5).float().requires_grad_(), drawn(3, 2, 4, 4).float().requires_grad_()
    y = Transposed.apply(x, weight, None, (2, 2), (1, 1), (0, 0))
    with torch.autocast("cpu", torch.bfloat16):
        found = torch.autograd.grad(y.square().sum(), (x, weight))
    exact = torch.autograd.grad(F.conv_transpose2d(x, weight, None, 2, 1).square().sum(), (x, weight))
    for one, other in zip(found, exact, strict=True):
        torch.testing.assert_close(one, other)


def test_weight_gradients_lie_as_weights_do():
    x = drawn(2, 3, 8, 8).contiguous(memory_format=torch.channels_last)
    weight = drawn(4, 3, 4, 4).contiguous(memory_format=torch.channels_last).requires_grad_()
    (slope,) = torch.autograd.grad(Convolved.apply(x, weight, None, (2, 2), (1, 1)).sum(), weight)
    assert slope.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize(("side", "much", "ours"), [(16, 0, True), (18, 0, False), (16, 1e9, False)])
def test_autocast_casts_as_ever(side: int, much: float, ours: bool, monkeypatch: pytest.MonkeyPatch):
    """On a processor only large layers to and from maps of 64 places; either way to bfloat16, and gradients to their
    weight's type."""
    monkeypatch.setattr(convolution, "MUCH", much)
    x, bias = drawn(2, 3, side, side).float(), drawn(4).float().requires_grad_()
    weight = drawn(4, 3, 4, 4).float().requires_grad_()
    transposed = drawn(4, 3, 4, 4).float().requires_grad_()
    with torch.autocast("cpu", torch.bfloat16):
        y = convolve(x, weight, bias, (2, 2), (1, 1))
        z = convolve_transposed(y, transposed, None, (2, 2), (1, 1), (0, 0))
    assert y.dtype == z.dtype == torch.bfloat16
    assert (type(y.grad_fn).__name__ == "ConvolvedBackward") is ours
    assert (type(z.grad_fn).__name__ == "TransposedBackward") is ours
    found = torch.autograd.grad(z.float().square().mean(), (weight, bias, transposed))
    assert {each.dtype for each in found} == {torch.float32}
    exact = F.conv_transpose2d(F.conv2d(x, weight, bias, 2, 1), transposed, None, 2, 1)
    wanted = torch.autograd.grad(exact.square().mean(), (weight, bias, transposed))
    for one, other in zip(found, wanted, strict=True):
        assert (one - other).norm() < 0.02 * other.norm()


@ON_A_GPU
@pytest.mark.parametrize(("height", "width", "kernel", "stride", "padding"), CASES)
def test_a_gpu_takes_the_same_derivatives(height, width, kernel, stride, padding):
    x, weight, bias = (
        each.cuda().requires_grad_() for each in (drawn(2, 3, height, width), drawn(4, 3, *kernel), drawn(4))
    )
    assert type(convolve(x, weight, bias, stride, padding).grad_fn).__name__ == "ConvolvedBackward"
    assert gradcheck(Convolved.apply, (x, weight, bias, stride, padding), nondet_tol=1e-9)
    assert gradgradcheck(Convolved.apply, (x, weight, bias, stride, padding), nondet_tol=1e-9)
    back = weight.detach().transpose(0, 1).contiguous().requires_grad_()
    given = x, back, None, stride, padding, (0, 0)
    assert gradcheck(Transposed.apply, given, nondet_tol=1e-9)
    assert gradgradcheck(Transposed.apply, given, nondet_tol=1e-9)
