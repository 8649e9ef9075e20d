"""`gansmith data get|info|prepare`."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gansmith.cli.parser import Parser, whole
from gansmith.ground.errors import DataError, typed
from gansmith.ground.labelling import evenly_drawn

if TYPE_CHECKING:
    from gansmith.data.survey import Survey
    from gansmith.ground.recipes.settings import DataSettings
    from gansmith.runs.choose_recipe import Choice


CLASSES = 200  # that are listed


def add_arguments(parser: Parser) -> None:
    """The options of `data`."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="get|info|prepare")
    get = actions.add_parser("get", help="download a data set and check every byte; nothing is downloaded twice")
    get.add_argument("name", help="mnist or fashion-mnist")
    get.add_argument("--out", type=Path, metavar="DIR", help="the folder for its files (default: the cache)")
    info = actions.add_parser("info", help="show what a source holds, and which settings would be chosen for it")
    info.add_argument(
        "source",
        help="a built-in name; pictures: a folder, pattern, zip, tar, IDX files; arrays: .npy, .npz, .h5, .mat; tables: .csv, .tsv, "
        ".parquet; sounds: a folder of .wav; words: .txt; a store; stacked:SOURCE",
    )
    add_frame(info)
    info.add_argument("--attribute", default="", metavar="NAME", help="count the two classes that this attribute makes")
    info.add_argument("--sheet", type=Path, metavar="FILE.png", help="draw the items here (default: in the cache)")
    info.add_argument("--augmented", action="store_true", help="draw the pictures as the discriminator sees them")
    info.add_argument("--augment", metavar="NAME", help="the augmentation for --augmented (default: as chosen)")
    info.add_argument("--json", action="store_true", help="print as JSON")
    prepare = actions.add_parser(
        "prepare", help="prepare a source once, into a folder: a store; pictures are cropped and resized"
    )
    prepare.add_argument("source", help="the same as for `data info`")
    prepare.add_argument("out", type=Path, help="the store; if it exists, only new items are prepared")
    add_frame(prepare)
    prepare.add_argument(
        "--workers", type=whole, default=0, metavar="N", help="at most N processes (default: all cores)"
    )
    prepare.add_argument("--json", action="store_true", help="print as JSON")


def add_frame(parser: argparse.ArgumentParser) -> None:
    """The options for the size and the crop of a picture."""
    parser.add_argument(
        "--size", default="auto", metavar="N|WxH", help="64, or width x height: 48x64 (default: from the data)"
    )
    parser.add_argument(
        "--crop",
        default="centre",
        metavar="N|centre|whole",
        help="N: the square of N pixels in the centre; centre: the largest part in the centre with the proportions of --size "
        "(default); whole: the whole picture, squeezed. For random crops prepare a larger --size and set data.window",
    )
    parser.add_argument(
        "--channels",
        type=int,
        choices=(0, 1, 3, 4),
        default=0,
        help="1 grey, 3 colour, 4 colour and transparency, 0 as found (default: transparent pictures get a background)",
    )
    parser.add_argument(
        "--background", default="white", metavar="COLOUR", help="the colour behind transparent pictures"
    )
    parser.add_argument(
        "--range",
        default="auto",
        metavar="LOW..HIGH",
        help="16-bit and float pictures: the values that become black and white (default: from the data)",
    )
    parser.add_argument(
        "--split", choices=("train", "test", "all"), default="train", help="which part, if there is a test split"
    )
    parser.add_argument("--first", type=whole, default=0, metavar="N", help="use the first N items only")
    about = "how other data are read, as in data.kind=signal or data.columns='zip:category'; may be repeated"
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help=about)


def run(options: argparse.Namespace) -> int:
    """Download, survey or prepare."""
    return {"get": get, "info": info, "prepare": prepare}[options.action](options)


def get(options: argparse.Namespace) -> int:
    """Download a data set."""
    from gansmith.cli.bars import bar_on_stderr
    from gansmith.data import fetch

    with bar_on_stderr() as bar:
        task = bar.add_task(options.name, total=None)
        folder = fetch.get(options.name, options.out, lambda done, total: bar.update(task, completed=done, total=total))
    print(f"{options.name}: {folder}")
    return 0


def frame_of(options: argparse.Namespace) -> DataSettings:
    """The data settings of --size, --crop and the other options."""
    from gansmith.ground.recipes import recipe as recipe_files
    from gansmith.ground.recipes.settings import DataSettings

    text = options.crop.strip().lower()
    if text not in ("centre", "whole") and not text.isdecimal():
        raise DataError(f"--crop {options.crop!r}: give a number of pixels, centre or whole")
    settings = DataSettings(
        source=options.source,
        size=options.size,
        crop=int(text) if text.isdecimal() else 0,
        fit="squeeze" if text == "whole" else "crop",
        channels=options.channels,
        background=options.background,
        range=options.range,
        split=options.split,
        first=options.first,
    )
    return recipe_files.data_with(settings, options.set)


