"""The widget: its state is what a view needs, so a view that is opened later, or again, shows the same.

While a cell trains in this process, the kernel hears nothing of the page, but what it sends arrives. So a thread looks at the
files and sends what is new; the page asks only for pictures of other times, and for a pause.
"""

from __future__ import annotations

import threading
from typing import Any

import anywidget
import traitlets

from gansmith.ground.errors import GansmithError, brief
from gansmith.ground.files.runfolder import RunFolder
from gansmith.notebook.module import module
from gansmith.notebook.reading import Reading
from gansmith.runs.watching.asked import ask

LOOK = 0.5  # seconds between two looks at the files


class LiveRun(anywidget.AnyWidget):
    """A run in a notebook. `close()` ends it; so does the end of the training, but for what it shows."""

    _esm = module()
    card = traitlets.Dict().tag(sync=True)
    curves = traitlets.Dict().tag(sync=True)
    judgements = traitlets.List().tag(sync=True)
    sheets = traitlets.Dict().tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)  # the newest: its update and its bytes
    real = traitlets.Bytes().tag(sync=True)

    def __init__(self, folder: RunFolder, *, wait: bool = False) -> None:
        self.reading, self.wait = Reading(folder), wait
        self.over = threading.Event()
        super().__init__(**self.reading.look(), real=self.reading.real())
        self.on_msg(self._hear)
        self.thread = threading.Thread(target=self._follow, name=f"live {self.reading.name}", daemon=True)
        if wait or self.reading.is_trained:
            self.thread.start()

    def close(self) -> None:
        """End the thread, and take the widget out of the notebook."""
        self.over.set()
        super().close()

    def _follow(self) -> None:
        goes_on = True
        while goes_on and not self.over.wait(LOOK):
            # asked before the look: what was written until the end is seen
            goes_on = self.reading.is_trained or (self.wait and not self.reading.was_trained)
            self._show(self.reading.look())

    def _show(self, state: dict[str, Any]) -> None:
        with self.hold_sync():  # one message
            for name, value in state.items():
                self.set_trait(name, value)
            if not self.real:
                self.real = self.reading.real()

    def _hear(self, _: object, content: object, __: object) -> None:
        """What the page asks: the picture of an update, or a pause. Anything else is passed over."""
        match content:
            case {"kind": "sheet", "update": int(update)}:
                self.send({"kind": "sheet", "update": update}, [self.reading.picture(update)])
            case {"kind": "pause"}:
                self.send({"kind": "said", "text": self._pause()})

    def _pause(self) -> str:
        if not self.reading.is_trained:
            return "Nobody trains it now."
        try:
            ask(self.reading.run, "pause")
        except GansmithError as error:
            return f"Not asked: {error}"
        except OSError as error:
            return f"Not asked: {brief(error)}"
        return "Asked to pause. It saves after this update, and stops."
