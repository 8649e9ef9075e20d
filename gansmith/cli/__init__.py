"""The command line. Only this room prints and exits.

Exit codes: 0 = done, 1 = refused or failed, with one line that says what to do, 130 = stopped by the user, all saved.
"""

from __future__ import annotations

import sys
from contextlib import suppress

from gansmith.cli.commands import COMMANDS
from gansmith.cli.parser import Parser, Refused
from gansmith.ground.errors import GansmithError, LostRank, StoppedByUser, brief, printable
from gansmith.ground.process.launch import launched
from gansmith.ground.process.output import lead_nowhere, outliving_readers


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns the exit code. What it prints may lose its reader, as with `| head`: the work is done."""
    try:
        with outliving_readers():
            return run(arguments)
    except KeyboardInterrupt:  # while the last words were printed
        return 130
    except OSError as error:  # where the output leads to is full
        with suppress(OSError):
            print(
                f"gansmith: the output cannot be written ({error.strerror or error}): lead it elsewhere",
                file=sys.stderr,
            )
        lead_nowhere(sys.stdout)
        lead_nowhere(sys.stderr)
        return 1


def run(arguments: list[str] | None) -> int:
    """The same. Raises OSError where nothing can be printed."""
    try:
        options = Parser.of(COMMANDS).parse_args(sys.argv[1:] if arguments is None else arguments)
        return options.execute(options) or 0
    except (GansmithError, Refused) as error:
        if prints() or isinstance(error, LostRank):
            # a name of a file may hold bytes that are no text, and such that command the terminal
            print(printable(f"gansmith: {error}".encode("utf-8", "backslashreplace").decode()), file=sys.stderr)
        return 1
    except (StoppedByUser, KeyboardInterrupt) as stop:
        if prints():
            print(f"gansmith: stopped{': ' + str(stop) if str(stop) else ''}", file=sys.stderr)
        return 130
    except OSError as error:
        if error.filename is None:  # the output, or a disk that fails within a file
            message = f"gansmith: {error.strerror or brief(error)}: make room, or see to the disk"
        else:
            message = f"gansmith: {error.filename}: {error.strerror}: give another path, or see to its rights"
        print(message, file=sys.stderr)
        return 1


def prints() -> bool:
    """Whether this process prints messages: of several ranks, only the first does."""
    try:
        return launched().first
    except GansmithError:
        return True
