"""A run's page: one file of HTML that shows everything, needs nothing, and asks nobody for anything.

Whatever comes from the run is escaped, and the page's own policy forbids every request and every script but its own.
"""

from __future__ import annotations

import base64
import hashlib
import json
from html import escape
from pathlib import Path
from typing import Any

from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder, write_text
from gansmith.ground.version import __version__
from gansmith.report import plots
from gansmith.report.page_parts import charts, contents, pictures, sections
from gansmith.report.page_parts.charts import Drawing
from gansmith.report.page_parts.contents import Contents

HERE = Path(__file__).parent


def write_report(folder: RunFolder) -> Path:
    """Write report.html of a run, finished, running or killed; returns its path.

    The page is one self-contained file of a few hundred kilobytes to about 6 MB. Raises RunError where the folder
    is no run or cannot be written.
    """
    text = html(contents.read(folder))
    try:
        write_text(folder.report, text)
    except OSError as error:
        raise RunError(f"{folder.report} cannot be written: {error.strerror or error}") from None
    return folder.report


def html(run: Contents) -> str:
    """The whole page."""
    style = (HERE / "page.css").read_text(encoding="utf-8")
    script = (HERE / "page.js").read_text(encoding="utf-8")
    film, drawing = pictures.film_frames(run), charts.drawing(run)
    parts = [
        pictures.pairs(run),
        sections.scores(run),
        sections.curves(run, drawing),
        sections.verdicts(run, drawing),
        sections.layers(drawing),
        sections.findings(run),
        pictures.explored(run),
        sections.recipe(run),
        sections.machine(run),
        sections.going_on(run),
    ]
    shown = [part for part in [pictures.film(run, film), *parts] if part is not None]
    links = "".join(f'<a href="#{part.name}">{escape(part.link)}</a>' for part in shown)
    body = "\n".join(part.html for part in shown)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_policy(script)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Gansmith {escape(__version__)}">
<title>{escape(run.name)} · Gansmith run</title>
<style>
{style}</style>
</head>
<body>
{sections.opening(run)}
<nav aria-label="Sections">{links}</nav>
<main>
{body}
</main>
<footer>Written by Gansmith {escape(__version__)}. This page is one file: keep it, or send it to a friend.</footer>
{_without_scripts(run)}
<script type="application/json" id="run-data">{_inert_json(_drawn(run, drawing, film))}</script>
<script>{script}</script>
</body>
</html>
"""


def _policy(script: str) -> str:
    """Nothing from anywhere: pictures are data, styles are inline, and only our own script runs, by its hash."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    return f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"


def _drawn(run: Contents, drawing: Drawing, film: list[dict[str, Any]]) -> dict[str, Any]:
    """What the script draws."""
    return {
        "clocks": drawing.clocks,
        "charts": {chart.name: chart.table for chart in [*drawing.curves, *drawing.layers]},
        "strip": drawing.strip,
        "last": drawing.last,
        "marks": drawing.marks,
        "film": film,
        "middle": run.threshold,
    }


def _inert_json(value: Any) -> str:
    """JSON that cannot end its own script element. NaN has been taken out before: JSON knows none."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _without_scripts(run: Contents) -> str:
    if not run.rows:
        return ""
    picture = base64.b64encode(plots.overview(run.rows, kind="png")).decode("ascii")
    return (
        "<noscript><figure><figcaption>The curves, drawn without scripts</figcaption>"
        f'<img class="still" src="data:image/png;base64,{picture}" alt="Losses, beliefs, gradient norms and verdicts '
        'over the updates"></figure></noscript>'
    )
