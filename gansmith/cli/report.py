"""`gansmith report`."""

from __future__ import annotations

import argparse
from pathlib import Path

from gansmith.cli.parser import Parser


def add_arguments(parser: Parser) -> None:
    """The options of `report`."""
    parser.add_argument("run", type=Path, help="a run's folder")


def run(options: argparse.Namespace) -> int:
    """Write the page and the animations again."""
    from gansmith.ground.runfolder import RunFolder
    from gansmith.report import animation, page

    folder = RunFolder(options.run)
    folder.load_recipe()
    animation.write_progress(folder)
    print(page.write_report(folder))
    return 0
