"""A learned measurement: the m rows that tell most about a generator's pictures, trained end to end.

A picture is measured, a small network reads a latent off the measurements, the generator decodes it: rows and reader
are trained together so that the picture comes back. They start at the principal components, the best a linear
reconstruction could do. What is kept is the matrix; pictures are then recovered as with any other.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.ground import streams
from gansmith.latent import space
from gansmith.latent.decoder import Decoder, spread_labels
from gansmith.latent.inversion import search
from gansmith.latent.inversion.search import Progress
from gansmith.latent.measurements.operators import Operator, check_count

SAMPLES = 4_000  # the generator's pictures from which the first rows are computed


@dataclass(frozen=True)
class Lesson:
    """How a measurement is learned."""

    steps: int = 600
    batch: int = 64
    rate: float = 2e-3
    hidden: int = 256  # features of the reader
    seed: int = 0


class Reader(nn.Module):
    """Measurements, and a one-hot class where there are classes, (B, m + classes) -> gaussian coordinates (B, dim)."""

    def __init__(self, count: int, dim: int, hidden: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(count, hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, dim),
        )

    def forward(self, measured: Tensor) -> Tensor:
        """The most likely latent."""
        return self.layers(measured)


def learn(
    generator: Decoder,
    count: int,
    lesson: Lesson,
    noise: float = 0.0,
    progress: Progress = lambda done, total: None,
) -> Operator:
    """Learn `count` measurements of a generator's pictures. noise: as in `Operator.measure`.

    Rows are kept at the length that gaussian ones have together, so no operator hears more than another.
    """
    size = check_count(generator.item_shape, count)
    rng = streams.generator(lesson.seed, "explore", turn=5)
    first, mean = principal_rows(generator, count, lesson.seed)
    matrix = torch.as_tensor(first).requires_grad_(True)
    with torch.random.fork_rng([]):
        torch.manual_seed(streams.word(lesson.seed, "explore", turn=5))
        reader = Reader(count + max(generator.classes, 0), generator.latent_dim, lesson.hidden)
    optimizer = torch.optim.Adam(
        [{"params": [matrix], "lr": lesson.rate / 10}, {"params": reader.parameters()}], lesson.rate
    )
    middle = torch.as_tensor(mean)
    for step in range(lesson.steps):
        place = torch.as_tensor(rng.standard_normal((lesson.batch, generator.latent_dim), dtype=np.float32))
        spread = spread_labels(generator, lesson.batch)
        labels = None if spread is None else torch.as_tensor(spread)
        with torch.no_grad():
            pictures = search.decode(generator, place, labels)
        rows = scaled(matrix, size)
        measured = (pictures.flatten(1) - middle) @ rows.T
        measured = (
            measured + torch.as_tensor(rng.standard_normal(measured.shape, dtype=np.float32)) * noise / count**0.5
        )
        hints = measured if labels is None else torch.cat([measured, F.one_hot(labels, generator.classes).float()], 1)
        loss = ((search.decode(generator, reader(hints), labels) - pictures) ** 2).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        progress(step + 1, lesson.steps)
    return Operator("learned", scaled(matrix.detach(), size).numpy())


def principal_rows(generator: Decoder, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The main directions of a generator's pictures float32 (count, n), and their mean (n,)."""
    draw = streams.generator(seed, "explore", turn=6).standard_normal((SAMPLES, generator.latent_dim), dtype=np.float32)
    spread = spread_labels(generator, SAMPLES)
    latents = space.from_gaussian(torch.as_tensor(draw), generator.recipe.latent.law)
    made = search.make(generator, latents, None if spread is None else torch.as_tensor(spread))
    rows = np.moveaxis(made, 3, 1).reshape(SAMPLES, -1).astype(np.float64)
    mean = rows.mean(axis=0)
    rows -= mean
    _, vectors = np.linalg.eigh(rows.T @ rows)
    return np.ascontiguousarray(vectors[:, ::-1][:, :count].T, np.float32), mean.astype(np.float32)


def scaled(matrix: Tensor, size: int) -> Tensor:
    """Rows (m, n) with the squared length n in all, as gaussian ones of variance 1/m have."""
    return matrix * (size**0.5 / matrix.norm())
