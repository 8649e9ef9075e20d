"""`gansmith data get|info`."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gansmith.cli.parser import Parser, whole

if TYPE_CHECKING:
    from gansmith.data.survey import Survey


def add_arguments(parser: Parser) -> None:
    """The options of `data`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="get|info")
    get = actions.add_parser("get", help="download a set, checked byte for byte; what is there is not fetched again")
    get.add_argument("name", help="mnist or fashion-mnist")
    get.add_argument("--out", type=Path, metavar="DIR", help="the folder for its files (default: the cache)")
    info = actions.add_parser("info", help="what a source holds, and what would be chosen for it")
    info.add_argument("source", help="a built-in name, IDX files, a folder, a zip, .npz or .npy, stacked:SOURCE")
    info.add_argument("--size", default="auto", metavar="N|WxH", help="as data.size")
    info.add_argument("--first", type=whole, default=0, metavar="N", help="look at the first N items only")
    info.add_argument("--sheet", type=Path, metavar="FILE.png", help="also draw a contact sheet")
    info.add_argument("--json", action="store_true", help="as JSON")


def run(options: argparse.Namespace) -> int:
    """Fetch, or look."""
    return get(options) if options.action == "get" else info(options)


def get(options: argparse.Namespace) -> int:
    """Download a set of files."""
    from rich.progress import Progress

    from gansmith.data import fetch

    with Progress(transient=True) as bar:
        task = bar.add_task(options.name, total=None)
        folder = fetch.get(options.name, options.out, lambda done, total: bar.update(task, completed=done, total=total))
    print(f"{options.name}: {folder}")
    return 0


def info(options: argparse.Namespace) -> int:
    """Survey a source; optionally draw it."""
    from gansmith.assemble.setup import own_pictures
    from gansmith.data import store, survey
    from gansmith.ground.pixels import write_png
    from gansmith.ground.settings import DataSettings

    settings = DataSettings(source=options.source, size=options.size, first=options.first)
    found = survey.survey(settings)
    advice = own_pictures(found) if found.kind == "pictures" else []
    if options.json:
        print(json.dumps(as_table(found, advice), indent=2))
    else:
        print_survey(found, advice)
    if options.sheet:
        write_png(options.sheet, survey.contact_sheet(store.open_store(settings)))
        print(f"contact sheet: {options.sheet}")
    return 0


def as_table(found: Survey, advice: list[tuple[str, Any, str]]) -> dict[str, Any]:
    """A survey as plain values."""
    table = dataclasses.asdict(found)
    table["sizes"] = {f"{width}x{height}": count for (width, height), count in found.sizes.items()}
    table["settings"] = {name: value for name, value, _ in advice}
    return table


def print_survey(found: Survey, advice: list[tuple[str, Any, str]]) -> None:
    """A survey for people."""
    print(found.description)
    if found.sizes:
        common = sorted(found.sizes.items(), key=lambda entry: -entry[1])
        shown = ", ".join(f"{width}x{height} ({count:,})" for (width, height), count in common[:6])
        print(f"sizes: {shown}{f' and {len(common) - 6} more' if len(common) > 6 else ''}")
        print(f"colour: {found.colour:,} in colour, {found.grey:,} grey")
    if found.labels:
        print("classes: " + ", ".join(f"{name} ({count:,})" for name, count in found.labels.items()))
    if found.splits:
        print(f"splits: {', '.join(found.splits)}")
    print(f"skipped: {len(found.skipped)}")
    for name, reason in found.skipped[:20]:
        print(f"  {name}: {reason}")
    for name, value, reason in advice:
        print(f"recipe `folder` would set {name} = {value}: {reason}")
