"""Modules of the explainer in a page."""

from __future__ import annotations

from typing import Any

from gansmith.learn import page as explainer
from gansmith.web import scripts


def load(page: Any, *entries: str) -> None:
    """Run modules of the explainer in a page; their names are then known there."""
    for entry in entries:
        page.add_script_tag(content=scripts.joined(str(explainer.HERE / entry)))
