"""The rules by which weights move are torch's optimisers, to the last bit."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
import torch
from torch import Tensor, nn

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


def remembered(state: dict[Tensor, dict[str, Tensor]]) -> dict[str, list[Tensor]]:
    """What is kept of all arrays, by its name."""
    found: dict[str, list[Tensor]] = {}
    for memory in state.values():
        for slot, kept in memory.items():
            found.setdefault(slot, []).append(kept)
    return {slot: kept for slot, kept in found.items() if any(one is not None for one in kept)}
