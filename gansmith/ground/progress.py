"""What long work calls to say how far it is."""

from __future__ import annotations

from collections.abc import Callable

Say = Callable[[str], None]
"""Called with one line of text for the user."""

Progress = Callable[[int, int], None]
"""Called with how much is done, and how much there is in all: items, bytes or steps."""
