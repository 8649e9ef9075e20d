"""`gansmith export`."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path

from gansmith.cli.fields import add_fields, read_fields
from gansmith.cli.parser import Parser, add_checkpoint
from gansmith.cli.parts import add_parts, parts_of
from gansmith.exports import EXPORTS
from gansmith.exports.options import Html, Options


def add_arguments(parser: Parser) -> None:
    """The options of `export`: a run, a kind of file, and that kind's own options."""
    parser.add_argument("run", type=Path, help="a run's folder")
    kinds = parser.add_subparsers(dest="kind", required=True, metavar="KIND")
    for name, kind in EXPORTS.items():
        examples = "examples:\n" + "\n".join(f"  gansmith export RUN {example}" for example in kind.examples)
        sub = kinds.add_parser(name, help=kind.summary, description=kind.summary, epilog=examples)
        about = f"the file to write (default: the run's name with {kind.ending}, in the current folder)"
        sub.add_argument("--out", type=Path, metavar="FILE", help=about)
        sub.add_argument("--force", action="store_true", help="replace a file that is there already")
        add_fields(sub, kind.options)
        add_checkpoint(sub)
        add_parts(sub)


def run(options: argparse.Namespace) -> int:
    """Write the file, and say what is in it."""
    from gansmith.exports import export

    asked = with_consent(read_fields(options, EXPORTS[options.kind].options))
    own = parts_of(options, options.run)
    chosen = {"force": options.force, "checkpoint": options.checkpoint}
    done = export(options.run, options.kind, options.out, asked, parts=own, **chosen)
    for note in done.notes:
        print(note)
    return 0


def with_consent(asked: Options) -> Options:
    """The options with the user's answer whether real pictures may be published, where a terminal can be asked."""
    if (
        not isinstance(asked, Html)
        or asked.with_real < 1
        or asked.consent
        or not (sys.stdin.isatty() and sys.stderr.isatty())
    ):
        return asked
    print(
        f"{asked.with_real} real pictures will be in the page, and all who get it can copy them. May they be published? "
        "[y/N] ",
        end="",
        file=sys.stderr,
        flush=True,
    )
    return dataclasses.replace(asked, consent=sys.stdin.readline().strip().lower() in ("y", "yes"))
