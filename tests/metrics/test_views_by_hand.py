"""The views of which self-supervised features learn, with random numbers that are given: crops, mirrors, colours."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from gansmith.ground.errors import DataError
from gansmith.metrics.feature_networks import network, self_supervised

SIDE = 8
COORDINATES = (np.arange(SIDE) + 0.5) / SIDE * 2 - 1  # of pixels' centres, from -1 to 1


class Given:
    """Random numbers at a given share of their range, one share a call, and a given way round."""

    def __init__(self, *shares: Any, mirror: float = 1.0) -> None:
        self.shares, self.mirror, self.asked = list(shares), mirror, list[tuple[Any, ...]]()

    def generator(self, *asked: Any) -> Given:
        self.asked.append(asked)
        return self

    def uniform(self, low: float, high: float, size: tuple[int, ...]) -> np.ndarray:
        return np.broadcast_to(low + np.asarray(self.shares.pop(0), np.float64) * (high - low), size)

    def choice(self, ways: list[float], count: int) -> np.ndarray:
        assert sorted(ways) == [-1, 1]
        return np.full(count, self.mirror)


def ramps() -> torch.Tensor:
    """One picture (1, 3, 8, 8): from left to right, from top to bottom, and even."""
    x, y = np.meshgrid(COORDINATES, COORDINATES)
    return torch.from_numpy(np.stack([0.5 + 0.25 * x, 0.5 + 0.25 * y, np.full_like(x, 0.5)])[None].astype(np.float32))


def seen(batch: torch.Tensor, given: Given, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """A view of pictures with given numbers."""
    monkeypatch.setattr(self_supervised, "streams", given)
    return self_supervised.view(batch, 5, 1).numpy()


def test_the_whole_picture_as_it_is(monkeypatch: pytest.MonkeyPatch):
    given = Given(1, 0.3, 0.5, 0.5)
    np.testing.assert_allclose(seen(ramps(), given, monkeypatch), ramps(), atol=1e-6)
    assert given.asked == [(0, "features", 5, 8)]


def test_mirrored(monkeypatch: pytest.MonkeyPatch):
    np.testing.assert_allclose(
        seen(ramps(), Given(1, 0.3, 0.5, 0.5, mirror=-1), monkeypatch), ramps().flip(3), atol=1e-6
    )


@pytest.mark.parametrize("mirror", [1.0, -1.0])
def test_a_crop_of_half_to_all_of_it(mirror: float, monkeypatch: pytest.MonkeyPatch):
    # its width is the root of a half of the picture's, its height of three quarters; it lies at the right and near the top
    given = Given([[0.0], [0.5]], [[1.0], [0.25]], 0.5, 0.5, mirror=mirror)
    found = seen(ramps(), given, monkeypatch)[0]
    wide, high = np.sqrt(0.5), np.sqrt(0.75)
    x = wide * mirror * COORDINATES + (1 - wide)
    y = high * COORDINATES - (1 - high) / 2
    reach = COORDINATES[-1]  # further out, the border is repeated
    np.testing.assert_allclose(found[0], np.tile(0.5 + 0.25 * np.clip(x, -reach, reach), (SIDE, 1)), atol=1e-5)
    np.testing.assert_allclose(found[1], np.tile(0.5 + 0.25 * np.clip(y, -reach, reach)[:, None], (1, SIDE)), atol=1e-5)
    np.testing.assert_allclose(found[2], 0.5, atol=1e-6)


@pytest.mark.parametrize(
    ("contrast", "brightness", "factor", "added"),
    [(0, 0, 0.6, -0.2), (1, 1, 1.4, 0.2), (1, 0, 1.4, -0.2), (0, 1, 0.6, 0.2)],
)
@pytest.mark.parametrize("level", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_contrast_and_brightness(
    contrast: float, brightness: float, factor: float, added: float, level: float, monkeypatch: pytest.MonkeyPatch
):
    wanted = min(max((level - 0.5) * factor + 0.5 + added, 0.0), 1.0)
    even = torch.full((1, 3, 2, 2), level)
    np.testing.assert_allclose(seen(even, Given(1, 0.5, contrast, brightness), monkeypatch), wanted, atol=1e-6)
    for alpha in (1.0, 0.4):  # the colours change as much as they are seen, alpha does not
        clear = torch.cat([even * alpha, torch.full((1, 1, 2, 2), alpha)], 1)
        found = seen(clear, Given(1, 0.5, contrast, brightness), monkeypatch)
        np.testing.assert_allclose(found[:, :3], wanted * alpha, atol=1e-6)
        np.testing.assert_allclose(found[:, 3], alpha, atol=1e-6)


def test_two_views_of_each_picture(monkeypatch: pytest.MonkeyPatch):
    asked: list[tuple[int, int]] = []
    sizes: list[int] = []
    draw = network.draw

    def view(batch: torch.Tensor, update: int, which: int) -> torch.Tensor:
        asked.append((update, which))
        return batch

    def drawn(count: int, batch: int, update: int) -> np.ndarray:
        sizes.append(batch)
        return draw(count, batch, update)

    monkeypatch.setattr(self_supervised, "view", view)
    monkeypatch.setattr(network, "draw", drawn)
    self_supervised.fit(np.zeros((2, 5, 4, 1), np.uint8), 2)
    assert asked == [(0, 0), (0, 1), (1, 0), (1, 1)]
    self_supervised.fit(np.zeros((200, 5, 4, 1), np.uint8), 1)
    assert sizes == [2, 2, 128]
    with pytest.raises(DataError, match="from one picture"):
        self_supervised.fit(np.zeros((1, 5, 4, 1), np.uint8), 1)
