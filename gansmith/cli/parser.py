"""The parser: argparse with error messages of one line, exit code 1, and examples in every --help."""

from __future__ import annotations

import argparse
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from gansmith.ground.errors import nearest
from gansmith.ground.version import __version__


class Refused(Exception):
    """Arguments that make no sense; one line."""


@dataclass(frozen=True)
class Command:
    """A row of the table of commands. `module` is imported only when the command is used or explained."""

    summary: str
    module: str  # has add_arguments(parser) and run(options) -> int | None
    examples: tuple[str, ...]


class Parser(argparse.ArgumentParser):
    """argparse without abbreviations, which raises Refused instead of exiting with code 2."""

    commands: Mapping[str, Command]  # of the parser that `of` makes

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, formatter_class=argparse.RawDescriptionHelpFormatter, **options)

    def error(self, message: str) -> NoReturn:
        """Raise Refused with one line."""
        raise Refused(f"{message} (see `{self.prog} --help`)")

    @classmethod
    def of(cls, commands: Mapping[str, Command]) -> Parser:
        """The parser of the whole command line."""
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
        parser.commands = commands
        return parser

    def parse_args(self, arguments: list[str]) -> argparse.Namespace:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Parse the name of the command, then the rest with the command's own parser. The result has `execute`."""
        if not arguments:
            self.print_help()
            return argparse.Namespace(execute=lambda _: 0)
        first = super().parse_args(arguments)
        if first.command not in self.commands:
            raise Refused(f"unknown command {first.command!r}{nearest(first.command, self.commands)}")
        command = self.commands[first.command]
        examples = "examples:\n" + "\n".join(f"  {example}" for example in command.examples)
        parser = Parser(prog=f"gansmith {first.command}", description=command.summary, epilog=examples)
        module = importlib.import_module(command.module)
        module.add_arguments(parser)
        parser.set_defaults(execute=module.run)
        return argparse.ArgumentParser.parse_args(parser, first.rest)


def whole(text: str) -> int:
    """An argument's value: a whole number above 0."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} must be at least 1")
    return value


def positive(text: str) -> float:
    """An argument's value: a number above 0."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} must be above 0")
    return value


def add_budget(parser: Parser) -> None:
    """The options for the length of a training."""
    budget = parser.add_mutually_exclusive_group()
    budget.add_argument("--updates", type=whole, metavar="N", help="train for N updates")
    budget.add_argument("--images", type=whole, metavar="N", help="train until the discriminator has seen N real items")
    budget.add_argument("--epochs", type=positive, metavar="N", help="train for N passes over the data")
    budget.add_argument("--minutes", type=positive, metavar="M", help="train for M minutes")


def add_remedy(parser: Parser) -> None:
    """The option that lets the doctor change the training."""
    about = "auto: when something is wrong, go back to a good checkpoint, change one setting and go on, at most 3 times"
    parser.add_argument("--remedy", choices=("none", "auto"), help=about)


def add_display(parser: Parser) -> None:
    """The options for what a training shows."""
    parser.add_argument("--json", action="store_true", help="print statistics as JSON lines, nothing else")
    parser.add_argument("--quiet", action="store_true", help="print errors only")
    parser.add_argument("--preview", action="store_true", help="draw samples in the terminal during training")


def add_checkpoint(parser: argparse.ArgumentParser) -> None:
    """The option for one of a run's checkpoints."""
    about = "last (default), best, or the number of an update"
    parser.add_argument("--checkpoint", default="last", metavar="NAME", help=about)


def add_jobs(parser: Parser) -> None:
    """The option for trainings at the same time."""
    parser.add_argument("--jobs", type=whole, default=0, metavar="N", help="trainings at a time (default: all cores)")


def add_device(parser: Parser, default: str | None = None) -> None:
    """The option for the device."""
    parser.add_argument("--device", default=default, metavar="NAME", help="auto, cpu, cuda, cuda:1 or mps")


def budget_of(options: argparse.Namespace) -> Any:
    """The `Budget` of the options of `add_budget`."""
    from gansmith.runs.choose_recipe import Budget

    return Budget(options.updates, options.images, options.epochs, options.minutes)
