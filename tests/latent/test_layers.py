"""Directions from activations and weights, on every net of the table and on one's own."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gansmith.ground.errors import RunError
from gansmith.ground.recipes.settings import DataSettings, LatentSettings, NetSettings, Recipe
from gansmith.latent.steering import directions, layers
from gansmith.nets import NETS, NetPair
from gansmith.nets.build import build_generator
from gansmith.trained.generator import Generator

DIM, SHAPE = 64, (1, 8, 8)  # an hourglass takes a picture of noise


def miniature(net: str, classes: int = 3, conditioning: str = "concat") -> Generator:
    bottleneck = 8 if net in ("encdec", "hourglass") else 0
    settings = NetSettings(
        net=net,
        widths=(6, 4),
        norm="batch",
        output="tanh",
        bottleneck=bottleneck,
        conditioning=conditioning,
        strides=(2, 1) if net == "subpixel" else (2,),  # its outermost stage is at half size already
    )  # pyright: ignore[reportArgumentType]
    recipe = dataclasses.replace(
        Recipe(),
        generator=settings,
        latent=LatentSettings(dim=DIM),
        data=DataSettings(labels="classes" if classes else "none"),
    )
    network = build_generator(recipe, SHAPE, classes)
    random = np.random.default_rng(0)
    arrays = {name: array.detach().numpy() for name, array in network.arrays().items()}
    for name, array in arrays.items():  # norms with statistics, and classes, of their own, as after training
        if array.ndim == 1 or (classes and "norm" in conditioning and array.shape == (classes, array.shape[-1])):
            arrays[name] = random.uniform(0.5, 2, array.shape).astype(np.float32)
        elif conditioning != "concat":
            arrays[name] = array * 2  # strong enough for a class to be seen in bytes
    return Generator(recipe, SHAPE, tuple("abc"[:classes]), arrays)


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("net", NETS)
def test_the_first_layer_is_its_matrix(net: str, classes: int) -> None:
    generator = miniature(net, classes)
    latents = generator.latents(9, 1)
    labels = np.zeros(9, np.int64) if classes else None
    made = layers.activations(generator, latents, labels).astype(np.float64)
    matrix = layers.weights(generator)
    assert matrix.shape == (made.shape[1], DIM)
    moved = made[1:] - made[0]
    assert moved == pytest.approx((latents[1:] - latents[0]) @ matrix.T, abs=1e-3)


@pytest.mark.parametrize("net", NETS)
def test_every_net_has_directions_of_both_kinds(net: str) -> None:
    generator = miniature(net)
    made = directions.factorise(layers.weights(generator), 3)
    assert list(made) == ["factorised-1", "factorised-2", "factorised-3"]
    vectors = np.stack([one.vector for one in made.values()])
    assert vectors @ vectors.T == pytest.approx(np.eye(3), abs=1e-4)
    reach = np.linalg.norm(layers.weights(generator) @ vectors.T, axis=0)
    assert reach[0] >= reach[1] >= reach[2]
    latents = generator.latents(300, 0)
    principal = directions.principal(latents, layers.activations(generator, latents, generator.labels(300)), 3)
    assert [one.kind for one in principal.values()] == ["principal"] * 3
    assert 0 < principal["principal-1"].explained < principal["principal-3"].explained <= 1


def test_principal_and_factorised_agree_on_a_linear_layer() -> None:
    random = np.random.default_rng(0)
    rows = np.linalg.qr(random.standard_normal((6, 6)))[0]
    matrix = random.standard_normal((30, 6)) @ np.diag([9, 5, 3, 1, 0.5, 0.1]) @ rows
    latents = random.standard_normal((4000, 6))
    made = directions.factorise(matrix, 2)
    found = directions.principal(latents, latents @ matrix.T, 2)
    for one, other in zip(made.values(), found.values(), strict=True):
        assert abs(one.vector @ other.vector) > 0.97
    few = directions.principal(latents[:20], latents[:20] @ matrix.T, 2)  # fewer latents than features
    assert abs(few["principal-1"].vector @ made["factorised-1"].vector) > 0.9


class Mine(nn.Module):
    """A generator of one's own."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(DIM, 10), nn.Linear(10, 64)

    def forward(self, latents: Tensor, labels: Tensor | None) -> Tensor:
        return torch.tanh(self.second(torch.relu_(self.first(latents)))).reshape(-1, *SHAPE)


def test_ones_own_network_is_listened_to() -> None:
    mine = Mine()
    recipe = dataclasses.replace(miniature("dense", 0).recipe, generator=NetSettings(net="own"))
    arrays = {name: value.detach().numpy() for name, value in mine.state_dict().items()}
    pair = NetPair("mine", lambda dim, shape, classes: (Mine(), nn.Linear(64, 1)))
    generator = Generator(recipe, SHAPE, (), arrays, pair)
    assert layers.weights(generator) == pytest.approx(mine.first.weight.detach().numpy(), abs=1e-5)
    assert layers.activations(generator, generator.latents(4), None).min() < 0  # before the ReLU, though in place


# ---- style mixing


@pytest.mark.parametrize("conditioning", ["norm", "concat+norm", "maps"])
@pytest.mark.parametrize("net", ["dcgan", "subpixel", "resnet", "encdec"])
def test_mixed_layers_follow_two_classes(net: str, conditioning: str) -> None:
    generator = miniature(net, 3, conditioning)
    latents = generator.latents(6, 0)
    one, other = np.array([0, 1, 2, 0, 1, 2]), np.array([0, 1, 2, 2, 0, 1])
    plain = generator.images(latents, one).astype(int)
    mixed = layers.mix(generator, latents, one, other).astype(int)
    assert mixed.shape == (6, *SHAPE[1:], 1)
    assert np.abs(mixed[:3] - plain[:3]).max() <= 1  # the same class twice is that class
    assert (np.abs(mixed[3:] - plain[3:]).max(axis=(1, 2, 3)) > 1).all()
    assert (np.abs(mixed - generator.images(latents, other).astype(int)).max(axis=(1, 2, 3))[3:] > 1).all()


def test_mixing_needs_two_places() -> None:
    with pytest.raises(RunError, match="at one layer"):
        layers.mix(miniature("dcgan"), np.zeros((1, DIM)), np.zeros(1, int), np.ones(1, int))
    with pytest.raises(RunError, match="without labels"):
        layers.mix(miniature("dcgan", 0, "norm"), np.zeros((1, DIM)), np.zeros(1, int), np.ones(1, int))
