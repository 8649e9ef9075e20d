"""Plans: shapes, counts and operations, known before anything is built."""

from __future__ import annotations

from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.cost import activations, count, operations
from gansmith.ground.networks.plan import (
    Activation,
    BatchNorm,
    ConcatLabels,
    Conv,
    ConvTranspose,
    Dropout,
    Linear,
    Plan,
    Reshape,
)
from gansmith.ground.networks.same_padding import same_conv, same_padding, same_transpose
from gansmith.ground.recipes.settings import NetSettings
from gansmith.nets import NETS

SMALL = Plan(
    "discriminator",
    (1, 8, 6),
    (
        ConcatLabels(2),
        Conv(3, 4, 3, 2, ((0, 1), (0, 1)), bias=True),
        BatchNorm(4, 0.1, 1e-5),
        Activation("relu"),
        Dropout(0.5),
        Reshape((48,)),
        Linear(48, 1, bias=False),
    ),
)


def test_shapes_by_hand():
    shape, seen = SMALL.input_shape, []
    for layer in SMALL.layers:
        shape = layer.shape_after(shape)
        seen.append(shape)
    assert seen == [(3, 8, 6), (4, 4, 3), (4, 4, 3), (4, 4, 3), (4, 4, 3), (48,), (1,)]
    assert SMALL.output_shape == (1,)
    assert SMALL.classes == 2
    assert SMALL.has_batch_norm


def test_counts_by_hand():
    assert count(SMALL).trained == (4 * 3 * 9 + 4) + (4 + 4) + 48
    assert count(SMALL).batch_statistics == 4 + 4
    assert count(SMALL).total == 176


def test_operations_by_hand():
    convolution = 2 * (4 * 4 * 3) * (3 * 3 * 3)  # two for each output number and each weight that it meets
    assert operations(SMALL) == convolution + 2 * 48


def test_an_upward_layer_costs_what_its_adjoint_costs():
    down = same_conv((3, 14, 10), 5, 4, 2, bias=False)
    up = same_transpose((5, 7, 5), (3, 14, 10), 4, 2, bias=False)
    there, back = Plan("discriminator", (3, 14, 10), (down,)), Plan("generator", (5, 7, 5), (up,))
    assert operations(there) == operations(back) == 2 * 7 * 5 * 5 * 3 * 16


def test_activations_count_every_number_on_the_way():
    assert activations(SMALL) == 48 + 144 + 48 * 5 + 1


@pytest.mark.parametrize(
    ("layer", "shapes", "kept"),
    [
        (Linear(3, 5), {"weight": (5, 3), "bias": (5,)}, {}),
        (Linear(3, 5, bias=False), {"weight": (5, 3)}, {}),
        (Linear(3, 5, spectral=True), {"weight": (5, 3), "bias": (5,)}, {"left": (5,)}),
        (Conv(3, 5, 4, 2, ((1, 1), (1, 1))), {"weight": (5, 3, 4, 4), "bias": (5,)}, {}),
        (
            ConvTranspose(3, 5, 4, 2, ((1, 1), (1, 1)), spectral=True),
            {"weight": (3, 5, 4, 4), "bias": (5,)},
            {"left": (3,)},
        ),
        (BatchNorm(7, 0.1, 1e-5), {"scale": (7,), "shift": (7,)}, {"mean": (7,), "variance": (7,)}),
        (Activation("tanh"), {}, {}),
        (Dropout(0.5), {}, {}),
        (Reshape((4,)), {}, {}),
        (ConcatLabels(3), {}, {}),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, dict) else "",
)
def test_arrays_have_the_layout_of_pytorch(layer, shapes, kept):
    assert layer.parameters() == shapes
    assert layer.buffers() == kept


def test_singular_vectors_are_no_batch_statistics():
    assert count(Plan("generator", (3,), (Linear(3, 5, spectral=True),))).batch_statistics == 0


@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Linear(3, 5), (4,)),
        (Linear(3, 5), (3, 1, 1)),
        (Conv(3, 5, 3, 1, ((1, 1), (1, 1))), (4, 8, 8)),
        (Conv(3, 5, 3, 1, ((1, 1), (1, 1))), (3,)),
        (ConvTranspose(3, 5, 3, 1, ((1, 1), (1, 1))), (5, 8, 8)),
        (Reshape((5,)), (2, 3)),
        (BatchNorm(4, 0.1, 1e-5), (5, 8, 8)),
    ],
)
def test_layers_that_do_not_fit_say_so(layer, shape):
    with pytest.raises(ValueError, match="does not take shape"):
        layer.shape_after(shape)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "sides"),
    [
        (28, 5, 2, (1, 2)),
        (28, 4, 2, (1, 1)),
        (7, 3, 2, (1, 1)),
        (8, 3, 2, (0, 1)),
        (7, 5, 1, (2, 2)),
        (5, 1, 2, (0, 0)),
    ],
)
def test_same_padding_by_hand(size: int, kernel: int, stride: int, sides: tuple[int, int]):
    assert same_padding(size, kernel, stride) == sides


