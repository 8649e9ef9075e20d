"""What every section of the benchmark works with: a run, its data, and the figures so far."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gansmith.data import cache
from gansmith.data.store import Store
from gansmith.data.toys import glyphs
from gansmith.ground.files.runfolder import RunFolder
from gansmith.latent.appearance import traits
from gansmith.latent.inversion.search import SearchSettings
from gansmith.latent.measurements import operators
from gansmith.metrics.feature_networks import classifier
from gansmith.trained.generator import Generator
from gansmith.training import machine

RECOVERED = 0.005  # mean squared error under which a picture counts as found again
Values = dict[str, list[float]]
"""What a case measured: {figure: a value for each draw}."""


@dataclass
class Bench:
    """A run, its data, and how much is drawn."""

    folder: RunFolder
    generator: Generator
    train: Store
    test: Store
    draws: int
    seeds: int
    steps: int

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The two traits that styles are made of."""
        return traits.defaults(self.generator.sample(64))

    @property
    def wanted(self) -> dict[str, traits.Measure]:
        """How they are measured."""
        return traits.select(self.names)

    @property
    def shown(self) -> list[int] | None:
        """The classes that styles are judged on, as in article 001."""
        return [1, 4, 8] if self.generator.classes == 10 else list(range(self.generator.classes))[:3] or None

    def settings(self, restarts: int = 3, seed: int = 0, steps: int = 0) -> SearchSettings:
        """How searches go, as `explore` has it."""
        half = machine.choose_precision("auto", "cpu") == "bfloat16"
        return SearchSettings(restarts=restarts, steps=steps or self.steps, seed=seed, half=half)

    def pictures(self, seed: int) -> np.ndarray:
        """Held-out pictures, other ones for each seed."""
        return np.asarray(self.test.items[seed * self.draws : (seed + 1) * self.draws])

    def labels(self, seed: int) -> np.ndarray | None:
        """Their classes."""
        known = self.test.labels
        return None if known is None else known[seed * self.draws : (seed + 1) * self.draws]

    def own(self, seed: int) -> np.ndarray:
        """The generator's own samples; not those of any bank."""
        return self.generator.sample(self.draws, 5000 + seed)

    @cached_property
    def classify(self) -> Callable[[np.ndarray], np.ndarray]:
        """The yardstick's classifier of the run's data; trained once, then in the cache."""
        assert self.train.labels is not None
        items, print_of = np.asarray(self.train.items), self.train.fingerprint
        network = classifier.trained(cache.folder() / "metrics", print_of, "bench", items, self.train.labels)

        def classify(pictures: np.ndarray) -> np.ndarray:
            scores = network.read(pictures).probabilities
            assert scores is not None
            return scores.argmax(axis=1)

        return classify

    @cached_property
    def truth(self) -> Callable[[np.ndarray, np.ndarray], dict[str, np.ndarray]] | None:
        """On glyphs: thickness and slant with which the three nearest of 40,000 drawn pictures of the class were drawn.

        How well this reader does is printed: its answers' correlation with the truth on 1,000 drawn pictures that it has
        not seen. Where that is below .98, it refuses to judge.
        """
        if self.generator.recipe.data.source != "glyphs":
            return None
        known = glyphs.truth(40_000, 12345)
        drawn = operators.flat(glyphs.draw(known))

        def read(pictures: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
            told = {name: np.zeros(len(pictures)) for name in self.names}
            rows = operators.flat(pictures)
            for label in range(10):
                here, among = np.flatnonzero(labels == label), np.flatnonzero(known.labels == label)
                far = (rows[here] ** 2).sum(1)[:, None] - 2 * rows[here] @ drawn[among].T + (drawn[among] ** 2).sum(1)
                near = among[np.argsort(far, axis=1)[:, :3]]
                for name in self.names:
                    told[name][here] = getattr(known, name)[near].mean(axis=1)
            return told

        unseen = glyphs.truth(1000, 777)
        back = read(glyphs.draw(unseen), unseen.labels)
        for name in self.names:
            r = correlation(back[name], getattr(unseen, name))
            print(f"the reader of the truth: r = {r:.4f} for {name} on 1,000 drawn pictures", flush=True)
            assert r > 0.98
        return read


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson's."""
    return float(np.corrcoef(first, second)[0, 1])
