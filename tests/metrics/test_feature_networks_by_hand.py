"""The small networks behind learned features against NumPy: their passes, their training, their cache."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gansmith.ground import streams
from gansmith.ground.errors import DataError
from gansmith.metrics.feature_networks import classifier, features, network, self_supervised
from gansmith.metrics.feature_networks.features import Extracted

Rows = np.ndarray


def drawn(turn: int, update: int = 0) -> np.random.Generator:
    """The stream "features" of seed 0."""
    return np.random.Generator(np.random.Philox(key=streams.key(0, "features"), counter=[0, 0, turn, update]))


def test_what_kept_weights_depend_on():
    """Whoever changes one of these changes `network.FORMAT` too: weights in people's caches, and floors, were made with them."""
    assert network.FORMAT == "1"
    shape = network.WIDTHS, network.AREAS, network.HIDDEN, network.LARGEST, network.STRIDE_ABOVE, network.POOL_ABOVE
    assert shape == ((32, 64, 128), 4, 128, 64, 40, 7)
    assert network.RATE == 2e-3
    assert (classifier.BATCH, classifier.WEIGHT_DECAY, classifier.SHIFT) == (128, 1e-2, 2)
    with_views = (
        self_supervised.BATCH,
        self_supervised.WEIGHT_DECAY,
        self_supervised.TEMPERATURE,
        self_supervised.PROJECTION,
    )
    assert with_views == (128, 1e-4, 0.2, 64)
    assert (self_supervised.SMALLEST_CROP, self_supervised.CONTRAST, self_supervised.BRIGHTNESS) == (0.5, 0.4, 0.2)


def test_how_long_they_learn(tmp_path: Path):
    assert classifier.cached(tmp_path, "set", "set").updates == 1400
    assert self_supervised.cached(tmp_path, "set", "set").updates == 400


@pytest.mark.parametrize("channels", [1, 3])
def test_initial_weights(channels: int):
    rng, found = drawn(4), network.initial_weights(channels, 10)
    shapes = {
        "conv0": (32, channels, 3, 3),
        "conv1": (64, 32, 3, 3),
        "conv2": (128, 64, 3, 3),
        "hidden": (128, 2048),
        "head": (10, 128),
    }
    for name, shape in shapes.items():
        deviation = np.sqrt((1 if name == "head" else 2) / np.prod(shape[1:]))
        np.testing.assert_array_equal(
            found.pop(f"{name}.weight"), (deviation * rng.standard_normal(shape)).astype(np.float32)
        )
        np.testing.assert_array_equal(found.pop(f"{name}.bias"), np.zeros(shape[0]))
    assert not found


def convolved(x: Rows, weight: Rows, bias: Rows, stride: int) -> Rows:
    """(C, H, W) with a border of zeros -> (C', H', W')."""
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, ((0, 0), (1, 1), (1, 1))), (3, 3), (1, 2))
    return np.einsum("chwij,ocij->ohw", windows[:, ::stride, ::stride], weight, optimize=True) + bias[:, None, None]


