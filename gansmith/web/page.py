"""The page of a generator: one file that runs from a disk and asks no network for anything."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from string import Template
from typing import Any

import numpy as np

from gansmith.report.page_parts.markup import inert_json
from gansmith.web import scripts
from gansmith.web.model import Model

ENTRY = "page/main.js"


@dataclass(frozen=True)
class Contents:
    """What a page shows besides its generator."""

    title: str
    lead: str
    facts: Mapping[str, str]  # what the page says that it is
    generator: Mapping[str, Any]  # its id, and what a seed needs to become a picture: latent, classes, pixels
    directions: Mapping[str, np.ndarray]  # float32 (dim,)
    styles: Mapping[str, np.ndarray]
    real: np.ndarray | None = None  # uint8 (N, H, W, C): for the quiz


def document(model: Model, contents: Contents) -> str:
    """The page as HTML. Its policy forbids every request, and every script and style but its own."""
    script = scripts.joined(ENTRY) + "\n"
    style = scripts.joined_styles(scripts.LOOK, scripts.HERE / "page" / "page.css")
    template = Template((scripts.HERE / "page" / "page.html").read_text(encoding="utf-8"))
    table = {
        **model.table,
        **contents.generator,
        "kernel": text(scripts.kernel()),
        "directions": packed(contents.directions),
        "styles": packed(contents.styles),
        "real": None if contents.real is None else {"count": len(contents.real), "data": text(contents.real.tobytes())},
    }
    deflated = zlib.compress(model.data, 9)
    table["packed"] = len(deflated)
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(fact)}</dd>" for name, fact in contents.facts.items())
    return template.substitute(
        title=escape(contents.title),
        lead=escape(contents.lead),
        facts=facts,
        script_hash=digest(script),
        style_hash=digest(style),
        style=style,
        script=script,
        model=inert_json(table),
        weights=dense_text(deflated),
    )


def packed(vectors: Mapping[str, np.ndarray]) -> list[dict[str, str]]:
    """Vectors float32 (dim,) by name, for JSON."""
    return [{"name": name, "vector": text(vector.astype("<f4").tobytes())} for name, vector in vectors.items()]


def text(data: bytes) -> str:
    """Bytes as base64."""
    return base64.b64encode(data).decode("ascii")


def dense_text(data: bytes) -> str:
    """Bytes as base 85, a sixteenth shorter than base 64; a comma stands for "<", which could open an element."""
    return base64.b85encode(data + bytes(-len(data) % 4)).replace(b"<", b",").decode("ascii")


def digest(content: str) -> str:
    """The hash by which a policy allows a script or a style."""
    return text(hashlib.sha256(content.encode("utf-8")).digest())
