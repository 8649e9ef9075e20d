"""What a comparison does not measure, and a claim of an article is about. Each probe looks at one trained cell.

A probe is a function (Subject) -> {figure: number}; its figures are kept in the cell's probes.json, so that a page can
be written again without loading a network. Figures' names are those of `evidence.FIGURES`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gansmith.data import store as stores
from gansmith.data.order import Order
from gansmith.data.store import Store
from gansmith.ground import pixels, streams
from gansmith.ground.files.gridfolder import CellFolder
from gansmith.ground.files.runfolder import read_rows, write_json
from gansmith.ground.recipes.settings import Recipe
from gansmith.latent.appearance import traits
from gansmith.latent.steering import styles, survey
from gansmith.metrics.measures.agreement import agreement
from gansmith.metrics.reference import Reference
from gansmith.runs.evaluation import reference_for
from gansmith.trained.discriminator import load_discriminator
from gansmith.trained.generator import Generator, load

if TYPE_CHECKING:
    from gansmith.nets.network import Network

Figures = dict[str, float]
COUNT = 1000  # generated or real items that a probe looks at
STYLES = ("thickness", "slant")
CLASSES_SHOWN = ("1", "4", "8")  # as in article 001


@dataclass(frozen=True)
class Subject:
    """A trained cell: its networks and its data, loaded when a probe wants them."""

    folder: CellFolder

    @cached_property
    def recipe(self) -> Recipe:
        """As it was trained."""
        return self.folder.run.load_recipe()

    @cached_property
    def generator(self) -> Generator:
        """The averaged generator of the last checkpoint."""
        return load(self.folder.run.root)

    @cached_property
    def discriminator(self) -> Network:
        """The discriminator of the last checkpoint, in inference mode."""
        return load_discriminator(self.folder.run, self.generator)

    @cached_property
    def store(self) -> Store:
        """What was learned from."""
        return stores.open_store(self.recipe.data)

    @cached_property
    def reference(self) -> Reference:
        """The data with the networks that measure pictures."""
        return reference_for(self.recipe.data)

    @cached_property
    def made(self) -> np.ndarray:
        """Raw output float32 (COUNT, H, W, C) or (COUNT, D), each of a latent of its own, in the recipe's range."""
        return self.generator.raw(self.generator.latents(COUNT), self.generator.labels(COUNT))

    def newest_snapshot(self) -> tuple[np.ndarray, np.ndarray | None]:
        """The samples that the comparison measured last, and the labels that were asked for."""
        path = max(self.folder.snapshot(0).parent.glob("*.npz"))
        with np.load(path, allow_pickle=False) as arrays:
            return arrays["images" if "images" in arrays else "vectors"], arrays.get("labels")

    def logits(self, items: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """The discriminator's raw verdict (N,) on items as bytes, or as raw output where they are floats."""
        import torch

        raw = pixels.to_float(items, self.recipe.data.pixels) if items.dtype == np.uint8 else items
        values = torch.as_tensor(np.moveaxis(raw, -1, 1) if raw.ndim == 4 else raw)
        asked = None if labels is None else torch.as_tensor(labels)
        with torch.no_grad():
            return self.discriminator.discriminate(values, asked).logits.float().numpy()


def kinds(subject: Subject) -> Figures:
    """Which classes the samples show, by the classifier: the largest share, and whose it is."""
    classifier = subject.reference.classifier
    if classifier is None:
        return {}
    items, asked = subject.newest_snapshot()
    answers = classifier.read(items).probabilities.argmax(axis=1)  # pyright: ignore[reportOptionalMemberAccess]
    counts = np.bincount(answers, minlength=subject.reference.classes)
    figures = {"largest_share": counts.max() / len(items), "largest_class": float(counts.argmax())}
    if asked is not None:
        found = agreement(asked, answers, subject.reference.classes)
        known = {k: share for k, share in enumerate(found.per_class) if share is not None}
        figures |= {"agreement_least": found.worst, "agreement_least_class": float(min(known, key=known.__getitem__))}
        figures |= {f"agreement_{k}": share for k, share in known.items()}
    return figures


def mean(subject: Subject) -> Figures:
    """Whether the generator answers with the data's mean, whatever its latents."""
    items = pixels.to_float(np.asarray(subject.store.items), subject.recipe.data.pixels)
    return {
        "mean_correlation": correlation(subject.made.mean(axis=0), items.mean(axis=0)),
        "raw_spread": float(subject.made.std(axis=0, dtype=np.float64).mean()),
    }


def stamp(subject: Subject) -> Figures:
    """Whether all samples are one picture, and that is the first one which the discriminator was shown."""
    recipe, store = subject.recipe, subject.store
    row = Order(store.count, recipe.data.batch, recipe.seed).turns(1, recipe.feedback.discriminator_turns)[0, 0]
    return {
        "first_correlation": correlation(subject.made.mean(axis=0), np.asarray(store.items[row])),
        "raw_spread": float(subject.made.std(axis=0, dtype=np.float64).mean()),
    }


def slope(subject: Subject) -> Figures:
    """The generator's gradient while training: 0 where nothing reaches it."""
    norms = [row["gradient.generator"] for row in read_rows(subject.folder.run.stats) if "gradient.generator" in row]
    return {"gradient": float(np.median(norms)), "gradient_most": float(np.max(norms))} if norms else {}


def apart(subject: Subject) -> Figures:
    """How well the discriminator's verdict tells real items from generated ones, wherever its threshold is: the area
    under its ROC curve, .5 = not at all, 1 = always."""
    rows = np.sort(streams.generator(0, "features", 0, 12).permutation(subject.store.count)[:COUNT])
    real, labels = np.asarray(subject.store.items[rows]), None
    if subject.generator.classes and subject.store.labels is not None:
        labels = np.asarray(subject.store.labels)[rows]
    verdicts = subject.logits(real, labels), subject.logits(subject.made, subject.generator.labels(COUNT))
    return {"told_apart": ranked_above(*verdicts)}


def asked(subject: Subject) -> Figures:
    """Of labelled networks: whether the label steers the picture, and whether the discriminator minds it."""
    generator = subject.generator
    if not generator.classes or subject.store.labels is None:
        return {}
    real, right = np.asarray(subject.store.items[:COUNT]), np.asarray(subject.store.labels[:COUNT])
    wrong = (right + 1 + np.arange(len(right)) % (generator.classes - 1)) % generator.classes
    latents, labels = generator.latents(COUNT), generator.labels(COUNT)
    assert labels is not None
    other = generator.raw(latents, (labels + 1) % generator.classes)
    return {
        "label_minded": float((subject.logits(real, right) > subject.logits(real, wrong)).mean()),
        "label_moves": float(np.abs(generator.raw(latents, labels) - other).mean()),
    }


def scaling(subject: Subject) -> Figures:
    """Article 001's scaling of styles: are they exaggerated at 2, and the opposite at -2, beside the middle picture?

    Styles are means of latents sorted by measured thickness and slant. Figures are means over the four styles and the
    shown classes: the share that is of its style's category at 2, of the opposite one at -2 (each by chance .25), and
    the rank correlation of the factor with each trait.
    """
    generator = subject.generator
    if not generator.classes:
        return {}
    wanted = traits.select(STYLES)
    found = survey.survey(generator, wanted, 2 * COUNT)
    law = generator.recipe.latent.law
    means = styles.average(found, law, styles.categories(STYLES))
    named = [generator.class_names.index(name) for name in CLASSES_SHOWN if name in generator.class_names]
    labels = np.array(named or range(min(3, generator.classes)), np.int64)
    factors = np.linspace(2, -2, 50)
    origin = _traits_of(generator, wanted, np.zeros((1, generator.latent_dim), np.float32), labels)
    tally: dict[str, list[float]] = {"same_at_2": [], "opposite_at_-2": [], "trend": []}
    for style in means.values():
        walk = _traits_of(generator, wanted, styles.scale(style, factors), labels)
        opposite = {trait: -sign for trait, sign in style.wants.items()}
        start = {trait: values[:, 0] for trait, values in origin.items()}
        for key, wants, column in (("same_at_2", style.wants, 0), ("opposite_at_-2", opposite, -1)):
            values = {trait: measured[:, column] for trait, measured in walk.items()}
            tally[key].append(float(styles.belongs(found, wants, values, labels, start).mean()))
        for trait, sign in style.wants.items():
            tally["trend"] += [sign * rank_correlation(factors, row) for row in walk[trait]]
    norms = [style.norm for style in means.values()]
    return {name: float(np.mean(values)) for name, values in tally.items()} | {"style_norm": float(np.mean(norms))}


def _traits_of(
    generator: Generator, wanted: dict[str, traits.Measure], offsets: np.ndarray, labels: np.ndarray
) -> dict[str, np.ndarray]:
    """Traits (classes, offsets) of the pictures of offsets (N, dim) from the middle of a law around 0."""
    latents = np.tile(offsets, (len(labels), 1))
    pictures = generator.images(latents, np.repeat(labels, len(offsets)))
    measured = traits.measure(pictures, wanted)
    return {trait: values.reshape(len(labels), len(offsets)) for trait, values in measured.items()}


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's, over all pixels; 0 where one of them is constant."""
    a, b = (values.astype(np.float64).ravel() for values in (one, other))
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0


def rank_correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's; 0 where one of them is constant."""
    from scipy.stats import rankdata

    return correlation(rankdata(one), rankdata(other))


def ranked_above(real: np.ndarray, fake: np.ndarray) -> float:
    """The share of pairs in which the real one has the higher verdict; ties count half (Mann and Whitney 1947)."""
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([real, fake]))
    return float((ranks[: len(real)].sum() - len(real) * (len(real) + 1) / 2) / (len(real) * len(fake)))


PROBES: dict[str, Callable[[Subject], Figures]] = {
    "kinds": kinds,
    "mean": mean,
    "stamp": stamp,
    "slope": slope,
    "apart": apart,
    "asked": asked,
    "scaling": scaling,
}


def probe(folder: CellFolder, names: Sequence[str]) -> Figures:
    """The figures of some probes of a finished cell: from its probes.json, or measured now and kept there."""
    known: dict[str, Figures] = {}
    if folder.probes.exists():
        known = json.loads(folder.probes.read_text(encoding="utf-8"))
    missing = [name for name in names if name not in known]
    if missing:
        subject = Subject(folder)
        known |= {name: {key: float(value) for key, value in PROBES[name](subject).items()} for name in missing}
        write_json(folder.probes, known)
    return {key: value for name in names for key, value in known[name].items()}
