"""One seed, one picture: latents and classes in JavaScript are those of Python."""

from __future__ import annotations

import hashlib
import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scripts_in_page import load

from gansmith.ground import streams
from gansmith.ground.labelling import Labelling

SEEDS = (0, 1, -5, 2**40 + 1, -(10**30))


@pytest.fixture(scope="module")
def draws(browser: Any) -> Any:
    """A page that knows the random numbers."""
    page = browser.new_context(offline=True).new_page()
    load(page, "engine/latents.js")
    return page


@pytest.mark.parametrize("text", ["", "abc", "7/samples", "x" * 55, "x" * 56, "x" * 64, "é" * 100])
def test_the_hash_is_sha256(text: str, draws: Any):
    hexadecimal = "(text) => Array.from({length: 32}, (_, i) => sha256(text).getUint8(i))"
    assert bytes(draws.evaluate(hexadecimal, text)) == hashlib.sha256(text.encode()).digest()


@pytest.mark.parametrize("seed", SEEDS)
def test_streams_have_the_same_bits(seed: int, draws: Any):
    words = draws.evaluate(
        "(seed) => { const s = new Stream(seed, 'samples'); return Array.from({length: 9}, () => s.uint32()); }",
        str(seed),
    )
    expected = streams.generator(seed, "samples").integers(0, 2**32, 9, dtype=np.uint32)
    assert words == expected.tolist()


LATENTS = """([seed, law, count]) => Array.from(latentOf(seed, {law, dim: count}))"""


@pytest.mark.parametrize("law", ["uniform", "unit"])
@pytest.mark.parametrize("seed", SEEDS)
def test_even_latents_are_the_same(law: str, seed: int, draws: Any):
    made = draws.evaluate(LATENTS, [str(seed), law, 100])
    assert made == streams.latents(streams.generator(seed, "samples"), law, (1, 100))[0].tolist()


def test_normal_latents_are_the_same(draws: Any):
    """Enough of them for every layer of the ziggurat, its edges and its tail; those are rounded by the machine's exp and log."""
    made = np.array(draws.evaluate(LATENTS, ["11", "normal", 200_000]), np.float32)
    expected = streams.latents(streams.generator(11, "samples"), "normal", (200_000,))
    np.testing.assert_allclose(made, expected, rtol=1e-6, atol=0)
    assert (made == expected).mean() > 0.9999
    assert np.abs(expected).max() > 3.7  # the tail begins at 3.65


CASES = list(itertools.product((1, 2, 3, 10, 1000), (0, 1, 17, 99)))


@pytest.mark.parametrize(("classes", "seed"), CASES)
def test_classes_are_the_same(classes: int, seed: int, draws: Any):
    first = int(streams.generator(seed, "sample-labels").integers(classes))
    made = draws.evaluate("([seed, classes]) => labelOf(seed, classes, [])", [str(seed), classes])
    assert made == Labelling(classes).spread(1, first)[0]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 50), min_size=1, max_size=9).filter(any), st.integers(0, 1000))
def test_groups_are_drawn_by_their_sizes(draws: Any, counts: list[int], seed: int):
    labelling = Labelling(len(counts), tuple(counts))
    first = int(streams.generator(seed, "sample-labels").integers(len(counts)))
    made = draws.evaluate("([seed, counts]) => labelOf(seed, counts.length, counts)", [str(seed), counts])
    assert made == labelling.spread(1, first)[0]


def test_a_seed_that_is_no_number_is_no_seed(draws: Any):
    assert (
        draws.evaluate("() => { try { latentOf('x', {law: 'unit', dim: 1}); } catch (e) { return e.name; } }")
        == "SyntaxError"
    )
