"""Upscaling: a picture of the generator's size whose block means are a given smaller picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from gansmith.ground.errors import RunError
from gansmith.ground.progress import Progress
from gansmith.latent.decoder import Decoder, need_pictures
from gansmith.latent.inversion.search import SearchResult, SearchSettings
from gansmith.latent.measurements.operators import Operator, blocks, flat, unflat
from gansmith.latent.measurements.sensing import consistent, recover


@dataclass(frozen=True)
class Upscaled:
    """P enlarged pictures."""

    pictures: np.ndarray  # float32 (P, H, W, C) in [0, 1]
    misfit: np.ndarray  # (P,) mean squared difference between the small picture and the block means of the large one
    search: SearchResult


def upscale(
    generator: Decoder,
    small: np.ndarray,
    settings: SearchSettings,
    labels: np.ndarray | None = None,
    exact: bool = False,
    prior: float = -1.0,
    progress: Progress = lambda done, total: None,
) -> Upscaled:
    """Enlarge pictures (P, h, w, C), uint8 or in [0, 1], to the generator's size.

    exact: add what the generator cannot match, so that the result's block means are the small picture. Raises RunError
    when the generator's size is no whole multiple of theirs.
    """
    operator, measured = operator_for(generator, small), flat(small)
    found = recover(generator, operator, measured, settings, labels, prior, progress)
    made = consistent(operator, measured, found.pictures) if exact else np.clip(found.pictures, 0, 1)
    return Upscaled(made, ((flat(made) @ operator.matrix.T - measured) ** 2).mean(axis=1), found)


def operator_for(generator: Decoder, small: np.ndarray) -> Operator:
    """The block means that turn a generator's picture into one of the size of `small`."""
    need_pictures(generator, "upscaling")
    channels, height, width = generator.item_shape
    factor = height // max(small.shape[1], 1)
    if small.shape[3] != channels or factor < 2 or small.shape[1:3] != (height / factor, width / factor):
        raise RunError(
            f"a picture of {small.shape[2]}x{small.shape[1]}x{small.shape[3]} is no whole part of this generator's "
            f"{width}x{height}x{channels}: give one of {width // 2}x{height // 2}, or of {width // 4}x{height // 4}"
        )
    return blocks(generator.item_shape, factor)


def shrink(pictures: np.ndarray, factor: int) -> np.ndarray:
    """Block means of pictures (P, H, W, C), uint8 or in [0, 1]: float32 (P, H / factor, W / factor, C) in [0, 1]."""
    shape = pictures.shape[3], *pictures.shape[1:3]
    operator = blocks(shape, factor)
    return unflat(flat(pictures) @ operator.matrix.T, (shape[0], shape[1] // factor, shape[2] // factor))


def bicubic(small: np.ndarray, height: int, width: int) -> np.ndarray:
    """Small pictures (P, h, w, C) in [0, 1] enlarged by bicubic interpolation, float32 (P, height, width, C)."""
    planes = np.moveaxis(small, 3, 1).reshape(-1, *small.shape[1:3]).astype(np.float32)
    large = [np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BICUBIC)) for plane in planes]
    stacked = np.stack(large).reshape(len(small), small.shape[3], height, width)
    return np.clip(np.moveaxis(stacked, 1, 3), 0, 1)
