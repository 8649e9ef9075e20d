"""`gansmith bench`."""

from __future__ import annotations

import argparse
import json

from gansmith.cli.parser import Parser, add_device, positive, to_stderr, whole
from gansmith.ground.errors import GansmithError, counted, nearest


def add_arguments(parser: Parser) -> None:
    """The options of `bench`."""
    about = "networks: dense-28, dcgan-28, dcgan-64, article-004 (default: the first two)"
    parser.add_argument("names", nargs="*", metavar="NAME", help=about)
    about = "seconds for each measurement (default 12)"
    parser.add_argument("--seconds", type=positive, default=12.0, metavar="S", help=about)
    about = "pictures in an update (default: as published)"
    parser.add_argument("--batch", type=whole, default=0, metavar="N", help=about)
    parser.add_argument("--threads", type=whole, default=0, metavar="N", help="processor threads (default: all)")
    add_device(parser, "auto")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")


def run(options: argparse.Namespace) -> int:
    """Time the networks, and print a table for each."""
    from gansmith.bench import CONTESTS, bench

    names = options.names or ["dense-28", "dcgan-28"]
    for name in names:
        if name not in CONTESTS:
            raise GansmithError(f"unknown network {name!r}{nearest(name, CONTESTS)}")
    found = []
    for name in names:
        found.append(
            bench(
                name, device=options.device, threads=options.threads, seconds=options.seconds, batch=options.batch,
                say=to_stderr,
            )
        )  # fmt: skip
        if not options.json:
            show(found[-1])
    if options.json:
        print(json.dumps(found, indent=2))
    return 0


def show(found: dict) -> None:
    """Print one network's figures as a table."""
    from rich.console import Console
    from rich.table import Table

    title = f"{found['summary']}, {counted(found['threads'], 'thread')}"
    table = Table(box=None, pad_edge=False, title=title, title_justify="left")
    for column in ("", "pictures/s", "lowest .. highest", "beside plain", "of the ceiling"):
        table.add_column(column, justify="right" if column else "left")
    first = found["contestants"][0]["images_per_second"]
    for each in found["contestants"]:
        speed, (low, high) = each["images_per_second"], each["spread"]
        share = f"{each['share_of_ceiling']:.0%}"
        table.add_row(each["contestant"], f"{speed:,.0f}", f"{low:,.0f} .. {high:,.0f}", f"{speed / first:.2f}x", share)
    Console().print(table)
