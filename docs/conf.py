"""Sphinx's configuration of the documentation site: `./run docs` builds it into docs/_build."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS), str(DOCS.parent)]

project = "Gansmith"
author = "the Gansmith authors"
extensions = ["myst_parser", "sphinx.ext.autodoc", "prints"]
exclude_patterns = ["_build"]
source_suffix = {".md": "markdown"}
nitpicky = False  # types in signatures are names of code, not links

myst_heading_anchors = 3

autodoc_typehints = "signature"
autodoc_member_order = "bysource"

html_theme = "furo"
html_title = "Gansmith"
html_show_copyright = False


def add_the_explainer(app: Sphinx, failure: Exception | None) -> None:
    """Put the page of `docs/guide/learn.md` beside the others, once they are built."""
    if failure is None and app.builder.format == "html":
        from gansmith.learn import document

        (Path(app.outdir) / "learn.html").write_text(document(), encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Register the hook."""
    app.connect("build-finished", add_the_explainer)
