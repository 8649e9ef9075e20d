"""The page of a comparison: one file of HTML, no script, that shows every variant and seed side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from gansmith.ground.errors import counted
from gansmith.ground.files.gridfolder import CellFolder, GridFolder
from gansmith.ground.files.runfolder import read_rows
from gansmith.report import plots, sheets
from gansmith.report.page_parts import markup
from gansmith.report.series import Axis, Row, number
from gansmith.report.wording import amount, duration, figure

STYLE = """
.grid td { padding: 0.3rem 0.5rem 0.6rem 0; border: 0; } .grid img { display: block; border-radius: 5px; max-width: none; }
.grid th { padding: 0.3rem 1rem 0 0; } .grid small, .numbers small { color: var(--quiet); display: block; }
.yes { color: var(--good); } .no { color: var(--bad); } figure.plot-still img { max-width: 100%; height: auto; background: #fff; }
.stills { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr)); gap: 1.3rem; }
"""

MOMENTS = (0.125, 0.25, 0.5, 1.0)
"""When pictures are shown, as shares of the shortest run."""

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

Runs = Mapping[str, Sequence[tuple[Mapping[str, Any], CellFolder]]]
"""Variant -> its cells: each cell's entry in comparison.json, and its folder."""


@dataclass(frozen=True)
class Column:
    """A figure of the table: its key, its title, and whether it is written as a percentage."""

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


def columns(found: Mapping[str, Any]) -> tuple[Column, ...]:
    """The columns of a comparison: metrics of the user's come before the accuracy."""
    own = tuple(Column(name, name) for name in found.get("metrics", ()))
    return (*COLUMNS[:-2], *own, *COLUMNS[-2:])


def page(found: Mapping[str, Any], folder: GridFolder) -> str:
    """The whole page, from comparison.json's content and the cells' runs."""
    variants = found["variants"]
    runs = {
        each["name"]: [(cell, folder.cell(each["name"], cell["seed"])) for cell in each["cells"]] for each in variants
    }
    count = sum(map(len, runs.values()))
    header = f"""<header>
<p class="brand">Gansmith comparison</p>
<h1>{counted(len(variants), "variant")}, {counted(count, "training")}</h1>
<p class="lead">Made on {escape(found["made"])} by <code>{escape(found["command"])}</code></p>
</header>"""
    main = "\n".join([_figures(variants, columns(found)), _pictures(runs), _curves(runs), _cells(variants)])
    return markup.document(f"Comparison of {counted(len(variants), 'variant')} · Gansmith", header, main, style=STYLE)


def ranged(entry: Mapping[str, Any], column: Column) -> str:
    """A figure's median over the seeds, and its range, as text; empty where it was not measured."""
    values = entry["spread"].get(column.key)
    if values is None:
        return ""
    median, least, greatest = (
        f"{values[name]:.0%}" if column.percent else figure(values[name]) for name in ("median", "least", "greatest")
    )
    return median if least == greatest else f"{median} ({least} to {greatest})"


def learned(entry: Mapping[str, Any]) -> str:
    """How many of the finished seeds learned: "2 of 3"."""
    answers = [cell["learns"] for cell in entry["cells"] if cell["status"] == "done" and cell["learns"] is not None]
    return f"{sum(answers)} of {len(answers)}" if answers else ""


def _figures(variants: Sequence[Mapping[str, Any]], known: Sequence[Column]) -> str:
    """One line a variant."""
    shown = [column for column in known if any(column.key in each["spread"] for each in variants)]
    lines = [
        markup.row(escape(each["name"]), [*(ranged(each, column) for column in shown), learned(each)])
        for each in variants
    ]
    lead = (
        "Median over the seeds, with the range. A run learns if its samples vary with the latents and its distance to "
        "real items ends below half of the untrained generator's."
    )
    heads = ["variant", *(column.title for column in shown), "learns"]
    return markup.section("figures", "", "Figures", markup.table(heads, lines), lead).html


def _pictures(runs: Runs) -> str:
    """Rows of sheets at equal updates (every seed), equal images and equal seconds (the first seed)."""
    listed: dict[tuple[str, int], list[sheets.Sheet]] = {}
    for name, cells in runs.items():
        for cell, folder in cells:
            known = [sheet for sheet in sheets.listed(folder.run) if sheet.row]
            if known:
                listed[name, cell["seed"]] = known
    if not listed:
        return ""
    first = {name: min(seed for other, seed in listed if other == name) for name, _ in listed}
    blocks: list[str] = []
    for clock, title in CLOCKS.items():
        chosen = {key: found for key, found in listed.items() if clock == "update" or key[1] == first[key[0]]}
        blocks.append(f"<h3>At {title}</h3>{_sheets_at(clock, chosen)}")
    lead = "Each row keeps its latents: only the training differs between its pictures."
    return markup.section("samples", "", "Samples", "".join(blocks), lead).html


