"""Rules just within and just beyond their borders: what they say changes there, and nowhere else."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from gansmith.diagnosis.history import History
from gansmith.diagnosis.ruleset import balance, course, opinions, real
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe
from gansmith.losses import LOSSES

from .histories import probe, row, since

LEVELLED = ("non-saturating", "hinge", "least-squares")  # a logit's level means something
COMPARED = "relativistic"


def rows_of(count: int, loss: str = "non-saturating", **numbers: float) -> History:
    """A history of healthy rows with other numbers, and no probes."""
    found = History(override(Recipe(), {"loss.name": loss}), count=1000)
    for index in range(1, count + 1):
        found.add_row(row(50 * index, **numbers))
    return found


@pytest.mark.parametrize(("spread", "told"), [(0.0, True), (0.0099, True), (0.01, False), (0.0101, False)])
def test_real_pictures_are_alike_below_a_hundredth_of_the_range(spread: float, told: bool):
    found = real.blank_data(History(real={"spread": spread, "darkest": 0.0, "brightest": 0.1}))
    assert (found is not None) == told
    if found:
        assert found.since_update == 0
        assert found.evidence == {"spread": spread, "darkest": 0.0, "brightest": 0.1}


@pytest.mark.parametrize(
    ("repeats", "count", "told"), [(0.6, 1000, False), (0.601, 1000, True), (0.9, 10, True), (0.9, 9, False)]
)
def test_items_repeat_above_three_fifths_of_ten_and_more(repeats: float, count: int, told: bool):
    found = real.repeated_data(History(real={"repeats": repeats}, count=count))
    assert (found is not None) == told
    if found:
        assert found.since_update == 0
        assert f"only {max(1, round((1 - repeats) * count)):,} instead of {count:,}" in found.text


def test_repeats_that_are_not_known_are_none():
    assert real.repeated_data(History(count=1000)) is None


def test_what_is_not_scaled_was_so_from_the_start():
    found = real.data_not_scaled(History(real={"widest": 300.0, "narrowest": 0.1, "offset": 9.0}))
    assert found is not None
    assert found.since_update == 0
    assert found.evidence == {"widest": 300.0, "narrowest": 0.1, "offset": 9.0}
    assert real.data_not_scaled(History()) is None


@pytest.mark.parametrize(
    ("of_real", "of_fake", "right"), [(0.98, 0.98, True), (0.97, 0.98, False), (0.98, 0.97, False), (1.0, 1.0, True)]
)
def test_nearly_every_item_is_more_than_97_of_100(of_real: float, of_fake: float, right: bool):
    found = rows_of(2, **{"accuracy.real": of_real, "accuracy.fake": of_fake})
    assert opinions.right(found).tolist() == [right] * 2


@pytest.mark.parametrize("loss", [*LEVELLED, COMPARED])
@pytest.mark.parametrize(("part", "sure"), [(0.99, False), (1.0, False), (1.01, True)])
def test_sure_is_right_by_the_distance_that_the_loss_names(loss: str, part: float, sure: bool):
    gap = part * LOSSES[loss].sure_gap
    numbers = {"accuracy.real": 1.0, "accuracy.fake": 1.0, "verdict.real": gap, "verdict.fake": 0.0}
    assert opinions.sure(rows_of(1, loss, **numbers)).tolist() == [sure]
    doubtful = numbers | {"accuracy.fake": 0.9}
    assert not opinions.sure(rows_of(1, loss, **doubtful)).any()


@pytest.mark.parametrize("loss", LEVELLED)
@pytest.mark.parametrize(
    ("accuracy", "part", "fooled"), [(0.19, 1.01, True), (0.2, 1.01, False), (0.19, 0.99, False), (0.19, -1.01, False)]
)
def test_fooled_is_a_firm_logit_of_real_beyond_the_threshold(loss: str, accuracy: float, part: float, fooled: bool):
    threshold = LOSSES[loss].threshold
    assert threshold is not None
    logit = threshold + part * LOSSES[loss].sure_gap / 7
    found = rows_of(1, loss, **{"accuracy.fake": accuracy, "verdict.fake": logit})
    assert opinions.fooled(found).tolist() == [fooled]


@pytest.mark.parametrize("loss", ["non-saturating", "hinge", COMPARED])
def test_what_is_just_firm_is_not_beyond_it(loss: str):
    numbers = {"accuracy.fake": 0.1, "verdict.real": 0.0, "verdict.fake": opinions.FIRM * LOSSES[loss].sure_gap}
    assert opinions.fooled(rows_of(1, loss, **numbers)).tolist() == [False]


@pytest.mark.parametrize(("part", "fooled"), [(1.01, True), (0.99, False), (-1.01, False)])
def test_where_logits_are_compared_fooled_is_the_wrong_order(part: float, fooled: bool):
    assert LOSSES[COMPARED].threshold is None
    gap = part * LOSSES[COMPARED].sure_gap / 7
    numbers = {"accuracy.fake": 0.1, "verdict.real": 3.0, "verdict.fake": 3.0 + gap}
    assert opinions.fooled(rows_of(1, COMPARED, **numbers)).tolist() == [fooled]


def test_a_program_that_gives_probabilities_gives_logits():
    numbers = {"verdict.real": math.nan, "verdict.fake": 0.25, "probability.real": 0.9, "probability.fake": 0.3}
    found = rows_of(1, **numbers)
    assert opinions.logit(found, "real").tolist() == pytest.approx([math.log(9)])
    assert opinions.logit(found, "fake").tolist() == [0.25]
    assert opinions.gap(found).tolist() == pytest.approx([math.log(9) - 0.25])
    certain = rows_of(1, **(numbers | {"probability.real": 1.0}))
    assert opinions.logit(certain, "real").tolist() == pytest.approx([math.log(1e9)], rel=1e-6)
    impossible = rows_of(1, **(numbers | {"probability.real": 0.0}))
    assert opinions.logit(impossible, "real").tolist() == pytest.approx([-math.log(1e9)], rel=1e-6)


FOOLED = {"accuracy.fake": 0.01, "verdict.fake": 5.0}


@pytest.mark.parametrize(
    ("count", "loss", "steps", "told"),
    [
        (3, 1.09, 0.51, True),
        (2, 1.09, 0.51, False),
        (3, 1.07, 0.51, False),
        (3, 1.08, 0.51, False),
        (3, 1.09, 0.49, False),
        (3, 1.09, 0.5, False),
    ],
)
def test_pulled_along_is_worse_than_guessing_and_as_fast(count: int, loss: float, steps: float, told: bool):
    guessing = LOSSES["non-saturating"].guessing
    numbers = FOOLED | {
        "loss.discriminator": loss * guessing, "step.discriminator": steps * 0.02, "step.generator": 0.02,
    }  # fmt: skip
    found = balance.discriminator_pulled_along(rows_of(count, **numbers))
    assert (found is not None) == told
    if found:
        assert found.since_update == 50
        assert found.article == "000"


@pytest.mark.parametrize(("count", "told"), [(5, False), (6, True)])
def test_six_rows_of_a_player_that_always_wins_are_told(count: int, told: bool):
    sure = {"accuracy.real": 1.0, "accuracy.fake": 1.0, "verdict.real": 40.0, "verdict.fake": -40.0}
    found = balance.discriminator_overpowers(rows_of(count, **sure))
    assert (found is not None) == told
    if found:
        assert "80 apart" in found.text
        assert found.since_update == 50
    found = balance.generator_overpowers(rows_of(count, **FOOLED))
    assert (found is not None) == told
    if found:
        assert found.since_update == 50


def winning(probes: int, fall: float) -> History:
    """A discriminator that wins for 20 rows, beside probes whose distance falls by a share from the first to the last."""
    sure = {"accuracy.real": 1.0, "accuracy.fake": 1.0, "verdict.real": 40.0, "verdict.fake": -40.0}
    found = rows_of(20, **sure)
    for index in range(probes):
        middle = 1 - fall * (index / max(1, probes - 1) - 0.5)
        found.add_probe(probe(1001 - 50 * (probes - 1 - index), quality=middle))
    return found


@pytest.mark.parametrize(
    ("probes", "fall", "told"), [(3, 0.05, True), (3, 0.07, False), (2, 0.5, True), (20, 0.05, True), (20, 0.07, False)]
)
def test_samples_that_get_better_are_no_alarm(probes: int, fall: float, told: bool):
    assert (balance.discriminator_overpowers(winning(probes, fall)) is not None) == told


def test_of_a_long_win_the_newest_twenty_probes_are_looked_at():
    """From the first of 21 to the last the distance falls by .0619 of its median; from the second by .0589."""
    found = winning(0, 0.0)
    for index in range(21):
        found.add_probe(probe(50 + 10 * index, quality=1 - 0.003 * index))
    assert since(balance.discriminator_overpowers(found)) == 50


def test_samples_are_looked_at_since_the_discriminator_wins():
    """A probe at the very update counts, and what got better before does not."""
    at_its_start = winning(0, 0.0)
    for update, quality in ((50, 1.2), (500, 1.0), (1000, 0.8)):
        at_its_start.add_probe(probe(update, quality=quality))
    assert balance.discriminator_overpowers(at_its_start) is None
    later = History(Recipe(), count=1000)
    for index in range(1, 31):
        sure = {"accuracy.real": 1.0, "accuracy.fake": 1.0, "verdict.real": 40.0, "verdict.fake": -40.0}
        later.add_row(row(50 * index, **(sure if index > 20 else {})))
        later.add_probe(probe(50 * index, quality=max(1.0, 3 - 0.1 * index)))
    state = balance.discriminator_overpowers(later)
    assert state is not None
    assert state.since_update == 1050


def swinging(
    rows: int,
    size: float,
    *,
    noise: float = 0.0,
    qualities: Sequence[float] = (1.0,) * 12,
    every: int = 50,
) -> History:
    """Losses around 2 with a period of eight rows, of a size (deviation over mean), and probes of which the last is at the last row."""
    found = History(Recipe(), count=1000)
    rng = np.random.default_rng(0)
    for index in range(rows):
        wave = math.sqrt(2) * size * math.sin(2 * math.pi * index / 8) + noise * rng.standard_normal()
        found.add_row(row(50 * (index + 1), **{"loss.discriminator": 2 * (1 + wave)}))
    for index, quality in enumerate(qualities):
        found.add_probe(probe(50 * rows - every * (len(qualities) - 1 - index), quality=quality))
    return found


HALF_BETTER = (1.0,) * 6 + (0.9,) * 6


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (swinging(24, 0.31), 50),
        (swinging(24, 0.29), None),
        (swinging(23, 0.5), None),
        (swinging(24, 0.5, noise=1.5), None),
        (swinging(24, 0.5, qualities=HALF_BETTER), None),
        (swinging(24, 0.5, qualities=(1.0,) * 3), None),
        (swinging(24, 0.5, qualities=(1.0,) * 4), 50),
        # two of them are within the last 24 rows: four are taken
        (swinging(60, 0.5, qualities=(10.0, 1.0, 1.0, 1.0, 1.0), every=700), 1850),
        (swinging(25, 0.5, qualities=(2.0, 1.0, 1.0, 1.0), every=383), None),
        # of a probe at the very first of the 24 rows: with it the earlier half is no worse than the later
        (swinging(25, 0.5, qualities=(1.0, 1.0, 2.0, 1.0, 1.0, 1.0), every=230), 100),
    ],
    ids=[
        "wide",
        "narrow",
        "short",
        "noise",
        "better",
        "three",
        "four",
        "four taken",
        "near the first row",
        "at the first row",
    ],
)
def test_an_oscillation_is_wide_of_one_period_and_for_nothing(found: History, told: int | None):
    state = balance.oscillation(found)
    assert (state.since_update if state else None) == told
    if state:
        assert state.evidence["quality"] == 1.0
        assert "50%" in state.text or "31%" in state.text


@pytest.mark.parametrize(("rows", "told"), [(48, 50), (47, None)])
def test_an_oscillation_of_forty_eight_rows_may_be_small_in_the_newest(rows: int, told: int | None):
    """The newest 24 rows swing by .2 alone, all 48 by .38."""
    found = History(Recipe(), count=1000)
    for index in range(rows):
        size = 0.5 if index < rows - 24 else 0.2
        wave = math.sqrt(2) * size * math.sin(2 * math.pi * index / 8)
        found.add_row(row(50 * (index + 1), **{"loss.discriminator": 2 * (1 + wave)}))
        found.add_probe(probe(50 * (index + 1), quality=1.0))
    assert since(balance.oscillation(found)) == told


def test_an_oscillation_tells_its_period_and_the_newest_distance():
    state = balance.oscillation(swinging(24, 0.5, qualities=(1.0,) * 11 + (1.5,)))
    assert state is not None
    assert "in 8 rows" in state.text
    assert state.evidence["quality"] == 1.5


def probed(count: int, quality: Callable[[float], float], *, images: int = 640) -> History:
    """Probes alone; each figure stands still, but for the distance, which is a function of the share of the training."""
    found = History(Recipe(), count=1000)
    for index in range(1, count + 1):
        still = {"precision": 0.5, "coverage": 0.5, "nearness": 1.5, "quality": quality(index / count)}
        one = probe(50 * index, **still)
        one.images_seen = images * index
        found.add_probe(one)
    return found


def flat(share: float) -> float:
    return 1.0


@pytest.mark.parametrize(
    ("found", "state"),
    [
        (probed(0, flat), "warming up"),
        (rows_of(3), "warming up"),
        (rows_of(4), "balanced"),
        (probed(3, lambda share: 2 - share), "warming up"),
        (probed(4, lambda share: 2 - share), "still improving"),
        (probed(3, lambda share: 2 - share, images=20_000), "still improving"),
        (probed(2, lambda share: 2 - share, images=30_000), "warming up"),
        (probed(9, flat), "warming up"),
        (probed(9, flat, images=6_000), "converged"),
        (probed(10, flat), "converged"),
        (probed(10, lambda share: 1 - 0.050 * (share - 0.1) / 0.9), "still improving"),
        (probed(10, lambda share: 1 - 0.035 * (share - 0.1) / 0.9), "converged"),
        (probed(40, lambda share: 1.2 - 0.4 * min(share, 0.5)), "converged"),
    ],
)
def test_the_course_by_probes_and_how_often_items_were_seen(found: History, state: str):
    assert course.course(found).state == state


def test_the_window_is_the_second_half_and_what_is_seen_often_is_said():
    found = course.course(probed(40, flat, images=2_000))
    assert found.since_update == 50 * 21
    assert "each of the 1,000 items seen 80 times" in found.text
    assert "stop here" in found.text
    few = course.course(probed(9, flat, images=6_000))
    assert few.certainty == "possible"
    assert "look again" in few.text
    assert "items seen" not in course.course(probed(40, flat, images=1_000)).text


def test_no_better_is_less_than_six_hundredths():
    assert course.no_better(np.array([1.0, 1.0, 0.95, 0.95]))
    assert not course.no_better(np.array([1.0, 1.0, 0.94, 0.94]))
    assert course.no_better(np.array([1.0, 0.8, 0.8, 0.8, 0.8, 0.8]))  # halves of three


STILL = {"precision": 0.5, "coverage": 0.5, "nearness": 1.5, "quality": 1.0}


def going(count: int = 12, **figures: Callable[[int], float]) -> History:
    """Probes whose figures stand still, but for some that are functions of the probe's place."""
    found = History(Recipe(), count=1000)
    for index in range(count):
        found.add_probe(probe(50 * (index + 1), **(STILL | {name: of(index) for name, of in figures.items()})))
    return found