@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 7), st.integers(1, 4))
def test_same_convolutions_shrink_to_the_ceiling(height: int, width: int, kernel: int, stride: int):
    layer = same_conv((1, height, width), 2, kernel, stride, bias=False)
    assert layer.shape_after((1, height, width)) == (2, ceil(height / stride), ceil(width / stride))
    for before, after in layer.padding:
        assert 0 <= before <= after <= before + 1


@given(st.integers(1, 70), st.integers(1, 70), st.integers(1, 4), st.integers(0, 3))
def test_transposed_convolutions_lead_back_exactly(height: int, width: int, stride: int, more: int):
    before = (3, ceil(height / stride), ceil(width / stride))
    layer = same_transpose(before, (2, height, width), stride + more, stride, bias=False)
    assert layer.shape_after(before) == (2, height, width)
    assert all(side >= 0 for sides in layer.crop for side in sides)


def test_a_kernel_smaller_than_its_stride_leaves_gaps():
    with pytest.raises(ValueError, match="leaves gaps"):
        same_transpose((3, 4, 4), (2, 12, 12), 2, 3, bias=False)


SIZES = st.integers(8, 64)


@given(SIZES, SIZES, st.sampled_from([1, 3]), st.sampled_from([0, 10]), st.sampled_from([(3,), (4,), (5,), (4, 3)]))
def test_dcgan_plans_fit_any_picture(height: int, width: int, channels: int, classes: int, kernels: tuple[int, ...]):
    strides = (2, 1) if len(kernels) == 2 else (2,)
    settings = NetSettings(widths=(8, 4), kernels=kernels, strides=strides, norm="batch", output="tanh")
    item = (channels, height, width)
    up = NETS["dcgan"].generator(settings, 6, item, classes)
    down = NETS["dcgan"].discriminator(settings, item, classes)
    assert (up.input_shape, up.output_shape) == ((6,), item)
    assert (down.input_shape, down.output_shape) == (item, (1,))
    assert up.classes == down.classes == classes


@given(SIZES, SIZES, st.sampled_from([1, 3]), st.sampled_from([0, 10]), st.integers(0, 2))
def test_dense_plans_fit_any_item(height: int, width: int, channels: int, classes: int, after: int):
    settings = NetSettings(net="dense", widths=(8, 4), label_after=after)
    for item in ((channels, height, width), (height,)):
        up = NETS["dense"].generator(settings, 6, item, classes)
        down = NETS["dense"].discriminator(settings, item, classes)
        assert (up.output_shape, down.output_shape) == (item, (1,))
        assert up.classes == down.classes == classes


@pytest.mark.parametrize(
    ("changes", "item", "words"),
    [
        ({"widths": (8, 8, 8)}, (1, 8, 64), "use fewer widths or smaller strides"),
        ({"kernels": (4, 4, 4)}, (1, 8, 8), "kernels has 3 values for 2 convolutions"),
        ({"strides": (2, 2, 2)}, (1, 8, 8), "strides has 3 values for 2 convolutions"),
        ({"kernels": (1,)}, (1, 8, 8), "kernel >= stride"),
        ({"activations": ("relu",)}, (1, 8, 8), "activations names 1 functions for 2 hidden layers"),
        ({}, (2,), "set generator.net=dense"),
        ({"widths": ()}, (1, 8, 8), "widths"),
    ],
)
def test_generators_that_cannot_be_are_refused(changes: dict, item: tuple[int, ...], words: str):
    with pytest.raises(RecipeError, match=words):
        NETS["dcgan"].generator(NetSettings(**{"widths": (8, 4), **changes}), 6, item, 0)


def test_vectors_are_no_pictures_for_a_discriminator_either():
    with pytest.raises(RecipeError, match=r"set generator\.net=dense"):
        NETS["dcgan"].discriminator(NetSettings(), (2,), 0)


def test_a_label_joins_after_a_layer_that_is_there():
    with pytest.raises(RecipeError, match="label_after = 3"):
        NETS["dense"].discriminator(NetSettings(widths=(8, 4), label_after=3), (2,), 5)


def test_layers_come_in_the_order_that_the_settings_say():
    settings = NetSettings(widths=(8, 4), norm="batch", dropout=0.5, activations=("relu", "tanh"), output="sigmoid")
    kinds = [type(layer).__name__ for layer in NETS["dcgan"].discriminator(settings, (1, 8, 8), 2).layers]
    first = ["ConcatLabels", "Conv", "Activation", "Dropout"]  # a DCGAN's first layer has no norm
    assert kinds == [*first, "Conv", "BatchNorm", "Activation", "Dropout", "Reshape", "Linear", "Activation"]
    found = [
        layer.kind
        for layer in NETS["dcgan"].discriminator(settings, (1, 8, 8), 0).layers
        if isinstance(layer, Activation)
    ]
    assert found == ["relu", "tanh", "sigmoid"]


def test_biases_before_a_norm_are_left_out():
    for norm, biased in (("none", [True, True, True]), ("batch", [True, False, True])):
        plan = NETS["dcgan"].discriminator(NetSettings(widths=(8, 4), norm=norm), (1, 8, 8), 0)
        assert [layer.bias for layer in plan.layers if isinstance(layer, Conv | Linear)] == biased
