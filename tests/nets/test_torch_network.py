"""A plan as a torch module, against the same network built by hand from torch's own layers."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gansmith.ground.networks.plan import Activation, Plan
from gansmith.ground.recipes.settings import ActivationName, NetSettings
from gansmith.nets import NETS
from gansmith.nets.initial import initial_weights
from gansmith.nets.modes import INFERENCE, Mode
from gansmith.nets.network import Network

TRACKED = Mode(training=True, track=True)
UNTRACKED = Mode(training=True, track=False)


def network(plan: Plan, settings: NetSettings, dtype: torch.dtype = torch.float32) -> Network:
    """The plan with weights whose norms and statistics are not the identity."""
    arrays = initial_weights(plan, settings, seed=3)
    rng = np.random.default_rng(0)
    for name, array in arrays.items():
        if name.endswith(("scale", "variance")):
            arrays[name] = rng.uniform(0.5, 1.5, array.shape).astype(np.float32)
        elif name.endswith(("shift", "mean", "bias")):
            arrays[name] = rng.normal(0, 0.3, array.shape).astype(np.float32)
    return Network(plan, arrays, dtype)


NAMES = {"scale": "weight", "shift": "bias", "mean": "running_mean", "variance": "running_var"}


def matched(ours: Network, theirs: nn.Sequential) -> list[tuple[Tensor, Tensor]]:
    """Each array of our network with torch's: the weighted layers of both come in the same order."""
    modules = [module for module in theirs if next(module.parameters(), None) is not None]
    weighted = [str(index) for index, layer in enumerate(ours.plan.layers) if layer.parameters()]
    module_of = dict(zip(weighted, modules, strict=True))
    pairs = []
    for dotted, value in ours.arrays().items():
        index, name = dotted.split(".")
        pairs.append((value, getattr(module_of[index], NAMES.get(name, name))))
    return pairs


def copy_weights(ours: Network, theirs: nn.Sequential) -> None:
    with torch.no_grad():
        for value, reference in matched(ours, theirs):
            reference.copy_(value)


def dcgan_pair() -> list[tuple[str, Network, nn.Sequential, Tensor]]:
    up = NetSettings(widths=(8, 4), norm="batch", output="tanh", norm_momentum=0.3, norm_epsilon=1e-3)
    down = NetSettings(widths=(4, 8), norm="batch", slope=0.3)
    generator = nn.Sequential(
        nn.Linear(5, 32, bias=False),
        nn.Unflatten(1, (8, 2, 2)),
        nn.BatchNorm2d(8, 1e-3, 0.3),
        nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(8, 4, 4, 2, 1, bias=False),
        nn.BatchNorm2d(4, 1e-3, 0.3),
        nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(4, 2, 4, 2, 1),
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(2, 4, 4, 2, 1),
        nn.LeakyReLU(0.3),
        nn.Conv2d(4, 8, 4, 2, 1, bias=False),
        nn.BatchNorm2d(8),
        nn.LeakyReLU(0.3),
        nn.Flatten(),
        nn.Linear(32, 1),
    )
    z = torch.randn(6, 5, generator=torch.Generator().manual_seed(0))
    x = torch.randn(6, 2, 8, 8, generator=torch.Generator().manual_seed(1))
    return [
        ("dcgan generator", network(NETS["dcgan"].generator(up, 5, (2, 8, 8), 0), up), generator, z),
        ("dcgan discriminator", network(NETS["dcgan"].discriminator(down, (2, 8, 8), 0), down), discriminator, x),
    ]


def dense_pair() -> list[tuple[str, Network, nn.Sequential, Tensor]]:
    up = NetSettings(net="dense", widths=(6, 7), norm="batch", activation="relu", output="sigmoid")
    down = NetSettings(net="dense", widths=(7, 6), activations=("arctan", "leaky"), slope=0.01)
    generator = nn.Sequential(
        nn.Linear(5, 6, bias=False),
        nn.BatchNorm1d(6),
        nn.ReLU(),
        nn.Linear(6, 7, bias=False),
        nn.BatchNorm1d(7),
        nn.ReLU(),
        nn.Linear(7, 12),
        nn.Sigmoid(),
        nn.Unflatten(1, (1, 3, 4)),
    )
    discriminator = nn.Sequential(
        nn.Flatten(), nn.Linear(12, 7), Arctan(), nn.Linear(7, 6), nn.LeakyReLU(0.01), nn.Linear(6, 1)
    )
    z = torch.randn(6, 5, generator=torch.Generator().manual_seed(2))
    x = torch.randn(6, 1, 3, 4, generator=torch.Generator().manual_seed(3))
    return [
        ("dense generator", network(NETS["dense"].generator(up, 5, (1, 3, 4), 0), up), generator, z),
        ("dense discriminator", network(NETS["dense"].discriminator(down, (1, 3, 4), 0), down), discriminator, x),
    ]


