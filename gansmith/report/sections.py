"""The page's sections, each a pure function of what the run holds; None where there is nothing to show.

Every text that comes from the run goes through `escape` here.
"""

from __future__ import annotations

import math
import os
import shlex
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.report import charts, sheets
from gansmith.report.charts import Chart
from gansmith.report.contents import Contents, clipped, plain
from gansmith.report.series import AXES, last_finite, number

FILM_FRAMES = 40
FILM_BYTES = 2_900_000  # of all frames, before base64
SHEET_BYTES = 160_000  # of one large picture
CELL_BYTES = 12_000
EXPLORED_BYTES = 60_000
PAIRS = 12
DOTS = 256  # verdicts of one sheet that are drawn
CRISP_SIDE = 360  # a picture this small is enlarged on the page, and then shows its pixels
MINUS = "−"


@dataclass(frozen=True)
class Section:
    """A part of the page: its anchor, its entry in the contents, its HTML."""

    name: str
    link: str
    html: str


def section(name: str, link: str, title: str, body: str, lead: str = "") -> Section:
    """A section with its heading; `lead` is a sentence below it. `body` and `lead` are HTML."""
    intro = f'<p class="lead">{lead}</p>' if lead else ""
    return Section(name, link, f'<section id="{name}"><h2>{escape(title)}</h2>{intro}{body}</section>')


def opening(run: Contents) -> str:
    """Name, verdict, facts, and the newest sheet beside real items."""
    return f"""<header>
<p class="brand"><svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"><path class="forge"
d="M3 15 L9 5 L15 15 Z"/><circle class="judge" cx="16" cy="14" r="5.5"/></svg>Gansmith run</p>
<h1>{escape(run.name)}</h1>
{_verdict(run)}
<dl class="facts">{"".join(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>" for k, v in facts(run))}</dl>
{_hero(run)}
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


def film_frames(run: Contents) -> list[dict[str, Any]]:
    """At most 40 sheets over time as data, with what is known about each."""
    chosen = [run.sheets[index] for index in sheets.spread_out(len(run.sheets), FILM_FRAMES)]
    frames: list[dict[str, Any]] = []
    for sheet in chosen:
        picture = sheets.picture(sheet.path)
        if picture is not None:
            known = sheet_facts(sheet)
            verdicts = [round(v, 3) if math.isfinite(v) else None for v in sheet.verdicts[:DOTS]]
            source = sheets.data_uri(picture, min(SHEET_BYTES, FILM_BYTES // len(chosen)))
            note = ", ".join(f"{name} {value}" for name, value in known)
            frames.append({"src": source, "note": note, "facts": known, "verdicts": verdicts})
    return frames


def sheet_facts(sheet: sheets.Sheet) -> list[tuple[str, str]]:
    """What is known about a sheet: names and values as text."""
    found = [("updates", f"{sheet.update:,}")]
    images, seconds = number(sheet.row.get("images_seen")), number(sheet.row.get("seconds"))
    if math.isfinite(images):
        found.append(("images seen", amount(images)))
    if math.isfinite(seconds):
        found.append(("time", duration(seconds)))
    spread = number(sheet.row.get("sensitivity"))
    if math.isfinite(spread):
        found.append(("spread over latents", figure(spread)))
    judged = [value for value in sheet.verdicts if math.isfinite(value)]
    if judged:
        found.append(("mean verdict", figure(_mean(judged))))
        found.append(("taken for real", f"{sum(value > 0 for value in judged)} of {len(judged)}"))
    return found


def film(run: Contents, frames: list[dict[str, Any]]) -> Section | None:
    """The sheets over time with a slider; the script fills it."""
    if len(frames) < 2:
        return None
    last = len(frames) - 1
    body = f"""<div class="film"><figure>
<img id="film-frame" class="sheet" alt="Generated samples, {escape(frames[last]["note"])}" hidden>
<div class="film-bar"><button type="button" id="film-play">Play</button>
<input type="range" id="film-at" min="0" max="{last}" value="{last}" step="1" aria-label="Moment of the training"></div>
<noscript><p>The slider needs JavaScript; the newest sheet is at the top.</p></noscript></figure>
<div class="moment"><dl id="film-facts"></dl><svg id="film-dots" viewBox="0 0 320 84" role="img"
aria-label="The verdict on each picture of the sheet"></svg></div></div>"""
    lead = "The same latents at every moment, from the untrained generator on. Drag, or use the arrow keys."
    return section("samples", "Samples", "Samples over time", body, lead)


def pairs(run: Contents) -> Section | None:
    """The first against the newest picture of the same latents, with the discriminator's verdicts."""
    if len(run.sheets) < 2:
        return None
    first, last = run.sheets[0], run.sheets[-1]
    pictures = sheets.picture(first.path), sheets.picture(last.path)
    if pictures[0] is None or pictures[1] is None:
        return None
    body = _pair_cells(run, pictures[0], pictures[1]) or _pair_sheets(run, pictures[0], pictures[1])
    lead = (
        f"Above: what these latents gave after {first.update:,} updates. Below: after {last.update:,}. "
        "Under each picture stands the raw verdict of the discriminator of that moment: above 0 it says real."
    )
    return section("pairs", "First and last", "The same latents, first and last", body + _verdict_table(run), lead)


