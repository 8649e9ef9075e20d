"""Styles, scaling, arithmetic, control, and the class x style grid."""

from __future__ import annotations

import numpy as np

from bench import Bench, Values, correlation
from gansmith.latent import space
from gansmith.latent.appearance import traits
from gansmith.latent.steering import control, directions, scaling, styles, walks
from gansmith.latent.steering.scaling import Scaling
from gansmith.latent.steering.styles import Style
from gansmith.latent.steering.survey import Survey, measure_latents

LATENTS = 1500  # of a survey
STEERED = 400  # unseen latents that are steered


def by_draw(bench: Bench) -> list[str]:
    """One case for each independent survey."""
    return [str(draw) for draw in range(bench.draws)]


def by_seed(bench: Bench) -> list[str]:
    """One case for each seed."""
    return [str(seed) for seed in range(bench.seeds)]


def style(bench: Bench, case: str) -> Values:
    """The means of one survey: in their own category? What does scaling do, and what do sums?"""
    generator, law = bench.generator, bench.generator.recipe.latent.law
    found = measure_latents(generator, bench.wanted, LATENTS, int(case))
    means = styles.average(found, law, styles.categories(bench.names))
    every = means | {styles.TYPICAL: styles.typical(generator, found, bench.wanted)}
    told: Values = {
        "count of a mean": [one.count for one in means.values()],
        "norm of a mean": [one.norm for one in means.values()],
        "norm of the shell": [space.shell_radius(law, generator.latent_dim)],
    }
    factors = np.linspace(2, -2, 51)
    for title, shell in (("inside", False), ("on the shell", True)):
        done = scaling.study(generator, means, every, found, bench.wanted, factors, bench.shown, shell)
        told |= {f"{title}: {key}": values for key, values in scaled(done).items()}
    middle = [generator.images(styles_at(bench, one, 0.0), shown_labels(bench)) for one in means.values()]
    told["frames at 0 equal"] = [float(np.array_equal(one, middle[0])) for one in middle]
    return told | sums(bench, found, means)


def scaled(done: dict[str, Scaling]) -> Values:
    """The figures of one study, a value for each style (and trait) and class shown."""

    def shares(factor: float, than_all: bool) -> list[float]:
        return np.concatenate([one.has_style(factor, than_all) for one in done.values()]).astype(float).tolist()

    ranks = np.concatenate([row for one in done.values() for row in one.rank_correlations().values()])
    first = next(iter(done.values()))
    return {
        "mean in its own category, against the picture at 0": shares(1, False),
        "mean in its own category, against all pictures": shares(1, True),
        "rank correlation of factor and trait": ranks.tolist(),
        "rank correlation of .8 or more": (ranks >= 0.8).astype(float).tolist(),
        "twice: still its own side, against the picture at 0": shares(2, False),
        "minus twice: the opposite, against the picture at 0": shares(-2, False),
        "minus twice: the opposite, against all pictures": shares(-2, True),
    } | {f"the picture at 0: {trait}, in deviations": one.tolist() for trait, one in first.at_zero.items()}


def styles_at(bench: Bench, one: Style, factor: float) -> np.ndarray:
    """A style's latents at a factor, one for each class shown."""
    middle = np.float32(space.centre(bench.generator.recipe.latent.law))
    return np.tile(styles.scale(one, np.array([factor])) + middle, (len(bench.shown or [0]), 1))


def shown_labels(bench: Bench) -> np.ndarray | None:
    """The classes shown."""
    return None if bench.shown is None else np.array(bench.shown, np.int64)


def sums(bench: Bench, found: Survey, means: dict[str, Style]) -> Values:
    """In which of the classes shown sums of styles look as article 001 says."""
    if bench.names != ("thickness", "slant"):
        return {}

    def level(expression: str) -> dict[str, np.ndarray]:
        made = bench.generator.images(styles_at(bench, styles.arithmetic(expression, means), 1.0), shown_labels(bench))
        values = traits.measure(made, bench.wanted)
        return {name: found.scales[name].standard(one, shown_labels(bench)) for name, one in values.items()}

    plus, minus = level("thick-straight + thin-right"), level("thick-right - thick-straight")
    straight, right, thin = level("thick-straight"), level("thick-right"), level("thin-right")
    told = {
        "thick-straight + thin-right: more slanted than straight": plus["slant"] > straight["slant"],
        "thick-straight + thin-right: thicker than thin": plus["thickness"] > thin["thickness"],
        "thick-right - thick-straight: slanted (above the class's mean)": minus["slant"] > 0,
        "thick-right - thick-straight: thinner than both": minus["thickness"]
        < np.minimum(right["thickness"], straight["thickness"]),
        "thick-right - thick-straight: thin (below the class's mean)": minus["thickness"] < 0,
    }
    return {key: values.astype(float).tolist() for key, values in told.items()}


