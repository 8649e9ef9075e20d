"""How well a labelled generator of digits can be steered, in the figures that docs/explore.md quotes.

    python benchmarks/steering.py RUN [--data SOURCE] [--only styles control ...] [--draws 20] [--seeds 3] [--out FILE.json]

RUN is a labelled run of `mnist` or `glyphs`; SOURCE is its data (default: the run's own). Prints a table and, with
--out, writes JSON. On `glyphs` a reader that knows the truth measures thickness and slant besides.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.assemble.critic import load_discriminator, verdict
from gansmith.assemble.explore.session import plain
from gansmith.assemble.explore.styling import rank_correlation
from gansmith.assemble.generator import Generator, load
from gansmith.data import cache, glyphs
from gansmith.data.store import Store, open_store
from gansmith.game import machine
from gansmith.ground.runfolder import RunFolder
from gansmith.ground.settings import DataSettings
from gansmith.latent import (
    baselines,
    control,
    directions,
    hmc,
    inpainting,
    learned_operator,
    masks,
    operators,
    projection,
    sensing,
    space,
    styles,
    survey,
    traits,
    upscaling,
    walks,
)
from gansmith.latent.search import Settings
from gansmith.latent.survey import Survey

TRAITS = ("thickness", "slant")
SHOWN = (1, 4, 8)  # classes, as in article 001
RECOVERED = 0.005  # mean squared error under which a picture counts as found again


@dataclass
class Bench:
    """What every section works with."""

    folder: RunFolder
    generator: Generator
    train: Store
    test: Store
    draws: int
    seeds: int
    steps: int
    results: dict[str, Any] = field(default_factory=dict)

    @property
    def wanted(self) -> dict[str, traits.Measure]:
        return traits.find(TRAITS)

    def found(self, seed: int, count: int = 1500) -> Survey:
        return survey.survey(self.generator, self.wanted, count, seed)

    def settings(self, restarts: int, seed: int = 0) -> Settings:
        half = machine.choose_precision("auto", "cpu") == "bfloat16"
        return Settings(restarts=restarts, steps=self.steps, seed=seed, half=half)

    def digits(self, count: int, seed: int = 0) -> np.ndarray:
        return np.asarray(self.test.items[seed * count : (seed + 1) * count])

    def own(self, count: int, seed: int) -> np.ndarray:
        return self.generator.sample(count, 5000 + seed)

    def shown(self, offsets: np.ndarray) -> np.ndarray:
        """Pictures (offsets, classes shown, H, W, C)."""
        latents = np.repeat(offsets + np.float32(space.middle(self.generator.recipe.latent.law)), len(SHOWN), axis=0)
        made = self.generator.images(latents.astype(np.float32), np.tile(np.array(SHOWN), len(offsets)))
        return made.reshape(len(offsets), len(SHOWN), *made.shape[1:])

    def levels(self, found: Survey, pictures: np.ndarray) -> dict[str, np.ndarray]:
        """Standardised traits (offsets, classes shown) of `shown`'s pictures."""
        flat = pictures.reshape(-1, *pictures.shape[2:])
        labels = np.tile(np.array(SHOWN), len(pictures))
        values = traits.measure(flat, self.wanted)
        return {
            name: found.scales[name].standard(one, labels).reshape(len(pictures), -1) for name, one in values.items()
        }


