"""The engine's quick forms beside the loop that a tutorial would write: plain modules, float32, one pass after another."""

from __future__ import annotations

import copy
from collections.abc import Callable

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gansmith.game.torch_game import TorchGame
from gansmith.ground import draws
from miniatures import BATCH, World, indices, now, world
from variants import start

UPDATES = 20
RATE = 1e-3
LATENT = 16
Losses = list[tuple[float, float]]

SMALL = {"latent__dim": LATENT, "generator__bias": False, "generator__activation": "relu"}
STEPS = {"regularizer__name": "r1", "regularizer__gamma": 0.25, "regularizer__sigma": 0.2, "regularizer__interval": 4}


def dense() -> tuple[World, nn.Module, nn.Module]:
    """Vectors, three hidden layers' worth of rounding."""
    made = world("vectors", **SMALL | {"generator__widths": [64, 64], "discriminator__widths": [64, 64]})
    generator = nn.Sequential(
        nn.Linear(LATENT, 64, False), nn.ReLU(), nn.Linear(64, 64, False), nn.ReLU(), nn.Linear(64, 2)
    )
    discriminator = nn.Sequential(
        nn.Linear(2, 64), nn.LeakyReLU(0.2), nn.Linear(64, 64), nn.LeakyReLU(0.2), nn.Linear(64, 1)
    )
    return made, generator, discriminator


