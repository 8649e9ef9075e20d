"""Built-in sources that are on every machine: scikit-learn's digits, and what is drawn from a known law."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gansmith import kinds
from gansmith.data.formats.listing import Listing
from gansmith.data.sources.source import Source
from gansmith.data.toys import gaussians, glyphs
from gansmith.data.toys.other_kinds import TOYS
from gansmith.ground.recipes.settings import DataSettings

DIGITS_SIZE = (16, 16)  # of data.size = "auto" for the 8x8 digits


def digits(name: str, settings: DataSettings, seed: int) -> Source:
    """The 1,797 handwritten digits inside scikit-learn, 8x8 with values 0 .. 16."""

    def read() -> Listing:
        from sklearn.datasets import load_digits

        values, labels = load_digits(return_X_y=True)
        return Listing(
            name,
            items=np.rint(np.asarray(values).reshape(-1, 8, 8, 1) * (255 / 16)).astype(np.uint8),
            labels=np.asarray(labels, np.int64),
            class_names=tuple(str(digit) for digit in range(10)),
            mixed=True,
            auto_size=DIGITS_SIZE,
        )

    return Source(name, (name, "1"), read)


def synthetic(name: str, settings: DataSettings, seed: int) -> Source:
    """Drawn digits, or points of a mixture of gaussians; their split "test" is other draws."""
    drawn = name == "glyphs"
    count = settings.first or (glyphs.COUNT if drawn else gaussians.COUNT)
    part = int(settings.split == "test")

    def read() -> Listing:
        items, labels = glyphs.pictures(count, seed, part) if drawn else gaussians.points(name, count, seed, part)
        classes = len(glyphs.STROKES) if drawn else len(gaussians.modes(name)[0])
        names = tuple(str(number) for number in range(classes))
        return Listing(name, items=items, labels=labels, class_names=names, splits=("train", "test"), computed=True)

    return Source(name, (name, "1", str(seed), str(part), str(count)), read)


def toy(name: str, settings: DataSettings, seed: int) -> Source:
    """Sounds, rows or words, made and then prepared as a user's are."""
    record = TOYS[name]
    count, part = settings.first or record.size, int(settings.split == "test")

    def read() -> Listing:
        given, labels = record.made(count, seed, part)
        prepare = kinds.named(record.kind).prepare
        assert prepare is not None
        found = prepare(given, replace(settings, rate=record.rate), name)
        return Listing(
            name,
            items=found.items,
            labels=found.labels if labels is None else labels,
            class_names=record.class_names or found.class_names,
            splits=("train", "test"),
            left_out=found.left_out,
            remarks=found.remarks,
            computed=True,
            kind=record.kind,
            units=found.units,
        )

    return Source(name, (name, "1", str(seed), str(part), str(count)), read)
