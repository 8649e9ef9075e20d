"""`gansmith recipes`."""

from __future__ import annotations

import argparse

from gansmith import recipes
from gansmith.cli.parser import Parser
from gansmith.ground.recipes.recipe import SCHEMA_LINE


def add_arguments(parser: Parser) -> None:
    """The options of `recipes`."""
    parser.add_argument("name", nargs="?", help="the recipe to show (default: list all)")


def run(options: argparse.Namespace) -> int:
    """List the recipes, or print one."""
    if options.name:
        print(SCHEMA_LINE + recipes.text(options.name), end="")
    else:
        width = max(len(name) for name in recipes.names())
        for name in recipes.names():
            print(f"{name:<{width}}  {recipes.summary(name)}")
    return 0
