"""Modules of the explainer in a page."""

from __future__ import annotations

from typing import Any

from gansmith.learn import page as explainer
from gansmith.web import scripts


def load(page: Any, *entries: str) -> None:
    """Run modules of the explainer in a page, each file once; their names are then known there."""
    files = dict.fromkeys(file for entry in entries for file in scripts.order(explainer.HERE / entry))
    page.add_script_tag(content="\n".join(['"use strict";', *map(scripts.bare, files)]))
