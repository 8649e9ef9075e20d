"""`gansmith sample`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gansmith.cli.parser import Parser, Refused, add_checkpoint, integer, positive, to_stderr, whole
from gansmith.cli.parts import add_parts, parts_of
from gansmith.kinds import Kind, Shown, Units

if TYPE_CHECKING:
    from gansmith.trained.drawn import Drawn
    from gansmith.trained.generator import Generator

COUNT, FRAMES = 16, 60
FRAME_MS = 50
LINES = 64  # samples that are said as text
FILMS = (".webp", ".gif", ".mp4")


def add_arguments(parser: Parser) -> None:
    """The options of `sample`."""
    parser.add_argument("run", type=Path, help="a run's folder")
    parser.add_argument("--count", type=whole, metavar="N", help=f"how many items of a seed (default {COUNT})")
    what = parser.add_mutually_exclusive_group()
    about = "the same seed gives the same items (default: the command asks for it; 0 if there is no terminal)"
    what.add_argument("--seed", type=integer, metavar="S", help=about)
    what.add_argument("--seeds", metavar="A-B", help="one item of each seed: 0-99, or 3,7,20-25")
    about = "items of these latents: an .npz with `latents`, and perhaps `labels`, as `gansmith explore` writes it"
    what.add_argument("--latents", type=Path, metavar="FILE", help=about)
    about = "the way from one seed's item to another's"
    what.add_argument("--between", type=integer, nargs=2, metavar=("A", "B"), help=about)
    parser.add_argument("--frames", type=whole, metavar="N", help=f"items on that way (default {FRAMES})")
    parser.add_argument(
        "--label",
        metavar="NAME|N",
        help="with labels: the class, by its name; by its number, if the names are no numbers",
    )
    about = 'tables: rows of this kind alone: "sex=F", "age>=40 and region!=north"'
    parser.add_argument("--where", metavar="CONDITION", help=about)
    about = "below 1: more typical, less varied"
    parser.add_argument("--truncation", type=positive, default=1.0, metavar="T", help=about)
    about = (
        "with a mapping network: truncate, or go, in the styles w behind it, or in the latents z before it (default w)"
    )
    parser.add_argument("--space", choices=("z", "w"), help=about)
    add_checkpoint(parser)
    add_parts(parser)
    about = (
        ".png (one sheet) or .npz; pictures: a folder, or a film: .webp, .gif, .mp4 (which needs the extra `video`); "
        "vectors: .csv, .npy; tables: .csv, .tsv; sounds: .wav, .npy, a folder; series: .npy; words: .txt; default: sample-<seed> "
        "with the ending of its kind, between-<A>-<B>.webp"
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
    generator = load(options.run, checkpoint=options.checkpoint, parts=parts_of(options, options.run), say=to_stderr)
    generator = seen_in_space(generator, options)
    made = drawn(generator, options)
    kind = generator.kind
    items = generator.items(made.latents, made.labels)
    out = options.out or Path(
        made.stem + (".webp" if options.between and kind.pixels else kind.usual_ending(generator.units))
    )
    named = made.labels if made.labels is None else as_named(made.labels, generator.class_names)
    how = Written(kind, generator.units, named, "groups" if generator.labelling.counts else "labels", made.names)
    write(out, items, how)
    print(f"{made.told}{'' if generator.space == 'z' else f', in {generator.space}'}: {out}")
    if lines := kind.lines(items, generator.units, LINES):
        print("\n".join(lines))
    return 0


def check(options: argparse.Namespace) -> None:
    """Refuse options that would do nothing. Raises Refused."""
    several = next((name for name in ("seeds", "latents", "between") if getattr(options, name) is not None), None)
    if options.count is not None and several:
        raise Refused(f"--count goes with --seed, and --{several} tells the number itself: leave --count out")
    if options.frames is not None and several != "between":
        raise Refused("--frames goes with --between A B: name two seeds, or leave --frames out")
    if options.where is not None and (several or options.label is not None):
        raise Refused("--where goes with --seed and --count alone: leave the others out, or leave --where out")
    if options.space is not None and several == "latents":
        raise Refused("--space says how latents are drawn, and the file of --latents notes its own: leave --space out")
    if options.truncation != 1 and several == "latents":
        raise Refused("--truncation changes how latents are drawn, and --latents gives them: leave --truncation out")


def seen_in_space(generator: Generator, options: argparse.Namespace) -> Generator:
    """The generator with latents of the space that is asked for; those of a file are of the space that it notes.

    Samples that are neither truncated nor on a way are the same in both, and taken from z. Raises RunError.
    """
    from gansmith.trained.drawn import space_of
    from gansmith.trained.styled import EACH_STAGE, in_space

    if options.latents is not None:
        noted = space_of(options.latents)
        return in_space(generator, "z" if noted == "z" else "w", each_stage=noted == EACH_STAGE)
    moved = options.between is not None or options.truncation != 1
    return in_space(generator, options.space or ("auto" if moved else "z"))


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
    if options.where is not None:
        return ways.of_condition(generator, options.count or COUNT, seed, options.where, truncation)
    return ways.of_seed(generator, options.count or COUNT, seed, label, truncation)


def ask_seed() -> int:
    """A number from the user; 0 if there is no terminal."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return 0
    while True:
        print("a number (the same number gives the same samples): ", end="", file=sys.stderr, flush=True)
        text = sys.stdin.readline()
        if not text:
            raise Refused("no number was given: use --seed N")
        try:
            return int(text.strip())
        except ValueError:
            print("that is not a whole number, try again", file=sys.stderr)


