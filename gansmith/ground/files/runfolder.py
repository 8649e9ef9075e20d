"""The names of all files of a run, and how they are written. A run that is killed leaves whole files."""

from __future__ import annotations

import dataclasses
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gansmith.ground.errors import RunError, counted, similar, typed
from gansmith.ground.files import stored_recipe
from gansmith.ground.files.whole import PART, write_text
from gansmith.ground.recipes.settings import Recipe


class Entry:
    """The path of a file or folder inside a folder that has a `root`, as an attribute of that folder's class."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, folder: Any, _: type) -> Path:
        return folder.root / self.name


RUNS = "runs"
"""The folder of trainings that are given none."""


@dataclass(frozen=True)
class RunFolder:
    """The files of one run. `root` need not exist before `create`."""

    root: Path

    lock = Entry(".lock")  # held by the process that trains; names it
    recipe = Entry("recipe.toml")  # the resolved recipe
    written = Entry(".recipe.toml")  # the same as it was last written, by which an edit is noticed
    environment = Entry("environment.json")  # versions, processor, threads, instruction set, device
    parts = Entry("parts.py")  # a copy of the file that --with named; never run unless it is named itself
    own = Entry("parts.json")  # about parts of the user's own: names, where they came from, hash, facts of the loss
    data = Entry("data.json")  # about the data: the store's fingerprint, item shape, class names, count
    origin = Entry("origin.json")  # what the training started from, and what of it was taken
    pulled = Entry("pulled.json")  # of a run that is a generator from elsewhere: from where, and the hash of its file
    groups = Entry("groups.npy")  # the cluster of every item int64 (N,), with data.labels = "clusters"
    stats = Entry("stats.jsonl")  # a row for each report
    samples = Entry("samples")  # sheets of samples from fixed latents
    sample_rows = Entry("samples.jsonl")  # a row for each sheet: update, images_seen, seconds, logits, spread over z
    real_sheet = Entry("real.png")  # a sheet of real items, for comparison
    progress_webp = Entry("progress.webp")  # the sheets as an animation
    progress_gif = Entry("progress.gif")  # the same for old viewers
    checkpoints = Entry("checkpoints")  # a folder for each checkpoint, named by its update
    best = Entry("best.json")  # which checkpoint is the best, and by which metric
    judgements = Entry("judgements.jsonl")  # a row for each measurement of quality during training
    real_sound = Entry("real.wav")  # real sounds, for comparison, of kinds of data that are heard
    probes = Entry("probes.jsonl")  # a row for each probe of samples and logits by the doctor
    findings = Entry("findings.jsonl")  # a row for each change of the doctor's finding
    diagnosis = Entry("diagnosis")  # pictures that explain findings
    log = Entry("log.jsonl")  # what callbacks logged, and why a run stopped early
    asked = Entry("asked.json")  # what somebody asks of the training; it takes the file away once that is done
    changes = Entry("changes.jsonl")  # a row for each roll-back: from where, to where, why, and what was changed
    exports = Entry("exports")  # files to send that the studio made of the generator, and their cards
    evaluation = Entry("evaluation.json")  # the figures of the last evaluation
    copies = Entry("copies.png")  # the samples most similar to training pictures, above those pictures
    report = Entry("report.html")  # the run's page, in one file
    tensorboard = Entry("tensorboard")  # TensorBoard events, with watch.track = ["tensorboard"]
    trackers = Entry("trackers.json")  # what each tracker of watch.track calls the run
    quizzes = Entry(
        "quizzes.jsonl"
    )  # a row for each quiz of the studio that was finished: how many pictures, how many right
    explore = Entry("explore")  # results of `gansmith explore`: NNN-verb/ each

    def sample_sheet(self, update: int) -> Path:
        """The sheet after an update: pictures in a grid, or vectors as a scatter plot."""
        return self.samples / f"{update:08d}.png"

    def sample_lines(self, update: int) -> Path:
        """The same samples as lines of text, of kinds of data that have them."""
        return self.samples / f"{update:08d}.txt"

    def sample_sound(self, update: int) -> Path:
        """The first of the same samples as sounds, of kinds of data that are heard."""
        return self.samples / f"{update:08d}.wav"

    def checkpoint(self, update: int) -> Path:
        """The folder of the checkpoint after an update."""
        return self.checkpoints / f"{update:08d}"

    def new_exploration(self, verb: str) -> Exploration:
        """Make the folder of the next result. Raises RunError if it cannot be made."""
        taken = [int(name) for name, _, rest in self._explored() if name.isdigit() and rest]
        for number in range(max(taken, default=0) + 1, 10_000):
            try:
                root = self.explore / f"{number:03d}-{verb}"
                root.mkdir(parents=True)
                return Exploration(root)
            except FileExistsError:  # another process was faster
                continue
            except OSError as error:
                raise RunError(
                    f"{self.explore} cannot be written to ({error.strerror or error}): make room, or allow writing there"
                ) from None
        raise RunError(f"{self.explore} is full: move some results elsewhere")

    def explorations(self) -> list[Exploration]:
        """The folders of results, oldest first."""
        return [Exploration(self.explore / "".join(name)) for name in self._explored()]

    def _explored(self) -> list[tuple[str, str, str]]:
        if not self.explore.is_dir():
            return []
        return sorted(path.name.partition("-") for path in self.explore.iterdir() if path.is_dir())

    def create(self, recipe: Recipe, fill: Callable[[], None] = lambda: None) -> None:
        """Make the folder, let `fill` write its first files, and store the recipe last.

        A folder with a recipe is a run. What is left of a run that was killed before that is written again. Raises
        RunError if the folder holds a run or anything else.
        """
        self.need_free()
        try:
            self.samples.mkdir(parents=True, exist_ok=True)
            self.checkpoints.mkdir(exist_ok=True)
            fill()
            self.store_recipe(recipe)
        except OSError as error:
            raise RunError(f"{self.root} cannot be made ({error.strerror or error}): choose another --out") from None

    def need_free(self) -> None:
        """Raise RunError if the folder holds a run or anything else."""
        if os.path.exists(self.recipe):
            resumed = typed("resume", self.root)
            raise RunError(f"{self.root} already holds a run: choose another --out, or go on with it by `{resumed}`")
        if os.path.exists(self.root) and (not self.root.is_dir() or self._foreign_files()):
            raise RunError(f"{self.root} is not an empty folder: choose another --out")

    def _foreign_files(self) -> set[str]:
        """What the folder holds besides the files of a run that was killed before its recipe was written."""
        first = (
            self.lock,
            self.written,
            self.environment,
            self.parts,
            self.own,
            self.data,
            self.origin,
            self.groups,
            self.real_sheet,
            self.real_sound,
        )
        ours = {path.name for path in (*first, self.samples, self.checkpoints, self.tensorboard)}
        found = {PART.sub("", path.name) for path in self.root.iterdir()}
        full = {path.name for path in (self.samples, self.checkpoints) if path.is_dir() and any(path.iterdir())}
        return (found - ours - {self.recipe.name}) | full

    def store_recipe(self, recipe: Recipe) -> None:
        """Write the resolved recipe, or replace the old one in one step."""
        stored_recipe.store(self.recipe, self.written, recipe)

    def load_recipe(self) -> Recipe:
        """Read the resolved recipe. Raises RunError if there is no run, or its recipe is emptied, and RecipeError."""
        self.need()
        recipe = stored_recipe.load(self.recipe, self.written)
        if self._has_unscaled_vectors():
            recipe = dataclasses.replace(recipe, data=dataclasses.replace(recipe.data, scale="none"))
        return recipe

    def edited(self) -> dict[str, list[Any]]:
        """The settings of recipe.toml that a person has changed by hand: name -> [written, now]. Raises RecipeError."""
        return stored_recipe.edited(self.recipe, self.written)

    def _has_unscaled_vectors(self) -> bool:
        """Whether this is a run on vectors from before stores scaled them: its data has no units."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            data = json.loads(self.data.read_text(encoding="utf-8"))
            return "units" not in data and len(data["item_shape"]) == 1
        return False

    def need(self) -> None:
        """Raise RunError where there is no run; the neighbour of a similar name is told."""
        if os.path.isfile(self.recipe):  # which, unlike Path's, takes any name
            return
        there = f"it holds no {self.recipe.name}" if os.path.isdir(self.root) else "there is no such folder"
        beside = {path.parent.name: path.parent for path in sorted(self.root.parent.glob("*/recipe.toml"))}
        if self.root == Path(self.root.name):  # where trainings are written that are given no folder
            beside = {path.parent.name: path.parent for path in sorted(Path(RUNS).glob("*/recipe.toml"))} | beside
        close = self.root.name if self.root.name in beside else similar(self.root.name, beside)
        hint = f"did you mean {str(beside[close])!r}?" if close else "give the folder that a training has made"
        raise RunError(f"{self.root} is not a run: {there}; {hint}")


