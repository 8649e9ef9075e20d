"""Compressed sensing: error against measurements and noise, baselines, learned measurements."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bench import RECOVERED, Bench, Values
from gansmith.latent.inversion import projection
from gansmith.latent.measurements import baselines, learned_operator, operators
from gansmith.latent.measurements import sensing as recovery
from gansmith.latent.measurements.operators import Operator
from gansmith.latent.measurements.sensing import Point

COUNTS = (10, 25, 50, 100, 200, 400, 784)
NOISES = (0.0, 0.5, 1.0, 2.0)  # besides the one that every section has
NOISE = 0.1  # expected length, as in Bora et al. 2017
LEARNED = (10, 20, 30)
BASES = {"LASSO pixels": "pixels", "LASSO DCT": "dct", "LASSO wavelets": "daubechies"}
OURS = "generator"


def counts_and_seeds(bench: Bench) -> list[str]:
    """One case for each number of measurements and seed."""
    size = int(np.prod(bench.generator.item_shape))
    return [f"{count} {seed}" for seed in range(bench.seeds) for count in COUNTS if count <= size]


def measure(bench: Bench, case: str) -> Values:
    """Held-out pictures from some measurements: ours, LASSO with its best penalty on training pictures, OMP, and what
    as many wavelet coefficients as a quarter of the measurements could do at best; own samples at 100."""
    count, seed = map(int, case.split())
    shape = bench.generator.item_shape
    pictures, operator = bench.pictures(seed), operators.gaussian(shape, count, seed)
    measured = operator.measure(pictures, NOISE, seed)
    told = {OURS: recover(bench, operator, measured, pictures, seed)}
    truth, examples = operators.flat(pictures), np.asarray(bench.train.items[:6])
    for title, basis in BASES.items():
        alpha = baselines.tune(operator, examples, shape, basis, NOISE)
        told[title] = ((baselines.lasso(operator, measured, shape, basis, alpha) - truth) ** 2).mean(axis=1)
    told["OMP"] = ((baselines.orthogonal_pursuit(operator, measured, shape) - truth) ** 2).mean(axis=1)
    kept = baselines.k_sparse(pictures, shape, max(1, count // 4))
    told["best m/4 wavelets"] = ((kept - truth) ** 2).mean(axis=1)
    if count == 100:
        samples = bench.own(seed)
        missed = recover(bench, operator, operator.measure(samples, NOISE, seed), samples, seed, restarts=5)
        told[f"own samples, error below {RECOVERED}"] = (missed < RECOVERED).astype(float)
        told["own samples, error"] = missed
    return {f"{count}: {title}": np.asarray(values).tolist() for title, values in told.items()}


def recover(
    bench: Bench, operator: Operator, measured: np.ndarray, pictures: np.ndarray, seed: int, restarts: int = 3
) -> np.ndarray:
    """Our errors (P,)."""
    found = recovery.recover(bench.generator, operator, measured, bench.settings(restarts, seed))
    return projection.errors(found.pictures, pictures)


def noises_and_seeds(bench: Bench) -> list[str]:
    """One case for each noise and seed."""
    return [f"{noise:g} {seed}" for seed in range(bench.seeds) for noise in NOISES]


def hear(bench: Bench, case: str) -> Values:
    """Error at 100 measurements with more and more noise, beside LASSO's in wavelets."""
    noise, seed = float(case.split()[0]), int(case.split()[1])
    shape = bench.generator.item_shape
    pictures, operator = bench.pictures(seed), operators.gaussian(shape, 100, seed)
    measured = operator.measure(pictures, noise, seed)
    alpha = baselines.tune(operator, np.asarray(bench.train.items[:6]), shape, "daubechies", noise)
    sparse = baselines.lasso(operator, measured, shape, "daubechies", alpha)
    told = {
        OURS: recover(bench, operator, measured, pictures, seed),
        "LASSO wavelets": ((sparse - operators.flat(pictures)) ** 2).mean(axis=1),
    }
    return {f"{noise:g}: {title}": values.tolist() for title, values in told.items()}


def learned_counts(bench: Bench) -> list[str]:
    """One case for each number of learned measurements."""
    return [str(count) for count in LEARNED]


def learn(bench: Bench, case: str) -> Values:
    """A learned measurement against a random one, on the same pictures and noise."""
    count, shape = int(case), bench.generator.item_shape
    learned = learned_operator.learn(bench.generator, count, learned_operator.Lesson(), NOISE)
    told: Values = {}
    for seed in range(bench.seeds):
        pictures = bench.pictures(seed)
        for title, operator in (("random", operators.gaussian(shape, count, seed)), ("learned", learned)):
            errors = recover(bench, operator, operator.measure(pictures, NOISE, seed), pictures, seed)
            told.setdefault(f"{count}: {title}", []).extend(errors.tolist())
    return told


def points(raw: Mapping[str, Mapping[str, Values]]) -> list[Point]:
    """What `report.error_curves` draws: every method at every number of measurements, and at every noise."""
    gathered: dict[tuple[str, int, float], list[float]] = {}
    for section in ("sense", "noise"):
        for values in raw.get(section, {}).values():
            for key, errors in values.items():
                place, _, method = key.partition(": ")
                at = (int(place), NOISE) if section == "sense" else (100, float(place))
                if not method.startswith("own"):
                    gathered.setdefault((method, at[0], at[1]), []).extend(errors)
    return [Point(method, count, noise, np.array(errors)) for (method, count, noise), errors in gathered.items()]


def times_fewer(summary: Mapping[str, Mapping[str, float]]) -> dict[str, str]:
    """For each number of measurements: how many the best LASSO needs to err as little as the generator does. Its curve
    is interpolated between counts on logarithmic axes."""
    counts = sorted({int(key.split(":")[0]) for key in summary})
    lasso = np.array([min(summary[f"{m}: {title}"]["mean"] for title in BASES) for m in counts])
    falling = np.minimum.accumulate(lasso)
    told: dict[str, str] = {}
    for count in counts:
        error = summary[f"{count}: {OURS}"]["mean"]
        if falling[-1] > error:
            told[str(count)] = f"more than {counts[-1]}"
        elif falling[0] < error:
            told[str(count)] = f"fewer than {counts[0]}"
        else:
            needed = float(np.exp(np.interp(-np.log(error), -np.log(falling), np.log(counts))))
            told[str(count)] = f"{needed:.0f}: {needed / count:.1f} times as many"
    return told
