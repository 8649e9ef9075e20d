"""`gansmith explore`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from gansmith.cli.fields import add_fields, read_fields
from gansmith.cli.parser import Parser, add_checkpoint, to_stderr
from gansmith.cli.parts import add_parts, parts_of
from gansmith.explore import VERBS


def add_arguments(parser: Parser) -> None:
    """The options of `explore`: a run, a verb, and the verb's own options."""
    parser.add_argument("run", type=Path, help="a run's folder")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, verb in VERBS.items():
        examples = "examples:\n" + "\n".join(f"  gansmith explore RUN {example}" for example in verb.examples)
        sub = verbs.add_parser(name, help=verb.summary, description=verb.summary, epilog=examples)
        add_fields(sub, verb.options)
        add_checkpoint(sub)
        add_parts(sub)
        sub.add_argument("--json", action="store_true", help="print the figures as JSON, nothing else")


def run(options: argparse.Namespace) -> int:
    """Run the verb, and print its figures."""
    from gansmith.cli.bars import bar_on_stderr
    from gansmith.explore import explore
    from gansmith.training.threads import take_free

    take_free(to_stderr)
    parts = parts_of(options, options.run)
    with bar_on_stderr(quiet=options.json) as bar:
        task = bar.add_task(options.verb, total=1.0)
        result = explore(
            options.run,
            options.verb,
            read_fields(options, VERBS[options.verb].options),
            checkpoint=options.checkpoint,
            parts=parts,
            progress=lambda what, share: bar.update(task, description=what, completed=share),
        )
    if options.json:
        print(json.dumps({"folder": str(result.folder), "files": result.files, "figures": result.figures}, indent=2))
        return 0
    for note in result.notes:
        print(note)
    print(f"{result.folder}: {', '.join(result.files)}")
    return 0
