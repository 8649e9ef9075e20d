"""The page of an article in Markdown: each claim with what was run, the figures over seeds, the verdict, the cause."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gansmith.ground import pixels
from gansmith.report.wording import figure

PERCENT = ("accuracy", "told_apart", "largest_share", "agreement", "label_minded", "same_at_2", "opposite_at")
"""Figures that are shares, by how their names begin."""

FIRM = 3  # seeds of each variant on which a verdict rests

LEARNS = (
    "*Learns*: the samples' standard deviation over the latents is above .05, and the Frechet distance fell by 20% or "
    "more from a quarter of the updates to the end."
)


def page(name: str, found: Mapping[str, Any]) -> str:
    """The whole page, from the content of articles.json."""
    told = found["articles"][name]
    parts = [_head(name, found, told), *(_claim(name, claim) for claim in told["claims"]), _runs(told, found)]
    return "\n".join(parts)


def strip(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Samples uint8 (N, H, W, C) of several variants, one row each, as one picture (H', W', C)."""
    columns = min(len(row) for row in rows)
    sheet = pixels.grid(np.concatenate([row[:columns] for row in rows]), columns)
    return sheet[:, :, : rows[0].shape[3]]


def _head(name: str, found: Mapping[str, Any], told: Mapping[str, Any]) -> str:
    quick = " with `--quick`, which shows that everything runs and nothing else" if found["quick"] else ""
    lines = [
        f"# Article {name}: {told['title']}",
        "",
        f"Written on {found['made']} by `{found['command']}`{quick}. Verdicts follow from the figures by the "
        "same rules every time (`gansmith/articles/rules.py`).",
        "",
    ]
    if told.get("fd_floor") is not None:
        lines += [
            f"FD is the Frechet distance of 2,000 samples to the test set in the features of `{told['features'][0]}`: "
            f"real training pictures have {_number('fd', told['fd_floor'])}, noise has "
            f"{_number('fd', told['fd_noise'])}.",
            "",
        ]
    elif told["features"]:
        names = " or ".join(f"`{name}`" for name in told["features"])
        lines += [f"Classes are told by {names}, a classifier of the pictures that were learned from.", ""]
    lines += ["Figures are medians over the seeds, with the least and the greatest.", ""]
    if told["machine"]:
        facts = ", ".join(f"{key} {value}" for key, value in told["machine"].items())
        lines += [f"Trained on: {facts}. Precisions are in the commands below.", ""]
    lines += ["| claim | verdict |", "| --- | --- |"]
    lines += [f"| {claim['says']} | **{claim['verdict']}** |" for claim in told["claims"]]
    return "\n".join([*lines, ""])


def _claim(article: str, claim: Mapping[str, Any]) -> str:
    lines = [f"## {claim['says']}", "", f"**Verdict: {claim['verdict']}.** {_sentence(claim['because'])}", ""]
    if claim["verdict"] != "open" and any(len(cells) < FIRM for cells in claim["variants"].values()):
        lines += ["Preliminary: not every variant below has three seeds yet.", ""]
    if claim["cause"]:
        lines += [f"**Cause.** {claim['cause']}", ""]
    keys = list(claim["figures"])
    heads = ["variant", "seeds", *claim["figures"].values()]
    lines += ["| " + " | ".join(heads) + " |", "| --- |" + " ---: |" * (len(heads) - 1)]
    for name, cells in claim["variants"].items():
        lines.append(
            "| " + " | ".join([name, str(len(cells) or "not run"), *(_cell(key, cells) for key in keys)]) + " |"
        )
    lines.append("")
    if "learns" in keys:
        lines += [LEARNS, ""]
    if claim["strip"]:
        rows = "; ".join(claim["strip"])
        lines += [f"![Samples: {rows}](pictures/{article}-{claim['name']}.png)", "", f"Rows, from above: {rows}.", ""]
    return "\n".join(lines)


def _runs(told: Mapping[str, Any], found: Mapping[str, Any]) -> str:
    """The commands that are this article's trainings, and what failed."""
    lines = [
        "## What was run",
        "",
        "`MNIST` stands for the folder of its four files. Each command goes on where it was stopped.",
        "",
    ]
    for command in told["studies"].values():
        lines += ["```sh", command, "```", ""]
    if found["failures"]:
        lines += ["Trainings without figures:", "", *(f"- {line}" for line in found["failures"]), ""]
    return "\n".join(lines)


def _cell(key: str, cells: Sequence[Mapping[str, Any]]) -> str:
    """A figure over the seeds: `873 (719 to 873)`; of "learns", how many did."""
    values = [float(cell[key]) for cell in cells if cell.get(key) is not None]
    if not values:
        return ""
    if key == "learns":
        return f"{sum(value > 0.5 for value in values)} of {len(values)}"
    low, middle, high = (_number(key, value) for value in (min(values), statistics.median(values), max(values)))
    return middle if low == high else f"{middle} ({low} to {high})"


def _number(key: str, value: float) -> str:
    if key.startswith(PERCENT):
        return f"{value:.1%}"
    return f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else figure(value)


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}." if words else ""
