"""A run as Python sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.ground.recipes.settings import Recipe
from gansmith.parts import NO_PARTS, Parts
from gansmith.trained.generator import Generator, load
from gansmith.training.events import Outcome


@dataclass(frozen=True)
class Run:
    """A training that has ended or was killed: its folder and what is in it."""

    folder: RunFolder
    parts: Parts = NO_PARTS  # of the user's own
    ended: str = ""  # "finished", "stopped", "interrupted"
    reason: str = ""  # why it was stopped

    @classmethod
    def of(cls, folder: RunFolder, parts: Parts, outcome: Outcome) -> Run:
        """The run of a training that has just ended."""
        return cls(folder, parts, outcome.ended, outcome.reason)

    @property
    def recipe(self) -> Recipe:
        """The resolved recipe."""
        return self.folder.load_recipe()

    @property
    def stats(self) -> list[dict[str, Any]]:
        """The rows of stats.jsonl."""
        return list(read_rows(self.folder.stats))

    def __fspath__(self) -> str:
        """Its folder: a run may be given wherever the path of one may."""
        return str(self.folder.root)

    def generator(self, checkpoint: str = "last") -> Generator:
        """The averaged generator of a checkpoint: "last", "best" or the number of an update."""
        return load(self.folder.root, parts=self.parts, checkpoint=checkpoint)

    def _repr_html_(self) -> str:
        """Samples and curves, for notebooks."""
        from gansmith.report.notebook import run_html

        return run_html(self.folder)
