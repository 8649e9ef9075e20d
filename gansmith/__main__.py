"""`python -m gansmith`."""

import signal
import sys

from gansmith.cli import main

if __name__ == "__main__":
    code = main()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # all is said and done: a late Ctrl-C changes nothing
    sys.exit(code)
