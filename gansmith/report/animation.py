"""Animations of sheets as WebP, GIF and MP4, with every frame kept.

Pillow's own writers merge neighbouring frames that are equal, so a repeated last frame or a dead generator would
change the number of frames. Here Pillow encodes single pictures, and this module writes the two containers around them
(GIF89a; the WebP container specification's VP8X, ANIM and ANMF chunks). MP4 is written by PyAV, of the extra `video`.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from PIL import GifImagePlugin, Image

from gansmith.ground.errors import DataError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.files.whole import write_bytes
from gansmith.ground.process.extras import need
from gansmith.report import sheets

SIDE_LIMIT = 16384  # pixels of a side in WebP


def thinned(count: int) -> list[int]:
    """Which of `count` frames an animation keeps: early ones all, later ones ever fewer, the last one twice.

    Frame i is kept when round(2 sqrt(i)) grows (the rule of TensorFlow's DCGAN tutorial). Then the last frame is
    repeated: round(2 sqrt(count - 1)) + 1 frames for count >= 2, in order; nothing for 0.
    """
    first: dict[int, int] = {}
    for index in range(count):
        first.setdefault(round(2 * index**0.5), index)
    return [*first.values(), *([count - 1] if count else [])]


def write_progress(folder: RunFolder, frame_ms: int = 200) -> tuple[Path, Path] | None:
    """Write a run's sheets as progress.webp and progress.gif; None where the run has no sheet yet.

    Sheets that are incomplete, or of another size than the newest, are left out.
    """
    paths = [sheet.path for sheet in sheets.listed(folder)]
    paths = [path for path in paths if sheets.size(path) == sheets.size(paths[-1])]
    pictures = [sheets.picture(paths[index]) for index in thinned(len(paths))]
    frames = [picture for picture in pictures if picture is not None]
    if not frames:
        return None
    animate(frames, folder.progress_webp, frame_ms)
    animate(frames, folder.progress_gif, frame_ms)
    return folder.progress_webp, folder.progress_gif


def animate(frames: Sequence[np.ndarray], path: Path, frame_ms: int = 200, last_repeat: int = 0) -> Path:
    """Write pictures uint8 (H, W, 3 or 1), all of one size, as an endless animation, atomically.

    `path` ends in .webp, .gif or .mp4; `frame_ms` is the delay of every frame in milliseconds (GIF counts in steps of 10);
    `last_repeat` shows the last frame so many times more. Raises DataError for frames that make no animation, and EngineError
    for .mp4 without PyAV.
    """
    writer = FORMATS.get(path.suffix.lower())
    if writer is None:
        raise DataError(f"{path.name} is no animation: its name must end in {', '.join(FORMATS)}")
    if not 10 <= frame_ms < 65_536 or last_repeat < 0:
        raise DataError(
            f"frame_ms is {frame_ms}, last_repeat {last_repeat}: they must be in 10 .. 65535, and at least 0"
        )
    _check(frames)
    pictures = [frame.repeat(3, axis=2) if frame.shape[2] == 1 else frame for frame in frames]
    write_bytes(path, writer([*pictures, *[pictures[-1]] * last_repeat], frame_ms))
    return path


def _check(frames: Sequence[np.ndarray]) -> None:
    shapes = {(frame.dtype.name, *frame.shape) for frame in frames}
    dtype, *shape = next(iter(shapes), ("nothing",))
    usable = len(shapes) == 1 and dtype == "uint8" and len(shape) == 3 and shape[2] in (1, 3)
    if not usable or not 0 < min(shape[:2]) <= max(shape[:2]) <= SIDE_LIMIT:
        raise DataError(
            f"frames {sorted(shapes)} make no animation: they must be uint8 (H, W, 3) or (H, W, 1), all of one size, with "
            f"sides in 1 .. {SIDE_LIMIT}"
        )


def _encoded(frames: Sequence[np.ndarray], encode: Callable[[np.ndarray], bytes]) -> list[bytes]:
    """Each frame encoded; neighbours that are the same picture are encoded once."""
    parts: list[bytes] = []
    for index, frame in enumerate(frames):
        parts.append(parts[-1] if index and np.array_equal(frame, frames[index - 1]) else encode(frame))
    return parts


def _gif(frames: Sequence[np.ndarray], frame_ms: int) -> bytes:
    height, width = frames[0].shape[:2]
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x70, 0, 0)  # no global palette
    forever = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
    control = b"\x21\xf9\x04\x04" + struct.pack("<H", round(frame_ms / 10)) + b"\x00\x00"  # leave the frame in place
    return screen + forever + b"".join(control + part for part in _encoded(frames, _gif_image)) + b";"


def _gif_image(frame: np.ndarray) -> bytes:
    """One picture as a GIF image block with a palette of its own."""
    return b"".join(GifImagePlugin.getdata(palettised(frame), include_color_table=True, interlace=0))


def palettised(frame: np.ndarray) -> Image.Image:
    """uint8 (H, W, 3) as a picture with a palette: greys, and up to 256 colours, exactly.

    More colours are reduced by a fast octree: Pillow's default (median cut) takes 70 times as long. Greys do not take
    this way, as the octree would keep 16 of 256.
    """
    if (frame == frame[:, :, :1]).all():
        return Image.fromarray(np.ascontiguousarray(frame[:, :, 0])).convert("P")
    packed = frame.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], np.uint32)
    colours, places = np.unique(packed, return_inverse=True)
    if len(colours) > 256:
        return Image.fromarray(frame).quantize(method=Image.Quantize.FASTOCTREE)
    exact = Image.fromarray(places.reshape(packed.shape).astype(np.uint8), mode="P")
    exact.putpalette(b"".join(int(colour).to_bytes(3, "big") for colour in colours))
    return exact


def _webp(frames: Sequence[np.ndarray], frame_ms: int) -> bytes:
    height, width = frames[0].shape[:2]
    size = _three(width - 1) + _three(height - 1)
    body = _chunk(b"VP8X", b"\x02\x00\x00\x00" + size) + _chunk(b"ANIM", b"\xff\xff\xff\xff\x00\x00")
    place = _three(0) + _three(0) + size + _three(frame_ms) + b"\x02"  # whole canvas, no blending
    body += b"".join(_chunk(b"ANMF", place + part) for part in _encoded(frames, _webp_image))
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def _webp_image(frame: np.ndarray) -> bytes:
    """One picture as the bitstream chunk of a WebP by Pillow."""
    data, place = sheets.webp(frame), 12
    while data[place : place + 4] not in (b"VP8 ", b"VP8L"):
        length = struct.unpack_from("<I", data, place + 4)[0]
        place += 8 + length + length % 2
    length = struct.unpack_from("<I", data, place + 4)[0]
    return _chunk(data[place : place + 4], data[place + 8 : place + 8 + length])


def _chunk(name: bytes, payload: bytes) -> bytes:
    return name + struct.pack("<I", len(payload)) + payload + b"\x00" * (len(payload) % 2)


def _three(value: int) -> bytes:
    return value.to_bytes(3, "little")


def _mp4(frames: Sequence[np.ndarray], frame_ms: int) -> bytes:
    """An odd side gets one more row or column, as films have even ones."""
    (av,) = need("video", "av")
    codec = next(name for name in CODECS if name in av.codecs_available)
    film = io.BytesIO()
    with av.open(film, "w", format="mp4") as container:
        stream = container.add_stream(codec, rate=Fraction(1000, frame_ms), options=CODECS[codec])
        height, width, _ = frames[0].shape
        stream.height, stream.width, stream.pix_fmt = height + height % 2, width + width % 2, "yuv420p"
        for frame in frames:
            even = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")))
        container.mux(stream.encode())
    return film.getvalue()


CODECS = {"libx264": {"crf": "16", "preset": "medium"}, "mpeg4": {"qscale": "2"}}
"""Of MP4, and how well they write: the first that this PyAV has is taken."""

FORMATS: dict[str, Callable[[Sequence[np.ndarray], int], bytes]] = {".webp": _webp, ".gif": _gif, ".mp4": _mp4}
