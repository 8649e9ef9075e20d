"""Brings one picture to the store's size: crop, fit, antialiased bicubic, grey or colour. And chooses that size."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from gansmith.ground import alpha
from gansmith.ground.errors import DataError

AS_FOUND = 256  # pictures of one size keep it up to this many pixels a side
PHOTO = 64  # "auto" for photos
SMALLEST = 16  # "auto" is never smaller
SHORT_SIDES = (64, 48, 32, 24, 16)  # of photos that all have the same other proportions
MOST_AREA = 5 * PHOTO * PHOTO // 4  # their pixels, about
LONGEST = 16 * SMALLEST  # their longer side, where the shorter one is the smallest
LARGEST = 4096  # pixels a side that a store may ask for
# (short, long) side: sizes for pictures of many proportions
FRAMES = ((64, 64), (64, 80), (48, 64), (48, 72), (48, 80), (32, 64), (32, 96))
WORTH_LEAVING_SQUARE = 0.05  # of a picture: what a frame must keep more than the square does

BACKGROUNDS = {"white": "#ffffff", "black": "#000000", "grey": "#808080"}
MANY_CLEAR = 0.1  # share of the pictures: if more are transparent, it is offered to learn that
OFFER = "to learn their transparency instead: --set data.channels=4 (data info and data prepare: --channels 4)"
GREY_WEIGHTS = (19_595, 38_470, 7_471)  # of red, green, blue in 65,536ths: ITU-R 601, rounded as Pillow does


@dataclass(frozen=True)
class Frame:
    """The form of every picture in a store."""

    height: int
    width: int
    channels: int  # 1 grey, 3 colour, 4 colour and opacity, premultiplied
    crop: int  # side of the centre square cut out first; 0 = none
    fit: Literal["crop", "squeeze"]
    background: str = "#ffffff"  # under transparent pictures
    ranges: dict[str, list[float]] = field(default_factory=dict)  # of values in more than 8 bits, see `ranges`


def parse_size(text: str) -> tuple[int, int] | None:
    """(height, width) of "28" or "48x64" (width x height); None for "auto". Raises DataError."""
    if text.strip().lower() == "auto":
        return None
    match = re.fullmatch(r"\s*(\d{1,5})\s*(?:[xX\u00d7]\s*(\d{1,5})\s*)?", text)
    sides = [int(side) for side in match.groups() if side] if match else []
    if not sides or not all(1 <= side <= LARGEST for side in sides):
        raise DataError(f'data.size = {text!r} is not a size: write "28", "48x64" (width x height) or "auto"')
    return sides[-1], sides[0]


def choose_size(found: Counter[tuple[int, int]], crop: int, fit: str = "crop") -> tuple[tuple[int, int], str]:
    """(height, width) for "auto", and the reason. `found` counts the pictures by (height, width)."""
    cut = all_cropped(found, crop)
    if len(cut) == 1:
        only = next(iter(cut))
        if max(only) <= AS_FOUND:
            return only, "as found"
    if len(cut) == 1:
        only = next(iter(cut))
        size = proportional(only)
        if size is not None:
            return size, f"pictures of {only[1]}x{only[0]}, in their proportions"
    return size_for_many(cut, fit)


def size_for_many(sizes: Mapping[tuple[int, int], int], fit: str = "crop") -> tuple[tuple[int, int], str]:
    """(height, width) for pictures of different (height, width), counted by size, and the reason.

    A square, unless another frame keeps clearly more of the pictures. Nothing is enlarged.
    """
    median = median_short_side(sizes)
    frames = [frame for each in FRAMES for frame in _reduced(each, max(median, SMALLEST))]
    square = next(frame for frame in frames if frame[0] == frame[1])
    turned = [(long, short) for short, long in frames]
    best = min([*frames, *turned], key=lambda each: _harm(sizes, each))
    side = f"the short side is {median} in the middle"
    if _harm(sizes, square) - _harm(sizes, best) < WORTH_LEAVING_SQUARE:
        return square, side
    if fit == "squeeze":
        return best, f"pictures are squeezed into it, which changes their proportions less than a square would; {side}"
    before, after = (np.average(_losses(sizes, frame), weights=[*sizes.values()]) for frame in (square, best))
    return best, f"of a picture {after:.0%} is cut off on average, a square would lose {before:.0%}; {side}"


def _reduced(frame: tuple[int, int], short: int) -> list[tuple[int, int]]:
    """The frame, or its half or its quarter: the largest whose shorter side is from SMALLEST to `short`; none where none is."""
    sides = [(frame[0] // part, frame[1] // part) for part in (1, 2, 4)]
    return [each for each in sides if SMALLEST <= each[0] <= short][:1]


def _losses(sizes: Mapping[tuple[int, int], int], frame: tuple[int, int]) -> list[float]:
    """The share of a picture of each size that is cut off to bring it to the frame's proportions; (height, width) both."""
    stretches = (height * frame[1] / (width * frame[0]) for height, width in sizes)
    return [1 - min(stretch, 1 / stretch) for stretch in stretches]


