"""Items as an engine holds them: the same numbers as `ground.pixels`, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gansmith.game.inputs import items as held
from gansmith.game.inputs.items import Items, resident, windows
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
    assert Items(np.zeros((2, 9, 7, 1), np.uint8), None, "unit", (1, 8, 4), CPU).spare == (1, 3)
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


def test_windows_are_cut_where_they_begin():
    pictures = torch.arange(2 * 4 * 5 * 3).reshape(2, 4, 5, 3)
    cut = windows(pictures, torch.tensor([[0, 2], [1, 0]]), (3, 2))
    assert torch.equal(cut[0], pictures[0, 0:3, 2:4])
    assert torch.equal(cut[1], pictures[1, 1:4, 0:2])


def test_numbers_with_places_come_channels_first():
    signals = np.arange(24, dtype=np.float32).reshape(2, 1, 4, 3)
    batch, _ = Items(signals, None, "symmetric", (3, 1, 4), CPU).batch(np.array([1, 0]))
    np.testing.assert_array_equal(batch.numpy(), signals[[1, 0]].transpose(0, 3, 1, 2))


@pytest.mark.parametrize(
    ("device", "free", "kept"),
    [("cpu", 10**9, False), ("cuda", 512, True), ("cuda", 511, False), ("cuda", 513, True), ("mps", 0, True)],
)
def test_a_gpu_keeps_items_that_take_at_most_half_of_its_free_memory(
    device: str, free: int, kept: bool, monkeypatch: pytest.MonkeyPatch
):
    """256 bytes. The first of what a GPU says of its memory is what is free."""
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda asked: (free, 10**6) if asked.type == "cuda" else (0, 0))
    monkeypatch.setattr(held, "resident", lambda items, where: torch.as_tensor(items))
    assert (Items(BYTES, None, "unit", SHAPE, torch.device(device)).resident is not None) is kept


def test_a_gpu_that_refuses_the_items_gets_them_batch_by_batch(monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError

    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda _: (10**6, 10**6))
    monkeypatch.setattr(held, "resident", full)
    assert Items(BYTES, None, "unit", SHAPE, torch.device("cuda")).resident is None


@pytest.mark.parametrize("rows", [1, 2, 3, 5, 7, 4096])
def test_items_are_sent_in_parts_and_all_of_them(rows: int):
    items = np.arange(35, dtype=np.float32).reshape(7, 5)
    sent = resident(items, CPU, rows)
    assert sent.dtype == torch.float32
    np.testing.assert_array_equal(sent.numpy(), items)
