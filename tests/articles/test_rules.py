"""Every rule, on figures made up for each of the three verdicts, and between them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gansmith.articles import feedback_rules, rules
from gansmith.articles.claims import CLAIMS
from gansmith.articles.evidence import Evidence, Trained
from gansmith.articles.verdict import Rule, Verdict, decide
from gansmith.ground.files.gridfolder import CellFolder

SEEDS = 3
HOLDS, NOT, OPEN = "holds", "does not hold", "open at this budget"
ALL, NONE, SOME = 1.0, 0.0, [1.0, 0.0, 1.0]  # seeds that learned
Cells = Mapping[str, Mapping[str, Any]]


def evidence(cells: Cells, seeds: int = SEEDS) -> Evidence:
    """Three seeds of each variant; a figure is one number for all of them, or one for each."""

    def of(values: Mapping[str, Any], seed: int) -> dict[str, Any]:
        return {key: value[seed] if isinstance(value, list) else value for key, value in values.items()}

    nowhere = CellFolder(Path("nowhere"))
    return Evidence(
        {name: [Trained(seed, of(values, seed), nowhere) for seed in range(seeds)] for name, values in cells.items()}
    )


def judged(rule: Rule, cells: Cells) -> Verdict:
    """The verdict; an open one must say what would decide it, and two seeds of the same must be open."""
    verdict = rule(evidence(cells))
    assert bool(verdict.needs) == (verdict.answer == OPEN)
    assert verdict.because
    assert "nan" not in verdict.because
    assert rule(evidence(cells, seeds=2)).answer == OPEN
    return verdict


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_nothing_is_said_without_trainings(claim):
    assert claim.rule(Evidence({})).answer == OPEN


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_no_figures_meet_both_tests_of_a_rule(claim):
    """`decide` refuses it; figures are drawn from both sides of most thresholds."""
    rng = np.random.default_rng(0)
    for _ in range(40):
        levels, width = rng.uniform(0, 1.2, (len(claim.variants), len(claim.figures), 1)), 10.0 ** rng.uniform(-7, 0)
        drawn = levels + width * rng.uniform(0, 1, (*levels.shape[:2], SEEDS))
        cells = {
            name: {key: [*values] for key, values in zip(claim.figures, row, strict=True)}
            for name, row in zip(claim.variants, drawn.tolist(), strict=True)
        }
        assert claim.rule(evidence(cells)).answer in (HOLDS, NOT, OPEN)


def test_a_verdict_has_three_answers():
    assert decide(holds=True, refuted=False, because="b", needs="n", cause="c") == Verdict(HOLDS, "b", "c")
    assert decide(holds=False, refuted=True, because="b", needs="n", cause="c") == Verdict(NOT, "b", "c")
    assert decide(holds=False, refuted=False, because="b", needs="n", cause="c") == Verdict(OPEN, "b", needs="n")
    with pytest.raises(AssertionError):
        decide(holds=True, refuted=True, because="b", needs="n")


def grid(joint: Any, stacked: Any, labels: Any) -> dict[str, dict[str, Any]]:
    rows = {"joint": joint, "stacked": stacked, "labels: regression": labels}
    return {f"{net}, {row}": {"learns": value} for net in feedback_rules.NETWORKS for row, value in rows.items()}


@pytest.mark.parametrize(
    ("learned", "answer"),
    [
        ((ALL, NONE, NONE), HOLDS),
        ((ALL, ALL, NONE), NOT),
        ((NONE, NONE, ALL), NOT),
        ((NONE, NONE, NONE), OPEN),
        ((SOME, NONE, NONE), OPEN),
        ((ALL, SOME, NONE), OPEN),
    ],
)
def test_only_the_tape(learned: tuple[Any, Any, Any], answer: str):
    assert judged(feedback_rules.only_the_tape, grid(*learned)).answer == answer


def test_the_grid_is_judged_by_the_networks_that_were_run():
    seen = grid(ALL, ALL, NONE)
    assert (
        "3 of 3"
        in feedback_rules.only_the_tape(evidence({k: v for k, v in seen.items() if k.startswith("dense")})).because
    )


@pytest.mark.parametrize(
    ("joint", "stacked", "wrong", "answer", "caused"),
    [
        (ALL, ALL, NONE, NOT, True),
        (ALL, ALL, ALL, NOT, False),
        (ALL, NONE, NONE, HOLDS, True),
        (NONE, NONE, NONE, OPEN, False),
        (ALL, SOME, NONE, OPEN, False),
    ],
)
def test_combined_model(joint: Any, stacked: Any, wrong: float, answer: str, caused: bool):
    seen = {"dense, stacked": {"learns": stacked}, "dense, joint": {"learns": joint}}
    seen |= {f"dense, stacked, never {what}": {"learns": wrong, "sensitivity": 0.0} for what in ("frozen", "trained")}
    verdict = judged(feedback_rules.combined_model, seen)
    assert (verdict.answer, bool(verdict.cause)) == (answer, caused)


@pytest.mark.parametrize(
    ("learned", "slope", "likeness", "answer"),
    [
        (NONE, 0.0, 0.997, HOLDS),
        (NONE, 0.1, 0.997, OPEN),
        (NONE, 0.0, [0.997, 0.9, 0.997], OPEN),
        (SOME, 0.0, 0.997, OPEN),
        (ALL, 0.0, 0.997, NOT),
    ],
)
def test_verdicts_as_labels(learned: Any, slope: float, likeness: Any, answer: str):
    seen = {
        "dense, labels: verdict": {"learns": NONE, "gradient_most": slope},
        "dense, labels: regression": {"learns": learned, "mean_correlation": likeness},
    }
    assert judged(feedback_rules.verdicts_as_labels, seen).answer == answer


@pytest.mark.parametrize(
    ("keras", "keras_passes", "course", "course_passes", "answer"),
    [
        (NONE, 1000, ALL, 200, HOLDS),
        (NONE, 1.1, ALL, 200, OPEN),
        (NONE, 1.1, NONE, 1.1, OPEN),
        (NONE, 1.1, NONE, 200, NOT),
        (ALL, 1.1, SOME, 1.1, NOT),
        (SOME, 1000, ALL, 200, OPEN),
    ],
)
def test_dense_by_framework(keras: Any, keras_passes: float, course: Any, course_passes: float, answer: str):
    names = ("dense, PyTorch's defaults", "dense, batch norm in G", "dense, twice the updates")
    seen: dict[str, dict[str, Any]] = {name: {"fd": 100} for name in names}
    seen["dense, joint"] = {"learns": keras, "fd": 110, "update": 940 * keras_passes, "epoch": keras_passes}
    seen["course net"] = {"learns": course, "fd": 90, "epoch": course_passes}
    if keras == ALL:
        seen["dense, joint"]["update"] = 1000
    verdict = judged(feedback_rules.dense_by_framework, seen)
    assert verdict.answer == answer
    assert "batch norm by 1.10 to 1.10" in verdict.because


@pytest.mark.parametrize(
    ("dcgan", "answer"),
    [
        ([20, 21, 22], HOLDS),
        ([5, 6, 7], NOT),
        ([9.5, 9.7, 9.9], NOT),
        ([10, 11, 12], OPEN),
        ([8, 30, 30], OPEN),
        ([10.9, 14, 15], OPEN),
    ],
)
def test_encoder_decoder_is_best(dcgan: list[float], answer: str):
    best = {"fd": [9, 10, 10.5], "learns": ALL}
    seen = {"dense, joint": {"fd": 50}, "encoder-decoder, joint": best, "DCGAN, joint": {"fd": dcgan}}
    assert judged(feedback_rules.encoder_decoder_is_best, seen).answer == answer


def test_the_best_of_networks_that_have_not_learned_is_open():
    best = {"fd": 10, "learns": SOME}
    seen = {"dense, joint": {"fd": 50}, "encoder-decoder, joint": best, "DCGAN, joint": {"fd": 50}}
    assert judged(feedback_rules.encoder_decoder_is_best, seen).answer == OPEN


@pytest.mark.parametrize(
    ("share", "largest", "covered", "epochs", "answer"),
    [
        ([0.7, 0.6, 0.55], 1, 10, 20, HOLDS),
        (0.7, [1, 1, 7], 10, 20, OPEN),
        (0.3, 1, 10, 20, OPEN),
        (0.3, 1, 10, 100, NOT),
        ([0.7, 0.3, 0.7], 1, 10, 100, OPEN),
        (0.7, 1, 5, 20, NOT),
        (0.7, 1, [10, 10, 7], 20, OPEN),
    ],
)
def test_plain_collapses(share: Any, largest: Any, covered: Any, epochs: float, answer: str):
    plain = {"largest_share": share, "largest_class": largest, "modes": 3, "update": 1, "epoch": epochs}
    labelled = {"modes": covered, "largest_share": 0.12, "update": 1, "epoch": 40}
    assert judged(rules.plain_collapses, {"plain": plain, "labelled": labelled}).answer == answer


@pytest.mark.parametrize(
    ("late", "answer"), [([1, 2, 3], HOLDS), ([1, 2, 300], OPEN), ([50, 51, 52], OPEN), ([44, 44.5, 44.9], HOLDS)]
)
def test_labels_speed_it_up(late: list[float], answer: str):
    plain = {"fd@0": 900, "fd@10": 90, "fd@20": 50, "fd@5": 1}
    labelled = {"fd@0": 900, "fd@10": 80, "fd@20": late, "fd@40": 999}
    verdict = judged(rules.labels_speed_it_up, {"plain, leaky ReLU": plain, "labelled": labelled})
    assert verdict.answer == answer
    assert verdict.because.startswith("after 10 updates")
    assert "40" not in verdict.because


def test_labels_that_slow_it_down():
    seen = {"plain, leaky ReLU": {"fd@10": 50}, "labelled": {"fd@10": [49, 60, 70]}}
    assert judged(rules.labels_speed_it_up, seen).answer == NOT


@pytest.mark.parametrize(
    ("published", "epochs", "drawn", "answer", "caused"),
    [
        ([0.1, 0.2, 0.05], 40, 0.95, HOLDS, True),
        (0.1, 40, [0.95, 0.2, 0.95], HOLDS, False),
        (0.1, 10, 0.95, OPEN, False),
        ([0.1, 0.6, 0.1], 40, 0.95, OPEN, False),
        (0.9, 10, 0.9, NOT, True),
    ],
)
def test_the_nine(published: Any, epochs: float, drawn: Any, answer: str, caused: bool):
    seen = {
        "labelled, as published": {"agreement_9": published, "agreement": 0.9, "epoch": epochs},
        "labelled": {"agreement_9": drawn},
    }
    verdict = judged(rules.the_nine, seen)
    assert (verdict.answer, bool(verdict.cause)) == (answer, caused)


@pytest.mark.parametrize(
    ("same", "opposite", "answer"),
    [
        (1.0, [0.83, 0.92, 0.92], HOLDS),
        (1.0, 0.4, NOT),
        (0.3, 0.9, NOT),
        (1.0, [0.9, 0.7, 0.9], OPEN),
        ([0.6, 0.4, 0.6], 0.9, OPEN),
    ],
)
def test_scaling(same: Any, opposite: Any, answer: str):
    figures = {"same_at_2": same, "opposite_at_-2": opposite, "trend": 0.9, "style_norm": 2.0}
    assert judged(rules.scaling, {"labelled": figures}).answer == answer


@pytest.mark.parametrize(
    ("gpu", "answer"), [(None, OPEN), ([95, 100, 110], OPEN), ([96, 100, 110], NOT), ([50, 60, 70], HOLDS)]
)
def test_the_processor(gpu: list[float] | None, answer: str):
    names = ("as published: unscaled logits, smoothed", "two threads", "bfloat16")
    seen: dict[str, dict[str, Any]] = {name: {"fd": [90, 100, 106], "updates_per_second": 500} for name in names}
    if gpu:
        seen["on a GPU"] = {"fd": gpu}
    verdict = judged(rules.the_processor, seen)
    assert verdict.answer == answer
    assert ("2 minutes" in verdict.cause) == (answer == NOT)
    assert ("no GPU" in verdict.because) == (gpu is None)


@pytest.mark.parametrize(
    ("apart", "distance", "answer"),
    [
        (0.8, 50, HOLDS),
        (0.95, 50, NOT),
        ([0.8, 0.95, 0.8], 50, OPEN),
        (0.8, 500, NOT),
        (0.8, [50, 500, 50], OPEN),
    ],
)
def test_unscaled_logits(apart: Any, distance: Any, answer: str):
    figures = {"told_apart": apart, "fd": distance, "gradient": 1.0}
    scaled = {"told_apart": 0.96, "fd": 300, "gradient": 0.01}
    seen = {
        "unscaled logits": figures,
        "as published: unscaled logits, smoothed": figures,
        "scaled: a sigmoid before the loss": scaled,
    }
    assert judged(rules.unscaled_logits, seen).answer == answer


@pytest.mark.parametrize(
    ("way", "lawful", "learned", "answer"),
    [
        ([0.02, 0.05, 0.09], [0.8, 0.9, 1.0], ALL, HOLDS),
        ([0.02, 0.05, 0.11], 0.9, ALL, OPEN),
        (0.05, None, ALL, OPEN),  # not measured
        (0.05, [0.79, 0.9, 1.0], ALL, OPEN),
        (0.05, 0.9, SOME, OPEN),
        (0.05, 0.9, NONE, NOT),
        ([0.5, 0.6, 0.7], 0.9, ALL, NOT),
        ([0.49, 0.6, 0.7], 0.9, ALL, OPEN),
    ],
)
def test_any_distribution(way: Any, lawful: Any, learned: Any, answer: str):
    """One kind decides; pictures have no law that is known."""
    well: dict[str, Any] = {"way": 0.01, "learns": ALL}
    cells = {name: well | {"lawful": 0.99} for name in rules.KINDS_TRIED}
    cells |= {rules.KINDS_TRIED[0]: well, rules.KINDS_TRIED[-1]: {"way": way, "lawful": lawful, "learns": learned}}
    assert judged(rules.any_distribution, cells).answer == answer


@pytest.mark.parametrize(
    ("stamp", "spread", "answer", "caused"),
    [
        ([0.95, 0.92, 0.97], 0.0, HOLDS, True),
        ([0.85, 0.87, 0.8], 0.0, HOLDS, False),
        (0.95, 0.1, NOT, True),
        (0.72, 0.0, NOT, False),
        ([0.95, 0.74, 0.95], 0.0, OPEN, False),
        (0.95, [0.0, 1e-3, 0.0], OPEN, False),
    ],
)
def test_the_rate_drop(stamp: Any, spread: Any, answer: str, caused: bool):
    seen = {
        "as published": {"first_correlation": stamp, "raw_spread": spread, "state": "one picture memorised"},
        "as published, no drop": {"first_correlation": 0.7},
        "mended, 4,000 updates": {"modes": 9},
        "mended, with the drop, 1,000 updates": {"modes": 1},
    }
    verdict = judged(rules.the_rate_drop, seen)
    assert (verdict.answer, bool(verdict.cause)) == (answer, caused)


@pytest.mark.parametrize(
    ("once", "twice", "answer"),
    [
        (0.95, 0.7, HOLDS),
        (0.8, 0.7, OPEN),
        (0.95, 0.95, NOT),
        ([0.95, 0.95, 0.8], 0.7, OPEN),
        (0.7, 0.8, NOT),
    ],
)
def test_two_to_one(once: Any, twice: Any, answer: str):
    seen = {"1 : 1": {"accuracy": once, "fd": 1}, "2 : 1": {"accuracy": twice, "fd": 1}}
    assert judged(rules.two_to_one, seen).answer == answer
