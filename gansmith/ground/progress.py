"""The two kinds of callback by which long work reports to its caller."""

from __future__ import annotations

import logging
from collections.abc import Callable

Say = Callable[[str], None]
"""Takes one line of text for the person who is waiting."""

Progress = Callable[[int, int], None]
"""Takes how much is done, and how much there is in all (items, files, bytes or steps)."""


def logged(line: str) -> None:
    """The default from Python: a line for the logger "gansmith", which prints it to standard error where no program has set
    logging up. `say=print` prints it, and `say=lambda line: None` drops it."""
    logging.getLogger("gansmith").warning(line)
