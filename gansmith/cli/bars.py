"""Progress bars, beside a command's results."""

from __future__ import annotations

from rich.console import Console
from rich.progress import Progress, ProgressColumn


def bar_on_stderr(*further: ProgressColumn, quiet: bool = False) -> Progress:
    """A bar that is gone at the end; none where nobody would see it, or with `quiet`. further: columns after the usual ones."""
    console = Console(stderr=True)
    console.quiet = quiet or not console.is_terminal  # some versions end a bar that was never shown with an empty line
    return Progress(*Progress.get_default_columns(), *further, console=console, transient=True, disable=console.quiet)
