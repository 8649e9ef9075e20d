"""The page's pictures: the newest samples beside real items, the film, first against last, what was explored.

Each function gives a section, or None where there is nothing to show. Texts of the run go through `escape` here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.report import sheets
from gansmith.report.page_parts.contents import Contents
from gansmith.report.series import number
from gansmith.report.wording import MINUS, amount, duration, figure, mean, rule_of, taken_for_real

FILM_FRAMES = 40
FILM_SIDE = 640  # pixels
FILM_BYTES = 2_900_000  # of all frames, before base64
SHEET_BYTES = 160_000  # of one large picture
CELL_BYTES = 12_000
EXPLORED_BYTES = 60_000
PAIRS = 12
DOTS = 512  # verdicts of one sheet that are drawn
CRISP_SIDE = 360  # a picture this small is enlarged on the page, and then shows its pixels


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


def hero(run: Contents) -> str:
    """The newest sheet beside the sheet of real items."""
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


def film_frames(run: Contents) -> list[dict[str, Any]]:
    """At most 40 sheets over time as data, with what is known about each."""
    chosen = [run.sheets[index] for index in sheets.spread_out(len(run.sheets), FILM_FRAMES)]
    frames: list[dict[str, Any]] = []
    for sheet in chosen:
        picture = sheets.picture(sheet.path)
        if picture is not None:
            known = sheet_facts(sheet, run.threshold)
            verdicts = [round(v, 3) if math.isfinite(v) else None for v in sheet.verdicts[:DOTS]]
            source = sheets.data_uri(picture, min(SHEET_BYTES, FILM_BYTES // len(chosen)), FILM_SIDE)
            note = ", ".join(f"{name} {value}" for name, value in known)
            frames.append({"src": source, "note": note, "facts": known, "verdicts": verdicts})
    return frames


def sheet_facts(sheet: sheets.Sheet, threshold: float | None) -> list[tuple[str, str]]:
    """What is known about a sheet: names and values as text; `threshold` is the verdict between real and generated."""
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
        found.append(("mean verdict", figure(mean(judged))))
        found.append(("taken for real", taken_for_real(judged, threshold)))
    return [(name, value) for name, value in found if value]


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
    body = _pair_cells(run, pictures[0], pictures[1])
    if body is None:
        body = _pair_sheets(run, pictures[0], pictures[1])
        lead = f"What the watched latents gave after {first.update:,} updates, and after {last.update:,}."
    else:
        lead = f"Above: what these latents gave after {first.update:,} updates. Below: after {last.update:,}."
        if last.verdicts:
            lead += " Under each picture stands the raw verdict of the discriminator of that moment: "
            lead += f"{rule_of(run.threshold)}."
    return section("pairs", "First and last", "The same latents, first and last", body + _verdict_table(run), lead)


def explored(run: Contents) -> Section | None:
    """Results of steering the generator, one picture each."""
    shown = [(each, picture) for each in run.explored if (picture := sheets.picture(each.picture)) is not None]
    if not shown:
        return None
    body = "".join(_sheet(picture, each.name, EXPLORED_BYTES) for each, picture in shown)
    return section("explored", "Explored", "Explored", f'<div class="gallery">{body}</div>')


def picture_within(root: Path, name: Any) -> str:
    """A picture that a finding names, if it is a readable file inside the run's folder."""
    if not isinstance(name, str) or not name or len(name) > 200 or "\0" in name:
        return ""
    path = (root / name).resolve()
    picture = sheets.picture(path) if path.is_relative_to(root.resolve()) and path.is_file() else None
    return "" if picture is None else _sheet(picture, name, EXPLORED_BYTES)


def copies(run: Contents) -> str:
    """The pictures most like training pictures, above those; nothing where they were not looked for."""
    picture = sheets.picture(run.folder.copies) if run.folder.copies.is_file() else None
    caption = "Above: the generated pictures most like training pictures. Below: those training pictures."
    return "" if picture is None else _sheet(picture, caption, EXPLORED_BYTES)


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
            _cell(cells[index], f"latent {index + 1}, {when}", _said(verdict[index : index + 1], run.threshold))
            for cells, when, verdict in zip((before, after), ("first", "last"), judged, strict=True)
        )
        shown.append(f'<div class="pair">{"".join(halves)}</div>')
    return f'<div class="cells">{"".join(shown)}</div>'


def _cell(picture: np.ndarray, text: str, said: str) -> str:
    return f'<figure><img src="{sheets.data_uri(picture, CELL_BYTES)}" alt="{text}">{said}</figure>'


def _said(verdict: list[float], threshold: float | None) -> str:
    """A picture's verdict, if there is one, as its caption."""
    if not verdict or not math.isfinite(verdict[0]):
        return ""
    value = verdict[0]
    side = "" if threshold is None else "says-real" if value > threshold else "says-fake"
    text = f"{value:+.{1 if abs(value) >= 1 else 2}f}".replace("-", MINUS)
    return f'<figcaption class="{side}">{text}</figcaption>'


def _pair_sheets(run: Contents, first: np.ndarray, last: np.ndarray) -> str:
    shown = zip((first, last), (run.sheets[0].update, run.sheets[-1].update), strict=True)
    figures = "".join(_sheet(picture, f"After {update:,} updates", SHEET_BYTES // 2) for picture, update in shown)
    return f'<div class="hero">{figures}</div>'


def _verdict_table(run: Contents) -> str:
    """Mean verdict, share taken for real and spread over latents of the first and the newest sheet."""
    lines: list[str] = []
    for sheet in (run.sheets[0], run.sheets[-1]):
        judged = [value for value in sheet.verdicts if math.isfinite(value)]
        spread = number(sheet.row.get("sensitivity"))
        if judged or math.isfinite(spread):
            average, spread_text = (
                figure(mean(judged)) if judged else "",
                figure(spread) if math.isfinite(spread) else "",
            )
            cells = (average, taken_for_real(judged, run.threshold), spread_text)
            lines.append(
                f"<tr><th scope=row>update {sheet.update:,}</th>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
            )
    if not lines:
        return ""
    head = "<tr><td></td><th scope=col>mean verdict<th scope=col>taken for real<th scope=col>spread over latents</tr>"
    return (
        f'<div class="scroll"><table class="numbers"><thead>{head}</thead><tbody>{"".join(lines)}</tbody></table></div>'
    )