def styling(bench: Bench) -> dict[str, Any]:
    """Means in their own category; scaling; arithmetic; over independent draws of 1,500 latents each."""
    law = bench.generator.recipe.latent.law
    inside, shell, counts, norms = [], [], [], []
    scaling: dict[str, list[float]] = {"least_spearman": [], "least_spearman_on_shell": []}
    reversed_sign, equal_at_zero, arithmetic = [], [], []
    for seed in range(bench.draws):
        found = bench.found(seed)
        means = styles.average(found, law, styles.categories(TRAITS))
        every = means | {styles.TYPICAL: styles.typical(bench.generator, found, bench.wanted)}
        vectors = np.stack([style.vector for style in means.values()])
        zero = bench.levels(found, bench.shown(np.zeros((1, vectors.shape[1]), np.float32)))
        within = bench.levels(found, bench.shown(vectors))
        outside = bench.levels(found, bench.shown(styles.on_shell(vectors, every, law)))
        counts += [style.count for style in means.values()]
        norms += [style.norm for style in means.values()]
        for row, style in enumerate(means.values()):
            inside.append(all((sign * (within[t][row] - zero[t][0]) > 0).all() for t, sign in style.wants.items()))
            shell.append(all((sign * outside[t][row] > 0).all() for t, sign in style.wants.items()))
        if seed < bench.seeds:
            factors = np.linspace(2, -2, 51)
            for key, put in (("least_spearman", False), ("least_spearman_on_shell", True)):
                for style in means.values():
                    offsets = styles.scale(style, factors)
                    pictures = bench.shown(styles.on_shell(offsets, every, law) if put else offsets)
                    levels = bench.levels(found, pictures)
                    for name, sign in style.wants.items():
                        for column in range(len(SHOWN)):
                            scaling[key].append(sign * rank_correlation(factors, levels[name][:, column]))
                        middle = levels[name][25]
                        reversed_sign.append(
                            bool(
                                (sign * (levels[name][0] - middle) > 0).all()
                                and (sign * (levels[name][-1] - middle) < 0).all()
                            )
                        )
                    if not put:
                        equal_at_zero.append(pictures[25])
        arithmetic.append(sums(bench, found, means, zero))
    same = all(np.array_equal(one, equal_at_zero[0]) for one in equal_at_zero)
    return {
        "mean_in_own_category (against the middle picture)": np.mean(inside),
        "mean_in_own_category on the shell (absolute)": np.mean(shell),
        "count of a mean": np.mean(counts),
        "norm of a mean": np.mean(norms),
        "norm of the shell": space.shell(law, bench.generator.latent_dim),
        "scale: least |Spearman|": min(scaling["least_spearman"]),
        "scale: mean |Spearman|": np.mean(scaling["least_spearman"]),
        "scale on the shell: least |Spearman|": min(scaling["least_spearman_on_shell"]),
        "scale on the shell: mean |Spearman|": np.mean(scaling["least_spearman_on_shell"]),
        "scale: sign reversed at -2": np.mean(reversed_sign),
        "scale: frames at 0 equal": same,
    } | {key: np.mean([row[key] for row in arithmetic]) for key in arithmetic[0]}


def sums(bench: Bench, found: Survey, means: dict[str, styles.Style], zero: dict[str, np.ndarray]) -> dict[str, float]:
    """Shares of the classes shown in which sums of styles look as article 001 says."""

    def level(expression: str) -> dict[str, np.ndarray]:
        made = bench.levels(found, bench.shown(styles.arithmetic(expression, means).vector[None]))
        return {name: values[0] for name, values in made.items()}

    plus, minus = level("thick-straight + thin-right"), level("thick-right - thick-straight")
    straight, right, thin = level("thick-straight"), level("thick-right"), level("thin-right")
    return {
        "thick-straight + thin-right: more slanted than straight": (plus["slant"] > straight["slant"]).mean(),
        "thick-straight + thin-right: thicker than thin": (plus["thickness"] > thin["thickness"]).mean(),
        "thick-right - thick-straight: slanted": (minus["slant"] > 0).mean(),
        "thick-right - thick-straight: thinner than both": (
            minus["thickness"] < np.minimum(right["thickness"], straight["thickness"])
        ).mean(),
        "thick-right - thick-straight: thin (below the mean of all pictures)": (minus["thickness"] < 0).mean(),
        "the middle picture's thickness, in standard deviations": zero["thickness"].mean(),
    }


