"""Names that a recipe may use and the tables that implement them are the same."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, get_args

import pytest
from gansmith.game.feedback import FEEDBACKS
from gansmith.game.regularizers import REGULARIZERS

from gansmith.game.augment import AUGMENTS, OPERATIONS
from gansmith.game.player import OPTIMIZERS, SLOTS
from gansmith.ground.recipes import settings
from gansmith.ground.streams import PLAYERS
from gansmith.losses import LOSSES
from gansmith.nets import NETS

TABLES: list[tuple[str, Collection[str], Any]] = [
    ("losses", LOSSES, settings.LossName),
    ("regularizers", REGULARIZERS, settings.RegularizerName),
    ("augmentations", AUGMENTS, settings.AugmentName),
    ("operations of augmentations", OPERATIONS, settings.AugmentOperation),
    ("feedbacks", FEEDBACKS, settings.FeedbackName),
    ("optimisers", OPTIMIZERS, settings.OptimizerName),
    ("optimisers' memories", SLOTS, settings.OptimizerName),
    ("networks", {*NETS, "own"}, settings.NetName),
    ("players", PLAYERS, settings.Literal["generator", "discriminator"]),
]


@pytest.mark.parametrize(("table", "names"), [row[1:] for row in TABLES], ids=[row[0] for row in TABLES])
def test_tables_equal_the_recipe_s_choices(table: Collection[str], names: Any):
    assert set(table) == set(get_args(names))
