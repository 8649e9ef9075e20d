"""What the studio refuses before it listens, and what a training that is asked for something refuses."""

from __future__ import annotations

import base64
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
from example import Example, after, call, full_disk, text, typed, where
from small import RECIPE, changed, with_run

from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.runs.watching.asked import ask
from gansmith.studio.server import Address, check_token, listen
from gansmith.studio.starting.check import need_built_in
from gansmith.studio.steering import learning, questions, searching
from gansmith.studio.steering.lines import as_png
from gansmith.trained.generator import Generator

RUN = RunFolder(Path("run"))


ASKED: tuple[Example, ...] = (
    call(ask, RUN, "dance"),
    with_run(call(ask, RUN, "pause"), spoil=lambda run: write_json(run.asked, {})),
    with_run(where({"gansmith.runs.watching.asked.write_json": full_disk}, call(ask, RUN, "pause"))),
    with_run(call(ask, RUN, "change", {"data.batch": 3})),
    with_run(call(ask, RUN, "change", {"loss.name": RECIPE.loss.name})),
)
"""In the room of runs."""

SMALL = cast(
    Generator, SimpleNamespace(item_shape=(1, 2, 2), sample=lambda count: np.zeros((count, 8, 8, 1), np.uint8))
)


def mask(height: int, level: int) -> str:
    """A mask of one level, (height, 2), as a page sends it."""
    return base64.b64encode(as_png(np.full((height, 2, 1), level, np.uint8))).decode()


STUDIO: tuple[Example, ...] = (
    call(searching.read, "bm8="),
    call(searching.known_pixels, SMALL, mask(3, 0)),
    call(searching.known_pixels, SMALL, mask(2, 255)),
    call(searching.known_pixels, SMALL, mask(2, 0)),
    call(learning.varying, SMALL),
    call(questions.Real.some, cast(questions.Real, SimpleNamespace(store=SimpleNamespace(count=2))), 3, 0),
    call(check_token, Address(token="two words")),
    call(check_token, Address(host="0.0.0.0", token="short")),
    call(listen, Address(port=99999)),
    where({"socket.create_server": full_disk}, call(listen, Address())),
    call(need_built_in, changed(loss__name="own", regularizer__name="none")),
)
CLI: tuple[Example, ...] = (after(text("file", ""), typed("studio file")),)
