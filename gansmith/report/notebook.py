"""A run in a notebook: its newest samples and its curves, as a fragment of HTML without scripts."""

from __future__ import annotations

from html import escape

from gansmith.ground.errors import counted
from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.losses import joined, loss_of, recorded
from gansmith.report import plots, sheets

SHEET_BYTES = 400_000


def run_html(folder: RunFolder) -> str:
    """The run's name, its newest sheet and an overview of its curves. Raises RunError where there is no run."""
    recipe = folder.load_recipe()
    with joined(recorded(folder)):
        probability = loss_of(recipe).probability
    rows = list(read_rows(folder.stats))
    listed = sheets.listed(folder)
    newest = sheets.picture(listed[-1].path) if listed else None
    parts: list[str] = []
    if newest is not None:
        caption = f"samples after {counted(listed[-1].update, 'update')}"
        parts.append(_figure(sheets.data_uri(newest, SHEET_BYTES), caption, 420))
    if rows:
        caption = f"losses, verdicts, gradient norms and logits over {counted(len(rows), 'report')}"
        parts.append(_figure(sheets.embedded(plots.overview(rows, probability=probability), "png"), caption, 900))
    body = "".join(parts) or "<p>Nothing has been written yet.</p>"
    return f'<div class="gansmith-run"><h4>{escape(recipe.name)}</h4>{body}</div>'


def _figure(source: str, caption: str, width: int) -> str:
    return (
        f'<figure style="margin:0 0 1em"><img src="{source}" alt="{caption}" style="max-width:{width}px;width:100%">'
        f"<figcaption>{caption}</figcaption></figure>"
    )
