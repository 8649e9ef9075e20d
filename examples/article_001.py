"""Article 001, walked through: a labelled network, the 9 that never forms, and arithmetic on styles.

    python examples/article_001.py [--data digits] [--updates 6000] [--out article-001]

1. Two labelled networks are trained: one whose generator is asked for every class, and one as published, whose draw of
   classes leaves the last one out. `labels.png` shows both; look at the last row.
2. The same latents in every class (`gansmith explore RUN grid`): a column shares its style.
3. Latents are sorted by thickness and slant, averaged, scaled from 2 to -2, added and subtracted, as the article does
   by hand. Files are in the run's explore/ folder.
4. The discriminator judges picture and label: how often does it prefer the right one?
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import gansmith
from gansmith.data.store import open_store
from gansmith.explore import explore, options
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.pixels import grid, to_float, write_png
from gansmith.trained.discriminator import load_discriminator

COLUMNS = 10


def by_class(generator: gansmith.Generator) -> np.ndarray:
    """COLUMNS samples of each class, a row a class: uint8 (N, H, W, C)."""
    labels = np.repeat(np.arange(generator.classes), COLUMNS)
    return generator.images(np.tile(generator.latents(COLUMNS, seed=3), (generator.classes, 1)), labels)


def minds_the_label(run: Path) -> float:
    """The share of real pictures whose verdict is higher with the right label than with a wrong one."""
    import torch

    generator = gansmith.load(run)
    store = open_store(generator.recipe.data)
    assert store.labels is not None
    pictures = torch.as_tensor(np.moveaxis(to_float(np.asarray(store.items[:500])), 3, 1).copy())
    right = torch.as_tensor(np.array(store.labels[:500], np.int64))
    network = load_discriminator(RunFolder(run), generator)
    with torch.no_grad():
        gap = network(pictures, right) - network(pictures, (right + 1) % generator.classes)
    return float((gap > 0).float().mean())


def main(arguments: list[str] | None = None) -> None:
    """Train both networks, and steer the right one."""
    parser = argparse.ArgumentParser(description="article 001: labels and styles")
    parser.add_argument("--data", default="digits", help="digits, or the folder of MNIST's files")
    parser.add_argument("--updates", type=int, default=6000)
    parser.add_argument("--out", type=Path, default=Path("article-001"))
    parser.add_argument("--latents", type=int, default=2000, help="how many are sorted into styles")
    asked = parser.parse_args(arguments)
    for name in ("article-001-labelled", "article-001-labelled-as-published"):
        gansmith.train(name, asked.data, out=asked.out / name, updates=asked.updates)
    right, published = (asked.out / name for name in ("article-001-labelled", "article-001-labelled-as-published"))
    halves = [by_class(gansmith.load(run)) for run in (right, published)]
    rows = np.concatenate([half.reshape(-1, COLUMNS, *half.shape[1:]) for half in halves], axis=1)
    write_png(asked.out / "labels.png", grid(rows.reshape(-1, *rows.shape[2:]), 2 * COLUMNS, zoom=2))
    print(f"the discriminator prefers the right label for {minds_the_label(right):.0%} of the pictures")

    explore(right, "grid", options.Grid(columns=COLUMNS))
    styles = explore(right, "average", options.Average(traits=("thickness", "slant"), count=asked.latents))
    print(*styles.notes, sep="\n")
    for expression in ("thick-straight + thin-right", "thick-right - thick-straight"):
        explore(right, "arithmetic", options.Arithmetic(expression=expression))
    scaled = explore(right, "scale", options.Scale())
    print(f"the four styles from 2 to -2: {scaled.folder}")


if __name__ == "__main__":
    main()
