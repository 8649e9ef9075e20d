"""The page's pictures: the newest samples beside real items, the film, first against last, what was explored.

Each function gives a section, or None where there is nothing to show. Texts of the run go through `escape` here.
"""

from __future__ import annotations

import base64
import math
from contextlib import suppress
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from gansmith import kinds
from gansmith.ground.errors import counted
from gansmith.report import sheets
from gansmith.report.page_parts import markup
from gansmith.report.page_parts.contents import Contents
from gansmith.report.page_parts.markup import Section, section
from gansmith.report.series import number
from gansmith.report.wording import MINUS, amount, duration, figure, mean, meaning_of_logit, said_real

FILM_FRAMES = 40
FILM_SIDE = 640  # pixels
FILM_BYTES = 2_900_000  # of all frames, before base64
CELL_BYTES = 12_000
EXPLORED_BYTES = 60_000
SOUND_BYTES = 4_000_000
PAIRS = 12
DOTS = 512  # logits of one sheet that are drawn


def newest_beside_real(run: Contents) -> str:
    """The newest sheet beside the sheet of real items, which stands alone where it shows them itself."""
    kind = kinds.of_data(run.data)
    if run.sheets and kind is not None and kind.plotted:
        figure = _file(
            run.sheets[-1].path, f"After {counted(run.sheets[-1].update, 'update')}, {kind.plotted}", markup.SHEET_BYTES
        )
        if figure:
            return f'<div class="hero plotted">{figure}</div>'
    shown = [(run.folder.real_sheet, "Real, for comparison")]
    if run.sheets:
        shown.insert(0, (run.sheets[-1].path, f"Generated, after {counted(run.sheets[-1].update, 'update')}"))
    figures = [_file(path, caption, markup.SHEET_BYTES) for path, caption in shown]
    if not any(figures):
        return '<p class="empty">No sample has been drawn yet.</p>'
    return f'<div class="hero">{"".join(figures)}</div>{_players(run)}'


def _players(run: Contents) -> str:
    """The newest sounds, and real ones, with a player each; nothing where the samples are not heard."""
    shown = [(run.folder.real_sound, "Real, for comparison")]
    if run.sheets:
        shown.insert(
            0, (run.folder.sample_sound(run.sheets[-1].update), "Generated, the first samples one after the other")
        )
    players: list[str] = []
    for path, caption in shown:
        with suppress(OSError):
            data = path.read_bytes()
            if len(data) <= SOUND_BYTES:
                source = base64.b64encode(data).decode("ascii")
                players.append(
                    f'<figure><audio controls src="data:audio/wav;base64,{source}"></audio>'
                    f"<figcaption>{escape(caption)}</figcaption></figure>"
                )
    return f'<div class="hero">{"".join(players)}</div>' if players else ""


def _file(path: Path, caption: str, limit: int = EXPLORED_BYTES) -> str:
    """A picture file with its caption; nothing where it cannot be read."""
    image = sheets.picture(path)
    return "" if image is None else markup.picture(image, caption, limit)