def steer(bench: Bench, case: str) -> Values:
    """Asked against measured traits on unseen latents, and whether the class is kept."""
    seed, generator = int(case), bench.generator
    found = measure_latents(generator, bench.wanted, LATENTS, seed)
    linear = directions.regress(found)
    latents = generator.latents(STEERED, 900 + seed)
    labels = np.arange(STEERED) % generator.classes if generator.classes else None
    random = np.random.default_rng(seed)
    rows = np.zeros(STEERED, np.int64) if labels is None else labels
    asked = {}
    for name in bench.names:
        scale = found.scales[name]
        asked[name] = random.uniform(-1.5, 1.5, STEERED) * scale.deviation[rows] + scale.mean[rows]
    told: Values = {f"R^2 of {name}": [linear.explained[row]] for row, name in enumerate(linear.traits)}
    told["correlation of the traits"] = [found.correlations()[bench.names[0]][bench.names[1]]]
    if labels is not None:
        told["class shown before"] = [float((bench.classify(generator.images(latents, labels)) == labels).mean())]
    for rounds, title in ((1, "regression alone"), (6, "with corrections")):
        done = control.steer(generator, linear, found, bench.wanted, asked, latents, labels, rounds)
        pictures = generator.images(done, labels)
        measured = traits.measure(pictures, bench.wanted)
        for name in bench.names:
            told[f"{title}: r of {name}"] = [correlation(asked[name], measured[name])]
            within = [found.scales[name].standard(v, labels) for v in (asked[name], measured[name])]
            told[f"{title}: r of {name} within classes"] = [correlation(*within)]
        if labels is not None:
            told[f"{title}: class shown"] = [float((bench.classify(pictures) == labels).mean())]
            read = bench.truth
            if read is not None:
                truth = read(pictures, labels)
                for name in bench.names:
                    told[f"{title}: r of {name} against the truth"] = [correlation(asked[name], truth[name])]
        told[f"{title}: distance moved"] = [float(np.linalg.norm(done - latents, axis=1).mean())]
    return told


def apart(bench: Bench, case: str) -> Values:
    """How much moving along one trait's direction moves the others, for each unit that it moves its own: as the
    regression finds the direction, and with conditional projection."""
    seed, generator = int(case), bench.generator
    names = (*bench.names, "width" if "slant" in bench.names else "contrast")
    wanted = traits.select(names)
    found = measure_latents(generator, wanted, LATENTS, seed)
    made = directions.as_directions(directions.regress(found))
    taken = {
        name: directions.without(one, [other for key, other in made.items() if key != name])
        for name, one in made.items()
    }
    latents = generator.latents(100, 900 + seed)
    labels = np.arange(100) % generator.classes if generator.classes else None
    told: Values = {}
    for title, some in (("as found", made), ("apart", taken)):
        for name, one in some.items():
            ends = [traits.measure(generator.images(latents + way * one.vector, labels), wanted) for way in (-2, 2)]
            change = {
                trait: found.scales[trait].standard(ends[1][trait], labels)
                - found.scales[trait].standard(ends[0][trait], labels)
                for trait in names
            }
            moved = {trait: np.mean(each) for trait, each in change.items()}
            others = [abs(float(moved[trait] / moved[name])) for trait in names if trait != name]
            told[f"{title}: {name}'s direction moves the others by"] = others
            size = {trait: float(np.abs(each).mean()) for trait, each in change.items()}
            apiece = [size[trait] / size[name] for trait in names if trait != name]
            told[f"{title}: the same, item by item"] = told.get(f"{title}: the same, item by item", []) + apiece
            told[f"{title}: {name}'s direction moves {name} by (deviations)"] = [float(moved[name])]
    return told


def columns(bench: Bench, case: str) -> Values:
    """The share of a trait's variance that lies between the columns of a grid of 100 latents."""
    made = walks.grid(bench.generator, bench.generator.latents(100, int(case)))
    values = traits.measure(made, bench.wanted)
    shares = {name: walks.shared_by_columns(one) for name, one in values.items()}
    return {f"between columns: {name}": [share] for name, share in shares.items()}
