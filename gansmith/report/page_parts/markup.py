"""The HTML that all pages share: the document around them, sections, tables, pictures."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import numpy as np

from gansmith.ground.version import __version__
from gansmith.report import sheets

ROOM = Path(__file__).parent.parent
SHEET_BYTES = 160_000  # of one large picture
CRISP_SIDE = 360  # pixels; the page enlarges a picture this small and keeps its pixels sharp


@dataclass(frozen=True)
class Section:
    """A part of the page: its anchor, its link in the navigation, its HTML."""

    name: str
    link: str
    html: str


def document(title: str, header: str, main: str, *, scripts: str = "", policy: str = "", style: str = "") -> str:
    """A whole page. All arguments but `title` are HTML.

    The security policy forbids every request: pictures are data and styles are inline. `policy` adds to it.
    """
    template = Template((ROOM / "page.html").read_text(encoding="utf-8"))
    css = (ROOM / "page.css").read_text(encoding="utf-8") + style
    parts = {"policy": policy, "style": css, "header": header, "main": main, "scripts": scripts}
    return template.substitute(parts, title=escape(title), version=escape(__version__))


def section(name: str, link: str, title: str, body: str, lead: str = "") -> Section:
    """A section with its heading; `lead` is a sentence below it. `body` and `lead` are HTML."""
    intro = f'<p class="lead">{lead}</p>' if lead else ""
    return Section(name, link, f'<section id="{name}"><h2>{escape(title)}</h2>{intro}{body}</section>')


def table(heads: Iterable[str], rows: Iterable[str], kind: str = "numbers") -> str:
    """A table that scrolls where it is too wide; heads and rows are HTML."""
    head = "".join(f"<th scope=col>{title}</th>" for title in heads)
    return (
        f'<div class="scroll"><table class="{kind}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def row(head: str, cells: Iterable[str]) -> str:
    """A row of a table: its heading and its cells, as HTML."""
    return f"<tr><th scope=row>{head}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def picture(image: np.ndarray, caption: str, limit: int = SHEET_BYTES) -> str:
    """A picture uint8 (H, W, 3) of about `limit` bytes at most, with its caption as text."""
    text, crisp = escape(caption), " crisp" if max(image.shape[:2]) <= CRISP_SIDE else ""
    return (
        f'<figure><img class="sheet{crisp}" src="{sheets.data_uri(image, limit)}" alt="{text}">'
        f"<figcaption>{text}</figcaption></figure>"
    )


def inert_json(value: Any) -> str:
    """JSON that cannot end its own script element. It holds no NaN, which JSON does not have."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
