"""What a job tells: lines of JSON on its standard output, which the studio passes on to the pages."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from io import BytesIO
from typing import IO, Any

import numpy as np

from gansmith.ground import alpha
from gansmith.ground.progress import Progress


class Lines:
    """Writes lines, and remembers how far the job is."""

    def __init__(self, file: IO[str]) -> None:
        self.file = file
        self.stage, self.step, self.total = "", 0, 0

    def tell(self, **told: Any) -> None:
        """One line."""
        self.file.write(json.dumps(told) + "\n")
        self.file.flush()

    def begin(self, stage: str) -> None:
        """Something new is being done."""
        self.stage, self.step, self.total = stage, 0, 0
        self.tell(stage=stage, step=0, total=0)

    def count(self, every: int = 1) -> Progress:
        """A function that takes how much is done of how much, and tells every so many steps."""

        def progress(done: int, total: int) -> None:
            self.step, self.total = done, total
            if done % every == 0 or done == total:
                self.tell(stage=self.stage, step=done, total=total)

        return progress

    @property
    def share(self) -> Callable[[str, float], None]:
        """A function that takes a stage and the share of it that is done, as `gansmith explore` has it."""
        return lambda stage, share: self.tell(stage=stage, step=round(100 * share), total=100)

    def show(self, pictures: np.ndarray) -> None:
        """Pictures uint8 (N, H, W, C) on their way, side by side."""
        self.tell(stage=self.stage, step=self.step, total=self.total, count=len(pictures), picture=in_a_row(pictures))


def in_a_row(pictures: np.ndarray) -> str:
    """Pictures uint8 (N, H, W, C) side by side as one PNG in base64."""
    return base64.b64encode(as_png(np.concatenate(list(pictures), axis=1))).decode("ascii")


def as_png(picture: np.ndarray, level: int = 6) -> bytes:
    """A picture uint8 (H, W, 1, 3 or 4, premultiplied) as PNG. level 0: its length depends on its size alone."""
    from PIL import Image

    if picture.shape[2] == alpha.RGBA:
        picture = alpha.straight(picture)  # as files have colours

    file = BytesIO()
    Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture).save(file, "PNG", compress_level=level)
    return file.getvalue()
