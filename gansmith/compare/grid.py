"""A grid of trainings, variants by seeds, on this machine or a cluster; then one table, one JSON and one page.

The same command continues a grid that was stopped: finished cells are kept, unfinished ones are resumed. A cell that
fails does not stop the others.
"""

from __future__ import annotations

import dataclasses
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gansmith.compare import ray_cluster
from gansmith.compare.cells import Cell, Variant, last_words, run_queue
from gansmith.data import sources
from gansmith.ground.errors import DataError, GansmithError, RecipeError, RunError, StoppedByUser, counted, typed
from gansmith.ground.files.gridfolder import CellFolder, GridFolder, slug
from gansmith.ground.files.runfolder import write_json
from gansmith.ground.files.whole import write_text
from gansmith.ground.process.hardware import processors
from gansmith.ground.process.launch import launched
from gansmith.ground.progress import Say
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe
from gansmith.parts import NO_PARTS, Parts
from gansmith.runs.choose_recipe import Budget, choose_recipe

SHARES = (0.25, 0.5, 1.0)
"""Samples are measured after these parts of a run."""

LEAST_SPREAD = 0.05
"""A generator does not learn if its samples vary less over the latents: standard deviation, mean over pixels in [-1, 1]."""

LEARNED = 0.5
"""A generator learns if its Frechet distance ends below this part of the untrained generator's. (The first few hundred
updates, which bring the brightness and no shape, can take away a third of it.)"""

INTERRUPTED = 130  # exit code of a cell that got Ctrl-C

SHOWN = ("fd", "modes", "sensitivity", "agreement")
"""Figures with a range over the seeds, besides accuracy and seconds."""


def variant(
    text: str,
    *,
    data: str | None = None,
    budget: Budget = Budget(),  # noqa: B008 - frozen
    device: str | None = None,
    settings: Sequence[str] = (),
    parts: Parts = NO_PARTS,
) -> Variant:
    """A variant from a recipe's name or file, with changes after plus signs: "mnist+loss.name=hinge+data.batch=32".

    The changes come after `settings`. parts: of the user's own; a change may choose a built-in part instead. Raises RecipeError.
    """
    name, *changes = text.split("+")
    chosen = choose_recipe(name, data=data, budget=budget, device=device, settings=[*settings, *changes], parts=parts)
    return Variant(text, chosen)


def compare(
    variants: Sequence[Variant],
    out: Path,
    *,
    seeds: int = 3,
    jobs: int = 0,
    ray: str | None = None,
    count: int = 2000,
    parts: Parts = NO_PARTS,
    offline: bool = False,
    say: Say = lambda _: None,
) -> dict[str, Any]:
    """Train and measure every variant under `seeds` seeds, `jobs` at a time (0 = one a processor), into `out`.

    ray: the address of a Ray cluster to use instead of this machine; see `ray_cluster`. parts: of the user's own, from a file:
    each cell runs in a process of its own, and runs the file there. `count` samples are measured after each of the `SHARES`
    of a run. offline: download no data. Returns the content of comparison.json. Raises RunError where `out` holds another
    comparison, and StoppedByUser when it was interrupted.
    """
    if launched().several:
        raise RunError("compare starts its own processes: start it once, without torchrun")
    _need_data(variants, offline, say)
    folder = GridFolder(out)
    _need_file(parts)
    if early := [each.name for each in variants if stops_early(each.recipe)]:
        say(
            f"{', '.join(early)}: budget.patience and budget.target have no effect here: all train to the end of the budget"
        )
    cells = order_cells(variants, folder, seeds, count, parts)
    errors: dict[CellFolder, str] = {}
    stopped = False
    open_cells = [cell for cell in cells if not cell.folder.result.exists()]
    if open_cells:
        say(f"{len(open_cells)} of {counted(len(cells), 'cell')} to do")
        ready_features(open_cells, say)
        try:
            errors = ray_cluster.run_cells(ray, open_cells, jobs, say) if ray else run_cells(open_cells, jobs, say)
        except StoppedByUser:
            stopped = True
    found = gather(cells, errors) | {"metrics": [metric.name for metric in parts.metrics]}
    write_json(folder.comparison, found)
    from gansmith.report.comparison import page

    write_text(folder.page, page(found, folder))
    if stopped:
        raise StoppedByUser(f"run the same command to continue; what is done is in {folder.page}")
    say(f"comparison: {folder.page}")
    return found


