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
from gansmith.latent.survey import Survey

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
    found: Survey, wants: Mapping[str, int], values: Mapping[str, np.ndarray], labels: np.ndarray | None
) -> np.ndarray:
    """Which pictures are of a category: bool (N,). By their measured traits {trait: (N,)} they lie on its side of the
    mean of their class, in every wanted trait."""
    inside = [sign * found.scales[trait].standard(values[trait], labels) > 0 for trait, sign in wants.items()]
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


def shell_companion(styles: Sequence[Style], law: str, latent: np.ndarray) -> np.ndarray:
    """A latent (dim,) on the shell that leans towards none of the styles: where walks on the shell meet at 0."""
    span = np.stack([style.vector for style in styles]).astype(np.float64)
    offset = latent.astype(np.float64) - space.middle(law)
    offset -= np.linalg.lstsq(span.T, offset, rcond=None)[0] @ span
    return space.on_shell(offset, law)


def scale_on_shell(style: Style, factors: np.ndarray, companion: np.ndarray, law: str) -> np.ndarray:
    """Like `scale`, without leaving the shell: offsets (F, dim) on the great circle from the companion at 0 through
    the style, which is reached at 2; at -2 its opposite is."""
    angle = np.asarray(factors, np.float64)[:, None] * (np.pi / 4)
    return (np.cos(angle) * companion + np.sin(angle) * space.on_shell(style.vector, law)).astype(np.float32)


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
