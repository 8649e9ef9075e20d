"""Every layer's backward pass against central differences, and its forward pass against torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from gansmith.by_hand.arrays import Arrays
from gansmith.by_hand.layers import Pass
from gansmith.by_hand.network import LAYERS
from gansmith.ground.networks import plan
from gansmith.ground.networks.plan import Layer, Plan, Shape

from . import central

FLOAT64 = np.dtype(np.float64)
TRAINING = Pass(training=True, track=True, dropout_key=lambda index: 1234 + index)
few = settings(max_examples=25, deadline=None)


def check_layer(layer: Layer, x: np.ndarray, how: Pass = TRAINING, seed: int = 0) -> None:
    """dL/dx and dL/dw of L = sum(c y), for a random c, within 1e-6 of central differences."""
    rng = np.random.default_rng(seed)
    arrays = Arrays(Plan("generator", features_first(x), (layer,)), FLOAT64, statistics=True)
    arrays.trained[...] = rng.normal(size=arrays.trained.shape)
    arrays.statistics[...] = rng.uniform(0.5, 1.5, arrays.statistics.shape)
    into = Arrays(Plan("generator", features_first(x), (layer,)), FLOAT64)
    hand = LAYERS[type(layer)](layer, 0)
    untracked = Pass(how.labels, how.training, track=False, dropout_key=how.dropout_key)
    weights = rng.normal(size=hand.forward(x, arrays.of[0], untracked).shape)

    def loss() -> float:
        return float((weights * hand.forward(x, arrays.of[0], untracked)).sum())

    before = x.copy()
    loss()
    dx = hand.backward(weights.copy(), arrays.of[0], into.of[0]).copy()
    assert np.array_equal(x, before), "a forward pass leaves its input as it is"
    assert central.error(dx, central.gradient(loss, x)) < 1e-6
    for name in layer.parameters():
        numeric = central.gradient(loss, arrays.of[0][name])
        assert central.error(into.of[0][name], numeric) < 1e-6, name


def features_first(x: np.ndarray) -> Shape:
    return (x.shape[-1], *x.shape[1:-1])


def off_the_kink(rng: np.random.Generator, shape: Shape) -> np.ndarray:
    """Numbers of both signs, none nearer to 0 than .05."""
    x = rng.normal(size=shape)
    return x + np.copysign(0.05, x)


@few
@given(st.integers(1, 4), st.integers(1, 6), st.integers(1, 6), st.booleans())
def test_dense(batch: int, inputs: int, outputs: int, bias: bool) -> None:
    x = np.random.default_rng(1).normal(size=(batch, inputs))
    check_layer(plan.Linear(inputs, outputs, bias), x)


@pytest.mark.parametrize("kind", ["relu", "leaky", "tanh", "arctan", "sigmoid", "linear"])
@pytest.mark.parametrize("shape", [(3, 5), (2, 3, 4, 2)])
def test_activations(kind: str, shape: Shape) -> None:
    check_layer(plan.Activation(kind, 0.3), off_the_kink(np.random.default_rng(2), shape))  # pyright: ignore[reportArgumentType]


@few
@given(st.integers(3, 5), st.integers(1, 4), st.integers(0, 3), st.booleans())
def test_batch_norm(batch: int, features: int, side: int, training: bool) -> None:
    shape = (batch, side, side + 1, features) if side else (batch, features)
    x = np.random.default_rng(3).normal(2, 3, size=shape)
    check_layer(plan.BatchNorm(features, 0.1, 1e-3), x, Pass(training=training))


def test_batch_norm_per_feature_of_a_flat_picture() -> None:
    check_layer(plan.BatchNorm(12, 0.1, 1e-5), np.random.default_rng(4).normal(size=(5, 12)))


@few
@given(st.integers(1, 4), st.integers(1, 6), st.integers(0, 3), st.floats(0.1, 0.9))
def test_dropout(batch: int, features: int, side: int, rate: float) -> None:
    shape = (batch, side, side + 1, features) if side else (batch, features)
    check_layer(plan.Dropout(rate), np.random.default_rng(5).normal(size=shape))


@few
@given(st.integers(1, 4), st.lists(st.integers(1, 4), min_size=1, max_size=4), st.integers(0, 3), st.booleans())
def test_grouped_softmax(batch: int, groups: list[int], side: int, noisy: bool) -> None:
    shape = (batch, side, side + 1, sum(groups)) if side else (batch, sum(groups))
    x = np.random.default_rng(12).normal(size=shape)
    check_layer(plan.GroupedSoftmax(tuple(groups), 0.7 if noisy else 0.0), x)


@pytest.mark.parametrize(
    ("shape", "target"),
    [((2, 3, 4, 5), (60,)), ((2, 60), (5, 3, 4)), ((2, 3, 4, 1), (12,)), ((3, 7), (7,)), ((2, 2, 6, 3), (4, 3, 3))],
)
def test_reshape(shape: Shape, target: Shape) -> None:
    check_layer(plan.Reshape(target), np.random.default_rng(6).normal(size=shape))


def test_reshape_counts_row_major_over_channels_height_width() -> None:
    pictures = np.arange(2 * 3 * 4 * 5, dtype=np.float64).reshape(2, 3, 4, 5)  # (B, C, H, W)
    hand = LAYERS[plan.Reshape](plan.Reshape((60,)), 0)
    flat = hand.forward(pictures.transpose(0, 2, 3, 1), {}, Pass())
    assert np.array_equal(flat, pictures.reshape(2, 60))


@few
@given(st.integers(1, 4), st.integers(1, 4), st.integers(1, 5), st.booleans())
def test_concat_labels(batch: int, features: int, classes: int, picture: bool) -> None:
    rng = np.random.default_rng(7)
    x = rng.normal(size=(batch, 2, 3, features) if picture else (batch, features))
    check_layer(plan.ConcatLabels(classes), x, Pass(rng.integers(0, classes, batch), training=True))


def sized(largest: int) -> st.SearchStrategy[plan.Size]:
    """A size of windows or steps: one number, or one down and one across."""
    return st.integers(1, largest) | st.tuples(st.integers(1, largest), st.integers(1, largest))


kernels = st.tuples(sized(4), sized(3))  # kernel, stride
sides = st.tuples(st.integers(0, 2), st.integers(0, 3))


@few
@given(kernels, sides, sides, st.integers(1, 3), st.integers(1, 2), st.integers(1, 3), st.booleans())
def test_convolution(
    kernel: tuple[plan.Size, plan.Size],
    rows: plan.Sides,
    columns: plan.Sides,
    batch: int,
    inputs: int,
    outputs: int,
    bias: bool,
) -> None:
    layer = plan.Conv(inputs, outputs, *kernel, (rows, columns), bias)
    check_layer(layer, np.random.default_rng(8).normal(size=(batch, 4, 5, inputs)))


@few
@given(kernels, sides, sides, st.integers(1, 3), st.integers(1, 2), st.integers(1, 3), st.booleans())
def test_transposed_convolution(
    kernel: tuple[plan.Size, plan.Size],
    rows: plan.Sides,
    columns: plan.Sides,
    batch: int,
    inputs: int,
    outputs: int,
    bias: bool,
) -> None:
    crop = tuple((min(a, 1), min(b, 1)) for a, b in (rows, columns))
    layer = plan.ConvTranspose(inputs, outputs, *kernel, (crop[0], crop[1]), bias)
    check_layer(layer, np.random.default_rng(9).normal(size=(batch, 3, 4, inputs)))


@few
@given(kernels, sides, sides, st.integers(1, 3), st.integers(1, 3))
def test_a_transposed_convolution_is_the_adjoint_of_a_convolution(
    kernel: tuple[plan.Size, plan.Size], rows: plan.Sides, columns: plan.Sides, inputs: int, outputs: int
) -> None:
    """<conv(x), y> = <x, transpose(y)> where the strides leave no rest."""
    size = [sum(pad) for pad in (rows, columns)]
    window, step = plan.down_and_across(kernel[0]), plan.down_and_across(kernel[1])
    shape = [window[n] + step[n] * (5 - n) - pad for n, pad in enumerate(size)]
    if min(shape) < 1:
        return
    rng = np.random.default_rng(10)
    down = plan.Conv(inputs, outputs, *kernel, (rows, columns), False)
    up = plan.ConvTranspose(outputs, inputs, *kernel, (rows, columns), False)
    w = rng.normal(size=(outputs, *window, inputs))
    x = rng.normal(size=(2, *shape, inputs))
    y = LAYERS[plan.Conv](down, 0).forward(x, {"weight": w}, Pass())
    other = rng.normal(size=y.shape)
    back = LAYERS[plan.ConvTranspose](up, 0).forward(other, {"weight": w}, Pass())
    assert (y * other).sum() == pytest.approx((x * back).sum(), rel=1e-10)


@few
@given(sized(3), st.integers(1, 5), st.integers(1, 7), st.integers(1, 2))
def test_upsampling(factor: plan.Size, height: int, width: int, channels: int) -> None:
    down, across = plan.down_and_across(factor)
    shape = (2, -(-height // down), -(-width // across), channels)
    check_layer(plan.Upsample(factor, (height, width)), np.random.default_rng(12).normal(size=shape))


@few
@given(st.integers(1, 7), st.integers(1, 4), st.integers(1, 3))
def test_packs(batch: int, count: int, features: int) -> None:
    x = np.random.default_rng(14).normal(size=(batch, features))
    check_layer(plan.Pack(count), x)


def test_packs_are_rows_as_they_come_each_itself_first() -> None:
    x = np.arange(5.0)[:, None]
    packed = LAYERS[plan.Pack](plan.Pack(2), 0).forward(x, {}, TRAINING)
    assert packed.tolist() == [[0, 1], [1, 0], [2, 3], [3, 2], [4, 4]]


@few
@given(st.integers(1, 5), st.integers(0, 3), st.integers(0, 4), st.integers(1, 3))
def test_phase_shuffle(batch: int, most: int, more: int, channels: int) -> None:
    x = np.random.default_rng(13).normal(size=(batch, 1, most + 1 + more, channels))
    check_layer(plan.PhaseShuffle(most), x)


def test_phase_shuffle_moves_and_mirrors() -> None:
    x = np.arange(8.0).reshape(1, 1, 8, 1).repeat(64, axis=0)
    moved = LAYERS[plan.PhaseShuffle](plan.PhaseShuffle(2), 0).forward(x, {}, TRAINING)[:, 0, :, 0]
    allowed = {
        (2, 3, 4, 5, 6, 7, 6, 5), (1, 2, 3, 4, 5, 6, 7, 6), tuple(range(8)), (1, 0, 1, 2, 3, 4, 5, 6), (2, 1, 0, 1, 2, 3, 4, 5),
    }  # fmt: skip
    assert {tuple(row) for row in moved} == allowed
    still = LAYERS[plan.PhaseShuffle](plan.PhaseShuffle(2), 0).forward(x, {}, Pass())
    assert np.array_equal(still, x)


TORCH_CASES: list[tuple[Layer, Shape]] = [
    (plan.Linear(7, 5), (7,)),
    (plan.Activation("leaky", 0.3), (5,)),
    (plan.Activation("arctan"), (5,)),
    (plan.Activation("sigmoid"), (5,)),
    (plan.BatchNorm(4, 0.1, 1e-5), (4, 3, 5)),
    (plan.Conv(3, 4, 5, 2, ((1, 2), (2, 1))), (3, 8, 9)),
    (plan.ConvTranspose(3, 4, 5, 2, ((1, 2), (2, 1))), (3, 4, 5)),
    (plan.Conv(3, 4, (1, 25), (1, 4), ((0, 0), (10, 11))), (3, 1, 32)),
    (plan.ConvTranspose(3, 4, (2, 25), (1, 4), ((0, 1), (10, 11))), (3, 2, 8)),
]


@pytest.mark.parametrize(("layer", "shape"), TORCH_CASES, ids=lambda case: type(case).__name__)
def test_forward_is_torchs(layer: Layer, shape: Shape) -> None:
    rng = np.random.default_rng(11)
    x = rng.normal(size=(6, *shape)).astype(np.float32)
    arrays = Arrays(Plan("generator", shape, (layer,)), np.dtype(np.float32), statistics=True)
    for _, array in arrays.named():
        array[...] = rng.normal(size=array.shape)
    hand = LAYERS[type(layer)](layer, 0)
    y = hand.forward(np.ascontiguousarray(np.moveaxis(x, 1, -1)), arrays.of[0], Pass(training=True))
    w = {name.split(".")[1]: torch.tensor(np.array(array)) for name, array in arrays.named()}
    expected = torch_layer(layer, torch.tensor(x), w)
    assert tuple(expected.shape[1:]) == layer.shape_after(shape)
    assert np.abs(np.moveaxis(y, -1, 1) - expected.numpy()).max() < 1e-5 * max(1.0, float(expected.abs().max()))


def torch_layer(layer: Layer, x: torch.Tensor, w: dict[str, torch.Tensor]) -> torch.Tensor:
    match layer:
        case plan.Linear():
            return F.linear(x, w["weight"], w["bias"])
        case plan.Activation():
            return {"leaky": lambda v: F.leaky_relu(v, layer.slope), "arctan": torch.atan, "sigmoid": torch.sigmoid}[
                layer.kind
            ](x)
        case plan.BatchNorm():
            return F.batch_norm(x, None, None, w["scale"], w["shift"], True, 0.1, layer.epsilon)
        case plan.Conv():
            (top, bottom), (left, right) = layer.padding
            return F.conv2d(F.pad(x, (left, right, top, bottom)), w["weight"], w["bias"], layer.stride)
        case plan.ConvTranspose():
            (top, bottom), (left, right) = layer.crop
            y = F.conv_transpose2d(x, w["weight"], w["bias"], layer.stride)
            return y[:, :, top : y.shape[2] - bottom, left : y.shape[3] - right]
        case _:
            raise AssertionError(layer)


def test_running_statistics_are_pytorchs() -> None:
    """By hand: batch 1, 2, 3 of one feature: mean 2, unbiased variance 1; momentum .1 from 0 and 1."""
    layer = plan.BatchNorm(1, 0.1, 1e-5)
    w = {"scale": np.ones(1), "shift": np.zeros(1), "mean": np.zeros(1), "variance": np.full(1, 3.0)}
    hand = LAYERS[plan.BatchNorm](layer, 0)
    x = np.array([[1.0], [2.0], [3.0]])
    hand.forward(x, w, Pass(training=True, track=False))
    assert (w["mean"][0], w["variance"][0]) == (0.0, 3.0), "an untracked pass leaves them alone"
    hand.forward(x, w, Pass(training=True, track=True))
    assert w["mean"][0] == pytest.approx(0.2)
    assert w["variance"][0] == pytest.approx(0.9 * 3 + 0.1 * 1)
    assert hand.forward(x, w, Pass())[0, 0] == pytest.approx((1 - 0.2) / np.sqrt(2.8 + 1e-5))


def test_dropout_is_the_shared_mask_as_numbers_lie_in_memory() -> None:
    from gansmith.ground import streams

    x = np.ones((2, 3, 4, 5), np.float32)  # (B, H, W, C)
    y = LAYERS[plan.Dropout](plan.Dropout(0.4), 7).forward(x, {}, TRAINING)
    assert np.array_equal(y > 0, streams.keep_mask((2, 3, 4, 5), 0.4, 1234 + 7))
    assert y.max() == np.float32(1) / np.float32(0.6)


def test_dropout_is_off_outside_training() -> None:
    x = np.ones((2, 3))
    assert LAYERS[plan.Dropout](plan.Dropout(0.4), 0).forward(x, {}, Pass()) is x


def test_a_labelled_network_asks_for_labels() -> None:
    with pytest.raises(ValueError, match=r"give labels in 0\.\.3"):
        LAYERS[plan.ConcatLabels](plan.ConcatLabels(4), 0).forward(np.ones((2, 3)), {}, Pass())
