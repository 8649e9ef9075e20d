"""The verbs directions and control."""

from __future__ import annotations

import numpy as np

from gansmith.explore.options import Control, Directions
from gansmith.explore.session import Session
from gansmith.explore.stored import chosen_traits, need_traits, samples
from gansmith.ground.errors import RunError
from gansmith.latent import space
from gansmith.latent.appearance import traits
from gansmith.latent.steering import control as controlling
from gansmith.latent.steering import directions as finding
from gansmith.latent.steering import layers, walks
from gansmith.latent.steering.directions import Direction
from gansmith.latent.steering.survey import measure_latents

COLUMNS = 7  # amounts on a sheet of directions


def directions(session: Session, options: Directions) -> None:
    """Find directions, store them, and show each from the same latent."""
    generator = session.generator
    if options.method == "regression":
        made = regressed(session, options)
    elif options.method == "principal":
        latents = generator.latents(options.count, options.seed)
        labels = generator.labels(options.count, None, options.seed)
        made = finding.principal(latents, layers.activations(generator, latents, labels), options.number)
    else:
        made = finding.factorise(layers.weights(generator), options.number)
    finding.save(made, session.record(session.folder.directions_in(generator.space)))
    amounts = np.linspace(-options.reach, options.reach, COLUMNS) * space.DEVIATIONS[generator.recipe.latent.law]
    vectors = np.stack([one.vector for one in made.values()])
    walk = generator.latents(1, options.seed) + amounts[:, None] * vectors[:, None]  # (directions, COLUMNS, dim)
    shown = session.shown(options.labels)
    label = None if shown is None else int(shown[0])
    session.sheet("directions", walks.pictures(generator, walk.astype(np.float32), label))
    session.figures |= {
        "method": options.method,
        "directions": {name: {"strength": one.strength, "explained": one.explained} for name, one in made.items()},
        "cosines": finding.cosines(made),
    }
    session.notes.append(f"rows: {', '.join(made)}; columns from {amounts[0]:.1f} to {amounts[-1]:.1f}")


def regressed(session: Session, options: Directions) -> dict[str, Direction]:
    """The directions of traits; with `apart`, each without what moves the others."""
    measures = chosen_traits(session, options)
    session.progress("measuring", 0.1)
    survey = measure_latents(session.generator, measures, options.count, options.seed)
    session.figures["correlations"] = survey.correlations()
    made = finding.as_directions(finding.regress(survey))
    if not options.apart:
        return made
    return {name: finding.without(one, [made[other] for other in made if other != name]) for name, one in made.items()}


def control(session: Session, options: Control) -> None:
    """A sheet of random latents before and after they were given traits; the latents are stored."""
    generator = session.generator
    values = read_targets(options.asked)
    need_traits(session)
    measures = traits.select(tuple(values), of=session.traits)
    traits.need_spread(measures, samples(session, options.seed), session.traits)
    session.progress("measuring", 0.1)
    survey = measure_latents(generator, measures, options.count, options.seed)
    regression = finding.regress(survey)
    latents = generator.latents(options.samples, options.seed + 1)
    labels = generator.labels(options.samples, options.label or None, options.seed)
    targets = {name: np.full(options.samples, value) for name, value in values.items()}
    changed = controlling.steer(generator, regression, survey, measures, targets, latents, labels, options.rounds)
    before, after = generator.items(latents, labels), generator.items(changed, labels)
    measured = traits.measure(after, measures)
    session.sheet("control", np.stack([before, after]))
    session.latents(changed, labels)
    session.figures |= {
        "asked": values,
        "before": traits.measure(before, measures),
        "measured": measured,
        "explained": dict(zip(regression.traits, regression.explained, strict=True)),
        "usual": {
            name: {"mean": scale.mean.mean(), "deviation": scale.deviation.mean()}
            for name, scale in survey.scales.items()
        },
    }
    for name, value in values.items():
        mean, deviation = measured[name].mean(), measured[name].std()
        session.notes.append(f"{name}: target {value:g}, measured {mean:.3g} ± {deviation:.2g}")


def read_targets(texts: tuple[str, ...]) -> dict[str, float]:
    """{"thickness": 3.5} of ("thickness=3.5",). Raises RunError."""
    values: dict[str, float] = {}
    for text in texts:
        name, _, number = text.partition("=")
        try:
            values[name.strip()] = float(number)
        except ValueError:
            raise RunError(f"{text!r} is not a trait and a number: write them as in thickness=3.5") from None
    if not values:
        raise RunError("no traits are given: write traits and numbers, as in thickness=3.5 slant=0.2")
    return values
