"""Pictures as a film, by PyAV (the extra `video`)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from gansmith.ground.extras import need
from gansmith.ground.files.whole import write_bytes

CODECS = ("libx264", "mpeg4")  # the first that this PyAV has
QUALITY = {"libx264": {"crf": "16", "preset": "medium"}, "mpeg4": {"qscale": "2"}}


def write_film(frames: Sequence[np.ndarray], path: Path, frame_ms: int) -> Path:
    """Write pictures uint8 (H, W, 3), all of one size, as .mp4, atomically. An odd side gets one more row or column, as films
    have even ones. Raises EngineError where PyAV is missing."""
    (av,) = need("video", "av")
    codec = next(name for name in CODECS if name in av.codecs_available)
    film = io.BytesIO()
    with av.open(film, "w", format="mp4") as container:
        stream = container.add_stream(codec, rate=Fraction(1000, frame_ms), options=QUALITY[codec])
        height, width, _ = frames[0].shape
        stream.height, stream.width, stream.pix_fmt = height + height % 2, width + width % 2, "yuv420p"
        for frame in frames:
            even = np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(even), format="rgb24")))
        container.mux(stream.encode())
    write_bytes(path, film.getvalue())
    return path
