"""The verbs of directions: directions, control."""

from __future__ import annotations

import numpy as np

from gansmith.explore import options
from gansmith.explore.session import Session
from gansmith.explore.stored import wanted_traits
from gansmith.explore.styling import LOOK
from gansmith.ground.errors import RunError
from gansmith.latent import space
from gansmith.latent.appearance import traits
from gansmith.latent.decoder import need_pictures
from gansmith.latent.steering import control as controls
from gansmith.latent.steering import directions as compass
from gansmith.latent.steering import first_layer, walks
from gansmith.latent.steering.directions import Direction
from gansmith.latent.steering.survey import survey

COLUMNS = 7  # amounts on a sheet of directions


def directions(session: Session, asked: options.Directions) -> None:
    """Find directions, store them, and show each on one and the same latent."""
    generator = session.generator
    need_pictures(generator, "directions")
    if asked.method == "regression":
        made = regressed(session, asked)
    elif asked.method == "principal":
        latents = generator.latents(asked.count, asked.seed)
        labels = generator.labels(asked.count, None, asked.seed)
        made = compass.principal(latents, first_layer.activations(generator, latents, labels), asked.number)
    else:
        made = compass.factorise(first_layer.weights(generator), asked.number)
    compass.save(made, session.kept(session.place.directions))
    law = generator.recipe.latent.law
    amounts = np.linspace(-asked.reach, asked.reach, COLUMNS) * space.RADII[law]
    base = generator.latents(1, asked.seed)[0]
    vectors = np.stack([one.vector for one in made.values()])
    label = session.shown(asked.labels)[0]
    session.sheet("directions", walks.pictures(generator, walks.along(vectors, amounts, base), label))
    session.figures |= {
        "method": asked.method,
        "directions": {name: {"strength": one.strength, "explained": one.explained} for name, one in made.items()},
        "cosines": compass.cosines(made),
    }
    session.notes.append(f"rows: {', '.join(made)}; columns from {amounts[0]:.1f} to {amounts[-1]:.1f}")


def regressed(session: Session, asked: options.Directions) -> dict[str, Direction]:
    """Directions of traits; taken apart where asked."""
    generator = session.generator
    wanted = wanted_traits(session, asked, generator.sample(LOOK, asked.seed))
    session.progress("measuring", 0.1)
    found = survey(generator, wanted, asked.count, asked.seed)
    made = compass.as_directions(compass.regress(found))
    session.figures["correlations"] = found.correlations()
    if asked.apart:
        made = {
            name: compass.without(one, [other for key, other in made.items() if key != name])
            for name, one in made.items()
        }
    return made


def control(session: Session, asked: options.Control) -> None:
    """Random latents before and after they were given the traits that were asked for."""
    generator = session.generator
    need_pictures(generator, "control")
    wishes = read_wishes(asked.asked)
    wanted = traits.select(tuple(wishes))
    session.progress("measuring", 0.1)
    found = survey(generator, wanted, asked.count, asked.seed)
    linear = compass.regress(found)
    latents = generator.latents(asked.samples, asked.seed + 1)
    labels = generator.labels(asked.samples, asked.label or None, asked.seed)
    targets = {name: np.full(asked.samples, value) for name, value in wishes.items()}
    done = controls.steer(generator, linear, found, wanted, targets, latents, labels, asked.rounds)
    before = generator.images(latents, labels)
    session.sheet("control", np.stack([before, generator.images(done.latents, labels)]))
    session.kept(session.place.latents)
    arrays = {"latents": done.latents} if labels is None else {"latents": done.latents, "labels": labels}
    np.savez(session.place.latents, **arrays)  # pyright: ignore[reportArgumentType]
    session.figures |= {
        "asked": wishes,
        "before": traits.measure(before, wanted),
        "measured": done.measured,
        "explained": dict(zip(linear.traits, linear.explained, strict=True)),
        "usual": {
            name: {"mean": scale.mean.mean(), "deviation": scale.deviation.mean()}
            for name, scale in found.scales.items()
        },
    }
    for name, value in wishes.items():
        mean, spread = done.measured[name].mean(), done.measured[name].std()
        session.notes.append(f"{name}: asked {value:g}, measured {mean:.3g} ± {spread:.2g}")


def read_wishes(asked: tuple[str, ...]) -> dict[str, float]:
    """{"thickness": 3.5} of ("thickness=3.5",). Raises RunError."""
    wishes: dict[str, float] = {}
    for wish in asked:
        name, _, text = wish.partition("=")
        try:
            wishes[name.strip()] = float(text)
        except ValueError:
            raise RunError(f"{wish!r} is no wish: write a trait and a number, as in thickness=3.5") from None
    if not wishes:
        raise RunError("nothing was asked for: write traits and numbers, as in thickness=3.5 slant=0.2")
    return wishes
