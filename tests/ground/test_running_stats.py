"""Running statistics: the numbers of a report by hand, and the same report from both engines' arrays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gansmith.game.statistics import TORCH, pack, unpack
from gansmith.ground.running_stats import BINS, NUMPY, Library, RunningStats, histogram
from gansmith.losses import LOSSES

LIBRARIES: list[tuple[Library[Any], Any]] = [
    (NUMPY, np.float32),
    (TORCH, lambda x: torch.tensor(x, dtype=torch.float32)),
]
EACH = pytest.mark.parametrize(("library", "array"), LIBRARIES, ids=["numpy", "torch"])


@EACH
def test_numbers_by_hand(library: Library[Any], array: Any):
    stats = RunningStats(0.0, library)
    stats.add_logits("real", array([2.0, -1.0, 0.0, 3.0]))
    stats.add_logits("fake", array([-2.0, -1.0]))
    stats.add_logits("fake", array([1.0]))
    stats.add("loss.generator", array(1.0))
    stats.add("loss.generator", array(4.0))
    stats.set("gradient.generator", array(0.5))
    stats.set_layer("generator", "0", gradient=array(0.25), step=array(0.125))
    report = stats.read()
    numbers = report.numbers
    assert numbers["loss.generator"] == 2.5
    assert numbers["gradient.generator"] == 0.5
    assert report.layers == {"generator": {"0": {"gradient": 0.25, "step": 0.125}}}
    assert numbers["verdict.real"] == 1
    assert numbers["verdict.fake"] == pytest.approx(-2 / 3)
    assert numbers["accuracy.real"] == 0.5  # a logit at the threshold is right for neither
    assert numbers["accuracy.fake"] == pytest.approx(2 / 3)
    probabilities = [1 / (1 + math.exp(-x)) for x in (2, -1, 0, 3)]
    assert numbers["probability.real"] == pytest.approx(np.mean(probabilities))


@pytest.mark.parametrize(
    ("threshold", "real", "fake"),
    [(0.0, 1.0, 0.0), (0.5, 0.5, 1.0), (None, 1.0, 1.0)],  # None: above the other class's mean, .25 and 1.25
)
@EACH
def test_accuracy_is_measured_at_the_loss_s_threshold(
    library: Library[Any], array: Any, threshold: float | None, real: float, fake: float
):
    stats = RunningStats(threshold, library)
    stats.add_logits("real", array([2.0, 0.5]))
    stats.add_logits("fake", array([0.125, 0.375]))
    numbers = stats.read().numbers
    assert (numbers["accuracy.real"], numbers["accuracy.fake"]) == (real, fake)


@pytest.mark.parametrize("name", LOSSES)
def test_both_engines_report_the_same_of_the_same_logits(name: str):
    rng = np.random.default_rng(2)
    real, fake = (rng.normal(size=(2, 9)).astype(np.float32) + shift for shift in (0.9, -0.1))
    losses = rng.normal(size=3)
    ours, theirs = RunningStats(LOSSES[name].threshold), RunningStats(LOSSES[name].threshold, TORCH)
    for turn in range(2):
        for kind, logits in (("real", real[turn]), ("fake", fake[turn])):
            ours.add_logits(kind, logits)
            theirs.add_logits(kind, torch.tensor(logits))
    for loss in losses:
        ours.add("loss.generator", float(loss))
        theirs.add("loss.generator", torch.tensor(float(loss), dtype=torch.float64))
    mine, yours = ours.read(), theirs.read()
    assert mine == yours
    assert 0 < mine.numbers["accuracy.fake"] < 1


def filled() -> RunningStats[Tensor]:
    stats = RunningStats(0.5, TORCH)
    stats.add("loss.generator", torch.tensor(2.0))
    stats.add_logits("real", torch.tensor([1.0, 2.0]))
    stats.add_logits("fake", torch.tensor([-1.0, 0.0]))
    stats.set("step.generator", torch.tensor(0.5))
    stats.set_layer("generator", "3", gradient=torch.tensor(0.25))
    return stats


def test_what_is_packed_comes_back():
    packed, places = pack(filled())
    again = RunningStats(0.5, TORCH)
    unpack(again, packed, places)
    assert packed.shape == (7,)
    assert again.read() == filled().read()


@EACH
def test_a_reading_empties_them(library: Library[Any], array: Any):
    stats = RunningStats(0.0, library)
    stats.add_logits("real", array([1.0]))
    stats.read()
    assert stats.read().numbers == {}


def test_graphs_are_let_go():
    stats, weight = RunningStats(0.0, TORCH), torch.ones(3, requires_grad=True)
    stats.add_logits("real", weight * 2)
    stats.add("loss.generator", weight.sum())
    assert not any(array.requires_grad for _, array in stats.items())


def test_arrays_may_be_written_to_again():
    stats, logits = RunningStats(0.0), np.ones(3)
    stats.add_logits("real", logits)
    logits[...] = -5
    assert stats.read().numbers["verdict.real"] == 1


def test_a_place_that_no_report_has_is_refused():
    with pytest.raises(ValueError, match="no place"):
        RunningStats(0.0).put(("mean", "a", "b"), np.zeros(()))


def test_histograms_count_every_finite_logit():
    values = np.float32([0, 1, 1, 2, math.nan, math.inf, -math.inf])
    found = histogram(values)
    assert (len(found.edges), len(found.counts), sum(found.counts)) == (BINS + 1, BINS, 4)
    assert (found.edges[0], found.edges[-1]) == (0, 2)


@pytest.mark.parametrize("values", [[math.nan, math.inf], [], [3.0, 3.0], [1e38, -1e38]])
def test_histograms_of_odd_logits(values: list[float]):
    found = histogram(np.float32(values))
    assert len(found.edges) == len(found.counts) + 1
    assert sum(found.counts) == sum(math.isfinite(value) for value in values)
    assert all(math.isfinite(edge) for edge in found.edges)


@EACH
def test_nan_is_reported_as_nan(library: Library[Any], array: Any):
    stats = RunningStats(0.0, library)
    stats.add_logits("real", array([1.0, math.nan]))
    assert math.isnan(stats.read().numbers["verdict.real"])
