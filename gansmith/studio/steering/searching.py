"""The jobs project, inpaint and upscale: they search the latents of a picture from the page."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.data.formats.listing import Unreadable
from gansmith.data.preparation.decode import picture as decoded
from gansmith.data.preparation.resize import Frame, framed, grey, parse_background
from gansmith.ground import alpha
from gansmith.ground.errors import DataError, RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.latent.decoder import need_pictures
from gansmith.latent.inversion import inpainting, projection
from gansmith.latent.inversion.search import WATCHED, SearchSettings, Watch
from gansmith.latent.measurements import sensing
from gansmith.latent.pictures import to_bytes, to_unit
from gansmith.studio.steering.lines import Lines, in_a_row
from gansmith.trained.discriminator import logits_function
from gansmith.trained.generator import Generator, load
from gansmith.trained.parcel import pulled_from
from gansmith.training import machine
from gansmith.web.page import text

BANK = 2000  # random pictures that a search looks at first
FEW = 500  # where they are large, so that the first preview comes soon
LARGE = 40 * 40  # pixels


@dataclass(frozen=True)
class Search:
    """A request with its generator loaded."""

    folder: RunFolder
    generator: Generator
    options: dict[str, Any]
    labels: np.ndarray | None  # (1,) the class that was asked for; None = searched
    lines: Lines

    def settings(self, restarts: int, watch: Watch) -> SearchSettings:
        """How to search."""
        _, height, width = self.generator.item_shape
        bank = BANK if height * width <= LARGE else FEW
        half = machine.choose_precision("auto", "cpu") == "bfloat16"
        steps, seed = self.options["steps"], self.options["seed"]
        return SearchSettings(restarts, steps, bank=bank, seed=seed, half=half, watch=watch)

    def best(self, pictures: np.ndarray, losses: np.ndarray) -> None:
        """Show the restart that is nearest."""
        self.lines.show(pictures[[int(np.argmin(losses))]])


def opened(request: dict[str, Any], lines: Lines) -> Search:
    """The generator and the class of a request. Raises RunError."""
    folder = RunFolder(Path(request["run"]))
    generator = load(folder.root, None, request["checkpoint"])
    need_pictures(generator, request["verb"])
    options = request["options"]
    labels = generator.labels(1, options["label"] or None) if options["label"] else None
    lines.begin(f"comparing with {BANK if np.prod(generator.item_shape[1:]) <= LARGE else FEW:,} random pictures")
    return Search(folder, generator, options, labels, lines)


def read(encoded: str, background: str | None = "#ffffff") -> np.ndarray:
    """The pixels uint8 (H, W, 1 or 3) of a picture in base64, on a background where it is transparent; (H, W, 4),
    premultiplied, without a background. Raises DataError."""
    try:
        return decoded(BytesIO(base64.b64decode(encoded)), background)[0]
    except Unreadable as error:
        raise DataError(f"the picture cannot be read ({error}): give a PNG or a JPEG") from None


def in_size(generator: Generator, encoded: str) -> np.ndarray:
    """A picture in the generator's size, uint8 (1, H, W, C), cut and resized as pictures are for training. Raises DataError."""
    channels, height, width = generator.item_shape
    return framed(read(encoded, behind(generator)), Frame(height, width, channels, 0, "crop"))[None]


def behind(generator: Generator) -> str | None:
    """The background on which the run's transparent pictures lie; None where they keep their opacity."""
    return None if generator.item_shape[0] == alpha.RGBA else parse_background(generator.recipe.data.background)


def project(request: dict[str, Any], lines: Lines) -> dict[str, Any]:
    """The nearest picture that the generator makes."""
    search = opened(request, lines)
    target = in_size(search.generator, request["picture"])
    settings = search.settings(search.options["restarts"], search.best)
    lines.stage = "searching"
    found = projection.project(search.generator, target, settings, search.labels, progress=lines.count(WATCHED))
    made = to_bytes(found.pictures)
    error = float(projection.errors(made, target)[0])
    said = f"mean squared error {error:.4f} on pixels in [0, 1]"
    return answer(made, found.latents, found.labels, said, error=error)


def inpaint(request: dict[str, Any], lines: Lines) -> dict[str, Any]:
    """Several ways to fill the hole."""
    search = opened(request, lines)
    generator, count = search.generator, search.options["variants"]
    target, known = in_size(generator, request["picture"]), known_pixels(generator, request["mask"])

    def shown(pictures: np.ndarray, losses: np.ndarray) -> None:
        nearest = pictures[np.argsort(losses)[:count]]
        lines.show(inpainting.fill(target.repeat(len(nearest), axis=0), nearest, known))

    logits = None if pulled_from(search.folder) is not None else logits_function(search.folder, generator)
    lines.stage = "searching"
    settings, progress = search.settings(count, shown), lines.count(WATCHED)
    done = inpainting.inpaint(generator, target, known, settings, search.labels, logits, True, progress=progress)
    lines.begin("drawing variants")
    made = inpainting.variants(
        generator, target, known, done, count, settings.seed, True, progress=lines.count(5), watch=lines.show
    )
    _, labels = inpainting.good_restarts(done.search, count)
    said = "the painted part is new; every other pixel is yours" + ("" if logits else "; no discriminator took part")
    return answer(made.pictures[0], made.latents[0], None if labels is None else labels.numpy(), said)


def known_pixels(generator: Generator, encoded: str) -> np.ndarray:
    """bool (H, W) of a mask: white is known, black is to be filled. Raises DataError, RunError."""
    _, height, width = generator.item_shape
    mask = read(encoded)
    known = (grey(mask) if mask.shape[2] == 3 else mask)[:, :, 0] >= 128
    if known.shape != (height, width):
        raise RunError(
            f"the mask is {known.shape[1]}x{known.shape[0]}, the pictures are {width}x{height}: paint it anew"
        )
    if known.all():
        raise RunError("nothing is painted: paint over what is to be filled")
    if not known.any():
        raise RunError("all is painted: leave some of the picture, which the new part has to fit")
    return known


def upscale(request: dict[str, Any], lines: Lines) -> dict[str, Any]:
    """A small picture in the generator's size: made smaller again, it is the small picture."""
    search = opened(request, lines)
    generator = search.generator
    channels = generator.item_shape[0]
    pixels = read(request["picture"], behind(generator))
    small = framed(pixels, Frame(pixels.shape[0], pixels.shape[1], channels, 0, "crop"))[None]
    settings = search.settings(search.options["restarts"], search.best)
    lines.stage = "searching"
    found = sensing.upscale(generator, small, settings, search.labels, progress=lines.count(WATCHED))
    factor = generator.item_shape[1] // small.shape[1]
    gap = to_unit(small) - sensing.shrink(found.pictures, factor)
    made = to_bytes(found.pictures + gap.repeat(factor, axis=1).repeat(factor, axis=2))
    said = (
        f"x{factor}. The generator alone came within {found.misfit[0]:.4f} of the small picture (mean squared error); the "
        "rest is added, so that made small again it is yours"
    )
    return answer(made, found.search.latents, found.search.labels, said, misfit=float(found.misfit[0]))


def answer(
    pictures: np.ndarray, latents: np.ndarray, labels: np.ndarray | None, said: str, **figures: float
) -> dict[str, Any]:
    """What the page gets: pictures uint8 (N, H, W, C) side by side, and the latent (dim,) and class of each."""
    return {
        "picture": in_a_row(pictures),
        "count": len(pictures),
        "latents": [text(latent.astype("<f4").tobytes()) for latent in latents],
        "labels": [None] * len(pictures) if labels is None else [int(label) for label in labels],
        "said": said,
        **figures,
    }
