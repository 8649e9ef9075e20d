"""A search and its variants are shown on their way."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import small_runs
from gansmith.latent.inversion import inpainting, projection
from gansmith.latent.inversion.search import SearchSettings
from gansmith.trained.generator import load


def test_a_search_is_shown_every_25_steps_and_is_not_changed_by_it(tmp_path: Path):
    generator = load(small_runs.make(tmp_path / "run").root)
    target = generator.sample(1, seed=3)
    seen: list[tuple[np.ndarray, np.ndarray]] = []

    def search(watch: bool) -> np.ndarray:
        look = (lambda pictures, losses: seen.append((pictures, losses))) if watch else None
        settings = SearchSettings(restarts=2, steps=60, bank=20, watch=look)
        return projection.project(generator, target, settings).latents

    assert (search(True) == search(False)).all()
    assert [(pictures.shape, losses.shape) for pictures, losses in seen] == [((2, 16, 16, 1), (2,))] * 3
    assert seen[2][1].min() < seen[0][1].min()


def test_variants_are_shown_completed(tmp_path: Path):
    generator = load(small_runs.make(tmp_path / "run").root)
    target = generator.sample(1, seed=3)
    known = np.ones((16, 16), bool)
    known[4:12, 4:12] = False
    done = inpainting.inpaint(generator, target, known, SearchSettings(restarts=2, steps=5, bank=20))
    seen: list[np.ndarray] = []
    inpainting.variants(generator, target, known, done, 3, watch=seen.append)
    assert len(seen) == 4
    for pictures in seen:
        assert pictures.shape == (3, 16, 16, 1)
        assert (pictures[:, known] == target[0][known]).all()