def steering(bench: Bench) -> dict[str, Any]:
    """Asked against measured traits on unseen latents, and whether the class is kept."""
    told: dict[str, list[float]] = {}
    classify = classifier(bench)
    read = reader(bench)
    for seed in range(bench.seeds):
        found = bench.found(seed)
        linear = directions.regress(found)
        count = 400
        latents = bench.generator.latents(count, 900 + seed)
        labels = np.arange(count) % bench.generator.classes
        random = np.random.default_rng(seed)
        asked = {name: found.scales[name].natural(random.uniform(-1.5, 1.5, count), labels) for name in TRAITS}
        before = (classify(bench.generator.images(latents, labels)) == labels).mean()
        told.setdefault("class shown before", []).append(before)
        for rounds, title in ((1, "regression alone"), (6, "with corrections")):
            done = control.steer(bench.generator, linear, found, bench.wanted, asked, latents, labels, rounds)
            pictures = bench.generator.images(done.latents, labels)
            for name in TRAITS:
                told.setdefault(f"{title}: r of {name}", []).append(correlation(asked[name], done.measured[name]))
                within = [found.scales[name].standard(v, labels) for v in (asked[name], done.measured[name])]
                told.setdefault(f"{title}: r of {name} within classes", []).append(correlation(*within))
            if read is not None:
                truth = read(pictures, labels)
                for name in TRAITS:
                    told.setdefault(f"{title}: r of {name} against the truth", []).append(
                        correlation(asked[name], truth[name])
                    )
            told.setdefault(f"{title}: class shown", []).append((classify(pictures) == labels).mean())
            told.setdefault(f"{title}: distance moved", []).append(
                float(np.linalg.norm(done.latents - latents, axis=1).mean())
            )
        for index, name in enumerate(linear.traits):
            told.setdefault(f"R^2 of {name}", []).append(linear.explained[index])
        told.setdefault("correlation of the traits", []).append(found.correlations()[TRAITS[0]][TRAITS[1]])
    return {name: {"mean": np.mean(values), "least": min(values)} for name, values in told.items()}


def columns(bench: Bench) -> dict[str, Any]:
    """The share of a trait's variance that lies between the columns of the class x style grid."""
    shares: dict[str, list[float]] = {name: [] for name in TRAITS}
    for seed in range(bench.seeds):
        made = walks.grid(bench.generator, bench.generator.latents(100, seed))
        values = traits.measure(made.reshape(-1, *made.shape[2:]), bench.wanted)
        for name, one in values.items():
            shares[name].append(walks.shared_by_columns(one.reshape(made.shape[:2])))
    return {f"between columns: {name}": {"mean": np.mean(one), "least": min(one)} for name, one in shares.items()}


def projecting(bench: Bench) -> dict[str, Any]:
    """Held-out digits against the nearest training picture; own samples found again; the restarts' losses."""
    errors, nearest, own, monotone, classes = [], [], [], [], []
    for seed in range(bench.seeds):
        pictures = bench.digits(bench.draws, seed)
        found = projection.project(bench.generator, pictures, bench.settings(3, seed))
        errors += projection.errors(found.pictures, pictures).tolist()
        nearest += projection.nearest_errors(pictures, np.asarray(bench.train.items)).tolist()
        best = np.minimum.accumulate(found.every, axis=1)
        monotone.append(bool((np.diff(best, axis=1) <= 0).all()))
        if found.labels is not None and bench.test.labels is not None:
            classes.append((found.labels == bench.test.labels[seed * bench.draws : (seed + 1) * bench.draws]).mean())
        samples = bench.own(bench.draws, seed)
        again = projection.project(bench.generator, samples, bench.settings(3, seed))
        own.append((projection.errors(again.pictures, samples) < RECOVERED).mean())
    return {
        "error of held-out digits": np.mean(errors),
        "error of the nearest training picture": np.mean(nearest),
        "share below the nearest training picture": np.mean(np.array(errors) < np.array(nearest)),
        "class found": np.mean(classes) if classes else None,
        f"own samples below {RECOVERED}": {"mean": np.mean(own), "least": min(own)},
        "loss never rises with restarts": all(monotone),
    }


