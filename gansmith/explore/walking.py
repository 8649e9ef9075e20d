"""The verbs grid, mix, truncate, interpolate, traverse: pictures of chosen latents and classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gansmith.explore.options import Grid, Interpolate, Mix, Traverse, Truncate
from gansmith.explore.session import Session
from gansmith.explore.stored import real_pictures
from gansmith.ground import pixels
from gansmith.ground.errors import RunError
from gansmith.latent import space
from gansmith.latent.appearance import traits
from gansmith.latent.decoder import need_labels
from gansmith.latent.pictures import to_unit
from gansmith.latent.steering import layers, walks
from gansmith.trained.styled import Styled, in_space

STRANGERS = 64  # unrelated pictures that neighbouring frames are compared with
SAMPLES = 6  # mixed where there are no classes
ROWS = 20  # classes shown at most, if none are named


def grid(session: Session, options: Grid) -> None:
    """A sheet: rows are classes, columns are latents. Figures: how much of each trait the columns share."""
    generator = session.generator
    names = generator.label_names(ROWS)
    latents = generator.latents(options.columns, options.seed, options.truncation)
    made = walks.grid(generator, latents, range(len(names)))
    session.sheet("grid", made)
    of = session.traits
    values = traits.measure(made, traits.select(traits.defaults(made, real_pictures(session), of), of=of))
    shares = {name: walks.shared_by_columns(found) for name, found in values.items()}
    session.figures |= {"rows": names, "columns": options.columns, "between_column_share": shares}
    listed = ", ".join(f"{share:.0%} of {name}" for name, share in shares.items())
    session.notes.append(
        f"the column, that is the latent, decides {listed or 'nothing that is measured: no trait varies'}"
    )


def mix(session: Session, options: Mix) -> None:
    """A sheet: the row is the class, or the sample, of the coarse layers, the column that of the fine ones."""
    generator = session.generator
    samples = options.samples or (0 if generator.classes or generator.space == "z" else SAMPLES)
    names, sheet = of_samples(session, options, samples) if samples else of_classes(session, options)
    session.sheet("mix", sheet)
    values = to_unit(sheet)
    pure = values[np.arange(len(names)), np.arange(len(names))]  # (K, H, W, C)
    what = "sample" if samples else "class"
    session.figures |= {
        "samples" if samples else "classes": names,
        "difference_from_coarse": np.abs(values - pure[:, None]).mean(),
        "difference_from_fine": np.abs(values - pure[None]).mean(),
    }
    session.notes.append(f"rows: the {what} of the coarse layers; columns: of the fine ones; the diagonal is unmixed")


def of_classes(session: Session, options: Mix) -> tuple[Sequence[str], np.ndarray]:
    """The classes that are mixed, and their items (K, K, H, W, C), all of one latent."""
    generator = session.generator
    need_labels(generator, "mixing")
    names = options.labels or generator.label_names(ROWS)
    classes = np.array([session.label(name) for name in names], np.int64)
    coarse, fine = np.repeat(classes, len(classes)), np.tile(classes, len(classes))
    latents = np.repeat(generator.latents(1, options.seed), len(coarse), axis=0)
    made = layers.mix(generator, latents, coarse, fine, options.after)
    return names, made.reshape(len(classes), len(classes), *made.shape[1:])


def of_samples(session: Session, options: Mix, count: int) -> tuple[list[int], np.ndarray]:
    """The numbers of the samples that are mixed, and their items (K, K, H, W, C), all of one class."""
    known = session.generator
    each = in_space(known.of if isinstance(known, Styled) else known, "w", each_stage=True)
    assert isinstance(each, Styled)
    rows = layers.mixed_styles(each.latents(count, options.seed), each.stages, options.after)
    label = session.label(options.labels[0] if options.labels else "")
    return list(range(count)), walks.pictures(each, rows, label)


def truncate(session: Session, options: Truncate) -> None:
    """A sheet: rows are truncations, columns are latents. Figures: the variety that is left in each row."""
    generator = session.generator
    labels = generator.labels(options.columns, options.label or None, options.seed)
    latents = [generator.latents(options.columns, options.seed, level) for level in options.levels]
    rows = np.stack([generator.items(row, labels) for row in latents])
    session.sheet("truncate", rows)
    variety = [to_unit(row).std(axis=0).mean() for row in rows]
    session.figures |= {"levels": options.levels, "variety": variety}
    session.notes.append(f"rows: truncation {', '.join(f'{level:g}' for level in options.levels)}")


def interpolate(session: Session, options: Interpolate) -> None:
    """A closed walk through random latents, as an animation and as a sheet with a row for each station."""
    generator = session.generator
    distribution, label = generator.recipe.latent.law, session.label(options.label)
    stations = generator.latents(options.stations, options.seed)
    between = space.linear if options.way == "linear" else space.spherical
    walk = walks.interpolate(stations, options.steps, between, distribution, closed=True)
    frames = walks.pictures(generator, walk, label)
    session.sheet("walk", frames.reshape(options.stations, options.steps, *frames.shape[1:]))
    session.animation("walk", frames[:, None])
    strangers = walks.pictures(generator, generator.latents(STRANGERS, options.seed + 1), label)
    near, far = walks.smoothness(frames, strangers)
    norms = np.linalg.norm(walk - space.centre(distribution), axis=1)
    radius = space.shell_radius(distribution, generator.latent_dim)
    session.figures |= {
        "frames": len(frames),
        "difference_of_neighbours": near,
        "difference_of_strangers": far,
        "norm": {"shell": radius, "least": norms.min(), "most": norms.max()},
    }


def traverse(session: Session, options: Traverse) -> None:
    """Each coordinate moved alone: a sheet with a row each, an animation, and files for each of `--dims`."""
    generator = session.generator
    if options.steps < 2:
        raise RunError(f"--steps {options.steps}: a coordinate needs 2 pictures or more")
    distribution, label = generator.recipe.latent.law, session.label(options.label)
    centre, reach = space.centre(distribution), options.reach * space.DEVIATIONS[distribution]
    base = np.full(generator.latent_dim, centre, np.float32)
    values = np.linspace(centre - reach, centre + reach, options.steps, dtype=np.float32)
    dims = options.dims or tuple(range(generator.latent_dim))
    made = walks.pictures(generator, walks.traverse(dims, values, base), label)  # (D, S, H, W, C)
    session.sheet("traverse", made)
    there_and_back = np.concatenate([made, made[:, -2:0:-1]], axis=1)
    session.animation("traverse", there_and_back.swapaxes(0, 1), pixels.whole_rows(len(dims)), frame_ms=120)
    for row, dim in enumerate(options.dims):
        session.sheet(f"dim-{dim:03d}", made[row : row + 1])
        session.animation(f"dim-{dim:03d}", there_and_back[row][:, None], frame_ms=120)
    change = np.abs(np.diff(to_unit(made), axis=1)).reshape(len(made), -1).mean(axis=1)
    moved = {str(dims[row]): change[row] for row in np.argsort(-change)}
    session.figures |= {"values": values, "moved": moved}
    session.notes.append(f"coordinates that change the {generator.kind.one} most: {', '.join(list(moved)[:5])}")