def areas_of(x: Rows) -> Rows:
    """The means of 4 x 4 areas that cover (C, H, W)."""
    _, height, width = x.shape
    ends = lambda size: [(place * size // 4, -(-(place + 1) * size // 4)) for place in range(4)]  # noqa: E731
    return np.array([[x[:, a:b, c:d].mean((1, 2)) for c, d in ends(width)] for a, b in ends(height)]).transpose(2, 0, 1)


def read_by_hand(weights: dict[str, Rows], x: Rows, strides: tuple[int, ...], pools: tuple[bool, ...]) -> Rows:
    """The features of a picture (C, H, W) in 0..1."""
    x = x * 2.0 - 1
    for index, (stride, pool) in enumerate(zip(strides, pools, strict=True)):
        x = np.maximum(convolved(x, weights[f"conv{index}.weight"], weights[f"conv{index}.bias"], stride), 0)
        if pool:
            height, width = x.shape[1] // 2 * 2, x.shape[2] // 2 * 2
            x = x[:, :height, :width].reshape(len(x), height // 2, 2, width // 2, 2).max((2, 4))
    return np.maximum(weights["hidden.weight"] @ areas_of(x).reshape(-1) + weights["hidden.bias"], 0)


@pytest.mark.parametrize(
    ("size", "strides", "pools"),
    [
        ((8, 8), (1, 1, 1), (True, False, False)),
        ((7, 9), (1, 1, 1), (False, False, False)),
        ((9, 7), (1, 1, 1), (False, False, False)),
        ((40, 32), (1, 1, 1), (True, True, False)),
        ((41, 30), (2, 1, 1), (True, False, False)),
    ],
)
def test_features_are_those_of_numpy(
    size: tuple[int, int], strides: tuple[int, ...], pools: tuple[bool, ...], rng: Any
):
    weights = {
        name: array + (0.1 if name.endswith("bias") else 0) for name, array in network.initial_weights(1, 3).items()
    }
    weights = {name: array.astype(np.float32) for name, array in weights.items()}
    items = rng.integers(0, 256, (2, *size, 1), dtype=np.uint8)
    found = network.Network("any@0000", weights, (*size, 1), classes=3).read(items)
    wanted = np.stack([read_by_hand(weights, item.transpose(2, 0, 1) / 255, strides, pools) for item in items])
    np.testing.assert_allclose(found.features, wanted, rtol=1e-3, atol=1e-4)
    powers = np.exp(wanted @ weights["head.weight"].T + weights["head.bias"])
    np.testing.assert_allclose(found.probabilities, powers / powers.sum(1, keepdims=True), rtol=1e-3, atol=1e-4)
    assert network.Network("any@0000", weights, (*size, 1)).read(items).probabilities is None


def test_large_pictures_are_made_smaller_in_proportion():
    assert network.inputs(np.full((2, 90, 120, 3), 255, np.uint8)).shape == (2, 48, 64, 3)
    assert network.inputs(np.full((2, 9, 8, 1), 255, np.uint8)).shape == (2, 9, 8, 1)
    assert network.inputs(np.full((1, 90, 120, 3), 255, np.uint8)).max() == pytest.approx(1)


def test_without_pytorch_nothing_is_read(monkeypatch: pytest.MonkeyPatch):
    def blocked(name: str) -> None:
        raise ImportError(name)

    assert network.can_be_read()
    monkeypatch.setattr(network, "find_spec", lambda name: None)
    assert not network.can_be_read()
    monkeypatch.setattr(network, "find_spec", blocked)
    assert not network.can_be_read()


# ---- training


@pytest.mark.parametrize(
    ("done", "factor"), [(0, 0.001), (0.125, 0.501), (0.25, 1.001), (0.5, 0.751), (0.625, 0.501), (1, 0.001)]
)
def test_the_rate_goes_up_and_down(done: float, factor: float):
    assert network.one_cycle(done) == pytest.approx(factor)


def test_it_is_adam_with_weight_decay():
    start, updates, decay = np.array([3.0, -1, 0.5], np.float32), 60, 0.5
    told: list[tuple[str, float]] = []

    def loss(tensors: dict[str, torch.Tensor], update: int) -> torch.Tensor:
        return ((tensors["a"] - update) ** 2).sum()

    found = network.fit({"a": start}, updates, decay, loss, lambda what, done: told.append((what, done)))
    x, m, v = start.astype(np.float64), np.zeros(3), np.zeros(3)
    for update in range(updates):
        rate, gradient = 2e-3 * network.one_cycle(update / updates), 2 * (x - update)
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        x = x * (1 - rate * decay)
        x = x - rate * (m / (1 - 0.9 ** (update + 1))) / (np.sqrt(v / (1 - 0.999 ** (update + 1))) + 1e-8)
    np.testing.assert_allclose(found["a"], x, rtol=1e-5)
    assert [done for _, done in told] == pytest.approx([25 / 60, 50 / 60, 1])
    assert {what for what, _ in told} == {"training the feature network"}
    np.testing.assert_array_equal(start, [3, -1, 0.5])


def test_each_pass_has_its_own_order():
    orders = np.concatenate([drawn(5, epoch).permutation(7) for epoch in range(3)])
    np.testing.assert_array_equal(network.draw(7, 5, 0), orders[:5])
    np.testing.assert_array_equal(network.draw(7, 5, 1), orders[5:10])
    np.testing.assert_array_equal(network.draw(7, 10, 1), orders[10:20])


# ---- the cache


def test_a_kept_network_says_what_it_is(tmp_path: Path):
    weights, items = network.initial_weights(1, 3), np.zeros((5, 6, 4, 1), np.uint8)
    known, plain = (
        network.CachedNetwork(tmp_path, kind, 7, "print", "set") for kind in ("classifier", "self-supervised")
    )
    digest = hashlib.sha256(b"print/7").hexdigest()[:16]
    assert known.path == tmp_path / "features" / f"classifier-{digest}.safetensors"
    made = known.load_or_train(items, lambda: weights)
    assert (made.shape, made.classes) == ((6, 4, 1), 3)
    assert made.name == f"set-classifier@{features.hash_of(weights)}"
    again = known.load_or_train(items, lambda: pytest.fail("trained twice"))
    assert (again.name, again.shape, again.classes) == (made.name, made.shape, made.classes)
    assert plain.load() is None
    assert plain.load_or_train(items, lambda: weights).classes == 0


def test_a_full_disk_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("safetensors.numpy.save_file", full)
    with pytest.raises(DataError, match="No space left on device"):
        network.write(tmp_path / "features" / "x.safetensors", network.initial_weights(1, 2), {})


def test_a_hash_is_four_digits_of_names_types_and_numbers():
    arrays = {"b": np.arange(3, dtype=np.float32), "a": np.ones((2, 2), np.int64)}
    digest = hashlib.sha256()
    digest.update(b"aint64(2, 2)" + arrays["a"].tobytes())
    digest.update(b"bfloat32(3,)" + arrays["b"].tobytes())
    assert features.hash_of(arrays) == digest.hexdigest()[:4]


# ---- what is read


def test_transparent_pictures_are_read_on_black_and_on_white():
    mean = lambda items: items.reshape(len(items), -1).mean(1, keepdims=True)  # noqa: E731
    clear, half = np.zeros((2, 3, 5, 4), np.uint8), np.zeros((1, 3, 5, 4), np.uint8)
    half[..., 3], half[..., :3] = 127, 100  # premultiplied
    np.testing.assert_array_equal(features.read_on_grounds(clear, mean).features, [[127.5], [127.5]])
    np.testing.assert_array_equal(features.read_on_grounds(half, mean).features, [[(100 + 228) / 2]])
    for channels in (1, 3):
        np.testing.assert_array_equal(
            features.read_on_grounds(np.full((2, 3, 5, channels), 9, np.uint8), mean).features, [[9], [9]]
        )


def test_pictures_themselves_have_784_numbers_at_most():
    from gansmith.kinds import KINDS

    assert features.Pixels((28, 28, 1), KINDS["picture"]).name == "pixels-28x28x1"
    assert features.Pixels((1, 1000, 1), KINDS["picture"]).name == "pixels-885x1x1"


# ---- the classifier


def test_shifts_by_hand(rng: np.random.Generator):
    batch = rng.random((6, 5, 4, 2)).astype(np.float32)
    down, right = drawn(6, 3).integers(-2, 3, (2, 6, 1))
    found = classifier.shifted(batch, 3)
    for item, (d,), (r,), after in zip(batch, down, right, found, strict=True):
        rows, columns = [min(max(y + d, 0), 4) for y in range(5)], [min(max(x + r, 0), 3) for x in range(4)]
        np.testing.assert_array_equal(after, item[rows][:, columns])


def test_as_many_outputs_as_classes():
    items = np.zeros((6, 5, 4, 1), np.uint8)
    assert len(classifier.fit(items, np.array([0, 1, 2, 0, 1, 2]), 1)["head.bias"]) == 3
    assert len(classifier.fit(items, np.array([0, 1, 0, 0, 1, 0]), 1)["head.bias"]) == 2
    with pytest.raises(DataError, match="two classes or more"):
        classifier.fit(items, np.zeros(6, np.int64), 1)


class Reads:
    """A classifier of one channel whose features and probabilities are a function of its first pixel."""

    name = "dots-classifier@0000"

    def read(self, items: Rows) -> Extracted:
        assert items.shape[3] == 1
        first = items[:, 0, 0, 0].astype(np.float32)
        return Extracted(np.stack([first, -first], 1), np.stack([first, 1 - first], 1))


def test_a_stack_s_class_is_that_of_its_channels_in_order():
    items = np.zeros((1, 2, 2, 3), np.float32)
    items[0, 0, 0] = first = [0.9, 0.6, 0.2]
    found = classifier.StackedClassifier(Reads()).read(items)  # pyright: ignore[reportArgumentType]
    np.testing.assert_allclose(found.features, [[0.9, -0.9, 0.6, -0.6, 0.2, -0.2]])
    each = [(p, 1 - p) for p in first]
    wanted = [a * b * c for a in each[0] for b in each[1] for c in each[2]]
    np.testing.assert_allclose(found.probabilities, [wanted], rtol=1e-5)
