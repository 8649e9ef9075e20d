"""A run's sheets of samples: list them, read them, cut them into cells, encode them for a page."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.ground.pixels import display_zoom
from gansmith.report.series import Row, number

PNG_END = b"\x00\x00\x00\x00IEND\xaeB`\x82"
PIXEL_LIMIT = 50_000_000  # larger sheets are not read
UNREADABLE = (OSError, UnidentifiedImageError, ValueError, SyntaxError, Image.DecompressionBombError)
GAP = 1  # pixels between the cells of a sheet
SHOWN_SIDE = 1040  # pixels of a side on the page
QUALITIES = (85, 60, 35)  # of WebP, tried in this order
LOSSLESS_BYTES = 120_000  # a picture that needs more is encoded with loss


@dataclass(frozen=True)
class Sheet:
    """One sheet on disk, with its row of samples.jsonl ({} where that is missing)."""

    update: int
    path: Path
    row: Row = field(default_factory=dict)

    @property
    def logits(self) -> list[float]:
        """The discriminator's logit of each picture; NaN where it is no number, empty where unknown."""
        values = self.row.get("verdicts")
        return [number(value) for value in values] if isinstance(values, list) else []


def listed(folder: RunFolder) -> list[Sheet]:
    """The complete sheets of a run, by update. Files that a killed process left unfinished are left out."""
    rows = {number(row.get("update")): row for row in read_rows(folder.sample_rows)}
    paths = {int(path.stem): path for path in folder.samples.glob("*.png") if path.stem.isdecimal()}
    return [Sheet(update, paths[update], rows.get(update, {})) for update in sorted(paths) if _complete(paths[update])]


def _complete(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            file.seek(-len(PNG_END), 2)
            return file.read() == PNG_END
    except OSError:
        return False


def size(path: Path) -> tuple[int, int] | None:
    """(width, height) of a picture, from its header; None where it cannot be read."""
    try:
        with Image.open(path) as image:
            return image.size
    except UNREADABLE:
        return None


def picture(path: Path) -> np.ndarray | None:
    """A picture as uint8 (H, W, 3); None where it cannot be read."""
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB")) if image.width * image.height <= PIXEL_LIMIT else None
    except UNREADABLE:
        return None


def cells(sheet: np.ndarray, count: int, height: int, width: int) -> list[np.ndarray] | None:
    """The `count` pictures on a sheet drawn by `pixels.grid`, uint8 (H x zoom, W x zoom, 3) each, row by row.

    `height` and `width` are those of one item; zoom and columns follow from the sheet's size. None where no whole
    zoom and number of columns fit.
    """
    if min(count, height, width) < 1:
        return None
    zooms = range(1, min(sheet.shape[0] // height, sheet.shape[1] // width) + 1)
    usual = display_zoom(height, width)
    for zoom in sorted(zooms, key=lambda zoom: abs(zoom - usual)):
        down, right = height * zoom + GAP, width * zoom + GAP
        rows, bottom = divmod(sheet.shape[0] - GAP, down)
        columns, side = divmod(sheet.shape[1] - GAP, right)
        if bottom == side == 0 and columns and -(-count // columns) == rows:
            places = [(GAP + i // columns * down, GAP + i % columns * right) for i in range(count)]
            return [sheet[top : top + down - GAP, left : left + right - GAP] for top, left in places]
    return None


def spread_out(count: int, limit: int) -> list[int]:
    """At most `limit` of 0 .. count - 1 in even steps, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, limit)).round().astype(int)).tolist() if count > 0 else []


def webp(frame: np.ndarray, limit: int | None = None) -> bytes:
    """A picture uint8 (H, W, 3) as a WebP file: exact where that is small enough, else in at most `limit` bytes.

    Without a limit the quality is 85. With one, first the quality and then the size go down until it fits.
    """
    image = Image.fromarray(np.ascontiguousarray(frame))
    exact = _saved(image, lossless=True, quality=0)
    if len(exact) <= min(LOSSLESS_BYTES, limit or LOSSLESS_BYTES):
        return exact
    smallest = min(image.size) < 64
    for quality in QUALITIES:
        lossy = _saved(image, lossless=False, quality=quality)
        if limit is None or len(lossy) <= limit or (smallest and quality == QUALITIES[-1]):
            return lossy
        if not smallest and len(lossy) > 2.5 * limit:
            break  # only fewer pixels can fit
    half = image.resize((image.width // 2, image.height // 2), Image.Resampling.BOX)
    return webp(np.asarray(half), limit)


def _saved(image: Image.Image, *, lossless: bool, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="WEBP", lossless=lossless, quality=quality, method=0 if lossless else 2)
    return buffer.getvalue()


def data_uri(frame: np.ndarray, limit: int, side_limit: int = SHOWN_SIDE) -> str:
    """A picture for a page: a data: address of at most about 4/3 `limit` characters, no side above `side_limit`."""
    longest = max(frame.shape[:2])
    if longest > side_limit:
        height, width = (max(1, round(side * side_limit / longest)) for side in frame.shape[:2])
        frame = np.asarray(Image.fromarray(frame).resize((width, height), Image.Resampling.BOX))
    return embedded(webp(frame, limit), "webp")


def embedded(picture: bytes, kind: str) -> str:
    """A picture file as a data: address, for a page that loads nothing."""
    return f"data:image/{kind};base64,{base64.b64encode(picture).decode('ascii')}"
