"""The documentation site holds the explainer."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

from gansmith.learn import document

DOCS = Path(__file__).parent.parent.parent / "docs"


def test_the_site_is_built_with_the_page(tmp_path: Path):
    path = list(sys.path)
    try:
        hook = runpy.run_path(str(DOCS / "conf.py"))["add_the_explainer"]
    finally:
        sys.path[:] = path
    for form, failure in (("html", OSError("full")), ("text", None)):
        hook(SimpleNamespace(builder=SimpleNamespace(format=form), outdir=str(tmp_path)), failure)
    assert list(tmp_path.iterdir()) == []
    hook(SimpleNamespace(builder=SimpleNamespace(format="html"), outdir=str(tmp_path)), None)
    assert (tmp_path / "learn.html").read_text(encoding="utf-8") == document()


def test_the_guide_leads_to_it():
    assert 'href="../learn.html"' in (DOCS / "guide" / "learn.md").read_text(encoding="utf-8")
    assert (DOCS / "pictures" / "learn.webp").stat().st_size <= 80_000
