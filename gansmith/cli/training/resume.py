"""`gansmith resume`."""

from __future__ import annotations

import argparse
from pathlib import Path

from gansmith.cli.parser import Parser, add_budget
from gansmith.cli.training.train import add_display, add_remedy


def add_arguments(parser: Parser) -> None:
    """The options of `resume`."""
    parser.add_argument("run", type=Path, help="a run's folder")
    add_budget(parser)
    add_remedy(parser)
    add_display(parser)


def run(options: argparse.Namespace) -> int:
    """Go on from the newest whole checkpoint."""
    from gansmith.cli.training.progress import Display, conclude
    from gansmith.ground.files.runfolder import RunFolder
    from gansmith.ground.process.launch import launched
    from gansmith.runs.choose_recipe import Budget
    from gansmith.runs.run import resume

    budget = Budget(options.updates, options.images, options.epochs, options.minutes)
    folder = RunFolder(options.run)
    quiet = options.quiet or not launched().first
    with Display(folder, as_json=options.json, quiet=quiet, preview=options.preview) as display:
        finished = resume(options.run, budget=budget, remedy=options.remedy, watching=[display], say=display.say)
    return conclude(finished, quiet=quiet or options.json)
