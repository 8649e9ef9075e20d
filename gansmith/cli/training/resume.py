"""`gansmith resume`."""

from __future__ import annotations

import argparse
from pathlib import Path

from gansmith.cli.parser import Parser, add_budget, add_display, add_remedy, add_track, add_until, budget_of, track_of
from gansmith.cli.parts import add_parts, parts_of


def add_arguments(parser: Parser) -> None:
    """The options of `resume`."""
    parser.add_argument("run", type=Path, help="a run's folder")
    add_budget(parser)
    add_parts(parser)
    add_until(parser)
    add_remedy(parser)
    add_track(parser)
    add_display(parser)


def run(options: argparse.Namespace) -> int:
    """Go on from the newest whole checkpoint."""
    from gansmith.cli.training.progress import Display, conclude
    from gansmith.ground.files.runfolder import RunFolder
    from gansmith.runs.run import resume

    parts = parts_of(options)
    given = {"watch.remedy": options.remedy, "budget.until": options.until}
    settings = {name: value for name, value in given.items() if value} | track_of(options)
    with Display(RunFolder(options.run), options) as display:
        finished = resume(
            options.run, parts, budget=budget_of(options), settings=settings, watching=[display], say=display.say
        )
    return conclude(finished, quiet=display.quiet)
