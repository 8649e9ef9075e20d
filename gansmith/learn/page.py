"""The explainer as one file: no request, and no script or style but its own."""

from __future__ import annotations

from functools import cache
from html import escape
from pathlib import Path
from string import Template

from gansmith.web import scripts
from gansmith.web.page import digest

HERE = Path(__file__).parent
ENTRY = "page/main.js"


@cache
def document(back: str = "") -> str:
    """The page as HTML. Its policy allows this script and this style, by their hashes, and nothing else.

    back: the address of a page to go back to; "" = none.
    """
    script = scripts.joined(str(HERE / ENTRY)) + "\n"
    style = scripts.joined_styles(scripts.LOOK, HERE / "page" / "page.css")
    template = Template((HERE / "page" / "page.html").read_text(encoding="utf-8"))
    way = f'<p class="small"><a href="{escape(back)}">Back to the studio</a></p>' if back else ""
    return template.substitute(
        back=way, script=script, style=style, script_hash=digest(script), style_hash=digest(style)
    )
