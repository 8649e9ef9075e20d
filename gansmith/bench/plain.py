"""The loops that people write today: plain PyTorch in float32, as tutorials have them, on published networks.

Siblings: name(batch, device) -> a function that makes one update. Each draws random pictures once; speed does not depend
on what is seen. An update is the usual one: the discriminator's loss on real and on generated pictures and its step, then the
generator's step through the discriminator, on the same generated pictures.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

Step = Callable[[], None]
LATENT = 100


def dense_28(batch: int, device: str) -> Step:
    """Article 001's dense pair."""
    return loop(*dense_pair(), (1, 28, 28), batch, device, rate=1e-4, beta1=0.5)


def dense_pair() -> tuple[nn.Module, nn.Module]:
    """Article 001's generator and discriminator."""
    generator = nn.Sequential(
        nn.Linear(LATENT, 256), nn.ReLU(), nn.Linear(256, 512), nn.ReLU(), nn.Linear(512, 1024), nn.ReLU(),
        nn.Linear(1024, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 1024), nn.ReLU(), nn.Linear(1024, 512), nn.ReLU(), nn.Linear(512, 256),
        nn.ReLU(), nn.Linear(256, 1),
    )  # fmt: skip
    return generator, discriminator


def tutorial_28(batch: int, device: str) -> Step:
    """The TensorFlow DCGAN tutorial's pair."""
    return loop(*tutorial_pair(), (1, 28, 28), batch, device, rate=1e-4, beta1=0.9)


def tutorial_pair() -> tuple[nn.Module, nn.Module]:
    """The tutorial's generator and discriminator."""
    generator = nn.Sequential(
        nn.Linear(LATENT, 12544, bias=False), nn.BatchNorm1d(12544), nn.LeakyReLU(0.3), nn.Unflatten(1, (256, 7, 7)),
        nn.ConvTranspose2d(256, 128, 5, 1, 2, bias=False), nn.BatchNorm2d(128), nn.LeakyReLU(0.3),
        nn.ConvTranspose2d(128, 64, 5, 2, 2, 1, bias=False), nn.BatchNorm2d(64), nn.LeakyReLU(0.3),
        nn.ConvTranspose2d(64, 1, 5, 2, 2, 1, bias=False), nn.Tanh(),
    )  # fmt: skip
    return generator, tutorial_discriminator(1, 6272)


def examples_64(batch: int, device: str) -> Step:
    """The 64x64 pair of PyTorch's examples (Radford et al. 2015)."""
    widths = (512, 256, 128, 64)
    layers: list[nn.Module] = [nn.Unflatten(1, (LATENT, 1, 1)), nn.ConvTranspose2d(LATENT, 512, 4, bias=False)]
    for low, high in zip(widths, widths[1:], strict=False):
        layers += [nn.BatchNorm2d(low), nn.ReLU(True), nn.ConvTranspose2d(low, high, 4, 2, 1, bias=False)]
    layers += [nn.BatchNorm2d(64), nn.ReLU(True), nn.ConvTranspose2d(64, 3, 4, 2, 1, bias=False), nn.Tanh()]
    judge: list[nn.Module] = [nn.Conv2d(3, 64, 4, 2, 1, bias=False), nn.LeakyReLU(0.2, True)]
    for high, low in zip(widths[::-1], widths[-2::-1], strict=False):
        judge += [nn.Conv2d(high, low, 4, 2, 1, bias=False), nn.BatchNorm2d(low), nn.LeakyReLU(0.2, True)]
    judge += [nn.Conv2d(512, 1, 4, bias=False)]
    return loop(nn.Sequential(*layers), nn.Sequential(*judge), (3, 64, 64), batch, device, rate=2e-4, beta1=0.5)


def article_004(batch: int, device: str) -> Step:
    """Article 004's 64x64 pair: 18.9 million parameters against 0.24."""
    widths = (1024, 512, 256, 128)
    layers: list[nn.Module] = [
        nn.Linear(LATENT, 16384, bias=False), nn.BatchNorm1d(16384), nn.LeakyReLU(0.3), nn.Unflatten(1, (1024, 4, 4)),
    ]  # fmt: skip
    for low, high in zip(widths, widths[1:], strict=False):
        layers += [nn.ConvTranspose2d(low, high, 5, 2, 2, 1, bias=False), nn.BatchNorm2d(high), nn.LeakyReLU(0.3)]
    layers += [nn.ConvTranspose2d(128, 3, 5, 2, 2, 1, bias=False), nn.Tanh()]
    return loop(
        nn.Sequential(*layers), tutorial_discriminator(3, 32768), (3, 64, 64), batch, device, rate=1e-4, beta1=0.9
    )


def tutorial_discriminator(channels: int, features: int) -> nn.Sequential:
    """The TensorFlow tutorial's, which article 004 keeps for 64x64."""
    return nn.Sequential(
        nn.Conv2d(channels, 64, 5, 2, 2), nn.LeakyReLU(0.3), nn.Dropout(0.3),
        nn.Conv2d(64, 128, 5, 2, 2), nn.LeakyReLU(0.3), nn.Dropout(0.3), nn.Flatten(), nn.Linear(features, 1),
    )  # fmt: skip


def loop(
    generator: nn.Module,
    discriminator: nn.Module,
    shape: tuple[int, int, int],
    batch: int,
    device: str,
    *,
    rate: float,
    beta1: float,
) -> Step:
    """One update after another, with PyTorch's default Adam."""
    generator, discriminator = generator.to(device), discriminator.to(device)
    generator_steps = torch.optim.Adam(generator.parameters(), lr=rate, betas=(beta1, 0.999))
    discriminator_steps = torch.optim.Adam(discriminator.parameters(), lr=rate, betas=(beta1, 0.999))
    pictures = torch.randint(0, 256, (2048, *shape), dtype=torch.uint8, device=device)

    def error(verdicts: Tensor, target: float) -> Tensor:
        return F.binary_cross_entropy_with_logits(verdicts, torch.full_like(verdicts, target))

    def step() -> None:
        real = pictures[torch.randint(len(pictures), (batch,), device=device)].float() / 127.5 - 1
        fake = generator(torch.randn(batch, LATENT, device=device))

        discriminator_steps.zero_grad()
        (error(discriminator(real), 1.0) + error(discriminator(fake.detach()), 0.0)).backward()
        discriminator_steps.step()

        generator_steps.zero_grad()
        error(discriminator(fake), 1.0).backward()
        generator_steps.step()

    return step
