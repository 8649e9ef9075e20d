"""One encoded picture to bytes: upright, grey or RGB, opaque. Whatever cannot be read is Unreadable, with a reason.

JPEG is decoded by simplejpeg where it is installed, everything else by Pillow; both give the same bytes. Transparent
pictures lie on a ground of one colour, animations show their first frame, 16 bits become 8.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from gansmith.data.formats.contents import MAX_FILE
from gansmith.data.formats.listing import Unreadable
from gansmith.data.preparation.resize import on_ground

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = ("JPEG", "MPO", "PNG", "GIF", "WEBP", "BMP", "DIB", "TIFF", "PPM", "AVIF")  # no format that runs programs
MAX_PIXELS = 89_478_485  # of one picture: Pillow's own limit, 256 MiB of RGB
PLAIN_JPEG = {"Gray": "GRAY", "YCbCr": "RGB"}  # simplejpeg's name of what is in the file -> of what is wanted
ORIENTATION = 0x0112  # the EXIF tag


@dataclass(frozen=True)
class Header:
    """What a picture says of itself, before its pixels are decoded."""

    width: int  # pixels, upright
    height: int
    mode: str  # Pillow's name: "L", "RGB", "P", "RGBA", "CMYK", ...


def header(file: IO[bytes]) -> Header:
    """The size and mode of an encoded picture. Raises Unreadable."""
    with _guarded():
        image = _open(file)
        width, height = image.size
        # Pillow turns TIFF itself; asking a PNG for EXIF that follows its pixels would decode them.
        settled = image.format == "TIFF" or (image.format == "PNG" and "exif" not in image.info)
        if not settled and _orientation(image) >= 5:
            width, height = height, width
        return Header(width, height, image.mode)


def picture(file: IO[bytes], background: str = "#ffffff") -> tuple[np.ndarray, Header]:
    """The pixels uint8 (height, width, 1 or 3) of an encoded picture, and its header. Raises Unreadable."""
    data = _whole(file)
    pixels = _plain_jpeg(data)  # outside the guard, which would cost a tenth of it
    if pixels is not None:
        return pixels, Header(pixels.shape[1], pixels.shape[0], "L" if pixels.shape[2] == 1 else "RGB")
    with _guarded():
        image = _open(BytesIO(data))
        mode = image.mode
        image.load()
        pixels = upright(_pixels(image, background), _orientation(image))
        return pixels, Header(pixels.shape[1], pixels.shape[0], mode)


def _whole(file: IO[bytes]) -> bytes:
    """All bytes of a file. Raises Unreadable."""
    try:
        data = file.read(MAX_FILE + 1)
    except Exception as error:  # of a damaged archive, or a disk's: see _guarded
        raise Unreadable(_reason(error)) from None
    if not data:
        raise Unreadable("an empty file")
    if len(data) > MAX_FILE:
        raise Unreadable(f"more than {MAX_FILE:,} bytes")
    return data


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """(H, W, C) turned and mirrored as EXIF's orientation 1 .. 8 asks; any other value leaves it."""
    if orientation in (5, 6, 7, 8):
        pixels = pixels.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        pixels = pixels[::-1]
    if orientation in (2, 3, 6, 7):
        pixels = pixels[:, ::-1]
    return pixels


class _guarded:
    """Turns whatever a decoder raises into Unreadable, and keeps its warnings to itself.

    Pillow's decoders meet arbitrary bytes here and answer with almost any exception; none of them may end a training.
    """

    def __enter__(self) -> None:
        from PIL.Image import DecompressionBombWarning

        self.silence = warnings.catch_warnings()
        self.silence.__enter__()
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", DecompressionBombWarning)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: Any) -> None:
        self.silence.__exit__(None, None, None)
        if isinstance(error, Exception) and not isinstance(error, Unreadable):
            raise Unreadable(_reason(error)) from None


def _reason(error: Exception) -> str:
    """A decoder's complaint in few words."""
    from PIL import UnidentifiedImageError
    from PIL.Image import DecompressionBombError, DecompressionBombWarning

    if isinstance(error, (DecompressionBombError, DecompressionBombWarning)):
        return f"more than {MAX_PIXELS:,} pixels"
    if isinstance(error, UnidentifiedImageError):
        return "not a picture that can be read"
    if isinstance(error, MemoryError):
        return "does not fit into memory"
    text = " ".join(str(error).split())[:200]
    return text or type(error).__name__


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
    try:
        import simplejpeg
    except ImportError:
        return None
    return simplejpeg


def _orientation(image: Image) -> int:
    """EXIF's orientation 1 .. 8; 1 where there is none, or where it is damaged, as the picture need not be."""
    try:
        value = image.getexif().get(ORIENTATION, 1)
    except Exception:  # a parser of arbitrary bytes, see _guarded
        return 1
    return value if value in range(1, 9) else 1


def _plain_jpeg(data: bytes) -> np.ndarray | None:
    """A grey or RGB JPEG by simplejpeg; None where Pillow has to judge: other kinds, anything turned or not sound."""
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
        raise Unreadable("floating-point pixels, whose range nobody can know")
    if mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        return on_ground(np.asarray(image.convert("RGBA")), background)
    if mode in ("1", "L"):
        return np.asarray(image.convert("L"))[..., None]
    return np.asarray(image.convert("RGB"))


def _eight_bits(values: np.ndarray) -> np.ndarray:
    """0 .. 65535 to 0 .. 255, rounded to nearest."""
    wide = values.astype(np.int64)
    if wide.min() < 0 or wide.max() > 65_535:
        raise Unreadable("32-bit pixels, whose range nobody can know")
    return ((wide * 255 + 32_767) // 65_535).astype(np.uint8)
