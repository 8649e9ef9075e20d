"""`gansmith bench`."""

from __future__ import annotations

import argparse
import json
import sys

from gansmith.cli.parser import Parser, positive, whole
from gansmith.ground.errors import GansmithError, nearest


def add_arguments(parser: Parser) -> None:
    """The options of `bench`."""
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        help="networks: dense-28, dcgan-28, dcgan-64, article-004 (default: the first two)",
    )
    parser.add_argument(
        "--seconds", type=positive, default=12.0, metavar="S", help="seconds for each measurement (default 12)"
    )
    parser.add_argument(
        "--batch", type=whole, default=0, metavar="N", help="pictures in an update (default: as published)"
    )
    parser.add_argument("--threads", type=whole, default=0, metavar="N", help="processor threads (default: all)")
    parser.add_argument("--device", default="auto", metavar="NAME", help="auto, cpu, cuda, cuda:1 or mps")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def run(options: argparse.Namespace) -> int:
    """Time the contests, and print a table of each."""
    from gansmith.bench import CONTESTS, bench

    names = options.names or ["dense-28", "dcgan-28"]
    for name in names:
        if name not in CONTESTS:
            raise GansmithError(
                f"there is no contest {name!r}{nearest(name, CONTESTS)}: choose of {', '.join(CONTESTS)}"
            )
    found = []
    for name in names:
        found.append(
            bench(
                name, device=options.device, threads=options.threads, seconds=options.seconds, batch=options.batch,
                say=lambda line: print(line, file=sys.stderr, flush=True),
            )
        )  # fmt: skip
        if not options.json:
            show(found[-1])
    if options.json:
        print(json.dumps(found, indent=2))
    return 0


def show(found: dict) -> None:
    """One contest as a table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(
        box=None, pad_edge=False, title=f"{found['summary']}, {found['threads']} threads", title_justify="left"
    )
    for title in ("", "pictures/s", "lowest .. highest", "beside plain", "of the ceiling"):
        table.add_column(title, justify="right" if title else "left")
    first = found["contestants"][0]["images_per_second"]
    for pace in found["contestants"]:
        low, high = pace["spread"]
        table.add_row(
            pace["contestant"],
            f"{pace['images_per_second']:,.0f}",
            f"{low:,.0f} .. {high:,.0f}",
            f"{pace['images_per_second'] / first:.2f}x",
            f"{pace['share_of_ceiling']:.0%}",
        )
    Console().print(table)
