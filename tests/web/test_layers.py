"""Every layer of a generator in JavaScript gives what NumPy gives, with SIMD and without."""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

import numpy as np
import pytest
from scripts_in_page import load, raw

from gansmith.by_hand.arrays import Arrays
from gansmith.by_hand.layers import Pass
from gansmith.by_hand.network import LAYERS as BY_HAND
from gansmith.by_hand.network import Network
from gansmith.ground.networks import plan as plans
from gansmith.ground.networks.plan import Layer, Plan, Shape
from gansmith.ground.pixels import SCALE, PixelRange, to_bytes
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe
from gansmith.nets import NETS
from gansmith.nets.pairs.blocks import CONDITIONING
from gansmith.web.model import RECORDS, settled, write

CLASSES = 3
ITEMS = 5


@pytest.fixture(scope="module")
def renderer(browser: Any) -> Any:
    """A page that knows the renderer."""
    page = browser.new_context(offline=True).new_page()
    load(page, "engine/renderer.js")
    return page


EXAMPLES: dict[str, tuple[Layer, Shape]] = {  # a layer, and the shape of its input
    "Linear": (plans.Linear(7, 10), (7,)),
    "Linear without bias": (plans.Linear(16, 16, bias=False), (16,)),
    "Conv": (plans.Conv(3, 5, 3, 1, ((1, 1), (1, 1))), (3, 7, 6)),
    "Conv with stride": (plans.Conv(4, 8, 4, 2, ((1, 2), (0, 1)), bias=False), (4, 9, 10)),
    "Conv 1x1": (plans.Conv(6, 1, 1, 1, ((0, 0), (0, 0))), (6, 4, 3)),
    "ConvTranspose": (plans.ConvTranspose(5, 3, 4, 2, ((1, 1), (1, 1))), (5, 4, 3)),
    "ConvTranspose cut unevenly": (plans.ConvTranspose(4, 2, 5, 2, ((1, 2), (2, 1)), bias=False), (4, 3, 5)),
    "ConvTranspose of stride 3": (plans.ConvTranspose(2, 4, 3, 3, ((0, 1), (0, 0))), (2, 3, 3)),
    "BatchNorm of features": (plans.BatchNorm(6, 0.1, 1e-5), (6,)),
    "BatchNorm": (plans.BatchNorm(4, 0.1, 1e-3), (4, 3, 2)),
    "ConditionalBatchNorm": (plans.ConditionalBatchNorm(4, CLASSES, 0.1, 1e-5), (4, 3, 2)),
    "Style": (plans.Style(6, 1), (6,)),
    "StyledNorm": (plans.StyledNorm(6, 6, 0, 0, 0.1, 1e-3), (6,)),
    "StyledNorm of classes": (plans.StyledNorm(6, 6, 0, CLASSES, 0.1, 1e-5), (6,)),
    "Activation relu": (plans.Activation("relu"), (9,)),
    "Activation leaky": (plans.Activation("leaky", 0.3), (2, 3, 3)),
    "Activation tanh": (plans.Activation("tanh"), (9,)),
    "Activation arctan": (plans.Activation("arctan"), (9,)),
    "Activation sigmoid": (plans.Activation("sigmoid"), (9,)),
    "Activation linear": (plans.Activation("linear"), (9,)),
    "Dropout": (plans.Dropout(0.5), (4,)),
    "Reshape": (plans.Reshape((12,)), (3, 2, 2)),
    "Reshape of pictures": (plans.Reshape((6, 2, 1)), (3, 2, 2)),
    "ConcatLabels": (plans.ConcatLabels(CLASSES), (4,)),
    "ConcatLabels of pictures": (plans.ConcatLabels(CLASSES), (2, 3, 2)),
    "Upsample": (plans.Upsample(2, (5, 6)), (3, 3, 3)),
    "ToPixels": (plans.ToPixels(2), (12, 3, 2)),
    "Residual": (plans.Residual((plans.Activation("relu"), plans.Linear(6, 6)), (), 0.1), (6,)),
    "Residual with shortcut": (
        plans.Residual(
            (plans.BatchNorm(3, 0.1, 1e-5), plans.Conv(3, 4, 3, 1, ((1, 1), (1, 1)))),
            (plans.Conv(3, 4, 1, 1, ((0, 0), (0, 0)), bias=False),),
            0.5,
        ),
        (3, 4, 4),
    ),
}


