"""`gansmith train`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import get_args

from gansmith.cli.parser import Parser, add_budget
from gansmith.ground.recipes.settings import EngineName


def add_arguments(parser: Parser) -> None:
    """The options of `train`."""
    parser.add_argument("recipe", help="a recipe's name (see `gansmith recipes`) or a .toml file")
    parser.add_argument(
        "--data", metavar="SOURCE", help="the training data: a built-in name, a folder, a zip, .npz, IDX files"
    )
    parser.add_argument(
        "--attribute",
        metavar="NAME",
        help="make two classes from an attribute of the source, for example Smiling of CelebA",
    )
    parser.add_argument("--out", type=Path, metavar="DIR", help="the run's folder (default: runs/<recipe>-<number>)")
    parser.add_argument(
        "--seed", type=int, metavar="N", help="the seed of all random numbers: another seed, another training"
    )
    add_budget(parser)
    parser.add_argument(
        "--engine", choices=get_args(EngineName), help="torch: PyTorch; numpy: NumPy with all gradients written by hand"
    )
    parser.add_argument("--device", metavar="NAME", help="auto, cpu, cuda, cuda:1 or mps")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a setting, for example loss.name=hinge; `gansmith settings` lists them; may be repeated",
    )
    add_remedy(parser)
    parser.add_argument("--dry-run", action="store_true", help="print what would be trained, and train nothing")
    add_display(parser)


def add_remedy(parser: Parser) -> None:
    """The option that lets the doctor change the training."""
    parser.add_argument(
        "--remedy",
        choices=("none", "auto"),
        help="auto: when something is wrong, go back to a good checkpoint, change one setting and go on, at most 3 times",
    )


def add_display(parser: Parser) -> None:
    """The options that say what is shown while training."""
    parser.add_argument("--json", action="store_true", help="print statistics as JSON lines, nothing else")
    parser.add_argument("--quiet", action="store_true", help="print errors only")
    parser.add_argument("--preview", action="store_true", help="draw samples in the terminal during training")


def run(options: argparse.Namespace) -> int:
    """Train, or say what would be trained."""
    from gansmith.cli.training.progress import Display, conclude
    from gansmith.ground.files.runfolder import RunFolder
    from gansmith.ground.process.launch import launched
    from gansmith.runs.choose_recipe import Budget, choose_recipe
    from gansmith.runs.processes import free_folder
    from gansmith.runs.run import begin

    by_attribute = [f"data.attribute={options.attribute}", "data.labels=classes"] if options.attribute else []
    recipe = choose_recipe(
        options.recipe,
        data=options.data,
        budget=Budget(options.updates, options.images, options.epochs, options.minutes),
        engine=options.engine,
        device=options.device,
        seed=options.seed,
        settings=[*by_attribute, *options.set, *([f"watch.remedy={options.remedy}"] if options.remedy else [])],
    )
    if options.dry_run:
        from gansmith.cli.training.dry_run import show

        return show(recipe, as_json=options.json)
    folder = RunFolder(options.out) if options.out else free_folder(recipe)
    quiet = options.quiet or not launched().first
    with Display(folder, as_json=options.json, quiet=quiet, preview=options.preview) as display:
        finished = begin(recipe, folder, None, watching=[display], say=display.say)
    return conclude(finished, quiet=quiet or options.json)
