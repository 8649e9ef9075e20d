"""What `kills.py` kills: commands that write, what they leave that must be the same, and the small world they work in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from safetensors.numpy import load_file

CLOCKED = ("seconds", "images_per_second")  # of rows: what the clock says is never the same
UPDATES = 60
QUIET = ("watch.diagnose=0", "watch.judge=0")
TINY = ("generator.widths=[8]", "discriminator.widths=[8]", "data.batch=24", "watch.samples=4", "threads=1",
        "watch.stats_every=5", "watch.checkpoint_every=5", "watch.samples_every=9")  # fmt: skip
PLANTED = 31  # the update of a pretended fault: right after a checkpoint, so that a stop moves no roll-back


@dataclass(frozen=True)
class Job:
    """A command, the one that goes on with it, and what of its results must be the same."""

    name: str
    arguments: tuple[str, ...]  # HOME and PLACE stand for folders: the world's, and the case's own
    result: Callable[[Path], dict[str, Any]]
    planted: Callable[[], None] = lambda: None  # a pretended fault
    resumed: bool = False  # by `gansmith resume`, once there is a run; else by the same command
    weight: int = 4  # how often it is struck, beside the others

    def plant(self) -> None:
        """What is done in the process before the command."""
        self.planted()
        if self.resumed and self.name != "page":
            plain_page()

    def begin(self, home: Path, place: Path) -> list[str]:
        """The command."""
        return [word.replace("HOME", str(home)).replace("PLACE", str(place)) for word in self.arguments]

    def resume(self, home: Path, place: Path) -> list[str]:
        """The command that goes on."""
        return ["resume", str(place / "run"), "--quiet"] if self.resumed else self.begin(home, place)

    def is_begun(self, place: Path) -> bool:
        """Whether there is something to resume."""
        return (place / "run" / "recipe.toml").exists()


def make_world(home: Path) -> None:
    """A folder of small pictures in two classes, and a finished run; both in this process, which has all libraries then."""
    from gansmith.cli import main

    rng = np.random.default_rng(0)
    for index in range(48):
        folder = home / "pictures" / ("dark", "light")[index % 2]
        folder.mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 128, (16, 16, 3), np.uint8) + np.uint8(index % 2 * 127)
        Image.fromarray(pixels).save(folder / f"{index:03d}.png")
    train = [*_train("folder", "--data", f"{home}/pictures"), *_set("data.size=8", *QUIET)]
    if main([word.replace("PLACE/run", f"{home}/made") for word in train]):
        raise SystemExit("the run that is sampled from cannot be trained")
    EXPLORED[:] = [home / "made"]
    empty_plot()


def _set(*settings: str) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]


def _train(recipe: str, *words: str, settings: tuple[str, ...] = QUIET) -> list[str]:
    shape = TINY if recipe == "ring" else (*TINY[2:], "generator.widths=[8]", "discriminator.widths=[8]")
    return ["train", recipe, *words, "--updates", str(UPDATES), "--seed", "1", "--out", "PLACE/run", "--quiet",
            *_set(*shape, *settings)]  # fmt: skip


def _plain(value: Any) -> Any:
    """A row without what the clock says."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items() if name not in CLOCKED}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _of_run(place: Path) -> dict[str, Any]:
    """The last checkpoint to the bit, every row and every sheet, the course of the recipe, and that there is a whole page."""
    run, found = place / "run", {}
    saved = run / "checkpoints" / f"{UPDATES:08d}"
    arrays = load_file(saved / "weights.safetensors")
    found |= {f"weights {name}": _hash(array.tobytes()) for name, array in arrays.items()}
    found["counters"] = json.loads((saved / "state.json").read_text())["counters"]
    for name in ("stats", "samples", "changes", "findings"):
        path = run / f"{name}.jsonl"
        rows = [_plain(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []
        keys = [(row.get("update", row.get("at")), row.get("state", "")) for row in rows]
        found |= {f"{name} {key}": row for key, row in zip(keys, rows, strict=True)}
        if name != "samples":  # a stop draws one more sheet
            found[f"{name} once each"] = len(keys)
    found |= {f"sheet {sheet.name}": _hash(sheet.read_bytes()) for sheet in (run / "samples").glob("*.png")}
    found["recipe"] = (run / "recipe.toml").read_text().replace(str(place), "")
    found["page"] = "</html>" in (run / "report.html").read_text()[-100:]
    found["litter"] = sorted(path.name for path in run.rglob("*.part"))
    return found


def _weights_of_run(place: Path) -> dict[str, Any]:
    """What is the same in spite of measurements at times that the clock decides on."""
    return {name: value for name, value in _of_run(place).items() if not name.startswith(("findings", "litter"))}


def _files(place: Path) -> dict[str, Any]:
    """Every file, to the bit."""
    files = [path for path in sorted(place.rglob("*")) if path.is_file()]
    return {path.relative_to(place).as_posix(): _hash(path.read_bytes()) for path in files}


def _arrays(place: Path) -> dict[str, Any]:
    """An .npz: its arrays, as the file has the time of day in it."""
    with np.load(place / "made.npz") as archive:
        return {name: _hash(archive[name].tobytes()) for name in archive.files}


def _of_exploration(place: Path) -> dict[str, Any]:
    """The newest result that is whole, and its pictures."""
    del place
    folder = max(path.parent for path in EXPLORED[0].glob("explore/*/result.json"))
    found = {path.name: _hash(path.read_bytes()) for path in folder.glob("*.png")}
    return found | {"result": _plain(json.loads((folder / "result.json").read_text())).get("figures")}


def _of_comparison(place: Path) -> dict[str, Any]:
    """The last checkpoint of each cell; and that every cell is done, and there is a page."""
    found: dict[str, Any] = {}
    for cell in sorted((place / "grid" / "cells").rglob("result.json")):
        saved = sorted((cell.parent / "run" / "checkpoints").iterdir())[-1]
        arrays = load_file(saved / "weights.safetensors")
        found[str(cell.relative_to(place))] = {name: _hash(array.tobytes()) for name, array in arrays.items()}
    return found | {"page": "</html>" in (place / "grid" / "comparison.html").read_text()[-100:]}


EXPLORED: list[Path] = []


def plain_page() -> None:
    """Leave the plots out of a run's page: drawing them takes as long as the training."""
    from gansmith.report import plots

    drawn = empty_plot()
    plots.overview = lambda rows, **_: drawn


@cache
def empty_plot() -> bytes:
    """The plots of a run without rows."""
    from gansmith.report import plots

    return plots.overview([])


def _diverge() -> None:
    """Pretend that a loss becomes NaN at an update, as long as the rate is the recipe's own."""
    from gansmith.ground.errors import Diverged
    from gansmith.training import watchers

    def after(_: Any, event: Any) -> None:
        if event.update == PLANTED and event.clock.recipe.optimizer.generator.rate == 1e-3:
            raise Diverged(f"loss.generator is nan at update {PLANTED}: planted")

    watchers.StopOnNaN.after = after  # pyright: ignore


def _fill_memory() -> None:
    """Pretend that an update does not fit as long as the batch is whole."""
    from gansmith.game.torch_game import TorchGame
    from gansmith.ground.errors import OutOfMemory

    step = TorchGame.step

    def full(self: TorchGame, indices: np.ndarray, context: Any) -> None:
        if context.update == PLANTED and not self.recipe.data.micro_batch:
            raise OutOfMemory("out of memory: planted")
        step(self, indices, context)

    TorchGame.step = full


MADE = "HOME/made"
ROWS = (
    Job("train", tuple(_train("ring")), _of_run, resumed=True, weight=6),
    Job("page", tuple(_train("ring")), _of_run, resumed=True, weight=2),
    Job("folder", tuple(_train("folder", "--data", "HOME/pictures", settings=("data.size=8", *QUIET))), _of_run, resumed=True),
    Job("numpy", tuple(_train("ring", "--engine", "numpy")), _of_run, resumed=True),
    Job("judged", tuple(_train("ring", settings=("watch.judge=0.3", "watch.diagnose=0.3"))), _weights_of_run, resumed=True),
    Job("rollback", tuple(_train("ring")), _of_run, _diverge, resumed=True),
    Job("memory", tuple(_train("ring")), _of_run, _fill_memory, resumed=True),
    Job("prepare", ("data", "prepare", "HOME/pictures", "PLACE/store", "--size", "8", "--workers", "2"), _files, weight=6),
    Job("sheet", ("sample", MADE, "--count", "9", "--seed", "3", "--out", "PLACE/sheet.png"), _files, weight=2),
    Job("files", ("sample", MADE, "--count", "9", "--seed", "3", "--out", "PLACE/made"), _files, weight=2),
    Job("arrays", ("sample", MADE, "--count", "9", "--seed", "3", "--out", "PLACE/made.npz"), _arrays, weight=2),
    Job("explore", ("explore", MADE, "grid"), _of_exploration, weight=2),
    Job("compare", ("compare", "ring", "ring+loss.name=hinge", "--seeds", "1", "--jobs", "1", "--count", "200", "--updates",
                    "20", "--out", "PLACE/grid", "--quiet", *_set(*TINY, *QUIET)), _of_comparison, weight=1),
)  # fmt: skip
JOBS = {job.name: job for job in ROWS}