def info(options: argparse.Namespace) -> int:
    """Survey a source, show the settings that would be chosen for it, and draw it."""
    from gansmith.runs.choose_recipe import choices_for_source
    from gansmith.runs.sheets.source_sheets import draw, seen_shape

    settings = dataclasses.replace(frame_of(options), attribute=options.attribute)
    found = _surveyed(settings, quiet=options.json)
    choices = choices_for_source("folder", found, settings)
    sheet = draw(settings, found, options.sheet, augmented=options.augmented, name=options.augment)
    if options.json:
        print(json.dumps({**as_table(found, choices), "sheet": str(sheet)}, indent=2))
    else:
        print_survey(found, choices, options.source)
        shape = seen_shape(settings, found)
        seen = f"as recipe `folder` would see them, {shape[1]}x{shape[0]}; " if shape else ""
        print(f"{'as the discriminator sees them' if options.augmented else f'{seen}contact sheet'}: {sheet}")
    return 0


def _surveyed(settings: DataSettings, *, quiet: bool) -> Survey:
    from gansmith.cli.bars import bar_on_stderr
    from gansmith.data import survey

    with bar_on_stderr(quiet=quiet) as bar:
        task = bar.add_task("reading", total=None)
        return survey.survey(settings, lambda done, total: bar.update(task, completed=done, total=total))


def prepare(options: argparse.Namespace) -> int:
    """Prepare a store in a folder of the user."""
    from rich.progress import MofNCompleteColumn

    from gansmith.cli.bars import bar_on_stderr
    from gansmith.data import store
    from gansmith.data.contents import blank

    settings = frame_of(options)
    with bar_on_stderr(MofNCompleteColumn(), quiet=options.json) as bar:
        task = bar.add_task("preparing", total=None)
        made = store.prepare_store(
            settings,
            options.out,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
            workers=options.workers,
        )
    if options.json:
        facts = {
            "store": str(options.out),
            "count": made.count,
            "item_shape": list(made.item_shape),
            "classes": list(made.class_names),
            "attributes": list(made.attributes.questions) if made.attributes else [],
            "fingerprint": made.fingerprint,
            "skipped": [list(entry) for entry in made.skipped],
            "remarks": [*made.remarks, *blank.remarks(made)],
        }
        print(json.dumps(facts, indent=2))
        return 0
    print(made.description)
    _print_remarks(
        (
            *made.remarks,
            *(f"left out: {kind}" for kind in made.left_out),
            *blank.remarks(made),
        )
    )
    _print_skipped(made.skipped)
    print(f"store: {options.out}  ({typed('train', made.kind.recipe, '--data', options.out)})")
    return 0


def as_table(found: Survey, choices: list[Choice]) -> dict[str, Any]:
    """A survey and the chosen settings for JSON."""
    table = dataclasses.asdict(found)
    table["kind"] = found.kind.many
    table["sizes"] = {f"{width}x{height}": count for (width, height), count in found.sizes.items()}
    table["settings"] = {choice.key: choice.value for choice in choices}
    table["chosen"] = [dataclasses.asdict(choice) for choice in choices]
    return table


def print_survey(found: Survey, choices: list[Choice], source: str) -> None:
    """Print a survey and the chosen settings."""
    print(found.description)
    _print_remarks(found.remarks)
    for line in found.facts:
        print(line)
    if found.sizes:
        shown = ", ".join(f"{width}x{height} ({count:,})" for (width, height), count in list(found.sizes.items())[:6])
        broken = sum(found.sizes.values()) - found.count
        told = (
            f"; of these, {broken:,} cannot be read whole and {'is' if broken == 1 else 'are'} skipped"
            if broken > 0
            else ""
        )
        print(f"sizes: {shown}{f' and {len(found.sizes) - 6} more' if len(found.sizes) > 6 else ''}{told}")
        print(f"colour: {found.colour:,} in colour, {found.grey:,} grey{told}")
    if found.labels:
        shown = [f"{name} ({count:,})" for name, count in found.labels.items()]
        more = f" and {len(shown) - CLASSES:,} more, all of them under --json" if len(shown) > CLASSES else ""
        print(f"classes: {', '.join(shown[:CLASSES])}{more}")
        if choices and len(shown) > 1:
            uneven = evenly_drawn(list(found.labels.values()), list(found.labels))
            print(f"recipe `folder` uses them with --set data.labels=classes only{f'; {uneven}' if uneven else ''}")
    if found.attributes:
        shown = ", ".join(f"{name} ({count:,})" for name, count in found.attributes.items())
        print(f"attributes: {shown}")
    if found.splits:
        print(f"splits: {', '.join(found.splits)}")
    if found.left_out:
        print(f"left out: {'; '.join(found.left_out)}")
    _print_skipped(found.skipped)
    if not choices:
        print(f"its recipe is {found.kind.recipe}: {typed('train', found.kind.recipe, '--data', source)}")
    for choice in choices:
        print(f"recipe `folder` would set {choice.key} = {choice.value}: {choice.reason}")


def _print_remarks(remarks: tuple[str, ...]) -> None:
    """Warnings last, and so that they are seen."""
    for remark in remarks:
        print(remark if remark.startswith("WARNING") else f"note: {remark}")


def _print_skipped(skipped: tuple[tuple[str, str], ...], most: int = 20) -> None:
    print(f"skipped: {len(skipped)}")
    for name, reason in skipped[:most]:
        print(f"  {name}: {reason}")
    if len(skipped) > most:
        print(f"  and {len(skipped) - most} more, all of them under --json")
