"""One cell of a comparison in a process of its own: trained (or resumed), then measured.

    python -m gansmith.compare.cell FOLDER THREADS

Samples are kept during the training and measured after it, so that measuring does not count as training time. Every
finished step leaves a file, so a cell that was stopped can be continued. It stops as by Ctrl-C at the end of its standard
input, whose other end the process that started it holds: no cell outlives that one.
"""

from __future__ import annotations

import _thread
import dataclasses
import json
import os
import shutil
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from gansmith import losses
from gansmith.ground import streams
from gansmith.ground.errors import GansmithError, RunError, StoppedByUser
from gansmith.ground.files.gridfolder import CellFolder
from gansmith.ground.files.runfolder import append_row, read_rows, write_json
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe
from gansmith.metrics.evaluation import evaluate
from gansmith.parts import NO_PARTS, Parts
from gansmith.parts.file import as_parts
from gansmith.runs.evaluation import reference_for
from gansmith.runs.recovery.resume import is_over
from gansmith.runs.run import begin, resume
from gansmith.runs.setup import set_up_again
from gansmith.trained.generator import kind_in, labelling_in, read_data
from gansmith.training import checkpoint
from gansmith.training.events import Request, Start, UpdateEvent

MEASURED = ("frechet", "modes", "classes", "diversity", "agreement")
"""The metrics that a comparison shows, as far as they apply to the items."""

LAST_SHARE = 0.1
"""The accuracy is the discriminator's mean over this last part of a run."""


@dataclasses.dataclass(frozen=True)
class KeepSnapshots:
    """Keeps generated items before the first update, after given shares of the run and at its end, always from the same
    latents."""

    folder: CellFolder
    recipe: Recipe
    shares: list[float]
    count: int

    def after(self, event: UpdateEvent) -> Request | None:
        """Generate and keep items, if a snapshot is due."""
        total = event.clock.total_updates() or 0
        due = event.last or event.update in {0, *(max(1, round(share * total)) for share in self.shares)}
        if not due:
            return None
        rng = streams.generator(self.recipe.seed, "watch", turn=2)
        latents = streams.latents(rng, self.recipe.latent.law, (self.count, self.recipe.latent.dim))
        data = read_data(self.folder.run)
        labels = labelling_in(data, self.recipe).as_in_data(self.count, rng)
        items = event.game.sample(latents, labels)
        path = self.folder.snapshot(event.update)
        path.parent.mkdir(parents=True, exist_ok=True)
        arrays = {kind_in(data)[0].array: items}
        np.savez(path, **arrays if labels is None else {**arrays, "labels": labels})  # pyright: ignore[reportArgumentType]
        clock = {"update": event.update, "images_seen": event.images_seen, "seconds": round(event.seconds, 3)}
        append_row(self.folder.snapshots, clock)
        return None


def work(folder: CellFolder, threads: int) -> None:
    """Do what is left to do of a cell. A recipe without a number of threads gets `threads`.

    Raises GansmithError, and StoppedByUser when it was interrupted.
    """
    order = json.loads(folder.order.read_text(encoding="utf-8"))
    parts = as_parts(order.get("parts"))
    if parts.file is not None and parts.file.hash != order["sha256"]:
        raise RunError(f"{parts.file.path} is not the file that was ordered: choose another --out")
    if not folder.trained.exists():
        recipe = recipes.read(folder.recipe)
        _train(folder, dataclasses.replace(recipe, threads=recipe.threads or threads), order, parts)
    if not folder.result.exists():
        write_json(folder.result, measure(folder, parts))


def _train(folder: CellFolder, recipe: Recipe, order: dict[str, Any], parts: Parts) -> None:
    watch = [KeepSnapshots(folder, recipe, order["shares"], order["count"])]
    ended = "finished"
    if not folder.run.recipe.is_file():
        shutil.rmtree(folder.run.root, ignore_errors=True)  # killed before it was a run
        ended = begin(recipe, folder.run, parts, watching=watch, say=_say).ended
    elif not _was_over(folder, parts):
        ended = resume(folder.run.root, parts.used_by(recipe), watching=watch, say=_say).ended
    if ended == "interrupted":
        raise StoppedByUser("this cell can be continued")
    write_json(folder.trained, {"ended": ended})


def _say(text: str) -> None:
    """Write to the log, which is this process's output."""
    sys.stdout.write(text + "\n")


def _was_over(folder: CellFolder, parts: Parts) -> bool:
    """Whether the run came to its end, and only trained.json is missing."""
    if not checkpoint.saved_updates(folder.run):
        return False
    saved, _ = checkpoint.load_newest(folder.run)
    with losses.joined(parts.loss):
        return is_over(set_up_again(folder.run), Start(saved.update, float(saved.progress["seconds"])))


def measure(folder: CellFolder, parts: Parts = NO_PARTS) -> dict[str, Any]:
    """The cell's figures, JSON-able. parts: of the user's own, whose metrics are measured too."""
    own = [metric.name for metric in parts.metrics]
    recipe = folder.run.load_recipe()
    reference = reference_for(recipe.data, recipe.seed)
    kind, units = kind_in(read_data(folder.run))
    shots: list[dict[str, Any]] = []
    rows_of = {row["update"]: row for row in read_rows(folder.snapshots)}  # a resumed run may write one again
    for _, row in sorted(rows_of.items()):
        with np.load(folder.snapshot(row["update"]), allow_pickle=False) as arrays:
            items = kind.rescaled(arrays[kind.array], units, reference.real.units)
            labels = arrays.get("labels") if recipe.data.labels == "classes" else None
        found = evaluate(items, labels, reference, metrics=(*MEASURED, *own), own=parts.metrics)
        shots.append(row | {"figures": {figure["key"]: figure for figure in found.as_dict()["figures"]}})
    rows = list(read_rows(folder.run.stats))
    end = rows[-1] if rows else {}
    finding = next(reversed(list(read_rows(folder.run.findings))), {})
    return {
        "ended": json.loads(folder.trained.read_text(encoding="utf-8"))["ended"],
        **{name: end.get(name) for name in ("update", "images_seen", "epoch", "seconds")},
        "accuracy": accuracy(rows),
        "state": finding.get("state"),
        "finding": finding.get("text"),
        "features": reference.features_name,
        "own": own,
        "figures": shots[-1]["figures"] if shots else {},
        "snapshots": shots,
    }


def accuracy(rows: list[dict[str, Any]]) -> float | None:
    """The share of items, real and generated, that the discriminator gets right at the end of a run."""
    end = [row for row in rows if row["update"] >= (1 - LAST_SHARE) * rows[-1]["update"]]
    values = [row[name] for row in end for name in ("accuracy.real", "accuracy.fake") if row.get(name) is not None]
    return float(np.mean(values)) if values else None


def end_with_parent() -> None:
    """Interrupt the main thread at the end of standard input."""

    def wait() -> None:
        with suppress(OSError):
            while os.read(0, 1):  # not sys.stdin, whose lock this thread would hold at the program's end
                pass
        _thread.interrupt_main()

    signal.signal(signal.SIGINT, signal.default_int_handler)  # which is ignored below a shell's job in the background
    threading.Thread(target=wait, daemon=True).start()


def main(arguments: list[str]) -> int:
    """Work on a cell; 0 done, 1 refused or failed, 130 interrupted."""
    try:
        end_with_parent()
        work(CellFolder(Path(arguments[0])), int(arguments[1]))
    except GansmithError as error:
        sys.stderr.write(f"gansmith: {error}\n")  # read by the process that started this one
        return 1
    except (StoppedByUser, KeyboardInterrupt):
        return 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
