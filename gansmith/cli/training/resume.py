"""`gansmith resume`."""

from __future__ import annotations

import argparse
from pathlib import Path

from gansmith.cli.parser import (
    Parser,
    add_budget,
    add_device,
    add_display,
    add_remedy,
    add_track,
    add_until,
    budget_of,
    track_of,
)
from gansmith.cli.parts import add_parts, parts_of

DATA = "where the run's data is now, or the same data with more items"
SETTING = (
    "from here on another value, which the run records: of the optimisers, loss, penalty, averages, schedule or watch"
)
POLISH = "with falling learning rates: go on at the rate that they end with, where a longer run lets them rise again"


def add_arguments(parser: Parser) -> None:
    """The options of `resume`."""
    parser.add_argument("run", type=Path, help="a run's folder")
    parser.add_argument("--data", metavar="SOURCE", help=DATA)
    add_budget(parser, resumed=True)
    parser.add_argument("--polish", action="store_true", help=POLISH)
    add_device(parser)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help=SETTING)
    add_parts(parser)
    add_until(parser)
    add_remedy(parser)
    add_track(parser)
    add_display(parser)


def run(options: argparse.Namespace) -> int:
    """Go on from the newest whole checkpoint."""
    from gansmith.cli.training.progress import Display, conclude
    from gansmith.ground.files.runfolder import RunFolder
    from gansmith.ground.recipes.recipe import assigned
    from gansmith.runs.run import resume

    parts = parts_of(options)
    given = {"watch.remedy": options.remedy, "budget.until": options.until, "device": options.device}
    settings = assigned(options.set) | {name: value for name, value in given.items() if value} | track_of(options)
    with Display(RunFolder(options.run), options) as display:
        finished = resume(
            options.run,
            parts,
            budget=budget_of(options),
            data=options.data,
            polish=options.polish,
            settings=settings,
            watching=[display],
            say=display.say,
        )
    return conclude(finished, quiet=display.quiet)
