"""`gansmith evaluate`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from gansmith.cli.parser import Parser, add_checkpoint, integer, to_stderr, whole
from gansmith.cli.parts import add_parts, parts_of
from gansmith.ground.errors import counted

if TYPE_CHECKING:
    from rich.console import Console

    from gansmith.metrics.figures import Evaluation


def add_arguments(parser: Parser) -> None:
    """The options of `evaluate`."""
    parser.add_argument(
        "what", type=Path, help="a run's folder; or items: a folder, zip or .npz of pictures, a .csv, a .npy, a .txt"
    )
    parser.add_argument("--data", metavar="SOURCE", help="the real items to compare with (default: the run's)")
    parser.add_argument("--count", type=whole, metavar="N", help="items to measure (default 5,000; stacked 26,000)")
    parser.add_argument("--seed", type=integer, default=0, metavar="S", help="the seed of a run's samples (default 0)")
    add_checkpoint(parser)
    add_parts(parser)
    parser.add_argument(
        "--features", default="auto", help="auto, classifier, self-supervised, imagenet, pixels or inception"
    )
    parser.add_argument("--inception", type=Path, metavar="FILE", help="the standard Inception weights, for FID")
    about = "pictures: draw those most similar to training pictures, above these"
    parser.add_argument("--copies", type=Path, metavar="FILE.png", help=about)
    parser.add_argument("--per-class", action="store_true", help="also a distance for each class")
    about = (
        "also: do a run's discriminator's features tell classes apart? beside pixels, and the same network untrained"
    )
    parser.add_argument("--probe", action="store_true", help=about)
    parser.add_argument("--explain", action="store_true", help="print what each figure means")
    parser.add_argument("--json", action="store_true", help="print as JSON")


def print_classes(evaluation: Evaluation, console: Console) -> None:
    """A table of the classes' distances."""
    from rich.table import Table

    table = Table(title="each class against its own real items", box=None, pad_edge=False)
    for name in ("class", "FD", "real", "items", "held-out"):
        table.add_column(name, overflow="fold")
    for each in evaluation.per_class:
        table.add_row(*each.row())
    console.print(table)


def print_probe(evaluation: Evaluation, console: Console) -> None:
    """A table of what a linear classifier makes of each kind of features."""
    from rich.table import Table

    table = Table(title="classes named by a linear classifier", box=None, pad_edge=False)
    for name in ("features", "numbers", "right", "95%", "discriminator above it", "95%"):
        table.add_column(name, overflow="fold")
    for each in evaluation.probe:
        table.add_row(*each.row())
    console.print(table)


def run(options: argparse.Namespace) -> int:
    """Measure, and print the figures."""
    from rich.console import Console
    from rich.table import Table

    from gansmith.cli.bars import bar_on_stderr
    from gansmith.runs.evaluation import evaluate
    from gansmith.training.threads import take_free

    take_free(to_stderr)
    parts = parts_of(options, options.what)
    with bar_on_stderr(quiet=options.json) as bar:
        task = bar.add_task("measuring", total=1.0)
        evaluation = evaluate(
            options.what,
            options.data,
            count=options.count,
            seed=options.seed,
            checkpoint=options.checkpoint,
            features=options.features,
            inception=options.inception,
            copies=options.copies,
            per_class=options.per_class,
            probe=options.probe,
            parts=parts,
            progress=lambda what, share: bar.update(task, description=what, completed=share),
        )
    if options.json:
        print(json.dumps(evaluation.as_dict(), indent=2))
        return 0
    heading, *rows = evaluation.rows()
    shown = len(heading) if options.explain else len(heading) - 1  # the last column is the meaning of a figure
    table = Table(title=f"{counted(evaluation.count, 'item')} against {evaluation.data}", box=None, pad_edge=False)
    for name in heading[:shown]:
        table.add_column(name, no_wrap=name != "meaning", overflow="fold")
    for row in rows:
        table.add_row(*row[:shown])
    Console(width=None if options.explain else 120).print(table)
    if evaluation.per_class:
        print_classes(evaluation, Console())
    if evaluation.probe:
        print_probe(evaluation, Console(width=120))
    for note in evaluation.notes:
        print(note)
    if evaluation.verdict is not None:
        print(evaluation.verdict.text)
    return 0
