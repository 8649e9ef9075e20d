"""Figures that an article's claim needs and a comparison does not measure. Each probe measures one trained cell.

A probe is a function (Subject) -> {figure: number}. Its figures are kept in the cell's probes.json, so that a page can
be written again without loading a network. `evidence.FIGURES` has the figures' titles.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gansmith.data.order import Order
from gansmith.data.store import Store, open_store
from gansmith.data.toys.other_kinds import TOYS
from gansmith.ground import pixels, streams
from gansmith.ground.files.gridfolder import CellFolder
from gansmith.ground.files.runfolder import read_rows, write_json
from gansmith.ground.recipes.settings import Recipe
from gansmith.latent.appearance import traits
from gansmith.latent.steering import scaling as scalings
from gansmith.latent.steering import styles
from gansmith.latent.steering.survey import measure_latents
from gansmith.metrics.measures.agreement import agreement
from gansmith.metrics.reference import Reference
from gansmith.runs.evaluation import reference_for
from gansmith.trained.discriminator import load_discriminator
from gansmith.trained.generator import Generator, load

if TYPE_CHECKING:
    from gansmith.nets.network import Network

Figures = dict[str, float]
COUNT = 1000  # generated or real items that a probe measures
STYLES = ("thickness", "slant")
CLASSES_SHOWN = ("1", "4", "8")  # as in article 001


@dataclass(frozen=True)
class Subject:
    """A trained cell: its networks and its data, loaded when a probe needs them."""

    folder: CellFolder

    @cached_property
    def recipe(self) -> Recipe:
        """The recipe of the training."""
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
        """The training data."""
        return open_store(self.recipe.data)

    @cached_property
    def reference(self) -> Reference:
        """The data with the networks that measure pictures."""
        return reference_for(self.recipe.data)

    @cached_property
    def generated(self) -> np.ndarray:
        """COUNT generated items, float32 (COUNT, H, W, C) or (COUNT, D), in the recipe's range."""
        return self.generator.raw(self.generator.latents(COUNT), self.generator.labels(COUNT))

    def logits(self, items: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """The discriminator's logits (N,) of items, uint8 as in a data set or floats as the generator gives them."""
        import torch

        raw = pixels.to_float(items, self.recipe.data.pixels) if items.dtype == np.uint8 else items
        values = torch.as_tensor(np.moveaxis(raw, -1, 1) if raw.ndim == 4 else raw)
        classes = None if labels is None else torch.as_tensor(labels)
        with torch.no_grad():
            return self.discriminator.discriminate(values, classes).logits.float().numpy()


def newest_snapshot(folder: CellFolder) -> tuple[np.ndarray, np.ndarray | None]:
    """The pictures that the comparison measured last, uint8 (N, H, W, C), and the labels they were generated for."""
    path = max(folder.snapshot(0).parent.glob("*.npz"))
    with np.load(path, allow_pickle=False) as arrays:
        return arrays["images"], arrays.get("labels")


def class_shares(subject: Subject) -> Figures:
    """Which classes the samples show, by a classifier: the largest share, and of which class; and per class, the share of
    the samples generated for it that show it, and the least of these."""
    classifier = subject.reference.classifier
    if classifier is None:
        return {}
    items, labels = newest_snapshot(subject.folder)
    answers = classifier.read(items).probabilities.argmax(axis=1)  # pyright: ignore[reportOptionalMemberAccess]
    counts = np.bincount(answers, minlength=subject.reference.classes)
    figures = {"largest_share": counts.max() / len(items), "largest_class": float(counts.argmax())}
    if labels is not None:
        found = agreement(labels, answers, subject.reference.classes)
        known = {k: share for k, share in enumerate(found.per_class) if share is not None}
        figures |= {"agreement_least": known[found.worst]}
        figures |= {f"agreement_{k}": share for k, share in known.items()}
    return figures


def mean_picture(subject: Subject) -> Figures:
    """Whether the generator draws the data's mean whatever its latents."""
    items = pixels.to_float(np.asarray(subject.store.items), subject.recipe.data.pixels)
    return {
        "mean_correlation": correlation(subject.generated.mean(axis=0), items.mean(axis=0)),
        "raw_spread": raw_spread(subject),
    }


def first_picture(subject: Subject) -> Figures:
    """Whether all samples are one picture: the first that the discriminator was trained on."""
    recipe, store = subject.recipe, subject.store
    row = Order(store.count, recipe.data.batch, recipe.seed).turns(1, recipe.feedback.discriminator_turns)[0, 0]
    return {
        "first_correlation": correlation(subject.generated.mean(axis=0), np.asarray(store.items[row])),
        "raw_spread": raw_spread(subject),
    }


def raw_spread(subject: Subject) -> float:
    """The standard deviation of the raw output over the latents, mean over pixels."""
    return float(subject.generated.std(axis=0, dtype=np.float64).mean())


def gradient(subject: Subject) -> Figures:
    """The norm of the generator's gradient while training: 0 where no gradient reaches it."""
    norms = [row["gradient.generator"] for row in read_rows(subject.folder.run.stats) if "gradient.generator" in row]
    return {"gradient": float(np.median(norms)), "gradient_most": float(np.max(norms))} if norms else {}


def roc_area(subject: Subject) -> Figures:
    """How well the discriminator's logits tell real items from generated ones, at any threshold: the area under the ROC
    curve, .5 = not at all, 1 = always."""
    rows = np.sort(streams.generator(0, "features", 0, 12).permutation(subject.store.count)[:COUNT])
    real, labels = np.asarray(subject.store.items[rows]), None
    if subject.generator.classes and subject.store.labels is not None:
        labels = np.asarray(subject.store.labels)[rows]
    fake = subject.logits(subject.generated, subject.generator.labels(COUNT))
    return {"told_apart": ranked_above(subject.logits(real, labels), fake)}


def label_effect(subject: Subject) -> Figures:
    """Of labelled networks: whether the label changes the picture, and whether it changes the discriminator's logit."""
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


def style_scaling(subject: Subject) -> Figures:
    """Article 001's scaling of styles: are they exaggerated at 2, and the opposite at -2?

    Styles are means of latents sorted by measured thickness and slant. Figures are means over the four styles and the
    shown classes: the share of pictures on the style's side of the picture of the mean latent at 2, on the other side
    at -2 (each by chance .25), and the rank correlation of the factor with each trait.
    """
    generator = subject.generator
    if not generator.classes:
        return {}
    measures = traits.select(STYLES)
    survey = measure_latents(generator, measures, 2 * COUNT)
    means = styles.average(survey, generator.recipe.latent.law, styles.categories(STYLES))
    named = [generator.class_names.index(name) for name in CLASSES_SHOWN if name in generator.class_names]
    classes = named or range(min(3, generator.classes))
    studies = scalings.study(generator, means, means, survey, measures, np.linspace(2, -2, 50), classes)
    figures = scalings.summary(studies)
    return {
        "same_at_2": figures["own_side_of_middle at 2"],
        "opposite_at_-2": figures["opposite_side_of_middle at -2"],
        "trend": figures["mean_rank_correlation"],
        "style_norm": float(np.mean([style.norm for style in means.values()])),
    }


def law(subject: Subject) -> Figures:
    """Of computed sounds, tables and words: the share of generated items that the law behind the data can make."""
    toy = TOYS.get(subject.recipe.data.source)
    return {} if toy is None else {"lawful": float(toy.allowed(subject.generator.sample(COUNT)).mean())}


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Pearson's correlation over all pixels; 0 where one of the two is constant."""
    a, b = (values.astype(np.float64).ravel() for values in (one, other))
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0


def ranked_above(real: np.ndarray, fake: np.ndarray) -> float:
    """The share of pairs in which the real one has the higher logit; ties count half (Mann and Whitney 1947)."""
    from scipy.stats import rankdata

    ranks = rankdata(np.concatenate([real, fake]))
    return float((ranks[: len(real)].sum() - len(real) * (len(real) + 1) / 2) / (len(real) * len(fake)))


PROBES: dict[str, Callable[[Subject], Figures]] = {
    "kinds": class_shares,
    "mean": mean_picture,
    "stamp": first_picture,
    "slope": gradient,
    "apart": roc_area,
    "asked": label_effect,
    "scaling": style_scaling,
    "law": law,
}
"""The probes, by their names in studies and probes.json."""


def probe(folder: CellFolder, names: Sequence[str]) -> Figures:
    """The figures of some probes of a finished cell: from its probes.json, or measured now and kept there."""
    known: dict[str, Figures] = json.loads(folder.probes.read_text(encoding="utf-8")) if folder.probes.exists() else {}
    missing = [name for name in names if name not in known]
    if missing:
        subject = Subject(folder)
        known |= {name: {key: float(value) for key, value in PROBES[name](subject).items()} for name in missing}
        write_json(folder.probes, known)
    return {key: value for name in names for key, value in known[name].items()}
