"""The rules by which weights move are torch's optimisers, to the last bit."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gansmith.game.weights import rules
from gansmith.game.weights.rules import Adam, RmsProp, Rule, Sgd, Steps

RATE = 0.01
Theirs = Callable[[Iterable[nn.Parameter]], torch.optim.Optimizer]
PAIRS: dict[str, tuple[Rule, Theirs]] = {
    "adam": (Adam(0.5, 0.9, 1e-6), lambda w: torch.optim.Adam(w, betas=(0.5, 0.9), eps=1e-6, fused=True)),
    "adam, one by one": (Adam(0.9, 0.99, fused=False), lambda w: torch.optim.Adam(w, betas=(0.9, 0.99))),
    "adam with decay": (Adam(0.9, 0.999, decay=0.1), lambda w: torch.optim.AdamW(w, weight_decay=0.1, fused=True)),
    "sgd": (Sgd(0.0), lambda w: torch.optim.SGD(w, fused=True)),
    "sgd with momentum": (Sgd(0.9), lambda w: torch.optim.SGD(w, momentum=0.9, fused=True)),
    "rmsprop": (RmsProp(0.9, 1e-6, 0.0), lambda w: torch.optim.RMSprop(w, alpha=0.9, eps=1e-6, foreach=True)),
    "rmsprop with momentum": (
        RmsProp(0.9, 1e-6, 0.5),
        lambda w: torch.optim.RMSprop(w, alpha=0.9, eps=1e-6, momentum=0.5, foreach=True),
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_rule_moves_as_torchs_optimiser_does(name: str):
    """At changing rates; one array is without a gradient."""
    rule, make = PAIRS[name]
    ours, theirs = ([nn.Parameter(torch.linspace(-1, 1, size)) for size in (5, 33, 2)] for _ in range(2))
    steps, optimizer = Steps(rule, ours), make(theirs)
    for update in range(1, 6):
        rate = RATE / update
        optimizer.param_groups[0]["lr"] = rate
        for mine, other in zip(ours[:2], theirs[:2], strict=True):
            gradient = torch.randn(mine.shape)
            mine.grad, other.grad = gradient.clone(), gradient.clone()
        steps.step(rate)
        optimizer.step()
        assert all(torch.equal(mine, other) for mine, other in zip(ours, theirs, strict=True))
    assert ours[0].requires_grad
    assert torch.equal(ours[2], torch.linspace(-1, 1, 2))
    assert {slot: len(memory) for slot, memory in remembered(steps.state).items()} == {
        slot: len(memory) for slot, memory in remembered(optimizer.state).items()
    }


def test_adam_divides_by_no_less_than_a_hundred_millionth():
    """Where gradients are as small as epsilon it decides: at a gradient of 1e-8 half of the rate."""
    assert float(moved(Adam(0.0, 0.9), 1e-8)) == pytest.approx(-RATE / 2, rel=1e-3)
    assert float(moved(Adam(0.0, 0.9, 1e-6), 1e-8)) == pytest.approx(-RATE / 101, rel=1e-3)


def moved(rule: Rule, gradient: float) -> Tensor:
    """Where the first step leads from 0."""
    weight = nn.Parameter(torch.zeros(1))
    weight.grad = torch.full((1,), gradient)
    Steps(rule, [weight]).step(RATE)
    return weight.detach()


ASKED: dict[str, dict[str, Any]] = {
    "adam": {"fused": True, "capturable": False, "decoupled_weight_decay": False},
    "adam, one by one": {"fused": None},
    "adam with decay": {"fused": True, "decoupled_weight_decay": True},
    "sgd": {"fused": True},
    "rmsprop": {"foreach": True, "capturable": False},
}


@pytest.mark.parametrize("name", ASKED)
def test_torch_is_asked_for_one_pass_over_all_arrays(name: str, monkeypatch: pytest.MonkeyPatch):
    """The steps are the same without it, and slower."""
    asked: dict[str, Any] = {}
    monkeypatch.setattr(rules, name.split(",")[0].split()[0], lambda *_, **options: asked.update(options))
    moved(PAIRS[name][0], 1.0)
    assert {option: asked[option] for option in ASKED[name]} == ASKED[name]


def remembered(state: dict[Tensor, dict[str, Tensor]]) -> dict[str, list[Tensor]]:
    """What is kept of all arrays, by its name."""
    found: dict[str, list[Tensor]] = {}
    for memory in state.values():
        for slot, kept in memory.items():
            found.setdefault(slot, []).append(kept)
    return {slot: kept for slot, kept in found.items() if any(one is not None for one in kept)}
