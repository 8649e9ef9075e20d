"""What verbs read: stored styles, pictures, and traits from the user's own examples."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from PIL import Image

from gansmith.data import sources
from gansmith.data import store as stores
from gansmith.data.store import Store
from gansmith.explore.options import Average
from gansmith.explore.session import Session
from gansmith.ground import pixels
from gansmith.ground.alpha import RGBA
from gansmith.ground.errors import DataError, RunError, typed
from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds.record import Measure
from gansmith.latent.appearance import learned_traits, traits
from gansmith.latent.decoder import need_pictures
from gansmith.latent.steering import styles
from gansmith.latent.steering.styles import Style
from gansmith.trained.moved_data import said_where_data_moved

SAMPLES = 64  # generated items that decide on the default traits


def samples(session: Session, seed: int) -> np.ndarray:
    """Generated items as a store holds them, which decide on the default traits."""
    generator = session.generator
    return generator.items(generator.latents(SAMPLES, seed), generator.labels(SAMPLES, None, seed))


def need_traits(session: Session) -> None:
    """Raise RunError where nothing is measured on the generator's items."""
    if not session.traits.measures:
        raise RunError(
            f"{session.verb} needs traits, and none are measured on {session.generator.kind.many}: use "
            "directions --method principal or factorised, traverse, interpolate"
        )


def load_styles(session: Session) -> dict[str, Style]:
    """The newest styles of the run in the generator's space. Raises RunError where there are none."""
    space = session.generator.space
    for folder in reversed(session.run.explorations()):
        path = folder.styles_in(space)
        if path.is_file():
            return styles.load(path, session.generator.latent_dim)
    root = session.run.root
    mapped = session.generator.recipe.generator.mapping > 0
    of, option = (f" of {space}", ("--space", space)) if mapped else ("", ())
    raise RunError(f"{root} has no styles{of} yet: make them with `{typed('explore', root, 'average', *option)}`")


def open_pictures(session: Session, source: str, split: str, first: int = 0) -> Store:
    """A source's pictures in the generator's size; "" = the source of the run. Raises DataError."""
    own = session.generator.recipe.data
    settings = DataSettings(source=sources.absolute(source)) if source else own
    settings = stores.with_shape(settings, session.generator.item_shape)
    settings = dataclasses.replace(settings, split=split, first=first, labels="none")
    with said_where_data_moved(session.run.root, own.source, own=not source):
        return stores.open_store(settings, session.generator.recipe.seed)


def chosen_traits(session: Session, options: Average) -> dict[str, Measure]:
    """The traits of a verb's options, from the table and from examples. Raises DataError, RunError."""
    own: dict[str, Measure] = {}
    if options.attributes or options.liked or options.disliked:
        need_pictures(session.generator, "learning traits from picture files")
    if options.data:
        store = open_pictures(session, options.data, "train", learned_traits.MOST)
        if store.labels is None:
            raise DataError(
                f"{options.data} has no labels to learn traits from: put the pictures of each class into a folder of its own"
            )
        own |= learned_traits.from_labels(np.asarray(store.items), store.labels, store.class_names, session.traits)
    if options.attributes:
        path = Path(options.attributes)
        names, columns = learned_traits.read_attributes(path)
        pictures = np.stack([read_picture(path.parent / name, *session.generator.item_shape) for name in names])
        own |= learned_traits.from_attributes(pictures, columns)
    if bool(options.liked) != bool(options.disliked):
        raise RunError("--liked and --disliked are two folders: give both")
    if options.liked:
        likes, dislikes = (read_folder(session, Path(folder)) for folder in (options.liked, options.disliked))
        values = np.arange(len(likes) + len(dislikes)) < len(likes)
        own["liked"] = learned_traits.learn(np.concatenate([likes, dislikes]), values)
    if not own:
        need_traits(session)
    made, of = samples(session, options.seed), session.traits
    chosen = traits.select(options.traits or tuple(own) or traits.defaults(made, real_pictures(session), of), own, of)
    traits.need_spread(chosen, made, of)
    return chosen


def real_pictures(session: Session) -> np.ndarray | None:
    """Some real pictures uint8 (N, H, W, 3), from the run's sheet of them; None where it is missing or damaged, for
    pictures with transparency, as it shows them on chequers, and for other items, of which it is a drawing."""
    channels, height, width = session.generator.item_shape
    if channels == RGBA or not session.generator.kind.pixels:
        return None
    try:
        with Image.open(session.run.real_sheet) as picture:
            sheet = np.asarray(picture.convert("RGB"))
    except (OSError, ValueError):
        return None
    return pixels.cut(sheet, height, width, pixels.display_zoom(height, width, pixels.RUN_SHEET))


def read_picture(path: Path, channels: int, height: int = 0, width: int = 0) -> np.ndarray:
    """One picture file, uint8 (H, W, C), cropped and resized; height 0 = in its own size. Raises DataError."""
    from gansmith.data.formats.listing import Unreadable
    from gansmith.data.preparation.decode import picture
    from gansmith.data.preparation.resize import Frame, framed

    try:
        with open(path, "rb") as file:
            pixels, _ = picture(file, None if channels == RGBA else "#ffffff")
    except (OSError, Unreadable) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"{path} cannot be read as a picture ({reason}): give another file") from None
    height, width = (height, width) if height else pixels.shape[:2]
    return framed(pixels, Frame(height, width, channels, 0, "crop"))


def read_folder(session: Session, folder: Path) -> np.ndarray:
    """All pictures of a folder in the generator's size, uint8 (N, H, W, C). Raises DataError."""
    if not folder.is_dir():
        raise DataError(f"there is no folder {folder}: --liked and --disliked are two folders of pictures")
    return np.asarray(open_pictures(session, str(folder), "all").items)