@dataclass(frozen=True)
class Written:
    """What is known of samples that are written."""

    kind: Kind
    units: Units
    labels: np.ndarray | None = None  # the names of the items' classes, or the numbers of their groups
    label_name: str = "labels"  # of these in an .npz
    names: Sequence[str] = ()  # of the items' files; () = their numbers


def write(out: Path, items: np.ndarray, how: Written) -> None:
    """Write items as one sheet (.png), as arrays (.npz, with the labels), as a film, or as their kind writes them. PNG files and
    arrays of pictures with transparency have it too, and straight colours, as other programs want them; films show them on
    chequers."""
    kind = how.kind
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        if out.suffix == ".npz":
            write_arrays(out, items, how)
        elif out.suffix == ".png":
            write_sheet(out, items, how)
        elif kind.write is not None and out.suffix in kind.endings:
            named = kind.pixels or how.label_name == "labels"  # the number of a group is no column of a table
            kind.write(out, items, how.units, list(how.labels) if named and how.labels is not None else None, how.names)
        elif kind.pixels and out.suffix in FILMS:
            write_film(out, items)
        else:
            films = FILMS if kind.pixels else ()
            endings = ", ".join([".png", ".npz", *filter(None, kind.endings), *films])
            folder = ", or a folder" if "" in kind.endings else ""
            raise Refused(f"--out {out}: give a name that ends in {endings}{folder}")
    except OSError as error:
        raise Refused(f"{out} cannot be written ({error.strerror or error}): choose another --out") from None


def write_arrays(out: Path, items: np.ndarray, how: Written) -> None:
    """Write items in their units, and their labels, as an .npz."""
    from gansmith.ground import alpha
    from gansmith.ground.files.whole import replacing

    clear = how.kind.pixels and items.shape[3] == alpha.RGBA
    made = alpha.straight(items) if clear else np.asarray(how.kind.in_units(items, how.units))
    arrays = {how.kind.array: made} if how.labels is None else {how.kind.array: made, how.label_name: how.labels}
    with replacing(out, lasting=False) as file:
        np.savez_compressed(file, **arrays)  # pyright: ignore[reportArgumentType]


def write_sheet(out: Path, items: np.ndarray, how: Written) -> None:
    """Write items as one picture; transparent ones without chequers, which would be in the file."""
    from gansmith.ground import alpha
    from gansmith.ground.pixels import clear_grid, display_zoom, write_png

    if how.kind.pixels and items.shape[3] == alpha.RGBA:
        write_png(out, clear_grid(items, zoom=display_zoom(*items.shape[1:3])))
    else:
        write_png(out, how.kind.sheet(items, how.units, Shown()))


def write_film(out: Path, items: np.ndarray) -> None:
    """Write pictures uint8 (N, H, W, C) one after the other, enlarged as on a sheet."""
    from gansmith.ground.pixels import as_rgb, display_zoom
    from gansmith.report.animation import animate

    zoom = display_zoom(*items.shape[1:3], target=256)
    frames = as_rgb(items).repeat(zoom, axis=1).repeat(zoom, axis=2)
    animate(list(frames), out, FRAME_MS)
