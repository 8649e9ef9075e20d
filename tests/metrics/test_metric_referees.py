"""torchmetrics on the same features, in float64."""

import numpy as np
import pytest
import torch
from torchmetrics.image.fid import FrechetInceptionDistance
from torchmetrics.image.kid import KernelInceptionDistance

from gansmith.metrics.measures import kid
from gansmith.metrics.measures.frechet import frechet

pytestmark = pytest.mark.filterwarnings("ignore:Metric `.*` will save all extracted features:UserWarning")


class AsGiven(torch.nn.Module):
    """Hands torchmetrics the features themselves."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.num_features = features

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        return features


def pair(features: int, count: int, shift: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(features)
    mix = rng.normal(size=(features, features)) / np.sqrt(features)
    a, b = np.maximum(rng.normal(size=(2, count, features)) @ mix, 0)
    return a, b * (1 + shift) + shift


@pytest.mark.parametrize(
    ("features", "count", "shift"), [(8, 300, 0.3), (64, 1000, 0.1), (256, 700, 0.0), (64, 50, 0.5)]
)
def test_frechet(features, count, shift):
    a, b = pair(features, count, shift)
    referee = FrechetInceptionDistance(feature=AsGiven(features)).set_dtype(torch.float64)
    referee.update(torch.from_numpy(a), real=True)
    referee.update(torch.from_numpy(b), real=False)
    assert frechet(b, a) == pytest.approx(float(referee.compute()), rel=1e-6)


@pytest.mark.parametrize("shift", [0.0, 0.05, 1.0])
def test_kid_of_whole_sets(shift):
    a, b = pair(64, 400, shift)
    referee = KernelInceptionDistance(feature=AsGiven(64), subsets=1, subset_size=400).set_dtype(torch.float64)
    referee.update(torch.from_numpy(a), real=True)
    referee.update(torch.from_numpy(b), real=False)
    value, _ = referee.compute()
    mean_kernel = float(kid.kernel(a, b).mean())  # what a value near 0 is the difference of
    assert kid.kid(b, a).value == pytest.approx(float(value), rel=1e-6, abs=1e-6 * mean_kernel)
