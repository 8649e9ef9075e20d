"""A grid of trainings, variants by seeds, in processes of this machine or of a cluster; then one table, one JSON and one
page.

A grid that was stopped goes on where it was: cells that are done are not done again, one that was under way is resumed.
A cell that fails is named and leaves the others alone.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gansmith.compare import ray_cluster
from gansmith.compare.cells import Cell, Variant, last_words
from gansmith.data import sources
from gansmith.ground.errors import DataError, GansmithError, RecipeError, RunError, StoppedByUser
from gansmith.ground.files.gridfolder import CellFolder, GridFolder, slug
from gansmith.ground.files.runfolder import write_json, write_text
from gansmith.ground.process.hardware import processors
from gansmith.ground.process.launch import launched
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.choose_recipe import Budget, choose_recipe

Say = Callable[[str], None]

SHARES = (0.25, 0.5, 1.0)
"""After which parts of a run its samples are measured."""

LEAST_SPREAD = 0.05
"""A generator whose samples vary less over the latents (standard deviation, mean over pixels in [-1, 1]) draws one
picture."""

LEAST_FALL = 0.2
"""A generator that learns brings its Frechet distance down by this share from the first measurement to the last."""

SHOWN = ("fd", "modes", "sensitivity", "agreement")
"""Figures whose spread over the seeds is summed up, besides accuracy and seconds."""


def variant(
    text: str,
    *,
    data: str | None = None,
    budget: Budget = Budget(),  # noqa: B008 - frozen
    device: str | None = None,
    settings: Sequence[str] = (),
) -> Variant:
    """A recipe's name or file, with changes after plus signs: "mnist+loss.name=hinge+data.batch=32".

    settings hold for every variant; a variant's own come last. Raises RecipeError.
    """
    name, *changes = text.split("+")
    chosen = choose_recipe(name, data=data, budget=budget, device=device, settings=[*settings, *changes])
    return Variant(text, chosen)


def compare(
    variants: Sequence[Variant],
    out: Path,
    *,
    seeds: int = 3,
    jobs: int = 0,
    ray: str | None = None,
    count: int = 2000,
    shares: Sequence[float] = SHARES,
    say: Say = lambda _: None,
) -> dict[str, Any]:
    """Train and measure every variant under `seeds` seeds, `jobs` at a time (0 = one a processor), into `out`.

    ray: the address of a Ray cluster that does it, instead of processes of this machine; see `cluster`. `count` samples
    are measured after each of the `shares` of a run. Returns what comparison.json holds. Raises RunError where `out`
    holds another comparison, and StoppedByUser when it was interrupted.
    """
    if launched().several:
        raise RunError("compare starts processes of its own: start it once, without torchrun")
    need_data(variants)
    folder = GridFolder(out)
    cells = order_cells(variants, folder, seeds, count, shares)
    errors: dict[CellFolder, str] = {}
    stopped = False
    open_cells = [cell for cell in cells if not cell.folder.result.exists()]
    if open_cells:
        say(f"{len(open_cells)} of {len(cells)} cells are to be done")
        ready_features(open_cells, say)
        try:
            errors = ray_cluster.run_cells(ray, open_cells, jobs, say) if ray else run_cells(open_cells, jobs, say)
        except StoppedByUser:
            stopped = True
    found = gather(cells, errors)
    write_json(folder.comparison, found)
    from gansmith.report.comparison import page

    write_text(folder.page, page(found, folder))
    if stopped:
        raise StoppedByUser(f"the same command goes on; what is done is in {folder.page}")
    say(f"comparison: {folder.page}")
    return found


def need_data(variants: Sequence[Variant]) -> None:
    """Refuse a grid before it is ordered, where none of its variants has data. Raises DataError."""
    missing: list[DataError] = []
    for each in variants:
        try:
            sources.recognise(each.recipe.data, each.recipe.seed)
            return
        except DataError as error:
            missing.append(error)
    if missing:
        raise missing[0]


def order_cells(
    variants: Sequence[Variant], folder: GridFolder, seeds: int, count: int, shares: Sequence[float]
) -> list[Cell]:
    """Write what each cell is to do; cells that are there already must have been told the same."""
    names = [slug(each.name) for each in variants]
    for name in names:
        if names.count(name) > 1:
            raise RecipeError(f"two variants are called {name!r}: tell them apart by their names")
    cells: list[Cell] = []
    for each in variants:
        for seed in range(each.recipe.seed, each.recipe.seed + seeds):
            cell = Cell(each, seed, folder.cell(each.name, seed))
            watch = dataclasses.replace(each.recipe.watch, judge=0.0)  # measured afterwards, off the clock
            recipe = dataclasses.replace(each.recipe, seed=seed, watch=watch)
            order = {"variant": each.name, "seed": seed, "count": count, "shares": list(shares)}
            _give(cell.folder, recipe, json.dumps(order, indent=2) + "\n")
            cells.append(cell)
    return cells


def _give(folder: CellFolder, recipe: Recipe, order: str) -> None:
    try:
        if folder.recipe.exists():
            # not its text: settings that came later have their defaults; and watchers cannot disturb a training
            same = dataclasses.replace(recipes.read(folder.recipe), watch=recipe.watch) == recipe
            if not same or folder.order.read_text(encoding="utf-8") != order:
                raise RunError(f"{folder.root} was ordered with other settings: choose another --out")
            return
        folder.root.mkdir(parents=True, exist_ok=True)
        write_text(folder.order, order)
        write_text(folder.recipe, recipes.to_toml(recipe))
    except OSError as error:
        raise RunError(f"{folder.root} cannot be made: {error.strerror or error}") from None


def ready_features(cells: Sequence[Cell], say: Say) -> None:
    """Prepare the data and train the networks that measure, once, before any clock runs. What fails here will fail in
    its cells, and be named there."""
    from gansmith.runs.evaluation import reference_for

    for settings in {dataclasses.replace(cell.variant.recipe.data, batch=1, first=0) for cell in cells}:
        try:
            reference = reference_for(settings)
            say(f"{sources.short(settings.source)}: measured by {reference.features_name}")
        except GansmithError as error:
            say(str(error))


def run_cells(cells: Sequence[Cell], jobs: int, say: Say) -> dict[CellFolder, str]:
    """Run the cells in processes, `jobs` at a time (0 = one a processor); returns what the failed ones said. Raises
    StoppedByUser."""
    jobs = jobs or processors()
    say(f"{min(jobs, len(cells))} at a time")
    waiting, running = list(cells), dict[Cell, subprocess.Popen[bytes]]()
    errors: dict[CellFolder, str] = {}
    threads = max(1, processors() // min(jobs, len(cells)))
    try:
        while waiting or running:
            while waiting and len(running) < jobs:
                cell = waiting.pop(0)
                running[cell] = _start(cell, threads)
            time.sleep(0.1)
            for cell in [cell for cell, process in running.items() if process.poll() is not None]:
                code = running.pop(cell).returncode
                if code == 130:
                    raise KeyboardInterrupt
                if code:
                    errors[cell.folder] = last_words(cell.folder)
                left = len(waiting) + len(running)
                ending = f"failed: {errors[cell.folder]}" if code else "done"
                say(f"{cell.variant.name}, seed {cell.seed}: {ending} ({left} left)")
    except KeyboardInterrupt:
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.wait()
        raise StoppedByUser("every cell is saved") from None
    return errors


def _start(cell: Cell, threads: int) -> subprocess.Popen[bytes]:
    environment = os.environ | {"OMP_NUM_THREADS": str(threads), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "gansmith.compare.cell", str(cell.folder.root), str(threads)]
    with open(cell.folder.log, "ab") as log:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment)


def gather(cells: Sequence[Cell], errors: Mapping[CellFolder, str]) -> dict[str, Any]:
    """The whole comparison, JSON-able: every cell's figures, and their spread over the seeds."""
    told: dict[str, list[dict[str, Any]]] = {}
    for cell in cells:
        entry: dict[str, Any] = {"seed": cell.seed, "folder": str(cell.folder.root)}
        if cell.folder.result.exists():
            result = json.loads(cell.folder.result.read_text(encoding="utf-8"))
            entry |= {"status": "done", **result, **learns(result)}
        else:
            failed = cell.folder in errors
            entry |= {"status": "failed" if failed else "open", "error": errors.get(cell.folder)}
        told.setdefault(cell.variant.name, []).append(entry)
    variants = [
        {"name": name, "recipe": _recipe_of(cells, name), "cells": entries, "spread": spread(entries)}
        for name, entries in told.items()
    ]
    command = shlex.join(["gansmith", *sys.argv[1:]])
    return {"format": 1, "made": time.strftime("%Y-%m-%d"), "command": command, "variants": variants}


