"""The parser: argparse, with one-line refusals (exit code 1) and examples in every --help."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from gansmith.ground.errors import nearest
from gansmith.ground.version import __version__


class Refused(Exception):
    """Arguments that make no command; one line."""


@dataclass(frozen=True)
class Command:
    """A row of the table of commands: `module` is imported only when the command is used or explained."""

    summary: str
    module: str  # has add_arguments(parser) and run(options) -> int | None
    examples: tuple[str, ...]


class Parser(argparse.ArgumentParser):
    """argparse that refuses in one line instead of exiting with 2, and knows no abbreviations."""

    def __init__(self, *args: Any, **options: Any) -> None:
        options.setdefault("formatter_class", argparse.RawDescriptionHelpFormatter)
        super().__init__(*args, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Refuse in one line."""
        raise Refused(f"{message} (see `{self.prog} --help`)")

    @classmethod
    def of(cls, commands: Mapping[str, Command]) -> Parser:
        """The parser of the whole command line; a command's own options are read when it is met."""
        names = "\n".join(f"  {name:<10} {command.summary}" for name, command in commands.items())
        parser = cls(
            prog="gansmith",
            description="Train, diagnose, measure and steer generative adversarial networks on your own data.",
            epilog=f"commands:\n{names}\n\nstart with:\n  gansmith train digits\n  gansmith COMMAND --help",
            usage="gansmith COMMAND ...",
        )
        parser.add_argument("--version", action="version", version=f"gansmith {__version__}")
        parser.add_argument("command", metavar="COMMAND", help=argparse.SUPPRESS)
        parser.add_argument("rest", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
        parser._commands = commands
        return parser

    _commands: Mapping[str, Command]

    def parse_args(self, arguments: list[str]) -> argparse.Namespace:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Parse the command's name, then, with that command's own parser, everything after it."""
        if not arguments:
            self.print_help()
            return argparse.Namespace(execute=lambda _: 0)
        first = super().parse_args(arguments)
        if first.command not in self._commands:
            raise Refused(f"unknown command {first.command!r}{nearest(first.command, self._commands)}")
        command = self._commands[first.command]
        module = importlib.import_module(command.module)
        parser = Parser(
            prog=f"gansmith {first.command}",
            description=command.summary,
            epilog="examples:\n" + "\n".join(f"  {example}" for example in command.examples),
        )
        module.add_arguments(parser)
        run: Callable[[argparse.Namespace], int | None] = module.run
        parser.set_defaults(execute=run)
        return argparse.ArgumentParser.parse_args(parser, first.rest)


def whole(text: str) -> int:
    """A whole number above 0, as an argument."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} must be at least 1")
    return value


def positive(text: str) -> float:
    """A number above 0, as an argument."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} must be above 0")
    return value


def add_budget(parser: Parser) -> None:
    """The flags that say how long to train."""
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--updates", type=whole, metavar="N", help="train for N updates")
    budget.add_argument("--images", type=whole, metavar="N", help="train until the discriminator has seen N real items")
    budget.add_argument("--epochs", type=positive, metavar="N", help="train for N passes over the data")
    budget.add_argument("--minutes", type=positive, metavar="M", help="train for M minutes")
