"""Mistakes that people make in parts of their own: each is a game that is refused, or remarked on, before its first update."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from gansmith.game.torch_game import TorchGame
from gansmith.ground.recipes.recipe import override
from gansmith.losses import Loss
from gansmith.nets import NetPair
from gansmith.parts import Augmentation, Parts, Regularizer
from miniatures import world
from thread_ranks import together

SHAPE = (1, 8, 8)


def generator(latent_dim: int = 4, last: nn.Module | None = None) -> nn.Sequential:
    """A right one."""
    return nn.Sequential(nn.Linear(latent_dim, 64), nn.Unflatten(1, SHAPE), last or nn.Tanh())


def discriminator(*last: nn.Module, out: int = 1) -> nn.Sequential:
    """A right one, unless `last` spoils it."""
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 8), nn.LeakyReLU(0.2), nn.Linear(8, out), *last)


class Apply(nn.Module):
    """A layer that does what a function does to its input."""

    def __init__(self, function) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


class Labelled(nn.Module):
    """A generator that cannot do without labels."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.embedding = generator(), nn.Embedding(3, 4)

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        return self.body(latents + self.embedding(labels))


class Constant(nn.Module):
    """A generator of one picture."""

    def __init__(self) -> None:
        super().__init__()
        self.picture = nn.Parameter(torch.zeros(SHAPE))

    def forward(self, latents: Tensor) -> Tensor:
        return torch.tanh(self.picture).expand(len(latents), *SHAPE)


class Spare(nn.Module):
    """A discriminator with a layer that it never uses."""

    def __init__(self) -> None:
        super().__init__()
        self.body, self.spare = discriminator(), nn.Linear(3, 3)

    def forward(self, items: Tensor) -> Tensor:
        return self.body(items)


class OnlyTrains(nn.Module):
    """A generator that fails outside training."""

    def __init__(self) -> None:
        super().__init__()
        self.body = generator()

    def forward(self, latents: Tensor) -> Tensor:
        if not self.training:
            raise ValueError("not trained yet")
        return self.body(latents)


class Strict(nn.Module):
    """A discriminator that takes nothing but pixels in their range."""

    def __init__(self) -> None:
        super().__init__()
        self.body = discriminator()

    def forward(self, items: Tensor) -> Tensor:
        if float(items.detach().abs().max()) > 2:
            raise ValueError("no pixels")
        return self.body(items)


class Noisy(nn.Module):
    """A generator that draws noise in every pass, from torch or from somewhere else."""

    def __init__(self, draw) -> None:
        super().__init__()
        self.body, self.draw = generator(), draw

    def forward(self, latents: Tensor) -> Tensor:
        return self.body(latents + self.draw(latents))


dice = np.random.default_rng(0)
nan = nn.Linear(8, 1)
nn.init.constant_(nan.weight, float("nan"))


def nets(make, judge=None, **settings) -> tuple[Parts, dict]:
    """Networks of one's own: what makes the generator, and the discriminator."""
    return Parts(nets=NetPair("mine", lambda *_: (make(), (judge or discriminator)()))), settings


def by_loss(discriminator, generator=lambda fake, real, targets: -fake.mean(), **settings) -> tuple[Parts, dict]:
    """A loss of one's own."""
    return Parts(loss=Loss(discriminator, generator, name="mine")), settings


def by_penalty(penalty, **settings) -> tuple[Parts, dict]:
    """A regularizer of one's own."""
    return Parts(regularizer=Regularizer("mine", penalty)), {"regularizer__name": "own", **settings}


def by_view(see, **settings) -> tuple[Parts, dict]:
    """An augmentation of one's own."""
    return Parts(augmentation=Augmentation("mine", see)), {"augment__name": "own", **settings}


