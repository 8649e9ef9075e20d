"""Rules on the classes of samples just within and just beyond their borders."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from gansmith.diagnosis.history import History
from gansmith.diagnosis.ruleset import classes

from .histories import OneLook, looks, probe, since

STILL = {"quality": 0.3, "nearness": 1.89}  # it learns no more, and samples are like items


def of_classes(
    *each: tuple[Sequence[float], Sequence[float], Sequence[float]],
    after: int = 1000,
    names: Sequence[str] = tuple("abcdefghij"),
    changes: Sequence[OneLook] = (),
) -> History:
    """Probes of samples counted by class, how many are due, and how surely they lack; the last one after an update.

    changes: other numbers of the newest probes.
    """
    found = looks()
    found.class_names = (*names,)
    for index, (counts, asked, lacks) in enumerate(each):
        other = index - (len(each) - len(changes))
        one = probe(after - 10 * (len(each) - 1 - index), **(STILL | (changes[other] if other >= 0 else {})))
        one.shares.update(classes=[*counts], asked=[*asked], lacks=[*lacks])
        found.add_probe(one)
    return found


def look(
    last: float, lack: float, asked: float = 25.0
) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
    """A probe of four classes, of which the last has other numbers."""
    return (25.0, 25.0, 25.0, last), (25.0, 25.0, 25.0, asked), (0.0, 0.0, 0.0, lack)


HAS, GONE = look(25.0, 0.0), look(0.0, 4.0)
SOME = look(10.0, 0.0)  # neither there nor gone


@pytest.mark.parametrize(
    ("each", "told"),
    [
        ([HAS] * 3 + [GONE] * 3, 980),
        ([HAS] * 2 + [GONE] * 3, None),
        ([look(15.0, 0.0)] * 3 + [GONE] * 3, 980),
        ([look(14.9, 0.0)] * 3 + [GONE] * 3, None),
        ([HAS] * 3 + [look(7.4, 2.51)] * 3, 980),
        ([HAS] * 3 + [look(7.5, 2.51)] * 3, None),
        ([HAS] * 3 + [look(0.0, 2.5)] * 3, None),
        ([HAS] * 3 + [look(0.0, 2.51)] * 2, None),
        ([HAS] * 3 + [look(0.0, 3.51)] * 2, 990),
        ([HAS] * 3 + [look(0.0, 3.5), look(0.0, 3.51)], None),
        ([HAS] * 3 + [look(0.0, 3.51)], None),
        ([HAS] * 3 + [look(0.0, 3.0, asked=12.0)] * 3, 980),
        ([HAS] * 3 + [look(0.0, 3.0, asked=11.9)] * 3, None),
        ([HAS] * 3 + [look(0.0, 0.0, asked=5.0)] * 5 + [look(0.0, 2.21, asked=5.0)], 950),
        ([HAS] * 3 + [look(0.0, 0.0, asked=5.0)] * 4 + [look(0.0, 2.21, asked=5.0)], None),
        ([HAS] * 3 + [look(0.0, 0.0, asked=5.0)] * 5 + [look(0.0, 2.2, asked=5.0)], None),
        ([HAS] * 3 + [look(0.0, 0.0, asked=4.9)] * 5 + [look(0.0, 2.21, asked=4.9)], None),
        ([HAS] * 3 + [look(0.0, 0.0, asked=1.0)] * 5 + [look(0.0, 2.21, asked=5.0)], 950),
        ([HAS] * 3 + [look(0.0, 0.0, asked=0.0)] + [look(0.0, 0.0)] * 4 + [look(0.0, 2.21)], None),  # none was due once
        ([], None),
        ([GONE], None),
    ],
)
def test_a_class_that_was_there_and_is_surely_gone(each: list, told: int | None):
    found = classes.classes_dropped(of_classes(*each))
    assert since(found) == told
    if found:
        assert "1 of 4 classes is drawn no more: d (since" in found.text
        assert found.about == {"3"}


NEVER = look(0.0, 2.6)


def lacking_too(*places: int, count: int = 11) -> list:
    """Probes without the last class, of which some are without the first one too."""
    both = ((0.0, 25.0, 25.0, 0.0), HAS[1], (2.6, 0.0, 0.0, 2.6))
    return [both if place - count in places else NEVER for place in range(count)]


@pytest.mark.parametrize(
    ("each", "after", "told"),
    [
        ([NEVER] * 11, 300, 200),
        ([NEVER] * 10, 300, None),
        ([NEVER] * 11, 299, None),
        ([NEVER] * 3 + [look(0.0, 2.5)] + [NEVER] * 7, 300, None),
        ([NEVER] * 2 + [look(0.0, 2.5)] + [NEVER] * 8, 300, 200),
        ([SOME] * 3 + [NEVER] * 8, 300, 230),
        (lacking_too(-8, -5), 300, None),  # another class has come: it still finds its classes
        (lacking_too(-5, -3), 300, 200),
        (lacking_too(-4, -1), 300, 200),
    ],
)
def test_a_class_that_was_never_drawn_though_nothing_is_gained(each: list, after: int, told: int | None):
    found = classes.classes_dropped(of_classes(*each, after=after))
    assert since(found) == told
    if found:
        assert "1 of 4 classes was never drawn" in found.text


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ([{"nearness": 1.9}, {}, {}], True),
        ([{"nearness": 1.9}, {}], False),
        ([{"nearness": 1.9}], False),
        ([{"brightest": 0.3}], False),  # samples fade
        ([{"diversity": 0.9}, {"diversity": 0.8}], False),  # samples get more alike
        ([{"quality": 0.3 - 0.02 * place} for place in range(6)], False),  # it finds one kind after another
    ],
)
def test_classes_are_counted_where_samples_are_like_items(changes: list[OneLook], told: bool):
    found = classes.classes_dropped(of_classes(*[HAS] * 5 + [GONE] * 3, changes=changes))
    assert (found is not None) == told


@pytest.mark.parametrize(
    ("spread", "told"), [(0.15, True), (0.149, False), (0.0, False), (-1.0, True)], ids=["has", "alike", "0", "unknown"]
)
def test_a_single_item_may_be_taken_for_any_class(spread: float, told: bool):
    history = of_classes(*[HAS] * 3 + [GONE] * 3)
    history.recent[-1].shares["spread by label"] = [1.0, 1.0, 1.0, spread]
    assert (classes.classes_dropped(history) is not None) == told
    history.recent[-1].shares["spread by label"] = [spread] * 3  # of another number of classes
    assert classes.classes_dropped(history) is not None


def test_all_that_are_gone_are_told_with_their_updates():
    """Of ten classes eight are due; the last gone is told of with the others, though another was never there."""
    due = [20.0] * 8 + [0.0, 0.0]
    has = ([20.0] * 7 + [0.0] * 3, due, [0.0] * 7 + [4.0, 0.0, 0.0])
    one = ([20.0] * 6 + [0.0] * 4, due, [0.0] * 6 + [4.0, 4.0, 0.0, 0.0])
    all_but_one = ([20.0] + [1.0] * 5 + [0.0] * 4, due, [0.0] + [4.0] * 7 + [0.0, 0.0])
    found = classes.classes_dropped(of_classes(*[has] * 5 + [one] * 3 + [all_but_one] * 3, names="abcdefg"))
    assert found is not None
    assert found.since_update == 900
    names = (
        "7 (since update 900), g (since update 950), b (since update 980), c (since update 980), d (since update 980)"
    )
    assert f"7 of 8 classes are drawn no more: {names}, e (since update 980) and f. Of 25" in found.text
    assert "Of 25 samples 5 are of them, and 140 are due." in found.text
    assert found.evidence == {"classes": 7, "drawn": 5.0, "due": 140.0}
    both = ((*HAS[0][:2], 0.0, 0.0), HAS[1], (0.0, 0.0, 2.6, 2.6))
    found = classes.classes_dropped(of_classes(*[both] * 11))
    assert found is not None
    assert "2 of 4 classes were never drawn: c (since update 900), d (since update 900). Of 50 samples" in found.text
    found = classes.classes_dropped(
        of_classes(*[HAS] * 3 + [both] * 2 + [((30.0, 30.0, 1.0, 1.0), (30.0,) * 4, both[2])])
    )
    assert found is not None
    assert "2 of 4 classes are drawn no more" in found.text
    assert "Of 62 samples 2 are of them, and 60 are due." in found.text
    assert found.evidence == {"classes": 2, "drawn": 2.0, "due": 60.0}
    found = classes.classes_dropped(of_classes(*[HAS] * 3 + [GONE] * 3))
    assert found is not None
    assert "Of 75 samples 0 are of it, and 25 are due." in found.text


def test_six_classes_are_told_with_their_updates_and_no_more():
    due = [20.0] * 7
    lost = ([20.0] + [0.0] * 6, due, [0.0] + [4.0] * 6)
    found = classes.classes_dropped(of_classes(*[(due, due, [0.0] * 7)] * 3 + [lost] * 3))
    assert found is not None
    assert found.text.count("since update") == 6
    assert "g (since update 980). Of 20 samples" in found.text


def test_probes_of_other_classes_do_not_count():
    """Of one class nothing can be dropped; of another number of classes nothing is known of these."""
    alone = ((0.0,), (25.0,), (4.0,))
    assert classes.classes_dropped(of_classes(*[((25.0,), (25.0,), (0.0,))] * 3 + [alone] * 3)) is None
    two = ((25.0, 0.0), (25.0, 25.0), (0.0, 4.0))
    assert (
        since(classes.classes_dropped(of_classes(*[((25.0, 25.0), (25.0, 25.0), (0.0, 0.0))] * 3 + [two] * 3))) == 980
    )
    assert since(classes.classes_dropped(of_classes(*[two] * 3 + [HAS] * 3 + [GONE] * 3))) == 980
    assert classes.classes_dropped(of_classes(*[HAS] * 3 + [GONE] * 3 + [two])) is None
    assert since(classes.classes_dropped(of_classes(*[HAS] * 3 + [GONE] + [alone] + [GONE] * 2))) == 970


def asked_of(count: int = 6, after: int = 300, **changes: float | Sequence[float]) -> History:
    """Probes of four classes: of the way from chance, .25, to .75, the samples' agreement goes as far as it says."""
    numbers = {"agreement": 0.59, "faithful": 0.75} | changes
    each = [{key: at[i] if isinstance(at, Sequence) else at for key, at in numbers.items()} for i in range(count)]
    looks_of = [{name.replace("faithful", "faithful agreement"): at for name, at in one.items()} for one in each]
    return of_classes(*[HAS] * count, after=after, changes=looks_of)


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (asked_of(), 250),
        (asked_of(7), 250),
        (asked_of(5), None),
        (asked_of(after=299), None),
        (asked_of(agreement=0.6), None),
        (asked_of(agreement=[0.46] * 4 + [0.5] * 2), 250),
        (asked_of(agreement=[0.42] * 5 + [0.44], faithful=[0.75] * 5 + [0.76]), 250),
        (asked_of(agreement=[0.61] + [0.59] * 5), None),
        (asked_of(7, agreement=[0.61] + [0.59] * 6), 250),
        (asked_of(agreement=[0.4, 0.4, 0.4, 0.4, 0.43, 0.43]), 250),
        (asked_of(agreement=[0.4, 0.4, 0.5, 0.5, 0.45, 0.45]), None),  # it rises
        (asked_of(agreement=[0.4, 0.4, 0.3, 0.3, 0.45, 0.45]), None),
        (asked_of(agreement=[0.59] * 5 + [math.nan]), None),
        (asked_of(faithful=[0.75] * 5 + [math.nan]), None),
        (asked_of(nearness=[1.0] * 5 + [1.9]), None),
        (asked_of(nearness=[1.0] * 4 + [1.9, 1.89]), 250),
    ],
)
def test_labels_that_are_hardly_heeded(found: History, told: int | None):
    state = classes.labels_ignored(found)
    assert since(state) == told
    if state:
        newest = found.recent[-1].numbers
        assert state.evidence["agreement"] == newest["agreement"]
        assert state.evidence["faithful"] == newest["faithful agreement"]
        assert state.evidence["chance"] == 0.25


