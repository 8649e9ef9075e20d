"""Plain PyTorch in float32, as tutorials have it, on published networks."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Step = Callable[[], None]
Pair = tuple[nn.Module, nn.Module]  # generator, discriminator
LATENT = 100


def dense_pair() -> Pair:
    """Article 001's dense networks."""
    generator = nn.Sequential(
        nn.Linear(LATENT, 256), nn.ReLU(), nn.Linear(256, 512), nn.ReLU(), nn.Linear(512, 1024), nn.ReLU(),
        nn.Linear(1024, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 512), nn.ReLU(), nn.Linear(512, 256),
        nn.ReLU(), nn.Linear(256, 1),
    )  # fmt: skip
    return generator, discriminator


def tutorial_pair() -> Pair:
    """The TensorFlow DCGAN tutorial's networks."""
    generator = nn.Sequential(
        nn.Linear(LATENT, 12544, bias=False), nn.BatchNorm1d(12544), nn.LeakyReLU(0.3), nn.Unflatten(1, (256, 7, 7)),
        nn.ConvTranspose2d(256, 128, 5, 1, 2, bias=False), nn.BatchNorm2d(128), nn.LeakyReLU(0.3),
        nn.ConvTranspose2d(128, 64, 5, 2, 2, 1, bias=False), nn.BatchNorm2d(64), nn.LeakyReLU(0.3),
        nn.ConvTranspose2d(64, 1, 5, 2, 2, 1, bias=False), nn.Tanh(),
    )  # fmt: skip
    return generator, tutorial_discriminator(1, 6272)


def examples_pair() -> Pair:
    """The 64x64 networks of PyTorch's examples (Radford et al. 2015)."""
    widths = (512, 256, 128, 64)
    layers: list[nn.Module] = [nn.Unflatten(1, (LATENT, 1, 1)), nn.ConvTranspose2d(LATENT, 512, 4, bias=False)]
    for low, high in zip(widths, widths[1:], strict=False):
        layers += [nn.BatchNorm2d(low), nn.ReLU(True), nn.ConvTranspose2d(low, high, 4, 2, 1, bias=False)]
    layers += [nn.BatchNorm2d(64), nn.ReLU(True), nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), nn.Tanh()]
    discriminator: list[nn.Module] = [nn.Conv2d(3, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True)]
    for high, low in zip(widths[::-1], widths[-2::-1], strict=False):
        discriminator += [nn.Conv2d(high, low, 4, 2, 1, bias=False), nn.BatchNorm2d(low), nn.LeakyReLU(0.2, True)]
    discriminator += [nn.Conv2d(512, 1, 4, bias=False)]
    return nn.Sequential(*layers), nn.Sequential(*discriminator)


def article_004_pair() -> Pair:
    """Article 004's 64x64 networks: 18.9 million parameters against 0.24."""
    widths = (1024, 512, 256, 128)
    layers: list[nn.Module] = [
        nn.Linear(LATENT, 16384, bias=False), nn.BatchNorm1d(16384), nn.LeakyReLU(0.3), nn.Unflatten(1, (1024, 4, 4)),
    ]  # fmt: skip
    for low, high in zip(widths, widths[1:], strict=False):
        layers += [nn.ConvTranspose2d(low, high, 5, 2, 2, 1, bias=False), nn.BatchNorm2d(high), nn.LeakyReLU(0.3)]
    layers += [nn.ConvTranspose2d(128, 3, 5, 2, 2, 1, bias=False), nn.Tanh()]
    return nn.Sequential(*layers), tutorial_discriminator(3, 32768)


def tutorial_discriminator(channels: int, features: int) -> nn.Sequential:
    """The TensorFlow tutorial's discriminator, which article 004 keeps for 64x64."""
    return nn.Sequential(
        nn.Conv2d(channels, 64, 5, 2, 2), nn.LeakyReLU(0.3), nn.Dropout(0.3),
        nn.Conv2d(64, 128, 5, 2, 2), nn.LeakyReLU(0.3), nn.Dropout(0.3), nn.Flatten(), nn.Linear(features, 1),
    )  # fmt: skip


def loop(
    generator: nn.Module,
    discriminator: nn.Module,
    shape: tuple[int, ...],
    batch: int,
    device: str,
    rate: float,
    beta1: float,
) -> Step:
    """A function that makes one usual update: the discriminator's step on real and generated pictures, then the
    generator's step on the same generated pictures. Real pictures are random: the speed does not depend on them."""
    generator, discriminator = generator.to(device), discriminator.to(device)
    generator_adam = torch.optim.Adam(generator.parameters(), lr=rate, betas=(beta1, 0.999))
    discriminator_adam = torch.optim.Adam(discriminator.parameters(), lr=rate, betas=(beta1, 0.999))
    pictures = torch.randint(0, 256, (2048, *shape), dtype=torch.uint8, device=device)

    def error(logits: Tensor, target: float) -> Tensor:
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))

    def step() -> None:
        real = pictures[torch.randint(len(pictures), (batch,), device=device)].float() / 127.5 - 1
        fake = generator(torch.randn(batch, LATENT, device=device))

        discriminator_adam.zero_grad()
        (error(discriminator(real), 1.0) + error(discriminator(fake.detach()), 0.0)).backward()
        discriminator_adam.step()

        generator_adam.zero_grad()
        error(discriminator(fake), 1.0).backward()
        generator_adam.step()

    return step
