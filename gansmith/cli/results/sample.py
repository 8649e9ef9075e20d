"""`gansmith sample`."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import numpy as np

from gansmith.cli.parser import Parser, Refused, add_checkpoint, integer, positive, whole
from gansmith.cli.parts import add_parts, parts_of


def add_arguments(parser: Parser) -> None:
    """The options of `sample`."""
    parser.add_argument("run", type=Path, help="a run's folder")
    parser.add_argument("--count", type=whole, default=16, metavar="N", help="how many pictures (default 16)")
    about = "the same seed gives the same pictures (default: the command asks for it; 0 if there is no terminal)"
    parser.add_argument("--seed", type=integer, metavar="S", help=about)
    parser.add_argument(
        "--label",
        metavar="NAME|N",
        help="with labels: the class, by its name; by its number, if the names are no numbers",
    )
    about = "below 1: more typical, less varied"
    parser.add_argument("--truncation", type=positive, default=1.0, metavar="T", help=about)
    add_checkpoint(parser)
    add_parts(parser)
    about = ".png (one sheet), .npz, or a folder (default: sample-<seed>.png)"
    parser.add_argument("--out", type=Path, metavar="FILE", help=about)


def run(options: argparse.Namespace) -> int:
    """Draw samples and write them."""
    from gansmith.ground.labelling import as_named
    from gansmith.trained.generator import load

    generator = load(options.run, checkpoint=options.checkpoint, parts=parts_of(options, options.run))
    seed = ask_seed() if options.seed is None else options.seed
    labels = generator.labels(options.count, options.label, seed)
    items = generator.images(generator.latents(options.count, seed, options.truncation), labels)
    out = options.out or Path(f"sample-{seed}.png")
    named = labels if labels is None else as_named(labels, generator.class_names)
    write(out, items, named, "groups" if generator.labelling.counts else "labels")
    print(f"{options.count} samples of seed {seed}: {out}")
    return 0


def ask_seed() -> int:
    """A number from the user; 0 if there is no terminal."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return 0
    while True:
        print("a number (the same number gives the same picture): ", end="", file=sys.stderr, flush=True)
        text = sys.stdin.readline()
        if not text:
            raise Refused("no number was given: use --seed N")
        try:
            return int(text.strip())
        except ValueError:
            print("that is not a whole number, try again", file=sys.stderr)


def write(out: Path, items: np.ndarray, labels: np.ndarray | None, label_name: str) -> None:
    """Write items as one sheet (.png), as arrays (.npz, with the labels as `label_name`), or as a folder of pictures.

    labels: the names of the items' classes, or the numbers of their groups.
    """
    from gansmith.ground.files.whole import replacing
    from gansmith.ground.pixels import display_zoom, grid, write_png

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.suffix == ".npz":
            name = "vectors" if items.ndim == 2 else "images"
            arrays = {name: items} if labels is None else {name: items, label_name: labels}
            with replacing(out, lasting=False) as file:
                np.savez_compressed(file, **arrays)  # pyright: ignore[reportArgumentType]
        elif items.ndim == 2:
            from gansmith.report.scatter import scatter_sheet

            if out.suffix != ".png":
                raise Refused(f"{out}: samples of vectors are written as .npz, or drawn as .png")
            write_png(out, scatter_sheet(items, items[:0]))
        elif out.suffix == ".png":
            write_png(out, grid(items, zoom=display_zoom(*items.shape[1:3])))
        elif out.suffix == "":
            out.mkdir(exist_ok=True)
            for index, picture in enumerate(items):
                label = "" if labels is None else "-" + re.sub(r"[^\w.-]", "_", str(labels[index]))
                write_png(out / f"{index:05d}{label}.png", picture)
        else:
            raise Refused(f"--out {out}: give a name that ends in .png or .npz, or a folder")
    except OSError as error:
        raise Refused(f"{out} cannot be written ({error.strerror or error}): choose another --out") from None
