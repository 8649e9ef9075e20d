"""`gansmith report`."""

from __future__ import annotations

import argparse
from pathlib import Path

from gansmith.cli.parser import Parser, Refused
from gansmith.cli.parts import add_parts, parts_of


def add_arguments(parser: Parser) -> None:
    """The options of `report`."""
    parser.add_argument("run", type=Path, help="a run's folder")
    add_parts(parser)


def run(options: argparse.Namespace) -> int:
    """Write the page and the animations again."""
    from gansmith import losses
    from gansmith.ground.files.runfolder import RunFolder
    from gansmith.report import animation, page

    parts = parts_of(options, options.run)
    folder = RunFolder(options.run)
    folder.load_recipe()
    try:
        animation.write_progress(folder)
    except OSError as error:
        raise Refused(
            f"{folder.root} cannot be written to ({error.strerror or error}): make room, or allow writing there"
        ) from None
    with losses.joined(parts.loss):
        print(page.write_report(folder))
    return 0
