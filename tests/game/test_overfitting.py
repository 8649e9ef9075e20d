"""Article 004's network learns 64 pictures by heart: what it makes comes nearer to them, by far."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gansmith import recipes
from gansmith.data.store import open_store
from gansmith.game.torch_game import TorchGame
from gansmith.ground import streams
from gansmith.ground.game import StepContext
from gansmith.ground.networks.cost import count
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import DataSettings
from gansmith.metrics.evaluation import evaluate
from gansmith.metrics.feature_networks.choice import FeatureSettings
from gansmith.metrics.real import RealItems
from gansmith.metrics.reference import reference
from gansmith.nets import plan_discriminator, plan_generator

BATCH, FIRST, LAST = 8, 1, 24
RATE = 1e-3  # ten times the recipe's: 64 pictures are to be learned in seconds
QUICK = 0.1  # share of a batch in the running statistics: with the recipe's .01 they lag hundreds of updates behind


@pytest.mark.slow
def test_64_emoji(tmp_path: Path, data_folder: Path, monkeypatch: pytest.MonkeyPatch):
    emoji = data_folder / "emoji" / "noto-emoji-64.zip"
    if not emoji.exists():
        pytest.skip(f"no emoji in {emoji.parent}")
    monkeypatch.setenv("GANSMITH_CACHE", str(tmp_path))
    store = open_store(DataSettings(source=str(emoji), first=64))
    recipe = override(
        recipes.load("article-004-celeba"), {"data.batch": BATCH, "device": "cpu", "generator.norm_momentum": QUICK}
    )
    assert count(plan_generator(recipe, store.item_shape, 0)).total == 18_920_320
    assert count(plan_discriminator(recipe, store.item_shape, 0)).total == 242_561
    game = TorchGame(recipe, store.item_shape)
    game.load(store.items, None)
    real = RealItems("emoji", store.fingerprint, np.asarray(store.items))
    known = reference(real, tmp_path, FeatureSettings("pixels"), lambda what, share: None)
    latents = streams.latents(np.random.default_rng(0), "normal", (128, recipe.latent.dim))

    def distance() -> float:
        return evaluate(game.sample(latents, None), None, known, metrics=["frechet"], floors=False).figures[0].value

    rng, distances = np.random.default_rng(1), {}
    for update in range(1, LAST + 1):
        rows = rng.permutation(64)[:BATCH][None]
        game.step(rows, StepContext(update, (update - 1) * BATCH, RATE, RATE, 0.0))
        if update in (FIRST, LAST):
            distances[update] = distance()
    assert distances[LAST] < distances[FIRST] / 2
