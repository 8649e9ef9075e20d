"""Projection, completion, upscaling, and the time that a hundred projections take."""

from __future__ import annotations

import time
from dataclasses import replace
from importlib import import_module

import numpy as np
import torch

from bench import RECOVERED, Bench, Values
from gansmith.explore import VERBS, explore, options
from gansmith.latent.inversion import inpainting, masks, projection
from gansmith.latent.inversion.search import SearchResult
from gansmith.latent.measurements import sensing as recovery
from gansmith.latent.pictures import to_unit
from gansmith.report import animation as _animation  # noqa: F401 - imports do not count
from gansmith.trained.discriminator import logits_function

DRAWN_FROM = ("centre", "left")  # masks whose completions are also drawn by Hamiltonian Monte Carlo
CHAINS = 5  # pictures of those, four chains each


def project(bench: Bench, case: str) -> Values:
    """Held-out pictures against the nearest training picture; own samples found again; the restarts' losses."""
    seed = int(case)
    pictures = bench.pictures(seed)
    found = projection.project(bench.generator, pictures, bench.settings(3, seed))
    errors = projection.errors(found.pictures, pictures)
    nearest = nearest_errors(pictures, np.asarray(bench.train.items))
    best = np.minimum.accumulate(found.restart_losses, axis=1)
    samples = bench.own(seed)
    again = projection.project(bench.generator, samples, bench.settings(3, seed, steps=500))
    missed = projection.errors(again.pictures, samples)
    told = {
        "error of held-out pictures": errors.tolist(),
        "error of the nearest training picture": nearest.tolist(),
        "below the nearest training picture": (errors < nearest).astype(float).tolist(),
        "own samples, 500 steps: error": missed.tolist(),
        f"own samples, 500 steps: error below {RECOVERED}": (missed < RECOVERED).astype(float).tolist(),
    } | {f"loss of {k + 1} restarts": best[:, k].tolist() for k in range(best.shape[1])}
    labels = bench.labels(seed)
    if found.labels is not None and labels is not None:
        told["class found"] = (found.labels == labels).astype(float).tolist()
    return told


def nearest_errors(pictures: np.ndarray, training: np.ndarray) -> np.ndarray:
    """Each picture's mean squared error to the nearest of the training pictures, (N,)."""
    wanted = torch.as_tensor(to_unit(pictures).reshape(len(pictures), -1))
    nearest = torch.full((len(wanted),), torch.inf)
    for start in range(0, len(training), 4096):
        some = torch.as_tensor(to_unit(training[start : start + 4096]).reshape(-1, wanted.shape[1]))
        nearest = torch.minimum(nearest, torch.cdist(wanted, some).min(dim=1).values)
    return (nearest**2 / wanted.shape[1]).numpy()


def masks_and_seeds(bench: Bench) -> list[str]:
    """One case for each mask and seed."""
    return [f"{name} {seed}" for seed in range(bench.seeds) for name in masks.MASKS]


def complete(bench: Bench, case: str) -> Values:
    """One mask: errors in the hole, raw and blended, beside the simplest completions; HMC's acceptance and spread."""
    name, seed = case.split()[0], int(case.split()[1])
    _, height, width = bench.generator.item_shape
    pictures, known, low = bench.pictures(seed), masks.make(name, height, width, seed), name == masks.LOW_RESOLUTION
    logits = logits_function(bench.folder, bench.generator)
    done = inpainting.inpaint(
        bench.generator, pictures, known, bench.settings(3, seed), None, logits, low_resolution=low
    )
    made = np.rint(np.clip(done.search.pictures, 0, 1) * 255).astype(np.uint8)
    told = {
        "known pixels exact": np.array([np.array_equal(done.pictures[:, known], pictures[:, known])], float),
        "raw": inpainting.hole_errors(made, pictures, known),
        "mean fill": inpainting.hole_errors(inpainting.mean_fill(pictures, known), pictures, known),
        "random sample": inpainting.hole_errors(bench.own(seed), pictures, known),
    }
    if not known.all() and known.any():
        told["blended"] = inpainting.hole_errors(inpainting.fill(pictures, made, known, blended=True), pictures, known)
    if name in DRAWN_FROM:
        few = inpainting.Inpainted(done.pictures[:CHAINS], first(done.search, CHAINS))
        several = inpainting.variants(bench.generator, pictures[:CHAINS], known, few, 4, seed)
        told["HMC: acceptance"] = np.array([several.acceptance])
        told["HMC: spread in the hole"] = several.pictures[:, :, ~known].std(axis=1).mean(axis=(1, 2)) / 255
        told["HMC: spread outside"] = several.pictures[:, :, known].std(axis=1).max(axis=(1, 2)) / 255
    return {f"{name}: {title}": values.tolist() for title, values in told.items()}


def first(found: SearchResult, count: int) -> SearchResult:
    """What was found for the first pictures."""
    return replace(
        found,
        latents=found.latents[:count],
        labels=None if found.labels is None else found.labels[:count],
        losses=found.losses[:count],
        restart_losses=found.restart_losses[:count],
        pictures=found.pictures[:count],
        restart_latents=found.restart_latents[:count],
        restart_labels=None if found.restart_labels is None else found.restart_labels[:count],
    )


def factors_and_seeds(bench: Bench) -> list[str]:
    """One case for each factor and seed."""
    return [f"{factor} {seed}" for seed in range(bench.seeds) for factor in (2, 4)]


def enlarge(bench: Bench, case: str) -> Values:
    """x2 or x4 against bicubic interpolation."""
    factor, seed = map(int, case.split())
    _, height, width = bench.generator.item_shape
    pictures = bench.pictures(seed)
    small = recovery.shrink(pictures, factor)
    told = {"bicubic": projection.errors(recovery.bicubic(small, height, width), pictures)}
    done = recovery.upscale(bench.generator, small, bench.settings(3, seed))
    exact = recovery.upscale(bench.generator, small, bench.settings(3, seed), exact=True)
    for title, one in (("generator", done), ("exact", exact)):
        told[title] = projection.errors(one.pictures, pictures)
        told[f"{title}: misfit of the small picture"] = one.misfit
    return {f"x{factor} {title}": values.tolist() for title, values in told.items()}


STORED = {  # what must answer at once, on stored styles
    "grid": options.Grid(),
    "scale": options.Scale(),
    "scale on the shell": options.Scale(shell=True),
    "arithmetic": options.Arithmetic(expression="thick-straight + thin-right"),
}


def jobs(bench: Bench) -> list[str]:
    """One case for each verb that is timed."""
    return [*STORED, "project"]


def clock(bench: Bench, case: str) -> Values:
    """Seconds after the imports: of verbs with all their files, and of a hundred projections of 3 x 500 steps."""
    if case == "project":
        pictures = np.asarray(bench.test.items[:100])
        start = time.perf_counter()
        projection.project(bench.generator, pictures, bench.settings(3, steps=500))
        return {"100 projections": [time.perf_counter() - start]}
    verb = case.split()[0]
    import_module(f"gansmith.explore.{VERBS[verb].module}")
    if verb != "grid" and not any(place.styles.is_file() for place in bench.folder.explorations()):
        explore(bench.folder.root, "average")
    start = time.perf_counter()
    explore(bench.folder.root, verb, STORED[case])
    return {f"{case}: all of it": [time.perf_counter() - start]}