class Arctan(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return torch.atan(x)


PAIRS = [*dcgan_pair(), *dense_pair()]


@pytest.mark.parametrize(("ours", "theirs", "x"), [pair[1:] for pair in PAIRS], ids=[pair[0] for pair in PAIRS])
@pytest.mark.parametrize("mode", [INFERENCE, TRACKED], ids=["inference", "training"])
def test_forward_gradients_and_statistics_are_those_of_torch(
    ours: Network, theirs: nn.Sequential, x: Tensor, mode: Mode
):
    copy_weights(ours, theirs)
    theirs.train(mode.training)
    here, there = x.clone().requires_grad_(), x.clone().requires_grad_()
    weigh = torch.linspace(-1, 1, theirs(x).numel())
    copy_weights(ours, theirs)  # the line before moved their statistics

    a, b = ours(here, None, mode), theirs(there)
    torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)
    (a.flatten() * weigh).sum().backward()
    (b.flatten() * weigh).sum().backward()
    torch.testing.assert_close(here.grad, there.grad, rtol=1e-4, atol=1e-6)

    running = [name for name, _ in theirs.named_buffers() if "running" in name]
    assert len(matched(ours, theirs)) == len(list(theirs.parameters())) + len(running)
    for value, reference in matched(ours, theirs):
        torch.testing.assert_close(value, reference)
        if isinstance(value, nn.Parameter):
            assert value.grad is not None
            torch.testing.assert_close(value.grad, reference.grad, rtol=1e-4, atol=1e-5)
    ours.zero_grad()
    theirs.zero_grad()


REFERENCES = {
    "relu": nn.ReLU(),
    "leaky": nn.LeakyReLU(0.2),
    "tanh": nn.Tanh(),
    "sigmoid": nn.Sigmoid(),
    "arctan": Arctan(),
    "linear": nn.Identity(),
}


@pytest.mark.parametrize("kind", get_args(ActivationName))
def test_every_activation_has_a_reference(kind: ActivationName):
    x = torch.tensor([-3.0, -0.5, 0.0, 0.5, 3.0], dtype=torch.float64)
    activate = Network(Plan("generator", (5,), (Activation(kind),)), {})
    torch.testing.assert_close(activate(x.clone()), REFERENCES[kind](x))
    if kind != "linear":
        points = torch.tensor([-2.0, -0.5, 0.5, 2.0], dtype=torch.float64, requires_grad=True)
        assert torch.autograd.gradcheck(lambda value: activate(value * 1), points)


def batch_norm_net() -> Network:
    settings = NetSettings(net="dense", widths=(6,), norm="batch")
    return network(NETS["dense"].discriminator(settings, (4,), 0), settings)


def statistics(net: Network) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in net.arrays().items() if name.endswith(("mean", "variance"))}


def test_tracked_passes_move_the_running_statistics():
    net, x = batch_norm_net(), torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    before = statistics(net)
    hidden = nn.functional.linear(x, net.array(0, "weight"))
    net(x, None, TRACKED)
    after = statistics(net)
    torch.testing.assert_close(after["1.mean"], 0.9 * before["1.mean"] + 0.1 * hidden.mean(0))
    torch.testing.assert_close(after["1.variance"], 0.9 * before["1.variance"] + 0.1 * hidden.var(0))


def test_untracked_passes_use_the_batch_and_forget_it():
    net, x = batch_norm_net(), torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    before = statistics(net)
    untracked = net(x, None, UNTRACKED)
    assert all(torch.equal(value, statistics(net)[name]) for name, value in before.items())
    torch.testing.assert_close(untracked, net(x, None, TRACKED))
    assert not torch.allclose(untracked, net(x, None, INFERENCE))


def test_inference_sees_each_item_alone_and_moves_nothing():
    net, x = batch_norm_net(), torch.randn(64, 4, generator=torch.Generator().manual_seed(0))
    before = statistics(net)
    whole = net(x)
    assert all(torch.equal(value, statistics(net)[name]) for name, value in before.items())
    torch.testing.assert_close(torch.cat([net(x[i : i + 1]) for i in range(64)]), whole)


@pytest.mark.parametrize("kind", ["dense", "dcgan"])
@pytest.mark.parametrize("after", [0, 1])
def test_labels_change_what_comes_out(kind: str, after: int):
    settings = NetSettings(net=kind, widths=(8, 4), label_after=after)  # pyright: ignore[reportArgumentType]
    shape = (1, 8, 8)
    for plan, x in (
        (NETS[kind].generator(settings, 5, shape, 3), torch.ones(2, 5)),
        (NETS[kind].discriminator(settings, shape, 3), torch.ones(2, *shape)),
    ):
        net = network(plan, settings)
        zero, one, mixed = (net(x, torch.tensor(labels)) for labels in ([0, 0], [1, 1], [0, 1]))
        assert not torch.allclose(zero, one)
        torch.testing.assert_close(mixed, torch.stack([zero[0], one[1]]))
        with pytest.raises(ValueError, match="this network is labelled"):
            net(x)


def test_an_item_is_left_as_it_was():
    """ReLUs work in place: never on what was handed in."""
    for _, ours, _, x in PAIRS:
        before = x.clone()
        ours(x, None, TRACKED)
        assert torch.equal(x, before)


def test_double_precision_is_kept_and_half_is_not_let_out():
    for _, ours, _, x in PAIRS:
        exact = Network(
            ours.plan, {name: value.detach().numpy() for name, value in ours.arrays().items()}, torch.float64
        )
        assert exact(x.double()).dtype == torch.float64
        torch.testing.assert_close(exact(x.double()).float(), ours(x), rtol=1e-4, atol=1e-5)
        with torch.autocast("cpu", torch.bfloat16):
            rough = ours(x)
            assert exact(x.double()).dtype == torch.float64
        assert rough.dtype == torch.float32
        torch.testing.assert_close(rough, ours(x), rtol=0.1, atol=0.05)


def test_names_are_the_plan_s():
    ours = PAIRS[0][1]
    assert list(ours.arrays()) == list(initial_weights(ours.plan, NetSettings(), 0))
    assert ours.array(2, "scale") is ours.arrays()["2.scale"]
    assert isinstance(ours.arrays()["2.scale"], nn.Parameter)
    assert not isinstance(ours.arrays()["2.mean"], nn.Parameter)
