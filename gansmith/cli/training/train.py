"""`gansmith train`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

from gansmith.cli.parser import (
    Parser,
    add_budget,
    add_device,
    add_display,
    add_offline,
    add_remedy,
    add_track,
    add_until,
    budget_of,
    integer,
    to_stderr,
    track_of,
    whole,
)
from gansmith.cli.parts import add_parts, parts_of
from gansmith.ground.recipes.settings import EngineName, Recipe

ENGINES = "torch: PyTorch; numpy: NumPy with all gradients written by hand"
START = "start with the weights of a trained run, of a .safetensors file, or of hub:NAME, where their layers fit"
FREEZE = "with --from: the discriminator's N lowest layers, next to the picture, keep their weights (FreezeD)"
DATA = "training data: a built-in name; pictures: a folder, zip, .npz, IDX files; a .csv, a folder of .wav, a .txt ..."
ATTRIBUTE = "make two classes from an attribute of the source, for example Smiling of CelebA"
SETTING = "change a setting, for example loss.name=hinge; `gansmith settings` lists them; may be repeated"


def add_arguments(parser: Parser) -> None:
    """The options of `train`."""
    parser.add_argument("recipe", help="a recipe's name (see `gansmith recipes`) or a .toml file")
    parser.add_argument("--data", metavar="SOURCE", help=DATA)
    parser.add_argument("--attribute", metavar="NAME", help=ATTRIBUTE)
    parser.add_argument("--from", dest="start", metavar="RUN", help=START)
    parser.add_argument("--freeze-d", type=whole, metavar="N", help=FREEZE)
    parser.add_argument("--out", type=Path, metavar="DIR", help="the run's folder (default: runs/<recipe>-<number>)")
    parser.add_argument("--seed", type=integer, metavar="N", help="the seed of all random numbers")
    add_budget(parser)
    parser.add_argument("--engine", choices=get_args(EngineName), help=ENGINES)
    add_device(parser)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help=SETTING)
    add_parts(parser)
    add_until(parser)
    add_remedy(parser)
    add_track(parser)
    add_offline(parser)
    parser.add_argument("--dry-run", action="store_true", help="print what would be trained, and train nothing")
    add_display(parser)


def run(options: argparse.Namespace) -> int:
    """Train, or print what would be trained."""
    from gansmith.cli.training.progress import Display, conclude
    from gansmith.runs.choose_recipe import choose_recipe
    from gansmith.runs.processes import need_free, new_folder
    from gansmith.runs.run import begin

    attribute = [f"data.attribute={options.attribute}", "data.labels=classes"] if options.attribute else []
    remedy = [f"watch.remedy={options.remedy}"] if options.remedy else []
    until = [f"budget.until={options.until}"] if options.until else []
    track = [f"{name}={value}" for name, value in track_of(options).items()]
    frozen = [f"start.frozen={options.freeze_d}"] if options.freeze_d else []
    parts = parts_of(options)
    recipe = choose_recipe(
        options.recipe,
        data=options.data,
        budget=budget_of(options),
        engine=options.engine,
        device=options.device,
        seed=options.seed,
        start=options.start,
        settings=[*attribute, *options.set, *remedy, *until, *track, *frozen],
        parts=parts,
    )
    if not options.dry_run:
        need_free(options.out)  # before anything is downloaded or prepared
    fetch(recipe, options)
    if options.dry_run:
        from gansmith.cli.training.dry_run import show

        return show(recipe, parts, as_json=options.json)
    with new_folder(recipe, options.out) as folder, Display(folder, options) as display:
        finished = begin(recipe, folder, parts, watching=[display], say=display.say)
    return conclude(finished, quiet=display.quiet)


def fetch(recipe: Recipe, options: argparse.Namespace) -> None:
    """Download the recipe's data, if it is one of the sets that Gansmith downloads and is not here."""
    from rich.progress import DownloadColumn

    from gansmith.cli.bars import bar_on_stderr
    from gansmith.data import sources
    from gansmith.ground.process.launch import launched

    quiet = options.quiet or options.json or not launched().first
    with bar_on_stderr(DownloadColumn(), quiet=quiet) as bar:
        task = bar.add_task(recipe.data.source, total=None, visible=False)
        sources.fetch_missing(
            recipe.data.source,
            offline=options.offline,
            say=lambda line: None if quiet else to_stderr(line),
            progress=lambda done, total: bar.update(task, completed=done, total=total, visible=True),
        )