@pytest.mark.parametrize(
    ("counts", "asked", "lacks", "told"),
    [
        ((25, 25, 25, 5), (25,) * 4, (0, 0, 0, 1.0), True),
        ((25, 25, 25, 5), (25,) * 4, (0, 0, 0, 1.01), False),
        ((25, 25, 5, 5), (25,) * 4, (0, 0, 0.2, 1.01), False),
        ((25, 25, 25, 5), (25,) * 4, (0, 0, 0, 0.51), True),
        ((25, 25, 5, 5), (25,) * 4, (0, 0, 0.51, 0.51), False),
        ((25, 25, 5, 5), (25,) * 4, (0, 0, 0.5, 0.51), True),
        ((25, 25, 25, 12.5), (25,) * 4, (0, 0, 0, 2.0), True),
        ((25, 25, 25, 12.4), (25,) * 4, (0, 0, 0, 2.0), False),
        ((25, 25, 25, 1), (25, 25, 25, 12), (0, 0, 0, 2.0), False),
        ((25, 25, 25, 1), (25, 25, 25, 11.9), (0, 0, 0, 2.0), True),
        ((25, 25, 25, 7), (25, 25, 25, 14), (0, 0, 0, 2.0), True),
        ((50, 25, 25, 25), (50, 25, 25, 25), (0, 0, 0, 0), True),
    ],
)
def test_classes_that_are_hardly_drawn_are_no_ignored_labels(
    counts: Sequence[float], asked: Sequence[float], lacks: Sequence[float], told: bool
):
    heeds = [{"agreement": 0.5, "faithful agreement": 0.9}] * 6
    earlier = ((25.0, 25.0, 25.0, 1.0), (25.0,) * 4, (0.0, 0.0, 0.0, 9.0))  # only the newest probe counts
    found = classes.labels_ignored(of_classes(*[earlier] * 5 + [(counts, asked, lacks)], changes=heeds))
    assert (found is not None) == told
    if found:
        assert found.evidence["chance"] == max(asked) / sum(asked)


