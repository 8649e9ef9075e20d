"""Measuring items: a run's samples, a folder of pictures, or an .npz of another program."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gansmith.data import cache, given, sources
from gansmith.data import store as stores
from gansmith.data.comparable import OtherItems, read_items
from gansmith.data.store import Store
from gansmith.data.toys import gaussians
from gansmith.ground import pixels, streams
from gansmith.ground.errors import DataError, RunError, counted
from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.ground.labelling import Labelling, renumbered
from gansmith.ground.recipes.settings import DataSettings, Recipe
from gansmith.nets import trunk
from gansmith.parts import Parts
from gansmith.parts.file import as_parts
from gansmith.parts.kept import how_to_give, noted
from gansmith.trained.generator import Generator, load
from gansmith.trained.moved_data import said_where_data_moved

if TYPE_CHECKING:
    from gansmith.metrics.figures import Evaluation, ProbedFeatures
    from gansmith.metrics.reference import RealItems, Reference
    from gansmith.nets import NetPair

COUNT = 5000  # samples to measure
STACKED_COUNT = 26_000  # of stacked pictures, as in the literature on a thousand modes
Progress = Callable[[str, float], None]


def _silent(what: str, share: float) -> None:
    """Progress that is not shown."""


def evaluate(
    what: Any,
    data: Any = None,
    *,
    labels: Any = None,
    count: int | None = None,
    seed: int = 0,
    checkpoint: str = "last",
    features: str = "auto",
    inception: str | Path | None = None,
    copies: str | Path | None = None,
    per_class: bool = False,
    probe: bool = False,
    nets: NetPair | None = None,
    parts: Parts | str | Path | None = None,
    progress: Progress = _silent,
) -> Evaluation:
    """Measure a run, or any source of pictures or vectors: a folder, a zip, an .npz of another program, or items from Python
    with `labels` of each (see `data.given.source`).

    data: the source to compare with, as `what`; the run's own by default. count: COUNT items by default, STACKED_COUNT of stacked
    pictures. copies: a PNG to write, see `draw_copies`. per_class: also a distance for each class. probe: also how well a
    linear classifier names classes by the features of a run's discriminator (`trained.probe`). A run is asked for classes
    as often as the data has them, and for `per_class` evenly. parts: your own networks that the run was trained with, and
    metrics of yours, which become figures; or the path of a file that defines them, which is run. nets: short for
    parts=Parts(nets=...). A run's folder gets its figures as evaluation.json, and its copies as copies.png. Raises
    GansmithError with one line that says what to do.
    """
    from gansmith.metrics import evaluation as metrics

    folder = RunFolder(path := Path(given.source(what, labels)))
    is_run = folder.recipe.is_file()
    _needs_no_run(is_run, path, data, probe=probe)
    recipe = folder.load_recipe() if is_run else Recipe()
    settings = recipe.data
    if data is not None:
        settings = dataclasses.replace(settings, source=sources.absolute(given.source(data)))
    if count is None:
        count = COUNT if sources.single_of(settings.source) is None else STACKED_COUNT
    own = dataclasses.replace(as_parts(parts), **({"nets": nets} if nets else {}))
    generator, remarks = _loaded(path, checkpoint, own) if is_run else (None, [])
    taken = None if is_run else read_items(path, count, settings, seed)
    items, labels, settings = (None, None, settings) if taken is None else (taken.items, taken.labels, taken.settings)
    with said_where_data_moved(path, settings.source, own=is_run and data is None):
        reference = reference_for(settings, recipe.seed, features=features, inception=inception, progress=progress)
    if generator is not None:
        items, labels = _drawn(generator, count, seed, reference)
    assert items is not None
    told = probed(folder, generator, reference, progress) if probe and generator is not None else None
    evaluation = metrics.evaluate(items, labels, reference, own=own.metrics, progress=progress)
    if per_class:  # evenly, so that a rare class gets as many items as the others
        even = (items, labels) if generator is None else _drawn(generator, count, seed, reference, evenly=True)
        evaluation = _with_classes(evaluation, *even, reference)
    if told is not None:
        evaluation = dataclasses.replace(evaluation, probe=told[0], notes=(*evaluation.notes, *told[1]))
    if generator is not None:
        evaluation = _noted(
            evaluation, (*remarks, *_unmeasured(generator, labels, reference), *_without_own(folder, own))
        )
        write_json(folder.evaluation, evaluation.as_dict())
    evaluation = _with_drawn(evaluation, items, reference.real, folder.copies if is_run else None, copies)
    return evaluation if taken is None else _by_rows(evaluation, taken)


def _loaded(path: Path, checkpoint: str, own: Parts) -> tuple[Generator, list[str]]:
    """The generator of a run, and lines on newer checkpoints that are damaged. Raises RunError."""
    remarks: list[str] = []
    return load(path, checkpoint=checkpoint, parts=own, say=remarks.append), remarks


def _needs_no_run(is_run: bool, path: Path, data: Any, *, probe: bool) -> None:
    """Refuse what only a run can be asked."""
    if is_run:
        return
    if data is None:
        raise DataError(f"{path} is not a run, so its data is unknown: give --data SOURCE to compare with")
    if probe:
        raise DataError(f"{path} is not a run, and the probe reads a run's discriminator: leave --probe out")


def _by_rows(evaluation: Evaluation, taken: OtherItems) -> Evaluation:
    """The evaluation with copies told by the rows of the file that the items were taken from, and the notes on these."""
    found = tuple(dataclasses.replace(copy, item=int(taken.rows[copy.item])) for copy in evaluation.copies)
    return dataclasses.replace(_noted(evaluation, taken.notes), copies=found)


def _noted(evaluation: Evaluation, notes: tuple[str, ...]) -> Evaluation:
    """The evaluation with notes before its own."""
    return dataclasses.replace(evaluation, notes=(*notes, *evaluation.notes))


def _unmeasured(generator: Generator, labels: np.ndarray | None, reference: Reference) -> tuple[str, ...]:
    """Notes where samples were asked by classes that the data does not have, and where figures flatter the run."""
    notes = _flattered(generator.recipe, reference)
    if labels is not None or not generator.labelling.classes or generator.labelling.counts:
        return notes
    return (
        *notes,
        f"{reference.real.name} has not all of the run's classes: whether samples are of theirs is not measured",
    )


def _with_drawn(
    evaluation: Evaluation, items: np.ndarray, real: RealItems, kept: Path | None, asked: str | Path | None
) -> Evaluation:
    """The evaluation once its copies are drawn in the files `kept` and `asked`, with a note where that is asked and cannot be."""
    if evaluation.copies:
        for path in filter(None, (kept, asked)):
            draw_copies(Path(path), items, evaluation, real)
    elif asked is not None:
        told = next((f"; the figure {one.name!r} tells of them" for one in evaluation.figures if "cop" in one.key), "")
        line = f"{asked} was not written: copies are drawn of pictures, and these are {real.kind.many}{told}"
        return _noted(evaluation, (line,))
    return evaluation


def _flattered(recipe: Recipe, reference: Reference) -> tuple[str, ...]:
    """A note where the network that measures is the one that the discriminator looked through."""
    if recipe.discriminator.net != "projected" or reference.features_name != trunk.NAME:
        return ()
    other = "classifier" if reference.real.labelled_pictures() else "self-supervised"
    return (
        f"the run's discriminator looked through {trunk.NAME} too, so distances in its features flatter it: --features {other}",
    )


def _without_own(folder: RunFolder, own: Parts) -> tuple[str, ...]:
    """A note on metrics of the user's that a run was trained with, and that were not given."""
    given = [metric.name for metric in own.metrics]
    left = [name for name in noted(folder).get("names", {}).get("metric", ()) if name not in given]
    if not left:
        return ()
    return (f"not measured: {', '.join(left)}, a metric of yours; {how_to_give(folder)}",)


