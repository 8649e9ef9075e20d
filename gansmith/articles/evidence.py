"""The figures of the studies' trainings, seed by seed: what the rules decide by."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import sub, truediv
from typing import Any

from gansmith.articles.intervals import Interval, between
from gansmith.articles.probes import probe
from gansmith.articles.studies import STUDIES
from gansmith.compare.grid import learns, variant
from gansmith.ground.errors import GansmithError
from gansmith.ground.files.gridfolder import CellFolder, GridFolder

Figures = Mapping[str, float | str | None]

FIGURES: dict[str, str] = {
    "update": "updates",
    "epoch": "passes",
    "updates_per_second": "updates a second",
    "fd": "FD",
    "fd_untrained": "FD untrained",
    "fd_quarter": "FD after a quarter",
    "fd@4680": "FD after 4,680 updates",
    "fd@9360": "FD after 9,360",
    "fd@18720": "FD after 18,720",
    "way": "of the way to noise",
    "lawful": "as its law allows",
    "modes": "classes covered",
    "learns": "learns",
    "sensitivity": "std over z",
    "accuracy": "D accuracy",
    "told_apart": "D tells apart",
    "largest_share": "largest class's share",
    "largest_class": "largest class",
    "agreement": "asked label",
    "agreement_least": "least digit",
    "agreement_9": "the 9",
    "label_minded": "D minds the label",
    "label_moves": "label moves a pixel by",
    "mean_correlation": "correlation with the mean picture",
    "first_correlation": "correlation with the first picture",
    "raw_spread": "std over z, raw",
    "gradient": "G's gradient",
    "gradient_most": "at most",
    "same_at_2": "own style at 2",
    "opposite_at_-2": "opposite style at −2",
    "trend": "rank correlation",
    "style_norm": "length of a style",
}
"""The figures that a page may show, and their titles there."""


@dataclass(frozen=True)
class Trained:
    """One finished cell: its seed, its figures, its folder."""

    seed: int
    figures: Figures
    folder: CellFolder


@dataclass(frozen=True)
class Evidence:
    """Finished cells by the name of their variant, over all studies. No two studies share a name.

    Every answer leaves out figures that were not measured.
    """

    cells: Mapping[str, Sequence[Trained]]

    def has(self, *names: str) -> bool:
        """Whether each of the variants has at least one finished seed."""
        return all(self.cells.get(name) for name in names)

    def of(self, *names: str) -> list[Trained]:
        """The cells of some variants."""
        return [cell for name in names for cell in self.cells.get(name, ())]

    def values(self, name: str, figure: str) -> list[float]:
        """A figure of a variant, one value a seed."""
        found = [cell.figures.get(figure) for cell in self.of(name)]
        return [float(value) for value in found if value is not None]

    def median(self, name: str, figure: str) -> float:
        """Over the seeds; NaN where nothing was measured."""
        values = self.values(name, figure)
        return statistics.median(values) if values else float("nan")

    def ratio(self, one: str, other: str, figure: str) -> Interval:
        """A figure of one variant by that of another: over all pairs of seeds, the interval that chance leaves."""
        return between(self.values(one, figure), self.values(other, figure), truediv)

    def difference(self, one: str, other: str, figure: str) -> Interval:
        """A figure of one variant less that of another."""
        return between(self.values(one, figure), self.values(other, figure), sub)


def gather(studies: Mapping[str, GridFolder], seeds: int) -> tuple[Evidence, list[str]]:
    """The evidence in some studies' folders, and a line for each cell whose probes failed."""
    cells: dict[str, list[Trained]] = {}
    failures: list[str] = []
    for study, folder in studies.items():
        for name, text in STUDIES[study].variants.items():
            first = first_seed(text, STUDIES[study].settings)
            for seed in range(first, first + seeds):
                cell = folder.cell(text, seed)
                if not cell.result.exists():
                    continue
                figures = flat(json.loads(cell.result.read_text(encoding="utf-8")))
                try:
                    figures |= probe(cell, STUDIES[study].probes)
                except GansmithError as error:
                    failures.append(f"{text}, seed {seed}: {error}")
                cells.setdefault(name, []).append(Trained(seed, figures, cell))
    return Evidence(cells), failures


def first_seed(text: str, settings: Sequence[str] = ()) -> int:
    """The seed of a variant's first training, which its recipe or the study's settings name."""
    return variant(text, settings=settings).recipe.seed


def flat(result: Mapping[str, Any]) -> dict[str, float | str | None]:
    """A cell's result.json as one figure a name."""
    distances = {shot["update"]: shot["figures"].get("fd", {}).get("value") for shot in result["snapshots"]}
    learned = learns(result)["learns"]
    fd = result["figures"].get("fd", {})
    return {
        **{key: entry["value"] for key, entry in result["figures"].items()},
        "fd_untrained": distances.get(0),
        "fd_quarter": next((value for update, value in distances.items() if update), None),
        **{f"fd@{update}": value for update, value in distances.items()},
        "way": fd.get("relative"),
        "fd_floor": fd.get("floor"),
        "fd_noise": fd.get("noise"),
        "learns": None if learned is None else float(learned),
        "accuracy": result["accuracy"],
        "update": result["update"],
        "epoch": result["epoch"],
        "updates_per_second": result["update"] / result["seconds"] if result["seconds"] else None,
        "state": result["state"],
        "features": result["features"],
    }
