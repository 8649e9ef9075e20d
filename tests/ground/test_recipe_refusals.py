"""Values and combinations without meaning are refused by name, whatever engine or data comes later."""

from __future__ import annotations

from typing import Any

import pytest

from gansmith.ground.errors import RecipeError
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe

ABOVE_ZERO = [
    "data.batch",
    "latent.dim",
    "feedback.discriminator_turns",
    "feedback.generator_turns",
    "regularizer.interval",
    "watch.stats_every",
    "watch.samples",
    "watch.keep",
    "augment.ramp_images",
    "optimizer.generator.rate",
    "optimizer.discriminator.rate",
    "optimizer.generator.epsilon",
    "loss.discriminator_scale",
    "generator.norm_epsilon",
    "generator.initial_scale",
]
NOT_NEGATIVE = [
    "data.first",
    "data.crop",
    "latent.classes_drawn",
    "threads",
    "regularizer.gamma",
    "optimizer.generator.momentum",
    "optimizer.discriminator.momentum",
    "generator.slope",
    "discriminator.slope",
    "schedule.start",
    "schedule.every",
    "schedule.factor",
    "ema.half_life",
    "ema.ramp_up",
    "watch.samples_every",
    "watch.checkpoint_every",
    "watch.checkpoint_epochs",
]
BELOW_ONE = [
    "generator.dropout",
    "discriminator.dropout",
    "optimizer.generator.beta1",
    "optimizer.generator.beta2",
    "optimizer.discriminator.beta1",
    "optimizer.discriminator.beta2",
]


def refusal(**settings: Any) -> str:
    """The one line with which these settings are refused."""
    with pytest.raises(RecipeError) as caught:
        override(Recipe(), {name.replace("__", "."): value for name, value in settings.items()})
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize("value", [0, -1])
@pytest.mark.parametrize("name", ABOVE_ZERO)
def test_above_zero(name: str, value: int):
    message = refusal(**{name: value})
    assert name in message
    assert str(value) in message


@pytest.mark.parametrize("name", NOT_NEGATIVE)
def test_not_negative(name: str):
    assert name in refusal(**{name: -1})
    override(Recipe(), {name: 0})


@pytest.mark.parametrize("name", BELOW_ONE)
def test_a_share_below_one(name: str):
    for value in (1, -0.1):
        assert name.rsplit(".", 1)[1] in refusal(**{name: value})
    override(Recipe(), {name: 0})
    override(Recipe(), {name: 0.999})


@pytest.mark.parametrize("player", ["generator", "discriminator"])
@pytest.mark.parametrize("name", ["widths", "kernels", "strides"])
def test_layers_have_a_size(player: str, name: str):
    assert name in refusal(**{f"{player}.{name}": [4, 0]})


@pytest.mark.parametrize("name", ["loss.real", "loss.fake", "loss.generator"])
@pytest.mark.parametrize("target", [[0.9], [0.1, 0.5, 0.9], [1.0, 0.9], [], [0.5, 1.1], [-0.1, 0.5]])
def test_a_target_is_an_interval_of_probabilities(name: str, target: list[float]):
    assert name in refusal(**{name: target})


def test_a_target_may_be_a_point_or_an_interval():
    recipe = override(Recipe(), {"loss.real": [0.9, 0.9], "loss.fake": [0, 0.1], "loss.generator": [0, 1]})
    assert recipe.loss.fake == (0.0, 0.1)


@pytest.mark.parametrize(
    "budget",
    [
        {"updates": 5, "epochs": 2},
        {"images": 5, "minutes": 2},
        {"updates": 1, "images": 1, "epochs": 1, "minutes": 1},
        {"updates": -5},
        {"minutes": -0.5},
        {"updates": 5, "epochs": -1},
    ],
)
def test_one_budget(budget: dict[str, float]):
    message = refusal(**{f"budget.{name}": value for name, value in budget.items()})
    assert "exactly one of updates, images, epochs, minutes" in message
    for name in budget:
        assert name in message


@pytest.mark.parametrize("name", ["updates", "images", "epochs", "minutes"])
def test_each_budget_alone_is_fine(name: str):
    assert getattr(override(Recipe(), {f"budget.{name}": 3}).budget, name) == 3


RANGES = {"tanh": "symmetric", "sigmoid": "unit", "linear": None}


@pytest.mark.parametrize("pixels", ["symmetric", "unit"])
@pytest.mark.parametrize(("output", "fitting"), RANGES.items())
def test_the_last_activation_reaches_the_pixels(output: str, fitting: str | None, pixels: str):
    settings = {"generator.output": output, "data.pixels": pixels}
    if fitting in (None, pixels):
        assert override(Recipe(), settings).generator.output == output
    else:
        message = refusal(**settings)
        assert f"generator.output = '{output}'" in message
        assert f"data.pixels={fitting}" in message


@pytest.mark.parametrize("loss", ["non-saturating", "minimax", "hinge"])
@pytest.mark.parametrize("output", ["sigmoid", "tanh"])
def test_losses_take_logits(loss: str, output: str):
    settings: dict[str, Any] = {"discriminator.output": output, "loss.name": loss}
    message = refusal(**settings)
    assert loss in message
    assert "discriminator.output=linear" in message


def test_probabilities_as_logits_only_on_purpose():
    settings = {"discriminator.output": "sigmoid", "faults": ["sigmoid-as-logits"]}
    assert override(Recipe(), settings).faults == ("sigmoid-as-logits",)


WITHOUT_MEANING: list[tuple[dict[str, Any], list[str]]] = [
    ({"loss.name": "hinge", "loss.real": 0.9}, ["loss.real"]),
    ({"regularizer.name": "gradient-penalty", "discriminator.norm": "batch"}, ["discriminator.norm=none"]),
    ({"feedback.name": "joint", "feedback.latents": "fresh"}, ["joint", "feedback.latents=same"]),
    (
        {"feedback.name": "joint", "feedback.latents": "same", "feedback.generator_turns": 2},
        ["joint", "both turns to 1"],
    ),
    ({"faults": ["never-frozen"]}, ["never-frozen", "feedback.name=stacked"]),
    ({"faults": ["never-trained"], "feedback.name": "labels"}, ["never-trained", "feedback.name=stacked"]),
]


@pytest.mark.parametrize(("settings", "words"), WITHOUT_MEANING)
def test_combinations_without_meaning(settings: dict[str, Any], words: list[str]):
    message = refusal(**settings)
    for word in words:
        assert word in message


@pytest.mark.parametrize(
    "settings",
    [
        {"faults": ["never-frozen", "never-trained"], "feedback.name": "stacked"},
        {"regularizer.name": "gradient-penalty", "generator.norm": "batch"},
    ],
)
def test_their_neighbours_have_one(settings: dict[str, Any]):
    assert override(Recipe(), settings)
