"""`gansmith sample`."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gansmith.cli.parser import Parser, Refused, add_checkpoint, integer, positive, whole
from gansmith.cli.parts import add_parts, parts_of

if TYPE_CHECKING:
    from gansmith.trained.drawn import Drawn
    from gansmith.trained.generator import Generator

COUNT, FRAMES = 16, 60
FRAME_MS = 50
FILMS = (".webp", ".gif", ".mp4")


def add_arguments(parser: Parser) -> None:
    """The options of `sample`."""
    parser.add_argument("run", type=Path, help="a run's folder")
    parser.add_argument("--count", type=whole, metavar="N", help=f"how many pictures of a seed (default {COUNT})")
    what = parser.add_mutually_exclusive_group()
    about = "the same seed gives the same pictures (default: the command asks for it; 0 if there is no terminal)"
    what.add_argument("--seed", type=integer, metavar="S", help=about)
    what.add_argument("--seeds", metavar="A-B", help="one picture of each seed: 0-99, or 3,7,20-25")
    about = "pictures of these latents: an .npz with `latents`, and perhaps `labels`, as `gansmith explore` writes it"
    what.add_argument("--latents", type=Path, metavar="FILE", help=about)
    about = "the way from one seed's picture to another's"
    what.add_argument("--between", type=integer, nargs=2, metavar=("A", "B"), help=about)
    parser.add_argument("--frames", type=whole, metavar="N", help=f"pictures on that way (default {FRAMES})")
    parser.add_argument(
        "--label",
        metavar="NAME|N",
        help="with labels: the class, by its name; by its number, if the names are no numbers",
    )
    about = "below 1: more typical, less varied"
    parser.add_argument("--truncation", type=positive, default=1.0, metavar="T", help=about)
    add_checkpoint(parser)
    add_parts(parser)
    about = (
        ".png (one sheet), .npz, a folder, or a film: .webp, .gif, .mp4 (which needs the extra `video`); default: "
        "sample-<seed>.png, between-<A>-<B>.webp"
    )
    parser.add_argument("--out", type=Path, metavar="FILE", help=about)


def run(options: argparse.Namespace) -> int:
    """Draw samples and write them."""
    from gansmith.ground.labelling import as_named
    from gansmith.ground.process.extras import need
    from gansmith.trained.generator import load

    check(options)
    if options.out is not None and options.out.suffix == ".mp4":
        need("video", "av")  # before pictures are made in vain
    generator = load(options.run, checkpoint=options.checkpoint, parts=parts_of(options, options.run))
    made = drawn(generator, options)
    items = generator.images(made.latents, made.labels)
    out = options.out or Path(made.stem + (".webp" if options.between and items.ndim == 4 else ".png"))
    named = made.labels if made.labels is None else as_named(made.labels, generator.class_names)
    write(out, items, named, "groups" if generator.labelling.counts else "labels", made.names)
    print(f"{made.told}: {out}")
    return 0


def check(options: argparse.Namespace) -> None:
    """Refuse options that would do nothing. Raises Refused."""
    several = next((name for name in ("seeds", "latents", "between") if getattr(options, name) is not None), None)
    if options.count is not None and several:
        raise Refused(f"--count goes with --seed, and --{several} tells the number itself: leave --count out")
    if options.frames is not None and several != "between":
        raise Refused("--frames goes with --between A B: name two seeds, or leave --frames out")
    if options.truncation != 1 and several == "latents":
        raise Refused("--truncation changes how latents are drawn, and --latents gives them: leave --truncation out")


def drawn(generator: Generator, options: argparse.Namespace) -> Drawn:
    """The latents and labels that are asked for. Raises RunError."""
    from gansmith.trained import drawn as ways

    label, truncation = options.label, options.truncation
    if options.seeds is not None:
        return ways.of_seeds(generator, options.seeds, label, truncation)
    if options.latents is not None:
        return ways.of_file(generator, options.latents, label)
    if options.between is not None:
        first, last = options.between
        return ways.between(generator, first, last, options.frames or FRAMES, label, truncation)
    seed = ask_seed() if options.seed is None else options.seed
    return ways.of_seed(generator, options.count or COUNT, seed, label, truncation)


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


def write(out: Path, items: np.ndarray, labels: np.ndarray | None, label_name: str, names: Sequence[str] = ()) -> None:
    """Write items as one sheet (.png), as arrays (.npz, with the labels as `label_name`), as a film, or as a folder of pictures
    with these names, else their numbers. PNG files and arrays of pictures with transparency have it too, and straight colours,
    as other programs want them; films show them on chequers.

    labels: the names of the items' classes, or the numbers of their groups.
    """
    from gansmith.ground import alpha
    from gansmith.ground.files.whole import replacing
    from gansmith.ground.pixels import clear_grid, display_zoom, grid, write_png

    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.suffix == ".npz":
            name = "vectors" if items.ndim == 2 else "images"
            if items.ndim == 4 and items.shape[3] == alpha.RGBA:
                items = alpha.straight(items)
            arrays = {name: items} if labels is None else {name: items, label_name: labels}
            with replacing(out, lasting=False) as file:
                np.savez_compressed(file, **arrays)  # pyright: ignore[reportArgumentType]
        elif items.ndim == 2:
            from gansmith.report.scatter import scatter_sheet

            if out.suffix != ".png":
                raise Refused(f"{out}: samples of vectors are written as .npz, or drawn as .png")
            write_png(out, scatter_sheet(items, items[:0]))
        elif out.suffix == ".png":
            laid = clear_grid if items.shape[3] == alpha.RGBA else grid  # without chequers, which would be in the file
            write_png(out, laid(items, zoom=display_zoom(*items.shape[1:3])))
        elif out.suffix in FILMS:
            write_film(out, items)
        elif out.suffix == "":
            out.mkdir(exist_ok=True)
            for index, picture in enumerate(items):
                label = "" if labels is None else "-" + re.sub(r"[^\w.-]", "_", str(labels[index]))
                write_png(out / f"{names[index] if names else f'{index:05d}'}{label}.png", picture)
        else:
            raise Refused(f"--out {out}: give a name that ends in .png, .npz, {', '.join(FILMS)}, or a folder")
    except OSError as error:
        raise Refused(f"{out} cannot be written ({error.strerror or error}): choose another --out") from None


def write_film(out: Path, items: np.ndarray) -> None:
    """Write pictures uint8 (N, H, W, C) one after the other, enlarged as on a sheet."""
    from gansmith.ground.pixels import as_rgb, display_zoom
    from gansmith.report.animation import animate

    zoom = display_zoom(*items.shape[1:3], target=256)
    frames = as_rgb(items).repeat(zoom, axis=1).repeat(zoom, axis=2)
    animate(list(frames), out, FRAME_MS)
