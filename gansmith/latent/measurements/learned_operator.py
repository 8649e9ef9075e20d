"""A learned measurement: the m rows that say most about a generator's pictures, trained end to end.

A picture is measured, a small network (the encoder) predicts a latent from the measurements, and the generator decodes
it. Rows and encoder are trained together so that the picture comes back. The rows start at the principal components,
the best for a linear reconstruction. Only the rows are kept; pictures are recovered as with any other operator.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from gansmith.game.weights.rules import Adam, Steps
from gansmith.ground import streams
from gansmith.ground.progress import Progress
from gansmith.latent import space
from gansmith.latent.decoder import Decoder
from gansmith.latent.inversion import search
from gansmith.latent.measurements.operators import Operator, check_count

SAMPLES = 4_000  # generated pictures from which the first rows are computed


def learn(
    generator: Decoder,
    count: int,
    noise: float = 0.0,
    seed: int = 0,
    steps: int = 600,
    batch: int = 64,
    rate: float = 2e-3,
    hidden: int = 256,
    progress: Progress = lambda done, total: None,
) -> Operator:
    """Learn `count` measurements of a generator's pictures. noise: as in `Operator.measure`. rate: Adam's for the encoder; the
    rows have a tenth of it. hidden: features of the encoder. Raises RunError.

    The rows together keep the length of gaussian ones: the same noise is equally strong for all operators.
    """
    size = check_count(generator.item_shape, count)
    rng = streams.generator(seed, "explore", turn=5)
    length = size**0.5  # of all rows together, as gaussian ones of variance 1/m have
    first, mean = principal_rows(generator, count, seed)
    matrix = torch.as_tensor(first).requires_grad_(True)
    with torch.random.fork_rng([]):
        torch.manual_seed(streams.word(seed, "explore", turn=5))
        encoder = nn.Sequential(  # measurements and one-hot class (B, m + classes) -> gaussian coordinates (B, dim)
            nn.Linear(count + generator.classes, hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, generator.latent_dim),
        )
    rows_steps, encoder_steps = (
        Steps(Adam(0.9, 0.999, fused=False), each) for each in ([matrix], encoder.parameters())
    )
    labels = search.spread_labels(generator, batch)
    for step in range(steps):
        position = torch.as_tensor(rng.standard_normal((batch, generator.latent_dim), dtype=np.float32))
        with torch.no_grad():
            pictures = search.decode(generator, position, labels)
        measured = (pictures.flatten(1) - torch.as_tensor(mean)) @ (matrix * (length / matrix.norm())).T
        draw = torch.as_tensor(rng.standard_normal(measured.shape, dtype=np.float32))
        measured = measured + draw * noise / count**0.5
        if labels is not None:
            measured = torch.cat([measured, F.one_hot(labels, generator.classes).float()], 1)
        loss = ((search.decode(generator, encoder(measured), labels) - pictures) ** 2).mean()
        for weight in (matrix, *encoder.parameters()):
            weight.grad = None
        loss.backward()
        rows_steps.step(rate / 10)
        encoder_steps.step(rate)
        progress(step + 1, steps)
    matrix = matrix.detach()
    return Operator("learned", (matrix * (length / matrix.norm())).numpy())


def principal_rows(generator: Decoder, count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The first principal components of a generator's pictures float32 (count, n), and their mean (n,)."""
    draw = streams.generator(seed, "explore", turn=6).standard_normal((SAMPLES, generator.latent_dim), dtype=np.float32)
    latents = space.from_gaussian(torch.as_tensor(draw), generator.recipe.latent.law)
    made = search.make(generator, latents, search.spread_labels(generator, SAMPLES))
    rows = np.moveaxis(made, 3, 1).reshape(SAMPLES, -1).astype(np.float64)
    mean = rows.mean(axis=0)
    rows -= mean
    _, vectors = np.linalg.eigh(rows.T @ rows)
    return np.ascontiguousarray(vectors[:, ::-1][:, :count].T, np.float32), mean.astype(np.float32)
