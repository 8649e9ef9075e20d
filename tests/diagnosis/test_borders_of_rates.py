"""Rules on steps, losses and gradients just within and just beyond their borders."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from gansmith.diagnosis.history import History
from gansmith.diagnosis.ruleset import rates
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe

from .histories import REAL, OneLook, looks, probe, row, since


def stepping(count: int, numbers: Callable[[int], OneLook], recipe: Recipe | None = None) -> History:
    """Rows with numbers by their place, beside one look at an untrained generator."""
    found = History(Recipe() if recipe is None else recipe, REAL, 1000)
    for index in range(count):
        found.add_row(row(50 * (index + 1), **numbers(index)))
    return found


@pytest.mark.parametrize("player", ["generator", "discriminator"])
@pytest.mark.parametrize(
    ("sizes", "told"),
    [
        ([0.21] * 3, 50),
        ([0.2] * 3, None),
        ([0.21] * 2, None),
        ([0.1, 0.2, 0.21, 0.3], 150),
        ([0.1, 0.1, 0.21, 0.3], 150),
    ],
)
def test_steps_of_a_fifth_of_the_weights(player: str, sizes: list[float], told: int | None):
    found = rates.rate_too_high(stepping(len(sizes), lambda index: {f"step.{player}": sizes[index]}))
    assert since(found) == told


@pytest.mark.parametrize(
    ("moved", "quality", "diversity", "told"),
    [
        ([0.61] * 4, 0.3, 0.51, True),
        ([0.6] * 4, 0.3, 0.51, False),
        ([0.61] * 4, 0.3, 0.5, False),
        ([0.61] * 3, 0.3, 0.51, False),
        ([0.41] * 4, 1.06, 0.4, True),
        ([0.4] * 4, 1.06, 0.4, False),
        ([0.41] * 4, 1.04, 0.4, False),
    ],
)
def test_samples_that_change_all_the_time(moved: list[float], quality: float, diversity: float, told: bool):
    found = looks(
        *({"moved": each, "quality": quality, "diversity": diversity} for each in moved), first={"quality": 1.5}
    )
    assert since(rates.rate_too_high(found)) == (50 if told else None)
    for index in range(2):
        found.add_row(row(50 * (index + 1), **{"accuracy.fake": 0.19}))
    assert rates.rate_too_high(found) is None  # the discriminator calls everything real


@pytest.mark.parametrize(
    ("accuracies", "told"),
    [((0.19, 0.19), False), ((0.2, 0.19), True), ((0.19, 0.2), True), ((0.9, 0.19, 0.19), False), ((0.19, 0.9), True)],
)
def test_samples_wander_where_the_newest_two_rows_are_fooled(accuracies: Sequence[float], told: bool):
    found = looks(*({"moved": 0.61, "diversity": 0.51, "quality": 0.3},) * 4)
    for index, each in enumerate(accuracies):
        found.add_row(row(50 * (index + 1), **{"accuracy.fake": each}))
    assert (rates.rate_too_high(found) is not None) == told


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, True),
        ({"moved": 0.6}, False),
        ({"diversity": 0.5}, False),
        ({"moved": 0.6, "quality": 0.71}, False),
    ],
)
def test_each_of_four_looks_moves_and_is_varied(changes: OneLook, told: bool):
    usual = {"moved": 0.61, "diversity": 0.51, "quality": 0.3}
    state = rates.rate_too_high(looks(usual | changes, usual, usual, usual | {"moved": 0.7}, first={"quality": 1.0}))
    assert (state is not None) == told
    if state:
        assert state.evidence["moved"] == 0.7


@pytest.mark.parametrize(
    ("qualities", "told"), [((0.71,) * 4, True), ((0.7,) * 4, False), ((0.7, 0.71, 0.71, 0.71), False)]
)
def test_far_is_seven_tenths_of_the_untrained_in_each_look(qualities: Sequence[float], told: bool):
    still = {"moved": 0.41, "diversity": 0.4}
    found = looks(*(still | {"quality": each} for each in qualities), first={"quality": 1.0})
    assert (rates.rate_too_high(found) is not None) == told


def jumped(
    losses: Sequence[float], *each: OneLook, player: str = "discriminator", loss: str = "non-saturating", **rows: float
) -> History:
    """Rows with losses of a player at updates 50, 100, ..., and looks at the newest of these updates."""
    found = stepping(len(losses), lambda index: {f"loss.{player}": losses[index], **rows},
                     override(Recipe(), {"loss.name": loss}))  # fmt: skip
    found.add_probe(probe(0, quality=2.0))
    for index, numbers in enumerate(each):
        found.add_probe(probe(50 * (len(losses) - len(each) + 1 + index), **numbers))
    return found


FLAT, FAR = {"spread": 0.09, "quality": 0.5}, {"spread": 0.5, "quality": 1.41}
FINE = {"spread": 0.5, "quality": 0.5}


@pytest.mark.parametrize("player", ["discriminator", "generator"])
@pytest.mark.parametrize(
    ("losses", "each", "told"),
    [
        ([1, 1, 1, 26], [FINE] * 4, 200),
        ([1, 1, 1, 25], [FLAT] * 4, None),
        ([1, 1, 25, 1], [FLAT] * 4, None),
        ([1, 26, 1, 25], [FINE] * 3, None),
        ([1, 1, 1, -26], [FINE] * 4, 200),
        ([1, 26, 1, 30, 1], [FINE, FINE, FINE, FLAT, FLAT], 200),
        ([1, 1, 26, 1], [FINE, FINE, FAR, FAR], 150),
        ([1, 1, 26, 1], [FINE, FINE, FLAT, FAR], None),
        ([1, 1, 26, 1], [FINE, FINE, FLAT, FLAT | {"spread": 0.1}], None),
        ([1, 1, 26, 1], [FINE, FINE, FAR, FAR | {"quality": 1.4}], None),
        ([1, 1, 26, 1], [FINE, FINE, FINE, FINE], None),
        ([1, 1, 26, 1], [FLAT], None),  # one look is too few
        ([1, 1, 26, 1], [FLAT] * 2, 150),
        ([1, 26, 1, 1], [FLAT] * 3, 100),
        ([1, 1, 1, 26], [], None),
    ],
)
def test_losses_that_jumped_and_samples_that_are_bad_since(
    losses: Sequence[float], each: Sequence[OneLook], told: int | None, player: str
):
    found = rates.rate_too_high(jumped(losses, *each, player=player))
    assert since(found) == told
    if found:
        assert found.evidence["largest loss"] == max(map(abs, losses))
        assert found.text.endswith("flat." if each[-1] == FLAT else "no nearer to the data than untrained ones.")
    assert rates.rate_too_high(jumped(losses, *each, player=player, loss="least-squares")) is None


def test_a_generators_loss_is_large_where_the_discriminator_is_sure():
    right = {"accuracy.real": 1.0, "accuracy.fake": 1.0}
    assert rates.rate_too_high(jumped([1, 99], FLAT, FLAT, player="generator", **right)) is None


LOW = {"step.discriminator": 5.9e-4, "step.generator": 2.9e-4}


@pytest.mark.parametrize(
    ("changes", "count", "quality", "told"),
    [
        ({}, 3, 0.75, True),
        ({"step.discriminator": 7e-6}, 3, 0.8, True),
        ({"step.generator": 7e-6}, 3, 0.8, True),
        ({}, 2, 0.75, False),
        ({}, 3, 0.74, False),
        ({"step.discriminator": 6e-4}, 3, 0.8, False),
        ({"step.generator": 3e-4}, 3, 0.8, False),
        ({"step.discriminator": 0.0}, 3, 0.8, False),
        ({"step.generator": 0.0}, 3, 0.8, False),
        ({"step.generator": math.nan}, 3, 0.8, False),
        ({"accuracy.real": 1.0, "accuracy.fake": 1.0}, 3, 0.8, False),
    ],
)
def test_steps_that_are_tiny_from_the_start(changes: OneLook, count: int, quality: float, told: bool):
    found = stepping(count, lambda _: LOW | changes)
    found.add_probe(probe(0, quality=1.5))
    found.add_probe(probe(50 * count, quality=quality))
    state = rates.rate_too_low(found)
    assert since(state) == (50 if told else None)
    if state:
        assert state.evidence["largest step.discriminator"] == (LOW | changes)["step.discriminator"]


def test_a_low_rate_is_told_after_a_while_and_three_rows():
    late = stepping(2, lambda _: LOW)
    late.add_probe(probe(0, quality=1.5))
    late.add_probe(probe(150, quality=0.8))
    assert rates.rate_too_low(late) is None
    early = stepping(3, lambda _: LOW)
    early.rows.kept["update"][:3] = 49, 98, 147
    early.newest_row["update"] = 147
    early.add_probe(probe(0, quality=1.5))
    early.add_probe(probe(147, quality=0.8))
    assert rates.rate_too_low(early) is None
    unknown = stepping(4, lambda index: LOW if index else dict.fromkeys(LOW, math.nan))
    unknown.add_probe(probe(0, quality=1.5))
    unknown.add_probe(probe(200, quality=0.8))
    assert rates.rate_too_low(unknown) is not None


@pytest.mark.parametrize("player", ["discriminator", "generator"])
@pytest.mark.parametrize(
    ("count", "step", "changes", "told"),
    [
        (3, 2e-8, {}, True),
        (2, 2e-8, {}, False),
        (3, 5.9e-6, {}, True),
        (3, 6e-6, {}, False),
        (3, 1e-12, {}, True),
        (3, 0.0, {}, False),  # which is "never moves"
        (3, 2e-8, {"accuracy.real": 1.0, "accuracy.fake": 1.0}, False),  # there is no gradient
        (3, 2e-8, {"accuracy.real": 1.0, "accuracy.fake": 1.0, "rate": 1.9e-6}, True),
        (3, 2e-8, {"accuracy.real": 1.0, "accuracy.fake": 1.0, "rate": 2e-6}, False),
    ],
)
def test_one_player_that_hardly_moves_is_named(player: str, count: int, step: float, changes: OneLook, told: bool):
    rate = {f"rate.{player}": changes["rate"]} if "rate" in changes else {}
    row = {name: value for name, value in changes.items() if name != "rate"} | {f"step.{player}": step} | rate
    found = rates.rate_too_low(stepping(count, lambda _: row))
    assert since(found) == (50 if told else None)
    if found:
        assert player in found.text
        assert found.evidence == {f"largest step.{player}": step} | rate
        assert ("Its learning rate is 1.9e-06 at most." in found.text) == bool(rate)


def test_one_player_that_moved_once_is_not_named():
    assert rates.rate_too_low(stepping(9, lambda index: {"step.generator": 2e-8 if index else 0.01})) is None


def test_losses_that_are_huge_row_after_row_need_no_look_at_samples():
    found = rates.rate_too_high(jumped([1, 26, 400, 26.5]))
    assert since(found) == 100
    assert found is not None
    assert found.evidence["largest loss"] == 400
    assert "are 26 and more in each of the newest 3 rows, up to 400" in found.text
    assert rates.rate_too_high(jumped([26, 400, 1])) is None
    assert rates.rate_too_high(jumped([26, 26, 26], loss="wasserstein")) is None


@pytest.mark.parametrize(
    ("steps", "told"), [([0.0] * 3, 50), ([0.0] * 2, None), ([0.01, 0.0, 0.0, 0.0], 100), ([0.0, 0.0, 1e-12], None)]
)
def test_weights_that_do_not_move(steps: list[float], told: int | None):
    rules = {"discriminator": rates.discriminator_never_moves, "generator": rates.generator_never_moves}
    for player, rule in rules.items():
        found = rule(stepping(len(steps), lambda index, name=f"step.{player}": {name: steps[index]}))
        assert (found is None) == (told is None)
        if found:
            assert (found.since_update, found.evidence[f"step.{player}"]) == (told, 0.0)


@pytest.mark.parametrize(("count", "told"), [(3, False), (2, True)])
def test_a_discriminator_that_is_right_on_all_stands_still_for_good_reason(count: int, told: bool):
    """In each of the newest three rows."""
    right = {"accuracy.real": 1.0, "accuracy.fake": 1.0}
    found = stepping(5, lambda index: {"step.discriminator": 0.0} | (right if index >= 5 - count else {}))
    assert (rates.discriminator_never_moves(found) is not None) == told


def test_an_output_passed_on_as_a_number_is_article_000s():
    for recipe, article in ((override(Recipe(), {"feedback.name": "labels"}), "000"), (Recipe(), ""), (None, "")):
        found = stepping(3, lambda _: {"step.generator": 0.0}, recipe)
        found.recipe = recipe
        state = rates.generator_never_moves(found)
        assert state is not None
        assert state.article == article
        assert ("supervised labels" in state.text) == bool(article)


@pytest.mark.parametrize(("count", "told"), [(10, True), (9, False)])
def test_the_very_same_losses_of_another_program(count: int, told: bool):
    unknown = {"step.generator": math.nan, "step.discriminator": math.nan}
    found = rates.generator_never_moves(stepping(count, lambda _: unknown))
    assert since(found) == (50 if told else None)
    other = rates.generator_never_moves(
        stepping(count, lambda index: unknown | {"loss.generator": 0.7 + 1e-12 * index})
    )
    assert other is None
    known_once = stepping(12, lambda index: unknown if index else {})
    assert rates.generator_never_moves(known_once) is None


@pytest.mark.parametrize(
    ("norms", "told"),
    [
        ([1.0] * 5 + [0.9e-3] * 3, 300),
        ([1.0] * 5 + [1.1e-3] * 3, None),
        ([1.0] * 5 + [0.9e-3] * 2, None),
        ([0.5] * 5 + [0.45e-3] * 3, 300),
        ([0.5] * 5 + [0.6e-3] * 3, None),
        ([9.0] * 5 + [1.1e-3] * 3, None),  # still a number to learn by
        ([1.0] * 5 + [1e-3] * 3, None),
        ([1.0] * 3 + [0.9e-3] * 3, 200),
        ([1.0] * 2 + [0.9e-3] * 3, None),
        ([0.1] * 5 + [100.0] + [5e-4] * 3, None),  # over what it was in the first five rows
        ([math.nan] * 4 + [1.0] + [0.9e-3] * 3, 300),
        ([math.nan] * 5 + [0.9e-3] * 3, None),
    ],
)
def test_a_generators_gradient_that_vanishes(norms: list[float], told: int | None):
    assert since(rates.vanishing_gradients(stepping(len(norms), lambda i: {"gradient.generator": norms[i]}))) == told


def doubling(every: float, count: int = 32, scatter: float = 0.0, flat: int = 14) -> list[float]:
    """Gradients that stay at 1, and then double every so many rows; above and below that in turn."""
    rise = [2 ** (max(0, index - flat) / every) for index in range(count)]
    return [size * 2 ** (scatter * (-1) ** index) for index, size in enumerate(rise)]


@pytest.mark.parametrize("player", ["generator", "discriminator"])
@pytest.mark.parametrize(
    ("norms", "told"),
    [
        ([1.0] * 5 + [101.0] * 2, 300),
        ([1.0] * 5 + [99.0] * 2, None),
        ([1.0] * 6 + [101.0], None),
        ([1.0] * 9 + [150.0] + [1.0] * 9 + [150.0, 1.0, 1.0, 1.0], 500),
        ([1.0] * 9 + [150.0] + [1.0] * 13, None),
        ([1.0, 1.0, 1.0, 500.0, 500.0], None),  # too few rows
        (doubling(3.5), 900),
        (doubling(5.0), None),  # not yet fifteen times as large
        (doubling(3.5, scatter=0.4), None),
        (doubling(3.5, scatter=0.3), 1000),
        (doubling(4.0), 950),
        ([4 * each for each in doubling(4.0)], 950),
        ([4 * each for each in doubling(5.0)], None),
        (doubling(9.0, count=60, flat=20), 1500),
        (doubling(11.0, count=66, flat=20), None),  # it doubles too slowly
        ([*doubling(3.5)[:29], 13.0, 14.9, 17.0], None),  # and not fifteen times as large
        ([*doubling(3.5)[:29], 13.0, 15.0, 17.0], 900),
        ([*doubling(3.5)[:29], 12.7, 15.5, 18.9], 900),
        ([1.0] * 10 + [2.0 * 2 ** (max(0, index - 14) / 7.2) for index in range(38)], None),
        ([1.0] * 4 + [101.0] * 2, 250),
        ([1.0] * 5 + [100.0] * 2, None),
        ([0.0] * 2 + [1.0] * 3 + [101.0] * 2, None),  # a gradient of 0 is none
        ([1.0, 1.0, 2.0, 160.0, 160.0, 1.0], 200),
        ([1000.0] * 70 + [1.0] * 58 + [150.0] * 2, 6450),  # the newest sixty rows count
    ],
)
def test_gradients_that_explode(player: str, norms: list[float], told: int | None):
    numbers = {"gradient.generator": 0.3, "gradient.discriminator": 0.7}
    found = rates.exploding_gradients(stepping(len(norms), lambda i: numbers | {f"gradient.{player}": norms[i]}))
    assert since(found) == told
    if found:
        assert player in found.text
        assert found.evidence[f"gradient.{player}"] == norms[-1]
        assert found.evidence["median"] == np.median(norms)
        assert found.evidence["largest"] == max(norms)


def spiked(count: int, *rows: int) -> History:
    """Rows of a gradient of 1 with lone ones of 150."""
    return stepping(count, lambda index: {"gradient.generator": 150.0 if index in rows else 1.0})


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (spiked(80, 60, 75), 61),
        (spiked(80, 45, 75), 46),
        (spiked(80, 40, 50), 41),
        (spiked(80, 40, 49), None),  # none in the newest half of sixty rows
        (spiked(80, 40, 55), 41),
        (spiked(80, 19, 70), None),  # one in the newest sixty
        (spiked(80, 20, 70), 21),
        (spiked(80, 70), None),
    ],
)
def test_lone_gradients_among_sixty_rows(found: History, told: int | None):
    state = rates.exploding_gradients(found)
    assert since(state) == (None if told is None else 50 * told)
    if state:
        assert "jumped to 1.5e+02 in 2 of the last 60 rows" in state.text


@pytest.mark.parametrize(("tail", "says"), [([150.0, 150.0], "grew"), ([150.0, 1.0, 150.0], "grew"),
                                            ([150.0, 1.0, 1.0, 150.0], "jumped")])  # fmt: skip
def test_two_of_three_rows_are_no_lone_ones(tail: list[float], says: str):
    norms = [1.0] * 8 + tail
    found = rates.exploding_gradients(stepping(len(norms), lambda index: {"gradient.generator": norms[index]}))
    assert since(found) == 450
    assert found is not None
    assert f"gradient {says}" in found.text
