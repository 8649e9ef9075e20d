"""`gansmith compare`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from gansmith.cli.parser import Parser, add_budget, add_device, add_jobs, add_offline, budget_of, whole
from gansmith.cli.parts import add_parts, parts_of
from gansmith.ground.errors import counted


def add_arguments(parser: Parser) -> None:
    """The options of `compare`."""
    about = "a recipe, with changes after plus signs: mnist+loss.name=hinge"
    parser.add_argument("recipes", nargs="+", metavar="RECIPE", help=about)
    parser.add_argument("--data", metavar="SOURCE", help="the training data, the same for all")
    parser.add_argument("--seeds", type=whole, default=3, metavar="N", help="seeds for each recipe (default 3)")
    add_budget(parser)
    about = "change a setting in all recipes"
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help=about)
    add_parts(parser)
    add_device(parser)
    about = "its folder (default: comparison)"
    parser.add_argument("--out", type=Path, default=Path("comparison"), metavar="DIR", help=about)
    add_jobs(parser)
    parser.add_argument("--ray", metavar="ADDRESS", help="train on this Ray cluster: HOST:PORT, or auto")
    parser.add_argument("--count", type=whole, default=2000, metavar="N", help="samples to measure (default 2000)")
    add_offline(parser)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.add_argument("--quiet", action="store_true", help="print errors only")


def run(options: argparse.Namespace) -> int:
    """Train and measure the grid, and print the figures."""
    from gansmith.compare.grid import compare, variant

    budget, parts = budget_of(options), parts_of(options)
    variants = [
        variant(text, data=options.data, budget=budget, device=options.device, settings=options.set, parts=parts)
        for text in options.recipes
    ]

    def say(line: str) -> None:
        if not options.quiet:
            print(line, file=sys.stderr, flush=True)

    found = compare(
        variants,
        options.out,
        seeds=options.seeds,
        jobs=options.jobs,
        ray=options.ray,
        count=options.count,
        parts=parts,
        offline=options.offline,
        say=say,
    )
    failed = [cell for each in found["variants"] for cell in each["cells"] if cell["status"] != "done"]
    if options.json:
        print(json.dumps(found, indent=2))
    elif not options.quiet:
        show(found)
    if failed:
        what = f"{counted(len(failed), 'cell')} failed; the same command tries them again. First: {failed[0]['error']}"
        print(f"gansmith: {what}", file=sys.stderr)
    return 1 if failed else 0


def show(found: dict) -> None:
    """Print the variants as a table: median over seeds, and the range."""
    from rich.console import Console
    from rich.table import Table

    from gansmith.report.comparison import columns, learned, ranged

    table, shown = Table(box=None, pad_edge=False), columns(found)
    table.add_column("variant", overflow="fold")
    for title in (*(column.title for column in shown), "learns"):
        table.add_column(title, justify="right")
    for each in found["variants"]:
        table.add_row(each["name"], *(ranged(each, column) for column in shown), learned(each))
    Console().print(table)
