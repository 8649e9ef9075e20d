"""`gansmith pull`."""

from __future__ import annotations

import argparse
from pathlib import Path

from gansmith.cli.parser import Parser


def add_arguments(parser: Parser) -> None:
    """The options of `pull`."""
    parser.add_argument("name", metavar="NAME", help="on the Hub: OWNER/NAME, or OWNER/NAME@REVISION")
    about = "the run's folder to make (default: the name in runs/)"
    parser.add_argument("--out", type=Path, metavar="DIR", help=about)


def run(options: argparse.Namespace) -> int:
    """Make a run's folder of a generator on the Hub."""
    from gansmith.ground.errors import typed
    from gansmith.trained import hub

    found = hub.find(options.name)
    from gansmith.ground.files.runfolder import RUNS

    folder = hub.pull(found, options.out or Path(RUNS) / found.name.rpartition("/")[2])
    print(f"{found.word}: {found.file}, {found.size / 1e6:.2f} MB; a generator alone, without its discriminator")
    print(
        f"{folder.root}: try `{typed('sample', folder.root)}`, or `{typed('train', 'RECIPE', '--from', folder.root)}`"
    )
    return 0
