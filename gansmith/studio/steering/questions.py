"""Makes the questions of a quiz: real and generated pictures with what the discriminator says of each.

The studio starts it as `python -m gansmith.studio.steering.questions`; what it tells goes to the studio alone.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import sys
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch

from gansmith.data import sources
from gansmith.data import store as stores
from gansmith.ground import streams
from gansmith.ground.errors import DataError, GansmithError, counted
from gansmith.ground.files.runfolder import RunFolder
from gansmith.latent.decoder import need_pictures
from gansmith.latent.pictures import to_unit
from gansmith.losses import LOSSES, Loss, recorded
from gansmith.studio.steering.lines import as_png
from gansmith.trained.discriminator import logits_function
from gansmith.trained.generator import Generator, load
from gansmith.trained.moved_data import said_where_data_moved
from gansmith.trained.parcel import pulled_from

PROBED = 64  # pictures of each kind that place the threshold of a loss without one


def write(given: IO[str], told: IO[str]) -> int:
    """Answer a request {"run", "checkpoint", "seed", "real": [whether each question is a real picture]} with the questions.
    Returns the exit code."""
    request = json.load(given)
    try:
        answer = questions(request)
    except GansmithError as error:
        json.dump({"error": str(error)}, told)
        return 1
    json.dump(answer, told)
    return 0


def questions(request: dict[str, Any]) -> dict[str, Any]:
    """The pictures as PNGs of one length, with class and logit; and how the discriminator decides. Raises GansmithError."""
    folder = RunFolder(Path(request["run"]))
    generator = load(folder.root, None, request["checkpoint"])
    need_pictures(generator, "the quiz")
    is_real, seed = np.array(request["real"], bool), int(request["seed"])
    real = Real(folder, generator)
    shown, classes = real.some(int(is_real.sum()), seed)
    made, labels = generated(generator, len(is_real), seed)
    pictures = made.copy()
    pictures[is_real] = shown
    if labels is not None and classes is not None:
        labels[is_real] = classes
    judge = Judge(folder, generator)
    can_tell = labels is None or classes is not None  # a discriminator of classes is asked about a class
    logits = judge.logits(pictures, labels) if can_tell else None
    kind = "group" if generator.labelling.counts else "class"
    names = [f"{kind} {name}" for name in generator.label_names()]
    return {
        "pictures": [base64.b64encode(as_png(picture, level=0)).decode("ascii") for picture in pictures],
        "logits": None if logits is None else [float(logit) for logit in logits],
        "labels": None if labels is None or classes is None else [names[int(label)] for label in labels],
        "threshold": None if logits is None else judge.threshold(real, seed),
        "probability": judge.loss.probability,
        "data": sources.short_name(generator.recipe.data.source),
        "seen": real.seen,
    }


def generated(generator: Generator, count: int, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Pictures uint8 (count, H, W, C), with classes in the shares of the data, in random order."""
    labels = generator.labelling.as_in_data(count, streams.generator(seed, "labels"))
    return generator.images(generator.latents(count, seed), labels), labels


class Real:
    """The data of a run in the generator's size: its test pictures where it has some.

    Of a run with groups it is the training's pictures, as no others have a group.
    """

    def __init__(self, folder: RunFolder, generator: Generator) -> None:
        """Raises DataError."""
        self.folder, self.generator = folder, generator
        settings = stores.with_shape(generator.recipe.data, generator.item_shape)
        settings = dataclasses.replace(settings, labels="none")
        with said_where_data_moved(folder.root, settings.source):
            self.store = stores.open_store(settings, generator.recipe.seed)
        self.unseen = "test" in self.store.splits and settings.split == "train" and not generator.labelling.counts
        if self.unseen:
            self.store = stores.open_store(dataclasses.replace(settings, split="test", first=0), generator.recipe.seed)

    @property
    def seen(self) -> bool:
        """Whether the discriminator was trained on these pictures."""
        return not self.unseen

    def some(self, count: int, seed: int) -> tuple[np.ndarray, np.ndarray | None]:
        """Pictures uint8 (count, H, W, C) in random order, and their classes as the generator numbers them; None where they
        are not known. Raises DataError for too few."""
        if count > self.store.count:
            raise DataError(
                f"the data has {counted(self.store.count, 'picture')}, fewer than a quiz shows: ask for fewer questions"
            )
        rows = streams.generator(seed, "order").permutation(self.store.count)[:count]
        order = np.argsort(rows)
        pictures = np.empty((count, *self.store.items.shape[1:]), np.uint8)
        pictures[order] = self.store.items[rows[order]]
        return pictures, self._classes(rows)

    def _classes(self, rows: np.ndarray) -> np.ndarray | None:
        if self.generator.labelling.counts:
            groups = np.load(self.folder.groups, allow_pickle=False) if self.folder.groups.is_file() else np.empty(0)
            return groups[rows] if len(groups) == self.store.count else None
        places = {name: place for place, name in enumerate(self.generator.label_names())}
        if not places or self.store.labels is None:
            return None
        found = [places.get(self.store.class_names[label]) for label in self.store.labels[rows]]
        return None if None in found else np.array(found, np.int64)


class Judge:
    """The discriminator of a run; a run that is a generator alone has none."""

    def __init__(self, folder: RunFolder, generator: Generator) -> None:
        self.generator = generator
        self.function = None if pulled_from(folder) is not None else logits_function(folder, generator)
        name = generator.recipe.loss.name
        self.loss: Loss = (recorded(folder) or LOSSES["non-saturating"]) if name == "own" else LOSSES[name]

    def logits(self, pictures: np.ndarray, labels: np.ndarray | None) -> np.ndarray | None:
        """float (N,) of pictures uint8 (N, H, W, C)."""
        if self.function is None:
            return None
        with torch.no_grad():
            unit = torch.as_tensor(np.ascontiguousarray(np.moveaxis(to_unit(pictures), 3, 1)))
            found = self.function(unit, None if labels is None else torch.as_tensor(labels))
        return found.float().flatten().numpy()

    def threshold(self, real: Real, seed: int) -> float:
        """The logit above which a picture is called real. Where the loss has none, the middle between the mean logits of
        real and of generated pictures."""
        if self.loss.threshold is not None:
            return self.loss.threshold
        both = (generated(self.generator, PROBED, seed + 1), real.some(min(PROBED, real.store.count), seed + 1))
        return float(np.mean([np.mean(found) for one in both if (found := self.logits(*one)) is not None]))


if __name__ == "__main__":
    raise SystemExit(write(sys.stdin, sys.stdout))
