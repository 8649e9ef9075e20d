"""The names of all files of a comparison: a grid of cells, each with a run and its measurements."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from gansmith.ground.files.runfolder import Entry, RunFolder

LONGEST = 130  # characters of a variant's name; with its hash still a file name on encrypted folders, which allow 143


@dataclass(frozen=True)
class CellFolder:
    """One variant of a recipe with one seed."""

    root: Path

    order = Entry("order.json")  # what to measure, and when
    recipe = Entry("recipe.toml")  # what to train
    snapshots = Entry("snapshots.jsonl")  # a row for each snapshot: update, images_seen, seconds
    trained = Entry("trained.json")  # how the training ended; it exists once the training is done
    result = Entry("result.json")  # the cell's figures; it exists once everything is done
    probes = Entry("probes.json")  # further measurements of the networks, for an article's claim
    log = Entry("log.txt")  # what the cell's process printed

    @property
    def run(self) -> RunFolder:
        """The training."""
        return RunFolder(self.root / "run")

    def snapshot(self, update: int) -> Path:
        """Generated items after an update, to be measured after the training."""
        return self.root / "snapshots" / f"{update:08d}.npz"


@dataclass(frozen=True)
class GridFolder:
    """A comparison."""

    root: Path

    parts = Entry("parts.py")  # a copy of the file that --with named, which its cells run
    comparison = Entry("comparison.json")  # all figures
    page = Entry("comparison.html")  # the comparison as a page, in one file

    def cell(self, variant: str, seed: int) -> CellFolder:
        """The folder of one cell, named after its variant."""
        return CellFolder(self.root / "cells" / slug(variant) / f"seed-{seed}")


@dataclass(frozen=True)
class ArticlesFolder:
    """The experiments on the articles: a grid for each study, and a page for each article."""

    root: Path
    pages: Path

    figures = Entry("articles.json")  # every claim's figures and verdict

    def study(self, name: str) -> GridFolder:
        """The trainings of one study."""
        return GridFolder(self.root / name)

    def page(self, article: str) -> Path:
        """The page on one article."""
        return self.pages / f"{article}.md"

    def picture(self, article: str, claim: str) -> Path:
        """The samples on a page, for one claim."""
        return self.pages / "pictures" / f"{article}-{claim}.png"


def slug(name: str) -> str:
    """The name with characters that every system allows in file names; a long one is cut, and ends with its hash."""
    allowed = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip("-.") or "variant"
    if len(allowed) <= LONGEST:
        return allowed
    return f"{allowed[:LONGEST]}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
