"""The page of an article in Markdown: each claim with its verdict, the figures over seeds, and the cause."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from gansmith.ground import pixels
from gansmith.report.wording import figure

PERCENT = ("accuracy", "told_apart", "largest_share", "agreement", "label_minded", "same_at_2", "opposite_at")
"""How the names of figures begin that are shares."""

LEARNS = (
    "*Learns*: the samples' standard deviation over the latents is above .05, and the Frechet distance ends below half of "
    "the untrained generator's under the same seed."
)

VERDICTS = (
    "A claim *holds*, or *does not hold*, where the figures of three seeds or more say so with a margin; otherwise it is "
    "*open at this budget*. Verdicts follow from the figures by the same rules every time "
    "(`gansmith/articles`). Intervals over the seeds are 90% ones of the rank test."
)


def page(name: str, found: Mapping[str, Any]) -> str:
    """The whole page, from the content of articles.json."""
    article = found["articles"][name]
    blocks = _head(name, found, article)
    for claim in article["claims"]:
        blocks += _claim(name, claim)
    blocks += _tuning(article["tuning"]) if article["tuning"] else []
    blocks += [
        "## What was run",
        "`MNIST` stands for the folder of its four files. Each command continues where it was stopped.",
        *(f"```sh\n{command}\n```" for command in article["studies"].values()),
    ]
    if found["failures"]:
        blocks += ["Trainings without figures:", "\n".join(f"- {line}" for line in found["failures"])]
    return "\n\n".join(blocks) + "\n"


def strip(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Samples uint8 (N, H, W, C) of several variants, one row each, as one picture (H', W', C)."""
    columns = min(len(row) for row in rows)
    sheet = pixels.grid(np.concatenate([row[:columns] for row in rows]), columns)
    return sheet[:, :, : rows[0].shape[3]]


def _head(name: str, found: Mapping[str, Any], article: Mapping[str, Any]) -> list[str]:
    quick = " with `--quick`, which shows that everything runs and nothing else" if found["quick"] else ""
    blocks = [
        f"# Article {name}: {article['title']}",
        f"Written on {found['made']} by `{found['command']}`{quick}.",
        VERDICTS,
    ]
    features = " or ".join(f"`{name}`" for name in article["features"])
    if article.get("fd_floor") is not None:
        blocks.append(
            f"FD is the Frechet distance of 2,000 samples to the test set in the features of {features}: real training "
            f"pictures have {_number('fd', article['fd_floor'])}, noise has {_number('fd', article['fd_noise'])}."
        )
    elif features:
        blocks.append(f"Classes are recognised by {features}, a classifier trained on the same pictures.")
    blocks.append("Figures are medians over the seeds, with the least and the greatest.")
    if article["machine"]:
        facts = ", ".join(f"{key} {value}" for key, value in article["machine"].items())
        blocks.append(f"Trained on: {facts}. Precisions are in the commands below.")
    verdicts = [[claim["says"], f"**{claim['verdict']}**"] for claim in article["claims"]]
    return [*blocks, _table(["claim", "verdict"], ["---", "---"], verdicts)]


def _claim(article: str, claim: Mapping[str, Any]) -> list[str]:
    because = claim["because"]
    blocks = [f"## {claim['says']}", f"**Verdict: {claim['verdict']}.** {because[:1].upper()}{because[1:]}."]
    if claim["needs"]:
        blocks.append(f"**What would decide it.** {claim['needs'][:1].upper()}{claim['needs'][1:]}.")
    if claim["cause"]:
        blocks.append(f"**Cause.** {claim['cause']}")
    blocks.append(_figures(claim))
    if "learns" in claim["figures"]:
        blocks.append(LEARNS)
    if claim["apart"]:
        features = "; ".join(f"{variant} in `{name}`" for variant, name in claim["measured"].items())
        blocks.append(f"Distances are in features of their own ({features}): compare them along a row alone.")
    if claim["strip"]:
        names = "; ".join(claim["strip"])
        blocks.append(f"![Samples: {names}](pictures/{article}-{claim['name']}.png)")
        blocks.append(f"Rows, from above: {names}.")
    return blocks


def _tuning(tuning: Mapping[str, Any]) -> list[str]:
    """How each network got its beta1."""
    chosen = ", ".join(f"{value:g} for {name}" for name, value in tuning["chosen"].items())
    return [
        "## How the networks were tuned",
        "The article gives no rates. Each network had both values of β₁, for both players, under the gradient tape and "
        "a seed that is not judged. It is judged with the one that ended nearer to the data, under every feedback: "
        f"{chosen}.",
        _figures(tuning),
    ]


def _figures(told: Mapping[str, Any]) -> str:
    """The table of a claim's figures, or of the tuning's: a line a variant."""
    titles = told["figures"]
    rows = [
        [name, str(len(cells) or "not run"), *(_cell(key, cells) for key in titles)]
        for name, cells in told["variants"].items()
    ]
    return _table(["variant", "seeds", *titles.values()], ["---", *["---:"] * (len(titles) + 1)], rows)


def _table(titles: list[str], rules: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (titles, rules, *rows))


def _cell(key: str, cells: Sequence[Mapping[str, Any]]) -> str:
    """A figure over the seeds: `873 (719 to 873)`; of "learns", how many did."""
    values = [float(cell[key]) for cell in cells if cell.get(key) is not None]
    if not values:
        return ""
    if key == "learns":
        return f"{sum(value > 0.5 for value in values)} of {len(values)}"
    low, median, high = (_number(key, value) for value in (min(values), statistics.median(values), max(values)))
    return median if low == high else f"{median} ({low} to {high})"


def _number(key: str, value: float) -> str:
    if key.startswith(PERCENT):
        return f"{value:.1%}"
    return f"{value:,.0f}" if abs(value) >= 100 or value == round(value) else figure(value)
