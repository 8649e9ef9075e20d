"""Run the studies that some articles' claims need, and write a page per article from whatever there is by then."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gansmith.articles.claims import CLAIMS, TITLES, Claim
from gansmith.articles.evidence import FIGURES, Evidence, Trained, gather
from gansmith.articles.studies import QUICK, QUICK_COUNT, STUDIES, Study
from gansmith.compare.cells import Variant
from gansmith.compare.grid import compare, variant
from gansmith.ground import pixels
from gansmith.ground.errors import RecipeError, StoppedByUser, nearest
from gansmith.ground.files.gridfolder import ArticlesFolder
from gansmith.ground.files.runfolder import write_json, write_text
from gansmith.report import article as pages
from gansmith.trained.generator import load

Say = Callable[[str], None]

SHOWN = 20  # samples of a variant on a strip
COUNT = 2000  # samples that are measured, as `compare` does


@dataclass(frozen=True)
class Order:
    """What is asked for, and with which means."""

    articles: tuple[str, ...]
    data: str | None = None
    quick: bool = False
    jobs: int = 0
    command: str = "gansmith articles"

    def studies(self) -> dict[str, Study]:
        """The studies of the articles asked for."""
        return {name: study for name, study in STUDIES.items() if name[:3] in self.articles}

    def variants(self, study: Study) -> list[Variant]:
        """A study's grid, as `compare` takes it."""
        settings = [*study.settings, *(QUICK.settings if self.quick else ())]
        budget = QUICK.budget if self.quick else study.budget
        return [variant(text, data=self.data, budget=budget, settings=settings) for text in study.variants.values()]

    def seeds(self, study: Study) -> int:
        """Trainings of each variant."""
        return QUICK.seeds if self.quick else study.seeds


def choose(names: Sequence[str]) -> tuple[str, ...]:
    """The articles of some names, all where there are none. Raises RecipeError for an unknown one."""
    for name in names:
        if name not in TITLES:
            raise RecipeError(f"no article is called {name!r}{nearest(name, TITLES)}")
    return tuple(name for name in TITLES if not names or name in names)


def articles(order: Order, folder: ArticlesFolder, *, train: bool = True, say: Say = lambda _: None) -> dict[str, Any]:
    """Train what is missing (unless `train` is False), judge, and write the pages and articles.json; returns the latter.

    A study that was stopped goes on with the same command; its pages tell what there is. Raises StoppedByUser when it
    was interrupted, after they were written, and RunError where `folder` holds trainings under other orders.
    """
    stopped: StoppedByUser | None = None
    failures: list[str] = []
    try:
        for name, study in order.studies().items() if train else ():
            say(f"study {name}")
            count = QUICK_COUNT if order.quick else COUNT
            seeds, jobs = order.seeds(study), order.jobs or study.jobs
            root = folder.study(name).root
            grid = compare(order.variants(study), root, seeds=seeds, jobs=jobs, count=count, say=say)
            failures += failed_cells(name, grid)
    except StoppedByUser as stop:
        stopped = stop
    found = report(order, folder, failures)
    say(f"pages: {', '.join(str(folder.page(name)) for name in order.articles)}")
    if stopped is not None:
        raise StoppedByUser("the same command goes on; the pages tell what is done")
    return found


def report(order: Order, folder: ArticlesFolder, failures: Sequence[str] = ()) -> dict[str, Any]:
    """Judge every claim by what has been trained, and write pages, pictures and articles.json."""
    studies = {name: folder.study(name) for name in order.studies()}
    seeds = max(order.seeds(study) for study in order.studies().values())
    seen, unmeasured = gather(studies, seeds)
    told = {name: _article(name, order, folder, seen) for name in order.articles}
    found = {
        "format": 1,
        "made": time.strftime("%Y-%m-%d"),
        "command": order.command,
        "quick": order.quick,
        "articles": told,
        "failures": [*failures, *unmeasured],
    }
    folder.pages.mkdir(parents=True, exist_ok=True)
    for name in order.articles:
        write_text(folder.page(name), pages.page(name, found))
    write_json(folder.figures, found)
    return found


def failed_cells(study: str, grid: Mapping[str, Any]) -> list[str]:
    """A line for each training of a finished grid that has no figures."""
    return [
        f"{study}, {each['name']}, seed {cell['seed']}: {cell['error']}"
        for each in grid["variants"]
        for cell in each["cells"]
        if cell["status"] != "done"
    ]


