"""Scatter plots of vectors, which take the place of sheets of pictures. Drawn with NumPy, in milliseconds."""

from __future__ import annotations

import numpy as np

from gansmith.ground.errors import DataError

PAPER, RULE, INK = (255, 255, 255), (232, 234, 237), (107, 114, 128)
REAL, FAKE = (11, 127, 120), (207, 95, 14)
MARGIN = 0.12  # of the reals' extent, on every side


Axes = tuple[np.ndarray, np.ndarray]
"""What 0 and 1 are in the labels' units, (D,) each: a label says 0's value + place x 1's value."""


def scatter_sheet(points: np.ndarray, reals: np.ndarray, size: int = 512, axes: Axes | None = None) -> np.ndarray:
    """Generated points (N, D) in orange over real points (M, D) in green: a picture uint8 (size, size, 3).

    The axes depend on the reals alone (without reals, on the points) and share one scale, so that sheets of one run can
    be compared and animated. Vectors that are not of length 2 are projected by `on_plane`. Points outside are drawn at
    the border; those that are not finite are counted in a corner. axes: the labels' units, for D <= 2. Raises DataError for other shapes.
    """
    if points.ndim != 2 or reals.ndim != 2 or points.shape[1] != reals.shape[1] or not points.shape[1]:
        raise DataError(f"points are {points.shape} and reals {reals.shape}: a scatter takes (N, D) and (M, D)")
    frame = reals if len(reals) else points
    points, reals, frame = on_plane(points, frame), on_plane(reals, frame), on_plane(frame, frame)
    centre, half = frame_of(frame)
    picture = _background(centre, half, size, axes)
    radius = max(1.2, size / 230)
    lost = 0
    for values, colour, strength in ((reals, REAL, 0.35), (points, FAKE, 0.75)):
        shown = values[np.isfinite(values).all(axis=1)].astype(np.float64)
        lost = len(values) - len(shown)
        unit = np.clip((shown - centre) / half, -1, 1) * [1, -1]  # pictures grow downwards
        _splat(picture, (unit + 1) / 2 * (size - 1), radius, colour, strength)
    sheet = np.rint(picture).astype(np.uint8)
    if lost:
        from PIL import Image, ImageDraw, ImageFont

        note = Image.fromarray(sheet)
        text = f"{lost} of {len(points)} are not numbers"
        ImageDraw.Draw(note).text(
            (size // 40, size // 40), text, fill=FAKE, font=ImageFont.load_default(max(9, size // 42))
        )
        sheet = np.asarray(note).copy()
    return sheet


def frame_of(reals: np.ndarray) -> tuple[np.ndarray, float]:
    """The square that a scatter shows: its centre (2,) and half its side, from the finite reals (M, 2)."""
    kept = reals[np.isfinite(reals).all(axis=1)].astype(np.float64)
    if not len(kept):
        return np.zeros(2), 1.0
    low, high = np.percentile(kept, 0.5, axis=0), np.percentile(kept, 99.5, axis=0)
    half = float((high - low).max()) / 2 * (1 + 2 * MARGIN)
    return (low + high) / 2, half if half > 0 else 1.0


def on_plane(vectors: np.ndarray, reals: np.ndarray) -> np.ndarray:
    """Vectors (N, D) in a plane, (N, 2): as they are for D = 2, else along the reals' first two principal components.

    For D = 1 the second coordinate is 0. The components' signs are fixed, so that every sheet shows the same plane.
    """
    if reals.shape[1] == 2:
        return vectors
    if reals.shape[1] == 1:
        return np.concatenate([vectors, np.zeros_like(vectors)], axis=1)
    kept = reals[np.isfinite(reals).all(axis=1)].astype(np.float64)
    if not len(kept):
        return vectors[:, :2]
    centre = kept.mean(axis=0)
    directions = np.linalg.eigh((kept - centre).T @ (kept - centre))[1][:, [-1, -2]]  # (D, 2), widest first
    largest = np.abs(directions).argmax(axis=0)
    directions = directions * np.sign(directions[largest, [0, 1]])
    with np.errstate(invalid="ignore", over="ignore"):
        return (vectors - centre) @ directions


def _background(centre: np.ndarray, half: float, size: int, axes: Axes | None) -> np.ndarray:
    """White, with lines at round numbers and their labels: float64 (size, size, 3)."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (size, size), PAPER)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(max(9, size // 42))
    for axis in (0, 1):
        zero, one = (0.0, 1.0) if axes is None or axis >= len(axes[0]) else (float(axes[0][axis]), float(axes[1][axis]))
        one = one if one > 0 else 1.0
        step = _round_step(2 * half * one / 5)
        first = np.ceil((zero + (centre[axis] - half) * one) / step) * step
        for value in np.arange(first, zero + (centre[axis] + half) * one, step):
            share = ((value - zero) / one - centre[axis]) / half
            place = round(((share if axis == 0 else -share) + 1) / 2 * (size - 1))
            draw.line([(place, 0), (place, size)] if axis == 0 else [(0, place), (size, place)], fill=RULE)
            label = f"{value:,.0f}" if 1e4 <= abs(value) < 1e7 else f"{value:.4g}" if abs(value) > step / 1e6 else "0"
            draw.text((place + 3, size - size // 26) if axis == 0 else (3, place + 1), label, fill=INK, font=font)
    return np.asarray(image).astype(np.float64)


def _round_step(rough: float) -> float:
    power = 10.0 ** np.floor(np.log10(rough))
    return float(power * min((1, 2, 5, 10), key=lambda factor: abs(factor * power - rough)))


def _splat(picture: np.ndarray, places: np.ndarray, radius: float, colour: tuple[int, ...], strength: float) -> None:
    """Draw dots with soft edges into `picture` (S, S, 3) in place; `places` (N, 2) are x, y in pixels.

    Dots that overlap add up to a denser colour: each leaves (1 - strength) of what was there.
    """
    size, reach = picture.shape[0], int(np.ceil(radius + 1))
    left = np.ones((size, size))
    corner = np.rint(places).astype(int)
    for down in range(-reach, reach + 1):
        for right in range(-reach, reach + 1):
            x, y = corner[:, 0] + right, corner[:, 1] + down
            inside = (x >= 0) & (x < size) & (y >= 0) & (y < size)
            distance = np.hypot(x - places[:, 0], y - places[:, 1])
            cover = np.clip(radius + 0.5 - distance, 0, 1) * strength
            np.multiply.at(left, (y[inside], x[inside]), 1 - cover[inside])
    picture *= left[:, :, None]
    picture += (1 - left[:, :, None]) * np.array(colour)