def _need_data(variants: Sequence[Variant], offline: bool, say: Say) -> None:
    """Download data that is missing; refuse a grid before any file of it is written if no variant has data. Raises DataError."""
    errors: list[DataError] = []
    for each in variants:
        try:
            sources.fetch_missing(each.recipe.data.source, offline=offline, say=say)
            sources.find(each.recipe.data, each.recipe.seed)
        except DataError as error:
            errors.append(error)
    if len(errors) == len(variants):
        raise errors[0]


def stops_early(recipe: Recipe) -> bool:
    """Whether measurements would end a run before its budget is used up."""
    return bool(recipe.budget.patience or recipe.budget.target)


def _need_file(parts: Parts) -> None:
    if parts.names() and (parts.file is None or parts.file.beside):
        about = f"it imports {', '.join(parts.file.beside)} beside it" if parts.file else "they were given in Python"
        raise RecipeError(
            f"compare copies one file of parts for all its processes, and {about}: put all of it into one file"
        )


def order_cells(
    variants: Sequence[Variant], folder: GridFolder, seeds: int, count: int, parts: Parts = NO_PARTS
) -> list[Cell]:
    """Write each cell's recipe and order. Raises RunError where a cell has others already."""
    names = [slug(each.name) for each in variants]
    folders = [name.casefold() for name in names]  # capitals make no other folder on Windows and macOS
    for name in names:
        if folders.count(name.casefold()) > 1:
            raise RecipeError(f"two variants are called {name!r}: give them different names")
    cells: list[Cell] = []
    for each in variants:
        for seed in range(each.recipe.seed, each.recipe.seed + seeds):
            cell = Cell(each, seed, folder.cell(each.name, seed))
            watch = dataclasses.replace(each.recipe.watch, judge=0.0)  # measured afterwards, off the clock
            budget = dataclasses.replace(each.recipe.budget, patience=0, target=0.0)
            recipe = dataclasses.replace(each.recipe, seed=seed, watch=watch, budget=budget)
            order: dict[str, Any] = {"variant": each.name, "seed": seed, "count": count, "shares": SHARES}
            if parts.file is not None:
                order |= {"parts": str(folder.parts.absolute()), "sha256": parts.file.hash}
            _order(cell.folder, recipe, json.dumps(order, indent=2) + "\n")
            cells.append(cell)
    if parts.file is not None:
        write_text(folder.parts, parts.file.text)
    return cells


def _order(folder: CellFolder, recipe: Recipe, order: str) -> None:
    try:
        if folder.recipe.exists():
            # compared as settings, since an older file may lack new ones; watch settings do not change a training
            same = dataclasses.replace(recipes.read(folder.recipe), watch=recipe.watch) == recipe
            if not same or folder.order.read_text(encoding="utf-8") != order:
                raise RunError(f"{folder.root} was ordered with other settings: choose another --out")
            return
        folder.root.mkdir(parents=True, exist_ok=True)
        write_text(folder.order, order)
        write_text(folder.recipe, recipes.to_toml(recipe))
    except OSError as error:
        raise RunError(f"{folder.root} cannot be made ({error.strerror or error}): choose another --out") from None


def ready_features(cells: Sequence[Cell], say: Say) -> None:
    """Prepare the data and train the networks that measure, once, before any training is timed.

    An error here is only reported: it comes again in the cells that it concerns.
    """
    from gansmith.runs.evaluation import reference_for

    for settings in {dataclasses.replace(cell.variant.recipe.data, batch=1, first=0) for cell in cells}:
        try:
            reference = reference_for(settings)
            say(f"{sources.short_name(settings.source)}: measured by {reference.features_name}")
        except GansmithError as error:
            say(str(error))


