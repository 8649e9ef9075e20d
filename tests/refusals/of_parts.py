"""What the room of the user's own parts refuses."""

from __future__ import annotations

from pathlib import Path

from example import Example, Heard, after, call, text

from gansmith.ground.files.runfolder import RunFolder
from gansmith.losses import Loss
from gansmith.nets import NetPair
from gansmith.parts import NO_PARTS, Callback, Parts
from gansmith.parts.file import as_parts, run_file
from gansmith.parts.kept import check_parts, keep
from gansmith.parts.record import PartsFile

RUN = RunFolder(Path("run"))
MINE = Parts(nets=NetPair("mine", lambda *_: (None, None)), file=PartsFile(Path("mine.py"), "x = 1"))  # pyright: ignore


def file(words: str) -> Example:
    """A file that --with names."""
    return after(text("mine.py", words), call(run_file, "mine.py"))


def goes_on(parts: Parts) -> Example:
    """A run with parts of one's own goes on with these."""

    def example(folder: Path, patch: object) -> None:
        RUN.root.mkdir()
        keep(RUN, MINE)
        check_parts(RUN, parts)

    return example


EXAMPLES: tuple[Example, ...] = (
    call(Parts, loss=print),
    call(Parts, callbacks=Callback()),
    call(Parts, loss=Loss(print, print)),  # pyright: ignore
    call(as_parts, 3),
    call(run_file, "none.py"),
    file("x = ("),
    file("raise KeyError"),
    file("x = 1"),
    file("import gansmith\nparts = gansmith.Parts()"),
    goes_on(NO_PARTS),
    goes_on(Parts(nets=MINE.nets, callbacks=(Heard(),), file=PartsFile(Path("mine.py"), "x = 2"))),
)
