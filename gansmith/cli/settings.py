"""`gansmith settings`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import textwrap

from gansmith.cli.parser import Parser
from gansmith.ground.recipes.meanings import Key, find


def add_arguments(parser: Parser) -> None:
    """The options of `settings`."""
    about = "a table or a key: loss, optimizer.generator, data.labels (default: all)"
    parser.add_argument("prefix", nargs="?", default="", metavar="PREFIX", help=about)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print as JSON")
    form.add_argument("--schema", action="store_true", help="print the JSON schema of recipes, for editors")


def run(options: argparse.Namespace) -> int:
    """Print the keys under a prefix."""
    if options.schema:
        from gansmith.ground.recipes.schema import text as schema

        print(schema(), end="")
        return 0
    found = find(options.prefix)
    if options.json:
        print(json.dumps([dataclasses.asdict(key) for table in found for key in table.keys], indent=2))
        return 0
    for number, table in enumerate(found):
        heading = f"[{table.name}] {table.meaning}" if table.name else f"(outside every table) {table.meaning}"
        print(("\n" if number else "") + textwrap.fill(heading, 100))
        for key in table.keys:
            print("\n" + text(key))
    return 0


def text(key: Key) -> str:
    """A key as text: its default, its type, its meaning."""
    kind = f"{key.kind} {', '.join(key.choices)}" if key.choices else key.kind
    lines = [f"  {key.name} = {key.value}"]
    for part in (kind, key.meaning, *(f"{name}: {about}" for name, about in key.choice_meanings.items())):
        lines += textwrap.wrap(part, 100, initial_indent="      ", subsequent_indent="      ", break_on_hyphens=False)
    return "\n".join(lines)
