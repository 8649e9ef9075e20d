"""Colour pictures are measured in features of a network that knows photographs, where it is installed."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from gansmith.ground.errors import DataError, EngineError
from gansmith.ground.recipes.settings import DataSettings, Recipe
from gansmith.metrics.evaluation import evaluate
from gansmith.metrics.feature_networks import likeness
from gansmith.metrics.feature_networks.choice import FeatureSettings, resolve
from gansmith.metrics.feature_networks.imagenet import Imagenet, size_read
from gansmith.metrics.real import RealItems
from gansmith.metrics.reference import reference
from gansmith.nets import trunk
from gansmith.nets.eyes import Trunk
from gansmith.runs.evaluation import _flattered

needs_weights = pytest.mark.skipif(not trunk.installed(), reason="the extra `features` is not installed")


@pytest.fixture
def absent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra is not there."""
    monkeypatch.setattr(trunk, "PACKAGE", "no_such_package_of_weights")


def blots(count: int, seed: int = 0, channels: int = 3) -> RealItems:
    """Pictures of 32x32: a disc of some colour somewhere on a dark ground."""
    rng = np.random.default_rng(seed)
    down, across, radius = (rng.uniform(*ends, (count, 1, 1)) for ends in ((8, 24), (8, 24), (3, 8)))
    rows, columns = np.mgrid[:32, :32]
    inside = (rows - down) ** 2 + (columns - across) ** 2 < radius**2
    colour = rng.integers(60, 256, (count, 1, 1, channels))
    return RealItems("blots", f"blots{seed}-{channels}", np.where(inside[..., None], colour, 20).astype(np.uint8))


@needs_weights
def test_features_are_means_of_the_last_maps_of_an_enlarged_picture() -> None:
    items = blots(3).items
    x = torch.from_numpy(items).permute(0, 3, 1, 2).float() / 127.5 - 1
    x = torch.nn.functional.interpolate(x, size=(128, 128), mode="bilinear", antialias=True)
    with torch.no_grad():
        wanted = Trunk(128, 128)(x.contiguous(memory_format=torch.channels_last)).mean((2, 3))
    found = Imagenet().read(items).features
    np.testing.assert_allclose(found, wanted.numpy(), atol=1e-5)
    assert found.dtype == np.float32
    grey = items[..., :1]
    np.testing.assert_array_equal(Imagenet().read(grey).features, Imagenet().read(grey.repeat(3, axis=3)).features)


@needs_weights
def test_larger_pictures_are_made_smaller_without_grain() -> None:
    items = np.random.default_rng(0).integers(0, 256, (1, 300, 40, 3), dtype=np.uint8)
    x = torch.from_numpy(items).permute(0, 3, 1, 2).float() / 127.5 - 1
    x = torch.nn.functional.interpolate(x, size=(224, 32), mode="bilinear", antialias=True)
    with torch.no_grad():
        wanted = Trunk(224, 32)(x.contiguous(memory_format=torch.channels_last)).mean((2, 3))
    np.testing.assert_allclose(Imagenet().read(items).features, wanted.numpy(), atol=1e-5)


@pytest.mark.parametrize(
    ("height", "width", "read"),
    [
        (64, 64, (128, 128)),
        (64, 48, (128, 96)),
        (28, 28, (128, 128)),
        (128, 128, (128, 128)),
        (129, 129, (224, 224)),
        (10, 300, (32, 224)),
        (300, 107, (224, 64)),
        (256, 256, (224, 224)),
    ],
)
def test_the_size_that_is_read(height: int, width: int, read: tuple[int, int]) -> None:
    assert size_read(height, width) == read


@needs_weights
def test_transparency_is_read_on_black_and_on_white() -> None:
    opaque = blots(3).items
    seen = np.concatenate([opaque, np.full_like(opaque[..., :1], 255)], axis=3)
    np.testing.assert_allclose(Imagenet().read(seen).features, Imagenet().read(opaque).features, atol=1e-5)
    gone = np.zeros_like(seen)
    black, white = (Imagenet().read(np.full_like(opaque, level)).features for level in (0, 255))
    np.testing.assert_allclose(Imagenet().read(gone).features, (black + white) / 2, atol=1e-5)


