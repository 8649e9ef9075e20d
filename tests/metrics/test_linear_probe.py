"""The linear probe against what is known exactly, and the discriminator's features against the other engine's."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.linear_model import LogisticRegression

from gansmith import cli
from gansmith.by_hand.arrays import Arrays
from gansmith.by_hand.network import INFERENCE
from gansmith.by_hand.network import Network as HandNetwork
from gansmith.by_hand.player import load_arrays
from gansmith.ground.errors import DataError
from gansmith.ground.networks import plan
from gansmith.ground.recipes.settings import NetSettings, Recipe
from gansmith.metrics import linear_probe as measure
from gansmith.metrics.linear_probe import linear_probe
from gansmith.nets import plan_discriminator
from gansmith.nets.initial import initial_weights
from gansmith.nets.network import Network
from gansmith.runs.evaluation import evaluate
from gansmith.trained import layer_features as features
from gansmith.trained.layer_features import layer_features, measure_statistics, pooled
from small_runs import make


def two_clouds(count: int, seed: int, apart: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    """Rows of two Gaussians in 20 dimensions, `apart` deviations from one another in the first."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, count)
    rows = rng.standard_normal((count, 20))
    rows[:, 0] += apart * labels
    return rows.astype(np.float32), labels


def test_accuracy_is_the_best_possible_of_two_gaussians():
    found = linear_probe(*two_clouds(4000, 1), *two_clouds(4000, 2))
    assert found.accuracy == pytest.approx(norm.cdf(1.0), abs=0.015)  # two deviations apart, cut in the middle
    assert found.numbers == 20


def test_features_of_nothing_are_right_by_chance():
    rows, labels = two_clouds(2000, 1, apart=0.0)
    assert linear_probe(rows, labels, *two_clouds(2000, 2, apart=0.0)).accuracy == pytest.approx(0.5, abs=0.04)


def test_units_do_not_matter_and_a_constant_feature_does_no_harm():
    (rows, labels), (test, test_labels) = two_clouds(1000, 1), two_clouds(1000, 2)
    plain = linear_probe(rows, labels, test, test_labels)
    spread = [np.concatenate([1000 * part + 7, np.ones((len(part), 1), np.float32)], axis=1) for part in (rows, test)]
    scaled = linear_probe(spread[0], labels, spread[1], test_labels)
    assert (plain.right == scaled.right).mean() > 0.98


def test_the_last_fit_is_scikit_learn_s_own_on_all_training_items():
    (rows, labels), (test, test_labels) = two_clouds(300, 1), two_clouds(500, 2)
    found = linear_probe(rows, labels, test, test_labels)
    mean, deviation = rows.mean(0), rows.std(0)
    model = LogisticRegression(C=found.strength, tol=1e-6, max_iter=1000).fit((rows - mean) / deviation, labels)
    assert (found.right == (model.predict((test - mean) / deviation) == test_labels)).mean() > 0.99


def test_more_noise_than_items_asks_for_a_strong_penalty():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 200)
    rows = rng.standard_normal((200, 2000)).astype(np.float32)
    assert linear_probe(rows, labels, rows[:10], labels[:10]).strength < measure.STRENGTHS[-1]


@pytest.fixture
def small_network() -> tuple[Network, plan.Plan, dict[str, np.ndarray]]:
    """A discriminator of two convolutions and a dense layer for pictures of 14 x 10, that both engines know."""
    settings = NetSettings(net="dcgan", widths=(3, 5), kernels=(3,), strides=(1, 2), dense=(6,))
    made = plan_discriminator(Recipe(discriminator=settings), (1, 14, 10), 0)
    arrays = initial_weights(made, settings, 4)
    return Network(made, arrays), made, arrays


