"""A run in a notebook: its newest samples and its curves, as a fragment of HTML without scripts."""

from __future__ import annotations

import base64
from html import escape

from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.report import plots, sheets

SHEET_BYTES = 400_000


def run_html(folder: RunFolder) -> str:
    """The run's name, its newest sheet and an overview of its curves. Raises RunError where there is no run."""
    recipe = folder.load_recipe()
    rows = list(read_rows(folder.stats))
    listed = sheets.listed(folder)
    newest = sheets.picture(listed[-1].path) if listed else None
    parts = [f"<h4>{escape(recipe.name)}</h4>"]
    if newest is not None:
        caption = f"samples after {listed[-1].update:,} updates"
        parts.append(_figure(sheets.data_uri(newest, SHEET_BYTES), caption, "max-width:420px;width:100%"))
    if rows:
        curves = base64.b64encode(plots.overview(rows, kind="png")).decode("ascii")
        caption = f"losses, beliefs, gradient norms and verdicts over {len(rows):,} reports"
        parts.append(_figure(f"data:image/png;base64,{curves}", caption, "max-width:900px;width:100%"))
    if len(parts) == 1:
        parts.append("<p>Nothing has been written yet.</p>")
    return f'<div class="gansmith-run">{"".join(parts)}</div>'


def _figure(source: str, caption: str, style: str) -> str:
    text = escape(caption)
    return (
        f'<figure style="margin:0 0 1em"><img src="{source}" alt="{text}" style="{style}">'
        f"<figcaption>{text}</figcaption></figure>"
    )
