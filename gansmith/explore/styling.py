"""The verbs of styles: average and arithmetic."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gansmith.explore import options
from gansmith.explore.session import Session
from gansmith.explore.stored import load_styles, wanted_traits
from gansmith.latent import space
from gansmith.latent.appearance import traits
from gansmith.latent.appearance.traits import Measure
from gansmith.latent.decoder import need_pictures
from gansmith.latent.steering import styles
from gansmith.latent.steering.styles import TYPICAL, Style
from gansmith.latent.steering.survey import Survey, survey

LOOK = 64  # samples that choose the default traits


def average(session: Session, asked: options.Average) -> None:
    """Sort latents, store the means, show them inside the shell and on it, and say whether they hold."""
    generator, law = session.generator, session.generator.recipe.latent.law
    need_pictures(generator, "styles")
    wanted = wanted_traits(session, asked, generator.sample(LOOK, asked.seed))
    session.progress("measuring", 0.1)
    found = survey(generator, wanted, asked.count, asked.seed)
    means = styles.average(found, law, styles.categories(tuple(wanted)), asked.share)
    every = means | {TYPICAL: styles.typical(generator, found, wanted)}
    shown = session.shown(asked.labels)
    vectors = np.stack([style.vector for style in means.values()])
    inside = made(session, vectors, shown)
    outside = made(session, styles.on_shell(vectors, every, law), shown)
    middle = made(session, np.zeros((1, generator.latent_dim), np.float32), shown)
    session.sheet("averages", np.concatenate([inside, middle, outside], axis=1))
    styles.save(every, session.kept(session.place.styles))
    shell = space.shell(law, generator.latent_dim)
    session.figures |= {
        "shell": shell,
        "pictures": found.pictures,
        "correlations": found.correlations(),
        "styles": {name: {"count": style.count, "norm": style.norm} for name, style in means.items()},
        "in_own_category": {
            "inside, against the middle picture": held(found, means, wanted, inside, middle, shown),
            "on the shell, against all pictures": held(found, means, wanted, outside, None, shown),
        },
    }
    norms = ", ".join(f"{name} {style.norm:.1f} of {style.count}" for name, style in means.items())
    session.notes += [
        f"norms: {norms}; the shell is at {shell:.1f}, so the means lie far inside it; --shell brings them there",
        f"columns: {', '.join(means)}; the middle; the same on the shell",
    ]


def arithmetic(session: Session, asked: options.Arithmetic) -> None:
    """The result of an expression beside its operands."""
    every = load_styles(session)
    style = styles.arithmetic(asked.expression, every)
    named = [name for name in every if name in asked.expression.replace("*", " ").split()]
    vectors = np.stack([*(every[name].vector for name in named), style.vector])
    shown = session.shown(asked.labels)
    rows = made(session, placed(session, vectors, every, asked.shell), shown)
    session.sheet("arithmetic", rows)
    if asked.save:
        styles.save(every | {asked.save: style}, session.kept(session.place.styles))
    measured = measure_columns(rows, style_traits(every))
    columns = [*named, asked.expression]
    session.figures |= {
        "norm": style.norm,
        "shell": space.shell(session.generator.recipe.latent.law, session.generator.latent_dim),
        "traits": {name: dict(zip(columns, values.mean(axis=0), strict=True)) for name, values in measured.items()},
    }
    session.notes.append(f"columns: {', '.join(columns)}")
    session.notes += off_shell(session, style.norm, asked.shell)


def off_shell(session: Session, length: float, shell: bool) -> list[str]:
    """A warning where offsets of this length were shown as they are, and lie off the shell; and the way there."""
    radius = space.shell(session.generator.recipe.latent.law, session.generator.latent_dim)
    if shell or abs(length / radius - 1) < 0.1:
        return []
    side = "inside" if length < radius else "outside"
    return [
        f"off-shell: length {length:.1f}, where the latents of training lie at {radius:.1f}; this far {side}, what is "
        "shown is an extrapolation; --shell brings it there"
    ]


def placed(session: Session, offsets: np.ndarray, every: dict[str, Style], shell: bool) -> np.ndarray:
    """Offsets as they are, or on the shell."""
    return styles.on_shell(offsets, every, session.generator.recipe.latent.law) if shell else offsets


def made(session: Session, offsets: np.ndarray, shown: list[int | None]) -> np.ndarray:
    """Pictures uint8 (classes, offsets, H, W, C) of offsets (N, dim) from the middle of the latent law."""
    generator = session.generator
    latents = np.tile(offsets + np.float32(space.middle(generator.recipe.latent.law)), (len(shown), 1))
    labels = None if shown[0] is None else np.repeat(np.array(shown, np.int64), len(offsets))
    pictures = generator.images(latents.astype(np.float32), labels)
    return pictures.reshape(len(shown), len(offsets), *pictures.shape[1:])


def held(
    found: Survey,
    means: Mapping[str, Style],
    wanted: Mapping[str, Measure],
    rows: np.ndarray,
    middle: np.ndarray | None,
    shown: list[int | None],
) -> dict[str, float]:
    """The share of the classes shown whose picture is of its style's own category; rows (L, styles, H, W, C)."""
    labels = None if shown[0] is None else np.array(shown, np.int64)
    origin = None if middle is None else traits.measure(middle[:, 0], wanted)
    return {
        name: float(styles.belongs(found, style.wants, traits.measure(rows[:, column], wanted), labels, origin).mean())
        for column, (name, style) in enumerate(means.items())
    }


def style_traits(every: dict[str, Style]) -> tuple[str, ...]:
    """The traits of the table by which these styles were sorted."""
    names = dict.fromkeys(trait for style in every.values() for trait in style.wants)
    return tuple(name for name in names if name in traits.TRAITS)


def measure_columns(rows: np.ndarray, names: tuple[str, ...]) -> dict[str, np.ndarray]:
    """Traits (R, C) of pictures (R, C, H, W, channels)."""
    values = traits.measure(rows.reshape(-1, *rows.shape[2:]), traits.select(names))
    return {name: found.reshape(rows.shape[:2]) for name, found in values.items()}
