"""Parts of one's own are tried once: each mistake is one line, before the first update."""

from __future__ import annotations

import re

import pytest
import torch
from torch import nn

from gansmith.ground.errors import RecipeError
from gansmith.nets import NetPair
from gansmith.nets.network import Mode
from gansmith.nets.own import OwnNetwork
from gansmith.parts import Parts
from mistakes import REFUSED, REMARKED, Labelled, Strict, by_loss, discriminator, generator, nets, start


@pytest.mark.parametrize("name", REFUSED)
def test_a_mistake_is_refused_in_one_line(name: str):
    (parts, settings), words = REFUSED[name]
    with pytest.raises(RecipeError, match=words) as refused:
        start(parts, settings)
    assert "mine" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize("name", REMARKED)
def test_what_may_be_meant_so_is_remarked_on(name: str):
    (parts, settings), words = REMARKED[name]
    said = start(parts, settings)
    assert [line for line in said if re.search(words, line)], said


def test_right_ones_are_taken_without_a_word():
    assert start(*nets(generator)) == []
    assert start(*nets(generator, Strict)) == []
    (blind,) = start(*nets(Labelled), classes=3)
    assert "the discriminator of mine does not look at the labels" in blind


def test_a_loss_that_is_no_mean_trains_in_one_process_and_not_in_two():
    parts, _ = by_loss(lambda real, fake, targets: fake.std() - real.mean())
    assert start(parts, {}) == []
    with pytest.raises(RecipeError, match="2 processes would compute it part by part"):
        start(parts, {}, ranks=2)
    each, _ = by_loss(lambda real, fake, targets: (1 - real).relu() + (1 + fake).relu())
    start(each, {"generator__norm": "none"}, ranks=2)


def test_the_trial_leaves_no_trace():
    """Weights, buffers, gradients, modes of dice: as if nobody had looked."""
    made = (
        nn.Sequential(nn.Linear(4, 64), nn.BatchNorm1d(64), nn.Unflatten(1, (1, 8, 8)), nn.Tanh()),
        discriminator(nn.Dropout(0.5)),
    )
    before = [{name: value.clone() for name, value in net.state_dict().items()} for net in made]
    torch.manual_seed(5)
    state = torch.get_rng_state()
    start(Parts(nets=NetPair("mine", lambda *_: made)), {})
    assert torch.equal(torch.get_rng_state(), state)
    for net, was in zip(made, before, strict=True):
        for name, value in net.state_dict().items():
            assert torch.equal(value, was[name]), name
        assert all(weight.grad is None for weight in net.parameters())


def test_a_module_that_draws_gives_the_same_samples_again():
    net, x = OwnNetwork(nn.Sequential(nn.Linear(4, 4))), torch.ones(3, 4)
    net.module.forward = lambda given: given + torch.randn_like(given)
    assert torch.equal(net(x), net(x))
    one, same, other = (net(x, None, Mode(training=True, dropout_keys={0: key})) for key in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_networks_instead_of_a_function_that_builds_them_are_refused() -> None:
    with pytest.raises(RecipeError, match=r"NetPair\('mine', ...\) takes a function build.*not tuple"):
        NetPair("mine", (nn.Linear(2, 2), nn.Linear(2, 1)))  # pyright: ignore[reportArgumentType]
