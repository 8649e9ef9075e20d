"""Arrays as programs leave them, as items and labels: layouts, channels, types and ranges. What is guessed is said."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from math import isqrt

import numpy as np

from gansmith.data.formats.listing import Listing
from gansmith.data.preparation import ranges
from gansmith.data.preparation.ranges import Range
from gansmith.data.preparation.resize import lying, on_background
from gansmith.ground import alpha
from gansmith.ground.errors import DataError, counted

LAYOUTS: dict[str, tuple[int, int, int, int]] = {  # name -> where count, height, width and channels are
    "count, height, width, channels": (0, 1, 2, 3),
    "count, channels, height, width": (0, 2, 3, 1),  # PyTorch
    "height, width, channels, count": (3, 0, 1, 2),  # SVHN
}
CHANNELS = (1, 3, 4)
SMALLEST = 4  # pixels a side: smaller sides are in doubt
FLAT = 64  # numbers: longer vectors may be flat pictures
SERIES = 16  # numbers: shorter vectors are hardly series
SMOOTH = 0.7  # correlation of neighbours in a row
LOOKED_AT = 256  # rows that show whether they are smooth
BLOCK = 65_536  # rows checked at a time


@dataclass
class Read:
    """How arrays are read, and what was found on the way."""

    kind: str = "auto"  # data.kind
    asked: Range | None = None  # data.range
    background: str | None = "#ffffff"  # behind transparent pictures; None = they keep their opacity
    remarks: list[str] = field(default_factory=list)
    ranges: dict[str, Range] = field(default_factory=dict)


def said(listing: Listing, read: Read) -> Listing:
    """The listing with what was found on the way."""
    return replace(listing, remarks=(*listing.remarks, *read.remarks), ranges=read.ranges)


def items(
    arrays: Mapping[str, tuple[str, np.ndarray]],
    wanted: Collection[str],
    title: str,
    labels: Mapping[str, np.ndarray | None],
    read: Read,
) -> dict[str, np.ndarray]:
    """Pictures uint8 (N, H, W, 1, 3 or 4, premultiplied) or numbers of another kind, as they are, of the `wanted` arrays: split ->
    (name, array).

    The first split shows the range of values, of all. Raises DataError.
    """
    names = [part for part in arrays if part not in wanted] or list(arrays)
    first = arrays[names[0]]
    found: dict[str, np.ndarray] = {}
    pictures = _are_pictures(first[1], read)
    if pictures and first[1].dtype.kind in "fiu" and first[1].dtype != np.uint8:
        _choose_range(*first, title, read)
    for part in wanted:
        name, array = arrays[part]
        own = labels[part]
        short = name if title.endswith(name) else f"{name} in {title}"
        found[part] = _items(array, short, None if own is None else len(own), read)
    return found


def _are_pictures(array: np.ndarray, read: Read) -> bool:
    """Whether an array is read as pictures: numbers with more than two axes, where data.kind says nothing else."""
    return array.ndim > 2 and read.kind in ("auto", "picture")


def _items(array: np.ndarray, title: str, count: int | None, read: Read) -> np.ndarray:
    """Items of one array; count: of its labels."""
    kind = array.dtype.kind
    if 0 in array.shape or array.ndim == 0:
        raise DataError(f"{title} is empty: its shape is {array.shape}")
    if kind == "U" and read.kind not in ("auto", "picture"):
        return array  # the kind says whether it takes words
    if kind not in "fiub" or array.ndim > 4:
        raise DataError(
            f"{title} is {array.dtype} of shape {array.shape}: pictures are numbers (count, height, width[, channels]), "
            "vectors (count, length)"
        )
    if read.kind not in ("auto", "picture"):
        return array[:, None] if array.ndim == 1 else array
    if not _are_pictures(array, read):
        return _vectors(array, title, read)
    pictures = _channels_last(array, title, count, read)
    if kind == "b":
        pictures = pictures * np.uint8(255)
        _say(read, f"{title}: true is white, false is black")
    elif array.dtype != np.uint8:
        of = read.ranges["float" if kind == "f" else "whole"]
        pictures = ranges.to_bytes(_finite(pictures, title), of)
    elif read.asked:
        _say(read, f"{title}: data.range changes nothing: these pictures have 8 bits")
    if pictures.shape[3] != alpha.RGBA:
        return pictures
    if read.background is None:
        return alpha.premultiplied(pictures)
    clear = int((pictures[..., 3] < 255).any(axis=(1, 2)).sum())
    if clear:
        _say(read, lying(clear, len(pictures), read.background))
    return on_background(pictures, read.background)


def _say(read: Read, line: str) -> None:
    if line not in read.remarks:
        read.remarks.append(line)


def _channels_last(array: np.ndarray, title: str, count: int | None, read: Read) -> np.ndarray:
    """(N, H, W, C) of pictures in any usual layout. Raises DataError where it is in doubt."""
    shape = array.shape
    if array.ndim == 3:
        single = (shape[2] in CHANNELS or shape[0] in CHANNELS[1:]) and count != shape[0]
        if single:
            one = "x[None]" if shape[2] in CHANNELS else "x.transpose(1, 2, 0)[None]"
            raise DataError(
                f"{title} is of shape {shape}: a single picture with channels, or {shape[0]} grey ones of "
                f"{shape[2]}x{shape[1]}? Save {one} for the one, x[..., None] for the grey ones"
            )
        return array[..., None]
    fitting = {name: at for name, at in LAYOUTS.items() if shape[at[3]] in CHANNELS}
    if len(fitting) > 1 and count is not None:
        fitting = {name: at for name, at in fitting.items() if shape[at[0]] == count}
    if len(fitting) > 1:
        fitting = {name: at for name, at in fitting.items() if min(shape[at[1]], shape[at[2]]) >= SMALLEST}
    if len(fitting) != 1:
        fault = "two readings are possible" if fitting else "no side is 1, 3 or 4 channels"
        raise DataError(
            f"{title} is of shape {shape}: {fault}; save pictures as (count, height, width, channels), with 1, 3 or 4 "
            f"channels{'' if count is None else f', and as many as the {count:,} labels'}"
        )
    name, at = next(iter(fitting.items()))
    if at != (0, 1, 2, 3):
        _say(read, f"{title}: {shape} is read as {name}")
    if shape[at[3]] != 1:
        _say(read, f"{title}: the colours are read in the order red, green, blue")
    return np.transpose(array, at)


def _choose_range(name: str, array: np.ndarray, title: str, read: Read) -> None:
    """Choose the range of all values of an array, and say it. Raises DataError where it is in doubt."""
    kind = "float" if array.dtype.kind == "f" else "whole"
    if not array.size:
        return
    title = name if title.endswith(name) else f"{name} in {title}"
    blocks = [_finite(array[start : start + BLOCK // 64], title) for start in range(0, len(array), BLOCK // 64)]
    low, high = float(min(block.min() for block in blocks)), float(max(block.max() for block in blocks))
    of = read.asked or ranges.guess(kind, low, high)
    if of is None:
        raise DataError(ranges.doubt(title, low, high) + _lines(low, high))
    read.ranges[kind] = of
    _say(read, f"{name}: {ranges.remark(kind, low, high, of)}")


def _lines(low: float, high: float) -> str:
    """How pictures of the two usual ranges are saved as bytes."""
    line = "(255 * x)" if low >= 0 else "((x + 1) * 127.5)"
    return f"; or save bytes, {line}.clip(0, 255).round().astype('uint8')" if high <= 2 else ""


def _finite(array: np.ndarray, title: str) -> np.ndarray:
    """The array. Raises DataError for NaN and infinity."""
    if array.dtype.kind == "f":
        for start in range(0, len(array), BLOCK):
            part = array[start : start + BLOCK]
            bad = ~np.isfinite(part).reshape(len(part), -1).all(axis=1)
            if bad.any():
                raise DataError(
                    f"{title} is not finite in row {start + int(bad.argmax())}: remove rows with NaN or infinity"
                )
    return array


def _vectors(array: np.ndarray, title: str, read: Read) -> np.ndarray:
    length = array.shape[-1]
    sides = [(isqrt(length // deep), deep) for deep in (1, 3) if length % deep == 0]
    side, deep = next(((side, deep) for side, deep in sides if side * side * deep == length), (0, 1))
    shape = f"-1, {side}, {side}" if deep == 1 else f"-1, 3, {side}, {side}"
    if array.ndim == 2 and (array.dtype == np.uint8 or array.dtype.kind == "b"):
        way = f"x.reshape({shape})" if side else "x.reshape(-1, height, width)"
        raise DataError(
            f"{title} is {array.dtype} of shape {array.shape}: bytes are pictures, and these are flat, or a single one; save "
            f"{way}, or x[None] for a single picture"
        )
    if array.ndim == 2 and side and length >= FLAT:
        _say(
            read, f"{title}: vectors of {counted(length, 'number')}; if they are flat pictures, save x.reshape({shape})"
        )
    if array.ndim == 2 and length >= SERIES and _smooth(array[:LOOKED_AT]):
        _say(
            read,
            f"{title}: neighbours in a row are alike, as in a series: `gansmith train signal` learns rows as signals",
        )
    if read.kind == "picture":
        raise DataError(f"{title} is {array.dtype} of shape {array.shape}: no pictures; leave data.kind out")
    return array[:, None] if array.ndim == 1 else array


def _smooth(rows: np.ndarray) -> bool:
    """Whether neighbours in rows (N, L) are alike: the correlation of a row with itself, moved by one place, over all rows."""
    centred = rows.astype(np.float64)
    if not np.isfinite(centred).all():
        return False
    centred -= centred.mean(axis=1, keepdims=True)
    size = max(float(np.abs(centred).max()), 1e-300)
    centred /= size
    whole = float((centred**2).sum())
    return whole > 0 and float((centred[:, 1:] * centred[:, :-1]).sum()) > SMOOTH * whole


def labels(array: np.ndarray, title: str) -> np.ndarray:
    """One value for each item, (N,): whole numbers or words; of one-hot rows the column. Raises DataError."""
    kind, found = array.dtype.kind, array
    if found.ndim == 2 and 1 in found.shape:
        found = found.reshape(-1)
    if kind == "S":
        found = np.array([text.decode("utf-8", "replace") for text in found.reshape(-1)]).reshape(found.shape)
    elif kind == "f" and np.isfinite(found).all() and (found == np.rint(found)).all():
        found = found.astype(np.int64)
    if found.ndim == 2 and found.dtype.kind in "iub" and (np.sort(found, axis=1)[:, -2:] == [0, 1]).all():
        found = found.argmax(axis=1) if (found >= 0).all() and (found.sum(axis=1) == 1).all() else found
    if found.ndim != 1 or found.dtype.kind not in "iubU":
        raise DataError(
            f"{title} is {array.dtype} of shape {array.shape}{_odd(array)}: labels are one whole number or word per item, or "
            "one-hot rows"
        )
    return found.astype(np.int64) if found.dtype.kind in "iub" else found


def _odd(array: np.ndarray) -> str:
    """A value that no label can be, to show."""
    if array.dtype.kind != "f":
        return ""
    odd = array[~np.isfinite(array) | (array != np.rint(array))]
    return f", with {odd[0]:.4g} among them" if len(odd) else ""
