"""The losses: values by hand, gradients by central differences, and calm at verdicts of +-100."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gansmith.by_hand.losses import LOSSES, sigmoid

from . import central

PARTS = [(name, part) for name in LOSSES for part in ("real", "fake", "generator")]


@pytest.mark.parametrize(("name", "part"), PARTS)
@settings(max_examples=20, deadline=None)
@given(st.integers(1, 6), st.integers(0, 1000), st.booleans())
def test_gradients(name: str, part: str, batch: int, seed: int, drawn: bool) -> None:
    rng = np.random.default_rng(seed)
    verdicts = 3 * rng.normal(size=batch)
    verdicts[np.abs(np.abs(verdicts) - 1) < 1e-3] += 0.01  # the hinges' kinks
    target = rng.uniform(0.1, 0.9, batch) if drawn else 0.9
    loss = getattr(LOSSES[name], part)
    numeric = central.gradient(lambda: loss(verdicts, target)[0], verdicts)
    assert central.error(loss(verdicts, target)[1], numeric) < 1e-6


@pytest.mark.parametrize(("name", "part"), PARTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_finite_at_a_hundred(name: str, part: str, dtype: type) -> None:
    verdicts = np.array([-100, -88.7, 0, 88.7, 100], dtype)
    value, slopes = getattr(LOSSES[name], part)(verdicts, 1.0)
    assert np.isfinite(value)
    assert np.isfinite(slopes).all()
    assert slopes.dtype == dtype


def test_values_by_hand() -> None:
    zero, two = np.zeros(2), np.array([2.0, 2.0])
    assert LOSSES["non-saturating"].real(zero, 1.0)[0] == pytest.approx(np.log(2))
    assert LOSSES["non-saturating"].fake(two, 0.0)[0] == pytest.approx(-np.log(1 - 1 / (1 + np.exp(-2))))
    assert LOSSES["minimax"].generator(two, 1.0)[0] == pytest.approx(np.log(1 - 1 / (1 + np.exp(-2))))
    assert LOSSES["least-squares"].real(two, 1.0)[0] == pytest.approx(0.5)
    assert LOSSES["hinge"].real(np.array([0.25, 3.0]), 1.0)[0] == pytest.approx(0.375)
    assert LOSSES["hinge"].fake(np.array([0.25, -3.0]), 0.0)[0] == pytest.approx(0.625)
    assert LOSSES["wasserstein"].real(two, 1.0)[0] == -2
    assert LOSSES["wasserstein"].generator(two, 1.0)[0] == -2


def test_the_sure_discriminator() -> None:
    """At a verdict of -6 the non-saturating gradient is -.9975, the minimax one -.0025: why the first is used."""
    sure = np.array([-6.0])
    assert LOSSES["non-saturating"].generator(sure, 1.0)[1][0] == pytest.approx(-0.9975, abs=5e-5)
    assert LOSSES["minimax"].generator(sure, 1.0)[1][0] == pytest.approx(-0.0025, abs=5e-5)


def test_smoothed_targets_pull_to_their_own_probability() -> None:
    """With target .9 the gradient vanishes where sigmoid(v) = .9, not at infinity."""
    best = np.log(0.9 / 0.1)
    assert LOSSES["non-saturating"].real(np.array([best]), 0.9)[1][0] == pytest.approx(0, abs=1e-12)


def test_sigmoid_keeps_its_digits() -> None:
    assert sigmoid(np.array([-100.0]))[0] == pytest.approx(np.exp(-100.0), rel=1e-12)
    assert sigmoid(np.array([100.0]))[0] == 1.0
