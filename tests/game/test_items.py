"""Items as an engine holds them: the same numbers as `ground.pixels`, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gansmith.game.inputs.items import Pixels
from gansmith.ground.pixels import PixelRange, to_float

CPU = torch.device("cpu")
BYTES = np.arange(256, dtype=np.uint8).reshape(2, 8, 8, 2)


@pytest.mark.parametrize("name", ["symmetric", "unit"])
def test_pixels_are_those_of_the_ground_floor(name: PixelRange):
    batch, labels = Pixels(BYTES, None, name, CPU).batch(np.array([1, 0, 1]))
    assert (batch.shape, batch.dtype, labels) == ((3, 2, 8, 8), torch.float32, None)
    np.testing.assert_array_equal(batch.permute(0, 2, 3, 1).numpy(), to_float(BYTES, name)[[1, 0, 1]])


def test_pictures_lie_in_channels_last_memory():
    batch, _ = Pixels(BYTES, None, "symmetric", CPU).batch(np.array([0, 1]))
    assert batch.is_contiguous(memory_format=torch.channels_last)


def test_vectors_and_labels_pass_unchanged():
    vectors = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    batch, labels = Pixels(vectors, np.arange(5), "symmetric", CPU).batch(np.array([4, 2]))
    np.testing.assert_array_equal(batch.numpy(), vectors[[4, 2]])
    assert labels is not None
    assert labels.tolist() == [4, 2]


def test_batches_are_copies():
    batch, _ = Pixels(BYTES, None, "unit", CPU).batch(np.array([0]))
    batch.zero_()
    assert BYTES.max() == 255


def test_double_precision():
    batch, _ = Pixels(BYTES, None, "symmetric", CPU, torch.float64).batch(np.array([1]))
    assert batch.dtype == torch.float64
    assert float(batch.max()) == pytest.approx(1, abs=1e-12)