def _sheets_at(clock: Axis, chosen: Mapping[tuple[str, int], Sequence[sheets.Sheet]]) -> str:
    """A table of sheets: a line for each run, a column for each moment."""
    common = min(number(found[-1].row.get(clock)) for found in chosen.values())
    moments = [share * common for share in MOMENTS]
    lines: list[str] = []
    for (name, seed), found in chosen.items():
        nearest = (min(found, key=lambda sheet: abs(number(sheet.row.get(clock)) - moment)) for moment in moments)
        lines.append(markup.row(f"{escape(name)}<small>seed {seed}</small>", map(_sheet, nearest)))
    return markup.table(["", *(_moment(clock, moment) for moment in moments)], lines, "grid")


def _sheet(sheet: sheets.Sheet) -> str:
    picture = sheets.picture(sheet.path)
    if picture is None:
        return ""
    source = sheets.data_uri(picture, PICTURE_BYTES, PICTURE_SIDE)
    caption = f"update {sheet.update:,}, {duration(number(sheet.row.get('seconds')))}"
    updates = counted(sheet.update, "update")
    return f'<img src="{source}" alt="samples after {updates}"><small>{caption}</small>'


def _moment(clock: Axis, value: float) -> str:
    if clock == "seconds":
        return duration(value)
    return f"{amount(round(value))} {'updates' if clock == 'update' else 'images'}"


def _curves(runs: Runs) -> str:
    """Medians and ranges over the seeds."""
    series = {
        name: [_rows(cell, folder) for cell, folder in cells if cell["status"] == "done"]
        for name, cells in runs.items()
    }
    stills: list[str] = []
    for key, title in CURVES.items():
        measured = {
            name: rows
            for name, rows in series.items()
            if any(row.get(key) is not None for each in rows for row in each)
        }
        if measured:
            source = sheets.embedded(plots.curves_with_spread(measured, key, title), "svg+xml")
            stills.append(f'<figure class="plot-still"><img src="{source}" alt="{title} over updates"></figure>')
    if not stills:
        return ""
    lead = "Median over the seeds; the band reaches from the least to the greatest."
    return markup.section("curves", "", "Curves", f'<div class="stills">{"".join(stills)}</div>', lead).html


def _rows(cell: Mapping[str, Any], folder: CellFolder) -> list[Row]:
    """A run's rows: of stats, with the mean accuracy over real and generated items, and of the measured snapshots."""
    rows: list[Row] = []
    for row in read_rows(folder.run.stats):
        known = [half for half in (row.get("accuracy.real"), row.get("accuracy.fake")) if half is not None]
        rows.append(row | ({"accuracy": sum(known) / len(known)} if known else {}))
    for shot in cell["snapshots"]:
        values = {key: entry["value"] for key, entry in shot["figures"].items()}
        rows.append({name: shot[name] for name in ("update", "images_seen", "seconds")} | values)
    return sorted(rows, key=lambda row: row["update"])


def _cells(variants: Sequence[Mapping[str, Any]]) -> str:
    """Every training by itself: its figures, and its diagnosis."""
    lines: list[str] = []
    for each in variants:
        for cell in each["cells"]:
            if cell["status"] == "done":
                answer = {True: "yes", False: "no", None: ""}[cell["learns"]]
                because = escape(cell["because"])
                finding = escape(f"{cell['state'] or ''}: {cell['finding'] or ''}".strip(": "))
                fd, modes = (cell["figures"].get(key, {}).get("value") for key in ("fd", "modes"))
            else:
                answer, because, finding, fd, modes = (
                    cell["status"],
                    escape(cell["error"] or "not done yet"),
                    "",
                    None,
                    None,
                )
            numbers = "".join(f"<td>{'' if value is None else figure(value)}</td>" for value in (fd, modes))
            colour = "yes" if answer == "yes" else "no"
            lines.append(
                f"<tr><th scope=row>{escape(each['name'])}</th><td>{cell['seed']}</td>{numbers}"
                f'<td class="{colour}">{answer}</td><td>{because}</td><td>{finding}</td></tr>'
            )
    heads = ("variant", "seed", "FD", "modes", "learns", "because", "diagnosis")
    return markup.section("trainings", "", "Every training", markup.table(heads, lines, "")).html
