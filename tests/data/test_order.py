"""The order: permutations, shares of ranks, drop-last, batches larger than the store."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gansmith.data.order import Order
from gansmith.ground.errors import RecipeError


def epoch(order: Order, number: int) -> np.ndarray:
    first = number * order.batches_per_epoch
    return np.concatenate([order.rows(first + turn) for turn in range(order.batches_per_epoch)])


def test_mnist_at_batch_128_makes_468_batches():
    assert Order(60_000, 128, 0).batches_per_epoch == 468


@given(count=st.integers(1, 300), batch=st.integers(1, 40), seed=st.integers(-5, 2**40), number=st.integers(0, 50))
@settings(max_examples=60, deadline=None)
def test_an_epoch_shows_no_row_twice_and_drops_less_than_a_batch(count, batch, seed, number):
    order = Order(count, batch, seed)
    rows = epoch(order, number)
    assert rows.dtype == np.int64
    assert rows.min() >= 0
    assert rows.max() < count
    shown = np.bincount(rows, minlength=count)
    if batch <= count:
        assert shown.max() == 1
        assert count - len(rows) < batch
    else:  # whole permutations, then cut
        assert len(rows) == batch
        assert shown.max() - shown.min() <= 1
        assert sorted(rows[:count]) == list(range(count))


def test_a_small_store_is_permuted_as_often_as_the_batch_needs():
    assert [len(Order(10, batch, 0).permutation(0)) for batch in (7, 10, 25)] == [10, 10, 30]


def test_epochs_differ_and_a_seed_repeats_them():
    one, again, other = Order(100, 10, 3), Order(100, 10, 3), Order(100, 10, 4)
    assert sorted(epoch(one, 0)) == list(range(100))
    assert not np.array_equal(epoch(one, 0), epoch(one, 1))
    assert not np.array_equal(epoch(one, 0), epoch(other, 0))
    assert np.array_equal(epoch(again, 1), epoch(one, 1))  # whatever was asked for before
    assert np.array_equal(again.rows(0), one.rows(0))


@given(share=st.integers(1, 8), world=st.integers(1, 5), count=st.integers(1, 120), turn=st.integers(0, 200))
@settings(max_examples=60, deadline=None)
def test_the_ranks_shares_make_up_one_ranks_batch(share, world, count, turn):
    whole = Order(count, share * world, 7).rows(turn)
    parts = [Order(count, share * world, 7, rank, world).rows(turn) for rank in range(world)]
    assert all(len(part) == share for part in parts)
    assert np.array_equal(np.concatenate(parts), whole)


def test_turns_follow_one_another_through_updates():
    order = Order(50, 5, 1)
    by_update = np.concatenate([order.turns(update, 3) for update in range(1, 8)])
    assert by_update.shape == (21, 5)
    assert np.array_equal(by_update, np.stack([order.rows(turn) for turn in range(21)]))


def test_the_caller_may_write_into_rows():
    order = Order(20, 10, 0)
    expected = order.rows(0)
    order.rows(0)[:] = -1
    assert np.array_equal(order.rows(0), expected)


@pytest.mark.parametrize(
    ("count", "batch", "rank", "world"), [(0, 4, 0, 1), (9, 0, 0, 1), (9, 4, 2, 2), (9, 4, -1, 2), (9, 5, 0, 2)]
)
def test_meaningless_orders_are_refused(count, batch, rank, world):
    with pytest.raises(RecipeError):
        Order(count, batch, 0, rank, world)