def test_the_examples_show_every_kind():
    assert {type(layer) for layer, _ in EXAMPLES.values()} == set(RECORDS)


def generators() -> list[Plan]:
    """A generator of every pair, with each conditioning and norm that it takes."""
    made: list[Plan] = []
    base = override(Recipe(), {"generator.widths": [8, 4], "generator.bottleneck": 4})
    for net, pair in NETS.items():
        for conditioning in CONDITIONING["generator"]:
            for norm in ("none", "batch"):
                if norm == "none" and "norm" in conditioning:
                    continue
                settings = replace(base.generator, net=net, conditioning=conditioning, norm=norm)
                dim = 16 * 12 if net == "hourglass" else 6
                if norm == "batch" and net in ("dcgan", "subpixel", "resnet"):
                    made.append(pair.generator(replace(settings, mapping=2), dim, (1, 16, 12), CLASSES))
                made.append(pair.generator(settings, dim, (1, 16, 12), CLASSES))
    return made


def kinds(layers: tuple[Layer, ...]) -> set[type[Layer]]:
    return {type(layer) for layer in layers}.union(
        *(kinds(stack) for layer in layers for stack in layer.sublayers().values())
    )


def test_every_layer_of_a_generator_has_a_record():
    """A new kind of layer fails here by name until the renderer knows it."""
    used = set[type[Layer]]().union(*(kinds(plan.layers) for plan in generators()))
    assert used <= set(RECORDS)


def test_the_renderer_has_a_class_for_every_record(renderer: Any):
    wanted = {kind.__name__ for kind in RECORDS} - {"Dropout"}  # which does nothing outside training
    assert set(renderer.evaluate("Object.keys(LAYERS)")) == wanted


def arrays_of(layers: tuple[Layer, ...], rng: np.random.Generator, prefix: str = "") -> dict[str, np.ndarray]:
    """Random arrays; variances above 0."""
    found: dict[str, np.ndarray] = {}
    for name, layer in plans.leaves(layers, prefix):
        for which, shape in {**layer.parameters(), **layer.buffers()}.items():
            values = rng.standard_normal(shape)
            found[f"{name}.{which}"] = (np.abs(values) + 0.3 if which == "variance" else values).astype(np.float32)
    return found


# ---- the referee: NumPy, channels last


def run(layers: tuple[Layer, ...], x: np.ndarray, arrays: dict[str, np.ndarray], labels: np.ndarray, prefix: str = ""):
    for index, layer in enumerate(layers):
        x = apply(layer, x, arrays, labels, f"{prefix}{index}")
    return x