def film_frames(run: Contents) -> list[dict[str, Any]]:
    """At most 40 sheets over time as data, with what is known about each."""
    chosen = [run.sheets[index] for index in sheets.spread_out(len(run.sheets), FILM_FRAMES)]
    frames: list[dict[str, Any]] = []
    for sheet in chosen:
        image = sheets.picture(sheet.path)
        if image is not None:
            facts = _sheet_facts(sheet, run.threshold)
            logits = [round(value, 3) if math.isfinite(value) else None for value in sheet.logits[:DOTS]]
            source = sheets.data_uri(image, min(markup.SHEET_BYTES, FILM_BYTES // len(chosen)), FILM_SIDE)
            note = ", ".join(f"{name} {value}" for name, value in facts)
            frames.append({"src": source, "note": note, "facts": facts, "verdicts": logits})
    return frames


def _sheet_facts(sheet: sheets.Sheet, threshold: float | None) -> list[tuple[str, str]]:
    """What is known about a sheet: names and values as text."""
    images, seconds = number(sheet.row.get("images_seen")), number(sheet.row.get("seconds"))
    logit, share, spread = _logits_and_spread(sheet, threshold)
    found = {
        "updates": f"{sheet.update:,}",
        "items seen": amount(images) if math.isfinite(images) else "",
        "time": duration(seconds) if math.isfinite(seconds) else "",
        "spread over latents": spread,
        "mean logit": logit,
        "taken for real": share,
    }
    return [(name, value) for name, value in found.items() if value]


def _logits_and_spread(sheet: sheets.Sheet, threshold: float | None) -> tuple[str, str, str]:
    """The mean logit, how many pictures are taken for real, and the spread over latents, as text; empty where unknown."""
    logits = [value for value in sheet.logits if math.isfinite(value)]
    spread = number(sheet.row.get("sensitivity"))
    return (
        figure(mean(logits)) if logits else "",
        said_real(logits, threshold),
        figure(spread) if math.isfinite(spread) else "",
    )


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
aria-label="The logit of each picture of the sheet"></svg></div></div>"""
    lead = "The same latents at every moment, from the untrained generator on. Drag, or use the arrow keys."
    return section("samples", "Samples", "Samples over time", body, lead)


def pairs(run: Contents) -> Section | None:
    """The first and the newest picture of the same latents, with the discriminator's logits."""
    if len(run.sheets) < 2:
        return None
    first, last = run.sheets[0], run.sheets[-1]
    before, after = sheets.picture(first.path), sheets.picture(last.path)
    if before is None or after is None:
        return None
    body = _pair_cells(run, before, after)
    if body is None:
        half = markup.SHEET_BYTES // 2
        figures = [
            markup.picture(image, f"After {counted(sheet.update, 'update')}", half)
            for image, sheet in ((before, first), (after, last))
        ]
        body = f'<div class="hero">{"".join(figures)}</div>'
        lead = f"What the watched latents gave after {counted(first.update, 'update')}, and after {last.update:,}."
    else:
        lead = f"Above: what these latents gave after {counted(first.update, 'update')}. Below: after {last.update:,}."
        if last.logits:
            lead += " Under each picture is its logit, the raw output of the discriminator at that time: "
            lead += f"{meaning_of_logit(run.threshold)}."
    return section("pairs", "First and last", "The same latents, first and last", body + _pair_table(run), lead)


def explored(run: Contents) -> Section | None:
    """Results of steering the generator, one picture each."""
    body = "".join(_file(path, name) for name, path in run.explored.items())
    return section("explored", "Explored", "Explored", f'<div class="gallery">{body}</div>') if body else None


def picture_within(root: Path, name: Any) -> str:
    """A picture that a finding names, if it is a readable file inside the run's folder."""
    if not isinstance(name, str) or not name or len(name) > 200 or "\0" in name:
        return ""
    path = (root / name).resolve()
    return _file(path, name) if path.is_relative_to(root.resolve()) else ""


def copies(run: Contents) -> str:
    """The pictures most like training pictures, above those; nothing where no search for copies was made."""
    return _file(
        run.folder.copies,
        "Above: the generated pictures most like training pictures. Below: those training pictures.",
    )


def _pair_cells(run: Contents, first: np.ndarray, last: np.ndarray) -> str | None:
    """The first latents' pictures, cut out of both sheets; None where the sheets are no grids of known cells."""
    size, count = run.item_size, len(run.sheets[-1].logits) or (run.recipe.watch.samples if run.recipe else 0)
    if size is None or first.shape != last.shape:
        return None
    before, after = sheets.cells(first, count, *size), sheets.cells(last, count, *size)
    if before is None or after is None:
        return None
    columns = ((before, "first", run.sheets[0].logits), (after, "last", run.sheets[-1].logits))
    shown: list[str] = []
    for index in range(min(PAIRS, count)):
        halves = "".join(
            f'<figure><img src="{sheets.data_uri(cells[index], CELL_BYTES)}" alt="latent {index + 1}, {when}">'
            f"{_logit(logits[index : index + 1], run.threshold)}</figure>"
            for cells, when, logits in columns
        )
        shown.append(f'<div class="pair">{halves}</div>')
    return f'<div class="cells">{"".join(shown)}</div>'


def _logit(found: list[float], threshold: float | None) -> str:
    """A picture's logit, if there is one, as its caption."""
    if not found or not math.isfinite(found[0]):
        return ""
    value = found[0]
    side = "" if threshold is None else "says-real" if value > threshold else "says-fake"
    text = f"{value:+.{1 if abs(value) >= 1 else 2}f}".replace("-", MINUS)
    return f'<figcaption class="{side}">{text}</figcaption>'


def _pair_table(run: Contents) -> str:
    """Mean logit, share taken for real and spread over latents of the first and the newest sheet."""
    found = {sheet.update: _logits_and_spread(sheet, run.threshold) for sheet in (run.sheets[0], run.sheets[-1])}
    lines = [markup.row(f"update {update:,}", cells) for update, cells in found.items() if any(cells)]
    return markup.table(("", "mean logit", "taken for real", "spread over latents"), lines) if lines else ""
