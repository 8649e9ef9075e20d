"""Every rule, on figures made up to fall on each side of its thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gansmith.articles import rules
from gansmith.articles.claims import CLAIMS
from gansmith.articles.evidence import Evidence, Trained
from gansmith.ground.files.gridfolder import CellFolder

SEEDS = range(3)
HOLDS, NOT, OTHERWISE = "holds", "does not hold", "holds for another reason"


def evidence(cells: Mapping[str, Mapping[str, Any]]) -> Evidence:
    """Three seeds of each variant; a figure is one number for all of them, or one for each."""

    def of(values: Mapping[str, Any], seed: int) -> dict[str, Any]:
        return {key: value[seed] if isinstance(value, list) else value for key, value in values.items()}

    nowhere = CellFolder(Path("nowhere"))
    return Evidence(
        {name: [Trained(seed, of(values, seed), nowhere) for seed in SEEDS] for name, values in cells.items()}
    )


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_nothing_is_said_without_trainings(claim):
    assert claim.rule(Evidence({})).answer == "open"


def grid(joint: float, stacked: float, labels: float) -> dict[str, dict[str, Any]]:
    rows = {"joint": joint, "stacked": stacked, "labels: regression": labels}
    return {f"{net}, {row}": {"learns": value} for net in rules.NETWORKS for row, value in rows.items()}


@pytest.mark.parametrize(
    ("learned", "answer"), [((1, 0, 0), HOLDS), ((1, 1, 0), NOT), ((0, 0, 0), NOT), ((1, 0, 1), NOT)]
)
def test_only_the_tape(learned: tuple[float, float, float], answer: str):
    assert rules.only_the_tape(evidence(grid(*learned))).answer == answer


def test_the_grid_is_judged_by_the_networks_that_were_run():
    seen = grid(1, 1, 0)
    assert "3 of 3" in rules.only_the_tape(evidence({k: v for k, v in seen.items() if k.startswith("dense")})).because


@pytest.mark.parametrize(
    ("right", "wrong", "answer", "caused"), [(1, 0, NOT, True), (0, 0, HOLDS, False), (1, 1, NOT, False)]
)
def test_combined_model(right: float, wrong: float, answer: str, caused: bool):
    seen = {"dense, stacked": {"learns": right}}
    seen |= {f"dense, stacked, never {what}": {"learns": wrong, "sensitivity": 0.0} for what in ("frozen", "trained")}
    verdict = rules.combined_model(evidence(seen))
    assert (verdict.answer, bool(verdict.cause)) == (answer, caused)


@pytest.mark.parametrize(
    ("learned", "slope", "likeness", "answer", "caused"),
    [
        (0, 0.0, 0.997, HOLDS, True),
        (0, 0.1, 0.997, HOLDS, False),
        (0, 0.0, 0.9, HOLDS, False),
        (1, 0.0, 0.997, NOT, False),
    ],
)
def test_verdicts_as_labels(learned: float, slope: float, likeness: float, answer: str, caused: bool):
    seen = {
        "dense, labels: verdict": {"learns": 0.0, "gradient_most": slope},
        "dense, labels: regression": {"learns": [learned, 0.0, 0.0], "mean_correlation": likeness},
    }
    verdict = rules.verdicts_as_labels(evidence(seen))
    assert (verdict.answer, bool(verdict.cause)) == (answer, caused)


@pytest.mark.parametrize(
    ("pytorch", "norm", "longer", "answer"),
    [(100, 20, 30, OTHERWISE), (100, 99, 10, OTHERWISE), (50, 90, 90, HOLDS), (99, 99, 99, NOT)],
)
def test_dense_by_framework(pytorch: float, norm: float, longer: float, answer: str):
    names = ("dense, joint", "dense, PyTorch's defaults", "dense, batch norm in G", "dense, 4,000 updates")
    seen = {name: {"fd": value} for name, value in zip(names, (100, pytorch, norm, longer), strict=True)}
    assert rules.dense_by_framework(evidence(seen)).answer == answer


@pytest.mark.parametrize(("dcgan", "answer"), [([20, 21, 22], HOLDS), ([5, 30, 30], NOT)])
def test_encoder_decoder_is_best(dcgan: list[float], answer: str):
    seen = {"dense, joint": {"fd": 50}, "encoder-decoder, joint": {"fd": 10}, "DCGAN, joint": {"fd": dcgan}}
    assert rules.encoder_decoder_is_best(evidence(seen)).answer == answer


@pytest.mark.parametrize(("share", "covered", "answer"), [(0.7, 10, HOLDS), (0.3, 10, NOT), (0.7, 5, NOT)])
def test_plain_collapses(share: float, covered: int, answer: str):
    seen = {"plain": {"largest_share": share, "largest_class": 1, "modes": 3}, "labelled": {"modes": covered}}
    assert rules.plain_collapses(evidence(seen)).answer == answer


@pytest.mark.parametrize(("late", "answer"), [([1, 2, 3], HOLDS), ([1, 2, 300], NOT)])
def test_labels_speed_it_up(late: list[float], answer: str):
    seen = {"plain": {"fd@10": 90, "fd@20": 50, "fd@5": 1}, "labelled": {"fd@10": 80, "fd@20": late, "fd@40": 999}}
    verdict = rules.labels_speed_it_up(evidence(seen))
    assert verdict.answer == answer
    assert verdict.because.startswith("after 10 updates")
    assert "40" not in verdict.because


@pytest.mark.parametrize(("published", "drawn", "answer"), [(0.1, 0.95, OTHERWISE), (0.1, 0.2, HOLDS), (0.9, 0.9, NOT)])
def test_the_nine(published: float, drawn: float, answer: str):
    seen = {"labelled, as published": {"agreement_9": published}, "labelled": {"agreement_9": drawn}}
    assert rules.the_nine(evidence(seen)).answer == answer


@pytest.mark.parametrize(("same", "opposite", "answer"), [(1.0, 0.9, HOLDS), (1.0, 0.4, NOT), (0.5, 0.9, NOT)])
def test_scaling(same: float, opposite: float, answer: str):
    figures = {"same_at_2": same, "opposite_at_-2": opposite, "trend": 0.9, "style_norm": 2.0}
    assert rules.scaling(evidence({"labelled": figures})).answer == answer


@pytest.mark.parametrize(("other", "answer"), [([95, 100, 110], NOT), ([200, 210, 220], HOLDS)])
def test_the_processor(other: list[float], answer: str):
    names = ("as published: unscaled logits, smoothed", "two threads", "bfloat16")
    seen = {name: {"fd": [90, 100, 105], "updates_per_second": 300} for name in names}
    seen[names[2]] = {"fd": other, "updates_per_second": 500}
    verdict = rules.the_processor(evidence(seen))
    assert verdict.answer == answer
    assert answer == HOLDS or "2 minutes" in verdict.cause


@pytest.mark.parametrize(
    ("apart", "distance", "answer"), [(0.8, 50, HOLDS), (0.95, 50, OTHERWISE), (0.8, 500, NOT), (0.95, 500, NOT)]
)
def test_unscaled_logits(apart: float, distance: float, answer: str):
    figures = {"told_apart": apart, "fd": distance, "gradient": 1.0}
    scaled = {"told_apart": 0.96, "fd": 300, "gradient": 0.01}
    seen = {
        "unscaled logits": figures,
        "as published: unscaled logits, smoothed": figures,
        "scaled: a sigmoid before the loss": scaled,
    }
    assert rules.unscaled_logits(evidence(seen)).answer == answer


@pytest.mark.parametrize(
    ("stamp", "spread", "both", "answer"), [(0.95, 0.0, 1, OTHERWISE), (0.2, 0.1, 9, HOLDS), (0.95, 0.1, 1, NOT)]
)
def test_the_rate_drop(stamp: float, spread: float, both: int, answer: str):
    seen = {
        "as published": {"first_correlation": stamp, "raw_spread": spread, "state": "one picture memorised"},
        "as published, no drop": {"first_correlation": 0.7},
        "mended, 4,000 updates": {"modes": 9},
        "mended, with the drop, 1,000 updates": {"modes": both},
    }
    assert rules.the_rate_drop(evidence(seen)).answer == answer


@pytest.mark.parametrize(("accuracy", "answer"), [([0.7, 0.7, 0.7], HOLDS), ([0.7, 0.7, 0.9], NOT)])
def test_two_to_one(accuracy: list[float], answer: str):
    seen = {"1 : 1": {"accuracy": 0.8, "fd": 1}, "2 : 1": {"accuracy": accuracy, "fd": 1}}
    assert rules.two_to_one(evidence(seen)).answer == answer