def apply(layer: Layer, x: np.ndarray, arrays: dict[str, np.ndarray], labels: np.ndarray, name: str) -> np.ndarray:
    if type(layer) in BY_HAND:
        return by_hand(layer, x, arrays, labels, name)
    match layer:
        case plans.ConditionalBatchNorm():
            scale, shift, mean, variance = (arrays[f"{name}.{one}"] for one in ("scale", "shift", "mean", "variance"))
            shape = (len(x),) + (1,) * (x.ndim - 2) + (layer.features,)
            normal = (x - mean) / np.sqrt(variance + layer.epsilon)
            return scale[labels].reshape(shape) * normal + shift[labels].reshape(shape)
        case plans.Style():
            arrays["style"] = x
            return x
        case plans.StyledNorm():
            scale, shift = np.split(arrays["style"] @ arrays[f"{name}.weight"].T, 2, axis=1)
            rows = labels if layer.classes else slice(None)
            scale, shift = scale + arrays[f"{name}.scale"][rows], shift + arrays[f"{name}.shift"][rows]
            shape = (len(x),) + (1,) * (x.ndim - 2) + (layer.features,)
            normal = (x - arrays[f"{name}.mean"]) / np.sqrt(arrays[f"{name}.variance"] + layer.epsilon)
            return scale.reshape(shape) * normal + shift.reshape(shape)
        case plans.Upsample(factor=factor, size=(height, width)):
            return x.repeat(factor, axis=1).repeat(factor, axis=2)[:, :height, :width]
        case plans.ToPixels(factor=f):
            items, height, width, inner = x.shape
            parts = x.reshape(items, height, width, inner // f**2, f, f)
            return parts.transpose(0, 1, 4, 2, 5, 3).reshape(items, height * f, width * f, inner // f**2)
        case plans.Residual():
            body = run(layer.body, x, arrays, labels, f"{name}.body.")
            return run(layer.shortcut, x, arrays, labels, f"{name}.shortcut.") + layer.scale * body
    raise AssertionError(f"no referee for {layer}")


def by_hand(layer: Layer, x: np.ndarray, arrays: dict[str, np.ndarray], labels: np.ndarray, name: str) -> np.ndarray:
    shape = x.shape[1:] if x.ndim == 2 else (x.shape[3], *x.shape[1:3])
    plan = Plan("generator", shape, (layer,))
    weights = Arrays(plan, np.dtype(np.float32), statistics=True)
    for own, view in weights.named():
        view[...] = arrays[f"{name}.{own.partition('.')[2]}"]
    return Network(plan).forward(x, weights, Pass(labels))


@pytest.mark.parametrize("simd", [True, False], ids=["simd", "plain"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_javascript_gives_what_numpy_gives(name: str, simd: bool, renderer: Any):
    layer, shape = EXAMPLES[name]
    rng = np.random.default_rng(3)
    before = (plans.Style(prod(shape), 1),) if isinstance(layer, plans.StyledNorm) else ()
    plan = Plan("generator", (prod(shape),), (*before, plans.Reshape(shape), layer))
    arrays = arrays_of(plan.layers, rng)
    latents = rng.standard_normal((ITEMS, prod(shape))).astype(np.float32)
    labels = np.arange(ITEMS) % CLASSES
    model = write(plan, arrays, "fp32")
    wanted = run(plan.layers, latents, arrays, labels)
    np.testing.assert_allclose(raw(renderer, model, latents, labels, simd), wanted, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("simd", [True, False], ids=["simd", "plain"])
def test_every_generator_gives_what_torch_gives(simd: bool, renderer: Any):
    """Whole plans with random weights, spectral norm among them."""
    torch = pytest.importorskip("torch")
    from gansmith.nets.inference import run_in_chunks
    from gansmith.nets.network import Network as TorchNetwork

    labels = np.arange(ITEMS) % CLASSES
    for number, plan in enumerate(generators()):
        rng = np.random.default_rng(number)
        plan = spectral(plan) if number % 3 == 0 else plan
        arrays = {name: value * np.float32(0.2) for name, value in arrays_of(plan.layers, rng).items()}
        latents = rng.standard_normal((ITEMS, plan.input_shape[0])).astype(np.float32)
        network = TorchNetwork(plan, arrays)
        wanted = run_in_chunks(network, latents, labels, torch.device("cpu"), torch.float32)
        layers, kept = settled(plan.layers, arrays)
        made = raw(renderer, write(replace(plan, layers=layers), kept, "fp32"), latents, labels, simd)
        np.testing.assert_allclose(made, wanted, rtol=1e-5, atol=1e-5, err_msg=str(plan))


ENDS = [-1.5, -1.0, -0.001, 0.0, 0.5, 0.1, 1 / 3, 1.0, 7.0, float("inf"), -float("inf"), float("nan")]


@pytest.mark.parametrize("pixel_range", ["symmetric", "unit"])
def test_bytes_are_those_of_python(pixel_range: PixelRange, renderer: Any):
    """Halves, ends, and what is no number; then every byte and its neighbours."""
    steps = (np.arange(0, 255, 0.25, np.float32) * SCALE[pixel_range][0] + SCALE[pixel_range][1]).tolist()
    values = np.array([*ENDS, *steps], np.float32)
    made = renderer.evaluate(
        """([values, pixels]) => {
            const model = {layers: [], arrays: [], latent: {dim: values.length}, output: [values.length], activations: 1, pixels};
            return Array.from(new Renderer(model, null).pictures(Float32Array.from(values)));
        }""",
        [values.tolist(), pixel_range],
    )
    assert made == to_bytes(values, pixel_range).tolist()


def spectral(plan: Plan) -> Plan:
    """The plan with spectral norm on its weights at the top."""
    layers = tuple(
        replace(layer, spectral=True) if isinstance(layer, plans.Weighted) else layer for layer in plan.layers
    )
    return replace(plan, layers=layers)
