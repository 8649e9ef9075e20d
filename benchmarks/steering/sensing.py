"""Compressed sensing: error against measurements and noise, baselines, learned measurements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from bench import RECOVERED, Bench, Values
from gansmith.ground.networks.plan import Shape
from gansmith.latent.inversion import projection
from gansmith.latent.measurements import baselines, learned_operator, operators
from gansmith.latent.measurements import sensing as recovery
from gansmith.latent.measurements.operators import Operator
from gansmith.latent.measurements.sensing import Point

Method = Callable[[Operator, np.ndarray, Any], np.ndarray]
"""(operator, measured (P, m), a setting) -> numbers (P, C x H x W)."""
COUNTS = (10, 25, 50, 100, 200, 400, 784)
NOISES = (0.0, 0.5, 1.0, 2.0)  # besides the one that every section has
NOISE = 0.1  # expected length, as in Bora et al. 2017
LEARNED = (10, 20, 30)
BASES = {"LASSO pixels": "pixels", "LASSO DCT": "dct", "LASSO wavelets": "daubechies"}
OURS = "generator"
ALPHAS = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)  # penalties of LASSO
PURSUITS = [(basis, share) for basis in BASES.values() for share in (0.05, 0.1, 0.2, 0.35)]  # of OMP


def tuned(method: Method, settings: Sequence[Any], operator: Operator, examples: np.ndarray, seed: int = 0) -> Any:
    """The one of the settings with which a method recovers these training pictures best: that makes a comparison fair to it."""
    measured, truth = operator.measure(examples, NOISE, seed), operators.flat(examples)
    errors = [float(((method(operator, measured, setting) - truth) ** 2).mean()) for setting in settings]
    return settings[int(np.argmin(errors))]


def lasso(shape: Shape, basis: str) -> Method:
    """LASSO by its penalty."""
    return lambda operator, measured, alpha: baselines.lasso(operator, measured, shape, basis, alpha)


def pursuit(shape: Shape) -> Method:
    """OMP by its basis and its share of coefficients."""
    return lambda operator, measured, setting: baselines.orthogonal_pursuit(operator, measured, shape, *setting)


def without_generator(train: np.ndarray, pictures: np.ndarray, shape: Shape, count: int, seed: int) -> Values:
    """Errors (P,) of every method but ours, by its title; each with its best settings on six training pictures."""
    operator = operators.gaussian(shape, count, seed)
    measured, truth, examples = operator.measure(pictures, NOISE, seed), operators.flat(pictures), train[:6]
    found = {
        title: lasso(shape, basis)(operator, measured, tuned(lasso(shape, basis), ALPHAS, operator, examples))
        for title, basis in BASES.items()
    }
    found["OMP"] = pursuit(shape)(operator, measured, tuned(pursuit(shape), PURSUITS, operator, examples))
    found["linear, from training pictures"] = baselines.gaussian_prior(operator, measured, train, NOISE)
    found["mean of training pictures"] = operators.flat(train).mean(axis=0)[None]
    found["best m/4 wavelets"] = baselines.k_sparse(pictures, shape, max(1, count // 4))
    return {title: ((numbers - truth) ** 2).mean(axis=1).tolist() for title, numbers in found.items()}


def counts_and_seeds(bench: Bench) -> list[str]:
    """One case for each number of measurements and seed."""
    size = int(np.prod(bench.generator.item_shape))
    return [f"{count} {seed}" for seed in range(bench.seeds) for count in COUNTS if count <= size]


def measure(bench: Bench, case: str) -> Values:
    """Held-out pictures from some measurements: ours, the methods without a generator, and what as many wavelet
    coefficients as a quarter of the measurements could do at best; own samples at 100."""
    count, seed = map(int, case.split())
    shape = bench.generator.item_shape
    pictures, operator = bench.pictures(seed), operators.gaussian(shape, count, seed)
    measured = operator.measure(pictures, NOISE, seed)
    told: Values = {OURS: recover(bench, operator, measured, pictures, seed).tolist()}
    told |= without_generator(np.asarray(bench.train.items), pictures, shape, count, seed)
    if count == 100:
        samples = bench.own(seed)
        missed = recover(bench, operator, operator.measure(samples, NOISE, seed), samples, seed, restarts=5)
        told[f"own samples, error below {RECOVERED}"] = (missed < RECOVERED).astype(float).tolist()
        told["own samples, error"] = missed.tolist()
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
    method = lasso(shape, "daubechies")
    sparse = method(operator, measured, tuned(method, ALPHAS, operator, np.asarray(bench.train.items[:6])))
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
    learned = learned_operator.learn(bench.generator, count, NOISE)
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
