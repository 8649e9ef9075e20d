"""The optimisers against torch's, a hundred steps; the mistaken Adam must fail where the right one passes."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gansmith.by_hand import optimizers
from gansmith.by_hand.faults import ConstantCorrectionAdam
from gansmith.by_hand.optimizers import OPTIMIZERS, Adam, Sgd
from gansmith.ground.networks.plan import Linear, Plan
from gansmith.ground.recipes.settings import OptimizerSettings

PLAN = Plan("generator", (7,), (Linear(7, 5),))
SIZE = 40


def distance_from_torch(ours: Adam | Sgd, settings: OptimizerSettings, steps: int = 100) -> float:
    """The largest difference of any weight after so many steps down noisy gradients at varying rates."""
    rng = np.random.default_rng(0)
    weights = rng.normal(size=SIZE)
    theirs = torch.nn.Parameter(torch.tensor(weights.copy()))
    if settings.name == "adam":
        betas = settings.beta1, settings.beta2
        referee: torch.optim.Optimizer = torch.optim.Adam([theirs], settings.rate, betas, settings.epsilon)
    else:
        referee = torch.optim.SGD([theirs], settings.rate, momentum=settings.momentum)
    for step in range(steps):
        gradient = rng.normal(size=SIZE) * 10.0 ** rng.integers(-6, 2, SIZE)
        rate = settings.rate * (0.01 if step > 60 else 1.0)
        ours.step(weights, gradient, rate)
        referee.param_groups[0]["lr"] = rate
        theirs.grad = torch.tensor(gradient)
        referee.step()
    return float(np.abs(weights - theirs.detach().numpy()).max())


@pytest.mark.parametrize(
    "settings",
    [
        OptimizerSettings("adam", 1e-3, 0.5, 0.999),
        OptimizerSettings("adam", 1e-2, 0.9, 0.99, 1e-7),
        OptimizerSettings("adam", 1e-3, 0.0, 0.9),
        OptimizerSettings("sgd", 1e-2),
        OptimizerSettings("sgd", 1e-2, momentum=0.9),
    ],
    ids=str,
)
@pytest.mark.parametrize("block", [16, 1 << 16])
def test_a_hundred_steps_are_torchs(settings: OptimizerSettings, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(optimizers, "BLOCK", block)
    ours = OPTIMIZERS[settings.name](settings, PLAN, np.dtype(np.float64))
    assert distance_from_torch(ours, settings) < 1e-10
    assert ours.steps == 100


def test_a_constant_correction_fails_the_same_test() -> None:
    settings = OptimizerSettings("adam", 1e-3, 0.9, 0.999)
    mistaken = ConstantCorrectionAdam(settings, PLAN, np.dtype(np.float64))
    assert distance_from_torch(mistaken, settings) > 1e-3


def test_a_constant_correction_is_right_at_the_first_step_then_too_far_then_too_slow() -> None:
    """Under a constant gradient Adam moves by the rate, the mistaken one by (1 - .9^t) / .1 sqrt(.001 / (1 - .999^t))
    of it."""
    settings = OptimizerSettings("adam", 1e-3, 0.9, 0.999)
    mistaken = ConstantCorrectionAdam(settings, PLAN, np.dtype(np.float64))
    weights, gradient, moves = np.zeros(SIZE), np.ones(SIZE), []
    for _ in range(8000):
        before = weights[0]
        mistaken.step(weights, gradient, 1.0)
        moves.append(before - weights[0])
    assert moves[0] == pytest.approx(1.0, rel=1e-6)
    t = np.arange(1, 8001)
    assert moves == pytest.approx((1 - 0.9**t) / 0.1 * np.sqrt(0.001 / (1 - 0.999**t)), rel=1e-6)
    assert max(moves) == pytest.approx(2.07, abs=0.01)
    assert moves[-1] == pytest.approx(0.316, abs=0.001)


def test_adam_does_nothing_without_a_gradient() -> None:
    ours = Adam(OptimizerSettings(), PLAN, np.dtype(np.float64))
    weights = np.ones(SIZE)
    ours.step(weights, np.zeros(SIZE), 0.1)
    assert np.array_equal(weights, np.ones(SIZE))
