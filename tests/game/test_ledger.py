"""What is reported about verdicts, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from gansmith.game.ledger import BINS, Ledger, histogram


def test_numbers_by_hand():
    ledger = Ledger()
    ledger.judged("real", torch.tensor([2.0, -1.0, 0.0, 3.0]))
    ledger.judged("fake", torch.tensor([-2.0, -1.0]))
    ledger.judged("fake", torch.tensor([1.0]))
    ledger.loss("generator", torch.tensor(1.0))
    ledger.loss("generator", torch.tensor(4.0))
    numbers = ledger.read().numbers
    assert numbers["loss.generator"] == 2.5
    assert numbers["verdict.real"] == 1
    assert numbers["verdict.fake"] == pytest.approx(-2 / 3)
    assert numbers["accuracy.real"] == 0.5  # a verdict of 0 is no verdict
    assert numbers["accuracy.fake"] == pytest.approx(2 / 3)
    probabilities = [1 / (1 + math.exp(-x)) for x in (2, -1, 0, 3)]
    assert numbers["probability.real"] == pytest.approx(np.mean(probabilities))


def test_a_reading_empties_it():
    ledger = Ledger()
    ledger.judged("real", torch.ones(3))
    ledger.read()
    assert ledger.read().numbers == {}


def test_graphs_are_let_go():
    ledger, weight = Ledger(), torch.ones(3, requires_grad=True)
    ledger.judged("real", weight * 2)
    ledger.loss("generator", weight.sum())
    assert not any(t.requires_grad for values in (*ledger.verdicts.values(), *ledger.losses.values()) for t in values)


def test_histograms_count_every_finite_verdict():
    values = np.float32([0, 1, 1, 2, math.nan, math.inf, -math.inf])
    found = histogram(values)
    assert (len(found.edges), len(found.counts), sum(found.counts)) == (BINS + 1, BINS, 4)
    assert (found.edges[0], found.edges[-1]) == (0, 2)


@pytest.mark.parametrize("values", [[math.nan, math.inf], [], [3.0, 3.0], [1e38, -1e38]])
def test_histograms_of_odd_verdicts(values: list[float]):
    found = histogram(np.float32(values))
    assert len(found.edges) == len(found.counts) + 1
    assert sum(found.counts) == sum(math.isfinite(value) for value in values)
    assert all(math.isfinite(edge) for edge in found.edges)


def test_nonsense_is_reported_as_nonsense():
    ledger = Ledger()
    ledger.judged("real", torch.tensor([1.0, math.nan]))
    assert math.isnan(ledger.read().numbers["verdict.real"])
