"""The only place that names the files of a comparison: a grid of cells, each a run with what was measured of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from gansmith.ground.files.runfolder import RunFolder


@dataclass(frozen=True)
class CellFolder:
    """One variant under one seed."""

    root: Path

    @property
    def order(self) -> Path:
        """What is to be measured, and when."""
        return self.root / "order.json"

    @property
    def recipe(self) -> Path:
        """What is to be trained."""
        return self.root / "recipe.toml"

    @property
    def run(self) -> RunFolder:
        """The training."""
        return RunFolder(self.root / "run")

    def snapshot(self, update: int) -> Path:
        """Generated items after an update, to be measured when the clock has stopped."""
        return self.root / "snapshots" / f"{update:08d}.npz"

    @property
    def snapshots(self) -> Path:
        """One JSON row per snapshot: update, images_seen, seconds."""
        return self.root / "snapshots.jsonl"

    @property
    def trained(self) -> Path:
        """How the training ended; there when nothing is left to be trained."""
        return self.root / "trained.json"

    @property
    def result(self) -> Path:
        """The cell's figures; there when nothing is left to be done."""
        return self.root / "result.json"

    @property
    def probes(self) -> Path:
        """What else was measured of the run's networks for an article's claim."""
        return self.root / "probes.json"

    @property
    def log(self) -> Path:
        """What the cell's process said."""
        return self.root / "log.txt"


@dataclass(frozen=True)
class GridFolder:
    """A comparison."""

    root: Path

    @property
    def comparison(self) -> Path:
        """All figures."""
        return self.root / "comparison.json"

    @property
    def page(self) -> Path:
        """All of it on one self-contained page."""
        return self.root / "comparison.html"

    def cell(self, variant: str, seed: int) -> CellFolder:
        """The folder of one cell; variants are told apart by their names."""
        return CellFolder(self.root / "cells" / slug(variant) / f"seed-{seed}")


@dataclass(frozen=True)
class ArticlesFolder:
    """The experiments on the articles: a grid for each study, and the pages that tell of them."""

    root: Path
    pages: Path

    def study(self, name: str) -> GridFolder:
        """The trainings of one study."""
        return GridFolder(self.root / name)

    @property
    def figures(self) -> Path:
        """Every claim's figures and verdict."""
        return self.root / "articles.json"

    def page(self, article: str) -> Path:
        """What came of one article."""
        return self.pages / f"{article}.md"

    def picture(self, article: str, claim: str) -> Path:
        """The samples that a claim's page shows."""
        return self.pages / "pictures" / f"{article}-{claim}.png"


def slug(name: str) -> str:
    """A name as a folder may be called on any system."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "variant"
