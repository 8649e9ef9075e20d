"""What a style is: traits, measured on pictures. A trait is a function uint8 (N, H, W, C) -> float (N,)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gansmith.ground.errors import RunError, nearest
from gansmith.latent.appearance import colour_traits, glyph_traits

Measure = Callable[[np.ndarray], np.ndarray]
BLOCK = 4_000  # pictures measured together: bounds memory


@dataclass(frozen=True)
class Trait:
    """A row of the table of traits."""

    measure: Measure
    unit: str
    summary: str


TRAITS: dict[str, Trait] = {
    "thickness": Trait(glyph_traits.thickness, "pixels", "mean thickness of the strokes"),
    "slant": Trait(glyph_traits.slant, "pixels per pixel", "lean to the right"),
    "width": Trait(glyph_traits.width, "pixels", "columns with ink"),
    "height": Trait(glyph_traits.height, "pixels", "rows with ink"),
    "ink": Trait(glyph_traits.ink, "share", "share of the picture that is ink"),
    "aspect": Trait(glyph_traits.aspect, "ratio", "width over height"),
    "brightness": Trait(colour_traits.brightness, "0 to 1", "mean lightness"),
    "contrast": Trait(colour_traits.contrast, "0 to .5", "standard deviation of the lightness"),
    "saturation": Trait(colour_traits.saturation, "0 to 1", "how far the colours are from grey"),
    "hue": Trait(colour_traits.hue, "degrees", "main hue: red 0, green 120, blue -120"),
    "symmetry": Trait(colour_traits.symmetry, "-1 to 1", "correlation with the mirror image"),
    "sharpness": Trait(colour_traits.sharpness, "0 to 1", "mean difference from the neighbours"),
    "size": Trait(colour_traits.size, "share", "share of the picture that the object covers"),
}
GLYPH_TRAITS = ("thickness", "slant", "width", "height", "ink", "aspect")
COLOUR_TRAITS = ("brightness", "saturation", "hue", "contrast", "symmetry", "sharpness", "size")


def select(names: Sequence[str], own: Mapping[str, Measure] | None = None) -> dict[str, Measure]:
    """The traits of some names: a user's own first, then the table's. Raises RunError for an unknown name."""
    own = own or {}
    for name in names:
        if name not in own and name not in TRAITS:
            raise RunError(f"unknown trait {name!r}{nearest(name, [*own, *TRAITS])}")
    return {name: own[name] if name in own else TRAITS[name].measure for name in names}


def defaults(pictures: np.ndarray) -> tuple[str, ...]:
    """The two traits that tell styles apart by default: of strokes for grey pictures, of colours for colour ones."""
    return ("thickness", "slant") if looks_drawn(pictures) else ("brightness", "saturation")


def looks_drawn(pictures: np.ndarray) -> bool:
    """Whether pictures are strokes on an even ground: grey, with a frame of one shade, ink on less than half."""
    if np.ptp(pictures, axis=3).max() > 0:
        return False
    ink = glyph_traits.ink_share(pictures)
    frame = np.concatenate([ink[:, 0], ink[:, -1], ink[:, :, 0], ink[:, :, -1]], axis=1)
    return bool(frame.mean() < 0.1 and ink.mean() < 0.5)


def measure(pictures: np.ndarray, wanted: Mapping[str, Measure]) -> dict[str, np.ndarray]:
    """Each trait of each picture, float64 (N,), in blocks."""
    starts = range(0, len(pictures), BLOCK)
    return {
        name: np.concatenate([np.asarray(one(pictures[s : s + BLOCK]), np.float64) for s in starts])
        for name, one in wanted.items()
    }
