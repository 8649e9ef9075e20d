"""`python -m gansmith`."""

import sys

from gansmith.cli import main

if __name__ == "__main__":
    sys.exit(main())
