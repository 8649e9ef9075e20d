"""Dropout in torch draws the mask of `streams.keep_mask`, bit for bit."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from gansmith.ground import streams
from gansmith.ground.networks.plan import Dropout, Plan
from gansmith.nets.layers import fused
from gansmith.nets.layers.elementwise import keep_mask
from gansmith.nets.modes import INFERENCE, Mode
from gansmith.nets.network import Network

SHAPES = st.one_of(
    st.tuples(st.integers(1, 9), st.integers(1, 40)),
    st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 6), st.integers(1, 6)),
)


@given(SHAPES, st.floats(0, 0.99), st.integers(0, 2**31 - 2), st.integers(0, 10**5))
def test_both_masks_are_one(shape: tuple[int, ...], rate: float, key: int, first_row: int):
    x = torch.empty(shape)
    last = tuple(x.movedim(1, -1).shape)  # pictures lie in memory with their channels last
    expected = streams.keep_mask(last, rate, key, first_row)
    for number in (key, torch.tensor(key, dtype=torch.int32)):  # the second: hashed by torch, as on other devices
        mask = keep_mask(x, rate, number, first_row)
        assert mask.shape == shape
        np.testing.assert_array_equal(mask.movedim(1, -1).numpy(), expected)


def test_several_blocks_have_the_rows_that_they_ask_for():
    x = torch.empty(6, 4, 5, 6)
    expected = np.concatenate([streams.keep_mask((3, 5, 6, 4), 0.5, 7, first) for first in (2, 30)])
    for number in (7, torch.tensor(7, dtype=torch.int32)):
        np.testing.assert_array_equal(keep_mask(x, 0.5, number, (2, 30)).movedim(1, -1).numpy(), expected)


def test_the_mask_of_pictures_lies_as_they_do():
    x = torch.empty(3, 4, 5, 6).contiguous(memory_format=torch.channels_last)
    assert keep_mask(x, 0.5, 7, 0).is_contiguous(memory_format=torch.channels_last)


DROPPING = Network(Plan("discriminator", (50,), (Dropout(0.2), Dropout(0.5))), {})


def test_what_is_kept_is_scaled_up():
    mode = Mode(training=True, dropout_keys={0: 11, 1: 12}, first_row=3)
    y = DROPPING(torch.ones(400, 50), None, mode).numpy()
    kept = streams.keep_mask((400, 50), 0.2, 11, 3) & streams.keep_mask((400, 50), 0.5, 12, 3)
    np.testing.assert_allclose(y, kept / (0.8 * 0.5), rtol=1e-6)
    assert y.mean() == pytest.approx(1, abs=0.03)


def test_nothing_is_dropped_in_inference():
    x = torch.randn(4, 50)
    assert torch.equal(DROPPING(x, None, INFERENCE), x)


def test_a_training_pass_without_keys_is_refused():
    with pytest.raises(ValueError, match="needs its keys"):
        DROPPING(torch.ones(4, 50), None, Mode(training=True))


@pytest.mark.skipif(not os.environ.get("GANSMITH_TEST_CUDA"), reason="GANSMITH_TEST_CUDA asks for the checks on a GPU")
@pytest.mark.parametrize("shape", [(6, 4, 5, 6), (8, 50), (2, 300, 9, 9)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_a_gpu_drops_the_same_in_one_kernel(shape: tuple[int, ...], dtype: torch.dtype):
    """Forward, backward, and the derivative of that; the key as a number, and where a graph reads it."""
    x = torch.rand(shape, device="cuda").add(0.1).to(dtype).requires_grad_()
    assert fused.can_fuse(x)
    for key in (1, 2**31 - 2, torch.tensor(1234567, dtype=torch.int32, device="cuda")):
        mask = keep_mask(x, 0.3, key, (2, 30))
        y = fused.dropout(x, 0.3, key, (2, 30))
        assert torch.equal(y != 0, mask)
        torch.testing.assert_close(y, (x.float() * mask / 0.7).to(dtype))
        (slope,) = torch.autograd.grad(y.float().square().sum() / 2, x, create_graph=True)
        torch.testing.assert_close(slope.float(), x.float() * mask / 0.49, rtol=2e-2, atol=1e-6)
        (bend,) = torch.autograd.grad(slope.float().sum(), x)
        torch.testing.assert_close(bend.float(), mask / 0.49, rtol=2e-2, atol=1e-6)


@pytest.mark.skipif(not os.environ.get("GANSMITH_TEST_CUDA"), reason="GANSMITH_TEST_CUDA asks for the checks on a GPU")
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("channels", [1, 3, 300])
@pytest.mark.parametrize(
    ("by", "size"), [((1, 2), (8, 9)), ((0, 0), (4, 5)), ((2, 2), (9, 10)), ((-1, -1), (3, 4)), ((0, 1), (1, 1))]
)
def test_a_gpu_moves_the_same_in_one_kernel(dtype, channels, by, size):
    """Padded, cropped, or both, with the derivative and what is differentiated once more."""
    x = torch.randn(2, channels, 5, 6, device="cuda", dtype=dtype).contiguous(memory_format=torch.channels_last)
    x.requires_grad_()
    (down, right), (height, width) = by, size
    assert fused.can_fuse(x)
    y, wanted = fused.pad_or_crop(x, by, size), F.pad(x, (right, width - right - 6, down, height - down - 5))
    assert torch.equal(y, wanted)
    (slope,) = torch.autograd.grad(y.square().sum() / 2, x, create_graph=True)
    (other,) = torch.autograd.grad(wanted.square().sum() / 2, x)
    assert torch.equal(slope, other)
    (bend,) = torch.autograd.grad(slope.sum(), x)
    assert torch.equal(bend, (other != 0).to(dtype))  # 1 where a pixel has a place in the frame