def by_loops(maps: np.ndarray, places: int) -> np.ndarray:
    """Maps (B, H, W, C) to the maxima of areas that cover them, (B, C, places, places)."""
    out = np.empty((len(maps), maps.shape[3], places, places), np.float32)
    for down in range(places):
        for right in range(places):
            rows = slice(down * maps.shape[1] // places, -(-(down + 1) * maps.shape[1] // places))
            columns = slice(right * maps.shape[2] // places, -(-(right + 1) * maps.shape[2] // places))
            out[:, :, down, right] = maps[:, rows, columns].max((1, 2))
    return out


def test_features_are_those_of_the_engine_by_hand(small_network, rng):
    network, made, arrays = small_network
    items = rng.integers(0, 256, (7, 14, 10, 1), np.uint8)
    x, expected = (items / 127.5 - 1).astype(np.float32), []
    weights = Arrays(made, np.dtype(np.float32), statistics=True)
    load_arrays(weights, arrays, "")
    hand = HandNetwork(made)
    for layer, own in zip(hand.layers, weights.of, strict=True):
        x = layer.forward(x, own, INFERENCE)
        if type(layer).__name__ == "Activation":
            expected.append((by_loops(x, 4) if x.ndim == 4 else x).reshape(7, -1))
    assert len(expected) == 3
    found = layer_features(network, items, "symmetric")
    assert found.shape == (7, 16 * (3 + 5) + 6)
    np.testing.assert_allclose(found, np.concatenate(expected, axis=1), rtol=1e-3, atol=1e-5)


def test_features_do_not_depend_on_the_other_items(small_network, rng, monkeypatch):
    network, _, _ = small_network
    items = rng.integers(0, 256, (9, 14, 10, 1), np.uint8)
    whole = layer_features(network, items, "symmetric")
    monkeypatch.setattr(features, "CHUNK", 2)
    np.testing.assert_allclose(layer_features(network, items, "symmetric"), whole, rtol=1e-5, atol=1e-6)


def test_too_many_numbers_are_pooled_to_fewer_places(small_network, rng, monkeypatch):
    monkeypatch.setattr(features, "NUMBERS_MOST", 40)
    items = rng.integers(0, 256, (2, 14, 10, 1), np.uint8)
    assert layer_features(small_network[0], items, "symmetric").shape == (2, 4 * (3 + 5) + 6)


def test_signals_are_pooled_along_their_only_side():
    import torch

    assert pooled(torch.zeros(2, 3, 1, 64), 4).shape == (2, 3, 1, 16)
    assert pooled(torch.zeros(2, 3, 1, 5), 4).shape == (2, 3, 1, 5)
    assert pooled(torch.zeros(2, 8), 4).shape == (2, 8)


def test_a_label_does_not_leak_into_features(rng):
    """Features are the mean over labels, whatever the item's own label is: they are a function of the item alone."""
    settings = NetSettings(net="dcgan", widths=(3,), kernels=(3,), conditioning="concat")
    made = plan_discriminator(Recipe(discriminator=settings), (1, 8, 8), 3)
    network = Network(made, initial_weights(made, settings, 0))
    items = rng.integers(0, 256, (4, 8, 8, 1), np.uint8)
    each = []
    for label in range(3):
        hot = np.zeros((4, 8, 8, 3), np.float32)
        hot[..., label] = 1
        x = np.concatenate([features.as_inputs(items, "symmetric").permute(0, 2, 3, 1).numpy(), hot], axis=3)
        each.append(by_loops(convolved(network, x), 4).reshape(4, -1))
    np.testing.assert_allclose(layer_features(network, items, "symmetric"), np.mean(each, axis=0), rtol=1e-3, atol=1e-5)


def convolved(network: Network, x: np.ndarray) -> np.ndarray:
    """The first convolution and its leaky ReLU, without the network: (B, H, W, C) -> (B, H', W', C')."""
    import torch

    record = next(layer for layer in network.plan.layers if isinstance(layer, plan.Conv))
    (top, bottom), (left, right) = record.padding
    padded = torch.nn.functional.pad(torch.from_numpy(x).permute(0, 3, 1, 2), (left, right, top, bottom))
    out = torch.nn.functional.conv2d(padded, network.array("1", "weight"), network.array("1", "bias"), record.stride)
    return torch.where(out > 0, out, 0.2 * out).permute(0, 2, 3, 1).detach().numpy()


def test_an_untrained_batch_norm_gets_the_data_s_statistics(rng):
    settings = NetSettings(net="dcgan", widths=(3, 4), kernels=(3,), norm="batch", dropout=0.3)
    made = plan_discriminator(Recipe(discriminator=settings), (1, 12, 12), 0)
    network = Network(made, initial_weights(made, settings, 0))
    items = rng.integers(0, 256, (64, 12, 12, 1), np.uint8)
    measure_statistics(network, items, "symmetric")
    (norm_layer,) = [name for name, layer in network.named.items() if isinstance(layer.record, plan.BatchNorm)]
    assert float(network.array(norm_layer, "mean").abs().max()) > 0
    assert float((network.array(norm_layer, "variance") - 1).abs().max()) > 1e-3


@pytest.mark.usefixtures("hasty_judges")
def test_a_run_is_probed_by_the_command_and_from_python(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = make(
        tmp_path / "run", data__source="digits", data__size="8", data__first=0, discriminator__conditioning="projection"
    )
    capsys.readouterr()
    assert cli.main(["evaluate", str(folder.root), "--count", "20", "--probe", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["probe"]
    assert [row["key"] for row in told] == ["discriminator", "pixels", "untrained", "classifier"]
    ours, numbers, untrained, _ = told
    assert ours["value"] == untrained["value"]  # this run was never trained: both are the same network
    assert ours["above"] == 0.0
    assert numbers["above"] == pytest.approx(ours["value"] - numbers["value"])
    assert all(row["interval"][0] <= row["value"] <= row["interval"][1] for row in told)
    assert numbers["value"] > 0.5  # of ten glyphs, and chance is a tenth
    found = evaluate(folder.root, count=20, probe=True)
    assert [row.value for row in found.probe] == [row["value"] for row in told]
    assert any("given the class of every item" in note for note in found.notes)
    assert cli.main(["evaluate", str(folder.root), "--count", "20", "--probe"]) == 0
    assert "untrained discriminator" in capsys.readouterr().out


@pytest.mark.usefixtures("hasty_judges")
def test_only_a_run_s_discriminator_and_labelled_items_are_probed(tmp_path: Path):
    with pytest.raises(DataError, match="is not a run"):
        evaluate("digits", "digits", count=20, probe=True)