def scores(run: Contents) -> Section | None:
    """The evaluation as a table."""
    if not run.scores:
        return None
    lines = "".join(
        f"<tr><th scope=row>{escape(s.name)}</th><td>{escape(s.value if isinstance(s.value, str) else figure(s.value))}"
        f"</td><td>{'' if s.floor is None else figure(s.floor)}</td><td>{'' if s.count is None else f'{s.count:,}'}</td></tr>"
        for s in run.scores
    )
    head = "<tr><th scope=col>metric<th scope=col>value<th scope=col>floor<th scope=col>count</tr>"
    body = f'<div class="scroll"><table class="numbers"><thead>{head}</thead><tbody>{lines}</tbody></table></div>'
    lead = "The floor is what real items score against real items: nothing can be expected below it."
    return section("scores", "Evaluation", "Evaluation", body, lead)


def curves(run: Contents) -> Section | None:
    """Curves over time, with the choice of the axis."""
    found = charts.curves(run)
    if not found:
        return None
    known = charts.clocks(run)["stats"]
    choices = "".join(
        f'<button type="button" data-axis="{axis}" aria-pressed="{"true" if axis == "update" else "false"}">'
        f"{escape(label)}</button>"
        for axis, label in AXES.items()
        if axis == "update" or any(value is not None for value in known[axis])
    )
    bar = f'<div class="axes" role="group" aria-label="Horizontal axis">{choices}</div>'
    lead = "Point at a curve to read it off; click a name to hide its line."
    lead += " Thin upright lines mark where the diagnosis changed." if run.findings else ""
    return section("curves", "Curves", "Curves", bar + _grid(found), lead)


def verdicts(run: Contents) -> Section | None:
    """Histograms of the verdicts: over time, and at the end."""
    if charts.strip(run) is None:
        return None
    shown = [
        Chart(
            "strip", "Over time", "Real and generated items, denser where more items fall.", "Verdicts over time.", {}
        )
    ]
    if charts.last_histogram(run) is not None:
        about = "Two heaps that overlap: it cannot tell them apart. Far apart: it can."
        shown.append(Chart("last", "At the end", about, "Histogram of the newest verdicts.", {}))
    lead = "How the discriminator's raw verdicts are spread. Above 0 it says real, below 0 generated."
    return section("verdicts", "Verdicts", "The discriminator's verdicts", _grid(shown), lead)


def layers(run: Contents) -> Section | None:
    """Gradients and steps by layer."""
    found = charts.layers(run)
    lead = "Where learning happens: a layer whose line falls away from the others has stopped."
    return section("layers", "Layers", "Layer by layer", _grid(found), lead) if found else None


def findings(run: Contents) -> Section | None:
    """What the doctor said, newest first."""
    if not run.findings:
        return None
    cards: list[str] = []
    for row in reversed(run.findings):
        update = number(row.get("update"))
        when = f"update {update:,.0f}" if math.isfinite(update) else ""
        state = plain(row.get("state")) or "finding"
        evidence, remedy = plain(row.get("evidence")), plain(row.get("remedy"))
        cards.append(
            f'<article class="finding {tone(state)}"><h3><span class="state">{escape(state)}</span>'
            f'<span class="when">{when}</span></h3><p>{escape(plain(row.get("text")))}</p>'
            + (f'<p class="evidence"><b>Evidence</b> {escape(evidence)}</p>' if evidence else "")
            + (f'<p class="remedy"><b>Remedy</b> {escape(remedy)}</p>' if remedy else "")
            + "</article>"
        )
    lead = "Each time the diagnosis changed, newest first, with what it rests on and what to try."
    return section("findings", "Findings", "Findings", f'<div class="findings">{"".join(cards)}</div>', lead)


def explored(run: Contents) -> Section | None:
    """Results of steering the generator, one picture each."""
    shown = [(each, picture) for each in run.explored if (picture := sheets.picture(each.picture)) is not None]
    if not shown:
        return None
    body = "".join(_sheet(picture, each.name, EXPLORED_BYTES) for each, picture in shown)
    return section("explored", "Explored", "Explored", f'<div class="gallery">{body}</div>')


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
        f'<div class="scroll"><table class="pairs"><caption>{title}</caption><tbody>{_lines(table)}</tbody></table></div>'
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


def tone(state: str) -> str:
    """ "good", "watch" or "bad": the colour of a finding's state."""
    word = state.lower()
    if any(part in word for part in ("health", "good", "fine", "ok", "balanced", "learning", "improv")):
        return "good"
    if any(part in word for part in ("collaps", "diverg", "dead", "nan", "fail", "broken", "vanish", "explod", "won")):
        return "bad"
    return "watch"


def amount(value: float) -> str:
    """A count or a speed: 1,234 or 12.5 or 0.031."""
    return f"{value:,.0f}" if abs(value) >= 100 or float(value).is_integer() else f"{value:.3g}"


