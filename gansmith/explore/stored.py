"""Styles and directions that earlier uses left behind, and traits from a user's own examples."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from gansmith.data import sources
from gansmith.data import store as stores
from gansmith.data.store import Store
from gansmith.explore import options
from gansmith.explore.session import Session
from gansmith.ground.errors import DataError, RunError
from gansmith.ground.recipes.settings import DataSettings
from gansmith.latent.appearance import learned_traits, traits
from gansmith.latent.appearance.traits import Measure
from gansmith.latent.steering import styles
from gansmith.latent.steering.styles import Style


def load_styles(session: Session) -> dict[str, Style]:
    """The newest styles of the run. Raises RunError where there are none."""
    for place in reversed(session.folder.explorations()):
        if place.styles.is_file():
            return styles.load(place.styles, session.generator.latent_dim)
    root = session.folder.root
    raise RunError(f"{root} has no styles yet: make them with `gansmith explore {root} average`")


def open_pictures(session: Session, source: str, split: str, first: int = 0) -> Store:
    """A source's pictures in the generator's size; the run's own source where none is named. Raises DataError."""
    own = session.generator.recipe.data
    settings = DataSettings(source=sources.absolute(source)) if source else own
    settings = stores.alike(settings, session.generator.item_shape)
    settings = dataclasses.replace(settings, split=split, first=first, labels="none")
    return stores.open_store(settings, session.generator.recipe.seed)


def wanted_traits(session: Session, asked: options.Average, samples: np.ndarray) -> dict[str, Measure]:
    """The traits that were asked for, from the table and from examples; the defaults fit the generator's samples."""
    own: dict[str, Measure] = {}
    if asked.data:
        store = open_pictures(session, asked.data, "train", learned_traits.MOST)
        if store.labels is None:
            raise DataError(f"{asked.data} has no labels to learn traits from")
        own |= learned_traits.from_labels(np.asarray(store.items), store.labels, store.class_names)
    if asked.attributes:
        path = Path(asked.attributes)
        names, columns = learned_traits.read_attributes(path)
        shape = session.generator.item_shape
        pictures = np.stack([read_picture(path.parent / name, shape) for name in names])
        own |= learned_traits.from_attributes(pictures, columns)
    if bool(asked.liked) != bool(asked.disliked):
        raise RunError("--liked and --disliked are two folders: give both")
    if asked.liked:
        likes, dislikes = (read_folder(Path(folder), session) for folder in (asked.liked, asked.disliked))
        values = np.arange(len(likes) + len(dislikes)) < len(likes)
        own["liked"] = learned_traits.learn(np.concatenate([likes, dislikes]), values)
    names = asked.traits or tuple(own) or traits.defaults(samples)
    return traits.select(names, own)


def read_picture(path: Path, shape: tuple[int, ...]) -> np.ndarray:
    """One picture file, uint8 (H, W, C) of a generator's item shape: cropped and resized where it must be."""
    from gansmith.data.formats.listing import Unreadable
    from gansmith.data.preparation.decode import picture
    from gansmith.data.preparation.resize import Frame, framed

    channels, height, width = shape
    try:
        with open(path, "rb") as file:
            pixels, _ = picture(file)
    except (OSError, Unreadable) as error:
        raise DataError(f"{path} cannot be read as a picture: {error}") from None
    return framed(pixels, Frame(height, width, channels, 0, "crop"))


def read_folder(folder: Path, session: Session) -> np.ndarray:
    """All pictures of a folder in the generator's size, uint8 (N, H, W, C)."""
    if not folder.is_dir():
        raise DataError(f"no folder {folder}")
    return np.asarray(open_pictures(session, str(folder), "all").items)
