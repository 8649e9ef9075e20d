"""The widget's page as one module: the studio's samples, curves and finding, uPlot, and the style of all of them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from gansmith.studio.documents import HERE as STUDIO
from gansmith.studio.documents import PAGE as STUDIO_PAGE
from gansmith.web.scripts import LOOK, bare, joined_styles, order

PAGE = Path(__file__).parent / "page"


@cache
def module() -> str:
    """An ECMAScript module that imports nothing; its default export has `render({model, el})`."""
    script = "\n".join(bare(path) for path in order(PAGE / "live.js"))
    return f"const LIVE_STYLE = {json.dumps(style())};\n{script}\nexport default {{ render: renderLive }};\n"


def style() -> str:
    """The studio's style for a shadow root, whose outermost element is `:host`."""
    files = (STUDIO / "vendor" / "uplot.css", LOOK, STUDIO_PAGE / "studio.css", PAGE / "live.css")
    return joined_styles(*files).replace(":root", ":host")
