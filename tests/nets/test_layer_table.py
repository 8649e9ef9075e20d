"""The table of layers is complete, and a new kind of layer needs a record, a module and a row."""

from __future__ import annotations

from dataclasses import dataclass, is_dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import gansmith
from gansmith.by_hand import layers as by_hand
from gansmith.by_hand.network import LAYERS as BY_HAND
from gansmith.ground.networks import plan
from gansmith.ground.networks.cost import activations, count, operations
from gansmith.ground.networks.plan import Activation, Layer, Linear, Plan, Residual, Shape, leaves
from gansmith.ground.recipes.settings import NetSettings
from gansmith.nets import NETS, PlanPair, plan_generator
from gansmith.nets.initial import initial_weights
from gansmith.nets.layers import LAYERS
from gansmith.nets.layers.torch_layer import ForwardContext, TorchLayer
from gansmith.nets.modes import Mode
from gansmith.nets.network import Network
from gansmith.nets.pairs.blocks import Stack
from gansmith.report.page import write_report
from gansmith.runs.diagnose import diagnose
from gansmith.training import checkpoint


def test_every_record_has_a_torch_module():
    records = {kind for kind in vars(plan).values() if isinstance(kind, type) and issubclass(kind, Layer)}
    assert set(LAYERS) == {kind for kind in records if is_dataclass(kind)}
    for kind, module in LAYERS.items():
        assert module.__name__ == kind.__name__
        assert module.forward is not TorchLayer.forward


@dataclass(frozen=True)
class Scale(Layer):
    """y = weight * x, feature by feature; then `copies` of it."""

    features: int
    copies: int = 1

    def shape_after(self, shape: Shape) -> Shape:
        self._expect(shape == (self.features,), shape)
        return (self.features * self.copies,)

    def parameters(self) -> dict[str, Shape]:
        return {"weight": (1, self.features)}

    def operations(self, shape: Shape) -> int:
        return self.features


class TorchScale(TorchLayer[Scale]):
    """The module of the new kind."""

    weight: nn.Parameter

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        return (x * self.weight).repeat(1, self.record.copies)


def test_a_new_kind_of_layer_is_a_record_a_module_and_a_row(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(LAYERS, Scale, TorchScale)
    made = Plan("discriminator", (3,), (Scale(3, 2), Activation("tanh"), Residual((Scale(6),)), Linear(6, 1)))
    assert made.output_shape == (1,)
    assert [name for name, _ in leaves(made.layers)] == ["0", "1", "2.body.0", "3"]
    assert (count(made).trained, operations(made), activations(made)) == (3 + 6 + 7, 3 + 6 + 12, 3 + 6 * 4 + 1)

    arrays = initial_weights(made, NetSettings(initial="keras"), 1)
    network = Network(made, arrays, torch.float64)
    assert list(network.arrays()) == list(arrays) == ["0.weight", "2.body.0.weight", "3.weight", "3.bias"]
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    first, inner, weight, bias = (torch.as_tensor(array, dtype=torch.float64) for array in arrays.values())
    hidden = torch.tanh((x * first).repeat(1, 2))
    expected = ((hidden + hidden * inner) @ weight.T + bias).flatten()
    torch.testing.assert_close(network.discriminate(x, None, Mode(training=True)).logits, expected)
    found = torch.autograd.grad(network(x).sum(), [x, *network.weights().values()])
    assert [gradient.shape for gradient in found] == [x.shape, *(np.shape(array) for array in arrays.values())]
    torch.testing.assert_close(found[0], torch.autograd.grad(expected.sum(), x)[0])


def test_a_layer_that_does_not_fit_says_so():
    with pytest.raises(ValueError, match=r"Scale\(features=3, copies=1\) does not take shape \(4,\)"):
        Scale(3).shape_after((4,))


class NumpyScale(by_hand.Layer[Scale]):
    """The same for the NumPy engine."""

    def forward(self, x: np.ndarray, w: dict[str, np.ndarray], mode: by_hand.Pass) -> np.ndarray:
        self.x = x
        return x * w["weight"]

    def backward(
        self, dy: np.ndarray, w: dict[str, np.ndarray], into: dict[str, np.ndarray] | None, need_dx: bool = True
    ) -> np.ndarray:
        if into is not None:
            into["weight"][...] = (dy * self.x).sum(0)
        return dy * w["weight"]


def scaled_generator(stack: Stack, item_shape: Shape) -> None:
    """The dense generator with the new layer before it."""
    stack.add(Scale(stack.shape[0]))
    NETS["dense"].generator_layers(stack, item_shape)


@pytest.mark.parametrize("engine", ["torch", "numpy"])
def test_a_new_kind_of_layer_is_trained_and_watched(engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Three updates of a whole run, with its diagnosis and its report."""
    monkeypatch.setitem(LAYERS, Scale, TorchScale)
    monkeypatch.setitem(BY_HAND, Scale, NumpyScale)
    pair = PlanPair(scaled_generator, NETS["dense"].discriminator_layers)
    monkeypatch.setattr("gansmith.nets.NETS", {**NETS, "dense": pair})
    settings = {
        "engine": engine, "data.batch": 8, "generator.widths": [8], "discriminator.widths": [8], "watch.stats_every": 1,
        "regularizer.name": "none", "generator.norm": "none", "precision.name": "float32", "ema.recalibrate": 0,
    }  # fmt: skip
    run = gansmith.train("ring", out=tmp_path / "run", updates=3, settings=settings)
    saved = checkpoint.load_newest(run.folder)[0].state.arrays
    started = initial_weights(plan_generator(run.recipe, (2,), 0), run.recipe.generator, run.recipe.seed)
    assert saved["generator/0.weight"].shape == started["0.weight"].shape == (1, 2)
    assert not np.array_equal(saved["generator/0.weight"], started["0.weight"])
    assert [row["update"] for row in run.stats] == [1, 2, 3]
    found = diagnose(run.folder.root)
    assert (found.update, found.looks > 0) == (3, True)
    assert write_report(run.folder).is_file()
