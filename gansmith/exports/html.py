"""`gansmith export RUN html`: the page of a generator."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gansmith.data import sources
from gansmith.data import store as stores
from gansmith.exports.facts import facts
from gansmith.exports.options import WEIGHTS, Html
from gansmith.exports.task import Made, Task
from gansmith.ground import streams
from gansmith.ground.errors import RunError, counted, nearest
from gansmith.ground.version import __version__
from gansmith.latent.decoder import need_pictures
from gansmith.latent.steering import directions, styles
from gansmith.trained.moved_data import said_where_data_moved
from gansmith.web import fidelity, model, page

PRINCIPAL = 8  # directions where the run has none of its own
SURVEYED = 2000  # latents to find them


def make(task: Task, options: Html) -> Made:
    """The page's bytes. Raises GansmithError, before anything long is computed where that is possible."""
    generator = task.generator
    if options.weights not in WEIGHTS:
        raise RunError(f"weights are {', '.join(WEIGHTS)}, not {options.weights!r}{nearest(options.weights, WEIGHTS)}")
    need_pictures(generator, "html")
    real = real_pictures(task, options)
    plan, arrays = model.of_generator(generator)
    weights = options.weights
    found = fidelity.compared(generator, plan, model.rounded(plan, arrays, weights), weights)
    moves, origin = chosen_directions(task)
    name = sources.short_name(generator.recipe.data.source)
    contents = page.Contents(
        title=options.title or f"Pictures like {name}",
        lead=f"A generator that was trained on {name}. It runs in this page: nothing is loaded, nothing is sent.",
        facts=facts(task, options.licence)
        | {"Weights": f"{weights}: {found.line()}", "Made with": f"Gansmith {__version__}"},
        generator={"id": model.identity(plan, arrays), **model.for_seeds(generator)},
        directions=moves,
        styles={name: style.vector for name, style in stored_styles(task).items()},
        real=real,
    )
    text = page.document(model.write(plan, arrays, weights), contents)
    notes = [f"{weights} weights: {found.line()}", f"sliders: {origin}"]
    if weights == "int8" and found.distance is None:
        notes.append(
            "the distance to the data was not measured, as the data cannot be read here: only pixels were compared"
        )
    return Made(text.encode("utf-8"), tuple(notes))


# ---- what a page is told of its run


def chosen_directions(task: Task) -> tuple[dict[str, np.ndarray], str]:
    """The newest stored directions, else the principal ones; and where they come from."""
    generator = task.generator
    for folder in reversed(task.folder.explorations()):
        if folder.directions.is_file():
            found = directions.load(folder.directions, generator.latent_dim)
            return {name: one.vector for name, one in found.items()}, f"directions of {folder.root.name}"
    from gansmith.latent.steering import layers

    latents, labels = generator.latents(SURVEYED), generator.labels(SURVEYED)
    found = directions.principal(latents, layers.activations(generator, latents, labels), PRINCIPAL)
    told = "principal directions, as the run has none of its own (`gansmith explore RUN directions` makes them)"
    return {name: one.vector for name, one in found.items()}, told


def stored_styles(task: Task) -> dict[str, styles.Style]:
    """The newest stored styles; none where the run has none."""
    for folder in reversed(task.folder.explorations()):
        if folder.styles.is_file():
            return styles.load(folder.styles, task.generator.latent_dim)
    return {}


def real_pictures(task: Task, options: Html) -> np.ndarray | None:
    """Some real pictures uint8 (N, H, W, C) for the quiz; None where none are wanted. Raises RunError, DataError."""
    count = options.with_real
    if not count:
        return None
    if count < 0:
        raise RunError(f"--with-real is {count}: give how many real pictures the quiz shows, at least 1")
    generator = task.generator
    name = sources.short_name(generator.recipe.data.source)
    if not options.consent:
        raise RunError(
            f"--with-real {count} publishes {counted(count, 'picture')} of {name} to all who get the page: add --consent if you may do that"
        )
    settings = stores.with_shape(generator.recipe.data, generator.item_shape)
    with said_where_data_moved(task.folder.root, settings.source):
        store = stores.open_store(replace(settings, labels="none"), generator.recipe.seed)
    rows = streams.generator(generator.recipe.seed, "explore").permutation(len(store.items))[:count]
    if len(rows) < count:
        raise RunError(
            f"--with-real is {count}, and {name} has {counted(len(rows), 'picture')}: ask for at most so many"
        )
    return np.ascontiguousarray(store.items[np.sort(rows)])
