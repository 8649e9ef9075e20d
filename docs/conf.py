"""Sphinx's configuration of the documentation site: `./run docs` builds it into docs/_build."""

from __future__ import annotations

import sys
from pathlib import Path

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