def probed(
    folder: RunFolder, generator: Generator, reference: Reference, progress: Progress
) -> tuple[tuple[ProbedFeatures, ...], tuple[str, ...]]:
    """The discriminator's features beside others, and notes (`trained.probe`). Raises RunError without PyTorch."""
    try:
        from gansmith.trained.probe import probe
    except ImportError:
        raise RunError("the probe reads the discriminator by PyTorch, which is not installed: install torch") from None
    return probe(folder, generator, reference, progress)


def _with_classes(
    evaluation: Evaluation, items: np.ndarray, labels: np.ndarray | None, reference: Reference
) -> Evaluation:
    """The evaluation with a distance for each class, and a note on those that have none."""
    from gansmith.metrics.evaluation import LEAST, per_class

    found = per_class(items, labels, reference)
    without = [name for name in reference.class_names if name not in {each.name for each in found}]
    notes = evaluation.notes
    if without:
        notes += (
            f"{len(without)} of {counted(reference.classes, 'class', 'classes')} have fewer than {LEAST} items, generated or real, and no "
            f"distance of their own: {', '.join(without[:10])}; ask for more with --count, or give more data",
        )
    return dataclasses.replace(evaluation, per_class=found, notes=notes)


def labels_as_in(reference: Reference, labelling: Labelling, names: tuple[str, ...] = ()) -> Labelling:
    """The labelling with the shares of the set that is compared with, where both have the same classes.

    names: of the labelling's classes; () where they are numbered as in the set.
    """
    order = _order(labelling, names, reference)
    if order is None or order.min() < 0 or labelling.classes != reference.classes:
        return labelling
    return dataclasses.replace(labelling, frequencies=tuple(reference.class_counts[order].tolist()))


