"""Names that a recipe may use and the tables that implement them are the same."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, get_args, get_type_hints

import pytest

from gansmith.game.augment import AUGMENTS, OPERATIONS
from gansmith.game.faults import LABELS, STACKED
from gansmith.game.feedbacks import FEEDBACKS
from gansmith.game.penalties import REGULARIZERS
from gansmith.game.recipe_limits import ARITHMETIC_FAULTS
from gansmith.game.torch_game import feedback_of
from gansmith.game.weights.optimizer import OPTIMIZERS, SLOTS
from gansmith.ground.penalties import WHERE
from gansmith.ground.recipes import settings
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe
from gansmith.ground.streams import PLAYERS
from gansmith.losses import LOSSES
from gansmith.nets import NETS

OF_THE_RECIPE = ("sigmoid-as-logits", "wrong-pixel-range")
"""Faults that change a recipe's networks or numbers, and no feedback."""

TABLES: list[tuple[str, Collection[str], Any]] = [
    ("losses", {*LOSSES, "own"}, settings.LossName),
    ("regularizers", REGULARIZERS, settings.RegularizerName),
    ("where penalties are taken", WHERE, settings.RegularizerName),
    ("augmentations", AUGMENTS, settings.AugmentName),
    ("operations of augmentations", OPERATIONS, settings.AugmentOperation),
    ("feedbacks", {*FEEDBACKS, "labels"}, settings.FeedbackName),
    ("faults of feedback labels", LABELS, get_type_hints(settings.FeedbackSettings)["labels"]),
    ("faults", {*STACKED, *ARITHMETIC_FAULTS, *OF_THE_RECIPE}, settings.FaultName),
    ("optimisers", OPTIMIZERS, settings.OptimizerName),
    ("optimisers' memories", SLOTS, settings.OptimizerName),
    ("networks", {*NETS, "own"}, settings.NetName),
    ("players", PLAYERS, settings.Literal["generator", "discriminator"]),
]


@pytest.mark.parametrize(("table", "names"), [row[1:] for row in TABLES], ids=[row[0] for row in TABLES])
def test_tables_equal_the_recipe_s_choices(table: Collection[str], names: Any):
    assert set(table) == set(get_args(names))


def test_every_feedback_of_the_tables_is_the_one_that_is_played():
    for name, feedback in FEEDBACKS.items():
        assert feedback_of(override(Recipe(), {"feedback.name": name, "feedback.latents": "same"})) is feedback
    for name, feedback in LABELS.items():
        assert feedback_of(override(Recipe(), {"feedback.name": "labels", "feedback.labels": name})) is feedback
    for fault, feedback in STACKED.items():
        assert feedback_of(override(Recipe(), {"feedback.name": "stacked", "faults": [fault]})) is feedback
