"""Items as an engine holds them: the same numbers as `ground.pixels`, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gansmith.game.inputs.items import Items, resident
from gansmith.ground.pixels import PixelRange, to_float

CPU = torch.device("cpu")
BYTES = np.arange(256, dtype=np.uint8).reshape(2, 8, 8, 2)
SHAPE = (2, 8, 8)


@pytest.mark.parametrize("name", ["symmetric", "unit"])
def test_pixels_are_those_of_the_ground(name: PixelRange):
    batch, labels = Items(BYTES, None, name, SHAPE, CPU).batch(np.array([1, 0, 1]))
    assert (batch.shape, batch.dtype, labels) == ((3, 2, 8, 8), torch.float32, None)
    np.testing.assert_array_equal(batch.permute(0, 2, 3, 1).numpy(), to_float(BYTES, name)[[1, 0, 1]])


def test_pictures_lie_in_channels_last_memory():
    batch, _ = Items(BYTES, None, "symmetric", SHAPE, CPU).batch(np.array([0, 1]))
    assert batch.is_contiguous(memory_format=torch.channels_last)


def test_vectors_and_labels_pass_unchanged():
    vectors = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
    batch, labels = Items(vectors, np.arange(5), "symmetric", (3,), CPU).batch(np.array([4, 2]))
    np.testing.assert_array_equal(batch.numpy(), vectors[[4, 2]])
    assert labels is not None
    assert labels.tolist() == [4, 2]


def test_batches_are_copies():
    batch, _ = Items(BYTES, None, "unit", SHAPE, CPU).batch(np.array([0]))
    batch.zero_()
    assert BYTES.max() == 255


def test_double_precision():
    batch, _ = Items(BYTES, None, "symmetric", SHAPE, CPU, torch.float64).batch(np.array([1]))
    assert batch.dtype == torch.float64
    assert float(batch.max()) == pytest.approx(1, abs=1e-12)


def test_pictures_larger_than_the_networks_have_rows_and_columns_to_spare():
    assert Items(BYTES, None, "unit", (2, 5, 6), CPU).spare == (3, 2)
    assert Items(BYTES, None, "unit", SHAPE, CPU).spare == (0, 0)
    assert Items(np.zeros((4, 3), np.float32), None, "unit", (3,), CPU).spare == (0, 0)


def test_items_on_the_device_are_gathered_there():
    """The host hands over where they lie, or else the items themselves; what is computed from is the same."""
    items, rows = Items(BYTES, None, "unit", SHAPE, CPU), np.array([1, 0, 1])
    assert items.resident is None
    np.testing.assert_array_equal(items.gather(rows), BYTES[rows])
    expected, _ = items.batch(rows)
    items.resident = resident(BYTES, CPU, rows=1)
    np.testing.assert_array_equal(items.gather(rows), rows)
    found, _ = items.batch(rows)
    assert torch.equal(found, expected)
