"""The studio's page as one document, and the policy that it is sent with."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from gansmith import learn as explainer
from gansmith.ground.version import __version__
from gansmith.web.scripts import LOOK, bare, joined_styles, order

HERE = Path(__file__).parent
PAGE = HERE / "page"
BLOCK = re.compile(r"<(script|style)\b[^>]*>(.*?)</\1>", re.DOTALL)
PLACE = "<!-- {} -->"
"""In index.html: where a style or a script goes."""


@cache
def page() -> str:
    """The page: index.html, whose places `<!-- style -->` and `<!-- script -->` are filled."""
    document = (PAGE / "index.html").read_text(encoding="utf-8")
    script = '"use strict";\n' + "\n".join(bare(path) for path in order(PAGE / "main.js"))
    own = [*sorted(PAGE.glob("*.css")), *sorted(PAGE.glob("*/*.css"))]
    style = joined_styles(*sorted((HERE / "vendor").glob("*.css")), LOOK, *own)
    document = document.replace(PLACE.format("version"), __version__)
    document = document.replace(PLACE.format("style"), f"<style>{style}</style>")
    return document.replace(PLACE.format("script"), f"<script>{script}</script>")


def policy(document: str) -> str:
    """The policy (CSP) of a document: its own scripts and styles by their hashes, and requests to where it came from."""
    hashes = {"script": "", "style": ""}
    for kind, content in BLOCK.findall(document):
        digest = base64.b64encode(hashlib.sha256(content.encode("utf-8")).digest()).decode("ascii")
        hashes[kind] += f" 'sha256-{digest}'"
    return (
        f"default-src 'none'; script-src{hashes['script']} 'wasm-unsafe-eval'; style-src{hashes['style']}; "
        "worker-src blob:; img-src blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def sent(document: str) -> Response:
    """A document with its policy."""
    return HTMLResponse(document, headers={"content-security-policy": policy(document)})


async def studio_page(_: Request) -> Response:
    """The studio's page."""
    return sent(page())


async def learn_page(_: Request) -> Response:
    """The explainer."""
    return sent(explainer.document(back="/"))


def routes() -> list[Route]:
    """The documents. They hold nothing private, so they need no token."""
    return [Route("/", studio_page), Route("/learn", learn_page)]
