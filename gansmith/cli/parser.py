"""The parser: argparse with error messages of one line, exit code 1, and examples in every --help."""

from __future__ import annotations

import argparse
import importlib
import math
import os
import re
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from gansmith.ground.errors import counted, similar
from gansmith.ground.version import __version__

CHOICE = re.compile(r"invalid choice: '(.*)' \(choose from (.*)\)$")  # as argparse words it


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
        """Raise Refused with one line; a choice that there is not is told with the one most like it."""
        if choice := CHOICE.search(message):
            known = [name.strip("'\" ") for name in choice[2].split(",")]
            close = similar(choice[1], known)
            message += f"; did you mean {close!r}?" if close else ""
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
            from gansmith.ground.recipes.hints import command_hint

            raise Refused(f"unknown command {first.command!r}{command_hint(first.command, list(self.commands))}")
        command = self.commands[first.command]
        examples = "examples:\n" + "\n".join(f"  {example}" for example in command.examples)
        parser = Parser(prog=f"gansmith {first.command}", description=command.summary, epilog=examples)
        module = importlib.import_module(command.module)
        module.add_arguments(parser)
        parser.set_defaults(execute=module.run)
        options, left = parser.parse_known_args(first.rest)
        if left:
            parser.error(_unknown(left, _flags(parser, options)))
        return options


def _flags(parser: argparse.ArgumentParser, options: argparse.Namespace) -> list[str]:
    """Every option of a command, and of the action of it that was chosen."""
    flags = list(parser._option_string_actions)
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            flags += _flags(action.choices[getattr(options, action.dest)], options)
    return flags


def _unknown(left: list[str], flags: list[str]) -> str:
    """What is wrong with arguments that no command takes: an unknown option, a pattern without quotes, a path too many."""
    flag = next((text.partition("=")[0] for text in left if text.startswith("-") and text != "--"), None)
    if flag in flags:
        return f"{flag} stands after `--`, where options end: write it before"
    if flag is not None:
        from gansmith.ground.recipes.hints import option_hint
        from gansmith.ground.recipes.recipe import flat
        from gansmith.ground.recipes.settings import Recipe

        return f"unrecognized option {flag}{option_hint(flag, list(flat(Recipe())), flags)}"
    paths = [text for text in left if os.path.exists(text)]
    data = "--data " * ("--data" in flags)
    if len(paths) > 1:
        pattern = os.path.join(os.path.dirname(paths[0]), f"*{os.path.splitext(paths[0])[1]}")
        return f"{counted(len(left), 'argument')} too many, as if the shell had filled in a pattern: quote it, as in {data}'{pattern}'"
    if paths and data:
        return f"{paths[0]} is a path: give data as {data}{shlex.quote(paths[0])}"
    return f"unrecognized argument {shlex.join(left[:3])}{' ...' * (len(left) > 3)}"


def integer(text: str) -> int:
    """An argument's value: a whole number, also as 1e4."""
    try:
        value = int(text) if text.strip("+-").replace("_", "").isdecimal() else float(text)
        if value == int(value):
            return int(value)
    except (ValueError, OverflowError):
        pass
    raise argparse.ArgumentTypeError(f"{_short(text)} is not a whole number")


def number(text: str) -> float:
    """An argument's value: a finite number."""
    try:
        if math.isfinite(value := float(text)):
            return value
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"{_short(text)} is not a number")


def whole(text: str) -> int:
    """An argument's value: a whole number above 0."""
    value = integer(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text} must be at least 1")
    if value >= 2**63:
        raise argparse.ArgumentTypeError(f"{_short(text)} must be below 2^63")
    return value


def positive(text: str) -> float:
    """An argument's value: a number above 0."""
    value = number(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} must be above 0")
    return value


def _short(text: str) -> str:
    return repr(text if len(text) < 40 else text[:37] + "...")


LENGTHS: dict[str, tuple[Callable[[str], float], str]] = {
    "updates": (whole, "N updates"),
    "images": (whole, "N real items, as seen by the discriminator"),
    "epochs": (positive, "N passes over the data"),
    "minutes": (positive, "N minutes"),
}


def add_budget(parser: Parser, *, resumed: bool = False) -> None:
    """The options for the length of a training. resumed: of a run that goes on, N in all, or +N more."""
    budget = parser.add_mutually_exclusive_group()
    for name, (kind, what) in LENGTHS.items():
        if resumed:
            about = f"train until the run has had {what} in all, from its beginning; +N: N more than it has had"
            budget.add_argument(f"--{name}", type=_in_all_or_more(kind), metavar="N|+N", help=about)
        else:
            budget.add_argument(f"--{name}", type=kind, metavar="N", help=f"train for {what}")


def _in_all_or_more(kind: Callable[[str], float]) -> Callable[[str], tuple[float, bool]]:
    """An argument's value: a number, and whether it stands after a plus sign."""

    def value(text: str) -> tuple[float, bool]:
        return kind(text), text.strip().startswith("+")

    return value


def add_remedy(parser: Parser) -> None:
    """The option that lets the doctor change the training."""
    about = "auto: when something is wrong, go back to a good checkpoint, change one setting and go on, at most 3 times"
    parser.add_argument("--remedy", choices=("none", "auto"), help=about)


def add_until(parser: Parser) -> None:
    """The option that lets the doctor end the training."""
    about = "converged: stop when the doctor finds that nothing gets better; end: at the end of the budget"
    parser.add_argument("--until", choices=("end", "converged"), help=about)


def add_offline(parser: Parser) -> None:
    """The option that keeps a training from downloading its data."""
    parser.add_argument("--offline", action="store_true", help="fetch no data set that is not on this machine")


def add_track(parser: Parser) -> None:
    """The option for trackers."""
    about = "also tell a tracker: tensorboard, trackio, wandb or mlflow; may be repeated; none: no tracker"
    parser.add_argument("--track", action="append", metavar="NAME", help=about)


def track_of(options: argparse.Namespace) -> dict[str, list[str]]:
    """The setting of the option of `add_track`."""
    return {} if options.track is None else {"watch.track": [name for name in options.track if name != "none"]}


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

    given = {name: value for name in LENGTHS if (value := getattr(options, name)) is not None}
    more = any(value[1] for value in given.values() if isinstance(value, tuple))
    return Budget(**{name: value[0] if isinstance(value, tuple) else value for name, value in given.items()}, more=more)


def to_stderr(line: str) -> None:
    """Print a line beside a command's results."""
    print(line, file=sys.stderr, flush=True)
