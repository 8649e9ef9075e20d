"""`gansmith report`."""

from __future__ import annotations

import argparse
from pathlib import Path

from gansmith.cli.parser import Parser, Refused, to_stderr
from gansmith.cli.parts import add_parts, parts_of


def add_arguments(parser: Parser) -> None:
    """The options of `report`."""
    parser.add_argument("run", type=Path, help="a run's folder")
    add_parts(parser)


def run(options: argparse.Namespace) -> int:
    """Write the page and the animations again."""
    from gansmith import losses
    from gansmith.ground.files.runfolder import RunFolder, damaged_rows
    from gansmith.report import animation, page

    parts = parts_of(options, options.run)
    folder = RunFolder(options.run)
    folder.load_recipe()
    if line := damaged_rows(folder.stats):
        to_stderr(f"note: {line}")
    try:
        animation.write_progress(folder)
    except OSError as error:
        raise Refused(
            f"{folder.root} cannot be written to ({error.strerror or error}): make room, or allow writing there"
        ) from None
    with losses.joined(parts.loss):
        print(page.write_report(folder))
    return 0