def _order(labelling: Labelling, names: tuple[str, ...], reference: Reference) -> np.ndarray | None:
    """The set's number of each class of a labelling, -1 where it has none of that name; None without classes."""
    if labelling.counts or not labelling.classes:
        return None
    places, theirs = np.arange(labelling.classes), reference.real.class_names
    return renumbered(places, names, theirs) if names and theirs else places


def _drawn(
    generator: Generator, count: int, seed: int, reference: Reference, *, evenly: bool = False
) -> tuple[np.ndarray, np.ndarray | None]:
    """Items of a seed, and the set's numbers of the classes that were asked for; None for clusters and for other classes.

    evenly: all classes as often; else as often as the set has them.
    """
    asked = labels_as_in(reference, generator.labelling, generator.class_names)
    asked = dataclasses.replace(asked, frequencies=()) if evenly else asked
    labels = asked.as_in_data(count, streams.generator(seed, "sample-labels", turn=1))
    order = _order(asked, generator.class_names, reference)
    made, real = generator.items(generator.latents(count, seed), labels), reference.real
    items = generator.kind.rescaled(made, generator.units, real.units)
    return items, None if labels is None or order is None or order.min() < 0 else order[labels]


def draw_copies(path: Path, items: np.ndarray, evaluation: Evaluation, real: RealItems) -> None:
    """A PNG of the generated pictures most similar to training pictures, above those. Raises DataError."""
    training = real.items if real.shown is None else real.shown
    made = items[[copy.item for copy in evaluation.copies]]
    pictures = np.concatenate([made, training[[copy.training for copy in evaluation.copies]]])
    zoom = pixels.display_zoom(*pictures.shape[1:3])
    try:
        pixels.write_png(path, pixels.grid(pictures, len(made), zoom=zoom))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"cannot write {path} ({reason}): name another file, or make room") from None


def reference_for(
    settings: DataSettings,
    seed: int = 0,
    *,
    features: str = "auto",
    inception: str | Path | None = None,
    train: bool = True,
    progress: Progress = _silent,
) -> Reference:
    """A source prepared for comparisons: its training items, and its test items if it has any.

    seed: the run's. Synthetic and stacked sources have other items for each seed. All runs are compared with those of seed
    0, so that their figures are comparable; copies are searched among the run's own items.
    """
    from gansmith.metrics.feature_networks.choice import FeatureSettings
    from gansmith.metrics.reference import reference

    chosen = FeatureSettings(
        features,  # pyright: ignore[reportArgumentType] - other names are refused by name
        Path(inception) if inception else None,
        train,
    )
    return reference(real_items(settings, seed), cache.folder() / "metrics", chosen, progress)


def real_items(settings: DataSettings, seed: int = 0) -> RealItems:
    """The items of a source for the metrics; seed as in `reference_for`."""
    from gansmith.metrics.reference import RealItems

    train = stores.open_store(dataclasses.replace(settings, first=0))
    own = stores.open_store(dataclasses.replace(settings, first=0), seed)
    test = _test_split(settings, train)
    test = None if test is None else test.in_scale_of(train)
    if test is not None and train.labels is not None:
        test = test.numbered_as(train.class_names)
    centres, std = gaussians.modes(settings.source) if settings.source in gaussians.NAMES else (None, 0.0)
    single = sources.single_of(settings.source)
    return RealItems(
        name=sources.short_name(settings.source),
        fingerprint=train.fingerprint,
        items=train.items,
        labels=train.labels,
        class_names=train.class_names,
        heldout_items=None if test is None else test.items,
        heldout_labels=None if test is None else test.labels,
        centres=centres,
        std=std,
        single=None if single is None else _singles(settings, single, train),
        shown=None if own.fingerprint == train.fingerprint else own.items,
        shown_fingerprint=own.fingerprint,
        kind_name=train.kind.name,
        units=train.units,
    )


def _singles(settings: DataSettings, source: str, stacks: Store) -> RealItems:
    """The grey pictures that were stacked, in the stacks' size: the classifier for stacks is trained on these."""
    from gansmith.metrics.reference import RealItems

    size = f"{stacks.item_shape[2]}x{stacks.item_shape[1]}"
    alike = dataclasses.replace(settings, source=source, size=size, channels=1, first=0)
    store = stores.open_store(alike)
    return RealItems(sources.short_name(source), store.fingerprint, store.items, store.labels, store.class_names)


def _test_split(settings: DataSettings, train: Store) -> Store | None:
    if settings.split != "train" or "test" not in train.splits:
        return None
    if train.kind.pixels:
        settings = stores.with_shape(settings, train.item_shape, train.ranges)
    return stores.open_store(dataclasses.replace(settings, split="test", first=0))
