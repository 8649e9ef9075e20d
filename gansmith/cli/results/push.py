"""`gansmith push`."""

from __future__ import annotations

import argparse
from pathlib import Path

from gansmith.cli.parser import Parser, add_checkpoint
from gansmith.cli.parts import add_parts, parts_of


def add_arguments(parser: Parser) -> None:
    """The options of `push`."""
    parser.add_argument("run", type=Path, help="a run's folder")
    parser.add_argument("name", metavar="NAME", help="on the Hub: OWNER/NAME, or NAME under your own")
    about = "the licence of the data, as the card shall tell it (default: not stated)"
    parser.add_argument("--licence", default="", metavar="NAME", help=about)
    about = "also a static Space of the same name: the page of `gansmith export RUN html`"
    parser.add_argument("--space", action="store_true", help=about)
    parser.add_argument("--private", action="store_true", help="for you and your organisation alone")
    parser.add_argument("--force", action="store_true", help="send a new version where the name is taken")
    add_checkpoint(parser)
    add_parts(parser)


def run(options: argparse.Namespace) -> int:
    """Send it, and say where it is."""
    from gansmith.exports.push import push

    own = parts_of(options, options.run)
    how = {"space": options.space, "private": options.private, "force": options.force}
    done = push(options.run, options.name, options.licence, checkpoint=options.checkpoint, parts=own, **how)
    for note in done.notes:
        print(note)
    print(done.model)
    if done.space:
        print(done.space)
    return 0
