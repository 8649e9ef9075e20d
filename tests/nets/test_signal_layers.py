"""Layers of signals, (channels, 1, length): rectangles are torch's, phase shuffle is one thing in both engines."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch.autograd import gradcheck, gradgradcheck

from gansmith.by_hand.layers import Pass
from gansmith.by_hand.network import LAYERS as BY_HAND
from gansmith.ground import streams
from gansmith.ground.networks.plan import Layer, PhaseShuffle, Plan, Upsample
from gansmith.ground.networks.same_padding import same_conv, same_transpose
from gansmith.nets.modes import Mode
from gansmith.nets.network import Network

RNG = np.random.default_rng(0)


def built(layer: Layer, shape: tuple[int, ...], **arrays: np.ndarray) -> Network:
    """One layer, in float64."""
    return Network(Plan("discriminator", shape, (layer,)), {f"0.{n}": a for n, a in arrays.items()}, torch.float64)


@pytest.mark.parametrize(("length", "kernel", "stride"), [(64, 25, 4), (63, 25, 4), (17, 5, 2), (9, 3, 1)])
def test_a_row_s_convolution_is_torch_s_of_one_dimension(length: int, kernel: int, stride: int):
    layer = same_conv((3, 1, length), 5, (1, kernel), (1, stride), bias=False)
    weight, x = RNG.normal(size=(5, 3, 1, kernel)), torch.tensor(RNG.normal(size=(2, 3, 1, length)))
    assert layer.weight_shape() == weight.shape
    flat = F.conv1d(F.pad(x[:, :, 0], layer.padding[1]), torch.tensor(weight)[:, :, 0], stride=stride)
    torch.testing.assert_close(built(layer, (3, 1, length), weight=weight)(x)[:, :, 0], flat)


@pytest.mark.parametrize(("length", "kernel", "stride"), [(64, 25, 4), (63, 25, 4), (17, 5, 2)])
def test_a_row_s_transposed_convolution_is_its_adjoint(length: int, kernel: int, stride: int):
    small = -(-length // stride)
    down = same_conv((2, 1, length), 3, (1, kernel), (1, stride), bias=False)
    up = same_transpose((3, 1, small), (2, 1, length), (1, kernel), (1, stride), bias=False)
    weight = RNG.normal(size=(3, 2, 1, kernel))
    x, y = (torch.tensor(RNG.normal(size=size)) for size in ((1, 2, 1, length), (1, 3, 1, small)))
    there, back = built(down, (2, 1, length), weight=weight)(x), built(up, (3, 1, small), weight=weight)(y)
    assert (there * y).sum().item() == pytest.approx((x * back).sum().item(), rel=1e-10)


def test_a_row_is_upsampled_across():
    x = torch.tensor([[1.0, 2.0, 3.0]], dtype=torch.float64)[:, None, None]
    assert built(Upsample((1, 4), (1, 10)), (1, 1, 3))(x).flatten().tolist() == [1] * 4 + [2] * 4 + [3] * 2


def test_shifts_are_even_and_a_rank_has_its_rows():
    drawn = streams.shifts(5000, 2, 77)
    assert np.bincount(drawn + 2).min() > 900
    assert np.array_equal(streams.shifts(40, 2, 77, first_row=100), drawn[100:140])


@pytest.mark.parametrize("first", [0, 3, (5, 50)])
def test_phase_shuffle_is_one_thing_in_both_engines(first: int | tuple[int, ...]):
    x = RNG.normal(size=(6, 4, 1, 19))
    mode = Mode(training=True, dropout_keys={0: 1234}, first_row=first)
    ours = built(PhaseShuffle(3), (4, 1, 19))(torch.tensor(x), mode=mode).numpy()
    hand = BY_HAND[PhaseShuffle](PhaseShuffle(3), 0)
    starts = (first,) if isinstance(first, int) else first
    rows = np.concatenate([np.arange(one, one + 6 // len(starts)) for one in starts])
    whole = np.zeros((rows.max() + 1, 1, 19, 4))
    whole[rows] = x.transpose(0, 2, 3, 1)
    theirs = hand.forward(whole, {}, Pass(training=True, dropout_key=lambda index: 1234))[rows]
    assert np.array_equal(ours, theirs.transpose(0, 3, 1, 2))
    assert torch.equal(built(PhaseShuffle(3), (4, 1, 19))(torch.tensor(x)), torch.tensor(x)), (
        "outside training: nothing"
    )


def test_phase_shuffle_has_both_derivatives():
    network = built(PhaseShuffle(2), (2, 1, 7))
    mode = Mode(training=True, dropout_keys={0: torch.tensor(9, dtype=torch.int32)})
    x = torch.tensor(RNG.normal(size=(4, 2, 1, 7)), requires_grad=True)
    assert gradcheck(lambda items: network(items, mode=mode), x)
    assert gradgradcheck(lambda items: network(items, mode=mode).square(), x)
