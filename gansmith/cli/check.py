"""`gansmith check`."""

from __future__ import annotations

import argparse
import json

from gansmith.cli.parser import Parser


def add_arguments(parser: Parser) -> None:
    """The options of `check`."""
    parser.add_argument("--json", action="store_true", help="print as JSON")


def run(options: argparse.Namespace) -> int:
    """What this machine has, and what `auto` would choose on it."""
    from gansmith.data import cache
    from gansmith.ground.process import blas
    from gansmith.training import machine

    device = machine.choose_device("auto")
    facts = (
        machine.environment()
        | blas.environment()
        | {
            "device": device,
            "precision": machine.choose_precision("auto", device),
            "measured operations per second": round(machine.operations_per_second(device) / machine.EFFICIENCY),
            "cache": str(cache.folder()),
        }
    )
    if options.json:
        print(json.dumps(facts, indent=2))
    else:
        for name, value in facts.items():
            print(
                f"{name:<31} {value:,}"
                if isinstance(value, int) and not isinstance(value, bool)
                else f"{name:<31} {value}"
            )
    return 0
