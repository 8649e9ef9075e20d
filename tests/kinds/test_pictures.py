"""Pictures are a kind like others, and lose nothing by it: the same bytes go in and come out, bit for bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from gansmith.cli import main
from gansmith.data.store import open_store
from gansmith.game.inputs.items import Items
from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds import KINDS, ToItems, of_data, of_shape
from gansmith.trained.generator import load

PICTURES = np.random.default_rng(0).integers(0, 256, (40, 8, 8, 3), dtype=np.uint8)


@pytest.mark.parametrize(("pixels", "low"), [("symmetric", -1.0), ("unit", 0.0)])
def test_bytes_become_pixels_and_pixels_bytes(pixels: str, low: float):
    """0 is black and 255 white, exactly; every byte comes back."""
    held = Items(PICTURES, None, pixels, (3, 8, 8), torch.device("cpu"))
    seen, _ = held.batch(np.arange(40))
    due = torch.as_tensor(PICTURES).permute(0, 3, 1, 2).float() * ((1 - low) / 255) + low
    torch.testing.assert_close(seen, due, rtol=0, atol=2e-7)
    assert seen.is_contiguous(memory_format=torch.channels_last)
    back = ToItems(KINDS["picture"], DataSettings(pixels=pixels), {})
    assert np.array_equal(back(seen.permute(0, 2, 3, 1).numpy()), PICTURES)


def test_numbers_of_signals_are_sent_as_they_are():
    """Float items with channels: channels first, and no scale of pixels."""
    signals = np.random.default_rng(0).standard_normal((5, 1, 16, 2)).astype(np.float32)
    held = Items(signals, None, "symmetric", (2, 1, 16), torch.device("cpu"))
    seen, _ = held.batch(np.arange(5))
    assert np.array_equal(seen.numpy(), signals.transpose(0, 3, 1, 2))


def test_old_names_and_shapes_tell_the_kind():
    assert (
        of_data({"kind": "pictures"}) is of_data({"item_shape": [3, 8, 8]}) is of_shape((3, 8, 8)) is KINDS["picture"]
    )
    assert of_data({"kind": "vectors"}) is of_data({"item_shape": [3]}) is KINDS["vector"]
    assert of_data({}) is None
    assert of_data({"kind": "smell"}) is None


def test_a_kind_that_is_named_changes_no_bit(tmp_path: Path):
    """A training with data.kind = "picture" is the one without, and its store has the same fingerprint."""
    source = tmp_path / "p.npy"
    np.save(source, PICTURES)
    plain = DataSettings(source=str(source))
    assert open_store(plain).fingerprint == open_store(DataSettings(source=str(source), kind="picture")).fingerprint
    made = []
    for kind in ("auto", "picture"):
        run = tmp_path / kind
        settings = (
            f"data.kind={kind}",
            "data.size=8",
            "data.batch=8",
            "generator.widths=[16,8,8]",
            "discriminator.widths=[8]",
            "data.labels=none",
            "watch.judge=0",
            "watch.diagnose=0",
        )
        flags = [word for one in settings for word in ("--set", one)]
        assert (
            main(["train", "digits", "--data", str(source), "--updates", "6", "--out", str(run), "--quiet", *flags])
            == 0
        )
        made.append(load(run).arrays)
    assert made[0].keys() == made[1].keys()
    assert all(np.array_equal(made[0][name], made[1][name]) for name in made[0])


def test_pictures_as_vectors_are_laid_flat_and_come_back(tmp_path: Path):
    np.save(tmp_path / "p.npy", PICTURES)
    store = open_store(DataSettings(source=str(tmp_path / "p.npy"), kind="vector"))
    assert store.item_shape == (8 * 8 * 3,)
    np.testing.assert_allclose(store.kind.in_units(store.items, store.units), PICTURES.reshape(40, -1), atol=1e-3)