REFUSED: dict[str, tuple[tuple[Parts, dict], str]] = {
    "build fails": (nets(lambda: nn.Linear(2)), "cannot be built for latent_dim 4.*TypeError"),  # pyright: ignore
    "build returns one": ((Parts(nets=NetPair("mine", lambda *_: generator())), {}), "return two torch modules"),
    "latents of another length": (nets(lambda: generator(5)), "given latents .8, 4., raised RuntimeError"),
    "labels are needed": (nets(Labelled), "raised TypeError.*given no labels"),
    "shape of items": (
        nets(lambda: nn.Linear(4, 64)),
        r"returns \(8, 64\) for 8 latents: items here are \(8, 1, 8, 8\)",
    ),
    "bytes": (nets(lambda: generator(last=Apply(lambda x: x.to(torch.uint8)))), "returns torch.uint8"),
    "double numbers": (nets(lambda: generator(last=Apply(lambda x: x.double()))), "returns float64"),
    "NaN": (nets(generator, lambda: discriminator(nn.Linear(1, 8), nan)), "returns NaN or infinity"),
    "two verdicts": (
        nets(generator, lambda: discriminator(out=2)),
        r"returns \(8, 2\) for 8 items: a verdict is one logit",
    ),
    "a map of verdicts": (nets(generator, lambda: nn.Conv2d(1, 1, 4, 2, 1)), r"returns \(8, 1, 4, 4\).*mean of a map"),
    "probabilities": (nets(generator, lambda: discriminator(nn.Sigmoid())), "leave the sigmoid at its end out"),
    "batch norm": (
        nets(
            generator,
            lambda: discriminator(nn.BatchNorm1d(1)),
            regularizer__name="gradient-penalty",
            loss__name="wasserstein",
        ),
        "the batch norm in the discriminator of mine mixes the items",
    ),
    "fails outside training": (nets(OnlyTrains), "a pass through mine raised ValueError: not trained yet"),
    "latents unused": (nets(Constant), "makes its items without its latents"),
    "no gradient": (
        nets(lambda: generator(last=Apply(lambda x: x.detach().tanh() + 0))),
        "no gradient|without its latents",
    ),
    "nothing to train": (nets(generator, lambda: Apply(lambda x: x.mean((1, 2, 3)))), "has no parameter to train"),
    "loss raises": (by_loss(lambda real, fake: real), "loss mine raised TypeError"),
    "loss is no number": (by_loss(lambda real, fake, targets: 3.0), "loss mine returns float: return a tensor"),
    "loss is infinite": (by_loss(lambda real, fake, targets: (real - fake).mean() / 0), "it must be finite"),
    "loss is constant": (by_loss(lambda real, fake, targets: torch.zeros(())), "a number without a gradient"),
    "loss forgets one": (by_loss(lambda real, fake, targets: fake.mean()), "does not depend on the logits"),
    "loss is no mean": (
        by_loss(lambda real, fake, targets: fake.std() - real.mean(), data__micro_batch=4, generator__norm="none"),
        "not the mean of those of its halves, and data.micro_batch = 4",
    ),
    "penalty of many": (
        by_penalty(lambda judge, real, fake, draw: judge(real)),
        r"returns \(8,\): return a tensor with one",
    ),
    "penalty of nothing": (
        by_penalty(lambda judge, real, fake, draw: (real - fake).square().mean()),
        "does not depend on the discriminator",
    ),
    "view of another shape": (by_view(lambda items, draw: items[:, :, :4]), r"returns \(8, 1, 4, 8\).*the same shape"),
    "view without gradient": (by_view(lambda items, draw: items.detach() * 1), "lets no gradient through"),
    "view of other dice": (by_view(lambda items, draw: items + float(dice.random())), "is not repeatable"),
}
"""What is wrong -> the parts and settings, and the words of the refusal."""

REMARKED: dict[str, tuple[tuple[Parts, dict], str]] = {
    "far outside": (
        nets(lambda: generator(last=Apply(lambda x: 40 * x))),
        "let it end in tanh, or samples are cut off",
    ),
    "sigmoid pictures": (nets(lambda: generator(last=nn.Sigmoid())), "none is below 0; let it end in tanh"),
    "a spare layer": (nets(generator, Spare), "never uses spare.weight, spare.bias: no gradient comes there"),
    "noise from torch": (nets(lambda: Noisy(torch.randn_like)), "draws random numbers outside training too"),
    "noise from elsewhere": (nets(lambda: Noisy(lambda x: float(dice.random()))), "is not repeatable"),
    "batch norm and R1": (
        nets(generator, lambda: discriminator(nn.BatchNorm1d(1)), regularizer__name="r1"),
        "another norm there is safer",
    ),
    "zeros at first": (nets(lambda: generator(last=Apply(lambda x: x * 0))), "makes the same items of other latents"),
    "a strength of the recipe's": (
        by_penalty(
            lambda judge, real, fake, draw: judge(real).square().mean(), regularizer__gamma=0.1, regularizer__interval=4
        ),
        "in one of 4 steps, times 4, and times regularizer.gamma = 0.1, as the recipe says",
    ),
    "dealt views": (
        by_view(lambda items, draw: items + 0.1, data__micro_batch=4, generator__norm="none"),
        "each part of a batch has draws of its own",
    ),
}
"""What may be meant so -> the parts and settings, and the words of the remark."""


def start(parts: Parts, settings: dict, classes: int = 0, ranks: int = 0) -> list[str]:
    """Build the game of these parts; returns what is remarked."""
    made, said = world("pictures"), []
    recipe = override(
        made.recipe, parts.settings() | {name.replace("__", "."): value for name, value in settings.items()}
    )
    if ranks:
        together(ranks, lambda each: TorchGame(recipe, SHAPE, classes, parts, each, said.append))
    else:
        TorchGame(recipe, SHAPE, classes, parts, say=said.append)
    return said
