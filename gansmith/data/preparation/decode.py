"""Decodes one picture to upright, grey or RGB, opaque bytes. What cannot be read raises Unreadable, with a reason.

JPEG is decoded by simplejpeg where it is installed, everything else by Pillow; both give the same bytes. Transparent
pictures get a background of one colour, animations show their first frame, 16 bits become 8.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from gansmith.data.formats.listing import Unreadable
from gansmith.data.formats.picture_files import MAX_FILE
from gansmith.data.preparation.resize import on_background

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("JPEG", "MPO", "PNG", "GIF", "WEBP", "BMP", "DIB", "TIFF", "PPM", "AVIF")  # none that can run programs
MAX_PIXELS = 89_478_485  # of one picture: Pillow's own limit, 256 MiB of RGB
PLAIN_JPEG = {"Gray": "GRAY", "YCbCr": "RGB"}  # simplejpeg's name of the file's colours -> of the result's
ORIENTATION = 0x0112  # the EXIF tag


@dataclass(frozen=True)
class Header:
    """The size and mode of a picture, read before its pixels."""

    width: int  # pixels, upright
    height: int
    mode: str  # Pillow's name: "L", "RGB", "P", "RGBA", "CMYK", ...


def header(file: IO[bytes]) -> Header:
    """The size and mode of an encoded picture. Raises Unreadable."""
    with _errors_as_unreadable():
        image = _open(file)
        width, height = image.size
        # Pillow turns TIFF itself. Reading EXIF that follows a PNG's pixels would decode them.
        upright_already = image.format == "TIFF" or (image.format == "PNG" and "exif" not in image.info)
        if not upright_already and _orientation(image) >= 5:
            width, height = height, width
        return Header(width, height, image.mode)


def pages(file: IO[bytes]) -> int:
    """How many pages or frames an encoded picture has; 1 where that cannot be read."""
    try:
        with _errors_as_unreadable():
            return getattr(_open(file), "n_frames", 1)
    except Unreadable:
        return 1


def picture(file: IO[bytes], background: str = "#ffffff") -> tuple[np.ndarray, Header]:
    """The pixels uint8 (height, width, 1 or 3) of an encoded picture, and its header. Raises Unreadable."""
    try:
        data = file.read(MAX_FILE + 1)
    except Exception as error:  # from a damaged archive or a disk
        raise Unreadable(_reason(error)) from None
    if not data:
        raise Unreadable("an empty file")
    if len(data) > MAX_FILE:
        raise Unreadable(f"more than {MAX_FILE:,} bytes")
    pixels = _plain_jpeg(data)  # without the guard below, which would take a tenth longer
    if pixels is not None:
        return pixels, Header(pixels.shape[1], pixels.shape[0], "L" if pixels.shape[2] == 1 else "RGB")
    with _errors_as_unreadable():
        image = _open(BytesIO(data))
        mode = image.mode
        image.load()
        pixels = upright(_pixels(image, background), _orientation(image))
        return pixels, Header(pixels.shape[1], pixels.shape[0], mode)


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """(H, W, C) turned and mirrored for EXIF's orientation 1 .. 8; unchanged for any other value."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


@contextmanager
def _errors_as_unreadable() -> Iterator[None]:
    """Make any error of a decoder Unreadable, and hide its warnings.

    Pillow raises almost any exception on arbitrary bytes; none of them may end a training.
    """
    from PIL.Image import DecompressionBombWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", DecompressionBombWarning)
        try:
            yield
        except Unreadable:
            raise
        except Exception as error:
            raise Unreadable(_reason(error)) from None


def _reason(error: Exception) -> str:
    """A decoder's error in few words."""
    from PIL import UnidentifiedImageError
    from PIL.Image import DecompressionBombError, DecompressionBombWarning

    if isinstance(error, (DecompressionBombError, DecompressionBombWarning)):
        return f"more than {MAX_PIXELS:,} pixels"
    if isinstance(error, UnidentifiedImageError):
        return "not a picture that can be read"
    if isinstance(error, MemoryError):
        return "does not fit into memory"
    return " ".join(str(error).split())[:200] or type(error).__name__


def _open(file: IO[bytes]) -> Image:
    """The picture with its header read."""
    from PIL import Image

    image = Image.open(file, formats=_formats())
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise Unreadable(f"{width} x {height} pixels, more than {MAX_PIXELS:,}")
    if not width or not height:
        raise Unreadable("no pixels")
    return image


@cache
def _formats() -> tuple[str, ...]:
    """Those of FORMATS that this Pillow was built with."""
    from PIL import Image

    Image.init()
    return tuple(name for name in FORMATS if name in Image.OPEN)


@cache
def _simplejpeg() -> Any:
    """The module, or None where it is not installed."""
    return importlib.import_module("simplejpeg") if importlib.util.find_spec("simplejpeg") else None


def _orientation(image: Image) -> int:
    """EXIF's orientation 1 .. 8; 1 where there is none, or where EXIF is damaged."""
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except Exception:  # the picture itself may be sound
        return 1
    return value if value in range(1, 9) else 1


def _plain_jpeg(data: bytes) -> np.ndarray | None:
    """A grey or RGB JPEG by simplejpeg; None where Pillow must read it: other kinds, turned or damaged ones."""
    module = _simplejpeg()
    if module is None or not data.startswith(b"\xff\xd8\xff") or b"Exif" in data or b"Orientation" in data:
        return None
    try:
        height, width, colours, _ = module.decode_jpeg_header(data)
        if colours not in PLAIN_JPEG or height * width > MAX_PIXELS:
            return None
        return module.decode_jpeg(data, PLAIN_JPEG[colours])
    except (ValueError, MemoryError):
        return None


def _pixels(image: Image, background: str) -> np.ndarray:
    """uint8 (H, W, 1 or 3) of a Pillow picture of any mode."""
    mode = image.mode
    if mode.startswith("I;16") or mode == "I":
        return _eight_bits(np.asarray(image))[..., None]
    if mode == "F":
        raise Unreadable("floating-point pixels, whose range is unknown")
    if mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        return on_background(np.asarray(image.convert("RGBA")), background)
    if mode in ("1", "L"):
        return np.asarray(image.convert("L"))[..., None]
    return np.asarray(image.convert("RGB"))


def _eight_bits(values: np.ndarray) -> np.ndarray:
    """0 .. 65535 to 0 .. 255, rounded to nearest."""
    wide = values.astype(np.int64)
    if wide.min() < 0 or wide.max() > 65_535:
        raise Unreadable("32-bit pixels, whose range is unknown")
    return ((wide * 255 + 32_767) // 65_535).astype(np.uint8)
