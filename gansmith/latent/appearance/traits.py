"""Traits: numbers that are measured on pictures, such as the thickness of the strokes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from gansmith.ground import streams
from gansmith.ground.errors import RunError, nearest
from gansmith.latent.appearance import measured_traits
from gansmith.latent.pictures import frame

Measure = Callable[[np.ndarray], np.ndarray]
"""Pictures uint8 (N, H, W, C) -> a trait float (N,)."""
BLOCK = 4_000  # pictures measured together: bounds memory


TRAITS: dict[str, Measure] = {
    "thickness": measured_traits.thickness,  # pixels
    "slant": measured_traits.slant,  # pixels per pixel
    "width": measured_traits.width,  # pixels
    "height": measured_traits.height,  # pixels
    "ink": measured_traits.ink,  # 0 to 1
    "aspect": measured_traits.aspect,
    "brightness": measured_traits.brightness,  # 0 to 1
    "contrast": measured_traits.contrast,  # 0 to .5
    "saturation": measured_traits.saturation,  # 0 to 1
    "hue": measured_traits.hue,  # degrees
    "symmetry": measured_traits.symmetry,  # -1 to 1
    "sharpness": measured_traits.sharpness,  # 0 to 1
    "size": measured_traits.size,  # 0 to 1
}


def select(names: Sequence[str], own: Mapping[str, Measure] | None = None) -> dict[str, Measure]:
    """Traits by name, from the user's own and from the table. Raises RunError for an unknown name."""
    known = TRAITS | dict(own or {})
    for name in names:
        if name not in known:
            raise RunError(f"unknown trait {name!r}{nearest(name, known)}")
    return {name: known[name] for name in names}


DRAWN = ("thickness", "slant", "ink", "width")
PAINTED = ("brightness", "saturation", "contrast", "sharpness", "size")
"""The traits that make styles by default, of strokes on a plain background and of other pictures, the best known first."""


def defaults(pictures: np.ndarray, real: np.ndarray | None = None) -> tuple[str, ...]:
    """The two traits that make styles by default: the first for such pictures that vary in them, and in the real ones.

    real: real pictures uint8 (M, H, W, C), if they are known. Fewer than two where fewer vary.
    """
    suited = select(DRAWN if looks_drawn(pictures) else PAINTED)
    known = [pictures] if real is None or len(real) < 2 else [pictures, real]
    return tuple(name for name, one in suited.items() if all(varies(one, each) for each in known))[:2]


def varies(one: Measure, pictures: np.ndarray) -> bool:
    """Whether a trait differs from picture to picture by more than rounding makes: by twice what one level of noise does.

    So grey pictures have no saturation, and a collapsed generator's pictures have no trait at all.
    """
    flat = pictures.reshape(-1, *pictures.shape[-3:])
    noise = streams.generator(0, "explore").integers(-1, 2, flat.shape)
    values = one(flat)
    return bool(values.std() > 2 * (one(np.clip(flat + noise, 0, 255).astype(np.uint8)) - values).std())


def need_spread(measures: Mapping[str, Measure], pictures: np.ndarray) -> None:
    """Raise RunError for traits that do not vary in a generator's pictures: nothing can be sorted or steered by them."""
    still = [name for name, one in measures.items() if not varies(one, pictures)]
    if still or not measures:
        moving = [name for name, one in TRAITS.items() if varies(one, pictures)]
        ways = (
            f"choose of {', '.join(moving)}"
            if moving
            else "no trait does, as after a collapse: `gansmith diagnose RUN`"
        )
        raise RunError(f"{' and '.join(still) or 'what is measured'} does not vary in the samples: {ways}")


def looks_drawn(pictures: np.ndarray) -> bool:
    """Whether pictures are strokes on a plain background: grey, a frame without ink, ink on less than half."""
    pictures = pictures.reshape(-1, *pictures.shape[-3:])
    if np.ptp(measured_traits.on_white(pictures), axis=3).max() > 0:
        return False
    ink = measured_traits.ink_share(pictures)
    return bool(frame(ink).mean() < 0.1 and ink.mean() < 0.5)


def measure(pictures: np.ndarray, measures: Mapping[str, Measure]) -> dict[str, np.ndarray]:
    """Each trait of pictures (..., H, W, C), float64 (...), in blocks."""
    flat = pictures.reshape(-1, *pictures.shape[-3:])
    blocks = [flat[start : start + BLOCK] for start in range(0, len(flat), BLOCK)]
    return {
        name: np.concatenate([one(block) for block in blocks]).astype(np.float64).reshape(pictures.shape[:-3])
        for name, one in measures.items()
    }