def figure(value: float) -> str:
    """A measured number in three digits, with a true minus sign."""
    return f"{value:.3g}".replace("-", MINUS)


def duration(seconds: float) -> str:
    """48 s, 3 min 20 s, 2 h 5 min; what is zero is left out."""
    whole = max(0, round(seconds))
    minutes, hours = whole // 60, whole // 3600
    small, large = (f"{minutes % 60} min", f"{hours:,} h") if hours else (f"{whole % 60} s", f"{minutes} min")
    if whole < 60:
        return small
    return large if small.startswith("0 ") else f"{large} {small}"


def _mean(values: list[float]) -> float:
    return sum(value / len(values) for value in values)  # divided first: a sum of huge verdicts would overflow


def _verdict(run: Contents) -> str:
    if not run.findings:
        return ""
    newest = run.findings[-1]
    state, text = plain(newest.get("state")) or "finding", clipped(plain(newest.get("text")), 300)
    return (
        f'<p class="verdict {tone(state)}"><span class="state">{escape(state)}</span> {escape(text)} '
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


def _hero(run: Contents) -> str:
    figures: list[str] = []
    if run.sheets:
        last = run.sheets[-1]
        picture = sheets.picture(last.path)
        if picture is not None:
            figures.append(_sheet(picture, f"Generated, after {last.update:,} updates"))
    real = sheets.picture(run.folder.real_sheet) if run.folder.real_sheet.is_file() else None
    if real is not None:
        figures.append(_sheet(real, "Real, for comparison"))
    if not figures:
        return '<p class="empty">No sample has been drawn yet.</p>'
    return f'<div class="hero">{"".join(figures)}</div>'


def _sheet(picture: np.ndarray, caption: str, limit: int = SHEET_BYTES) -> str:
    text, crisp = escape(caption), " crisp" if max(picture.shape[:2]) <= CRISP_SIDE else ""
    return (
        f'<figure><img class="sheet{crisp}" src="{sheets.data_uri(picture, limit)}" alt="{text}">'
        f"<figcaption>{text}</figcaption></figure>"
    )


def _pair_cells(run: Contents, first: np.ndarray, last: np.ndarray) -> str | None:
    """The first latents' pictures, cut out of both sheets; None where the sheets are no grids of known cells."""
    size, count = run.item_size, len(run.sheets[-1].verdicts) or (run.recipe.watch.samples if run.recipe else 0)
    if size is None or not count or first.shape != last.shape:
        return None
    before, after = sheets.cells(first, count, *size), sheets.cells(last, count, *size)
    if before is None or after is None:
        return None
    judged = run.sheets[0].verdicts, run.sheets[-1].verdicts
    shown: list[str] = []
    for index in range(min(PAIRS, count)):
        halves = (
            _cell(cells[index], index, when, verdict[index] if index < len(verdict) else math.nan)
            for cells, when, verdict in zip((before, after), ("first", "last"), judged, strict=True)
        )
        shown.append(f'<div class="pair">{"".join(halves)}</div>')
    return f'<div class="cells">{"".join(shown)}</div>'


def _cell(picture: np.ndarray, index: int, when: str, verdict: float) -> str:
    said = ""
    if math.isfinite(verdict):
        side = "says-real" if verdict > 0 else "says-fake"
        chance = 1 / (1 + math.exp(-max(-700.0, min(700.0, verdict))))
        hint = f"raw verdict {verdict:.3g}; as a probability of being real {chance:.3g}"
        said = f'<figcaption class="{side}" title="{hint}">{f"{verdict:+.1f}".replace("-", MINUS)}</figcaption>'
    source = sheets.data_uri(picture, CELL_BYTES)
    return f'<figure><img src="{source}" alt="latent {index + 1}, {when}">{said}</figure>'


def _pair_sheets(run: Contents, first: np.ndarray, last: np.ndarray) -> str:
    shown = zip((first, last), (run.sheets[0].update, run.sheets[-1].update), strict=True)
    return f'<div class="hero">{"".join(_sheet(p, f"After {update:,} updates", SHEET_BYTES // 2) for p, update in shown)}</div>'


def _verdict_table(run: Contents) -> str:
    """Mean verdict, share taken for real and spread over latents of the first and the newest sheet."""
    lines: list[str] = []
    for sheet in (run.sheets[0], run.sheets[-1]):
        judged = [value for value in sheet.verdicts if math.isfinite(value)]
        spread = number(sheet.row.get("sensitivity"))
        if judged or math.isfinite(spread):
            mean = figure(_mean(judged)) if judged else ""
            real = f"{sum(value > 0 for value in judged)} of {len(judged)}" if judged else ""
            cells = (mean, real, figure(spread) if math.isfinite(spread) else "")
            lines.append(
                f"<tr><th scope=row>update {sheet.update:,}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
            )
    if not lines:
        return ""
    head = "<tr><td></td><th scope=col>mean verdict<th scope=col>taken for real<th scope=col>spread over latents</tr>"
    return (
        f'<div class="scroll"><table class="numbers"><thead>{head}</thead><tbody>{"".join(lines)}</tbody></table></div>'
    )


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
