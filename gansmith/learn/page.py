"""The explainer as one file: no request, and no script or style but its own."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from string import Template

from gansmith.web import scripts
from gansmith.web.page import digest

HERE = Path(__file__).parent
ENTRY = "page/main.js"


@cache
def document() -> str:
    """The page as HTML. Its policy allows this script and this style, by their hashes, and nothing else."""
    script = scripts.joined(str(HERE / ENTRY)) + "\n"
    style = (HERE / "page" / "page.css").read_text(encoding="utf-8")
    template = Template((HERE / "page" / "page.html").read_text(encoding="utf-8"))
    return template.substitute(script=script, style=style, script_hash=digest(script), style_hash=digest(style))
