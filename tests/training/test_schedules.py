"""The clock, learning rates and EMA decay: pure functions of images_seen."""

from __future__ import annotations

from dataclasses import replace
from math import cos, pi

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import EmaSettings, Recipe, ScheduleSettings
from gansmith.training.schedules import ESTIMATE_AFTER, Clock, budget_images, ema_decay, rate_factor

MNIST = override(Recipe(), {"data.batch": 128, "budget.epochs": 2, "optimizer.generator.rate": 1e-3})
EPOCH = 468 * 128  # 60,000 pictures at batch 128: 468 whole batches


def clock(**settings) -> Clock:
    recipe = override(MNIST, {name.replace("__", "."): value for name, value in settings.items()})
    return Clock(recipe, EPOCH, budget_images(recipe, EPOCH))


def test_images_and_epochs_by_hand():
    for turns in (1, 5):
        made = clock(feedback__discriminator_turns=turns)
        assert made.images_per_update == 128 * turns
        assert made.images(468) == EPOCH * turns
        assert made.epoch(468) == turns
        assert made.at(1).images_seen == 0
        assert made.at(11).images_seen == 10 * 128 * turns


@pytest.mark.parametrize(
    ("budget", "images", "updates"),
    [
        ({"updates": 1000}, 1000 * 128, 1000),
        ({"images": 1000}, 1000, 8),  # the eighth batch is the first that reaches them
        ({"images": 1}, 1, 1),
        ({"epochs": 2.0}, 2 * EPOCH, 936),
        ({"epochs": 0.5}, EPOCH // 2, 234),
        ({"epochs": 1e-9}, 0, 1),
        ({"minutes": 2.0}, None, None),
    ],
)
def test_budgets_by_hand(budget: dict, images: int | None, updates: int | None):
    settings = {"budget__epochs": 0.0, **{f"budget__{name}": value for name, value in budget.items()}}
    made = clock(**settings)
    assert made.total_images == images
    assert made.total_updates() == updates


def test_updates_count_for_all_discriminator_turns():
    made = clock(budget__epochs=0, budget__updates=10, feedback__discriminator_turns=5)
    assert (made.total_images, made.total_updates()) == (6400, 10)


def test_a_stored_estimate_is_the_budget_of_a_run_in_minutes():
    made = clock(budget__epochs=0, budget__minutes=2, budget__estimated_images=[9_600, 12_800])
    assert (made.total_images, made.total_updates()) == (12_800, 100)


def test_a_step_drops_at_the_first_update_of_the_second_epoch():
    made = clock(schedule__rate="step", schedule__start=1, schedule__factor=0.01)
    assert made.at(468).generator_rate == 1e-3
    assert made.at(469).generator_rate == pytest.approx(1e-5)
    assert made.at(936).generator_rate == pytest.approx(1e-5)
    assert made.at(469).discriminator_rate == pytest.approx(2e-6)


@given(st.integers(1, 3000), st.integers(1, 500), st.integers(1, 9))
def test_a_step_never_comes_early_or_late(batches: int, batch: int, epochs: int):
    recipe = override(
        Recipe(),
        {"data.batch": batch, "schedule.rate": "step", "schedule.start": epochs, "optimizer.generator.rate": 1},
    )
    made = Clock(recipe, batches * batch, None)
    assert made.at(batches * epochs).generator_rate == 1
    assert made.at(batches * epochs + 1).generator_rate == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("start", "every", "expected"),
    [
        (2.0, 0.0, {0: 1, 1.99: 1, 2: 0.1, 9: 0.1}),
        (1.0, 2.0, {0: 1, 0.99: 1, 1: 0.1, 2.99: 0.1, 3: 0.01, 5: 0.001}),
        (0.0, 2.0, {0: 1, 1.99: 1, 2: 0.1, 4: 0.01}),
        (0.0, 0.0, {0: 1, 5: 1}),
    ],
)
def test_steps_by_hand(start: float, every: float, expected: dict[float, float]):
    schedule = ScheduleSettings("step", start=start, factor=0.1, every=every)
    for epoch, factor in expected.items():
        assert rate_factor(schedule, epoch, None) == pytest.approx(factor), epoch


def test_linear_and_cosine_by_hand():
    linear, cosine = (ScheduleSettings(rate, start=1, factor=0.2) for rate in ("linear", "cosine"))
    for epoch, factor in {0: 1, 1: 1, 2: 0.8, 3: 0.6, 5: 0.2, 6: 0.2}.items():
        assert rate_factor(linear, epoch, 5) == pytest.approx(factor), epoch
    for epoch, factor in {0: 1, 1: 1, 3: 0.6, 5: 0.2, 6: 0.2}.items():
        assert rate_factor(cosine, epoch, 5) == pytest.approx(factor), epoch
    assert rate_factor(cosine, 2, 5) == pytest.approx(0.6 + 0.4 * cos(pi / 4))


@pytest.mark.parametrize("rate", ["linear", "cosine"])
def test_shaped_schedules_are_flat_until_the_end_is_known(rate: str):
    assert rate_factor(ScheduleSettings(rate), 7, None) == 1  # pyright: ignore[reportArgumentType]
    assert rate_factor(ScheduleSettings(rate, start=5), 7, 4) == 1  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("rate", ["constant", "linear", "cosine", "step"])
