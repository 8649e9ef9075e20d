"""The verbs of styles: average, scale, arithmetic; and a study of what scaling a run's styles does."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gansmith.explore.options import Arithmetic, Average, Scale
from gansmith.explore.session import Session, plain
from gansmith.explore.stored import chosen_traits, load_styles, real_pictures, samples
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.latent import space
from gansmith.latent.appearance import traits
from gansmith.latent.steering import scaling, styles, walks
from gansmith.latent.steering.styles import TYPICAL, Style
from gansmith.latent.steering.survey import measure_latents
from gansmith.trained.generator import load

if TYPE_CHECKING:
    from gansmith.nets import NetPair

MEASURED = 200  # latents measured by `scale`: enough for a mean and a deviation in each class


def average(session: Session, options: Average) -> None:
    """Store the means of latents sorted by traits, and show them inside the shell and on it.

    Figures: the share of the classes shown in which a mean's picture has the traits of its category.
    """
    generator, distribution = session.generator, session.generator.recipe.latent.law
    measures = chosen_traits(session, options)
    session.progress("measuring", 0.1)
    survey = measure_latents(generator, measures, options.count, options.seed)
    means = styles.average(survey, distribution, styles.categories(tuple(measures), session.traits), options.share)
    all_styles = means | {TYPICAL: styles.typical(generator, survey, measures)}
    shown = session.shown(options.labels)
    vectors = np.stack([style.vector for style in means.values()])
    inside = pictures_at(session, vectors, shown)
    on_shell = pictures_at(session, styles.on_shell(vectors, all_styles, distribution), shown)
    centre = pictures_at(session, np.zeros((1, generator.latent_dim), np.float32), shown)
    session.sheet("averages", np.concatenate([inside, centre, on_shell], axis=1))
    styles.save(all_styles, session.record(session.folder.styles_in(generator.space)))

    def in_own_category(on_shell: bool) -> dict[str, float]:
        studies = scaling.study(generator, means, all_styles, survey, measures, np.ones(1), shown, on_shell)
        return {name: one.has_style(1, than_all=on_shell).mean() for name, one in studies.items()}

    radius = space.shell_radius(distribution, generator.latent_dim)
    session.figures |= {
        "shell": radius,
        "pictures": survey.pictures,
        "correlations": survey.correlations(),
        "styles": {name: {"count": style.count, "norm": style.norm} for name, style in means.items()},
        "in_own_category": {
            "inside, against the middle picture": in_own_category(on_shell=False),
            "on the shell, against all pictures": in_own_category(on_shell=True),
        },
    }
    norms = ", ".join(f"{name} {style.norm:.1f} of {style.count}" for name, style in means.items())
    session.notes += [
        f"norms: {norms}; the shell is at {radius:.1f}, so the means lie far inside it; --shell brings them there",
        f"columns: {', '.join(means)}; the centre of latent space; the same on the shell",
    ]


def scale(session: Session, options: Scale) -> None:
    """Stored styles from exaggerated to reversed, as an animation and a sheet, and figures of the effect."""
    generator, all_styles = session.generator, load_styles(session)
    names = options.styles or tuple(name for name in all_styles if name != TYPICAL)
    chosen = {name: styles.find(name, all_styles) for name in names}
    if options.frames < 2:
        raise RunError(f"--frames {options.frames}: a scale needs 2 or more")
    factors = np.linspace(options.first, options.last, options.frames)
    shown = session.shown(options.labels)
    offsets = [styles.scale(style, factors) for style in chosen.values()]
    if options.shell:
        offsets = [styles.on_shell(walk, all_styles, generator.recipe.latent.law) for walk in offsets]
    frames = np.stack([pictures_at(session, walk, shown) for walk in offsets], axis=1)  # (L, styles, F, H, W, C)
    flat = frames.reshape(-1, *frames.shape[2:])  # rows of a frame are classes, columns styles
    session.animation("scale", flat.swapaxes(0, 1), columns=len(chosen))
    some = np.linspace(0, options.frames - 1, min(9, options.frames)).round().astype(int)
    session.sheet("scale", flat[:, some])
    session.figures |= {"styles": names, "factors": factors[some]}
    session.notes.append(f"columns of a frame: {', '.join(names)}; factors from {options.first:g} to {options.last:g}")
    if not options.shell:
        note_length(session, max(np.linalg.norm(walk, axis=1).max() for walk in offsets))
    measures = traits.select(kinds_traits(session, all_styles.values()), of=session.traits)
    chosen = {name: style for name, style in chosen.items() if style.signs and style.signs.keys() <= measures.keys()}
    if not chosen:
        return
    survey = measure_latents(generator, measures, MEASURED, options.seed)
    studies = scaling.study(generator, chosen, all_styles, survey, measures, factors, shown, options.shell)
    figures = session.figures["scaling"] = scaling.summary(studies)
    session.notes.append(f"rank correlation of factor and trait: mean {figures['mean_rank_correlation']:.2f}")
    least = factors.min()
    if least < 0:
        from_zero, from_all = (figures[f"opposite_side_of_{title} at {least:g}"] for title in ("middle", "all"))
        session.notes.append(
            f"at {least:g} all traits are opposite in {from_zero:.0%} of the styles and classes shown, compared with the "
            f"picture at 0, and in {from_all:.0%}, compared with the mean of all pictures"
        )


def scaling_study(
    run: str | Path,
    *,
    names: tuple[str, ...] = (),
    count: int = 2000,
    seed: int = 0,
    labels: tuple[str, ...] = (),
    checkpoint: str = "last",
    nets: NetPair | None = None,
) -> dict[str, Any]:
    """What scaling styles from 2 to -2 does in a run: article 001's claim "-2 gives the opposite style", in figures.

    Styles are made anew from `count` latents (traits `names`, or the default ones); nothing is written. "inside" has
    the figures of `latent.steering.scaling.summary` for the bare means, as in the article, and "on_shell" those for the
    means on the shell; beside them are the shell's radius and the styles' counts and norms.
    """
    session = Session("scale", RunFolder(Path(run)), load(run, nets, checkpoint), checkpoint)
    generator, distribution = session.generator, session.generator.recipe.latent.law
    made = samples(session, seed)
    measures = traits.select(names or traits.defaults(made, real_pictures(session), session.traits), of=session.traits)
    traits.need_spread(measures, made, session.traits)
    survey = measure_latents(generator, measures, count, seed)
    means = styles.average(survey, distribution, styles.categories(tuple(measures), session.traits))
    all_styles = means | {TYPICAL: styles.typical(generator, survey, measures)}
    shown, factors = session.shown(labels), np.linspace(2, -2, 51)
    inside, on_shell = (
        scaling.summary(scaling.study(generator, means, all_styles, survey, measures, factors, shown, shell))
        for shell in (False, True)
    )
    return plain(
        {
            "latents": count,
            "shell": space.shell_radius(distribution, generator.latent_dim),
            "counts": {name: style.count for name, style in means.items()},
            "norms": {name: style.norm for name, style in means.items()},
            "inside": inside,
            "on_shell": on_shell,
        }
    )


def arithmetic(session: Session, options: Arithmetic) -> None:
    """A sheet with the named styles and the result of the expression."""
    all_styles, generator = load_styles(session), session.generator
    style = styles.arithmetic(options.expression, all_styles)
    operands = {name: one for name, one in all_styles.items() if name in options.expression.replace("*", " ").split()}
    vectors = np.stack([one.vector for one in (*operands.values(), style)])
    if options.shell:
        vectors = styles.on_shell(vectors, all_styles, generator.recipe.latent.law)
    rows = pictures_at(session, vectors, session.shown(options.labels))
    session.sheet("arithmetic", rows)
    if options.save:
        styles.save(all_styles | {options.save: style}, session.record(session.folder.styles_in(generator.space)))
    values = traits.measure(rows, traits.select(kinds_traits(session, all_styles.values()), of=session.traits))
    columns = [*operands, options.expression]
    means = {name: found.mean(axis=0) for name, found in values.items()}
    session.figures |= {
        "norm": style.norm,
        "shell": space.shell_radius(generator.recipe.latent.law, generator.latent_dim),
        "traits": {name: dict(zip(columns, row, strict=True)) for name, row in means.items()},
    }
    session.notes.append(f"columns: {', '.join(columns)}")
    if not options.shell:
        note_length(session, style.norm)


def note_length(session: Session, length: float) -> None:
    """Add a note if offsets of this length are off the shell by a tenth or more."""
    radius = space.shell_radius(session.generator.recipe.latent.law, session.generator.latent_dim)
    if abs(length / radius - 1) >= 0.1:
        side = "inside" if length < radius else "outside"
        session.notes.append(
            f"off-shell: length {length:.1f}, where the latents of training lie at {radius:.1f}; this far {side}, the "
            "pictures are an extrapolation; --shell brings them there"
        )


def pictures_at(session: Session, offsets: np.ndarray, shown: np.ndarray | None) -> np.ndarray:
    """Items (L, N, H, W, C), as pictures uint8, of offsets (N, dim) from the centre of latent space, in the classes shown (L,)."""
    latents = (offsets + np.float32(space.centre(session.generator.recipe.latent.law))).astype(np.float32)
    labels = None if shown is None else shown[:, None]
    return walks.pictures(session.generator, np.tile(latents, (1 if shown is None else len(shown), 1, 1)), labels)


def kinds_traits(session: Session, some: Iterable[Style]) -> tuple[str, ...]:
    """The traits by which styles were sorted, without those that were learned from examples."""
    names = dict.fromkeys(trait for style in some for trait in style.signs)
    return tuple(name for name in names if name in session.traits.measures)