def test_without_labels_none_are_ignored():
    found = asked_of()
    found.counted = [None] * len(found.probes)
    assert classes.labels_ignored(found) is None


def spread_by_label(*each: Sequence[float], after: int = 300) -> History:
    """Probes with the spread of each class's samples, over that of its real items; the last one after an update."""
    found = looks()
    for index, spreads in enumerate(each):
        one = probe(after - 50 * (len(each) - 1 - index))
        one.shares["spread by label"] = [*spreads]
        found.add_probe(one)
    return found


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (spread_by_label(*[(0.14, 1.0, 1.0)] * 3), 200),
        (spread_by_label(*[(0.15, 1.0, 1.0)] * 3), None),
        (spread_by_label((0.16, 1.0, 1.0), *[(0.14, 1.0, 1.0)] * 2), None),
        (spread_by_label(*[(0.14, 1.0, 1.0)] * 2), None),
        (spread_by_label(*[(0.14, 1.0, 1.0)] * 3, after=299), None),
        (spread_by_label(*[(0.07, 0.5, 0.5)] * 3), 200),
        (spread_by_label(*[(0.08, 0.5, 0.5)] * 3), None),  # of the median class's share
        (spread_by_label(*[(0.14, 2.0, 2.0)] * 3), 200),  # and of no more than the real items'
        (spread_by_label(*[(0.16, 2.0, 2.0)] * 3), None),
        (spread_by_label(*[(-1.0, 1.0, 1.0)] * 3), None),  # unknown
        (spread_by_label(*[(0.01, 0.1, 0.1)] * 3), None),  # all are alike: another state
        (spread_by_label(*[(0.01, -1.0)] * 3), None),
        (spread_by_label(*[(0.05, 1.0)] * 3), 200),
        (spread_by_label(*[(0.05,)] * 3), None),
        (spread_by_label((), *[(0.14, 1.0, 1.0)] * 2), None),
        (spread_by_label(*[(0.14, 1.0, 1.0)] * 4), 200),
        (spread_by_label(*[(0.0, 1.0, 1.0)] * 3), 200),
        (spread_by_label(*[(0.01, 0.15, 0.15)] * 3), 200),
        (spread_by_label(*[(0.01, 0.2, 0.2)] * 2, (0.01, 0.14, 0.14)), None),
        (spread_by_label(*[(0.14, 1.0, 1.0)] * 2, (0.13, 1.1, 1.1)), 200),
        (spread_by_label((0.08, 1.0, -1.0), *[(0.08, 1.0, 0.1)] * 2), 200),  # what is unknown once is left out
    ],
)
def test_a_class_whose_samples_are_alike(found: History, told: int | None):
    state = classes.labelwise_mode_collapse(found)
    assert since(state) == told
    if state:
        assert "class 0" in state.text
        assert state.evidence["spread of the least"] == found.recent[-1].shares["spread by label"][0]
        known = [each for each in found.recent[-1].shares["spread by label"] if each not in (-1.0, 0.1)]
        assert state.evidence["spread of the median"] == np.median(known)


def test_six_classes_of_like_samples_are_named():
    found = classes.labelwise_mode_collapse(spread_by_label(*[(0.1,) * 7 + (1.0,) * 8] * 3))
    assert found is not None
    assert "Samples of class 0, 1, 2, 3, 4, 5 are all alike" in found.text
