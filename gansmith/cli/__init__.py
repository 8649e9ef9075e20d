"""The command line: one function per command. Only this room prints and exits.

Exit codes: 0 done, 1 refused or failed with one line that says what to do, 130 stopped by the user, everything saved.
"""

from __future__ import annotations

import sys

from gansmith.cli.commands import COMMANDS
from gansmith.cli.parser import Parser, Refused
from gansmith.ground.errors import GansmithError, LostRank, StoppedByUser
from gansmith.ground.process.launch import launched


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    try:
        options = Parser.of(COMMANDS).parse_args(sys.argv[1:] if arguments is None else arguments)
        return options.execute(options) or 0
    except (GansmithError, Refused) as error:
        if speaks() or isinstance(error, LostRank):
            print(f"gansmith: {error}", file=sys.stderr)
        return 1
    except (StoppedByUser, KeyboardInterrupt) as stop:
        if speaks():
            print(f"gansmith: stopped{': ' + str(stop) if str(stop) else ''}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        sys.stderr.close()
        return 0


def speaks() -> bool:
    """Whether this process is the one of its job that speaks: what all ranks would say is said once."""
    try:
        return launched().first
    except GansmithError:
        return True
