"""Train the studies that some articles' claims need, and write a page per article from what is there."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gansmith.articles.claims import CLAIMS, TITLES, Claim
from gansmith.articles.evidence import FIGURES, Evidence, Trained, gather
from gansmith.articles.probes import newest_snapshot
from gansmith.articles.studies import BETA1, QUICK_COUNT, STUDIES, Study, quickly
from gansmith.compare.grid import compare, variant
from gansmith.ground import pixels
from gansmith.ground.errors import RecipeError, StoppedByUser, nearest, typed
from gansmith.ground.files.gridfolder import ArticlesFolder
from gansmith.ground.files.runfolder import write_json
from gansmith.ground.files.whole import write_text
from gansmith.ground.progress import Say
from gansmith.report import article as pages
from gansmith.trained.generator import load
from gansmith.training.machine import choose_device

SHOWN = 20  # samples of a variant on a picture
COUNT = 2000  # samples that are measured, as `compare` does
TUNED_BY = ("fd_untrained", "fd_quarter", "fd", "modes", "sensitivity")


@dataclass(frozen=True)
class ExperimentPlan:
    """Which articles' studies to train, and how."""

    articles: tuple[str, ...]
    data: str | None = None
    quick: bool = False
    jobs: int = 0  # trainings at the same time; 0 = as each study says
    command: str = "gansmith articles"

    @property
    def studies(self) -> dict[str, Study]:
        """The studies of the chosen articles."""
        chosen = {name: study for name, study in STUDIES.items() if name[:3] in self.articles}
        return {name: quickly(study) for name, study in chosen.items()} if self.quick else chosen


def choose(names: Sequence[str]) -> tuple[str, ...]:
    """The articles of some names, or all where no name is given. Raises RecipeError for an unknown one."""
    for name in names:
        if name not in TITLES:
            raise RecipeError(f"no article is called {name!r}{nearest(name, TITLES)}")
    return tuple(name for name in TITLES if not names or name in names)


def articles(
    plan: ExperimentPlan, folder: ArticlesFolder, *, train: bool = True, say: Say = lambda _: None
) -> dict[str, Any]:
    """Train what is missing (unless `train` is False), and write the pages and articles.json; returns the latter.

    The same command continues a study that was stopped. Pages are written in any case. Raises StoppedByUser when it
    was interrupted, and RunError where `folder` holds trainings with other settings.
    """
    stopped = False
    failures: list[str] = []
    try:
        for name, study in plan.studies.items() if train else ():
            if study.gpu and not choose_device("auto").startswith("cuda"):
                say(f"study {name} is left out: it needs a GPU, and none is here")
                continue
            say(f"study {name}")
            variants = [
                variant(text, data=None if study.own_data else plan.data, budget=study.budget, settings=study.settings)
                for text in study.variants.values()
            ]
            count, jobs = QUICK_COUNT if plan.quick else COUNT, plan.jobs or study.jobs
            grid = compare(variants, folder.study(name).root, seeds=study.seeds, jobs=jobs, count=count, say=say)
            failures += [
                f"{name}, {each['name']}, seed {cell['seed']}: {cell['error']}"
                for each in grid["variants"]
                for cell in each["cells"]
                if cell["status"] != "done"
            ]
    except StoppedByUser:
        stopped = True
    found = write_pages(plan, folder, failures)
    say(f"pages: {', '.join(str(folder.page(name)) for name in plan.articles)}")
    if stopped:
        raise StoppedByUser("run the same command to continue; the pages show what is done")
    return found


def write_pages(plan: ExperimentPlan, folder: ArticlesFolder, failures: Sequence[str]) -> dict[str, Any]:
    """Decide every claim by what has been trained, and write pages, pictures and articles.json."""
    seeds = max(study.seeds for study in plan.studies.values())
    evidence, unmeasured = gather({name: folder.study(name) for name in plan.studies}, seeds)
    found = {
        "format": 1,
        "made": time.strftime("%Y-%m-%d"),
        "command": plan.command,
        "quick": plan.quick,
        "articles": {name: _article(name, plan, folder, evidence) for name in plan.articles},
        "failures": [*failures, *unmeasured],
    }
    folder.pages.mkdir(parents=True, exist_ok=True)
    for name in plan.articles:
        write_text(folder.page(name), pages.page(name, found))
    write_json(folder.figures, found)
    return found


