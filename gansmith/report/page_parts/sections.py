"""The page's other sections, each a pure function of what the run holds; None where there is nothing to show.

Every text that comes from the run goes through `escape` here.
"""

from __future__ import annotations

import math
import os
import shlex
from html import escape
from pathlib import Path
from typing import Any

from gansmith.report.page_parts.charts import Chart, Drawing
from gansmith.report.page_parts.contents import Contents, clipped, plain, remedies
from gansmith.report.page_parts.pictures import Section, copies, hero, picture_within, section
from gansmith.report.series import AXES, Row, last_finite, number
from gansmith.report.wording import amount, duration, figure, rule_of, tone


def opening(run: Contents) -> str:
    """Name, verdict, facts, and the newest sheet beside real items."""
    return f"""<header>
<p class="brand"><svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"><path class="forge"
d="M3 15 L9 5 L15 15 Z"/><circle class="judge" cx="16" cy="14" r="5.5"/></svg>Gansmith run</p>
<h1>{escape(run.name)}</h1>
{_verdict(run)}
<dl class="facts">{"".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in facts(run))}</dl>
{hero(run)}
</header>"""


def facts(run: Contents) -> list[tuple[str, str]]:
    """What the run is, in words and numbers, for the head of the page."""
    found: list[tuple[str, str]] = []
    for key, label in (("update", "updates"), ("images_seen", "images seen"), ("epoch", "epochs")):
        value = last_finite(run.rows, key)
        if value is not None:
            found.append((label, amount(value)))
    seconds = last_finite(run.rows, "seconds")
    if seconds is not None:
        found.append(("time", duration(seconds)))
    speed = last_finite(run.rows, "images_per_second")
    if speed is not None:
        found.append(("images/s", amount(speed)))
    if run.data.get("description"):
        found.append(("data", clipped(plain(run.data["description"]), 120)))
    if run.recipe:
        found.append(("engine", run.recipe.engine))
    spent = _budget(run)
    return [*found, ("budget", spent)] if spent else found


def scores(run: Contents) -> Section | None:
    """The evaluation as a table."""
    if not run.scores:
        return None
    lines: list[str] = []
    for score in run.scores:
        value = score.value if isinstance(score.value, str) else figure(score.value)
        interval = "" if score.interval is None else " to ".join(figure(end) for end in score.interval)
        floor = "" if score.floor is None else figure(score.floor)
        count = "" if score.count is None else f"{score.count:,}"
        cells = "".join(f"<td>{escape(cell)}</td>" for cell in (value, interval, floor, count))
        meaning = f"<small>{escape(score.meaning)}</small>" if score.meaning else ""
        lines.append(f"<tr><th scope=row>{escape(score.name)}{meaning}</th>{cells}</tr>")
    titles = "".join(f"<th scope=col>{title}</th>" for title in ("figure", "value", "95 % interval", "floor", "count"))
    head, rows = f"<thead><tr>{titles}</tr></thead>", f"<tbody>{''.join(lines)}</tbody>"
    body = f'<div class="scroll"><table class="numbers">{head}{rows}</table></div>{copies(run)}'
    lead = "The floor is what held-out real items score against real items: as good as it gets on so many items."
    return section("scores", "Evaluation", "Evaluation", body, lead)


def curves(run: Contents, drawing: Drawing) -> Section | None:
    """Curves over time, with the choice of the axis."""
    if not drawing.curves:
        return None
    known = drawing.clocks["stats"]
    choices = "".join(
        f'<button type="button" data-axis="{axis}" aria-pressed="{"true" if axis == "update" else "false"}">'
        f"{escape(label)}</button>"
        for axis, label in AXES.items()
        if axis == "update" or any(value is not None for value in known[axis])
    )
    bar = f'<div class="axes" role="group" aria-label="Horizontal axis">{choices}</div>'
    lead = "Point at a curve to read it off; click a name to hide its line."
    lead += " Thin upright lines mark where the diagnosis changed." if run.findings else ""
    return section("curves", "Curves", "Curves", bar + _grid(drawing.curves), lead)


def verdicts(run: Contents, drawing: Drawing) -> Section | None:
    """Histograms of the verdicts: over time, and at the end."""
    if drawing.strip is None:
        return None
    shown = [
        Chart(
            "strip", "Over time", "Real and generated items, denser where more items fall.", "Verdicts over time.", {}
        )
    ]
    if drawing.last is not None:
        about = "Two heaps that overlap: it cannot tell them apart. Far apart: it can."
        shown.append(Chart("last", "At the end", about, "Histogram of the newest verdicts.", {}))
    lead = f"How the discriminator's raw verdicts are spread: {rule_of(run.threshold)}."
    return section("verdicts", "Verdicts", "The discriminator's verdicts", _grid(shown), lead)


