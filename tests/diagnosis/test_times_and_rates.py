"""How often a rule must find its state before it is said, and which rates are too high in a divergence."""

from __future__ import annotations

import pytest

from gansmith.diagnosis import remedies
from gansmith.diagnosis.doctor import Doctor
from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import History
from gansmith.diagnosis.ruleset.table import RULES, Rule
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


def test_a_finding_ends_after_three_checks_without_a_sign():
    shown = iter([True, True, False, False, True, False, False, False])
    finding = Finding("mode collapse", 5, "the same", {"a": 0.12345678})
    rule = Rule(lambda history: finding if next(shown) else None, lambda recipe: [])
    doctor = Doctor(History(None, {}))
    active: list[bool] = []
    for _ in range(8):
        doctor._note("mode collapse", rule)
        active.append("mode collapse" in doctor.active)
    assert active == [False, True, True, True, True, True, True, False]
    assert finding.as_row(7)["evidence"] == {"a": 0.123457}
