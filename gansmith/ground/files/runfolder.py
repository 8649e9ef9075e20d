"""The only place that names the files of a run. Everything is written while training: a killed run is still a run."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gansmith.ground.errors import RunError
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe


@dataclass(frozen=True)
class RunFolder:
    """The files of one run. `root` need not exist before `create`."""

    root: Path

    @property
    def recipe(self) -> Path:
        """The resolved recipe."""
        return self.root / "recipe.toml"

    @property
    def environment(self) -> Path:
        """Versions, processor, threads, instruction set, device."""
        return self.root / "environment.json"

    @property
    def data(self) -> Path:
        """What the run learns from: the store's fingerprint, item shape, class names, count."""
        return self.root / "data.json"

    @property
    def groups(self) -> Path:
        """The group of every item int64 (N,), where the players see groups of like items."""
        return self.root / "groups.npy"

    @property
    def stats(self) -> Path:
        """One JSON row per report."""
        return self.root / "stats.jsonl"

    @property
    def findings(self) -> Path:
        """One JSON row per change of the doctor's mind."""
        return self.root / "findings.jsonl"

    @property
    def probes(self) -> Path:
        """One JSON row per look of the doctor at samples and verdicts."""
        return self.root / "probes.jsonl"

    @property
    def changes(self) -> Path:
        """One JSON row per time that the run was rolled back: from where, to where, why, and what was changed."""
        return self.root / "changes.jsonl"

    @property
    def diagnosis(self) -> Path:
        """Pictures that explain findings."""
        return self.root / "diagnosis"

    @property
    def samples(self) -> Path:
        """Sheets of samples from fixed latents."""
        return self.root / "samples"

    def sample_sheet(self, update: int) -> Path:
        """The sheet (or, for vectors, the scatter) after an update."""
        return self.samples / f"{update:08d}.png"

    @property
    def sample_rows(self) -> Path:
        """One JSON row per sheet: update, images_seen, seconds, the discriminator's verdicts, the spread over z."""
        return self.root / "samples.jsonl"

    @property
    def real_sheet(self) -> Path:
        """A sheet of real items, for comparison."""
        return self.root / "real.png"

    @property
    def progress_webp(self) -> Path:
        """The sheets as an animation."""
        return self.root / "progress.webp"

    @property
    def progress_gif(self) -> Path:
        """The sheets as an animation for old readers."""
        return self.root / "progress.gif"

    @property
    def checkpoints(self) -> Path:
        """One folder per checkpoint, named by its update."""
        return self.root / "checkpoints"

    def checkpoint(self, update: int) -> Path:
        """The folder of the checkpoint after an update."""
        return self.checkpoints / f"{update:08d}"

    @property
    def best(self) -> Path:
        """Which checkpoint is the best, and by which figure."""
        return self.root / "best.json"

    @property
    def judgements(self) -> Path:
        """One JSON row per measurement of quality while training."""
        return self.root / "judgements.jsonl"

    @property
    def evaluation(self) -> Path:
        """The figures of the last evaluation."""
        return self.root / "evaluation.json"

    @property
    def copies(self) -> Path:
        """The generated pictures most like training pictures, above those."""
        return self.root / "copies.png"

    @property
    def report(self) -> Path:
        """The run's self-contained page."""
        return self.root / "report.html"

    @property
    def tensorboard(self) -> Path:
        """TensorBoard events, where asked for."""
        return self.root / "tensorboard"

    @property
    def explore(self) -> Path:
        """Results of steering the generator: NNN-verb/ each."""
        return self.root / "explore"

    def new_exploration(self, verb: str) -> Exploration:
        """Make the next folder of results. Raises RunError where it cannot be made."""
        taken = [int(name) for name, _, rest in self._explored() if name.isdigit() and rest]
        for number in range(max(taken, default=0) + 1, 10_000):
            try:
                root = self.explore / f"{number:03d}-{verb}"
                root.mkdir(parents=True)
                return Exploration(root)
            except FileExistsError:  # another process was faster
                continue
            except OSError as error:
                raise RunError(f"{self.explore} cannot be written to: {error.strerror or error}") from None
        raise RunError(f"{self.explore} is full: move some results elsewhere")

    def explorations(self) -> list[Exploration]:
        """The folders of results, oldest first."""
        return [Exploration(self.explore / "".join(name)) for name in self._explored()]

    def _explored(self) -> list[tuple[str, str, str]]:
        if not self.explore.is_dir():
            return []
        return sorted(path.name.partition("-") for path in self.explore.iterdir() if path.is_dir())

    def create(self, recipe: Recipe, fill: Callable[[], None] = lambda: None) -> None:
        """Make the folder, let `fill` write what belongs to its beginning, and store the recipe last.

        The recipe makes a folder a run: what a kill before that leaves behind is begun again, not in the way.
        Raises RunError when something else is.
        """
        if self.recipe.exists():
            raise RunError(f"{self.root} already holds a run: choose another --out, or `gansmith resume {self.root}`")
        if self.root.exists() and (not self.root.is_dir() or self._strangers()):
            raise RunError(f"{self.root} is not an empty folder: choose another --out")
        try:
            self.samples.mkdir(parents=True, exist_ok=True)
            self.checkpoints.mkdir(exist_ok=True)
            fill()
            self.store_recipe(recipe)
        except OSError as error:
            raise RunError(f"{self.root} cannot be made: {error.strerror or error}") from None

    def _strangers(self) -> set[str]:
        """What lies in the folder and is not of a run that was killed while it was made."""
        parts = (self.environment, self.data, self.groups, self.real_sheet, self.samples, self.checkpoints)
        ours = {path.name for path in parts}
        found = {path.name.removesuffix(".part") for path in self.root.iterdir()}
        full = {path.name for path in (self.samples, self.checkpoints) if path.is_dir() and any(path.iterdir())}
        return (found - ours - {self.recipe.name}) | full

    def store_recipe(self, recipe: Recipe) -> None:
        """Write the resolved recipe, replacing the old one in one move."""
        write_text(self.recipe, recipes.to_toml(recipe))

    def load_recipe(self) -> Recipe:
        """The resolved recipe. Raises RunError where there is no run."""
        if not self.recipe.is_file():
            raise RunError(f"{self.root} is not a run: it holds no {self.recipe.name}")
        return recipes.read(self.recipe)