def completing(bench: Bench) -> dict[str, Any]:
    """Every mask: errors in the hole, raw and blended, with and without the discriminator; HMC's acceptance."""
    told: dict[str, Any] = {}
    judge = verdict(load_discriminator(bench.folder, bench.generator), bench.generator)
    _, height, width = bench.generator.item_shape
    for name in masks.MASKS:
        rows: dict[str, list[float]] = {}
        for seed in range(bench.seeds):
            pictures = bench.digits(bench.draws, seed)
            known = masks.find(name, height, width, seed)
            low = name == masks.LOW_RESOLUTION
            for title, critic in (("with D", judge), ("without D", None)):
                done = inpainting.inpaint(
                    bench.generator, pictures, known, bench.settings(3, seed), None, critic, "raw", low
                )
                assert np.array_equal(done.pictures[:, known], pictures[:, known])
                made = np.rint(np.clip(done.found.pictures, 0, 1) * 255).astype(np.uint8)
                rows.setdefault(f"raw, {title}", []).append(hole(made, pictures, known))
                blended = inpainting.fill(pictures, made, known, "blended") if not known.all() else made
                rows.setdefault(f"blended, {title}", []).append(hole(blended, pictures, known))
            rows.setdefault("mean fill", []).append(hole(inpainting.mean_fill(pictures, known), pictures, known))
            rows.setdefault("random sample", []).append(hole(bench.own(bench.draws, seed), pictures, known))
            if name in ("centre", "left") and seed == 0:
                several = inpainting.variants(
                    bench.generator, pictures[:5], known, first_five(done), 4, hmc.Chain(seed=seed)
                )
                told[f"{name}: HMC"] = {
                    "acceptance": several.acceptance,
                    "spread in the hole": several.pictures[:, :, ~known].std(axis=1).mean() / 255,
                    "spread outside": several.pictures[:, :, known].std(axis=1).max() / 255,
                }
        told[name] = {title: np.mean(values) for title, values in rows.items()}
    return told


def first_five(done: inpainting.Completed) -> inpainting.Completed:
    """A completion of its first five pictures only."""
    found = done.found
    few = type(found)(
        found.latents[:5], None if found.labels is None else found.labels[:5], found.losses[:5], found.every[:5],
        found.pictures[:5], found.ends[:5], None if found.end_labels is None else found.end_labels[:5],
    )  # fmt: skip
    return inpainting.Completed(done.pictures[:5], few)


def hole(made: np.ndarray, pictures: np.ndarray, known: np.ndarray) -> float:
    """Mean error in the hole."""
    return float(inpainting.hole_errors(made, pictures, known).mean())