def _article(name: str, plan: ExperimentPlan, folder: ArticlesFolder, evidence: Evidence) -> dict[str, Any]:
    """One article's claims with their figures, JSON-able."""
    claims = [claim for claim in CLAIMS if claim.article == name]
    cells = [cell for claim in claims for cell in evidence.of(*claim.variants)]
    compared = [cell for claim in claims if not _apart(claim) for cell in evidence.of(*claim.variants)]
    features = sorted({str(cell.figures["features"]) for cell in compared})
    article: dict[str, Any] = {
        "title": TITLES[name],
        "claims": [_claim(claim, folder, evidence) for claim in claims],
        "tuning": _tuning(evidence) if name == "000" else None,
        "studies": {key: _command(key, study) for key, study in plan.studies.items() if key[:3] == name},
        "machine": _machine(cells),
        "features": features,
    }
    if len(features) == 1:  # distances in different features cannot be compared with one floor
        article |= {key: compared[0].figures[key] for key in ("fd_floor", "fd_noise")}
    return article


def _apart(claim: Claim) -> bool:
    """Whether its variants have data of their own, so that their distances are not compared."""
    return any(study.own_data and name in study.variants for study in STUDIES.values() for name in claim.variants)


def _machine(cells: Sequence[Trained]) -> dict[str, str]:
    """The machines of the trainings; where they differ, all of them."""
    found: dict[str, set[str]] = {}
    for cell in cells:
        facts = json.loads(cell.folder.run.environment.read_text(encoding="utf-8"))
        for key in ("engine", "torch", "device", "threads", "instruction set"):
            if key in facts:
                found.setdefault(key, set()).add(str(facts[key]))
    return {key: ", ".join(sorted(values)) for key, values in found.items()}


def _command(name: str, study: Study) -> str:
    """The `compare` command that trains one study, ready to be typed; MNIST stands for the folder of its files."""
    words = ["compare", *study.variants.values(), "--seeds", str(study.seeds)]
    words += [*([] if study.own_data else ["--data", "MNIST"]), "--out", name]
    for setting in study.settings:
        words += ["--set", setting]
    for flag, value in vars(study.budget).items():
        words += [f"--{flag}", f"{value:g}"] if value else []
    return typed(*words)


def _claim(claim: Claim, folder: ArticlesFolder, evidence: Evidence) -> dict[str, Any]:
    """One claim: its verdict, its figures by variant and seed, and its picture of samples."""
    verdict = claim.rule(evidence)
    measured = {name: str(cells[0].figures["features"]) for name in claim.variants if (cells := evidence.of(name))}
    strip = _strip(claim, evidence)
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
        "needs": verdict.needs,
        "figures": {key: FIGURES[key] for key in claim.figures},
        "variants": {name: _rows(name, claim.figures, evidence) for name in claim.variants},
        "strip": list(strip),
        "measured": measured,  # variant -> features of its distances
        "apart": _apart(claim),
    }


def _rows(name: str, figures: Sequence[str], evidence: Evidence) -> list[dict[str, Any]]:
    """One variant's figures, seed by seed."""
    return [
        {"seed": cell.seed, "state": cell.figures.get("state")}
        | {key: cell.figures[key] for key in figures if cell.figures.get(key) is not None}
        for cell in evidence.of(name)
    ]


def _tuning(evidence: Evidence) -> dict[str, Any]:
    """The trainings by which each network of article 000 got its beta1, and the choice."""
    return {
        "figures": {key: FIGURES[key] for key in TUNED_BY},
        "variants": {name: _rows(name, TUNED_BY, evidence) for name in STUDIES["000-tuning"].variants},
        "chosen": BETA1,
    }


def _strip(claim: Claim, evidence: Evidence) -> dict[str, np.ndarray]:
    """The rows of a claim's picture: samples uint8 (SHOWN, H, W, C) of the first seed of each variant shown."""
    rows: dict[str, np.ndarray] = {}
    for name in claim.variants if claim.pictures is None else claim.pictures:
        if evidence.has(name):
            first = evidence.cells[name][0]
            rows[name] = _samples(first)
            if name in claim.stretched:
                rows[f"{name}, each stretched to black and white"] = _stretched(first)
    return rows


def _stretched(cell: Trained) -> np.ndarray:
    """Samples as a viewer shows that stretches the contrast of each, as imshow does: uint8 (SHOWN, H, W, C)."""
    generator = load(cell.folder.run.root)
    raw = generator.raw(generator.latents(SHOWN), generator.labels(SHOWN)).astype(np.float64)
    least, most = (reduce(raw, axis=(1, 2, 3), keepdims=True) for reduce in (np.min, np.max))
    return pixels.to_bytes((raw - least) / np.maximum(most - least, 1e-12), "unit")


def _samples(cell: Trained) -> np.ndarray:
    """The first samples of a cell's newest snapshot, uint8 (SHOWN, H, W, C); of labelled ones, sorted by label."""
    items, labels = newest_snapshot(cell.folder)
    if labels is None:
        return items[:SHOWN]
    classes = int(labels.max()) + 1
    rows = [np.flatnonzero(labels == label)[turn] for turn in range(2) for label in range(classes)]
    return items[sorted(rows[:SHOWN], key=lambda row: labels[row])]
