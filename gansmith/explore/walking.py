"""The verbs that walk: grid, mix, truncate, interpolate, traverse."""

from __future__ import annotations

import numpy as np

from gansmith.explore import options
from gansmith.explore.session import Session
from gansmith.ground import pixels
from gansmith.ground.errors import RunError
from gansmith.latent import space
from gansmith.latent.appearance import traits
from gansmith.latent.decoder import need_labels, need_pictures
from gansmith.latent.steering import mixing, walks

STRANGERS = 64  # pictures that neighbouring frames are compared with


ROWS = 20  # labels shown at most, where none are asked for


def grid(session: Session, asked: options.Grid) -> None:
    """Rows are classes, columns are latents; says how much of each trait the columns share."""
    generator = session.generator
    need_pictures(generator, "a grid")
    names = generator.label_names(ROWS)
    rows = list(range(len(names)))
    made = walks.grid(generator, generator.latents(asked.columns, asked.seed, asked.truncation), rows)
    session.sheet("grid", made)
    flat = made.reshape(-1, *made.shape[2:])
    values = traits.measure(flat, traits.select(traits.defaults(flat)))
    shares = {name: walks.shared_by_columns(found.reshape(made.shape[:2])) for name, found in values.items()}
    session.figures |= {
        "rows": names,
        "columns": asked.columns,
        "between_column_share": shares,
    }
    told = ", ".join(f"{share:.0%} of {name}" for name, share in shares.items())
    session.notes.append(f"the column, that is the latent, decides {told}")


def mix(session: Session, asked: options.Mix) -> None:
    """Rows are the class that coarse layers follow, columns the class of the fine ones; one latent for all."""
    generator = session.generator
    need_labels(generator, "mixing")
    names = asked.labels or generator.label_names(ROWS)
    classes = np.array([session.label(name) for name in names], np.int64)
    coarse, fine = np.repeat(classes, len(classes)), np.tile(classes, len(classes))
    latents = np.repeat(generator.latents(1, asked.seed), len(coarse), axis=0)
    made = mixing.mix(generator, latents, coarse, fine, asked.after)
    sheet = made.reshape(len(classes), len(classes), *made.shape[1:])
    session.sheet("mix", sheet)
    pure = sheet[np.arange(len(classes)), np.arange(len(classes))].astype(np.float32) / 255  # (K, H, W, C)
    values = sheet.astype(np.float32) / 255
    session.figures |= {
        "classes": names,
        "difference_from_coarse": np.abs(values - pure[:, None]).mean(),
        "difference_from_fine": np.abs(values - pure[None]).mean(),
    }
    session.notes.append("rows: the class of the coarse layers; columns: of the fine ones; the diagonal is unmixed")


def truncate(session: Session, asked: options.Truncate) -> None:
    """Rows are truncations, columns latents; says how much variety each row has left."""
    generator = session.generator
    need_pictures(generator, "truncation")
    labels = generator.labels(asked.columns, asked.label or None, asked.seed)
    rows = [generator.images(generator.latents(asked.columns, asked.seed, level), labels) for level in asked.levels]
    session.sheet("truncate", np.stack(rows))
    session.figures |= {
        "levels": asked.levels,
        "variety": [float(row.astype(np.float32).std(axis=0).mean() / 255) for row in rows],
    }
    session.notes.append(f"rows: truncation {', '.join(f'{level:g}' for level in asked.levels)}")


def interpolate(session: Session, asked: options.Interpolate) -> None:
    """A closed walk through random latents as an animation, and its stations as a sheet."""
    generator = session.generator
    need_pictures(generator, "a walk")
    law, label = generator.recipe.latent.law, session.label(asked.label)
    stations = generator.latents(asked.stations, asked.seed)
    way: walks.Way = "linear" if asked.way == "linear" else "spherical"
    walk = walks.interpolate(stations, asked.steps, way, law, closed=True)
    frames = walks.pictures(generator, walk, label)
    session.sheet("walk", frames.reshape(asked.stations, asked.steps, *frames.shape[1:]))
    session.animation("walk", frames[:, None])
    strangers = walks.pictures(generator, generator.latents(STRANGERS, asked.seed + 1), label)
    near, far = walks.smoothness(frames, strangers)
    norms = np.linalg.norm(walk - space.middle(law), axis=1)
    session.figures |= {
        "frames": len(frames),
        "difference_of_neighbours": near,
        "difference_of_strangers": far,
        "norm": {"shell": space.shell(law, generator.latent_dim), "least": norms.min(), "most": norms.max()},
    }


def traverse(session: Session, asked: options.Traverse) -> None:
    """Each coordinate on its own: a sheet with a row each, one animation of all, and files of those that were named."""
    generator = session.generator
    need_pictures(generator, "a walk")
    if asked.steps < 2:
        raise RunError(f"--steps {asked.steps}: a coordinate needs 2 pictures or more")
    law, label = generator.recipe.latent.law, session.label(asked.label)
    middle, reach = space.middle(law), asked.reach * space.RADII[law]
    base = np.full(generator.latent_dim, middle, np.float32)
    values = np.linspace(middle - reach, middle + reach, asked.steps, dtype=np.float32)
    dims = asked.dims or tuple(range(generator.latent_dim))
    made = walks.pictures(generator, walks.traverse(dims, values, base), label)  # (D, S, H, W, C)
    session.sheet("traverse", made)
    there_and_back = np.concatenate([made, made[:, -2:0:-1]], axis=1)
    session.animation("traverse", there_and_back.swapaxes(0, 1), pixels.whole_rows(len(dims)), frame_ms=120)
    for row, dim in enumerate(asked.dims):
        session.sheet(f"dim-{dim:03d}", made[row : row + 1])
        session.animation(f"dim-{dim:03d}", there_and_back[row][:, None], frame_ms=120)
    moved = np.abs(np.diff(made.astype(np.float32), axis=1)).mean(axis=(1, 2, 3, 4)) / 255
    order = np.argsort(-moved)
    session.figures |= {"values": values, "moved": {str(dims[row]): moved[row] for row in order}}
    strongest = ", ".join(str(dims[row]) for row in order[:5])
    session.notes.append(f"coordinates that change the picture most: {strongest}")