def _harm(sizes: Mapping[tuple[int, int], int], frame: tuple[int, int]) -> float:
    """The root mean square of what pictures lose: half of one picture is worse than a quarter of two."""
    return float(np.sqrt(np.average(np.square(_losses(sizes, frame)), weights=[*sizes.values()])))


def proportional(size: tuple[int, int]) -> tuple[int, int] | None:
    """(height, width) in the proportions of `size`, of about PHOTO x PHOTO pixels; None for pictures that are too narrow.

    Nothing is enlarged, and the proportions are kept to half a pixel.
    """
    short, long = sorted(size)
    for side in SHORT_SIDES:
        other = round(side * long / short)
        if side <= short and (side * other <= MOST_AREA or (side == SMALLEST and other <= LONGEST)):
            return (side, other) if size[0] == short else (other, side)
    return None


def median_short_side(sizes: Mapping[tuple[int, int], int]) -> int:
    """The median of the shorter sides of pictures, counted by size."""
    sides = sorted(min(size) for size, count in sizes.items() for _ in range(count))
    return sides[len(sides) // 2]


def cropped(size: tuple[int, int], crop: int) -> tuple[int, int]:
    """(height, width) of a picture after its centre square of `crop` pixels is cut out, or the largest that fits."""
    side = min(crop, *size)
    return (side, side) if crop else size


def all_cropped(sizes: Mapping[tuple[int, int], int], crop: int) -> Counter[tuple[int, int]]:
    """The same of many pictures, counted by (height, width)."""
    cut: Counter[tuple[int, int]] = Counter()
    for size, count in sizes.items():
        cut[cropped(size, crop)] += count
    return cut


def box(size: tuple[int, int], frame: Frame) -> tuple[int, int, int, int]:
    """Top, left, height and width of what is kept of a picture (height, width) before it is resized."""
    height, width = cropped(size, frame.crop)
    if frame.fit == "crop":  # the largest centred rectangle of the frame's proportions
        if height * frame.width > width * frame.height:
            height = max(1, round(width * frame.height / frame.width))
        else:
            width = max(1, round(height * frame.width / frame.height))
    return (size[0] - height) // 2, (size[1] - width) // 2, height, width


def cut_off(size: tuple[int, int], frame: Frame) -> float:
    """The share of a picture (height, width) that the frame's proportions cut off; what `crop` cuts off was asked for."""
    _, _, height, width = box(size, frame)
    whole = cropped(size, frame.crop)
    return round(1 - height * width / (whole[0] * whole[1]), 5)


def framed(picture: np.ndarray, frame: Frame) -> np.ndarray:
    """A picture uint8 (h, w, 1, 3 or 4) as the store keeps it: uint8 (frame.height, frame.width, frame.channels).

    Four channels are premultiplied, before and after.
    """
    top, left, height, width = box(picture.shape[:2], frame)
    picture = picture[top : top + height, left : left + width]
    if picture.shape[2] == alpha.RGBA != frame.channels:
        picture = alpha.on_ground(picture, _colour(frame.background))
    if picture.shape[2] == 3 and frame.channels == 1:
        picture = grey(picture)
    picture = resized(picture, frame.height, frame.width)
    if picture.shape[2] == alpha.RGBA:
        return alpha.within(picture)  # bicubic resizing overshoots at edges
    picture = picture.repeat(3, axis=2) if picture.shape[2] < min(frame.channels, 3) else picture
    return alpha.opaque(picture) if frame.channels == alpha.RGBA else picture


def grey(pictures: np.ndarray) -> np.ndarray:
    """uint8 (..., 3) to its luma, uint8 (..., 1)."""
    red, green, blue = (pictures[..., c].astype(np.uint32) * GREY_WEIGHTS[c] for c in range(3))
    return ((red + green + blue + 32_768) >> 16).astype(np.uint8)[..., None]


def on_background(pictures: np.ndarray, background: str = "#ffffff") -> np.ndarray:
    """uint8 (..., 4) with opacity to uint8 (..., 3) on a background of one colour "#rrggbb", rounded to nearest."""
    colour, opacity = pictures[..., :3].astype(np.uint16), pictures[..., 3:].astype(np.uint16)
    behind = _colour(background).astype(np.uint16)
    return ((colour * opacity + behind * (255 - opacity) + 127) // 255).astype(np.uint8)


def _colour(code: str) -> np.ndarray:
    """uint8 (3,) of "#rrggbb"."""
    return np.frombuffer(bytes.fromhex(code[1:]), np.uint8)


def parse_background(text: str) -> str:
    """ "#rrggbb" of data.background. Raises DataError."""
    found = BACKGROUNDS.get(text.strip().lower(), text.strip().lower())
    if not re.fullmatch(r"#[0-9a-f]{6}", found):
        raise DataError(f'data.background = {text!r} is no colour: write {", ".join(BACKGROUNDS)} or "#rrggbb"')
    return found


def named(background: str) -> str:
    """The name of a colour "#rrggbb" in BACKGROUNDS; the colour itself where it has none."""
    return next((name for name, code in BACKGROUNDS.items() if code == background), background)


def lying(number: int, count: int, background: str) -> str:
    """A line on the transparent ones of so many pictures, and how to learn their transparency where they are many."""
    are = "1 picture is transparent: it lies" if number == 1 else f"{number:,} pictures are transparent: they lie"
    line = f"{are} on {named(background)} (data.background)"
    return f"{line}; {OFFER}" if number > MANY_CLEAR * count else line


def kept(number: int) -> str:
    """A line on so many transparent pictures that keep their opacity."""
    have = "1 picture has" if number == 1 else f"{number:,} pictures have"
    return f"{have} transparent parts, which are learned: colours are kept premultiplied by alpha (data.channels = 4)"


def resized(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """uint8 (h, w, C) to (height, width, C), bicubic with antialiasing. Raises DataError without PyTorch.

    The arithmetic is in whole numbers, so the bytes are the same on every processor.
    """
    if picture.shape[:2] == (height, width):
        return picture
    try:
        import torch  # the fastest resize at hand; not loaded otherwise
        from torch.nn.functional import interpolate
    except ImportError:
        sizes = f"{picture.shape[1]}x{picture.shape[0]} to {width}x{height}"
        raise DataError(
            f"pictures are resized by PyTorch, which is not installed ({sizes}): keep their size with --set data.size=auto"
        ) from None

    if not picture.flags.writeable or min(picture.strides) < 0:  # torch would warn or refuse
        picture = picture.copy()
    # a batch of one whose strides say that colours lie together: else torch takes them apart, and we would put them together
    planes, threads = torch.from_numpy(picture)[None].permute(0, 3, 1, 2), torch.get_num_threads()
    torch.set_num_threads(1)  # several would wait for one another, longer than a small picture takes
    small = interpolate(planes, size=(height, width), mode="bicubic", antialias=True, align_corners=False)
    torch.set_num_threads(threads)
    return small[0].permute(1, 2, 0).contiguous().numpy()
