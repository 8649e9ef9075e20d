"""The command line. Only this room prints and exits.

Exit codes: 0 = done, 1 = refused or failed, with one line that says what to do, 130 = stopped by the user, all saved.
"""

from __future__ import annotations

import sys

from gansmith.cli.commands import COMMANDS
from gansmith.cli.parser import Parser, Refused
from gansmith.ground.errors import GansmithError, LostRank, StoppedByUser
from gansmith.ground.process.launch import launched


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns the exit code."""
    try:
        options = Parser.of(COMMANDS).parse_args(sys.argv[1:] if arguments is None else arguments)
        return options.execute(options) or 0
    except (GansmithError, Refused) as error:
        if prints() or isinstance(error, LostRank):
            # a name of a file may hold bytes that are no text
            print(f"gansmith: {error}".encode("utf-8", "backslashreplace").decode(), file=sys.stderr)
        return 1
    except (StoppedByUser, KeyboardInterrupt) as stop:
        if prints():
            print(f"gansmith: stopped{': ' + str(stop) if str(stop) else ''}", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of the output has ended, as with `| head`
        sys.stderr.close()
        return 0
    except OSError as error:
        if error.filename is None:  # no path that was typed
            raise
        print(f"gansmith: {error.filename}: {error.strerror}: give another path, or see to its rights", file=sys.stderr)
        return 1


def prints() -> bool:
    """Whether this process prints messages: of several ranks, only the first does."""
    try:
        return launched().first
    except GansmithError:
        return True
