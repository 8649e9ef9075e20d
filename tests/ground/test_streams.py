"""Stateless random streams: everything is a function of (seed, stream, update, turn)."""

from __future__ import annotations

import random
from itertools import combinations
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gansmith.ground import streams
from gansmith.ground.recipes.settings import DistributionName

LAWS = get_args(DistributionName)
NAMES = get_args(streams.Stream)


def draw(seed: int = 0, stream: streams.Stream = "latents", update: int = 0, turn: int = 0) -> np.ndarray:
    return streams.generator(seed, stream, update, turn).standard_normal(2000)


def test_a_draw_is_a_function_of_its_key_alone():
    first = draw(3, "labels", 5, 1)
    np.random.default_rng(0).standard_normal(10)
    np.testing.assert_array_equal(draw(3, "labels", 5, 1), first)


def test_the_numbers_are_these():
    """Frozen: another number here would break every stored run."""
    assert streams.key(0, "latents") == 0xCAFDA639D225BFD7917390A4C5A1742E
    assert streams.generator(0, "latents", 1, 0).integers(0, 1000, 5).tolist() == [282, 780, 141, 988, 840]
    assert streams.word(0, "dropout", 1) == 753345295
    assert np.packbits(streams.keep_mask((4, 8), 0.5, 12345)).tolist() == [219, 223, 145, 82]


def lowbias32(x: int) -> int:
    """The published hash, in whole numbers."""
    x ^= x >> 16
    x = x * 0x7FEB352D & 0xFFFFFFFF
    x ^= x >> 15
    x = x * 0x846CA68B & 0xFFFFFFFF
    return x ^ x >> 16


@given(st.integers(1, 30), st.integers(1, 7), st.integers(0, 2**31 - 2), st.integers(0, 10**6))
def test_the_mask_is_the_published_hash(rows: int, columns: int, key: int, first_row: int):
    mask = streams.keep_mask((rows, columns), 0.3, key, first_row)
    start = first_row * columns
    expected = [lowbias32((start + i) ^ key) / 2**32 >= 0.3 for i in range(rows * columns)]
    assert mask.ravel().tolist() == expected


@pytest.mark.parametrize("law", LAWS)
@given(count=st.integers(1, 40), more=st.integers(0, 40), dim=st.integers(1, 33))
def test_the_first_rows_of_many_are_the_rows_of_few(law: str, count: int, more: int, dim: int):
    few = streams.latents(streams.generator(1, "samples"), law, (count, dim))
    many = streams.latents(streams.generator(1, "samples"), law, (count + more, dim))
    assert few.dtype == np.float32
    np.testing.assert_array_equal(many[:count], few)


KEYS = [
    {"seed": 0},
    {"seed": 1},
    {"seed": -1},
    {"seed": 2**70},
    {"update": 1},
    {"update": 2**40},
    {"turn": 1},
    {"turn": 2},
    {"update": 1, "turn": 1},
    *({"stream": name} for name in NAMES if name != "latents"),
]


def test_different_keys_draw_different_and_uncorrelated_numbers():
    drawn = [draw(**key) for key in KEYS]
    for one, other in combinations(range(len(drawn)), 2):
        assert np.intersect1d(drawn[one], drawn[other]).size == 0, (KEYS[one], KEYS[other])
        assert abs(np.corrcoef(drawn[one], drawn[other])[0, 1]) < 0.12, (KEYS[one], KEYS[other])


def test_neighbouring_updates_do_not_overlap():
    """A counter that advanced by the update would repeat the next update's numbers one block later."""
    long = streams.generator(0, "latents", 1).integers(0, 2**63, 10_000)
    for update, turn in ((0, 0), (2, 0), (1, 1), (3, 0)):
        other = streams.generator(0, "latents", update, turn).integers(0, 2**63, 10_000)
        assert np.intersect1d(long, other).size == 0


@pytest.mark.parametrize(
    ("law", "low", "high", "mean", "deviation"),
    [("normal", -6, 6, 0, 1), ("uniform", -1, 1, 0, 3**-0.5), ("unit", 0, 1, 0.5, 12**-0.5)],
)
def test_the_laws_of_latents(law: str, low: float, high: float, mean: float, deviation: float):
    drawn = streams.latents(streams.generator(5, "latents", 3), law, (10_000, 10))
    assert drawn.min() >= low
    assert drawn.max() <= high
    assert drawn.mean(dtype=float) == pytest.approx(mean, abs=0.012)
    assert drawn.std(dtype=float) == pytest.approx(deviation, rel=0.01)
    fourth = ((drawn.astype(float) - mean) ** 4).mean() / deviation**4
    assert fourth == pytest.approx(3 if law == "normal" else 1.8, rel=0.03)
    if law != "normal":  # the whole interval is filled evenly
        counts, _ = np.histogram(drawn, 20, (low, high))
        np.testing.assert_allclose(counts, 5000, rtol=0.07)


def test_every_law_that_a_recipe_may_name_is_tested():
    assert set(LAWS) == {"normal", "uniform", "unit"}


@pytest.mark.parametrize("rate", [0.0, 0.1, 0.3, 0.5, 0.9])
@pytest.mark.parametrize("key", [0, 1, 12345, 2**31 - 2])
def test_dropout_keeps_its_share(rate: float, key: int):
    mask = streams.keep_mask((200, 500), rate, key)
    assert mask.dtype == bool
    assert mask.mean() == pytest.approx(1 - rate, abs=0.006)
    if rate:
        assert abs(np.corrcoef(mask[:, 0::2].ravel(), mask[:, 1::2].ravel())[0, 1]) < 0.02
        assert abs(np.corrcoef(mask[0::2].ravel(), mask[1::2].ravel())[0, 1]) < 0.02


@pytest.mark.parametrize(("one", "other"), [(1, 2), (7, 8), (0, 2**20)])
def test_two_keys_give_independent_masks(one: int, other: int):
    first, second = (streams.keep_mask((200, 500), 0.5, key).ravel() for key in (one, other))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.02


@given(
    shape=st.tuples(st.integers(2, 12), st.integers(1, 7), st.integers(1, 5)),
    cut=st.integers(1, 11),
    key=st.integers(0, 2**31 - 2),
)
def test_a_rank_draws_its_own_rows_of_one_mask(shape: tuple[int, ...], cut: int, key: int):
    cut = min(cut, shape[0] - 1)
    whole = streams.keep_mask(shape, 0.4, key)
    np.testing.assert_array_equal(streams.keep_mask((cut, *shape[1:]), 0.4, key), whole[:cut])
    np.testing.assert_array_equal(streams.keep_mask((shape[0] - cut, *shape[1:]), 0.4, key, cut), whole[cut:])


def test_words_fit_into_31_bits_and_differ():
    words = {streams.word(0, "dropout", update, turn) for update in range(50) for turn in range(6)}
    assert len(words) == 300
    assert all(0 <= word < 2**31 for word in words)


def test_no_global_generator_is_touched():
    random.seed(1)
    np.random.seed(1)
    before = random.getstate(), np.random.get_state()[1].tolist()
    draw()
    streams.keep_mask((3, 3), 0.5, 1)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before
