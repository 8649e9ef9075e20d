"""What scaling a style does, measured: is twice a style more of it, and is minus twice its opposite (article 001)?

The article scales its four means from 2 to -2 and says that the opposite style appears at -2. "Opposite" may be meant
in two ways, and both are measured: on the other side of the picture in the middle, which every style meets at 0; and
in the opposite category, that is on the other side of the mean of all pictures of the class.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gansmith.latent import space
from gansmith.latent.appearance.traits import Measure, measure
from gansmith.latent.decoder import Decoder
from gansmith.latent.steering import styles
from gansmith.latent.steering.styles import Style
from gansmith.latent.steering.survey import Survey


@dataclass(frozen=True)
class Scaling:
    """One style's pictures at factors (F,), in the classes shown: levels {trait: (F, classes)}, in standard deviations
    from the mean of all pictures of the class."""

    factors: np.ndarray
    levels: dict[str, np.ndarray]
    wants: dict[str, int]
    middle: dict[str, np.ndarray]  # {trait: (classes,)} of the picture that is shown at 0

    def rank_correlations(self) -> dict[str, np.ndarray]:
        """Spearman's correlation of factor and trait in each class shown, positive where the style does what it says:
        {trait: (classes,)}."""
        return {
            trait: np.array([sign * rank_correlation(self.factors, row) for row in self.levels[trait].T])
            for trait, sign in self.wants.items()
        }

    def at(self, factor: float) -> dict[str, np.ndarray]:
        """The levels {trait: (classes,)} at the factor nearest to the one asked."""
        row = int(np.argmin(np.abs(self.factors - factor)))
        return {trait: values[row] for trait, values in self.levels.items()}

    def is_more(self, factor: float, than_all: bool) -> np.ndarray:
        """In which of the classes shown the picture at a positive factor lies on the style's own side in every trait,
        and at a negative one on the other side: bool (classes,). Compared with the picture at 0, or with all
        pictures of the class."""
        level, turned = self.at(factor), np.sign(factor)
        sides = [
            turned * sign * (level[trait] - (0 if than_all else self.middle[trait])) > 0
            for trait, sign in self.wants.items()
        ]
        return np.all(sides, axis=0)


def study(
    generator: Decoder,
    chosen: Mapping[str, Style],
    every: Mapping[str, Style],
    found: Survey,
    wanted: Mapping[str, Measure],
    factors: np.ndarray,
    classes: Sequence[int] | None,
    shell: bool = False,
) -> dict[str, Scaling]:
    """Measure styles at each factor, in each of `classes` (None: unlabelled), all in one batch.

    every: all styles, the typical one among them (needed on the shell only). wanted holds the traits of the styles.
    """
    offsets = {name: styles.scale(style, factors) for name, style in chosen.items()}
    zero = np.zeros((1, generator.latent_dim), np.float32)
    walks = np.concatenate([*offsets.values(), zero])
    law = generator.recipe.latent.law
    if shell:
        walks = styles.on_shell(walks, every, law)
    shown = len(classes) if classes is not None else 1
    labels = None if classes is None else np.tile(np.asarray(classes, np.int64), len(walks))
    latents = np.repeat(walks + np.float32(space.middle(law)), shown, axis=0).astype(np.float32)
    values = measure(generator.images(latents, labels), wanted)
    levels = {
        trait: found.scales[trait].standard(one, labels).reshape(len(walks), shown) for trait, one in values.items()
    }
    middle = {trait: one[-1] for trait, one in levels.items()}
    told: dict[str, Scaling] = {}
    for index, (name, style) in enumerate(chosen.items()):
        rows = slice(index * len(factors), (index + 1) * len(factors))
        told[name] = Scaling(factors, {trait: one[rows] for trait, one in levels.items()}, dict(style.wants), middle)
    return told


def summary(told: Mapping[str, Scaling]) -> dict[str, object]:
    """The figures of a study over all styles and classes shown, as JSON holds them.

    The extreme factors are those of the study: 2 and -2 by default.
    """
    first = next(iter(told.values()))
    most, least = float(first.factors.max()), float(first.factors.min())
    correlations = np.concatenate([row for one in told.values() for row in one.rank_correlations().values()])
    figures: dict[str, object] = {
        "least_rank_correlation": float(correlations.min()),
        "mean_rank_correlation": float(correlations.mean()),
        "level_of_the_middle": {trait: float(one.mean()) for trait, one in first.middle.items()},
    }
    for title, than_all in (("middle", False), ("all", True)):
        figures[f"own_side_of_{title} at {most:g}"] = _share(told, most, than_all)
        figures[f"own_side_of_{title} at 1"] = _share(told, 1.0, than_all)
        figures[f"opposite_side_of_{title} at {least:g}"] = _share(told, least, than_all)
    figures["styles"] = {
        name: {
            f"{factor:g}": {trait: float(level.mean()) for trait, level in one.at(factor).items()}
            for factor in sorted({most, 1.0, 0.0, -1.0, least}, reverse=True)
        }
        for name, one in told.items()
    }
    return figures


def _share(told: Mapping[str, Scaling], factor: float, than_all: bool) -> float:
    return float(np.mean([one.is_more(factor, than_all) for one in told.values()]))


def rank_correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Spearman's rank correlation; 0 where one of the two never changes."""
    if not np.ptp(first) or not np.ptp(second):
        return 0.0
    return float(np.corrcoef(_ranks(first), _ranks(second))[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """Places in the order of size, ties sharing their mean. (scipy.stats takes longer to import than all this.)"""
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[places]
