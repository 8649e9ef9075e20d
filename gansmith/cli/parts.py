"""The option `--with FILE`: parts of the user's own, from a file that is run, said aloud."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gansmith.parts import Parts


def add_parts(parser: ArgumentParser) -> None:
    """The option."""
    about = "run this Python file: its `parts` are networks, loss, metrics ... of yours"
    parser.add_argument("--with", dest="parts", type=Path, metavar="FILE.py", help=about)


def parts_of(options: Namespace, run: Path | None = None) -> Parts:
    """The parts of `options.parts`: its file is run, and one line on stderr says so, and another where it is not the file that
    the run was trained with. Raises RecipeError for a file that fails."""
    from gansmith.cli import prints
    from gansmith.ground.files.runfolder import RunFolder
    from gansmith.parts import NO_PARTS
    from gansmith.parts.file import run_file, said
    from gansmith.parts.kept import difference

    if options.parts is None:
        return NO_PARTS
    parts = run_file(options.parts)
    if prints():
        print(said(parts), file=sys.stderr)
        if run is not None and (changed := difference(RunFolder(run), parts)):
            print(f"note: {changed}", file=sys.stderr)
    return parts