def layers(drawing: Drawing) -> Section | None:
    """Gradients and steps by layer."""
    found = drawing.layers
    lead = "Where learning happens: a layer whose line falls away from the others has stopped."
    return section("layers", "Layers", "Layer by layer", _grid(found), lead) if found else None


def findings(run: Contents) -> Section | None:
    """What the doctor said, newest first."""
    if not run.findings:
        return None
    body = "".join(_finding(row, run.folder.root) for row in reversed(run.findings))
    lead = "Each time the diagnosis changed, newest first, with what it rests on and what to try."
    return section("findings", "Findings", "Findings", f'<div class="findings">{body}</div>', lead)


def _finding(row: Row, root: Path) -> str:
    update, evidence = number(row.get("update")), plain(row.get("evidence"))
    parts = [
        f'<span class="state">{escape(state_of(row))}</span>',
        f'<span class="when">update {update:,.0f}</span>' if math.isfinite(update) else "",
    ]
    lines = [f"<h3>{''.join(parts)}</h3>", f"<p>{escape(plain(row.get('text')))}</p>"]
    if evidence:
        lines.append(f'<p class="evidence"><b>Evidence</b> {escape(evidence)}</p>')
    lines += [f'<p class="remedy"><b>Remedy</b> {escape(remedy)}</p>' for remedy in remedies(row)]
    return f'<article class="finding {_tone(row)}">{"".join(lines)}{picture_within(root, row.get("picture"))}</article>'


def state_of(row: Row) -> str:
    """A finding's state; "finding" where it has none."""
    return clipped(plain(row.get("state")), 100) or "finding"


def _tone(row: Row) -> str:
    return "bad" if row.get("severity") == "alarm" else tone(state_of(row))


def recipe(run: Contents) -> Section | None:
    """The recipe as it was run."""
    if not run.recipe_text.strip():
        return None
    body = f"<details><summary>recipe.toml</summary><pre>{escape(run.recipe_text)}</pre></details>"
    lead = "Everything needed to repeat this training, every setting written out."
    if run.recipe is None:
        lead = "This version of Gansmith cannot read the recipe; here it is as it stands."
    return section("recipe", "Recipe", "Recipe", body, lead)


def machine(run: Contents) -> Section | None:
    """Where it ran and what it learned from, as two tables."""
    tables = "".join(
        f'<table class="pairs"><caption>{title}</caption><tbody>{_lines(table)}</tbody></table>'
        for title, table in (("Data", run.data), ("Machine", run.environment))
        if table
    )
    return (
        section("machine", "Data and machine", "Data and machine", f'<div class="two">{tables}</div>')
        if tables
        else None
    )


def going_on(run: Contents) -> Section:
    """What to type next."""
    place = shlex.quote(_place(run.folder.root))
    source = shlex.quote(clipped(run.recipe.data.source, 500)) if run.recipe else "SOURCE"
    commands = (
        (f"gansmith resume {place} --minutes 10", "go on where it stopped"),
        (f"gansmith sample {place} --count 64 --seed 1 --out samples.png", "new samples"),
        (f"gansmith evaluate {place} --data {source}", "measure it"),
        (f"gansmith diagnose {place}", "ask what is wrong"),
        (f"gansmith explore {place} interpolate", "walk through its latents"),
        (f"gansmith report {place}", "write this page again"),
    )
    body = "".join(f"<div><dt>{escape(what)}</dt><dd><code>{escape(line)}</code></dd></div>" for line, what in commands)
    return section("next", "Going on", "Going on", f'<dl class="commands">{body}</dl>')


def _verdict(run: Contents) -> str:
    """The newest finding in one line; of several found at once, the first alarm."""
    if not run.findings:
        return ""
    newest = run.findings[-1]
    at_once = [row for row in run.findings if row.get("update") == newest.get("update")]
    shown = next((row for row in at_once if row.get("severity") == "alarm"), newest)
    text = clipped(plain(shown.get("text")), 300)
    return (
        f'<p class="verdict {_tone(shown)}"><span class="state">{escape(state_of(shown))}</span> {escape(text)} '
        '<a href="#findings">Findings</a></p>'
    )


def _budget(run: Contents) -> str | None:
    """How much of its budget the run has used, where both are known."""
    if run.recipe is None:
        return None
    budget = run.recipe.budget
    for total, unit, key, scale in (
        (budget.updates, "updates", "update", 1),
        (budget.images, "images", "images_seen", 1),
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


def _lines(table: dict[str, Any]) -> str:
    return "".join(
        f"<tr><th scope=row>{escape(clipped(name, 100))}</th><td>{escape(clipped(plain(value), 500))}</td></tr>"
        for name, value in list(table.items())[:200]
    )


def _place(root: Path) -> str:
    """How to name the run in a command: relative to where we are, if it is below."""
    whole, here = root.resolve(), Path(os.getcwd()).resolve()
    return str(whole.relative_to(here)) if whole.is_relative_to(here) else str(root)