def run_cells(cells: Sequence[Cell], jobs: int, say: Say) -> dict[CellFolder, str]:
    """Run the cells in processes, `jobs` at a time (0 = one a processor); returns the failed ones' last words.

    Raises StoppedByUser.
    """
    jobs = min(jobs or processors(), len(cells))
    threads = max(1, processors() // jobs)
    say(f"{jobs} at a time")

    def start(cell: Cell) -> subprocess.Popen[bytes]:
        environment = os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONUNBUFFERED": "1"}
        command = [sys.executable, "-m", "gansmith.compare.cell", str(cell.folder.root), str(threads)]
        with open(cell.folder.log, "ab") as log:
            return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=log, env=environment)

    return run_queue(cells, jobs, start, _ended, _stop, say)


def _ended(running: Mapping[subprocess.Popen[bytes], Cell]) -> list[tuple[subprocess.Popen[bytes], str]]:
    time.sleep(0.1)
    done = [process for process in running if process.poll() is not None]
    for process in done:
        _let_go(process)
    if any(process.returncode == INTERRUPTED for process in done):
        raise KeyboardInterrupt
    return [(process, last_words(running[process].folder) if process.returncode else "") for process in done]


def _stop(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        process.wait()
        _let_go(process)


def _let_go(process: subprocess.Popen[bytes]) -> None:
    """Close our end of the standard input of a cell that has ended; while it works, this tells it that we live."""
    if process.stdin:
        process.stdin.close()


def gather(cells: Sequence[Cell], errors: Mapping[CellFolder, str]) -> dict[str, Any]:
    """The whole comparison, JSON-able: every cell's figures, and their range over the seeds."""
    variants: dict[str, dict[str, Any]] = {}
    for cell in cells:
        entry: dict[str, Any] = {"seed": cell.seed, "folder": str(cell.folder.root)}
        if cell.folder.result.exists():
            result = json.loads(cell.folder.result.read_text(encoding="utf-8"))
            entry |= {"status": "done", **result, **learns(result)}
        else:
            error = errors.get(cell.folder)
            entry |= {"status": "open" if error is None else "failed", "error": error}
        new = {"name": cell.variant.name, "recipe": recipes.flat(cell.variant.recipe), "cells": []}
        variants.setdefault(cell.variant.name, new)["cells"].append(entry)
    for each in variants.values():
        each["spread"] = spread(each["cells"])
    command = typed(*sys.argv[1:])
    return {"format": 1, "made": time.strftime("%Y-%m-%d"), "command": command, "variants": [*variants.values()]}


def learns(result: Mapping[str, Any]) -> dict[str, Any]:
    """Whether a run learned: its samples vary over the latents, and are much nearer to the data than the untrained
    generator's. None if that was not measured.
    """
    distances = {shot["update"]: shot["figures"].get("fd", {}).get("value") for shot in result["snapshots"]}
    varied = result["figures"].get("sensitivity", {}).get("value")
    untrained, last = distances.get(0), distances[max(distances)] if distances else None
    if varied is None or not untrained or last is None:
        return {"learns": None, "because": "the untrained generator, or the trained one, was not measured"}
    if varied < LEAST_SPREAD:
        words = f"its samples vary by {varied:.2g} over the latents, less than {LEAST_SPREAD}"
        return {"learns": False, "because": words}
    words = f"its distance is {last / untrained:.0%} of the untrained generator's"
    return {"learns": last < LEARNED * untrained, "because": words}


def spread(entries: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Median, least and greatest over the finished seeds."""
    done = [entry for entry in entries if entry["status"] == "done"]
    keys = dict.fromkeys((*SHOWN, *(key for entry in done for key in entry.get("own", ()))))
    columns: dict[str, list[float | None]] = {
        key: [entry["figures"].get(key, {}).get("value") for entry in done] for key in keys
    }
    columns |= {key: [entry.get(key) for entry in done] for key in ("accuracy", "seconds")}
    kept = {key: [value for value in values if value is not None] for key, values in columns.items()}
    return {
        key: {"median": statistics.median(values), "least": min(values), "greatest": max(values)}
        for key, values in kept.items()
        if values
    }
