"""Decodes one picture to upright bytes: grey, RGB, or RGB with opacity. What cannot be read raises Unreadable, with a reason.

JPEG is decoded by simplejpeg where it is installed, everything else by Pillow; both give the same bytes. Transparent
pictures get a background of one colour, or keep their opacity and are premultiplied; animations show their first frame,
and values of more than 8 bits are mapped from the range of their source (`ranges`).
"""

from __future__ import annotations

import importlib.util
import re
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from gansmith.data.formats.listing import Unreadable
from gansmith.data.formats.picture_files import MAX_FILE
from gansmith.data.preparation.ranges import FULL, Ranges, to_bytes
from gansmith.data.preparation.resize import on_background
from gansmith.ground import alpha

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("JPEG", "MPO", "PNG", "GIF", "WEBP", "BMP", "DIB", "TIFF", "PPM", "AVIF")  # none that can run programs
FIRST = 2**17  # bytes read at first, for which Python takes memory: most pictures are not larger
MAX_PIXELS = 89_478_485  # of one picture: Pillow's own limit, 256 MiB of RGB
PLAIN_JPEG = {"Gray": "GRAY", "YCbCr": "RGB"}  # simplejpeg's name of the file's colours -> of the result's
ORIENTATION = 0x0112  # the EXIF tag
SIXTEEN = re.compile(r"(RGB|RGBA|LA);16([BLN])")  # Pillow's names of 16-bit samples of which it keeps the high bytes


@dataclass(frozen=True)
class Header:
    """The size and mode of a picture, read before its pixels."""

    width: int  # pixels, upright
    height: int
    mode: str  # Pillow's name: "L", "RGB", "P", "RGBA", "CMYK", ...
    kind: str = ""  # of values in more than 8 bits: "whole" or "float"
    clear: float = 0.0  # share of pixels that let the background through; known once the pixels are read


def header(file: IO[bytes]) -> Header:
    """The size and mode of an encoded picture. Raises Unreadable."""
    with _errors_as_unreadable():
        image = _open(file)
        width, height = image.size
        # Pillow turns TIFF itself. Reading EXIF that follows a PNG's pixels would decode them.
        upright_already = image.format == "TIFF" or (image.format == "PNG" and "exif" not in image.info)
        if not upright_already and _orientation(image) >= 5:
            width, height = height, width
        return Header(width, height, image.mode, _kind(image))


def pages(file: IO[bytes]) -> int:
    """How many pages or frames an encoded picture has; 1 where that cannot be read."""
    try:
        with _errors_as_unreadable():
            return getattr(_open(BytesIO(_read(file))), "n_frames", 1)
    except Unreadable:
        return 1


def picture(
    file: IO[bytes], background: str | None = "#ffffff", ranges: Ranges | None = None
) -> tuple[np.ndarray, Header]:
    """The pixels uint8 (height, width, 1 or 3) of an encoded picture, and its header.

    background: the colour behind a transparent picture; None = it keeps its opacity, and is (height, width, 4), premultiplied.
    ranges: of values in more than 8 bits; whole numbers have 16 bits where nothing else is known. Raises Unreadable.
    """
    data = _read(file)
    pixels = _plain_jpeg(data)  # without the guard below, which would take a tenth longer
    if pixels is not None:
        return pixels, Header(pixels.shape[1], pixels.shape[0], "L" if pixels.shape[2] == 1 else "RGB")
    with _errors_as_unreadable():
        image = _open(BytesIO(data))
        head = Header(0, 0, image.mode, _kind(image))
        of = (ranges or {}).get(head.kind)
        pixels = _pixels(data, image, head.kind, of)
        clear = 0.0
        if pixels.shape[2] in (2, 4):
            clear = float((pixels[..., -1] < 255).mean())
            pixels = pixels if pixels.shape[2] == alpha.RGBA else pixels[..., [0, 0, 0, 1]]
            pixels = alpha.premultiplied(pixels) if background is None else on_background(pixels, background)
        pixels = upright(pixels, _orientation(image))
        return pixels, replace(head, width=pixels.shape[1], height=pixels.shape[0], clear=clear)


