"""A run's page: one file of HTML that shows everything and loads nothing.

Whatever comes from the run is escaped, and the page's own policy forbids every request and every script but its own.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

from gansmith import losses
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.files.whole import write_text
from gansmith.report import plots
from gansmith.report.page_parts import charts, contents, markup, pictures, sections
from gansmith.report.page_parts.contents import Contents
from gansmith.report.sheets import embedded


def write_report(folder: RunFolder) -> Path:
    """Write report.html of a run, finished, running or killed; returns its path.

    The page is one self-contained file of a few hundred kilobytes to about 6 MB. Raises RunError where the folder
    is no run or cannot be written.
    """
    with losses.joined(losses.recorded(folder)):
        text = _html(contents.read(folder))
    try:
        write_text(folder.report, text)
    except OSError as error:
        raise RunError(
            f"{folder.report} cannot be written ({error.strerror or error}): make room, or allow writing there"
        ) from None
    return folder.report


def _html(run: Contents) -> str:
    script = (markup.ROOM / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode("ascii")
    film, drawn = pictures.film_frames(run), charts.charts(run)
    parts = [
        pictures.film(run, film),
        pictures.pairs(run),
        sections.scores(run),
        sections.curves(run, drawn),
        sections.logits(run, drawn),
        sections.layers(drawn),
        sections.findings(run),
        pictures.explored(run),
        sections.recipe(run),
        sections.machine(run),
        sections.next_commands(run),
    ]
    shown = [part for part in parts if part is not None]
    links = "".join(f'<a href="#{part.name}">{part.link}</a>' for part in shown)
    numbers = {**drawn.table, "film": film, "middle": run.threshold}
    return markup.document(
        f"{run.name} · Gansmith run",
        f'{sections.opening(run)}\n<nav aria-label="Sections">{links}</nav>',
        "\n".join(part.html for part in shown),
        scripts=f"""{_without_scripts(run)}
<script type="application/json" id="run-data">{markup.inert_json(numbers)}</script>
<script>{script}</script>
""",
        policy=f"; script-src 'sha256-{digest}'",  # only our own script runs
    )


def _without_scripts(run: Contents) -> str:
    if not run.rows:
        return ""
    still = embedded(plots.overview(run.rows, probability=run.probability), "png")
    return (
        "<noscript><figure><figcaption>The curves, drawn without scripts</figcaption>"
        f'<img class="still" src="{still}" alt="Losses, verdicts, gradient norms and '
        'logits over the updates"></figure></noscript>'
    )
