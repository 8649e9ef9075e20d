"""The architecture, with random weights: the published ones are not ours to ship."""

import math

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from gansmith.ground.errors import DataError
from gansmith.metrics.feature_networks import inception


def random_weights() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    arrays: dict[str, np.ndarray] = {"fc.weight": np.zeros((1008, 2048), np.float32)}
    for name, shape in inception.conv_shapes().items():
        deviation = np.sqrt(2 / np.prod(shape[1:]))
        arrays[f"{name}.conv.weight"] = (deviation * rng.standard_normal(shape, np.float32)).astype(np.float32)
        for part in ("weight", "running_var"):
            arrays[f"{name}.bn.{part}"] = rng.uniform(0.5, 1.5, shape[0]).astype(np.float32)
        for part in ("bias", "running_mean"):
            arrays[f"{name}.bn.{part}"] = rng.uniform(-0.1, 0.1, shape[0]).astype(np.float32)
    return arrays


@pytest.fixture(scope="module")
def weights_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("inception") / "weights.safetensors"
    save_file(random_weights(), path)
    return path


def test_the_published_number_of_parameters_and_layers():
    shapes = inception.conv_shapes().values()
    assert sum(math.prod(shape) + 2 * shape[0] for shape in shapes) == 21_785_568
    assert len(shapes) == 94


def test_every_block_has_its_published_shape():
    tensors = {name: torch.from_numpy(array) for name, array in inception.folded(random_weights()).items()}
    x, shapes = torch.zeros(1, 3, 299, 299), []
    with torch.inference_mode():
        for block in inception.BLOCKS:
            x = inception.forward(tensors, x, (block,))
            shapes.append(tuple(x.shape[1:]))
    five, six, seven = [(c, 35, 35) for c in (192, 256, 288, 288)], [(768, 17, 17)] * 5, [(1280, 8, 8)]
    assert shapes == five + six + seven + [(2048, 8, 8)] * 2


def test_features_of_grey_and_colour_pictures(weights_file):
    network = inception.load(weights_file)
    assert network.name.startswith("inception@")
    grey = np.random.default_rng(0).integers(0, 256, (2, 28, 28, 1), dtype=np.uint8)
    found = network.read(grey).features
    assert found.shape == (2, 2048)
    assert np.isfinite(found).all()
    assert found == pytest.approx(network.read(grey.repeat(3, axis=3)).features, rel=1e-5, abs=1e-5)
    assert np.abs(found[0] - found[1]).max() > 1e-3
    with pytest.raises(DataError, match="not vectors"):
        network.read(np.zeros((2, 2), np.float32))


def test_folding_the_norm_changes_nothing():
    arrays = random_weights()
    name = "Conv2d_1a_3x3"
    conv, norm = torch.nn.Conv2d(3, 32, 3, 2, bias=False), torch.nn.BatchNorm2d(32, eps=1e-3)
    conv.load_state_dict({"weight": torch.from_numpy(arrays[f"{name}.conv.weight"])})
    norm.load_state_dict(
        {
            part: torch.from_numpy(arrays[f"{name}.bn.{part}"])
            for part in ("weight", "bias", "running_mean", "running_var")
        },
        strict=False,
    )
    x = torch.rand(1, 3, 31, 31)
    folded = {key: torch.from_numpy(array) for key, array in inception.folded(arrays).items()}
    direct = torch.relu(norm.eval()(conv(x)))
    mine = inception.forward(folded, x, (inception.Block("", (inception.STEM[:1],)),))
    torch.testing.assert_close(mine, direct, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"fc.weight": np.zeros((1000, 2048), np.float32)}, "fc.weight has shape"),
        ({"Mixed_6e.branch7x7_2.conv.weight": np.zeros((192, 192, 7, 1), np.float32)}, "branch7x7_2"),
        ({"Mixed_7c.branch_pool.bn.bias": None}, "is missing"),
    ],
)
def test_other_networks_are_refused(tmp_path, change, says):
    arrays = random_weights() | change
    path = tmp_path / "other.safetensors"
    save_file({name: array for name, array in arrays.items() if array is not None}, path)
    with pytest.raises(DataError, match=says):
        inception.load(path)


def test_missing_and_damaged_files_are_named(tmp_path):
    with pytest.raises(DataError, match="does not exist"):
        inception.load(tmp_path / "none.safetensors")
    (tmp_path / "bad.safetensors").write_bytes(b"not a safetensors file")
    with pytest.raises(DataError, match="cannot be read"):
        inception.load(tmp_path / "bad.safetensors")