def test_what_auto_takes_with_the_extra_and_without(monkeypatch: pytest.MonkeyPatch) -> None:
    colour, grey = blots(20), blots(20, channels=1)
    monkeypatch.setattr(trunk, "installed", lambda: True)
    assert resolve(colour, "auto") == "imagenet"
    assert resolve(dataclasses.replace(colour, labels=np.arange(20) % 2), "auto") == "imagenet"
    assert resolve(dataclasses.replace(colour, single=grey), "auto") == "self-supervised"  # three pictures in one
    assert resolve(colour, "auto", quick=True) == "self-supervised"  # while a run trains
    assert resolve(grey, "auto") == "self-supervised"
    monkeypatch.setattr(trunk, "installed", lambda: False)
    assert resolve(colour, "auto") == "self-supervised"


@pytest.mark.usefixtures("absent", "hasty_judges")
def test_without_the_extra_another_network_is_used_and_a_line_says_so(tmp_path: Path) -> None:
    made = reference(blots(40), tmp_path)
    assert made.features_name.startswith("blots-self-supervised@")
    assert any("pip install 'gansmith[features]'" in note for note in made.notes)
    with pytest.raises(EngineError, match=r"pip install 'gansmith\[features\]'"):
        reference(blots(40), tmp_path, FeatureSettings("imagenet"))


@needs_weights
def test_figures_are_named_after_it_and_moved_copies_are_found(tmp_path: Path) -> None:
    real = blots(240)
    known = reference(real, tmp_path)
    assert known.features_name == "imagenet@5793"
    assert any("--features self-supervised" in note for note in known.notes)
    fresh = evaluate(blots(60, seed=1).items, None, known)
    assert fresh["fd"].name == "FD(imagenet@5793)"
    assert 0 < fresh["fd"].floor < fresh["fd"].noise
    copies = evaluate(real.items[known.training_rows[:60], :, ::-1], None, known)
    found, before = copies["copies_moved"], copies["copies"]
    assert found.name == "copy rate(imagenet@5793)"
    assert found.value > max(0.25, 5 * before.value), "a mirrored picture is no copy by its pixels"
    assert fresh["copies_moved"].value < found.value / 2
    again = reference(real, tmp_path)
    assert again.floors == known.floors, "floors are kept"
    assert list(tmp_path.rglob("shown-*.safetensors"))


def test_numbers_are_not_read() -> None:
    with pytest.raises(DataError, match="--features pixels"):
        Imagenet().read(np.zeros((3, 2), np.float32))


class Shelf:
    """As much of a store as the choice of a likeness asks for."""

    def __init__(self, real: RealItems) -> None:
        self.kind, self.count = real.kind, len(real.items)
        self.item_shape = (*real.items.shape[3:], *real.items.shape[1:3])


def test_in_what_clusters_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    colour, grey, chosen = Shelf(blots(20)), Shelf(blots(20, channels=1)), likeness.chosen
    monkeypatch.setattr(trunk, "installed", lambda: True)
    assert chosen(DataSettings(), colour) == "imagenet"  # pyright: ignore[reportArgumentType]
    assert chosen(DataSettings(), grey) == "pixels"  # pyright: ignore[reportArgumentType]
    assert chosen(DataSettings(clusters_by="imagenet"), grey) == "imagenet"  # pyright: ignore[reportArgumentType]
    assert chosen(DataSettings(clusters_by="pixels"), colour) == "pixels"  # pyright: ignore[reportArgumentType]
    colour.count = 20_001
    assert chosen(DataSettings(), colour) == "pixels"  # pyright: ignore[reportArgumentType]
    colour.count = 20
    monkeypatch.setattr(trunk, "installed", lambda: False)
    assert chosen(DataSettings(), colour) == "pixels"  # pyright: ignore[reportArgumentType]
    assert "pip install 'gansmith[features]'" in likeness.in_words("pixels", colour)  # pyright: ignore[reportArgumentType]


def test_who_learned_from_the_network_is_flattered_by_it() -> None:
    projected = replace(Recipe(), discriminator=replace(Recipe().discriminator, net="projected"))
    measured, other = SimpleNamespace(features_name=trunk.NAME, real=blots(20)), SimpleNamespace(features_name="pixels")
    assert "flatter" in _flattered(projected, measured)[0]  # pyright: ignore[reportArgumentType]
    assert _flattered(Recipe(), measured) == _flattered(projected, other) == ()  # pyright: ignore[reportArgumentType]
