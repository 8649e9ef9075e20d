"""Packs: rows that a discriminator judges together, alike in both engines."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from gansmith.by_hand.layers import Pass
from gansmith.by_hand.network import LAYERS as BY_HAND
from gansmith.ground.networks.plan import Pack, Plan
from gansmith.nets.network import Network

RNG = np.random.default_rng(0)


def built(count: int, features: int) -> Network:
    """One layer, in float64."""
    return Network(Plan("discriminator", (features,), (Pack(count),)), {}, torch.float64)


@pytest.mark.parametrize(("rows", "count"), [(6, 2), (6, 3), (7, 3), (1, 4), (5, 1)])
def test_packs_are_one_thing_in_both_engines(rows: int, count: int):
    x = RNG.normal(size=(rows, 3))
    ours = built(count, 3)(torch.tensor(x)).numpy()
    assert np.array_equal(ours, BY_HAND[Pack](Pack(count), 0).forward(x, {}, Pass()))
    assert np.array_equal(ours[:, :3], x), "each row first"
    assert {tuple(row) for row in ours[:count].reshape(-1, 3)} == {tuple(row) for row in x[:count]}, (
        "and its pack alone"
    )


def test_packs_have_both_derivatives():
    network = built(3, 2)
    x = torch.tensor(RNG.normal(size=(5, 2)), requires_grad=True)
    assert gradcheck(network, x)
    assert gradgradcheck(lambda items: network(items).square(), x)
