"""Sets of pictures with transparency: a perfect copy is at the floor, one with wrong alpha is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from gansmith.ground import alpha
from gansmith.metrics.evaluation import evaluate
from gansmith.metrics.feature_networks import inception, self_supervised
from gansmith.metrics.feature_networks.choice import FeatureSettings
from gansmith.metrics.real import RealItems
from gansmith.metrics.reference import reference


def squares(count: int, seed: int) -> np.ndarray:
    """Premultiplied squares of a colour, opaque or half seen, on nothing: uint8 (count, 16, 16, 4)."""
    rng = np.random.default_rng(seed)
    pictures = np.zeros((count, 16, 16, 4), np.uint8)
    for picture, side, (down, across) in zip(
        pictures, rng.integers(4, 9, count), rng.integers(1, 6, (count, 2)), strict=True
    ):
        picture[down : down + side, across : across + side] = (*rng.integers(0, 256, 3), rng.choice([128, 255]))
    return alpha.premultiplied(pictures)


@pytest.mark.parametrize("features", ["self-supervised", "pixels"])
def test_a_copy_is_at_the_floor_and_a_set_with_wrong_alpha_is_not(
    features: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(self_supervised, "UPDATES", 30)
    real = RealItems("squares", "squares", squares(1200, 0))
    known = reference(real, tmp_path, FeatureSettings(name=features))  # pyright: ignore[reportArgumentType]

    def distance(items: np.ndarray) -> tuple[float, float]:
        (figure,) = evaluate(items, None, known, metrics=["frechet"]).figures
        assert figure.floor is not None
        return figure.value, figure.floor

    copy, floor = distance(squares(1200, 1))
    assert copy < 2 * floor
    ground = squares(1200, 2)
    ground[..., 3] = 255  # nothing is clear any more, and every colour is as it was
    fainter = squares(1200, 3) // 2  # all of it is there, and half as much of it is seen
    whole = squares(1200, 4)
    whole[..., 3] = np.where(whole[..., 3] > 0, 255, 0)  # what is half seen would be darker, and opaque
    for name, wrong in {"ground": ground, "fainter": fainter, "whole": whole}.items():
        assert distance(wrong)[0] > 2 * copy, name


def test_views_leave_alpha_alone():
    batch = torch.from_numpy(squares(6, 0).astype(np.float32) / 255).permute(0, 3, 1, 2)
    plain = batch.clone()
    plain[:, :3] = 0
    seen, dark = (self_supervised.view(each, 3, 1) for each in (batch, plain))
    assert torch.equal(seen[:, 3], dark[:, 3])
    assert (seen[:, :3] <= seen[:, 3:]).all()
    assert (seen >= 0).all()
    assert not torch.equal(seen[:, :3], batch[:, :3])


def test_inception_reads_them_on_black_and_on_white(monkeypatch: pytest.MonkeyPatch):
    seen: list[np.ndarray] = []

    def read(_: inception.Inception, items: np.ndarray) -> np.ndarray:
        seen.append(items)
        return items.reshape(len(items), -1).astype(np.float32)

    monkeypatch.setattr(inception.Inception, "_read", read)
    items = squares(5, 0)
    network = inception.Inception("inception@1234", {}, standard=True)
    found = network.read(items).features
    black, white = seen
    assert np.array_equal(black, items[..., :3])
    assert np.array_equal(white.astype(int) - black, 255 - items[..., 3:].repeat(3, 3).astype(int))
    assert np.array_equal(found, (black.astype(np.float32) + white).reshape(5, -1) / 2)
    named = network.of_transparency()
    assert named.name == "inception-on-black-and-white@1234"
    assert not named.standard
