"""The program: `python -m gansmith`, and the command `gansmith`."""

import signal
import sys


def run_and_exit() -> None:
    """Run the command that was typed; the exit code is its own, whenever Ctrl-C came."""
    try:
        from gansmith.cli import main

        code = main()
    except KeyboardInterrupt:  # before the command had begun, or after its end
        code = 130
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is said and done: a late Ctrl-C changes nothing
    # CPython remembers a KeyboardInterrupt that passed through an exec() of text, as in a dataclass that was being
    # made, also where it was caught, and would end by the signal instead of the code. Another exec() makes it forget.
    exec("")
    sys.exit(code)


if __name__ == "__main__":
    run_and_exit()
