"""What the site needs besides Sphinx: what commands print, and docstrings as they are written.

In a page, ```{prints} settings``` shows what `gansmith settings` prints at the time of the build.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def printed(arguments: str) -> str:
    """What a command prints on standard output. Raises RuntimeError if it fails."""
    from gansmith.cli import main

    os.environ["COLUMNS"] = "100"  # the same line breaks on every terminal
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        try:
            code: object = main(shlex.split(arguments))
        except SystemExit as end:  # argparse ends so after --help
            code = end.code
    if code not in (0, None):
        raise RuntimeError(f"`gansmith {arguments}` failed with exit code {code}")
    return out.getvalue().strip()


class Prints(SphinxDirective):
    """The command, and below it what it prints."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """The directive's content."""
        command, text = self.arguments[0], printed(self.arguments[0])
        shown = f"$ gansmith {command}\n\n{text}"
        block = nodes.literal_block(shown, shown)
        block["language"] = "text"
        return [block]


def plain(app: Sphinx, what: str, name: str, item: object, options: object, lines: list[str]) -> None:
    """Docstrings are plain text with names in `backticks`, not reStructuredText: make them so for autodoc.

    A module's docstring may be a drawing, so its lines stay as they are.
    """
    if what == "module":
        lines[:] = ["::", "", *(f"    {line}" for line in lines), ""]
        return
    for number, line in enumerate(lines):
        parts = line.split("`")
        if len(parts) % 2:  # every name ends on its line: names become literals, all else is escaped
            escaped = [part if n % 2 else re.sub(r"([*|\\]|_(?=\W|$))", r"\\\1", part) for n, part in enumerate(parts)]
            lines[number] = "``".join(escaped)


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive and the hook."""
    app.add_directive("prints", Prints)
    app.connect("autodoc-process-docstring", plain)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
