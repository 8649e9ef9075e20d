"""What a page may ask of a job; everything else is refused in one line before a process is started."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Any

import numpy as np
import pytest

from gansmith.studio.errors import StudioError
from gansmith.studio.steering import asked
from gansmith.studio.steering.lines import as_png


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


SMALL = encoded(as_png(np.zeros((4, 4, 1), np.uint8)))


def claimed(width: int, height: int) -> str:
    """A PNG whose header claims a size that its pixels do not have."""
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    )
    chunks = (
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in parts
    )
    return encoded(b"\x89PNG\r\n\x1a\n" + b"".join(chunks))


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ([], 400, "a JSON object with a verb"),
        ({"verb": "projekt"}, 400, "did you mean 'project'"),
        ({"verb": "project", "options": []}, 400, "options are a JSON object"),
        ({"verb": "traits", "options": {"counts": 5}}, 400, "did you mean 'count'"),
        ({"verb": "traits", "options": {"count": 10**9}}, 400, "from 200 to 5000"),
        ({"verb": "traits", "options": {"count": True}}, 400, "from 200 to 5000"),
        ({"verb": "directions", "options": {"method": "guess"}}, 400, "one of principal, factorised"),
        ({"verb": "project"}, 400, "this needs a picture"),
        ({"verb": "inpaint", "picture": SMALL}, 400, "this needs a mask"),
        ({"verb": "project", "picture": "///"}, 400, "no base64"),
        ({"verb": "project", "picture": encoded(b"GIF89a")}, 400, "cannot be read"),
        ({"verb": "project", "picture": claimed(10_000, 5_000)}, 413, "10000 x 5000 pixels, more than 24,000,000"),
        ({"verb": "project", "picture": claimed(60_000, 60_000)}, 400, "cannot be read"),
        ({"verb": "project", "picture": "A" * 2**25}, 413, "larger than 16 MB"),
        ({"verb": "project", "picture": SMALL, "options": {"label": "x" * 300}}, 400, "at most 200 characters"),
    ],
)
def test_everything_else_is_refused(body: Any, status: int, words: str):
    with pytest.raises(StudioError, match=words) as refused:
        asked.read(body)
    assert refused.value.status == status
