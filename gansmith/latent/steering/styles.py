"""Styles: latents sorted by traits into named categories, averaged, scaled, added and subtracted (article 001).

A style is an offset from the centre of the latent distribution. The mean of many latents is short: it lies far inside
the shell |z| ~ sqrt(dim), where the generator was trained. So its count and norm are kept, and it can be put on the shell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

from gansmith.ground.errors import RunError, nearest
from gansmith.kinds.appearance import PICTURES
from gansmith.kinds.record import Measure, Traits
from gansmith.latent import space
from gansmith.latent.appearance.traits import measure
from gansmith.latent.decoder import Decoder
from gansmith.latent.steering import stored_vectors
from gansmith.latent.steering.survey import Survey

CANDIDATES = 40  # latents that are shown in every class to find the typical one
TYPICAL = "typical"  # the style that is no mean but one ordinary latent


@dataclass(frozen=True)
class Style:
    """An offset from the centre of the latent distribution."""

    vector: np.ndarray  # float32 (dim,)
    count: int  # latents averaged; 0 = made of other styles
    signs: dict[str, int]  # trait -> +1 much, -1 little; empty for arithmetic

    @property
    def norm(self) -> float:
        """Its length; the shell's radius is `space.shell_radius`."""
        return float(np.linalg.norm(self.vector))


def categories(traits: Sequence[str], of: Traits = PICTURES) -> dict[str, dict[str, int]]:
    """Every combination of little and much of each trait: {"thick-straight": {"thickness": 1, "slant": -1}, ...}."""
    words = {trait: of.words.get(trait, (f"low.{trait}", f"high.{trait}")) for trait in traits}
    named: dict[str, dict[str, int]] = {}
    for combination in product((1, -1), repeat=len(traits)):
        signs: dict[str, int] = dict(zip(traits, combination, strict=True))
        named["-".join(words[trait][sign > 0] for trait, sign in signs.items())] = signs
    return named


def average(
    survey: Survey, distribution: str, names: Mapping[str, dict[str, int]], share: float = 1 / 3
) -> dict[str, Style]:
    """The mean of each category's latents: those in the outer `share` of each of its traits.

    names: from `categories`. Raises RunError for an empty category.
    """
    styles: dict[str, Style] = {}
    for name, signs in names.items():
        inside = np.ones(len(survey.latents), bool)
        for trait, sign in signs.items():
            values = sign * survey.standard[trait]
            inside &= values >= np.quantile(values, 1 - share)
        if not inside.any():
            raise RunError(f"no latent of {len(survey.latents)} is {name}: measure more with --count, or fewer traits")
        offset = survey.latents[inside].mean(axis=0) - np.float32(space.centre(distribution))
        styles[name] = Style(offset.astype(np.float32), int(inside.sum()), dict(signs))
    return styles


TERM = re.compile(r"(?:(?P<factor>\d+(?:\.\d*)?|\.\d+)\s*\*\s*)?(?P<name>[^\s*]+)")


def arithmetic(expression: str, styles: Mapping[str, Style]) -> Style:
    """A style from others: "thick-straight + thin-right", "2 * thick-right - thick-straight".

    Names contain hyphens, so operators stand between spaces. Raises RunError for unknown names, and for what is no
    expression.
    """
    text = expression.strip()
    _, *parts = re.split(r"(?:^|\s+)([+-])\s+", text if text.startswith(("+ ", "- ")) else f"+ {text}")
    total = np.zeros_like(next(iter(styles.values())).vector)
    for sign, term in zip(parts[::2], parts[1::2], strict=True):
        match = TERM.fullmatch(term.strip())
        if match is None:
            raise RunError(
                f"{term.strip()!r} in {expression!r} is no style: write names and numbers as in 'a + b - 0.5 * c', "
                "with spaces around + and -"
            )
        style = find(match["name"], styles)
        total = total + float(match["factor"] or 1) * (1 if sign == "+" else -1) * style.vector
    return Style(total.astype(np.float32), 0, {})


def find(name: str, styles: Mapping[str, Style]) -> Style:
    """A style by its name. Raises RunError."""
    if name not in styles:
        raise RunError(f"unknown style {name!r}{nearest(name, styles)}")
    return styles[name]


def scale(style: Style, factors: np.ndarray) -> np.ndarray:
    """The style times each factor: offsets float32 (F, dim)."""
    return (np.asarray(factors, np.float32)[:, None] * style.vector).astype(np.float32)


def typical(generator: Decoder, survey: Survey, measures: Mapping[str, Measure]) -> Style:
    """The most ordinary latent of a survey: of the `CANDIDATES` nearest to the mean in every trait, the one that stays
    nearest in all classes."""
    far = np.max(np.abs(np.stack(list(survey.standard.values()))), axis=0)
    rows = np.argsort(far)[:CANDIDATES]
    classes = max(generator.classes, 1)
    labels = np.tile(np.arange(classes), len(rows)) if generator.classes else None
    values = measure(generator.items(np.repeat(survey.latents[rows], classes, axis=0), labels), measures)
    standard = [survey.scales[name].standard(one, labels).reshape(len(rows), classes) for name, one in values.items()]
    best = survey.latents[rows[int(np.argmin(np.abs(standard).max(axis=(0, 2))))]]
    return Style((best - np.float32(space.centre(generator.recipe.latent.law))).astype(np.float32), 1, {})


def on_shell(offsets: np.ndarray, styles: Mapping[str, Style], distribution: str) -> np.ndarray:
    """Offsets (F, dim) brought to the shell: the style is then shown on a picture like those of the training.

    A short offset gets as much of the `TYPICAL` latent as it lacks in length, without the part that lies along any of
    the styles; at offset 0 this is all there is. A long offset is shortened. Raises RunError without `TYPICAL`.
    """
    if TYPICAL not in styles:
        raise RunError(
            f"these styles hold no {TYPICAL!r} latent to reach the shell with: make them again with `gansmith explore RUN average`"
        )
    span = np.stack([style.vector for name, style in styles.items() if name != TYPICAL]).astype(np.float64)
    base = styles[TYPICAL].vector.astype(np.float64)
    base = base - np.linalg.lstsq(span.T, base, rcond=None)[0] @ span
    base /= max(float(np.linalg.norm(base)), 1e-12)
    offsets = np.asarray(offsets, np.float64)
    radius = space.shell_radius(distribution, offsets.shape[-1])
    norms = np.linalg.norm(offsets, axis=-1, keepdims=True)
    short = offsets * np.minimum(1, radius / np.maximum(norms, 1e-12))
    lacking = np.sqrt(np.maximum(radius**2 - (short**2).sum(axis=-1, keepdims=True), 0))
    return (short + lacking * base).astype(np.float32)


def save(styles: Mapping[str, Style], path: Path) -> None:
    """Write styles as safetensors: a vector each; the metadata holds count and signs as JSON."""
    metadata = {name: json.dumps({"count": style.count, "wants": style.signs}) for name, style in styles.items()}
    save_file({name: np.ascontiguousarray(style.vector) for name, style in styles.items()}, path, metadata)


def load(path: Path, dim: int) -> dict[str, Style]:
    """Read styles of latents (dim,). Raises RunError when the file is damaged or does not fit."""
    styles: dict[str, Style] = {}
    for name, (vector, facts) in stored_vectors.read(path, dim, "styles", "average").items():
        signs = {str(trait): int(sign) for trait, sign in facts.get("wants", {}).items()}
        styles[name] = Style(vector, int(facts.get("count", 0)), signs)
    return styles
