"""Honest numbers for any items: a run's samples, a folder of pictures, an .npz of another program."""

from __future__ import annotations

import dataclasses
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gansmith.assemble.generator import load
from gansmith.assemble.setup import choose_source
from gansmith.data import cache, synthetic
from gansmith.data import store as stores
from gansmith.data.store import Store
from gansmith.ground.errors import DataError
from gansmith.ground.runfolder import RunFolder, write_json
from gansmith.ground.settings import DataSettings

if TYPE_CHECKING:
    from gansmith.metrics.evaluation import Evaluation
    from gansmith.metrics.reference import RealItems, Reference

COUNT = 5000  # the yardstick's number of samples
Progress = Callable[[str, float], None]


def silent(what: str, share: float) -> None:
    """Progress that nobody sees."""


def evaluate(
    what: str | Path,
    data: str | None = None,
    *,
    count: int = COUNT,
    seed: int = 0,
    checkpoint: str = "last",
    features: str = "auto",
    inception: str | Path | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Measure a run, a folder or zip of pictures, or an .npz with `images` or `vectors` (and `labels`).

    data: the source to compare with; a run's own by default. A run's figures are stored as its evaluation.json.
    Raises GansmithError with one line that says what to do.
    """
    from gansmith.metrics.evaluation import evaluate as measure

    path = Path(what)
    folder = RunFolder(path)
    is_run = folder.recipe.is_file()
    if data is None and not is_run:
        raise DataError(f"{path} is no run, so it does not say what to compare with: give --data SOURCE")
    settings = folder.load_recipe().data if is_run else DataSettings()
    if data is not None:
        settings = dataclasses.replace(settings, source=choose_source(data))
    if is_run:
        generator = load(path, checkpoint=checkpoint)
        items, labels = generator.sample(count, seed), generator.labels(count, None, seed)
    else:
        items, labels, settings = read_items(path, count, settings)
    reference = reference_for(settings, features=features, inception=inception, progress=progress)
    evaluation = measure(items, labels, reference, progress=progress)
    if is_run:
        write_json(folder.evaluation, evaluation.as_dict())
    return evaluation


def reference_for(
    settings: DataSettings,
    *,
    features: str = "auto",
    inception: str | Path | None = None,
    train: bool = True,
    progress: Progress = silent,
) -> Reference:
    """A source made ready to be compared with: its training items, and its test items where it has them."""
    from gansmith.metrics.reference import reference
    from gansmith.metrics.yardstick import FeatureSettings

    chosen = FeatureSettings(
        features,  # pyright: ignore[reportArgumentType] - other names are refused by name
        Path(inception) if inception else None,
        train,
    )
    return reference(real_items(settings), cache.folder() / "metrics", chosen, progress)


def real_items(settings: DataSettings) -> RealItems:
    """A source as the metrics take it."""
    from gansmith.metrics.reference import RealItems

    train = stores.open_store(dataclasses.replace(settings, first=0))
    test = _test_split(settings, train)
    centres, std = synthetic.modes(settings.source) if settings.source in synthetic.NAMES else (None, 0.0)
    return RealItems(
        name=Path(settings.source).stem,
        fingerprint=train.fingerprint,
        items=train.items,
        labels=train.labels,
        class_names=train.class_names,
        heldout_items=None if test is None else test.items,
        heldout_labels=None if test is None else test.labels,
        centres=centres,
        std=std,
    )


def _test_split(settings: DataSettings, train: Store) -> Store | None:
    if settings.split != "train" or "test" not in train.splits:
        return None
    return stores.open_store(dataclasses.replace(stores.alike(settings, train.item_shape), split="test", first=0))


def read_items(path: Path, count: int, settings: DataSettings) -> tuple[np.ndarray, np.ndarray | None, DataSettings]:
    """Another program's items, and the settings under which real items look like them."""
    if path.suffix == ".npz":
        items, labels = _from_npz(path)
    else:
        store = stores.open_store(dataclasses.replace(settings, source=str(path), split="all"))
        items, labels = np.asarray(store.items), None
    items, labels = items[:count], None if labels is None else labels[:count]
    if items.ndim == 4:
        height, width, channels = items.shape[1:]
        settings = stores.alike(settings, (channels, height, width))
    return items, labels, settings


def _from_npz(path: Path) -> tuple[np.ndarray, np.ndarray | None]:
    try:
        with np.load(path, allow_pickle=False) as arrays:
            name = next((name for name in ("images", "vectors") if name in arrays), None)
            if name is None:
                raise DataError(f"{path} holds neither `images` (uint8 N,H,W,C) nor `vectors` (float32 N,D)")
            return arrays[name], arrays.get("labels")
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise DataError(f"{path} cannot be read as .npz: {error}") from None
