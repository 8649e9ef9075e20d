"""The page's other sections, each a pure function of what the run holds; None where there is nothing to show.

Every text that comes from the run goes through `escape` here.
"""

from __future__ import annotations

import math
from html import escape
from pathlib import Path
from typing import Any

from gansmith import kinds
from gansmith.ground.errors import typed
from gansmith.ground.files.runfolder import RunFolder
from gansmith.parts.kept import option
from gansmith.report.page_parts import markup
from gansmith.report.page_parts.charts import Chart, Charts
from gansmith.report.page_parts.contents import Contents, clipped, plain, remedies
from gansmith.report.page_parts.markup import Section, section
from gansmith.report.page_parts.pictures import copies, newest_beside_real, picture_within
from gansmith.report.series import AXES, Row, last_finite, number
from gansmith.report.wording import amount, duration, figure, meaning_of_logit


def opening(run: Contents) -> str:
    """Name, newest finding, facts, and the newest sheet beside real items."""
    return f"""<header>
<p class="brand"><svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"><path class="forge"
d="M3 15 L9 5 L15 15 Z"/><circle class="ring" cx="16" cy="14" r="5.5"/></svg>Gansmith run</p>
<h1>{escape(run.name)}</h1>
{_newest_finding(run)}
<dl class="facts">{"".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in facts(run))}</dl>
{newest_beside_real(run)}
</header>"""


def facts(run: Contents) -> list[tuple[str, str]]:
    """What the run is, in words and numbers, for the head of the page."""
    found: list[tuple[str, str]] = []
    for key, label, written in (
        ("update", "updates", amount),
        ("images_seen", "items seen", amount),
        ("epoch", "epochs", amount),
        ("seconds", "time", duration),
        ("images_per_second", "items/s", amount),
    ):
        value = last_finite(run.rows, key)
        if value is not None:
            found.append((label, written(value)))
    if run.data.get("description"):
        found.append(("data", clipped(plain(run.data["description"]), 120)))
    if run.origin:
        update = number(run.origin.get("update"))
        at = f", update {update:,.0f}" if math.isfinite(update) else ""
        found.append(("started from", clipped(plain(run.origin.get("source")), 120) + at))
    if run.recipe:
        found.append(("engine", run.recipe.engine))
    spent = _budget(run)
    return [*found, ("budget", spent)] if spent else found


def scores(run: Contents) -> Section | None:
    """The evaluation as a table."""
    lines: list[str] = []
    for entry in run.scores:
        ends = entry.get("interval")
        interval = [_number(end) for end in ends] if isinstance(ends, list) and len(ends) == 2 else [""]
        cells = (
            _number(entry["value"]),
            " to ".join(interval),
            _number(entry.get("floor")),
            _count(entry.get("count")),
        )
        meaning = escape(clipped(plain(entry.get("meaning")), 300))
        name = escape(clipped(plain(entry.get("name")), 200)) + (f"<small>{meaning}</small>" if meaning else "")
        lines.append(markup.row(name, map(escape, cells)))
    body = markup.table(("figure", "value", "95 % interval", "floor", "count"), lines) + copies(run)
    lead = "The floor is the same figure measured on held-out real items: no generator can be expected to do better."
    return section("scores", "Evaluation", "Evaluation", body, lead) if lines else None


def _number(value: Any) -> str:
    return figure(number(value)) if math.isfinite(number(value)) else ""


