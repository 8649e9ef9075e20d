"""`gansmith check`."""

from __future__ import annotations

import argparse
import json

from gansmith.cli.parser import Parser


def add_arguments(parser: Parser) -> None:
    """The options of `check`."""
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> int:
    """Print what this machine has, and what `auto` means on it."""
    from gansmith.data import cache
    from gansmith.ground.process import blas
    from gansmith.training import machine

    device = machine.choose_device("auto")
    facts = {
        **machine.environment(),
        **blas.environment(),
        "device": device,
        "precision": machine.choose_precision("auto", device),
        "measured operations per second": round(machine.product_speed("float32", device)),
        "cache": str(cache.folder()),
    }
    if options.json:
        print(json.dumps(facts, indent=2))
        return 0
    for name, value in facts.items():
        print(f"{name:<31} {f'{value:,}' if type(value) is int else value}")
    return 0
