"""`gansmith explore`."""

from __future__ import annotations

import argparse
import dataclasses
import json
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from gansmith.cli.parser import Parser, add_checkpoint, integer, number, to_stderr
from gansmith.cli.parts import add_parts, parts_of
from gansmith.explore import VERBS


def add_arguments(parser: Parser) -> None:
    """The options of `explore`: a run, a verb, and the verb's own options."""
    parser.add_argument("run", type=Path, help="a run's folder")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    for name, verb in VERBS.items():
        examples = "examples:\n" + "\n".join(f"  gansmith explore RUN {example}" for example in verb.examples)
        sub = verbs.add_parser(name, help=verb.summary, description=verb.summary, epilog=examples)
        hints = get_type_hints(verb.options)
        for field in dataclasses.fields(verb.options):
            add_field(sub, field, hints[field.name])
        add_checkpoint(sub)
        add_parts(sub)
        sub.add_argument("--json", action="store_true", help="print the figures as JSON, nothing else")


def add_field(parser: argparse.ArgumentParser, field: dataclasses.Field[Any], kind: Any) -> None:
    """Add a field of a verb's options as an argument."""
    about = field.metadata["about"]
    choices = field.metadata["choices"] or None
    several = get_origin(kind) is tuple
    inner = get_args(kind)[0] if several else kind
    read = {int: integer, float: number}.get(inner, inner)
    default: Any = field.default
    if default not in ((), "", None, False, True):
        shown = " ".join(map(str, default)) if several else f"{default:.3g}" if kind is float else default
        about += f" (default {shown})"
    about = about.replace("%", "%%")
    flag = "--" + field.name.replace("_", "-")
    if field.metadata["positional"]:
        parser.add_argument(field.name, nargs="*" if several else None, type=read, help=about)
    elif kind is bool:
        action = argparse.BooleanOptionalAction if default else "store_true"
        parser.add_argument(flag, action=action, default=default, help=about)
    else:
        many, metavar = "+" if several else None, None if choices else {int: "N", float: "X"}.get(inner, "NAME")
        parser.add_argument(flag, nargs=many, type=read, default=default, choices=choices, help=about, metavar=metavar)


def run(options: argparse.Namespace) -> int:
    """Run the verb, and print its figures."""
    from rich.console import Console
    from rich.progress import Progress

    from gansmith.explore import explore
    from gansmith.training.threads import take_free

    take_free(to_stderr)
    kind = VERBS[options.verb].options
    values: dict[str, Any] = {field.name: getattr(options, field.name) for field in dataclasses.fields(kind)}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    parts = parts_of(options, options.run)
    with Progress(console=Console(stderr=True), transient=True, disable=options.json) as bar:
        task = bar.add_task(options.verb, total=1.0)
        result = explore(
            options.run,
            options.verb,
            kind(**values),
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
