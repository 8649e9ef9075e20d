"""Dropout in torch draws the mask of `streams.keep_mask`, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from gansmith.ground import streams
from gansmith.ground.plan import Dropout, Plan
from gansmith.nets.network import INFERENCE, Mode, Network, keep_mask

SHAPES = st.one_of(
    st.tuples(st.integers(1, 9), st.integers(1, 40)),
    st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 6), st.integers(1, 6)),
)


@given(SHAPES, st.floats(0, 0.99), st.integers(0, 2**31 - 2), st.integers(0, 10**5))
def test_both_masks_are_one(shape: tuple[int, ...], rate: float, key: int, first_row: int):
    mask = keep_mask(torch.empty(shape), rate, key, first_row)
    np.testing.assert_array_equal(mask.numpy(), streams.keep_mask(shape, rate, key, first_row))


def test_the_mask_follows_the_numbers_not_the_memory():
    x = torch.empty(3, 4, 5, 6).contiguous(memory_format=torch.channels_last)
    np.testing.assert_array_equal(keep_mask(x, 0.5, 7, 0).numpy(), streams.keep_mask((3, 4, 5, 6), 0.5, 7))


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