def measuring(bench: Bench, counts: tuple[int, ...] = (10, 25, 50, 100, 200, 400, 784)) -> dict[str, Any]:
    """Error against measurements: held-out digits and own samples, LASSO with its best penalty, OMP, k-sparse."""
    shape = bench.generator.item_shape
    examples = np.asarray(bench.train.items[:8])
    told: dict[str, Any] = {}
    for count in counts:
        rows: dict[str, list[np.ndarray]] = {}
        own: list[float] = []
        for seed in range(bench.seeds):
            pictures = bench.digits(bench.draws, seed)
            operator = operators.gaussian(shape, count, seed)
            measured = operator.measure(pictures, 0.1, seed)
            found = sensing.recover(bench.generator, operator, measured, bench.settings(4, seed))
            rows.setdefault("generator", []).append(projection.errors(found.pictures, pictures))
            truth = operators.flat(pictures)
            if seed == 0:
                for basis in ("pixels", "dct", "daubechies"):
                    alpha = baselines.tune(operator, examples, shape, basis, 0.1)
                    made = baselines.lasso(operator, measured, shape, basis, alpha)
                    rows[f"LASSO in {basis}"] = [((made - truth) ** 2).mean(axis=1)]
                made = baselines.orthogonal_pursuit(operator, measured, shape)
                rows["OMP"] = [((made - truth) ** 2).mean(axis=1)]
                rows["k-sparse wavelets, k = m / 4"] = [
                    ((baselines.k_sparse(pictures, shape, max(1, count // 4)) - truth) ** 2).mean(axis=1)
                ]
            if count == 100:
                samples = bench.own(bench.draws, seed)
                again = sensing.recover(
                    bench.generator, operator, operator.measure(samples, 0.1, seed), bench.settings(6, seed)
                )
                own.append(float((projection.errors(again.pictures, samples) < RECOVERED).mean()))
        told[str(count)] = {name: interval(np.concatenate(errors)) for name, errors in rows.items()}
        if own:
            told[f"own samples below {RECOVERED} at 100"] = {"mean": np.mean(own), "least": min(own)}
        print(count, json.dumps(plain(told[str(count)])), flush=True)
    return told | {"measurements that LASSO needs for the generator's error": as_many(told, counts)}


def as_many(told: dict[str, Any], counts: tuple[int, ...]) -> dict[str, Any]:
    """For each number of measurements, how many the best LASSO needs to err as little as the generator; its curve is
    interpolated between counts, on logarithmic axes. None: more than there are pixels."""
    lasso = [min(row["mean"] for name, row in told[str(m)].items() if name.startswith("LASSO")) for m in counts]
    needed: dict[str, Any] = {}
    for count in counts:
        error = told[str(count)]["generator"]["mean"]
        if lasso[-1] > error:
            needed[str(count)] = None
            continue
        falling = np.minimum.accumulate(lasso)
        place = np.interp(-np.log(error), -np.log(falling), np.log(counts))
        needed[str(count)] = {"measurements": round(float(np.exp(place))), "times": float(np.exp(place)) / count}
    return needed


def hearing(bench: Bench) -> dict[str, Any]:
    """Error against noise at 100 measurements."""
    shape = bench.generator.item_shape
    told = {}
    for noise in (0.0, 0.1, 0.5, 1.0, 2.0):
        errors = []
        for seed in range(bench.seeds):
            pictures = bench.digits(bench.draws, seed)
            operator = operators.gaussian(shape, 100, seed)
            found = sensing.recover(
                bench.generator, operator, operator.measure(pictures, noise, seed), bench.settings(4, seed)
            )
            errors.append(projection.errors(found.pictures, pictures))
        told[f"noise {noise:g}"] = interval(np.concatenate(errors))
    return told


def learning(bench: Bench) -> dict[str, Any]:
    """A learned measurement against a random one."""
    shape = bench.generator.item_shape
    told: dict[str, Any] = {}
    for count in (10, 20, 30):
        learned = learned_operator.learn(bench.generator, count, learned_operator.Lesson(), 0.1)
        rows: dict[str, list[np.ndarray]] = {"random": [], "learned": []}
        for seed in range(bench.seeds):
            pictures = bench.digits(bench.draws, seed)
            for title, operator in (("random", operators.gaussian(shape, count, seed)), ("learned", learned)):
                measured = operator.measure(pictures, 0.1, seed)
                found = sensing.recover(bench.generator, operator, measured, bench.settings(4, seed))
                rows[title].append(projection.errors(found.pictures, pictures))
        told |= {f"{count}, {title}": interval(np.concatenate(errors)) for title, errors in rows.items()}
    return told


def enlarging(bench: Bench) -> dict[str, Any]:
    """x2 and x4 against bicubic."""
    _, height, width = bench.generator.item_shape
    told: dict[str, Any] = {}
    for factor in (2, 4):
        rows: dict[str, list[np.ndarray]] = {}
        for seed in range(bench.seeds):
            pictures = bench.digits(bench.draws, seed)
            small = upscaling.shrink(pictures, factor)
            for exact in (False, True):
                done = upscaling.upscale(bench.generator, small, bench.settings(3, seed), exact=exact)
                title = "exact" if exact else "generator"
                rows.setdefault(title, []).append(projection.errors(done.pictures, pictures))
                rows.setdefault(f"{title}: misfit", []).append(done.misfit)
            large = upscaling.bicubic(small, height, width)
            rows.setdefault("bicubic", []).append(projection.errors(large, pictures))
        told[f"x{factor}"] = {name: interval(np.concatenate(values)) for name, values in rows.items()}
    return told


def timing(bench: Bench) -> dict[str, Any]:
    """100 pictures, 3 restarts, 500 steps."""
    pictures = np.asarray(bench.test.items[:100])
    half = machine.choose_precision("auto", "cpu") == "bfloat16"
    start, cpu = time.perf_counter(), time.process_time()
    projection.project(bench.generator, pictures, Settings(restarts=3, steps=500, half=half))
    return {"seconds": time.perf_counter() - start, "seconds of processor": time.process_time() - cpu}


def classifier(bench: Bench) -> Callable[[np.ndarray], np.ndarray]:
    """The yardstick's classifier of the run's data; trained once."""
    from gansmith.metrics import classifier as yardstick

    assert bench.train.labels is not None
    folder = cache.folder() / "metrics"
    network = yardstick.trained(
        folder, bench.train.fingerprint, "bench", np.asarray(bench.train.items), bench.train.labels
    )

    def classify(pictures: np.ndarray) -> np.ndarray:
        scores = network.read(pictures).probabilities
        assert scores is not None
        return scores.argmax(axis=1)

    return classify


def reader(bench: Bench) -> Callable[[np.ndarray, np.ndarray], dict[str, np.ndarray]] | None:
    """On glyphs: thickness and slant with which the nearest of 40,000 drawn pictures of the class were drawn."""
    if bench.generator.recipe.data.source != "glyphs":
        return None
    truth = glyphs.truth(40_000, 12345)
    drawn = operators.flat(glyphs.draw(truth))

    def read(pictures: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
        told = {name: np.zeros(len(pictures)) for name in TRAITS}
        rows = operators.flat(pictures)
        for label in range(10):
            here, among = np.flatnonzero(labels == label), np.flatnonzero(truth.labels == label)
            far = (rows[here] ** 2).sum(1)[:, None] - 2 * rows[here] @ drawn[among].T + (drawn[among] ** 2).sum(1)
            near = among[np.argsort(far, axis=1)[:, :3]]
            for name in TRAITS:
                told[name][here] = getattr(truth, name)[near].mean(axis=1)
        return told

    held_out = glyphs.truth(1000, 777)
    back = read(glyphs.draw(held_out), held_out.labels)
    for name in TRAITS:
        r = correlation(back[name], getattr(held_out, name))
        print(f"the reader of the truth: r = {r:.4f} for {name} on 1,000 drawn pictures", flush=True)
    return read


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    """Pearson's."""
    return float(np.corrcoef(first, second)[0, 1])


def interval(errors: np.ndarray) -> dict[str, float]:
    """Mean and half its 95% interval."""
    return {"mean": float(errors.mean()), "±": float(1.96 * errors.std(ddof=1) / len(errors) ** 0.5)}


SECTIONS: dict[str, Callable[[Bench], dict[str, Any]]] = {
    "styles": styling,
    "control": steering,
    "columns": columns,
    "project": projecting,
    "inpaint": completing,
    "sense": measuring,
    "noise": hearing,
    "learned": learning,
    "upscale": enlarging,
    "time": timing,
}


def main() -> None:
    """Run the sections that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--data")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--draws", type=int, default=20, help="pictures, or independent surveys, a seed")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=300, help="of each search")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    generator = load(asked.run)
    source = DataSettings(source=asked.data or generator.recipe.data.source)
    data = [
        open_store(DataSettings(source=source.source, split=split), generator.recipe.seed)
        for split in ("train", "test")
    ]
    bench = Bench(RunFolder(asked.run), generator, data[0], data[1], asked.draws, asked.seeds, asked.steps)
    for name in asked.only:
        start = time.perf_counter()
        result = SECTIONS[name](bench)
        bench.results[name] = plain(result)
        print(f"\n## {name} ({time.perf_counter() - start:.0f} s)")
        for key, value in bench.results[name].items():
            print(f"  {key:<70} {json.dumps(value, ensure_ascii=False)}", flush=True)
        if asked.out:
            before = json.loads(asked.out.read_text(encoding="utf-8")) if asked.out.exists() else {}
            asked.out.write_text(
                json.dumps(before | bench.results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
            )


if __name__ == "__main__":
    main()