def extremes(file: IO[bytes]) -> tuple[str, float, float]:
    """The kind of a picture's values, and their ends; "" for 8 bits, whose ends nobody asks for. Raises Unreadable."""
    data = _read(file)
    with _errors_as_unreadable():
        image = _open(BytesIO(data))
        kind = _kind(image)
        if not kind:
            return "", 0.0, 0.0
        values = _values(data, image)
        colour = values[..., :-1] if values.shape[2] in (2, 4) else values
        return kind, float(colour.min()), float(colour.max())


def _read(file: IO[bytes]) -> bytes:
    """All of an encoded picture. Raises Unreadable."""
    try:
        data = file.read(FIRST)
        rest = file.read(MAX_FILE + 1 - FIRST) if len(data) == FIRST else b""
    except Exception as error:  # from a damaged archive or a disk
        raise Unreadable(_reason(error)) from None
    if not data:
        raise Unreadable("an empty file")
    if len(data) + len(rest) > MAX_FILE:  # before the two are put together, which takes both once more
        raise Unreadable(f"more than {MAX_FILE:,} bytes")
    return data + rest if rest else data


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


def _kind(image: Image) -> str:
    """ "whole" or "float" for a picture in more than 8 bits, else ""."""
    if image.mode == "F":
        return "float"
    return "whole" if image.mode.startswith("I") or _sixteen(image) else ""


def _sixteen(image: Any) -> re.Match[str] | None:
    """The raw mode of a picture of several 16-bit channels, of which Pillow would keep the high bytes."""
    found = [SIXTEEN.fullmatch(_raw_mode(tile.args)) for tile in image.tile]
    return found[0] if found and all(found) and len({each[0] for each in found if each}) == 1 else None


def _raw_mode(arguments: Any) -> str:
    return str(arguments[0] if isinstance(arguments, tuple) and arguments else arguments)


def _values(data: bytes, image: Image) -> np.ndarray:
    """The values (H, W, C) of a picture in more than 8 bits, with its opacity as it is. Raises Unreadable."""
    raw = _sixteen(image)
    if raw is None:
        values = np.asarray(image)
        if not np.isfinite(values).all():
            raise Unreadable("values that are no numbers (NaN or infinity)")
        return values[..., None]
    if raw[1] == "LA":  # the two bytes of each of the two samples, as if they were four
        pairs = np.asarray(_as_raw(image, "RGBA")).astype(np.uint16)
        high, low = (pairs[..., ::2], pairs[..., 1::2]) if raw[2] == "B" else (pairs[..., 1::2], pairs[..., ::2])
        return high * 256 + low
    other = "L" if raw[2] == "B" or (raw[2] == "N" and sys.byteorder == "big") else "B"
    high = np.asarray(image).astype(np.uint16)
    return high * 256 + np.asarray(_as_raw(_open(BytesIO(data)), f"{raw[1]};16{other}"))


def _as_raw(image: Any, raw_mode: str) -> Image:
    """The picture, to be unpacked from other bytes of its samples."""
    for at, tile in enumerate(image.tile):
        arguments = (raw_mode, *tile.args[1:]) if isinstance(tile.args, tuple) else raw_mode
        image.tile[at] = tile._replace(args=arguments)
    return image


def _pixels(data: bytes, image: Image, kind: str, of: list[float] | None) -> np.ndarray:
    """uint8 (H, W, C) of a Pillow picture of any mode: grey, or RGB, and opacity where it has one. Raises Unreadable."""
    if kind and not (_sixteen(image) and of in (None, FULL)):
        values = _values(data, image)
        if of is None and kind == "float":
            raise Unreadable("floating-point pixels, whose range is unknown: set data.range")
        if of is None and (values.min() < 0 or values.max() > FULL[1]):
            raise Unreadable("32-bit pixels, whose range is unknown: set data.range")
        pixels = to_bytes(values, of or FULL)
        if values.shape[2] in (2, 4):
            pixels[..., -1] = values[..., -1] >> 8
        return pixels
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        return np.asarray(image.convert("RGBA"))
    if image.mode in ("1", "L"):
        return np.asarray(image.convert("L"))[..., None]
    return np.asarray(image.convert("RGB"))
