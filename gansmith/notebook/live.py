"""`gansmith.live`: the door to the widget, which loads what the extra `notebook` brings only when it is asked for."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.process.extras import need

if TYPE_CHECKING:
    from gansmith.notebook.widget import LiveRun


def live(run: str | PathLike[str], *, wait: bool = False) -> LiveRun:
    """A widget that shows a run in a notebook while it is trained, in this process or in any other.

    run: a Run, or the folder of one. It is followed until its training ends, or until the widget's `close()`.
    wait: a training is about to begin there; the folder need not exist yet.
    Raises RunError where there is no run, and EngineError where the extra `notebook` is not installed.
    """
    need("notebook", "anywidget")
    folder = RunFolder(Path(run))
    if not wait:
        try:
            folder.need()
        except RunError as error:
            raise RunError(f"{error}; to show a training that is about to begin there: wait=True") from None
    from gansmith.notebook.widget import LiveRun

    return LiveRun(folder, wait=wait)
