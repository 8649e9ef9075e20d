"""Every state is found where its signature is, within 500 updates, and nowhere else."""

from __future__ import annotations

import dataclasses
import inspect
import math
import shlex
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from gansmith.diagnosis import columns
from gansmith.diagnosis import history as history_of_runs
from gansmith.diagnosis.doctor import Doctor
from gansmith.diagnosis.findings import STATES, Remedy
from gansmith.diagnosis.history import OF_ROWS, RECENT, History
from gansmith.diagnosis.ruleset import (
    balance,
    classes,
    collapse,
    course,
    memory,
    opinions,
    outputs,
    rates,
    real,
    surface,
)
from gansmith.diagnosis.ruleset.table import RULES
from gansmith.diagnosis.signals import samples, series
from gansmith.diagnosis.watcher import next_change
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe
from gansmith.losses import LOSSES

from .histories import alarms, history, noisy, probe, row

COURSE = ("warming up", "still improving", "converged", "balanced")


def one_kind(update: int) -> dict[str, list[float]]:
    return {"prototypes": [0.0] * 4 + [240.0] + [0.0] * 15}


def rotating(update: int) -> dict[str, list[float]]:
    kinds = [0.0] * 20
    kinds[update // 50 * 3 % 20] = 256.0
    return {"prototypes": kinds}


def without(*gone: int, since: int = 0, asked: float = 25.0) -> Callable[[int], dict[str, list[float]]]:
    """Classes that are drawn no more from an update on."""

    def shares(update: int) -> dict[str, list[float]]:
        missing = [update >= since and label in gone for label in range(10)]
        return {"classes": [0.0 if miss else asked for miss in missing], "asked": [asked] * 10,
                "lacks": [asked**0.5 if miss else 0.0 for miss in missing]}  # fmt: skip

    return shares


CASES: dict[str, dict[str, Any]] = {
    "divergence": {"rows": {"loss.generator": float("nan")}, "start": 400},
    "sigmoid as logits": {"edges": (0.004, 0.7)},
    "wrong pixel range": {"probes": {"outside": 0.3}},
    "rate too high": {"rows": {"loss.discriminator": 300.0}, "probes": {"spread": 0.0, "diversity": 0.001}},
    "rate too low": {
        "rows": {"step.discriminator": 3e-4, "step.generator": 1e-4},
        "probes": {"quality": 1.3, "nearness": 2.6, "kinds": 0.2, "diversity": 0.6},
    },
    "discriminator never moves": {"rows": {"step.discriminator": 0.0}},
    "generator never moves": {"rows": {"step.generator": 0.0}},
    "discriminator pulled along": {
        "rows": {"accuracy.fake": 0.01, "verdict.fake": 2.4, "loss.generator": 0.09, "loss.discriminator": 2.9},
        "probes": {"spread": 0.005, "diversity": 0.005},
    },
    "one picture memorised": {
        "probes": {"spread": 1e-6, "diversity": 1e-6, "contrast": 1e-4, "stamp": 0.97, "mean likeness": 0.6}
    },
    "latents lost": {
        "first": {"spread": 1e-9},
        "probes": {"spread": 0.3, "diversity": 0.2, "kinds": 0.06, "mean likeness": 0.9},
    },
    "regression to the mean": {
        "probes": {"spread": 0.05, "diversity": 0.04, "contrast": 0.5, "mean likeness": 0.99, "kinds": 0.06, "moved": 0.05}
    },
    "mode collapse": {"probes": {"spread": 0.0, "diversity": 0.0, "kinds": 0.05, "mean likeness": 0.9}, "start": 300},
    "cycling mode collapse": {"probes": {"kinds": 0.7, "quality": 0.3}, "shares": rotating},
    "partial mode collapse": {"probes": {"kinds": 0.2}, "shares": one_kind, "start": 300},
    "classes dropped": {"shares": without(3, 5), "start": 400},
    "label-wise mode collapse": {"shares": lambda update: {"spread by label": [0.9, 0.88, 0.02, 0.91]}},
    "memorised pictures": {"probes": {"copies": 0.6, "nearness": 0.2}, "start": 300},
    "discriminator memorises": {"probes": {"favour": 0.97}, "start": 300},
    "labels ignored": {"probes": {"agreement": 0.11, "label effect": 0.9}},
    "discriminator overpowers": {
        "rows": {"accuracy.real": 1.0, "accuracy.fake": 1.0, "verdict.real": 7.0, "verdict.fake": -7.0},
        "probes": {"quality": 0.8},
    },
    "generator overpowers": {"rows": {"accuracy.fake": 0.02, "verdict.fake": 1.6, "loss.generator": 0.2}},
    "vanishing gradients": {"rows": {"gradient.generator": 1e-6}, "start": 300},
    "exploding gradients": {"rows": {"gradient.generator": 5e4}, "start": 500},
    "oscillation": {
        "rows": {"loss.discriminator": lambda update: 2.4 if update // 100 % 2 else 0.2},
        "probes": {"quality": 0.5, "nearness": 1.5, "coverage": 0.3, "precision": 0.5},
    },
    "checkerboard": {"probes": {"pattern share": 0.03, "pattern": 20.0}},
    "grain": {"probes": {"grain": 0.1, "sharpness": 4.0, "quality": 0.3}},
    "blurred": {"probes": {"grain": -0.04, "sharpness": 0.1, "quality": 0.3}},
    "contrast lost": {"probes": {"contrast": 0.4}, "start": 400},
    "colour lost": {"probes": {"colour": 0.2}, "start": 400},
    "blank samples": {"probes": {"contrast": 0.01, "spread": 0.02, "diversity": 0.4}, "start": 400},
    "blank data": {"real": {"spread": 0.001}},
    "repeated data": {"real": {"repeats": 0.9}},
    "data not scaled": {"real": {"widest": 4e4, "narrowest": 0.2, "offset": 6e4}},
}  # fmt: skip


def test_every_state_has_a_case_a_rule_and_a_remedy():
    assert set(CASES) == set(RULES)
    assert set(RULES) | set(COURSE) == set(STATES)


def test_checks_that_show_on_even_places_alone_are_named():
    """Far below the share of the variance that a pattern has, and noise is no such grid."""
    for out, state in ((9.0, ["checkerboard"]), (1.2, [])):
        _, said, _ = history(1400, probes={"checks": 120.0, "checks stand out": out})
        assert alarms(said) == state


@pytest.mark.parametrize("state", CASES)
def test_a_signature_is_named_and_leads(state: str):
    case = CASES[state]
    late = {"oscillation": 1000, "checkerboard": 500, "grain": 500, "blurred": 500}  # updates more than for others
    slow = case.get("start", 0) + 500 + late.get(state, 0)
    _, said, doctor = history(slow, **case)
    assert doctor.leading.state == state
    assert alarms(said) == [state]
    finding = doctor.leading
    assert finding.since_update <= slow
    assert finding.text
    assert finding.evidence
    assert all(np.isfinite(value) for value in finding.evidence.values())


GUILTY = {
    "sigmoid as logits": {"discriminator.output": "sigmoid", "faults": ["sigmoid-as-logits"]},
    "wrong pixel range": {"data.pixels": "unit", "faults": ["wrong-pixel-range"]},
    "discriminator never moves": {"feedback.name": "stacked", "faults": ["never-trained"]},
    "generator never moves": {"feedback.name": "labels"},
    "discriminator pulled along": {"feedback.name": "stacked", "faults": ["never-frozen"]},
    "one picture memorised": {"generator.initial_scale": 0.002, "data.batch": 1},
    "latents lost": {"generator.initial_scale": 0.002, "data.batch": 1},
    "regression to the mean": {"feedback.name": "labels", "feedback.labels": "regression"},
    "checkerboard": {"generator.kernels": [5]},
}
"""Recipes that have the fault; of the other states the default recipe will do."""


@pytest.mark.parametrize("state", CASES)
def test_an_alarm_brings_a_setting_to_change(state: str):
    recipe = override(Recipe(), GUILTY.get(state, {}))
    _, _, doctor = history(1400, recipe=recipe, **CASES[state])
    change = next_change(doctor.leading, recipe, [])
    if state in (
        "labels ignored",
        "blank data",
        "repeated data",
        "data not scaled",
    ):  # the data is wrong: no setting mends it
        assert change is None
        return
    assert change
    assert override(recipe, change) != recipe
    assert next_change(doctor.leading, recipe, [change]) != change  # nothing is tried twice


def test_a_healthy_run_raises_no_alarm():
    _, said, doctor = history(3000)
    assert alarms(said) == []
    assert doctor.leading.state in ("still improving", "converged")


@pytest.mark.parametrize("seed", range(3))
def test_noise_raises_no_alarm(seed: int):
    jitter: dict[str, Callable[[int], float]] = {
        "loss.discriminator": noisy(1.2 + seed / 10, 0.15),
        "loss.generator": noisy(0.9, 0.2),
        "gradient.generator": noisy(0.4, 0.5),
    }
    _, said, _ = history(2000, rows=jitter, probes={"kinds": noisy(0.85, 0.05), "diversity": noisy(0.9, 0.05)})
    assert alarms(said) == []


def test_a_run_that_stands_still_has_converged():
    flat = {"quality": 0.14, "nearness": 1.2, "coverage": 0.6, "precision": 0.8}
    _, said, doctor = history(2500, probes={name: noisy(value, 0.01) for name, value in flat.items()}, start=400)
    assert [finding.state for _, finding in said] == ["still improving", "converged"]
    assert doctor.leading.since_update >= 400


def test_stats_alone_say_what_they_can():
    _, said, doctor = history(800, seen=False)
    assert alarms(said) == []
    assert doctor.leading.state == "balanced"
    _, said, _ = history(800, seen=False, **{"rows": CASES["discriminator pulled along"]["rows"]})
    assert alarms(said) == ["discriminator pulled along"]


def test_a_collapse_that_mends_itself_is_forgotten():
    bad = {name: lambda update, value=value: value if update < 600 else 0.9 for name, value in
           {"spread": 0.0, "diversity": 0.0}.items()}  # fmt: skip
    _, said, doctor = history(1200, probes=bad, start=300)
    assert alarms(said) == ["mode collapse"]
    assert not doctor.leading.is_alarm


def test_a_collapse_that_moves_is_no_mean():
    """The one item that a collapsed generator makes may resemble the mean, but it is chased from place to place."""
    alike = dict(CASES["regression to the mean"]["probes"], moved=0.3)
    _, said, _ = history(900, probes=alike)
    assert alarms(said) == ["mode collapse"]


def test_one_odd_look_is_no_alarm():
    once = {"diversity": lambda update: 0.0 if update == 400 else 0.95}
    _, said, _ = history(800, probes=once)
    assert alarms(said) == []


def test_samples_that_never_settle_are_named():
    _, said, doctor = history(800, probes={"moved": 1.1, "quality": 0.8})
    assert alarms(said) == ["rate too high"]
    assert "another one" in doctor.leading.text


@pytest.mark.parametrize("kinds", [0.2, 0.9])
def test_samples_that_move_and_get_nowhere_are_named(kinds: float):
    """Unlike the data, they need not be of many kinds: it is not their modes that cycle."""
    _, said, _ = history(500, probes={"moved": 0.5, "quality": 1.4, "kinds": kinds, "nearness": 2.2})
    assert alarms(said) == ["rate too high"]


FURTHER = {"quality": 0.4, "overlap": 0.6, "coverage": 0.2, "precision": 0.9}


def test_a_part_that_is_drawn_no_longer_is_missed_where_prototypes_do_not_tell():
    _, said, doctor = history(1000, probes=FURTHER, start=500)
    assert alarms(said) == ["partial mode collapse"]
    assert doctor.leading.since_update == 500
    assert "no longer" in doctor.leading.text


@pytest.mark.parametrize("kept", [{"quality": 0.2}, {"overlap": 0.85}, {"precision": 0.5}, {"coverage": 0.5}])
def test_getting_worse_is_not_yet_narrower(kept: dict[str, float]):
    """Nearly as near as before, or as broad; or samples that are no longer like real items either."""
    _, said, _ = history(1000, probes={**FURTHER, **kept}, start=500)
    assert alarms(said) == []


@pytest.mark.parametrize(
    ("darkest", "brightest", "named"), [(-0.07, 0.01, True), (0.97, 1.02, True), (0.44, 0.54, False)]
)
def test_an_activation_centred_on_the_edge_is_named(darkest: float, brightest: float, named: bool):
    """Photographs have few black pixels: a tanh trained on [0, 1] keeps within it, and wastes half of itself."""
    _, said, _ = history(400, first={"darkest": darkest, "brightest": brightest})
    assert alarms(said) == (["wrong pixel range"] if named else [])


def test_stripes_that_fade_are_no_fault():
    fading = {"pattern": 8.0, "pattern share": lambda update: 0.1 * 0.5 ** (update / 400)}
    _, said, _ = history(1500, probes=fading)
    assert alarms(said) == []


def test_what_has_not_begun_to_learn_has_not_collapsed():
    """Grey pictures may lie nearer to photographs than photographs do: few kinds then are those of an untrained net."""
    grey = {"quality": 1.45, "kinds": 0.06, "diversity": 0.33, "nearness": 0.7, "precision": 1.0}
    sure = {"accuracy.real": 1.0, "accuracy.fake": 1.0, "verdict.real": 14.0, "verdict.fake": -14.0}
    _, said, _ = history(800, rows=sure, probes=grey)
    assert alarms(said) == ["discriminator overpowers"]
    _, said, _ = history(800, probes={**grey, "quality": 0.8})
    assert alarms(said) == ["partial mode collapse"]


def test_samples_that_wander_before_a_fooled_discriminator_are_not_the_rates_fault():
    pulled = CASES["discriminator pulled along"]["rows"]
    _, said, _ = history(600, rows=pulled, probes={"moved": 0.9, "quality": 0.8, "diversity": 1.4})
    assert alarms(said) == ["discriminator pulled along"]


def test_an_early_jump_of_the_losses_counts_while_nothing_is_learned():
    jump: dict[str, Any] = {"loss.discriminator": lambda update: 200.0 if update == 50 else 1.3}
    _, said, _ = history(500, rows=jump, probes={"quality": 1.4, "kinds": 0.2, "nearness": 2.2})
    assert alarms(said) == ["rate too high"]
    _, said, doctor = history(800, rows=jump)  # one odd row, then all is well
    assert not doctor.leading.is_alarm


def test_what_comes_and_goes_is_not_said_each_time():
    """The longer an alarm has stood, the longer it is remembered: here it stays away for 300 of every 800 updates."""
    few: dict[str, Any] = {name: lambda update, value=value: value if update % 800 < 500 else 0.95 for name, value in
                           {"kinds": 0.3}.items()}  # fmt: skip
    _, said, doctor = history(12_000, probes=few, shares=one_kind)
    assert 1 <= len(alarms(said)) <= 3
    assert doctor.leading.state == "partial mode collapse"


def test_tiny_steps_of_a_perfect_discriminator_are_no_low_rate():
    """Its gradient has vanished, and takes the generator's with it: no rate would mend that."""
    sure = {"accuracy.real": 1.0, "accuracy.fake": 1.0, "verdict.real": 14.0, "verdict.fake": -14.0}
    steps = {"step.discriminator": 1e-4, "step.generator": 1e-6}
    _, said, _ = history(500, rows={**sure, **steps}, probes={"quality": 1.3})
    assert alarms(said) == ["discriminator overpowers"]


def test_causes_lead_their_effects():
    """A frozen discriminator makes everything else wrong too."""
    case = CASES["discriminator never moves"]
    effects = {"diversity": 0.05, "spread": 0.04, "kinds": 0.06}
    _, said, doctor = history(800, rows=case["rows"], probes=effects)
    assert alarms(said)[-1] == "discriminator never moves"
    assert "mode collapse" in {finding.state for finding in doctor.others}


@pytest.mark.parametrize(("article", "state"), [("000", "discriminator never moves"), ("000", "discriminator pulled along"),
                                            ("000", "regression to the mean"), ("003", "one picture memorised"),
                                            ("003", "latents lost")])  # fmt: skip
def test_articles_are_named(article: str, state: str):
    _, _, doctor = history(500, **CASES[state])
    assert doctor.leading.article == article


RECIPES = [Recipe(), override(Recipe(), {"loss.name": "minimax", "feedback.discriminator_turns": 3}),
           override(Recipe(), {"regularizer.name": "r1", "regularizer.gamma": 500.0, "augment.name": "mirror"}),
           override(Recipe(), {"discriminator.output": "sigmoid", "faults": ["sigmoid-as-logits"]}),
           override(Recipe(), {"data.pixels": "unit", "faults": ["wrong-pixel-range"]}),
           override(Recipe(), {"feedback.name": "stacked", "faults": ["never-frozen"]}),
           override(Recipe(), {"feedback.name": "stacked", "faults": ["never-trained"]})]  # fmt: skip


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: ",".join(recipe.faults) or recipe.loss.name)
def test_every_remedy_is_a_recipe(recipe: Recipe):
    """Applied to the recipe that has the fault, it is accepted; and it has its reason and source."""
    for state, rule in RULES.items():
        if recipe.faults and state not in ("sigmoid as logits", "wrong pixel range", "discriminator pulled along",
                                           "discriminator never moves"):  # fmt: skip
            continue
        for remedy in rule.remedies(recipe):
            assert remedy.why
            assert remedy.source or not remedy.settings
            override(recipe, dict(remedy.settings))


SETTINGS: list[tuple[dict[str, Any], str]] = [
    ({"regularizer.name": "r1", "regularizer.gamma": 1.0}, "--set regularizer.name=r1 --set regularizer.gamma=1"),
    ({"generator.kernels": [4, 4]}, "--set 'generator.kernels=[4, 4]'"),
    ({"faults": []}, "--set 'faults=[]'"),
    (
        {"feedback.name": "stacked", "faults": ["never-frozen"]},
        """--set feedback.name=stacked --set 'faults=["never-frozen"]'""",
    ),
    ({"optimizer.generator.rate": 1.23456789e-4}, "--set optimizer.generator.rate=0.000123456789"),
]


@pytest.mark.parametrize(("settings", "line"), SETTINGS)
def test_a_remedy_reads_as_a_shell_takes_it(settings: dict[str, Any], line: str):
    remedy = Remedy(settings, "why", "Source 2018")
    assert remedy.line() == f"{line}: why (Source 2018)"
    typed = [word for word in shlex.split(line) if word != "--set"]
    assert override(Recipe(), typed) == override(Recipe(), settings)


def test_a_remedy_without_a_setting_says_why():
    assert Remedy({}, "more data").line() == "more data"


@pytest.mark.parametrize("state", CASES)
def test_the_recipe_does_not_give_the_fault_away(state: str):
    """Findings rest on what was seen: the same of a recipe without its name and its list of planted faults."""
    recipe = override(Recipe(), {"name": "article-000-dense", **GUILTY.get(state, {})})
    blank = dataclasses.replace(recipe, name="", faults=())
    seen, unseen = (history(1100, recipe=each, **CASES[state])[1] for each in (recipe, blank))
    assert [(at, dataclasses.replace(found, remedy=())) for at, found in seen] == [
        (at, dataclasses.replace(found, remedy=())) for at, found in unseen
    ]


RULESET = [balance, classes, collapse, course, memory, opinions, outputs, rates, real, surface]


@pytest.mark.parametrize("module", [*RULESET, samples, series, history_of_runs])
def test_no_rule_reads_a_name_or_a_planted_fault(module: Any):
    text = inspect.getsource(module)
    assert ".faults" not in text
    assert "recipe.name" not in text


@pytest.mark.parametrize(
    ("settings", "first"),
    [
        ({}, "diffaugment"),
        ({"augment.name": "mirror"}, "mirror+diffaugment"),
        ({"augment.name": "mirror+ada"}, "mirror+diffaugment"),
        ({"augment.name": "ada"}, "diffaugment"),
        ({"engine": "numpy"}, "mirror"),
    ],
)
def test_what_is_learned_by_heart_is_augmented(settings: dict[str, object], first: str):
    """Measured: mirror images alone leave a discriminator that knows 32 pictures by heart (docs/notebook/diagnosis.md)."""
    for state in ("memorised pictures", "discriminator memorises"):
        assert RULES[state].remedies(override(Recipe(), settings))[0].settings == {"augment.name": first}


@pytest.mark.parametrize("loss", list(LOSSES))
def test_who_wins_is_said_of_every_loss(loss: str):
    """By accuracies and the distance of the two mean logits: the level of a critic's logits is anything."""
    known, recipe = LOSSES[loss], override(Recipe(), {"loss.name": loss, "regularizer.name": "r1"})
    for level in (-40.0, 0.0, 40.0) if known.threshold is None else (known.threshold,):
        half = max(known.sure_gap, 3.0)
        wins = {"accuracy.real": 1.0, "accuracy.fake": 1.0, "verdict.real": level + half, "verdict.fake": level - half}
        wins |= {"loss.discriminator": 0.0, "gradient.discriminator": 0.0, "step.discriminator": 0.0}
        _, said, _ = history(800, rows=wins, probes={"quality": 0.8}, recipe=recipe)
        assert alarms(said) == ["discriminator overpowers"]  # and not: it never moves
        loses = {
            "accuracy.real": 0.02,
            "accuracy.fake": 0.01,
            "verdict.real": level - half,
            "verdict.fake": level + half,
        }
        loses |= {"step.discriminator": 1e-4, "loss.discriminator": known.guessing}
        _, said, _ = history(800, rows=loses, recipe=recipe)
        assert alarms(said) == ["generator overpowers"]
        even = {"verdict.real": level + 0.01, "verdict.fake": level + 0.01, "accuracy.fake": 0.0, "accuracy.real": 1.0}
        assert alarms(history(800, rows=even, recipe=recipe)[1]) == []  # all a little above the threshold: no opinion


def test_probabilities_alone_tell_who_wins():
    """Of a program that writes no logits."""
    sure = {"accuracy.real": 1.0, "accuracy.fake": 1.0, "probability.real": 0.999, "probability.fake": 0.001}
    _, said, _ = history(800, rows=sure, probes={"quality": 0.8})
    assert alarms(said) == []  # logits tell otherwise
    doctor = Doctor(History(None))
    for update in range(50, 801, 50):
        doctor.check(
            row={name: value for name, value in row(update, **sure).items() if not name.startswith("verdict.")}
        )
    assert doctor.leading.state == "discriminator overpowers"


def test_more_lost_classes_are_said_again_and_named():
    def one_after_another(update: int) -> dict[str, list[float]]:
        gone = tuple(label for label, since in ((3, 400), (5, 700), (7, 1000)) if update >= since)
        return without(*gone)(update)

    _, said, doctor = history(1500, shares=one_after_another, probes={"quality": 0.3})
    texts = [finding.text for _, finding in said if finding.is_alarm]
    assert len(texts) == 3
    assert (
        "3 of 10 classes are drawn no more: 3 (since update 400), 5 (since update 700), 7 (since update 1,000)"
        in texts[-1]
    )
    assert doctor.leading.certainty == "certain"


@pytest.mark.parametrize(
    ("asked", "lasts", "named"), [(25.0, 0, False), (25.0, 200, True), (8.0, 200, False), (8.0, 400, True)]
)
def test_the_fewer_samples_are_due_the_longer_it_takes(asked: float, lasts: int, named: bool):
    shares = without(4, since=1000 - lasts, asked=asked)
    assert ("classes dropped" in alarms(history(1000, shares=shares)[1])) is named


def test_two_samples_of_a_class_are_too_few_to_say_anything():
    assert alarms(history(2000, shares=without(4, since=600, asked=2.0))[1]) == []


@pytest.mark.parametrize(("kinds", "named"), [(0.5, True), (0.6, False)])
def test_half_of_the_variety_is_a_part_of_the_data(kinds: float, named: bool):
    for name in ("kinds", "class variety"):  # whichever is less
        said = alarms(history(1000, probes={name: kinds}, shares=one_kind, start=300)[1])
        assert said == (["partial mode collapse"] if named else [])


@pytest.mark.parametrize(("spread", "named"), [(0.14, True), (0.2, False)])
def test_a_class_with_a_fifth_of_its_spread_is_not_all_alike(spread: float, named: bool):
    """And what is all alike may be taken for any class: that its class is missing is then not said."""
    said = alarms(history(800, shares=lambda update: {"spread by label": [1.0, spread, 1.1, 1.0]})[1])
    assert said == (["label-wise mode collapse"] if named else [])

    def missing(update: int) -> dict[str, list[float]]:
        return {**without(3)(update), "spread by label": [1.0] * 3 + [spread] + [1.0] * 6}

    said = alarms(history(900, shares=missing, start=400)[1])
    assert said == (["label-wise mode collapse"] if named else ["classes dropped"])


def test_uneven_data_is_no_collapse():
    """Nine in ten samples are of one class, and so is the data."""
    uneven = {"classes": [230.0] + [2.9] * 9, "asked": [230.0] + [2.9] * 9, "lacks": [0.0] * 10}
    obeyed = {"agreement": 0.98, "faithful agreement": 0.98}
    assert alarms(history(1500, shares=lambda update: uneven, probes=obeyed)[1]) == []


def test_a_class_that_is_blank_in_the_data_has_no_spread_to_lose():
    assert alarms(history(800, shares=lambda update: {"spread by label": [0.9, -1.0, 0.95, 0.9]})[1]) == []


@pytest.mark.parametrize("period", [2, 4, 8])
def test_halves_of_the_classes_that_come_and_go(period: int):
    def halves(update: int) -> dict[str, list[float]]:
        first = update // 50 % period < period / 2
        counts = ([50.0] * 5 + [0.0] * 5) if first else ([0.0] * 5 + [50.0] * 5)
        return {"classes": counts, "asked": [25.0] * 10, "lacks": [0.0 if count else 5.0 for count in counts]}

    _, said, _ = history(
        1500, shares=halves, probes={"moved": 0.9 if period < 8 else 0.3, "class variety": 0.5, "quality": 0.3}
    )
    assert "cycling mode collapse" in alarms(said)
    assert "rate too high" not in alarms(said)


@pytest.mark.parametrize("factor", [1.1, 1.5])
def test_a_gradient_that_grows_and_grows(factor: float):
    grows = {"gradient.generator": lambda update: 0.3 * factor ** (max(0, update - 1000) / 50)}
    _, said, doctor = history(3500, rows=grows)
    assert alarms(said)[0] == "exploding gradients"
    assert doctor.active["exploding gradients"].since_update >= 1000


def test_lone_spikes_are_told_and_one_is_not():
    spikes = {"gradient.discriminator": lambda update: 1e4 if update % 700 == 0 else 0.7}
    assert alarms(history(2500, rows=spikes)[1]) == ["exploding gradients"]
    assert alarms(history(2500, rows={"gradient.discriminator": lambda u: 1e4 if u == 700 else 0.7})[1]) == []


def test_a_gradient_that_doubles_early_is_learning():
    grows = {"gradient.discriminator": lambda update: 0.2 + 2.0 * (1 - 0.98 ** (update / 50))}
    assert alarms(history(3000, rows=grows)[1]) == []


@pytest.mark.parametrize("rows", [2, 3, 8, 16])
def test_losses_that_swing_with_any_period(rows: int):
    swing = {"loss.discriminator": lambda update: 1.0 + 0.9 * math.sin(2 * math.pi * (update / 50 / rows + 0.13))}
    still = {"quality": 0.5, "nearness": 1.5, "coverage": 0.3, "precision": 0.5}
    assert alarms(history(3000, rows=swing, probes=still)[1]) == ["oscillation"]


def test_how_sure_a_finding_is():
    _, said, doctor = history(1500, **CASES["mode collapse"])
    assert said[-1][1].certainty == "likely"
    assert doctor.leading.certainty == "certain"
    assert "(certain)" in doctor.leading.line()
    flat = {"quality": 0.14, "nearness": 1.2, "coverage": 0.6, "precision": 0.8}
    assert history(2500, probes=flat)[2].leading.certainty == "certain"
    rough = {"quality": noisy(0.14, 0.3), "nearness": 1.2, "coverage": 0.6, "precision": 0.8}
    assert history(2500, probes=rough)[2].leading.certainty == "likely"


def test_ten_pictures_seen_nine_hundred_times_are_not_early():
    often = [dataclasses.replace(probe(update), images_seen=300 * update) for update in (0, 100)]
    doctor = Doctor(History(count=10))
    for each in often:
        doctor.check(probe=each)
    assert "too early" not in doctor.leading.text.lower()
    assert "each of the 10 items seen 3,000 times" in doctor.leading.text


def test_one_wide_look_does_not_mute_what_is_lost():
    """The first samples may use more of the range than the data do."""
    dark = {"darkest": 0.0, "brightest": lambda update: 1.0 if update == 50 else 0.5}
    _, said, _ = history(1200, shares=without(1, 2, 3, 4, 5, since=500), probes=dark, real={"brightest": 0.5})
    assert "classes dropped" in alarms(said)


def test_faded_samples_are_not_counted_by_class():
    dim = {"brightest": 0.4, "darkest": 0.2, "contrast": 0.3}
    _, said, _ = history(1200, shares=without(1, 2, 3, since=500), probes=dim, start=500)
    assert alarms(said) == ["contrast lost"]


def test_a_missing_pattern_is_no_pattern():
    """Where nothing stands out the numbers are left out: what fades still does."""
    fading = {
        "pattern": 8.0,
        "pattern share": lambda update: math.nan if update == 200 else 0.1 * 0.5 ** (update / 400),
    }
    assert alarms(history(1500, probes=fading)[1]) == []


def test_numbers_of_other_programs_may_be_words():
    doctor = Doctor(History(count=10))
    for update in range(50, 500, 50):
        doctor.check(row={"update": update, "images_seen": "12,800", "loss.discriminator": "low", "accuracy.real": "x"})
    assert doctor.leading.state == "balanced"


def test_half_of_the_items_twice_is_no_alarm():
    assert alarms(history(800, real={"repeats": 0.5})[1]) == []


def test_a_wild_start_that_finds_its_way_is_no_fault():
    wild = {"moved": 0.7, "quality": lambda update: 1.2 * 0.8 ** (update / 50)}
    assert alarms(history(500, probes=wild)[1]) == []


def test_fewer_than_three_probes_are_never_called_converged():
    """However often the items were seen: a claim from one probe outlived the progress that the next ones showed."""
    better = {50: 2.3, 200: 0.56, 300: 0.48}
    doctor = Doctor(History(count=80))
    said = [
        doctor.check(probe=dataclasses.replace(probe(update, quality=quality), images_seen=100 * update))
        for update, quality in better.items()
    ]
    assert said[:2] == [None, None]
    assert doctor.leading.state == "still improving"


def test_what_is_so_already_is_advised_without_a_setting():
    """Of networks that share one rate, the generator's is not raised to what it is."""
    _, _, doctor = history(1400, recipe=Recipe(), **CASES["generator never moves"])
    assert doctor.leading.state == "generator never moves"
    (remedy,) = doctor.leading.remedy
    assert remedy.settings == {}
    assert "check what is detached or frozen" in remedy.why


def test_a_history_keeps_the_ends_of_histograms_alone():
    """Rules read no more of them."""
    known = History()
    edges = [float(edge) for edge in range(65)]
    drawn = {name: {"edges": edges, "counts": [1] * 64} for name in ("verdict.real", "verdict.fake")}
    known.add_row({"update": 5, "loss.generator": 0.5, "histograms": drawn, "layers": {"generator": {"0": {}}}})
    assert known.newest_row == {"update": 5, "loss.generator": 0.5}
    numbers = {name: known.series(name).tolist() for name in OF_ROWS}
    held = {name: each[0] for name, each in numbers.items() if not np.isnan(each[0])}
    ends = {f"{end} of verdict.{kind}": at for end, at in (("least", 0.0), ("most", 64.0)) for kind in ("real", "fake")}
    assert held == {"update": 5.0, "loss.generator": 0.5, "not finite": 0.0, **ends}


def test_a_history_takes_its_room_at_once_and_thins_what_is_old(monkeypatch: pytest.MonkeyPatch):
    """However long the run is: of rows and probes beyond the room every second old one goes, and of classes the same ones."""
    monkeypatch.setattr(columns, "MOST", 8)
    known = History()
    room = {name: column.nbytes for name, column in (known.rows.kept | known.probes.kept).items()}
    known.add_probe(probe(0))
    for update in range(1, 31):
        known.add_row({"update": update, "images_seen": update, f"made up {update}": 1.0})
        known.add_probe(
            dataclasses.replace(probe(update), shares=dict.fromkeys(("classes", "asked", "lacks"), [update] * 3))
        )
        kept = known.series("update")
        assert len(kept) <= 8
        assert kept[0] == 1
        assert kept[-5:].tolist() == [*range(max(1, update - 4), update + 1)]
        assert (np.diff(kept) > 0).all()
        updates, counts = known.class_counts()
        assert updates.tolist() == known.probe_updates().tolist() == [each[0][0] for each in counts]
        assert [each.update for each in known.recent] == [*range(max(1, update - RECENT + 1), update + 1)]
    assert known.untrained("quality") == probe(0).numbers["quality"]
    assert {name: column.nbytes for name, column in (known.rows.kept | known.probes.kept).items()} == room
