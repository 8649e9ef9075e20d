"""Styles: latents sorted by traits into named categories, averaged, scaled, added and subtracted (article 001).

A style is an offset from the middle of the latent law. The mean of many latents is short: it lies far inside the shell
|z| ~ sqrt(dim) where the generator was trained. So its count and norm stay with it, and it can be put on the shell.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from gansmith.ground.errors import RunError, nearest
from gansmith.latent import space
from gansmith.latent.appearance.traits import Measure, measure
from gansmith.latent.decoder import Decoder
from gansmith.latent.steering.survey import Survey

WORDS: dict[str, tuple[str, str]] = {  # what little and what much of a trait is called
    "thickness": ("thin", "thick"),
    "slant": ("straight", "right"),
    "width": ("narrow", "wide"),
    "height": ("short", "tall"),
    "ink": ("faint", "full"),
    "aspect": ("upright", "broad"),
    "brightness": ("dark", "light"),
    "contrast": ("soft", "hard"),
    "saturation": ("pale", "vivid"),
    "symmetry": ("lopsided", "symmetric"),
    "sharpness": ("blurred", "crisp"),
    "size": ("small", "large"),
}


CANDIDATES = 40  # latents that are looked at in every class to find the most ordinary one
TYPICAL = "typical"  # the style that is no mean but one ordinary latent


@dataclass(frozen=True)
class Style:
    """An offset from the law's middle, and how it came about."""

    vector: np.ndarray  # float32 (dim,)
    count: int  # latents averaged; 0 = made of other styles
    wants: dict[str, int]  # trait -> +1 much, -1 little; empty for arithmetic

    @property
    def norm(self) -> float:
        """Its length; the shell's is `space.shell`."""
        return float(np.linalg.norm(self.vector))


def categories(traits: Sequence[str]) -> dict[str, dict[str, int]]:
    """Every combination of little and much of each trait: {"thick-straight": {"thickness": 1, "slant": -1}, ...}."""
    words = {trait: WORDS.get(trait, (f"low.{trait}", f"high.{trait}")) for trait in traits}
    signs = product((1, -1), repeat=len(traits))
    return {
        "-".join(words[trait][sign > 0] for trait, sign in zip(traits, combination, strict=True)): dict(
            zip(traits, combination, strict=True)
        )
        for combination in signs
    }


def sort(found: Survey, wants: Mapping[str, int], share: float = 1 / 3) -> np.ndarray:
    """The rows of a survey's latents that are clear cases: in the outer `share` of every wanted trait."""
    clear = np.ones(len(found.latents), bool)
    for trait, sign in wants.items():
        values = sign * found.standard[trait]
        clear &= values >= np.quantile(values, 1 - share)
    return np.flatnonzero(clear)


def average(found: Survey, law: str, names: Mapping[str, dict[str, int]], share: float = 1 / 3) -> dict[str, Style]:
    """The mean of each category's latents. Raises RunError where a category stays empty."""
    styles: dict[str, Style] = {}
    for name, wants in names.items():
        rows = sort(found, wants, share)
        if not len(rows):
            raise RunError(f"no latent of {len(found.latents)} is {name}: measure more with --count, or fewer traits")
        offset = found.latents[rows].mean(axis=0) - np.float32(space.middle(law))
        styles[name] = Style(offset.astype(np.float32), len(rows), dict(wants))
    return styles


def belongs(
    found: Survey,
    wants: Mapping[str, int],
    values: Mapping[str, np.ndarray],
    labels: np.ndarray | None,
    origin: Mapping[str, np.ndarray] | None = None,
) -> np.ndarray:
    """Which pictures are of a category, by their measured traits {trait: (N,)}: bool (N,).

    In every wanted trait they lie on its side of the mean of their class, or, where `origin` is given, of the traits
    of another picture of their class: the middle of latent space has its own looks, often a thin line.
    """
    inside = []
    for trait, sign in wants.items():
        level = found.scales[trait].standard(values[trait], labels)
        zero = 0.0 if origin is None else found.scales[trait].standard(origin[trait], labels)
        inside.append(sign * (level - zero) > 0)
    return np.all(inside, axis=0)


TERM = re.compile(r"(?:(?P<factor>\d+(?:\.\d*)?|\.\d+)\s*\*\s*)?(?P<name>[^\s*]+)")