@pytest.mark.parametrize(("name", "sign"), [("quality", -1), ("nearness", -1), ("coverage", 1), ("precision", 1)])
@pytest.mark.parametrize(
    ("gained", "state"),
    [(0.042, "still improving"), (0.038, "converged"), (-0.5, "converged"), (0.5, "still improving")],
)
def test_each_figure_gains_by_a_twenty_fifth_to_its_better_side(name: str, sign: int, gained: float, state: str):
    """Over ten probes, of which the middle one has the figure's usual value."""
    usual = STILL[name]
    found = course.course(going(10, **{name: lambda index: usual * (1 + sign * gained * (index / 9 - 0.5))}))
    assert found.state == state
    assert found.evidence[f"gain in {name}"] == pytest.approx(gained, abs=1e-4)
    assert sum(map(abs, found.evidence.values())) == pytest.approx(abs(gained), abs=1e-4)
    assert found.certainty == "certain"
    if state == "still improving":
        assert f"Keep on: {name} went from" in found.text


def test_what_scatters_is_not_certain():
    """The line through it rises by 2%, and by its scatter it may rise by more than a twenty-fifth; or by none at all."""
    wild = course.course(going(coverage=lambda index: 0.5 + 0.001 * index - 0.1 * (-1) ** index))
    assert (wild.state, wild.certainty) == ("converged", "likely")
    rising = course.course(going(coverage=lambda index: 0.5 + 0.02 * index + 0.15 * (-1) ** index))
    assert (rising.state, rising.certainty) == ("still improving", "likely")
    assert wild.evidence["gain in coverage"] == 0.0178
    beside = {"coverage": lambda index: 0.5 - 0.1 * (-1) ** index}
    clear = course.course(going(**beside, quality=lambda index: 1 - 0.006 * index))
    assert "Keep on: quality went from" in clear.text
    assert course.course(going(6, **beside)).state == "warming up"
    rises = going(6, coverage=lambda index: 0.5 + 0.001 * index + 0.1 * (-1) ** index)
    assert course.course(rises).state == "warming up"
    assert course.gain(going(**beside), "coverage", 10) == pytest.approx(0, abs=1e-9)


