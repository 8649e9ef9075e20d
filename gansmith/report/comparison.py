"""The page of a comparison: one file of HTML, no script, that shows every variant and seed side by side."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from gansmith.ground.files.gridfolder import CellFolder, GridFolder
from gansmith.ground.files.runfolder import read_rows
from gansmith.ground.version import __version__
from gansmith.report import plots, sheets
from gansmith.report.series import Axis, Row, number
from gansmith.report.wording import amount, duration, figure

HERE = Path(__file__).parent
STYLE = """
.grid td { padding: 0.3rem 0.5rem 0.6rem 0; border: 0; } .grid img { display: block; border-radius: 5px; max-width: none; }
.grid th { padding: 0.3rem 1rem 0 0; } .grid small, .numbers small { color: var(--quiet); display: block; }
.yes { color: var(--good); } .no { color: var(--bad); } figure.plot-still img { max-width: 100%; height: auto; background: #fff; }
.stills { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); gap: 1.3rem; }
"""
POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

MOMENTS = (0.125, 0.25, 0.5, 1.0)
"""Shares of the stretch that all runs have in common, at which their pictures are shown."""

CLOCKS: dict[Axis, str] = {"update": "equal updates", "images_seen": "equal images", "seconds": "equal seconds"}
PICTURE_BYTES = 14_000
PICTURE_SIDE = 190  # pixels

CURVES = {
    "fd": "Frechet distance",
    "sensitivity": "Latent sensitivity",
    "modes": "Modes covered",
    "loss.generator": "Generator's loss",
    "loss.discriminator": "Discriminator's loss",
    "accuracy": "Discriminator's accuracy",
}


@dataclass(frozen=True)
class Column:
    """A figure of the table: where it is found, and how it is written."""

    key: str
    title: str
    percent: bool = False


COLUMNS = (
    Column("fd", "FD"),
    Column("modes", "modes"),
    Column("sensitivity", "std over z"),
    Column("agreement", "asked label", percent=True),
    Column("accuracy", "D accuracy", percent=True),
    Column("seconds", "seconds"),
)


def page(found: Mapping[str, Any], folder: GridFolder) -> str:
    """The whole page, from comparison.json's content and the cells' runs."""
    variants = found["variants"]
    runs = {
        each["name"]: [(cell, folder.cell(each["name"], cell["seed"])) for cell in each["cells"]] for each in variants
    }
    parts = [_table(variants), _pictures(runs), _curves(runs), _cells(variants)]
    style = (HERE / "page.css").read_text(encoding="utf-8") + STYLE
    count = sum(len(each["cells"]) for each in variants)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Comparison of {len(variants)} variants · Gansmith</title>
<style>
{style}</style>
</head>
<body>
<header>
<p class="brand">Gansmith comparison</p>
<h1>{len(variants)} variants, {count} trainings</h1>
<p class="lead">Made on {escape(found["made"])} by <code>{escape(found["command"])}</code></p>
</header>
<main>
{"".join(parts)}
</main>
<footer>Written by Gansmith {escape(__version__)}. This page is one file: keep it, or send it to a friend.</footer>
</body>
</html>
"""


def ranged(entry: Mapping[str, Any], column: Column) -> str:
    """A figure's median over the seeds, and its range, as text; empty where it was not measured."""
    values = entry["spread"].get(column.key)
    if values is None:
        return ""
    median, least, greatest = (_written(values[name], column) for name in ("median", "least", "greatest"))
    return median if least == greatest else f"{median} ({least} to {greatest})"


def learned(entry: Mapping[str, Any]) -> str:
    """How many of the seeds that are done learned: "2 of 3"."""
    said = [cell.get("learns") for cell in entry["cells"] if cell["status"] == "done"]
    known = [answer for answer in said if answer is not None]
    return f"{sum(known)} of {len(known)}" if known else ""


def _written(value: float, column: Column) -> str:
    return f"{value:.0%}" if column.percent else figure(value)


def _table(variants: Sequence[Mapping[str, Any]]) -> str:
    """One line a variant."""
    shown = [column for column in COLUMNS if any(column.key in each["spread"] for each in variants)]
    head = "".join(f"<th scope=col>{column.title}" for column in shown)
    lines = "".join(
        f"<tr><th scope=row>{escape(each['name'])}</th>"
        + "".join(f"<td>{escape(ranged(each, column))}</td>" for column in shown)
        + f"<td>{learned(each)}</td></tr>"
        for each in variants
    )
    lead = (
        "Median over the seeds, with the range. A run learns when its samples vary with the latents and its distance to "
        "real items fell by a fifth from the first measurement to the last."
    )
    return _section(
        "Figures",
        lead,
        f'<div class="scroll"><table class="numbers"><thead><tr><th scope=col>variant{head}<th scope=col>learns</tr>'
        f"</thead><tbody>{lines}</tbody></table></div>",
    )


def _pictures(runs: Mapping[str, list[tuple[Mapping[str, Any], CellFolder]]]) -> str:
    """Rows of sheets at equal updates (every seed), equal images and equal seconds (the first seed)."""
    listed = {(name, cell["seed"]): sheets.listed(folder.run) for name, cells in runs.items() for cell, folder in cells}
    listed = {key: found for key, found in listed.items() if any(sheet.row for sheet in found)}
    first = {name: min(seed for other, seed in listed if other == name) for name, _ in listed}
    blocks: list[str] = []
    for clock, title in CLOCKS.items():
        chosen = {key: found for key, found in listed.items() if clock == "update" or key[1] == first[key[0]]}
        if chosen:
            blocks.append(_block(clock, title, chosen))
    if not blocks:
        return ""
    return _section(
        "Samples", "Each row keeps its latents: only the training differs between its pictures.", "".join(blocks)
    )


