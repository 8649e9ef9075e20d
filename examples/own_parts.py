"""Parts of a training that you write yourself. Try them, all or some:

gansmith train digits --with examples/own_parts.py --set data.labels=none --updates 500
gansmith train digits --with examples/own_parts.py --set loss.name=hinge --set regularizer.name=none
gansmith evaluate runs/digits-001 --with examples/own_parts.py
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import smooth_l1_loss

import gansmith
from gansmith.parts.record import Judge

# ---- networks: a small convolutional pair for pictures with sides that 4 divides


def build(latent_dim: int, item_shape: tuple[int, ...], classes: int) -> tuple[nn.Module, nn.Module]:
    """A generator and a discriminator; item_shape is (channels, height, width). They take no labels."""
    channels, height, width = item_shape
    small = (32, height // 4, width // 4)
    generator = nn.Sequential(
        nn.Linear(latent_dim, 32 * (height // 4) * (width // 4)),
        nn.Unflatten(1, small),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.ConvTranspose2d(32, 16, 4, 2, 1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.ConvTranspose2d(16, channels, 4, 2, 1),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(channels, 16, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(16, 32, 4, 2, 1),
        nn.LeakyReLU(0.2),
        nn.Dropout(0.1),
        nn.Flatten(),
        nn.Linear(32 * (height // 4) * (width // 4), 1),
    )
    return generator, discriminator


# ---- a loss: logits (B,) -> one number for each


def huber_discriminator(real: Tensor, fake: Tensor, targets: object) -> Tensor:
    """Real items to 1, generated ones to -1; far logits pull linearly."""
    return smooth_l1_loss(real, torch.ones_like(real), reduction="none") + smooth_l1_loss(
        fake, -torch.ones_like(fake), reduction="none"
    )


def huber_generator(fake: Tensor, real: Tensor | None, targets: object) -> Tensor:
    """Generated items to 1."""
    return smooth_l1_loss(fake, torch.ones_like(fake), reduction="none")


# ---- a regularizer: the slope of the discriminator along a random small step, at real items


def steps(judge: Judge, real: Tensor, fake: Tensor, generator: torch.Generator) -> Tensor:
    """Mean square of the change of the logit over a step of length about 0.1 in every pixel."""
    noise = torch.randn(real.shape, generator=generator, device=real.device)
    return ((judge(real.detach() + 0.1 * noise) - judge(real)) / 0.1).square().mean() / 2


# ---- an augmentation: all that the discriminator sees is made brighter or darker


def brighter(items: Tensor, generator: torch.Generator) -> Tensor:
    """By up to a fifth of the range, another one for each item."""
    change = torch.rand(len(items), generator=generator, device=items.device) - 0.5
    return items + 0.4 * change.view(-1, *(1,) * (items.ndim - 1))


# ---- a metric, and a callback


def brightness(generated: np.ndarray, real: np.ndarray) -> float:
    """Difference of the mean grey levels, 0..255."""
    return abs(float(generated.mean()) - float(real.mean()))


class Watch(gansmith.Callback):
    """Logs the brightness of samples at every row of statistics, and stops a training whose discriminator knows all."""

    def at_row(self, moment: gansmith.Moment) -> None:
        """`moment.numbers` is a row of stats.jsonl."""
        moment.log("mean grey level", float(moment.sample(64).mean()))
        if moment.numbers["accuracy.real"] == 1 and moment.update > 10_000:
            moment.stop("the discriminator knows every real item")


parts = gansmith.Parts(
    nets=gansmith.NetPair("small", build),
    loss=gansmith.Loss(huber_discriminator, huber_generator, name="huber", guessing=1.0, sure_gap=1.5),
    regularizer=gansmith.Regularizer("steps", steps),
    augmentation=gansmith.Augmentation("brighter", brighter),
    metrics=(gansmith.Metric("brightness", brightness, better="lower", meaning="difference of mean grey levels"),),
    callbacks=(Watch(),),
)