def _count(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else ""


def curves(run: Contents, charts: Charts) -> Section | None:
    """Curves over time, with the choice of the axis."""
    if not charts.curves:
        return None
    known = charts.table["clocks"]["stats"]
    choices = "".join(
        f'<button type="button" data-axis="{axis}" aria-pressed="{"true" if axis == "update" else "false"}">'
        f"{escape(label)}</button>"
        for axis, label in AXES.items()
        if axis == "update" or any(value is not None for value in known[axis])
    )
    bar = f'<div class="axes" role="group" aria-label="Horizontal axis">{choices}</div>'
    lead = "Point at a curve to read its values; click a name to hide its line."
    lead += " Thin upright lines mark where the diagnosis changed." if run.findings else ""
    return section("curves", "Curves", "Curves", bar + _grid(charts.curves), lead)


def logits(run: Contents, charts: Charts) -> Section | None:
    """Histograms of the logits: over time, and at the end."""
    if charts.table["strip"] is None:
        return None
    about = "Real and generated items; the stronger the colour, the more items have this logit."
    shown = [Chart("strip", "Over time", about, "Logits over time.", {})]
    if charts.table["last"] is not None:
        about = "If the two overlap, it cannot tell them apart. If they are far apart, it can."
        shown.append(Chart("last", "At the end", about, "Histogram of the newest logits.", {}))
    lead = f"The distribution of the discriminator's raw outputs (logits): {meaning_of_logit(run.threshold)}."
    return section("verdicts", "Outputs", "The discriminator's outputs", _grid(shown), lead)


def layers(charts: Charts) -> Section | None:
    """Gradients and steps by layer."""
    lead = "Where learning happens: a layer whose line falls away from the others no longer learns."
    return section("layers", "Layers", "Layer by layer", _grid(charts.layers), lead) if charts.layers else None


def findings(run: Contents) -> Section | None:
    """The diagnosis' findings, newest first."""
    if not run.findings:
        return None
    body = "".join(_finding(row, run.folder.root) for row in reversed(run.findings))
    lead = "Each time the diagnosis changed, newest first, with its evidence and what to try."
    return section("findings", "Findings", "Findings", f'<div class="findings">{body}</div>', lead)


def _finding(row: Row, root: Path) -> str:
    update, evidence = number(row.get("update")), plain(row.get("evidence"))
    when = f'<span class="when">update {update:,.0f}</span>' if math.isfinite(update) else ""
    lines = [f"<h3>{_state(row)}{when}</h3>", f"<p>{escape(plain(row.get('text')))}</p>"]
    if evidence:
        lines.append(f'<p class="evidence"><b>Evidence</b> {escape(evidence)}</p>')
    lines += [f'<p class="remedy"><b>Remedy</b> {escape(remedy)}</p>' for remedy in remedies(row)]
    return f'<article class="finding {_tone(row)}">{"".join(lines)}{picture_within(root, row.get("picture"))}</article>'


def _state(row: Row) -> str:
    return f'<span class="state">{escape(clipped(plain(row.get("state")), 100) or "finding")}</span>'


def _tone(row: Row) -> str:
    """The colour of a finding."""
    if row.get("severity") == "alarm":
        return "bad"
    return "good" if row.get("state") in ("still improving", "converged", "balanced") else "watch"


def recipe(run: Contents) -> Section | None:
    """The recipe as it was run."""
    if not run.recipe_text.strip():
        return None
    body = f"<details><summary>recipe.toml</summary><pre>{escape(run.recipe_text)}</pre></details>"
    lead = "Everything needed to repeat this training, every setting written out."
    if run.recipe is None:
        lead = "This version of Gansmith cannot read the recipe; here is its text."
    return section("recipe", "Recipe", "Recipe", body, lead)


def machine(run: Contents) -> Section | None:
    """What the run learned from and which machine trained it, as two tables."""
    tables = "".join(
        f'<table class="pairs"><caption>{title}</caption><tbody>{_lines(table)}</tbody></table>'
        for title, table in (
            ("Data", _without_units(run.data)),
            ("Started from", run.origin),
            ("Machine", run.environment),
        )
        if table
    )
    body = f'<div class="two">{tables}</div>'
    return section("machine", "Data and machine", "Data and machine", body) if tables else None


def _without_units(data: dict[str, Any]) -> dict[str, Any]:
    """What is said of the data, without the numbers by which samples get their units: pages of them, for tables."""
    return {name: value for name, value in data.items() if name != "units"}


def _lines(table: dict[str, Any]) -> str:
    return "".join(
        markup.row(escape(clipped(name, 100)), [escape(clipped(plain(value), 500))])
        for name, value in list(table.items())[:200]
    )


def next_commands(run: Contents) -> Section:
    """What to type next."""
    whole, here = run.folder.root.resolve(), Path.cwd()
    place = whole.relative_to(here) if whole.is_relative_to(here) else run.folder.root
    source = clipped(run.recipe.data.source, 500) if run.recipe else "SOURCE"
    own, kind = option(RunFolder(place)), kinds.of_data(run.data)
    walks = kind is None or kind.pixels
    commands = (
        (typed("resume", place, "--minutes", 10, *own), "train longer"),
        (typed("sample", place, "--count", 64, "--seed", 1, "--out", kinds.made_file(run.data), *own), "new samples"),
        (typed("evaluate", place, "--data", source, *own), "measure it"),
        (typed("diagnose", place, *own), "find out what is wrong"),
        *([(typed("explore", place, "interpolate", *own), "walk through its latents")] if walks else []),
        (typed("report", place), "write this page again"),
    )
    body = "".join(f"<div><dt>{what}</dt><dd><code>{escape(line)}</code></dd></div>" for line, what in commands)
    return section("next", "Next", "What to do next", f'<dl class="commands">{body}</dl>')


def _newest_finding(run: Contents) -> str:
    """The newest finding in one line; of several found at once, the first alarm."""
    if not run.findings:
        return ""
    newest = run.findings[-1]
    at_once = [row for row in run.findings if row.get("update") == newest.get("update")]
    shown = next((row for row in at_once if row.get("severity") == "alarm"), newest)
    text = clipped(plain(shown.get("text")), 300)
    return f'<p class="newest {_tone(shown)}">{_state(shown)} {escape(text)} <a href="#findings">Findings</a></p>'


def _budget(run: Contents) -> str | None:
    """How much of its budget the run has used, where both are known."""
    if run.recipe is None:
        return None
    budget = run.recipe.budget
    for total, unit, key, scale in (
        (budget.updates, "updates", "update", 1),
        (budget.images, "items", "images_seen", 1),
        (budget.epochs, "epochs", "epoch", 1),
        (budget.minutes, "minutes", "seconds", 60),
    ):
        done = last_finite(run.rows, key)
        if total > 0 and done is not None:
            share = done / scale / total
            used = "all" if share >= 0.995 else f"{max(0, math.floor(100 * share))} %"
            return f"{used} of {amount(total)} {unit}"
    return None


def _grid(shown: list[Chart]) -> str:
    return f'<div class="charts">{"".join(_chart(chart) for chart in shown)}</div>'


def _chart(chart: Chart) -> str:
    return (
        f'<figure class="chart" data-chart="{escape(chart.name)}"><figcaption><h3>{escape(chart.title)}</h3>'
        f'<p>{escape(chart.about)}</p></figcaption><div class="legend"></div>'
        f'<div class="plot" role="img" aria-label="{escape(chart.summary)}"></div></figure>'
    )
