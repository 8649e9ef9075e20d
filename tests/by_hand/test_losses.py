"""The losses: values by hand, gradients by central differences, finite at logits of +-100."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gansmith.losses import LOSSES, Targets
from gansmith.losses.logits import sigmoid

from . import central

NUMPY = {name: loss.numpy for name, loss in LOSSES.items() if loss.numpy}
PARTS = [(name, part) for name in NUMPY for part in ("real", "fake", "generator")]


@pytest.mark.parametrize(("name", "part"), PARTS)
@settings(max_examples=20, deadline=None)
@given(st.integers(1, 6), st.integers(0, 1000), st.booleans())
def test_gradients(name: str, part: str, batch: int, seed: int, drawn: bool) -> None:
    rng = np.random.default_rng(seed)
    logits = 3 * rng.normal(size=batch)
    logits[np.abs(np.abs(logits) - 1) < 1e-3] += 0.01  # the hinges' kinks
    target = rng.uniform(0.1, 0.9, batch) if drawn else 0.9
    loss = getattr(NUMPY[name], part)
    numeric = central.gradient(lambda: loss(logits, target)[0], logits)
    assert central.error(loss(logits, target)[1], numeric) < 1e-6


@pytest.mark.parametrize(("name", "part"), PARTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_finite_at_a_hundred(name: str, part: str, dtype: type) -> None:
    logits = np.array([-100, -88.7, 0, 88.7, 100], dtype)
    value, gradients = getattr(NUMPY[name], part)(logits, 1.0)
    assert np.isfinite(value)
    assert np.isfinite(gradients).all()
    assert gradients.dtype == dtype


def test_values_by_hand() -> None:
    zero, two = np.zeros(2), np.array([2.0, 2.0])
    assert NUMPY["non-saturating"].real(zero, 1.0)[0] == pytest.approx(np.log(2))
    assert NUMPY["non-saturating"].fake(two, 0.0)[0] == pytest.approx(-np.log(1 - 1 / (1 + np.exp(-2))))
    assert NUMPY["minimax"].generator(two, 1.0)[0] == pytest.approx(np.log(1 - 1 / (1 + np.exp(-2))))
    assert NUMPY["least-squares"].real(two, 1.0)[0] == pytest.approx(0.5)
    assert NUMPY["hinge"].real(np.array([0.25, 3.0]), 1.0)[0] == pytest.approx(0.375)
    assert NUMPY["hinge"].fake(np.array([0.25, -3.0]), 0.0)[0] == pytest.approx(0.625)
    assert NUMPY["wasserstein"].real(two, 1.0)[0] == -2
    assert NUMPY["wasserstein"].generator(two, 1.0)[0] == -2


def test_the_sure_discriminator() -> None:
    """At a logit of -6 the non-saturating gradient is -.9975, the minimax one -.0025: why the first is used."""
    sure = np.array([-6.0])
    assert NUMPY["non-saturating"].generator(sure, 1.0)[1][0] == pytest.approx(-0.9975, abs=5e-5)
    assert NUMPY["minimax"].generator(sure, 1.0)[1][0] == pytest.approx(-0.0025, abs=5e-5)


def test_smoothed_targets_pull_to_their_own_probability() -> None:
    """With target .9 the gradient vanishes where sigmoid(v) = .9, not at infinity."""
    best = np.log(0.9 / 0.1)
    assert NUMPY["non-saturating"].real(np.array([best]), 0.9)[1][0] == pytest.approx(0, abs=1e-12)


def test_sigmoid_keeps_its_digits() -> None:
    assert sigmoid(np.array([-100.0]))[0] == pytest.approx(np.exp(-100.0), rel=1e-12)
    assert sigmoid(np.array([100.0]))[0] == 1.0


@pytest.mark.parametrize("name", NUMPY)
def test_both_engines_compute_the_same_loss_and_gradient(name: str) -> None:
    """The discriminator's and the generator's loss and gradients, in float64, with a target for each item."""
    rng = np.random.default_rng(1)
    real, fake = 3 * rng.normal(size=7), 3 * rng.normal(size=7)
    targets = {part: rng.uniform(0.1, 0.9, 7) for part in ("real", "fake", "generator")}
    in_torch = Targets(*(torch.tensor(target) for target in targets.values()))
    on_real, on_fake = torch.tensor(real, requires_grad=True), torch.tensor(fake, requires_grad=True)
    loss, ours = LOSSES[name], NUMPY[name]

    value = loss.discriminator(on_real, on_fake, in_torch)
    parts = ours.real(real, targets["real"]), ours.fake(fake, targets["fake"])
    assert float(value.detach()) == pytest.approx(parts[0][0] + parts[1][0], rel=1e-12)
    for (_, gradient), theirs in zip(parts, torch.autograd.grad(value, (on_real, on_fake)), strict=True):
        np.testing.assert_allclose(gradient, theirs, rtol=1e-9, atol=1e-15)

    value = loss.generator(on_fake, None, in_torch)
    mine, gradient = ours.generator(fake, targets["generator"])
    assert float(value.detach()) == pytest.approx(mine, rel=1e-12)
    np.testing.assert_allclose(gradient, torch.autograd.grad(value, on_fake)[0], rtol=1e-9, atol=1e-15)
