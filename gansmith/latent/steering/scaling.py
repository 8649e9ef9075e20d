"""Measures what scaling a style does: is twice a style more of it, and minus twice its opposite (article 001)?

The article scales its four means from 2 to -2 and says that the opposite style appears at -2. "Opposite" can mean two
things, and both are measured: the other side of the picture at 0, where all styles meet; and the opposite category,
that is the other side of the mean of all pictures of the class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gansmith.kinds.record import Measure
from gansmith.latent import space
from gansmith.latent.appearance.traits import measure
from gansmith.latent.decoder import Decoder
from gansmith.latent.steering import styles
from gansmith.latent.steering.styles import Style
from gansmith.latent.steering.survey import Survey


@dataclass(frozen=True)
class Scaling:
    """One style at factors (F,), in the classes shown.

    levels {trait: (F, classes)}: in standard deviations from the mean of all pictures of the class.
    """

    factors: np.ndarray
    levels: dict[str, np.ndarray]
    signs: dict[str, int]  # of the style: trait -> +1 much, -1 little
    at_zero: dict[str, np.ndarray]  # {trait: (classes,)} of the picture at factor 0

    def rank_correlations(self) -> dict[str, np.ndarray]:
        """Spearman correlation of factor and trait in each class shown {trait: (classes,)}; positive as it should be."""
        return {
            trait: np.array([sign * rank_correlation(self.factors, row) for row in self.levels[trait].T])
            for trait, sign in self.signs.items()
        }

    def at(self, factor: float) -> dict[str, np.ndarray]:
        """The levels {trait: (classes,)} at the nearest factor."""
        row = int(np.argmin(np.abs(self.factors - factor)))
        return {trait: values[row] for trait, values in self.levels.items()}

    def has_style(self, factor: float, than_all: bool) -> np.ndarray:
        """In which classes all traits are on the style's side; at a negative factor, on the other side: (classes,) bool.

        than_all: compared with the mean of all pictures of the class, else with the picture at 0.
        """
        level = self.at(factor)
        sides = [
            np.sign(factor) * sign * (level[trait] - (0 if than_all else self.at_zero[trait])) > 0
            for trait, sign in self.signs.items()
        ]
        return np.all(sides, axis=0)


def study(
    generator: Decoder,
    chosen: Mapping[str, Style],
    all_styles: Mapping[str, Style],
    survey: Survey,
    measures: Mapping[str, Measure],
    factors: np.ndarray,
    classes: Sequence[int] | np.ndarray | None,
    shell: bool = False,
) -> dict[str, Scaling]:
    """Measure `chosen` styles at each factor, in each of `classes` (None: unlabelled), all in one batch.

    shell: on the shell, for which `all_styles` must hold the typical one. measures: of all traits of the styles.
    """
    zero = np.zeros((1, generator.latent_dim), np.float32)
    offsets = np.concatenate([*(styles.scale(style, factors) for style in chosen.values()), zero])
    distribution = generator.recipe.latent.law
    if shell:
        offsets = styles.on_shell(offsets, all_styles, distribution)
    shown = 1 if classes is None else len(classes)
    labels = None if classes is None else np.tile(np.asarray(classes, np.int64), len(offsets))
    latents = np.repeat(offsets + np.float32(space.centre(distribution)), shown, axis=0).astype(np.float32)
    values = measure(generator.items(latents, labels), measures)
    levels = {
        trait: survey.scales[trait].standard(one, labels).reshape(len(offsets), shown) for trait, one in values.items()
    }
    at_zero = {trait: one[-1] for trait, one in levels.items()}
    studies: dict[str, Scaling] = {}
    for index, (name, style) in enumerate(chosen.items()):
        rows = slice(index * len(factors), (index + 1) * len(factors))
        studies[name] = Scaling(factors, {trait: one[rows] for trait, one in levels.items()}, style.signs, at_zero)
    return studies


def summary(studies: Mapping[str, Scaling]) -> dict[str, Any]:
    """The figures over all styles and classes shown, for JSON, at the largest and the smallest factor and at 1."""
    first = next(iter(studies.values()))
    most, least = float(first.factors.max()), float(first.factors.min())
    correlations = np.concatenate([row for one in studies.values() for row in one.rank_correlations().values()])
    figures: dict[str, Any] = {
        "least_rank_correlation": float(correlations.min()),
        "mean_rank_correlation": float(correlations.mean()),
        "level_of_the_middle": {trait: float(one.mean()) for trait, one in first.at_zero.items()},
    }
    for title, than_all in (("middle", False), ("all", True)):
        for side, factor in (("own", most), ("own", 1.0), ("opposite", least)):
            share = np.mean([one.has_style(factor, than_all) for one in studies.values()])
            figures[f"{side}_side_of_{title} at {factor:g}"] = float(share)
    figures["styles"] = {
        name: {
            f"{factor:g}": {trait: float(level.mean()) for trait, level in one.at(factor).items()}
            for factor in sorted({most, 1.0, 0.0, -1.0, least}, reverse=True)
        }
        for name, one in studies.items()
    }
    return figures


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's rank correlation of (N,) and (N,); 0 where one of them is constant."""
    from scipy.stats import spearmanr  # slow to import

    return float(spearmanr(first, second)[0]) if np.ptp(first) and np.ptp(second) else 0.0  # pyright: ignore
