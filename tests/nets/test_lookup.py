"""A dense layer after many labels is what it would be with one-hot labels."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.autograd import gradcheck, gradgradcheck

from gansmith.ground.networks.plan import Activation, ConcatLabels, Linear, Plan, Reshape, Residual
from gansmith.nets.layers import lookup
from gansmith.nets.modes import Mode
from gansmith.nets.network import Network

CLASSES = 70


def network(dtype: torch.dtype, classes: int = CLASSES) -> Network:
    """One label before a dense layer, one within a block, one before a layer that must see it hot."""
    inner = ConcatLabels(classes), Linear(6 + classes, 6)
    layers = (
        ConcatLabels(classes), Linear(5 + classes, 6), Activation("leaky"), Residual(inner, (), 0.5),
        ConcatLabels(classes), Linear(6 + classes, 4, spectral=True), Reshape((4,)),
    )  # fmt: skip
    rng = np.random.default_rng(0)
    arrays = {f"{n}.weight": rng.normal(size=(out, size + classes)) for n, size, out in (("1", 5, 6), ("5", 6, 4))}
    arrays |= {"3.body.1.weight": rng.normal(size=(6, 6 + classes)), "5.left": rng.normal(size=4)}
    arrays |= {f"{n}.bias": rng.normal(size=out) for n, out in (("1", 6), ("3.body.1", 6), ("5", 4))}
    return Network(Plan("generator", (5,), layers), arrays, dtype)


def hot(dtype: torch.dtype) -> Network:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lookup, "MANY", CLASSES + 1)
        made = network(dtype)
    assert not made.tables
    return made


def outcome(made: Network, x: Tensor, labels: Tensor) -> list[Tensor]:
    """The output, and the gradients of its square by x and by all weights, in the shapes of the plan."""
    x = x.detach().requires_grad_()
    y = made(x, labels, Mode(training=True))
    names, weights = zip(*made.weights().items(), strict=True)
    by_x, *slopes = torch.autograd.grad(y.float().square().sum(), [x, *weights])
    return [
        y,
        by_x,
        *(made.to_storage_layout(name, slope.to_dense()) for name, slope in zip(names, slopes, strict=True)),
    ]


@pytest.mark.parametrize("sparse", [False, True])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_it_is_the_layer_with_hot_labels(dtype: torch.dtype, sparse: bool):
    x, labels = torch.randn(9, 5, dtype=dtype), torch.randint(CLASSES, (9,))
    labels[1] = labels[0]
    made = network(dtype)
    made.sparse = sparse
    assert made.tables == {"1.weight", "3.body.1.weight"}  # not 5: the spectral norm is that of the whole matrix
    for ours, theirs in zip(outcome(made, x, labels), outcome(hot(dtype), x, labels), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_under_autocast_too():
    rng = torch.Generator().manual_seed(0)  # of some inputs, a number near the kink comes out on its other side
    x, labels = torch.randn(9, 5, generator=rng), torch.randint(CLASSES, (9,), generator=rng)
    with torch.autocast("cpu", torch.bfloat16):
        ours, theirs = (outcome(made, x, labels) for made in (network(torch.float32), hot(torch.float32)))
    for one, other in zip(ours, theirs, strict=True):
        assert one.dtype == other.dtype
        assert (one - other).norm() < 0.02 * other.norm()


def test_few_labels_stay_hot():
    assert not network(torch.float32, classes=lookup.MANY - 1).tables


def test_weights_are_kept_a_label_a_row():
    """Its weights side by side: what an optimiser's step reads in one go."""
    made = network(torch.float32)
    kept = made.weights()["1.weight"]
    assert kept.shape == (5 + CLASSES, 6)
    assert kept.is_contiguous()
    torch.testing.assert_close(made.array(1, "weight"), kept.T)
    assert made.arrays()["1.weight"].shape == (6, 5 + CLASSES)


def test_a_sparse_gradient_has_the_rows_of_features_and_labels():
    made = network(torch.float32)
    made.sparse = True
    y = made(torch.randn(3, 5), torch.tensor([69, 1, 1]), Mode(training=True))
    (slope,) = torch.autograd.grad(y.sum(), made.weights()["1.weight"])
    assert slope.is_coalesced()
    assert slope.indices()[0].tolist() == [0, 1, 2, 3, 4, 5 + 1, 5 + 69]


def test_first_and_second_derivatives():
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(3 + 5, 2, dtype=torch.float64, requires_grad=True)
    labels = torch.tensor([0, 4, 4, 2])
    assert gradcheck(lookup.Dense.apply, (x, weight, labels, False))
    assert gradgradcheck(lookup.Dense.apply, (x, weight, labels, False))


def test_labels_are_those_that_there_are():
    """-1 is no way to the weights of a feature, nor is a narrow input a label's place."""
    made = network(torch.float32)
    for label in (-1, CLASSES):
        with pytest.raises(IndexError):
            made(torch.randn(1, 5), torch.tensor([label]))
    plain = Network(Plan("generator", (5,), (Linear(5, 2),)), {"0.weight": np.ones((2, 5)), "0.bias": np.ones(2)})
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        plain(torch.randn(2, 3), torch.tensor([0, 1]))


def test_labels_are_asked_for():
    with pytest.raises(ValueError, match=r"give labels in 0\.\.69"):
        network(torch.float32)(torch.randn(2, 5))