@dataclass(frozen=True)
class Exploration:
    """The files of one result of `gansmith explore`."""

    root: Path

    result = Entry("result.json")  # the request and its figures; written last
    styles = Entry("styles.safetensors")  # latent means by name
    directions = Entry("directions.safetensors")  # latent directions by name
    styles_of_w = Entry("styles-w.safetensors")  # the same of styles, behind a mapping network
    directions_of_w = Entry("directions-w.safetensors")
    latents = Entry("latents.npz")  # the latents that were found, and their labels

    def styles_in(self, space: str) -> Path:
        """The file of latent means of a space."""
        return self.styles if space == "z" else self.styles_of_w

    def directions_in(self, space: str) -> Path:
        """The file of directions of a space."""
        return self.directions if space == "z" else self.directions_of_w

    def picture(self, name: str) -> Path:
        """A sheet."""
        return self.root / f"{name}.png"

    def sound(self, name: str) -> Path:
        """A row of a sheet as sounds, of kinds of data that are heard."""
        return self.root / f"{name}.wav"

    def animations(self, name: str) -> tuple[Path, Path]:
        """The same animation for new (.webp) and for old viewers (.gif)."""
        return self.root / f"{name}.webp", self.root / f"{name}.gif"


def write_json(path: Path, value: Any) -> None:
    """Write a value as indented JSON, in one step."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def append_row(path: Path, row: dict[str, Any]) -> None:
    """Append one JSON row to a .jsonl file in one write; NaN and infinity, which JSON lacks, become null.

    What a kill, or a full disk, left of the last row stays a line of its own.
    """
    begin = "\n" if _is_torn(path) else ""
    with open(path, "a", encoding="utf-8") as file:
        file.write(begin + json.dumps(_finite(row)) + "\n")


def _is_torn(path: Path) -> bool:
    """Whether a file's last line has no end."""
    try:
        with path.open("rb") as file:
            return file.seek(0, os.SEEK_END) > 0 and file.seek(-1, os.SEEK_END) >= 0 and file.read(1) != b"\n"
    except OSError:
        return False


def _finite(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {name: _finite(entry) for name, entry in value.items()}
    return [_finite(entry) for entry in value] if isinstance(value, (list, tuple)) else value


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a .jsonl file, without those that are damaged or cut off by a kill; nothing if there is no file."""
    for _, row in _lines(path):
        if row is not None:
            yield row


def damaged_rows(path: Path) -> str:
    """A line on how many lines of a .jsonl file are no rows; "" where all are. A last one that a kill cut off is as it should be."""
    count = sum(row is None and line.endswith("\n") and bool(line.strip()) for line, row in _lines(path))
    return f"left out of {path.name}: {counted(count, 'line')} that cannot be read as rows" if count else ""


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """The lines of a .jsonl file, each with its row, None where it is none."""
    if not path.exists():
        return
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                row = json.loads(line)
            except ValueError:  # cut off, or a number with too many digits
                row = None
            yield line, row if isinstance(row, dict) else None


def cut_rows(path: Path, update: int) -> None:
    """Drop the rows after an update: a run that goes on from it will write them again."""
    if path.exists():
        write_rows(path, [row for row in read_rows(path) if row.get("update", 0) <= update])


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    """Write a .jsonl file again, in one step."""
    write_text(path, "".join(json.dumps(row) + "\n" for row in rows))