def test_what_improves_is_told_by_the_medians_of_its_thirds():
    """Of 24 probes the newest twelve: the medians of four each."""
    fall = [9.0] * 12 + [9.0, 2.0, 1.9, 1.7] + [1.5, 1.4, 1.3, 1.2] + [1.1, 1.0, 0.6, 0.1]
    found = course.course(going(24, quality=lambda index: fall[index]))
    assert "quality went from 1.95 to 0.8 in the last 12 probes" in found.text
    assert found.since_update == 50 * 13
    few = course.course(going(4, quality=lambda index: [2.0, 1.6, 1.4, 1.1][index]))
    assert "quality went from 2 to 1.1 in the last 4 probes" in few.text


def test_a_gain_is_a_share_of_the_median_or_of_a_thousandth():
    for count in (0, 1, 2):
        assert course.gain_interval(going(count, quality=lambda index: 1.0 - index), "quality", 10) == (0.0, 0.0, 0.0)
    tiny = going(3, quality=lambda index: 0.0006 - 0.0001 * index)
    assert course.gain(tiny, "quality", 10) == pytest.approx(0.2)
    some = going(5, quality=lambda index: math.nan if index in (1, 3) else 1.0 - 0.1 * index)
    assert course.gain(some, "quality", 10) == pytest.approx(0.4 / 0.8)
    below = going(3, nearness=lambda index: -2.0 - 0.1 * index)
    assert course.gain(below, "nearness", 10) == pytest.approx(0.2 / 2.1)


def test_the_items_seen_are_counted_by_rows_where_they_are_ahead():
    ahead = rows_of(3)
    ahead.newest_row["images_seen"] = 50_000
    assert course.course(ahead).state == "balanced"
    ahead.newest_row["images_seen"] = 49_999
    assert course.course(ahead).state == "warming up"
    early = probed(2, flat, images=25_000)
    assert "each of the 1,000 items seen 50 times" in course.course(early).text
    early.add_row(row(100, images_seen=70_000))
    assert "each of the 1,000 items seen 70 times" in course.course(early).text
    unknown = probed(2, flat, images=25_000)
    unknown.count = 0
    assert course.course(unknown).text == "Too early to say anything."
    assert (course.course(unknown).since_update, course.course(unknown).certainty) == (0, "certain")
