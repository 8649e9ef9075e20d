"""The game as a whole: what it counts, notes, freezes and shows; with items, and before it has any."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from gansmith.game.torch_game import TorchGame, freeze
from gansmith.ground import draws
from gansmith.nets.modes import Mode
from gansmith.nets.network import Network
from gansmith.nets.own import OwnNetwork
from miniatures import BATCH, CLASSES, fixed_latents, labels, play, world
from variants import new_game


def test_it_counts_the_discriminator_s_turns():
    game = new_game("vectors", feedback__discriminator_turns=3)
    assert game.state().counters["discriminator-turns"] == 0
    play(game, 1, 2)
    assert game.state().counters["discriminator-turns"] == 6


def test_one_of_unlabelled_items_has_no_classes_and_shows_samples_before_it_has_items():
    made = world("vectors")
    game = TorchGame(made.recipe, made.item_shape)
    assert game.classes == 0
    assert game.make(fixed_latents(), None).shape == (10, 2)
    assert game.discriminate(made.items[:3], labels()[:3]).logits.shape == (3,)
    game.load(made.items, labels())
    assert game.gan.items is not None
    assert game.gan.items.labels is None


def test_a_report_is_read_in_one_process():
    game = new_game("vectors")
    play(game, 1, 1)
    assert {"loss.generator", "loss.discriminator", "verdict.real", "accuracy.fake"} <= set(game.report().numbers)


@pytest.mark.parametrize(
    ("settings", "changes"),
    [
        ({"augment__name": "ada"}, 2),
        ({"augment__name": "ada", "feedback__name": "joint", "feedback__latents": "same"}, 2),
        ({"augment__name": "diffaugment"}, 0),
    ],
)
def test_the_probability_is_changed_once_in_four_turns(settings: dict[str, Any], changes: int):
    game, asked = new_game(**settings), []
    game.augmenter.adapt = lambda ranks=None: asked.append(ranks)
    play(game, 1, 8)
    assert asked == [None] * changes


@pytest.mark.parametrize("count", [0, 1])
def test_the_lowest_layers_stay_where_the_recipe_says_so(count: int):
    game = new_game("vectors", start__source="theirs", start__frozen=count)
    before = game.state().arrays
    play(game, 1, 1)
    after = game.state().arrays
    weights = [name for name in before if name.startswith("discriminator/") and name.endswith("weight")]
    moved = [not np.array_equal(before[name], after[name]) for name in weights]
    assert moved == [index >= count for index in range(len(weights))]


def test_the_lowest_layer_of_one_s_own_network_is_a_module_however_deep():
    recipe = world("vectors", start__source="theirs", start__frozen=1).recipe
    network = OwnNetwork(nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))))
    freeze(recipe, network)
    assert {name: weight.requires_grad for name, weight in network.weights().items()} == {
        "0.0.weight": False, "0.0.bias": False, "0.1.weight": True, "0.1.bias": True
    }  # fmt: skip


def test_an_average_is_measured_on_labels_by_the_sizes_of_the_clusters(monkeypatch: pytest.MonkeyPatch):
    made = world("labelled-pictures", data__labels="clusters", ema__recalibrate=2)
    made = replace(made, labels=np.where(labels() == 2, 2, 0))
    game = TorchGame(made.recipe, made.item_shape, CLASSES)
    game.load(made.items, made.labels)
    play(game, 1, 1)
    seen: list[torch.Tensor] = []
    whole = Network.forward

    def watch(self: Network, x: torch.Tensor, asked: Any = None, mode: Any = None) -> torch.Tensor:
        if mode.training:
            seen.append(asked)
        return whole(self, x, asked, mode or Mode())

    monkeypatch.setattr(Network, "forward", watch)
    game.make(fixed_latents(), labels(10))
    assert len(seen) == 2
    for batch, asked in enumerate(seen):
        expected = draws.labels(made.recipe, 0, batch, BATCH, CLASSES, made.labels)
        np.testing.assert_array_equal(asked.numpy(), expected)
        assert 1 not in asked
