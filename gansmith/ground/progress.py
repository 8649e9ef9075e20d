"""The two kinds of callback by which long work reports to its caller."""

from __future__ import annotations

from collections.abc import Callable

Say = Callable[[str], None]
"""Takes one line of text for the person who is waiting."""

Progress = Callable[[int, int], None]
"""Takes how much is done, and how much there is in all (items, files, bytes or steps)."""