def _block(clock: Axis, title: str, chosen: Mapping[tuple[str, int], list[sheets.Sheet]]) -> str:
    common = min(number(found[-1].row.get(clock)) for found in chosen.values())
    moments = [share * common for share in MOMENTS]
    head = "".join(f"<th scope=col>{_clock(clock, moment)}" for moment in moments)
    lines: list[str] = []
    for (name, seed), found in chosen.items():
        cells = "".join(f"<td>{_sheet(_nearest(found, clock, moment))}</td>" for moment in moments)
        lines.append(f"<tr><th scope=row>{escape(name)}<small>seed {seed}</small></th>{cells}</tr>")
    return (
        f'<h3>At {title}</h3><div class="scroll"><table class="grid"><thead><tr><th>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _nearest(found: Sequence[sheets.Sheet], clock: Axis, moment: float) -> sheets.Sheet:
    known = [sheet for sheet in found if sheet.row]
    return min(known, key=lambda sheet: abs(number(sheet.row.get(clock)) - moment))


def _sheet(sheet: sheets.Sheet) -> str:
    picture = sheets.picture(sheet.path)
    if picture is None:
        return ""
    source = sheets.data_uri(picture, PICTURE_BYTES, PICTURE_SIDE)
    row = sheet.row
    caption = f"update {sheet.update:,}, {duration(number(row.get('seconds')))}"
    return f'<img src="{source}" alt="samples after {sheet.update} updates"><small>{caption}</small>'


def _clock(clock: Axis, value: float) -> str:
    return (
        duration(value)
        if clock == "seconds"
        else f"{amount(round(value))} {'updates' if clock == 'update' else 'images'}"
    )


def _curves(runs: Mapping[str, list[tuple[Mapping[str, Any], CellFolder]]]) -> str:
    """Medians and ranges over the seeds."""
    series = {
        name: [_rows(cell, folder) for cell, folder in cells if cell["status"] == "done"]
        for name, cells in runs.items()
    }
    series = {name: rows for name, rows in series.items() if rows}
    stills: list[str] = []
    for key, title in CURVES.items():
        held = {
            name: runs
            for name, runs in series.items()
            if any(row.get(key) is not None for rows in runs for row in rows)
        }
        if held:
            drawn = base64.b64encode(plots.curves_with_spread(held, key, "update", "svg", title)).decode("ascii")
            stills.append(
                f'<figure class="plot-still"><img src="data:image/svg+xml;base64,{drawn}" alt="{title} over updates">'
                "</figure>"
            )
    if not stills:
        return ""
    return _section(
        "Curves",
        "Median over the seeds; the band reaches from the least to the greatest.",
        f'<div class="stills">{"".join(stills)}</div>',
    )


def _rows(cell: Mapping[str, Any], folder: CellFolder) -> list[Row]:
    """A run's rows: of stats, with the accuracy of both kinds as one, and of the measured snapshots."""
    rows: list[Row] = []
    for row in read_rows(folder.run.stats):
        halves = [row.get("accuracy.real"), row.get("accuracy.fake")]
        known = [half for half in halves if half is not None]
        rows.append(row | ({"accuracy": sum(known) / len(known)} if known else {}))
    for shot in cell["snapshots"]:
        values = {key: entry["value"] for key, entry in shot["figures"].items()}
        rows.append({name: shot[name] for name in ("update", "images_seen", "seconds")} | values)
    return sorted(rows, key=lambda row: row["update"])


def _cells(variants: Sequence[Mapping[str, Any]]) -> str:
    """Every training by itself: what it came to, and what the doctor said."""
    lines: list[str] = []
    for each in variants:
        for cell in each["cells"]:
            head = f"<th scope=row>{escape(each['name'])}</th><td>{cell['seed']}</td>"
            if cell["status"] == "done":
                answer = {True: "yes", False: "no", None: ""}[cell["learns"]]
                finding = escape(f"{cell['state'] or ''}: {cell['finding'] or ''}".strip(": "))
                lines.append(
                    f"<tr>{head}<td>{_value(cell, 'fd')}</td><td>{_value(cell, 'modes')}</td>"
                    f'<td class="{answer}">{answer}</td><td>{escape(cell["because"])}</td><td>{finding}</td></tr>'
                )
            else:
                words = escape(cell["error"] or "not done yet")
                lines.append(
                    f'<tr>{head}<td></td><td></td><td class="no">{cell["status"]}</td><td colspan=2>{words}</td></tr>'
                )
    head = "<th scope=col>variant<th>seed<th>FD<th>modes<th>learns<th>because<th>the doctor"
    return _section(
        "Every training",
        "",
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>',
    )


def _value(cell: Mapping[str, Any], key: str) -> str:
    value = cell["figures"].get(key, {}).get("value")
    return "" if value is None else figure(value)


def _section(title: str, lead: str, body: str) -> str:
    words = f'<p class="lead">{escape(lead)}</p>' if lead else ""
    return f"<section><h2>{escape(title)}</h2>{words}{body}</section>\n"
