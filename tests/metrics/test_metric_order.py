"""Real < trained < half-trained < noise, on real sets; the bad generators here are real pictures, made worse."""

from __future__ import annotations

import dataclasses
import itertools
import subprocess
import sys
import time

import numpy as np
import pytest

from gansmith.kinds import KINDS, areas
from gansmith.metrics.evaluation import evaluate
from gansmith.metrics.feature_networks import classifier, self_supervised
from gansmith.metrics.feature_networks.choice import FeatureSettings
from gansmith.metrics.real import RealItems
from gansmith.metrics.reference import Reference, reference
from gansmith.nets import trunk

SELF_SUPERVISED = FeatureSettings("self-supervised")
DISTANCES = ("frechet", "kid", "wasserstein")


def worse(items: np.ndarray, blur: int, grain: float) -> np.ndarray:
    """Pictures with the details below `blur` pixels gone, and grain of a deviation added."""
    rng = np.random.default_rng(blur)
    _, height, width, _ = items.shape
    coarse = areas.shrink(items, max(1, height // blur), max(1, width // blur)) * 255
    rows, columns = np.arange(height) * coarse.shape[1] // height, np.arange(width) * coarse.shape[2] // width
    return np.clip(coarse[:, rows][:, :, columns] + rng.normal(0, grain, items.shape), 0, 255).astype(np.uint8)


def check_order(real: RealItems, made: Reference, count: int) -> None:
    """Every distance grows, and coverage falls, from real items to noise.

    Precision need not fall: noise may look to a network like one and the same common picture.
    """
    items, labels = real.items[-count:], None if real.labels is None else real.labels[-count:]
    steps = {
        "real": items,
        "trained": worse(items, 2, 25),
        "half-trained": worse(items, 4, 50),
        "hardly trained": worse(items, 8, 90),
        "noise": KINDS["picture"].noise(items, count, np.random.default_rng(0)),
    }
    found = {step: evaluate(some, labels, made, metrics=(*DISTANCES, "manifold")) for step, some in steps.items()}
    for key in ("fd", "kid", "swd"):
        values = [evaluation[key].value for evaluation in found.values()]
        chance = found["real"]["kid"].interval[1] - values[0] if key == "kid" else 0
        assert all(after > before - chance for before, after in itertools.pairwise(values)), (key, values)
        assert found["noise"][key].relative == pytest.approx(1, abs=0.15)
        assert abs(found["real"][key].relative) < 0.1
    covered = [evaluation["coverage"].value for evaluation in found.values()]
    assert covered[0] > covered[2] > covered[4]
    assert covered[0] == pytest.approx(found["real"]["coverage"].floor, abs=0.08)


def few(real: RealItems, count: int) -> RealItems:
    """The first items of a set as a set of its own, without the test split."""
    cut = None if real.labels is None else real.labels[:count]
    return dataclasses.replace(
        real, fingerprint=f"{real.name}-{count}", items=real.items[:count], labels=cut, heldout_items=None
    )


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_order_by_a_classifier(name, idx_set, feature_cache, monkeypatch):
    monkeypatch.setattr(classifier, "UPDATES", 30)
    small = few(idx_set(name), 1500)
    check_order(small, reference(small, feature_cache), 400)


def test_order_without_labels(emoji, feature_cache, monkeypatch):
    monkeypatch.setattr(self_supervised, "UPDATES", 15)
    small = few(emoji, 700)
    check_order(small, reference(small, feature_cache, SELF_SUPERVISED), 300)


@pytest.mark.slow
@pytest.mark.skipif(not trunk.installed(), reason="the extra `features` is not installed")
def test_order_by_a_network_that_knows_photographs(emoji, feature_cache):
    small = few(emoji, 700)
    made = reference(small, feature_cache)
    assert made.features_name == trunk.NAME
    items = small.items[-200:]
    noise = KINDS["picture"].noise(items, 200, np.random.default_rng(0))
    steps = (items, worse(items, 2, 25), worse(items, 4, 50), noise)  # what is worse still looks to it like the third
    found = [evaluate(some, None, made, metrics=("frechet", "kid")) for some in steps]
    for key in ("fd", "kid"):
        values = [evaluation[key].value for evaluation in found]
        assert values == sorted(values)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_the_yardstick_itself(name, idx_set, feature_cache):
    """Trained as users have it: its accuracy, its time, the order, and an evaluation in under 15 seconds."""
    real = idx_set(name)
    start = time.perf_counter()
    made = reference(real, feature_cache)
    seconds = time.perf_counter() - start
    right = (made.heldout.predicted == made.heldout.labels).mean()
    print(f"{name}: {right:.4f} right, trained in {seconds:.0f} s")
    assert right > {"mnist": 0.99, "fashion-mnist": 0.88}[name]
    check_order(real, made, 5000)
    made = reference(real, feature_cache)
    found = evaluate(worse(real.items[:10_000], 1, 20), real.labels[:10_000], made)
    print("\n".join("  ".join(row) for row in found.rows()))
    print(f"10,000 pictures in {found.seconds:.1f} s")


@pytest.mark.slow
def test_the_self_supervised_yardstick_itself(emoji, feature_cache):
    start = time.perf_counter()
    made = reference(emoji, feature_cache, SELF_SUPERVISED)
    print(f"emoji: trained in {time.perf_counter() - start:.0f} s")
    check_order(emoji, made, 800)


def test_importing_metrics_is_light():
    measures = "agreement distances diversity frechet grain kid manifold memorisation modes"
    modules = ["evaluation", "feature_networks.inception", *(f"measures.{name}" for name in measures.split())]
    names = ", ".join(f"gansmith.metrics.{name}" for name in modules)
    code = f"import sys, {names}; sys.exit('torch' in sys.modules or 'scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
