"""How often a rule must find its state before it is said, and which rates are too high in a divergence."""

from __future__ import annotations

import pytest

from gansmith.diagnosis import remedies
from gansmith.diagnosis.ruleset.table import RULES
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe

AT_ONCE = {"data not scaled", "divergence", "blank data", "repeated data", "one picture memorised"}


def test_what_is_certain_at_once_is_said_at_once():
    assert {state: rule.times for state, rule in RULES.items()} == {
        state: 1 if state in AT_ONCE else 2 for state in RULES
    }


@pytest.mark.parametrize(
    ("generator", "discriminator", "too_high"),
    [(1e-3, 1e-3, False), (1.5e-3, 1e-4, True), (1e-4, 1.5e-3, True), (5e-4, 2e-4, False)],
)
def test_a_divergence_is_met_with_lower_rates(generator: float, discriminator: float, too_high: bool):
    recipe = override(Recipe(), {"optimizer.generator.rate": generator, "optimizer.discriminator.rate": discriminator})
    first = remedies.divergence(recipe)[0]
    assert first == (remedies.rate_too_high(recipe)[0] if too_high else remedies.lower_rates(recipe))
    assert remedies.rate_too_high(recipe)[0] != remedies.lower_rates(recipe)