def arithmetic(expression: str, styles: Mapping[str, Style]) -> Style:
    """A style from others: "thick-straight + thin-right", "2 * thick-right - thick-straight".

    Operators stand between spaces, since names hold hyphens. Raises RunError for unknown names, and for what is no
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
    """A style by its name. Raises RunError naming the nearest."""
    if name not in styles:
        raise RunError(f"unknown style {name!r}{nearest(name, styles)}")
    return styles[name]


def scale(style: Style, factors: np.ndarray) -> np.ndarray:
    """The style weakened, exaggerated, reversed: offsets (F, dim). At 0 every style is the law's middle."""
    return (np.asarray(factors, np.float32)[:, None] * style.vector).astype(np.float32)


def typical(generator: Decoder, found: Survey, wanted: Mapping[str, Measure]) -> Style:
    """The most ordinary latent of a survey: of the `CANDIDATES` nearest to the mean in every trait, the one that stays
    nearest in whichever class it is shown."""
    far = np.max(np.abs(np.stack(list(found.standard.values()))), axis=0)
    rows = np.argsort(far)[:CANDIDATES]
    classes = max(generator.classes, 1)
    labels = np.tile(np.arange(classes), len(rows)) if generator.classes else None
    values = measure(generator.images(np.repeat(found.latents[rows], classes, axis=0), labels), wanted)
    standard = [found.scales[name].standard(one, labels).reshape(len(rows), classes) for name, one in values.items()]
    best = found.latents[rows[int(np.argmin(np.abs(standard).max(axis=(0, 2))))]]
    return Style((best - np.float32(space.middle(generator.recipe.latent.law))).astype(np.float32), 1, {})


def on_shell(offsets: np.ndarray, styles: Mapping[str, Style], law: str) -> np.ndarray:
    """Offsets (F, dim) brought to the shell by what an ordinary latent (`TYPICAL` among the styles) adds to them.

    What is added leans towards none of the styles, and is as much as the length lacks; at offset 0 it is all there is.
    An offset that is longer than the shell is shortened. So a style is shown on a picture such as the generator was
    trained to make, where the bare mean is shown on the picture in the middle of latent space.
    """
    if TYPICAL not in styles:
        raise RunError(f"these styles hold no {TYPICAL!r} latent to reach the shell with: average them again")
    span = np.stack([style.vector for name, style in styles.items() if name != TYPICAL]).astype(np.float64)
    base = styles[TYPICAL].vector.astype(np.float64)
    base = base - np.linalg.lstsq(span.T, base, rcond=None)[0] @ span
    base /= max(float(np.linalg.norm(base)), 1e-12)
    offsets = np.asarray(offsets, np.float64)
    radius = space.shell(law, offsets.shape[-1])
    norms = np.linalg.norm(offsets, axis=-1, keepdims=True)
    short = offsets * np.minimum(1, radius / np.maximum(norms, 1e-12))
    lacking = np.sqrt(np.maximum(radius**2 - (short**2).sum(axis=-1, keepdims=True), 0))
    return (short + lacking * base).astype(np.float32)


def save(styles: Mapping[str, Style], path: Path) -> None:
    """Write styles as safetensors: a vector each, with count and wants in the metadata."""
    about = {name: json.dumps({"count": style.count, "wants": style.wants}) for name, style in styles.items()}
    save_file({name: np.ascontiguousarray(style.vector) for name, style in styles.items()}, path, about)


def load(path: Path, dim: int) -> dict[str, Style]:
    """Read styles of latents with `dim` coordinates. Raises RunError when the file is damaged or does not fit."""
    try:
        with safe_open(path, framework="numpy") as file:
            about = file.metadata() or {}
            styles: dict[str, Style] = {}
            for name in file.keys():  # noqa: SIM118 - safe_open is no mapping
                facts = json.loads(about.get(name, "{}"))
                wants = {str(trait): int(sign) for trait, sign in facts.get("wants", {}).items()}
                styles[name] = Style(file.get_tensor(name), int(facts.get("count", 0)), wants)
    except (OSError, SafetensorError, ValueError, TypeError, AttributeError) as error:
        raise RunError(
            f"{path} holds no styles that can be read ({error}): make them with `gansmith explore RUN average`"
        ) from None
    for name, style in styles.items():
        if style.vector.shape != (dim,):
            raise RunError(f"style {name!r} in {path} has shape {style.vector.shape}, this generator takes ({dim},)")
    return styles
