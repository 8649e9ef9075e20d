"""What the trainings of the studies came to, seed by seed: the ground on which the rules judge."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from gansmith.articles.probes import probe
from gansmith.articles.studies import STUDIES, Study
from gansmith.compare.grid import learns
from gansmith.ground.errors import GansmithError
from gansmith.ground.files.gridfolder import CellFolder, GridFolder

Figures = Mapping[str, float | str | None]

FIGURES: dict[str, str] = {
    "fd": "FD",
    "fd_quarter": "FD after a quarter",
    "fd@4680": "FD after 4,680 updates",
    "fd@9360": "FD after 9,360",
    "fd@18720": "FD after 18,720",
    "modes": "classes covered",
    "learns": "learns",
    "sensitivity": "std over z",
    "accuracy": "D accuracy",
    "told_apart": "D tells apart",
    "largest_share": "largest class's share",
    "agreement": "asked label",
    "agreement_least": "least digit",
    "agreement_9": "the 9",
    "label_minded": "D minds the label",
    "label_moves": "label moves a pixel by",
    "mean_correlation": "correlation with the mean picture",
    "first_correlation": "correlation with the first picture",
    "raw_spread": "std over z, raw",
    "gradient": "G's gradient",
    "same_at_2": "own style at 2",
    "opposite_at_-2": "opposite style at −2",
    "trend": "rank correlation",
    "style_norm": "length of a style",
}
"""The figures that a page may show, and what it calls them."""


@dataclass(frozen=True)
class Trained:
    """One finished cell: its seed, its figures, its folder."""

    seed: int
    figures: Figures
    folder: CellFolder


@dataclass(frozen=True)
class Evidence:
    """Finished cells by what a page calls their variant, over all studies; {} where nothing was run yet.

    Names of variants are unlike over the studies. A figure that was not measured is left out of every answer.
    """

    cells: Mapping[str, Sequence[Trained]]

    def has(self, *names: str) -> bool:
        """Whether each of the variants has a seed at least."""
        return all(self.cells.get(name) for name in names)

    def values(self, name: str, figure: str) -> list[float]:
        """A figure of a variant, one value a seed."""
        found = [cell.figures.get(figure) for cell in self.cells.get(name, ())]
        return [float(value) for value in found if value is not None]

    def median(self, name: str, figure: str) -> float:
        """Over the seeds; NaN where nothing was measured."""
        values = self.values(name, figure)
        return statistics.median(values) if values else float("nan")

    def pairs(self, one: str, other: str, figure: str) -> list[tuple[float, float]]:
        """A figure of two variants under the same seeds."""
        second = {cell.seed: cell.figures.get(figure) for cell in self.cells.get(other, ())}
        both = [(cell.figures.get(figure), second.get(cell.seed)) for cell in self.cells.get(one, ())]
        return [(float(a), float(b)) for a, b in both if a is not None and b is not None]

    def all(self, *names: str) -> list[Trained]:
        """The cells of some variants."""
        return [cell for name in names for cell in self.cells.get(name, ())]

    def words(self, name: str, figure: str) -> list[str]:
        """A figure that is said in words, one a seed."""
        return [str(cell.figures.get(figure)) for cell in self.cells.get(name, ())]


def gather(studies: Mapping[str, GridFolder], seeds: int) -> tuple[Evidence, list[str]]:
    """The evidence in some studies' folders, and a line for each cell whose probes failed."""
    cells: dict[str, list[Trained]] = {}
    failures: list[str] = []
    for study_name, folder in studies.items():
        study = STUDIES[study_name]
        for name, text in study.variants.items():
            found = [cell for cell in (_trained(study, folder, text, seed, failures) for seed in range(seeds)) if cell]
            cells.setdefault(name, []).extend(found)
    return Evidence(cells), failures


def _trained(study: Study, folder: GridFolder, text: str, number: int, failures: list[str]) -> Trained | None:
    """A cell by its variant's text and its number among the seeds; None where it is not finished."""
    seed = first_seed(text) + number
    cell = folder.cell(text, seed)
    if not cell.result.exists():
        return None
    result = json.loads(cell.result.read_text(encoding="utf-8"))
    figures: dict[str, float | str | None] = dict(flat(result))
    try:
        figures |= probe(cell, study.probes)
    except GansmithError as error:
        failures.append(f"{text}, seed {seed}: {error}")
    return Trained(seed, figures, cell)


def first_seed(text: str) -> int:
    """The seed of a variant's first training: its recipe's."""
    from gansmith import recipes as cookbook

    return cookbook.load(text.partition("+")[0]).seed


def flat(result: Mapping[str, Any]) -> dict[str, float | str | None]:
    """A cell's result.json as one figure a name."""
    shots = result["snapshots"]
    last = {key: entry["value"] for key, entry in result["figures"].items()}
    verdict = learns(result)["learns"]
    pace = result["update"] / result["seconds"] if result["seconds"] else None
    return {
        **last,
        "fd_quarter": shots[0]["figures"].get("fd", {}).get("value") if shots else None,
        **{f"fd@{shot['update']}": shot["figures"].get("fd", {}).get("value") for shot in shots},
        "fd_floor": result["figures"].get("fd", {}).get("floor"),
        "fd_noise": result["figures"].get("fd", {}).get("noise"),
        "learns": None if verdict is None else float(verdict),
        "accuracy": result["accuracy"],
        "seconds": result["seconds"],
        "update": result["update"],
        "updates_per_second": pace,
        "state": result["state"],
        "features": result["features"],
    }