def _recipe_of(cells: Sequence[Cell], name: str) -> dict[str, Any]:
    return recipes.flat(next(cell.variant.recipe for cell in cells if cell.variant.name == name))


def learns(result: Mapping[str, Any]) -> dict[str, Any]:
    """Whether a run learned: its samples vary with the latents, and its Frechet distance fell. None where there is
    nothing to say it by."""
    distances = [shot["figures"].get("fd", {}).get("value") for shot in result["snapshots"]]
    varied = result["figures"].get("sensitivity", {}).get("value")
    if varied is None or len(distances) < 2 or None in (distances[0], distances[-1]):
        return {"learns": None, "because": "it was not measured twice"}
    if varied < LEAST_SPREAD:
        return {
            "learns": False,
            "because": f"its samples vary by {varied:.2g} over the latents, less than {LEAST_SPREAD}",
        }
    fall = 1 - distances[-1] / distances[0] if distances[0] else 0.0
    words = f"its distance fell by {fall:.0%}" if fall >= 0 else f"its distance rose by {-fall:.0%}"
    return {"learns": fall >= LEAST_FALL, "because": words}


def spread(entries: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """Median, least and greatest over the seeds that are done."""
    done = [entry for entry in entries if entry["status"] == "done"]
    columns: dict[str, list[float | None]] = {
        key: [entry["figures"].get(key, {}).get("value") for entry in done] for key in SHOWN
    }
    columns |= {key: [entry.get(key) for entry in done] for key in ("accuracy", "seconds")}
    kept = {key: [value for value in values if value is not None] for key, values in columns.items()}
    return {
        key: {"median": statistics.median(values), "least": min(values), "greatest": max(values)}
        for key, values in kept.items()
        if values
    }
