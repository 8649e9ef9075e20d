"""A whole GAN in one file, with nothing hidden but the data and the dice: the plain dense GAN of article 001.

    python examples/whole_gan_in_one_file.py [--data digits] [--updates 2000] [--out whole-gan.png]

The store hands over pictures as bytes; the streams hand over random numbers that depend on a seed, a purpose and an
update, and on nothing else. The rest is here: two networks, their losses, two turns, a loop. It is what `gansmith train
article-001-plain` does in float32 on a processor, so with the same seed and data its losses are the same.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from math import sqrt
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.data.store import open_store
from gansmith.ground import streams
from gansmith.ground.pixels import grid, to_bytes, write_png
from gansmith.ground.recipes.settings import DataSettings

LATENTS, BATCH, RATE, BETAS, EPSILON = 100, 128, 1e-4, (0.5, 0.999), 1e-7
UPWARD, DOWNWARD = (256, 512, 1024), (1024, 512, 256)  # widths of the hidden layers, in the order data flows


# ---- two networks


def dense(sizes: list[int], seed: int, player: int, last: nn.Module | None = None) -> nn.Sequential:
    """Dense layers with ReLU between them; weights glorot-uniform, biases 0, as Keras has them."""
    rng = streams.generator(seed, "initial", turn=player)
    layers: list[nn.Module] = []
    for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True):
        layer, bound = nn.utils.skip_init(nn.Linear, inputs, outputs), sqrt(6 / (inputs + outputs))
        assert isinstance(layer, nn.Linear)
        with torch.no_grad():
            layer.weight.copy_(torch.as_tensor(rng.uniform(-bound, bound, (outputs, inputs)).astype(np.float32)))
            layer.bias.zero_()
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1], *([last] if last else []))


def adam(network: nn.Module) -> torch.optim.Adam:
    """Each player has its own: what one learns about its slopes is no business of the other."""
    return torch.optim.Adam(network.parameters(), RATE, BETAS, EPSILON, fused=True)


# ---- the dice


def latents(seed: int, update: int, turn: int) -> Tensor:
    """What the generator starts from, N(0, 1), (BATCH, LATENTS). Turn 0 is the discriminator's, 1 the generator's."""
    return torch.as_tensor(
        streams.latents(streams.generator(seed, "latents", update, turn), "normal", (BATCH, LATENTS))
    )


def targets(seed: int, update: int, turn: int, low: float, high: float, number: int) -> Tensor:
    """Smoothed answers U(low, high), (BATCH,), drawn anew for every picture."""
    rng = streams.generator(seed, "targets", update, 3 * turn + number)
    return torch.as_tensor(rng.uniform(low, high, BATCH).astype(np.float32))


def batches(count: int, seed: int) -> Iterator[np.ndarray]:
    """Rows (BATCH,) without end: every pass is a fresh permutation; what does not fill a batch is dropped."""
    epoch = 0
    while True:
        order = streams.generator(seed, "order", epoch).permutation(count)
        yield from (order[start : start + BATCH] for start in range(0, count - BATCH + 1, BATCH))
        epoch += 1


# ---- two turns and a loop


def train(pictures: np.ndarray, updates: int, seed: int = 0) -> tuple[nn.Sequential, list[tuple[float, float]]]:
    """The trained generator, and the losses (discriminator's, generator's) of every update.

    pictures: uint8 (N, H, W, C), at least a batch of them.
    """
    size = int(np.prod(pictures.shape[1:]))
    generator = dense([LATENTS, *UPWARD, size], seed, 0, nn.Tanh())
    discriminator = dense([size, *DOWNWARD, 1], seed, 1)  # ends in a logit: above 0 it says real
    steps = adam(generator), adam(discriminator)
    losses: list[tuple[float, float]] = []
    rows = batches(len(pictures), seed)
    for update in range(1, updates + 1):
        chosen = np.moveaxis(pictures[next(rows)], 3, 1)  # (BATCH, C, H, W)
        real = torch.as_tensor(chosen.copy()).float().mul_(2 / 255).add_(-1).flatten(1)

        # the discriminator's turn: tell real pictures from the generator's, which stands still
        with torch.no_grad():
            fake = generator(latents(seed, update, 0))
        on_real, on_fake = discriminator(torch.cat([real, fake])).squeeze(1).split(BATCH)
        judged = F.binary_cross_entropy_with_logits(on_real, targets(seed, update, 0, 0.9, 1.0, 0))
        judged = judged + F.binary_cross_entropy_with_logits(on_fake, targets(seed, update, 0, 0.0, 0.1, 1))
        steps[1].zero_grad()
        (0.5 * judged).backward()  # Keras takes the mean over both halves
        steps[1].step()

        # the generator's turn: be taken for real. Its slope comes through the discriminator, which stands still
        verdicts = discriminator(generator(latents(seed, update, 1))).squeeze(1)
        advised = F.binary_cross_entropy_with_logits(verdicts, targets(seed, update, 1, 0.9, 1.0, 2))
        steps[0].zero_grad()
        advised.backward()
        steps[0].step()
        losses.append((judged.item(), advised.item()))
    return generator, losses


def main(arguments: list[str] | None = None) -> None:
    """Train, say how it went, and write 64 pictures."""
    parser = argparse.ArgumentParser(description="a whole GAN in one file")
    parser.add_argument("--data", default="digits", help="a source of pictures: digits, or the folder of MNIST's files")
    parser.add_argument("--updates", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("whole-gan.png"))
    options = parser.parse_args(arguments)
    pictures = np.asarray(open_store(DataSettings(source=options.data)).items)
    generator, losses = train(pictures, options.updates, options.seed)
    for update in sorted({1, *range(0, options.updates + 1, 500), options.updates} - {0}):
        print("update {:5d}: discriminator {:.4f}, generator {:.4f}".format(update, *losses[update - 1]))
    height, width, channels = pictures.shape[1:]
    with torch.no_grad():
        made = generator(torch.as_tensor(streams.latents(streams.generator(7, "samples"), "normal", (64, LATENTS))))
    made = np.moveaxis(made.numpy().reshape(-1, channels, height, width), 1, 3)
    write_png(options.out, grid(to_bytes(made), zoom=2))


if __name__ == "__main__":
    main()