@dataclass(frozen=True)
class Exploration:
    """The files of one result of steering."""

    root: Path

    @property
    def result(self) -> Path:
        """What was asked, and the figures that came of it; written last."""
        return self.root / "result.json"

    @property
    def styles(self) -> Path:
        """Named latent means."""
        return self.root / "styles.safetensors"

    @property
    def directions(self) -> Path:
        """Named directions."""
        return self.root / "directions.safetensors"

    @property
    def latents(self) -> Path:
        """Latents, and labels, that were found."""
        return self.root / "latents.npz"

    def picture(self, name: str) -> Path:
        """A sheet."""
        return self.root / f"{name}.png"

    def animations(self, name: str) -> tuple[Path, Path]:
        """The same frames for new and for old readers."""
        return self.root / f"{name}.webp", self.root / f"{name}.gif"


def write_text(path: Path, text: str) -> None:
    """Write a text file so that a reader, or a kill, sees the old or the new one and nothing between.

    Raises OSError where that cannot be: the old one stays, and takes no more room than before.
    """
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """`write_text` for bytes."""
    part = path.with_name(path.name + ".part")
    try:
        with open(part, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError:
        with suppress(OSError):
            part.unlink()
        raise


def write_json(path: Path, value: Any) -> None:
    """`write_text` of a value as indented JSON."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def append_row(path: Path, row: dict[str, Any]) -> None:
    """Append one JSON row to a .jsonl file in one write; NaN and infinity, which JSON cannot hold, become null."""
    with open(path, "a", encoding="utf-8") as file:
        file.write(json.dumps(_finite(row)) + "\n")


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(entry) for name, entry in value.items()}
    return [_finite(entry) for entry in value] if isinstance(value, (list, tuple)) else value


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a .jsonl file; a row torn by a kill, or damaged, is passed over. Nothing where there is no file."""
    if not path.exists():
        return
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                row = json.loads(line)
            except ValueError:  # torn, or a number too long to be one
                continue
            if isinstance(row, dict):
                yield row


def cut_rows(path: Path, update: int) -> None:
    """Drop the rows after an update: what is resumed from a checkpoint will write them again."""
    if path.exists():
        kept = [row for row in read_rows(path) if row.get("update", 0) <= update]
        write_text(path, "".join(json.dumps(row) + "\n" for row in kept))
