"""The end of a generator of categories: the same numbers in both engines, and with noise real draws."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gansmith.by_hand.layers import Pass
from gansmith.by_hand.network import LAYERS
from gansmith.ground import streams
from gansmith.ground.networks.plan import GroupedSoftmax, Plan
from gansmith.ground.recipes.settings import LatentSettings, NetSettings, Recipe
from gansmith.nets import plan_generator
from gansmith.nets.layers.softmax import gumbel
from gansmith.nets.modes import INFERENCE, Mode
from gansmith.nets.network import Network

KEY = 77


def through_torch(layer: GroupedSoftmax, x: np.ndarray, mode: Mode) -> np.ndarray:
    """The layer's output on x (B, C) or (B, H, W, C)."""
    given = torch.tensor(np.moveaxis(x, -1, 1))
    made = Network(Plan("generator", tuple(given.shape[1:]), (layer,)), {}, torch.float64)(given, None, mode)
    return np.moveaxis(made.numpy(), 1, -1)


@pytest.mark.parametrize("groups", [(3, 1, 1, 4), (1, 1), (9,), (1, 2, 3, 3)])
@pytest.mark.parametrize("places", [(), (2, 3)])
def test_both_engines_are_one(groups: tuple[int, ...], places: tuple[int, ...]):
    layer = GroupedSoftmax(groups, 0.2)
    x = np.random.default_rng(1).normal(size=(5, *places, sum(groups)))
    for training in (False, True):
        hand = LAYERS[GroupedSoftmax](layer, 0).forward(x, {}, Pass(training=training, dropout_key=lambda _: KEY))
        mode = Mode(training=True, dropout_keys={0: KEY}) if training else INFERENCE
        np.testing.assert_allclose(through_torch(layer, x, mode), hand, rtol=1e-12)
        for span in layer.spans():
            np.testing.assert_allclose(hand[..., span].sum(-1), 1)
        single = np.repeat(np.array(groups) == 1, groups)
        np.testing.assert_array_equal(hand[..., single], x[..., single])


def test_noise_is_the_same_on_other_devices_and_in_any_rows():
    whole = streams.gumbel((8, 2, 3, 4), KEY)
    x = torch.empty(3, 4, 2, 3)
    for number in (KEY, torch.tensor(KEY, dtype=torch.int32)):  # the second is hashed by torch, as on other devices
        made = gumbel(x, number, 5).movedim(1, -1)
        np.testing.assert_allclose(made.numpy(), whole[5:], rtol=1e-4, atol=1e-6)
    both = gumbel(torch.empty(4, 4, 2, 3), KEY, (1, 6)).movedim(1, -1).numpy()
    np.testing.assert_array_equal(both, whole[[1, 2, 6, 7]])


def test_noise_has_gumbels_law():
    from scipy.stats import kstest

    assert kstest(streams.gumbel((20_000, 1), KEY).ravel(), "gumbel_r").pvalue > 0.001


def test_with_noise_categories_come_by_their_probabilities():
    """The largest of three channels is a draw from softmax(x) (Gumbel 1954); nearly all of it, since the temperature is low."""
    x = np.tile(np.log([0.6, 0.3, 0.1]), (20_000, 1))
    made = through_torch(GroupedSoftmax((3,), 0.05), x, Mode(training=True, dropout_keys={0: KEY}))
    np.testing.assert_allclose(np.bincount(made.argmax(1)) / len(x), [0.6, 0.3, 0.1], atol=0.02)
    assert np.median(made.max(1)) > 0.999
    np.testing.assert_allclose(through_torch(GroupedSoftmax((3,), 0.05), x, INFERENCE)[0], [0.6, 0.3, 0.1])


def test_a_pass_in_training_asks_for_its_key():
    with pytest.raises(ValueError, match="needs its keys"):
        through_torch(GroupedSoftmax((3,), 0.2), np.zeros((1, 3)), Mode(training=True))
    through_torch(GroupedSoftmax((3,)), np.zeros((1, 3)), Mode(training=True))


@pytest.mark.parametrize(("shape", "groups", "made"), [((6,), (1, 5), (1, 5)), ((4, 1, 8), (), (4,))])
def test_a_recipe_asks_for_it(shape: tuple[int, ...], groups: tuple[int, ...], made: tuple[int, ...]):
    settings = NetSettings(net="dense", widths=(8,), output="softmax", groups=groups, gumbel=0.2)
    plan = plan_generator(Recipe(latent=LatentSettings(dim=3), generator=settings), shape, 0)
    assert plan.output_shape == shape
    assert plan.layers[-1] == GroupedSoftmax(made, 0.2)
