"""What the studio refuses before it listens, and what a training that is asked for something refuses."""

from __future__ import annotations

import base64
from io import BytesIO
from pathlib import Path

import numpy as np
from example import Example, after, call, full_disk, text, thing, typed, where, without
from PIL import Image
from small import RECIPE, changed, with_run

from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.kinds import KINDS
from gansmith.notebook.live import live
from gansmith.runs.watching.asked import ask
from gansmith.studio.opening import Door
from gansmith.studio.server import Address, check_token, listen
from gansmith.studio.starting.check import need_built_in
from gansmith.studio.steering.learning import varying
from gansmith.studio.steering.questions import Real
from gansmith.studio.steering.searching import known_pixels, read

RUN = RunFolder(Path("run"))


GENERATOR = thing(
    item_shape=(1, 8, 8), kind=KINDS["picture"], units={}, sample=lambda count: np.zeros((count, 8, 8, 1), np.uint8)
)
"""Its pictures are all black."""


def mask(level: int, side: int = 8) -> str:
    """A mask of one grey, as a page sends it."""
    file = BytesIO()
    Image.new("L", (side, side), level).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


ASKED: tuple[Example, ...] = (
    call(ask, RUN, "dance"),
    with_run(call(ask, RUN, "pause"), spoil=lambda run: write_json(run.asked, {})),
    with_run(where({"gansmith.runs.watching.asked.write_new": full_disk}, call(ask, RUN, "pause"))),
    with_run(call(ask, RUN, "change", {"data.batch": 3})),
    with_run(call(ask, RUN, "change", {"loss.name": RECIPE.loss.name})),
)
"""In the room of runs."""

KEPT = ".studio/link.json"
"""Where an open studio says its link."""

STUDIO: tuple[Example, ...] = (
    call(check_token, Address(token="two words")),
    call(check_token, Address(host="0.0.0.0", token="short")),
    call(listen, Address(port=99999)),
    where({"socket.create_server": full_disk}, call(listen, Address())),
    after(text(KEPT, '{"machine": "another"}'), call(Door(Path()).other)),
    where({"gansmith.studio.opening.STARTING": 0.0}, call(Door(Path()).other)),
    call(need_built_in, changed(loss__name="own", regularizer__name="none")),
    call(varying, GENERATOR),
    call(Real.some, thing(store=thing(count=3)), 10, 0),
    call(read, base64.b64encode(b"no picture").decode()),
    call(known_pixels, GENERATOR, mask(0, side=5)),
    call(known_pixels, GENERATOR, mask(255)),
    call(known_pixels, GENERATOR, mask(0)),
)
NOTEBOOK: tuple[Example, ...] = (call(live, "none"), without("anywidget", call(live, "none")))
CLI: tuple[Example, ...] = (
    after(text("file", ""), typed("studio file")),
    where(
        {"gansmith.studio.opening.lock": lambda *_, **__: False},
        after(text(KEPT, '{"link": "http://there"}'), typed("studio . --port 81")),
    ),
)