@given(
    start=st.floats(0, 3),
    factor=st.floats(0, 1),
    every=st.just(0.0) | st.floats(0.01, 3),
    epochs=st.tuples(st.floats(0, 10), st.floats(0, 10)),
)
def test_rates_never_rise_and_stay_between_one_and_the_factor(rate, start, factor, every, epochs):
    schedule = ScheduleSettings(rate, start, factor, every)
    early, late = (rate_factor(schedule, epoch, 8.0) for epoch in sorted(epochs))
    assert 1 >= early >= late >= 0
    if rate != "step":
        assert late >= factor - 1e-12


def test_the_linear_schedule_spans_the_run():
    made = clock(schedule__rate="linear", schedule__factor=0.0)
    rates = [made.at(update).generator_rate for update in range(1, 937)]
    assert rates[0] == 1e-3
    assert rates[-1] == pytest.approx(1e-3 / 936)  # the update after the last would stand still
    assert rates[468] == pytest.approx(0.5e-3)


def test_averaging_by_hand():
    plain = EmaSettings(half_life=1000, ramp_up=0)
    assert ema_decay(plain, 100, 0) == pytest.approx(0.5**0.1)
    assert ema_decay(plain, 2000, 0) == pytest.approx(0.25)
    assert ema_decay(EmaSettings(half_life=0), 100, 5000) == 0
    ramp = EmaSettings(half_life=1000, ramp_up=0.05)
    assert ema_decay(ramp, 100, 0) == 0
    assert ema_decay(ramp, 100, 2000) == pytest.approx(0.5)  # the half-life is 100 images by then
    assert ema_decay(ramp, 100, 20_000) == ema_decay(ramp, 100, 10**9) == pytest.approx(0.5**0.1)


@given(st.integers(1, 5000), st.floats(1, 1e6), st.floats(0, 1), st.integers(0, 10**8))
def test_the_average_keeps_a_share_that_grows(per_update: int, half_life: float, ramp_up: float, seen: int):
    settings = EmaSettings(half_life, ramp_up)
    now, later = (ema_decay(settings, per_update, images) for images in (seen, seen + 1000))
    assert 0 <= now <= later < 1


def test_a_half_life_is_half_after_as_many_images():
    share = 1.0
    for update in range(100):
        share *= ema_decay(EmaSettings(6400, ramp_up=0), 64, update * 64)
    assert share == pytest.approx(0.5)


def test_the_estimate_is_the_pace_so_far():
    made = clock(budget__epochs=0, budget__minutes=2, schedule__rate="linear", schedule__factor=0.0)
    assert made.at(400).generator_rate == 1e-3
    known = made.estimated(50, seconds=6.0)
    assert known.total_images == 20 * 50 * 128
    assert known.total_updates() == 1000
    assert known.at(501).generator_rate == pytest.approx(0.5e-3)
    assert known.at(ESTIMATE_AFTER).generator_rate == 1e-3  # an estimate does not reach back
    assert made.total_images is None


def test_an_update_knows_the_newest_estimate_that_was_made_before_it():
    """Also when it is played again, by a run that was killed and has newer ones by then."""
    shape = {"schedule__rate": "linear", "schedule__factor": 0.0}
    made = clock(budget__epochs=0, budget__minutes=2, budget__estimated_images=[128 * 1000, 128 * 500], **shape)
    assert [made.at(update).generator_rate for update in (50, 51, 100, 101, 251)] == pytest.approx(
        [1e-3, 0.95e-3, 0.901e-3, 0.8e-3, 0.5e-3]
    )
    assert made.total_updates() == 500


@pytest.mark.parametrize(
    ("update", "count"), [(0, 0), (49, 0), (50, 1), (99, 1), (100, 2), (199, 2), (200, 3), (6400, 8)]
)
def test_the_length_is_estimated_whenever_twice_as_much_is_over(update: int, count: int):
    made = clock(budget__epochs=0, budget__minutes=2)
    assert made.has_to_estimate(update) == (count > 0)
    known = made.estimated(update, seconds=60.0) if count else made
    assert len(known.recipe.budget.estimated_images) == count
    assert not known.has_to_estimate(update)


def test_a_pace_of_a_few_updates_is_not_trusted():
    """A run that was resumed an update ago: all that it has played counts."""
    made = clock(budget__epochs=0, budget__minutes=2)
    assert made.estimated(100, 60.0, (99, 59.9)).total_images == made.estimated(100, 60.0).total_images == 200 * 128


def test_an_estimate_is_never_less_than_what_was_played():
    made = clock(budget__epochs=0, budget__minutes=0.01)
    assert made.estimated(50, seconds=60.0).total_images == 50 * 128
    assert replace(made, total_images=1).total_updates() == 1


def test_what_came_before_it_was_warm_is_left_out_of_the_estimate():
    """Fifty updates in 11 s, of which the first ten, and the groups before them, took 7: a tenth of a second each."""
    made = clock(budget__epochs=0, budget__minutes=2)
    assert made.estimated(50, seconds=11.0, since=(10, 7.0)).total_images == (50 + 1090) * 128


def test_now_carries_everything():
    now = clock().at(3, measure=True)
    assert (now.update, now.images_seen, now.measure) == (3, 256, True)
    assert now.ema_decay == ema_decay(EmaSettings(), 128, 256)
    assert not clock().at(3).measure
