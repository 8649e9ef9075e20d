"""The architecture, with random weights: the published ones are not ours to ship."""

import hashlib
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
    with pytest.raises(DataError, match="these are other numbers"):
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


def test_only_what_the_published_file_holds_is_standard(tmp_path):
    arrays = {"b": np.arange(6.0, dtype=np.float32), "a": np.full((2, 3), 7, np.float32)}
    content = b"head" + arrays["a"].tobytes() + b"between" + arrays["b"].tobytes()
    published = tmp_path / f"weights-{hashlib.sha256(content).hexdigest()[:8]}.pth"
    assert not inception.is_standard(arrays, published)  # not at hand
    published.write_bytes(content)
    assert inception.is_standard(arrays, published)
    assert not inception.is_standard(arrays | {"a": arrays["a"] + 1}, published)
    published.write_bytes(content + b"!")  # another file of that name
    assert not inception.is_standard(arrays, published)
    bare = b"".join(array.tobytes() for array in reversed(arrays.values()))  # the last one at the very beginning
    published = tmp_path / f"weights-{hashlib.sha256(bare).hexdigest()[:8]}.pth"
    published.write_bytes(bare)
    assert inception.is_standard(arrays, published)


def test_random_weights_are_not_standard(weights_file):
    assert not inception.load(weights_file).standard
    assert not inception.Inception("inception@0000", {}).standard


def test_features_of_transparent_pictures_are_not_the_published_ones():
    found = inception.Inception("inception@0000", {}, standard=True).of_transparency()
    assert found.name == "inception-on-black-and-white@0000"
    assert not found.standard


def test_the_second_convolution_has_no_border():
    tensors = {name: torch.from_numpy(array) for name, array in inception.folded(random_weights()).items()}
    stem = inception.Block("", (inception.STEM[:2],))
    with torch.inference_mode():
        assert inception.forward(tensors, torch.zeros(1, 3, 29, 29), (stem,)).shape == (1, 32, 12, 12)


def pooled(x: np.ndarray, join) -> np.ndarray:
    """3 x 3 pools of stride 1 of pictures (H, W), over the pixels that there are."""
    height, width = x.shape
    around = [[x[max(0, r - 1) : r + 2, max(0, c - 1) : c + 2] for c in range(width)] for r in range(height)]
    return np.array([[join(window) for window in row] for row in around])


@pytest.mark.parametrize(("kind", "join"), [("mean", np.mean), ("max", np.max)])
def test_pools_take_only_the_pixels_that_there_are(rng, kind, join):
    x = -rng.random((5, 7)).astype(np.float32)  # below 0, so that a border of zeros would count in a max pool too
    block = inception.Block("", ((inception.Pool(kind, 1),),))
    found = inception.forward({}, torch.from_numpy(x)[None, None], (block,))[0, 0].numpy()
    np.testing.assert_allclose(found, pooled(x, join), rtol=1e-6)


def test_the_pools_stand_where_they_were_published():
    pools = {
        block.name: [step.kind for branch in block.branches for step in branch if isinstance(step, inception.Pool)]
        for block in inception.BLOCKS
    }
    mean = [f"Mixed_{name}." for name in ("5b", "5c", "5d", "6b", "6c", "6d", "6e", "7b")]
    maximum = [f"Mixed_{name}." for name in ("6a", "7a", "7c")]
    assert pools == {"": ["max", "max"]} | {key: ["mean"] for key in mean} | {key: ["max"] for key in maximum}


def test_the_network_sees_pictures_between_minus_one_and_one(weights_file, monkeypatch):
    seen: list[torch.Tensor] = []

    def look(_, x):
        seen.append(x.clone())
        return torch.zeros(len(x), 2048, 8, 8)

    monkeypatch.setattr(inception, "forward", look)
    pictures = np.stack([np.full((4, 4, 1), value, np.uint8) for value in (0, 51, 255)])
    inception.load(weights_file).read(pictures)
    assert seen[0].shape == (3, 3, 299, 299)
    np.testing.assert_allclose(seen[0][:, 0, 150, 150], [-1, -0.6, 1], atol=1e-6)
    ramp = np.arange(0, 250, 50, dtype=np.uint8)[None, None, :, None].repeat(5, 1)
    inception.load(weights_file).read(ramp)
    places = (np.arange(299) + 0.5) * 5 / 299 - 0.5  # of the new pixels' centres among the old ones
    np.testing.assert_allclose(seen[1][0, 0, 7], np.clip(places, 0, 4) * 50 / 127.5 - 1, atol=1e-4)
