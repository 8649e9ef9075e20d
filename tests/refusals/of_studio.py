"""What the studio refuses before it listens, and what a training that is asked for something refuses."""

from __future__ import annotations

from pathlib import Path

from example import Example, after, call, full_disk, text, typed, where, without
from small import RECIPE, changed, with_run

from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.notebook.live import live
from gansmith.runs.watching.asked import ask
from gansmith.studio.server import Address, check_token, listen
from gansmith.studio.starting.check import need_built_in

RUN = RunFolder(Path("run"))


ASKED: tuple[Example, ...] = (
    call(ask, RUN, "dance"),
    with_run(call(ask, RUN, "pause"), spoil=lambda run: write_json(run.asked, {})),
    with_run(where({"gansmith.runs.watching.asked.write_json": full_disk}, call(ask, RUN, "pause"))),
    with_run(call(ask, RUN, "change", {"data.batch": 3})),
    with_run(call(ask, RUN, "change", {"loss.name": RECIPE.loss.name})),
)
"""In the room of runs."""

STUDIO: tuple[Example, ...] = (
    call(check_token, Address(token="two words")),
    call(check_token, Address(host="0.0.0.0", token="short")),
    call(listen, Address(port=99999)),
    where({"socket.create_server": full_disk}, call(listen, Address())),
    call(need_built_in, changed(loss__name="own", regularizer__name="none")),
)
NOTEBOOK: tuple[Example, ...] = (call(live, "none"), without("anywidget", call(live, "none")))
CLI: tuple[Example, ...] = (after(text("file", ""), typed("studio file")),)