def _article(name: str, order: Order, folder: ArticlesFolder, seen: Evidence) -> dict[str, Any]:
    """One article's claims with their figures, JSON-able."""
    claims = [_claim(claim, folder, seen) for claim in CLAIMS if claim.article == name]
    grids = {study: command(study, STUDIES[study], order) for study in order.studies() if study[:3] == name}
    measured = [cell for claim in CLAIMS if claim.article == name for cell in seen.all(*claim.variants)]
    features = {str(cell.figures["features"]): cell for cell in measured}
    words: dict[str, Any] = {"features": sorted(features)}
    if len(features) == 1:  # floor and noise, as distances in different features are no neighbours
        words |= {key: measured[0].figures[key] for key in ("fd_floor", "fd_noise")}
    return {"title": TITLES[name], "claims": claims, "studies": grids, "machine": machine(measured), **words}


def machine(measured: Sequence[Trained]) -> dict[str, Any]:
    """What the trainings ran on; where they differ, all of it."""
    found: dict[str, set[str]] = {}
    for cell in measured:
        told = json.loads(cell.folder.run.environment.read_text(encoding="utf-8"))
        for key in ("engine", "torch", "device", "threads", "instruction set"):
            if key in told:
                found.setdefault(key, set()).add(str(told[key]))
    return {key: ", ".join(sorted(values)) for key, values in found.items()}


def command(name: str, study: Study, order: Order) -> str:
    """The `compare` command that is one study, to be typed as it stands; MNIST's place is the reader's."""
    words = ["gansmith", "compare", *study.variants.values(), "--seeds", str(order.seeds(study))]
    words += ["--data", "MNIST", "--out", name]
    for setting in (*study.settings, *(QUICK.settings if order.quick else ())):
        words += ["--set", setting]
    budget = QUICK.budget if order.quick else study.budget
    for flag, value in vars(budget).items():
        words += [f"--{flag}", f"{value:g}"] if value else []
    return shlex.join(words)


def _claim(claim: Claim, folder: ArticlesFolder, seen: Evidence) -> dict[str, Any]:
    """One claim: its verdict, its figures by variant and seed, and its strip of samples."""
    verdict = claim.judge(seen)
    rows = {
        name: [
            {"seed": cell.seed, "state": cell.figures.get("state")}
            | {key: cell.figures[key] for key in claim.figures if cell.figures.get(key) is not None}
            for cell in seen.cells.get(name, ())
        ]
        for name in claim.variants
    }
    strip = strip_of(claim, seen)
    if strip:
        path = folder.picture(claim.article, claim.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels.write_png(path, pages.strip(list(strip.values())))
    return {
        "name": claim.name,
        "says": claim.says,
        "verdict": verdict.answer,
        "because": verdict.because,
        "cause": verdict.cause,
        "figures": {key: FIGURES[key] for key in claim.figures},
        "variants": rows,
        "strip": list(strip),
    }


def strip_of(claim: Claim, seen: Evidence) -> dict[str, np.ndarray]:
    """The rows of a claim's picture: samples uint8 (SHOWN, H, W, C) of the first seed of each variant shown."""
    shown = claim.variants if claim.pictures is None else claim.pictures
    rows: dict[str, np.ndarray] = {}
    for name in shown:
        if seen.has(name):
            rows[name] = samples(seen.cells[name][0])
            if name in claim.stretched:
                rows[f"{name}, each stretched to black and white"] = stretched(seen.cells[name][0])
    return rows


def stretched(cell: Trained) -> np.ndarray:
    """What a viewer shows that stretches each picture, as imshow does: from raw output, uint8 (SHOWN, H, W, C)."""
    generator = load(cell.folder.run.root)
    raw = generator.raw(generator.latents(SHOWN), generator.labels(SHOWN)).astype(np.float64)
    least, most = (reduce(raw, axis=(1, 2, 3), keepdims=True) for reduce in (np.min, np.max))
    return pixels.to_bytes((raw - least) / np.maximum(most - least, 1e-12), "unit")


def samples(cell: Trained) -> np.ndarray:
    """The first samples of a cell's newest snapshot, uint8 (SHOWN, H, W, C); of labelled ones, sorted by label."""
    newest = max(cell.folder.snapshot(0).parent.glob("*.npz"))
    with np.load(newest, allow_pickle=False) as arrays:
        items, labels = arrays["images"], arrays.get("labels")
    if labels is None:
        return items[:SHOWN]
    classes = int(labels.max()) + 1
    rows = [np.flatnonzero(labels == label)[turn] for turn in range(2) for label in range(classes)]
    return items[sorted(rows[:SHOWN], key=lambda row: labels[row])]
