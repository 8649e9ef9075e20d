"""The verb `scale`, and what scaling a run's styles turns out to do, in figures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gansmith.explore import options
from gansmith.explore.session import Session, open_session, plain, silent
from gansmith.explore.stored import load_styles
from gansmith.explore.styling import LOOK, made, off_shell, placed, style_traits
from gansmith.ground.errors import RunError
from gansmith.latent import space
from gansmith.latent.appearance import traits
from gansmith.latent.appearance.traits import Measure
from gansmith.latent.decoder import need_pictures
from gansmith.latent.steering import scaling, styles
from gansmith.latent.steering.scaling import Scaling
from gansmith.latent.steering.styles import TYPICAL, Style
from gansmith.latent.steering.survey import Survey, survey

if TYPE_CHECKING:
    from gansmith.nets import NetPair

MEASURED = 200  # latents by which `scale` knows what is usual: enough for a mean and a deviation in each class


def scale(session: Session, asked: options.Scale) -> None:
    """The four styles (or those named) from exaggerated to reversed, as one animation and one sheet."""
    every = load_styles(session)
    names = asked.styles or tuple(name for name in every if name != TYPICAL)
    chosen = {name: styles.find(name, every) for name in names}
    if asked.frames < 2:
        raise RunError(f"--frames {asked.frames}: a scale needs 2 or more")
    factors = np.linspace(asked.first, asked.last, asked.frames)
    shown = session.shown(asked.labels)
    offsets = {
        name: placed(session, styles.scale(style, factors), every, asked.shell) for name, style in chosen.items()
    }
    frames = np.stack([made(session, walk, shown) for walk in offsets.values()], axis=1)  # (L, styles, F, ...)
    flat = frames.reshape(-1, *frames.shape[2:])  # rows of a frame are classes, columns styles
    session.animation("scale", flat.swapaxes(0, 1), columns=len(chosen))
    some = np.linspace(0, asked.frames - 1, min(9, asked.frames)).round().astype(int)
    session.sheet("scale", flat[:, some])
    session.figures |= {"styles": names, "factors": factors[some]}
    session.notes.append(f"columns of a frame: {', '.join(names)}; factors from {asked.first:g} to {asked.last:g}")
    longest = max(float(np.linalg.norm(walk, axis=1).max()) for walk in offsets.values())
    session.notes += off_shell(session, longest, asked.shell)
    wanted = traits.select(style_traits(every))
    measured = {name: style for name, style in chosen.items() if style.wants and style.wants.keys() <= wanted.keys()}
    if not measured:
        return
    found = survey(session.generator, wanted, MEASURED, asked.seed)
    told = scaling.study(session.generator, measured, every, found, wanted, factors, classes(shown), asked.shell)
    session.figures["scaling"] = scaling.summary(told)
    session.notes += notes(told)


def classes(shown: list[int | None]) -> list[int] | None:
    """The classes that are shown; None when unlabelled."""
    return None if shown[0] is None else [label for label in shown if label is not None]


def notes(told: Mapping[str, Scaling]) -> list[str]:
    """What scaling did, in a line or two."""
    figures = scaling.summary(told)
    least = min(next(iter(told.values())).factors)
    said = [f"rank correlation of factor and trait: mean {figures['mean_rank_correlation']:.2f}"]
    if least < 0:
        sides = [figures[f"opposite_side_of_{title} at {least:g}"] for title in ("middle", "all")]
        said.append(
            f"at {least:g} every trait has turned round in {sides[0]:.0%} of the styles and classes shown, counted from "
            f"the picture at 0, and in {sides[1]:.0%}, counted from the mean of all pictures"
        )
    return said


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

    Styles are made anew from `count` latents (traits `names`; thickness and slant for strokes); nothing is written.
    Figures of the bare means ("inside" the shell, as in the article) and of the same "on_shell", as
    `latent.scaling.summary` gives them, beside the norms of the means and of the shell, and the styles' counts.
    """
    session = open_session(run, "scale", checkpoint, silent, nets)
    generator, law = session.generator, session.generator.recipe.latent.law
    need_pictures(generator, "styles")
    wanted = traits.select(names or traits.defaults(generator.sample(LOOK, seed)))
    found = survey(generator, wanted, count, seed)
    means = styles.average(found, law, styles.categories(tuple(wanted)))
    every = means | {TYPICAL: styles.typical(generator, found, wanted)}
    shown = classes(session.shown(labels))
    told = {
        "latents": count,
        "shell": space.shell(law, generator.latent_dim),
        "counts": {name: style.count for name, style in means.items()},
        "norms": {name: style.norm for name, style in means.items()},
    }
    for title, shell in (("inside", False), ("on_shell", True)):
        told[title] = measured_scaling(session, means, every, found, wanted, shown, shell)
    return plain(told)


def measured_scaling(
    session: Session,
    means: Mapping[str, Style],
    every: Mapping[str, Style],
    found: Survey,
    wanted: Mapping[str, Measure],
    shown: list[int] | None,
    shell: bool,
) -> dict[str, object]:
    """The summary of one study at 51 factors from 2 to -2, 0 among them."""
    factors = np.linspace(2, -2, 51)
    return scaling.summary(scaling.study(session.generator, means, every, found, wanted, factors, shown, shell))
