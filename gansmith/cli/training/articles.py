"""`gansmith articles`."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from gansmith.cli.parser import Parser, whole
from gansmith.ground.errors import counted, typed


def add_arguments(parser: Parser) -> None:
    """The options of `articles`."""
    parser.add_argument("names", nargs="*", metavar="ARTICLE", help="000, 001, 002, 003, 004 (default: all)")
    parser.add_argument("--data", metavar="SOURCE", help="the folder with MNIST's four files")
    parser.add_argument("--quick", action="store_true", help="a few updates and one seed, to see that everything runs")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="the folder of the trainings (default: articles, or articles-quick)"
    )
    parser.add_argument(
        "--pages", type=Path, metavar="DIR", help="the folder of the pages (default: pages, inside --out)"
    )
    parser.add_argument("--only-pages", action="store_true", help="train nothing, write the pages from what is there")
    parser.add_argument(
        "--jobs", type=whole, default=0, metavar="N", help="trainings at the same time (default: all cores)"
    )
    parser.add_argument("--json", action="store_true", help="print all figures and results as JSON")
    parser.add_argument("--quiet", action="store_true", help="print errors only")


def run(options: argparse.Namespace) -> int:
    """Train what is missing, write the pages, and tell the verdicts."""
    from gansmith.articles.experiments import ExperimentPlan, articles, choose
    from gansmith.ground.files.gridfolder import ArticlesFolder

    out = options.out or Path("articles-quick" if options.quick else "articles")
    folder = ArticlesFolder(out, options.pages or out / "pages")
    said = typed("articles", *options.names, *(["--quick"] if options.quick else []))
    command = said + (" --data MNIST" if options.data else "")
    plan = ExperimentPlan(choose(options.names), options.data, options.quick, options.jobs, command)

    def say(line: str) -> None:
        if not options.quiet:
            print(line, file=sys.stderr, flush=True)

    found = articles(plan, folder, train=not options.only_pages, say=say)
    if options.json:
        print(json.dumps(found, indent=2))
    elif not options.quiet:
        show(found)
    if found["failures"]:
        first = found["failures"][0]
        print(
            f"gansmith: {counted(len(found['failures']), 'training')} have no figures; first: {first}", file=sys.stderr
        )
    return 1 if found["failures"] else 0


def show(found: dict) -> None:
    """Every claim with its verdict."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for title in ("article", "claim", "verdict"):
        table.add_column(title, overflow="fold")
    for name, told in found["articles"].items():
        for claim in told["claims"]:
            table.add_row(name, claim["says"], claim["verdict"])
    Console().print(table)