def dcgan() -> tuple[World, nn.Module, nn.Module]:
    """Radford's pair, with batch norm in both players."""
    sizes = {"generator__widths": [32, 16], "discriminator__widths": [16, 32], "discriminator__norm": "batch"}
    made = world("pictures", **SMALL | sizes | {"generator__kernels": [4], "discriminator__kernels": [4]})
    generator = nn.Sequential(
        nn.Linear(LATENT, 32 * 4, False), nn.Unflatten(1, (32, 2, 2)), nn.BatchNorm2d(32), nn.ReLU(),
        nn.ConvTranspose2d(32, 16, 4, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        nn.ConvTranspose2d(16, 1, 4, 2, 1, bias=False), nn.Tanh(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.Conv2d(1, 16, 4, 2, 1), nn.LeakyReLU(0.2), nn.Conv2d(16, 32, 4, 2, 1, bias=False), nn.BatchNorm2d(32),
        nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(32 * 4, 1),
    )  # fmt: skip
    return made, generator, discriminator


def subpixel() -> tuple[World, nn.Module, nn.Module]:
    """The pair of recipe `mnist`, with its penalty over finite steps."""
    sizes = {
        "generator__net": "subpixel", "generator__widths": [32, 16], "generator__kernels": [4, 3],
        "generator__strides": [2, 1], "discriminator__net": "subpixel", "discriminator__widths": [16, 32],
        "discriminator__kernels": [3, 4], "discriminator__strides": [1, 2],
    }  # fmt: skip
    made = world("pictures", **SMALL | sizes | STEPS)
    generator = nn.Sequential(
        nn.Linear(LATENT, 32 * 4, False), nn.Unflatten(1, (32, 2, 2)), nn.BatchNorm2d(32), nn.ReLU(),
        nn.ConvTranspose2d(32, 16, 4, 2, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), nn.Conv2d(16, 4, 3, 1, 1, bias=False),
        nn.PixelShuffle(2), nn.Tanh(),
    )  # fmt: skip
    discriminator = nn.Sequential(
        nn.PixelUnshuffle(2), nn.Conv2d(4, 16, 3, 1, 1), nn.LeakyReLU(0.2), nn.Conv2d(16, 32, 4, 2, 1),
        nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(32 * 4, 1),
    )  # fmt: skip
    return made, generator, discriminator


PAIRS: dict[str, Callable[[], tuple[World, nn.Module, nn.Module]]] = {
    "dense": dense,
    "dcgan": dcgan,
    "subpixel": subpixel,
}


def new_game(made: World, precision: str) -> TorchGame:
    return start(made.having({"precision.name": precision}))


def trained(game: TorchGame) -> Losses:
    losses: Losses = []
    for update in range(1, UPDATES + 1):
        game.step(indices(update), now(update, rate=RATE))
        numbers = game.report().numbers
        losses.append((numbers["loss.discriminator"], numbers["loss.generator"]))
    return losses


def copied(module: nn.Module, network: nn.Module) -> nn.Module:
    """A plain module with the weights of our network, which come in the same order."""
    ours = list(network.parameters())
    theirs = list(module.parameters())
    assert [tuple(p.shape) for p in ours] == [tuple(p.shape) for p in theirs]
    with torch.no_grad():
        for target, source in zip(theirs, ours, strict=True):
            target.copy_(source)
    return module


def plainly(made: World, generator: nn.Module, discriminator: nn.Module, *, rounded: bool = False) -> Losses:
    """The same draws, the same training, written out. rounded: what PyTorch rounds to bfloat16 by itself is."""
    recipe, penalty = made.recipe, made.recipe.regularizer
    steps = {
        player: torch.optim.Adam(player.parameters(), RATE, (settings.beta1, settings.beta2), settings.epsilon)
        for player, settings in (
            (generator, recipe.optimizer.generator),
            (discriminator, recipe.optimizer.discriminator),
        )
    }
    losses: Losses = []

    def made_at(update: int, turn: int) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=rounded):
            return generator(torch.as_tensor(draws.latents(recipe, update, turn, BATCH)))

    def logit(items: Tensor) -> Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=rounded):
            return discriminator(items).float()

    def error(logits: Tensor, target: float) -> Tensor:
        return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))

    for update in range(1, UPDATES + 1):
        items = made.items[indices(update)[0]]
        pictures = items.ndim == 4
        real = torch.as_tensor(items / np.float32(127.5) - 1 if pictures else items).float()
        real = real.permute(0, 3, 1, 2) if pictures else real
        fake = made_at(update, 0).detach()
        on_real, on_fake = logit(real), logit(fake)
        loss = total = error(on_real, 1.0) + error(on_fake, 0.0)
        if penalty.name == "r1" and (update - 1) % penalty.interval == 0:
            step = torch.as_tensor(draws.directions(recipe, update, 0, "real", tuple(real.shape)))
            change = (logit(real + penalty.sigma * step) - on_real) / penalty.sigma
            total = loss + penalty.interval * penalty.gamma * change.square().mean() / 2
        discriminator.zero_grad()
        total.backward()
        steps[discriminator].step()
        generator_loss = error(logit(made_at(update, 1)), 1.0)
        generator.zero_grad()
        generator_loss.backward()
        steps[generator].step()
        losses.append((loss.item(), generator_loss.item()))
    return losses


@pytest.mark.parametrize("name", PAIRS)
def test_twenty_updates_have_the_losses_of_the_plain_loop(name: str):
    """To float32's rounding in float32; in bfloat16 about as near as PyTorch's own bfloat16 loop comes: any two orders of
    summing round differently, and no two machines need sum in one order."""
    made, *modules = PAIRS[name]()
    games = {precision: new_game(made, precision) for precision in ("float32", "bfloat16")}
    networks = games["float32"].gan.generator, games["float32"].gan.discriminator

    def loop(*, rounded: bool) -> np.ndarray:
        ready = [copied(module, network) for module, network in zip(modules, networks, strict=True)]
        return np.array(plainly(made, *copy.deepcopy(ready), rounded=rounded))

    plain, rounded = loop(rounded=False), loop(rounded=True)
    fine, rough = (np.array(trained(games[precision])) for precision in ("float32", "bfloat16"))
    np.testing.assert_allclose(fine, plain, rtol=1e-4)
    assert 0 < np.abs(rough - plain).max() < 5 * np.abs(rounded - plain).max()
    assert np.abs(rounded - plain).max() < 0.1  # it is rounding
    assert np.ptp(plain, 0).min() > 0.02  # and they moved
