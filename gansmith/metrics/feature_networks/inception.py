"""The Inception network of the published FID, from a weights file that the user names; nothing is downloaded.

It is Inception v3 (Szegedy et al. 2016) as in Google's graph of 2015-12-05. Later ports differ in three places: here, mean
pools ignore the border, the last block has a max pool where the block before has a mean pool, and the class head has
1,008 rows. The 2,048 features are the last block's means over the picture.

The file is .safetensors with the tensor names of the `pytorch-fid` weights: for each convolution below
NAME.conv.weight, NAME.bn.weight, NAME.bn.bias, NAME.bn.running_mean, NAME.bn.running_var, and fc.weight (1008, 2048).
docs/guide/measure.md says how to make it. Any weights of these shapes can be loaded; they are the standard ones where the
published file, beside them, holds the same bytes. Pictures are resized to 299 x 299, bilinear, and scaled to [-1, 1].

It knows no transparency. A picture that has some is read on black and on white, which together tell all of it, and its
features are the mean of the two.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from gansmith.ground.errors import DataError
from gansmith.metrics.feature_networks.features import Extracted, hash_of, read_on_grounds

if TYPE_CHECKING:
    import torch

SIZE = 299
FEATURES = 2048
CLASSES = 1008
EPSILON = 1e-3
BATCH = 32
PUBLISHED = "pt_inception-2015-12-05-6726825d.pth"
"""The file of the standard weights. The last eight digits are the first of its SHA-256."""


class Conv(NamedTuple):
    """A convolution without bias, a batch norm, a ReLU."""

    name: str
    width: int
    kernel: tuple[int, int] = (1, 1)  # height, width
    stride: int = 1
    padded: bool = True  # by half the kernel, so that stride 1 keeps the size


class Pool(NamedTuple):
    """A 3 x 3 pool."""

    kind: Literal["mean", "max"]
    stride: int


class Fork(NamedTuple):
    """Convolutions of the same input; their outputs are concatenated."""

    convs: tuple[Conv, ...]


Branch = tuple[Conv | Pool | Fork, ...]


class Block(NamedTuple):
    """Branches of the same input; their outputs are concatenated."""

    name: str
    branches: tuple[Branch, ...]


ONE, THREE, ROW3, COLUMN3, ROW7, COLUMN7 = (1, 1), (3, 3), (1, 3), (3, 1), (1, 7), (7, 1)  # height, width


def _chain(prefix: str, *layers: tuple[int, tuple[int, int]]) -> tuple[Conv, ...]:
    """Convolutions one after another: (width, kernel) each, named `prefix` and their number."""
    return tuple(Conv(f"{prefix}{index}", *layer) for index, layer in enumerate(layers, start=1))


def _block_a(name: str, pooled: int) -> Block:
    five = _chain("branch5x5_", (48, ONE), (64, (5, 5)))
    double = _chain("branch3x3dbl_", (64, ONE), (96, THREE), (96, THREE))
    return Block(name, ((Conv("branch1x1", 64),), five, double, (Pool("mean", 1), Conv("branch_pool", pooled))))


def _block_c(name: str, width: int) -> Block:
    seven = _chain("branch7x7_", (width, ONE), (width, ROW7), (192, COLUMN7))
    double = [(width, ONE), (width, COLUMN7), (width, ROW7), (width, COLUMN7), (192, ROW7)]
    return Block(
        name,
        (
            (Conv("branch1x1", 192),),
            seven,
            _chain("branch7x7dbl_", *double),
            (Pool("mean", 1), Conv("branch_pool", 192)),
        ),
    )


def _block_e(name: str, pool: Literal["mean", "max"]) -> Block:
    three_fork = Fork((Conv("branch3x3_2a", 384, ROW3), Conv("branch3x3_2b", 384, COLUMN3)))
    three = (*_chain("branch3x3_", (384, ONE)), three_fork)
    double_fork = Fork((Conv("branch3x3dbl_3a", 384, ROW3), Conv("branch3x3dbl_3b", 384, COLUMN3)))
    double = (*_chain("branch3x3dbl_", (448, ONE), (384, THREE)), double_fork)
    return Block(name, ((Conv("branch1x1", 320),), three, double, (Pool(pool, 1), Conv("branch_pool", 192))))


STEM: Branch = (
    Conv("Conv2d_1a_3x3", 32, (3, 3), 2, padded=False),
    Conv("Conv2d_2a_3x3", 32, (3, 3), padded=False),
    Conv("Conv2d_2b_3x3", 64, (3, 3)),
    Pool("max", 2),
    Conv("Conv2d_3b_1x1", 80),
    Conv("Conv2d_4a_3x3", 192, (3, 3), padded=False),
    Pool("max", 2),
)
SHRINK_6: tuple[Branch, ...] = (
    (Conv("branch3x3", 384, (3, 3), 2, padded=False),),
    (*_chain("branch3x3dbl_", (64, ONE), (96, THREE)), Conv("branch3x3dbl_3", 96, THREE, 2, padded=False)),
    (Pool("max", 2),),
)
SHRINK_7: tuple[Branch, ...] = (
    (Conv("branch3x3_1", 192), Conv("branch3x3_2", 320, (3, 3), 2, padded=False)),
    (
        *_chain("branch7x7x3_", (192, ONE), (192, ROW7), (192, COLUMN7)),
        Conv("branch7x7x3_4", 192, THREE, 2, padded=False),
    ),
    (Pool("max", 2),),
)
BLOCKS: tuple[Block, ...] = (
    Block("", (STEM,)),  # 3 x 299 x 299 -> 192 x 35 x 35
    _block_a("Mixed_5b.", 32),  # -> 256
    _block_a("Mixed_5c.", 64),  # -> 288
    _block_a("Mixed_5d.", 64),
    Block("Mixed_6a.", SHRINK_6),  # -> 768 x 17 x 17
    _block_c("Mixed_6b.", 128),
    _block_c("Mixed_6c.", 160),
    _block_c("Mixed_6d.", 160),
    _block_c("Mixed_6e.", 192),
    Block("Mixed_7a.", SHRINK_7),  # -> 1280 x 8 x 8
    _block_e("Mixed_7b.", "mean"),  # -> 2048
    _block_e("Mixed_7c.", "max"),
)


def conv_shapes() -> dict[str, tuple[int, int, int, int]]:
    """The shape of every convolution's weight by its full name, computed from BLOCKS."""
    shapes: dict[str, tuple[int, int, int, int]] = {}
    channels = 3
    for block in BLOCKS:
        joined = 0
        for branch in block.branches:
            width = channels
            for step in branch:
                if isinstance(step, Pool):
                    continue
                convs = step.convs if isinstance(step, Fork) else (step,)
                for conv in convs:
                    shapes[block.name + conv.name] = (conv.width, width, *conv.kernel)
                width = sum(conv.width for conv in convs)
            joined += width
        channels = joined
    return shapes


@dataclass(frozen=True)
class Inception:
    """The loaded network; its batch norms are folded into the convolutions."""

    name: str  # "inception@3fa2"
    weights: dict[str, np.ndarray]  # NAME -> (out, in, kh, kw); NAME.bias -> (out,)
    device: str = "cpu"
    standard: bool = False  # whether these are the published weights, byte for byte

    def read(self, items: np.ndarray) -> Extracted:
        """Features (N, 2048) of pictures uint8 (N, H, W, 1, 3 or 4, premultiplied)."""
        if items.dtype != np.uint8:
            raise DataError("Inception reads pictures, and these are other numbers: use --features pixels")
        return read_on_grounds(items, self._read)

    def _read(self, items: np.ndarray) -> np.ndarray:
        """Features (N, 2048) of pictures uint8 (N, H, W, 1 or 3)."""
        import torch
        from torch.nn import functional as F

        tensors = {name: torch.from_numpy(array).to(self.device) for name, array in self.weights.items()}
        found = np.empty((len(items), FEATURES), np.float32)
        with torch.inference_mode():
            for start in range(0, len(items), BATCH):
                batch = torch.from_numpy(np.ascontiguousarray(items[start : start + BATCH])).to(self.device)
                x = batch.permute(0, 3, 1, 2).expand(-1, 3, -1, -1).float() / 255
                x = F.interpolate(x, size=(SIZE, SIZE), mode="bilinear", align_corners=False) * 2 - 1
                found[start : start + BATCH] = forward(tensors, x).mean(dim=(2, 3)).cpu().numpy()
        return found

    def of_transparency(self) -> Inception:
        """The same for pictures with transparency: its features have another name, and are not those of the published FID."""
        return replace(self, name=self.name.replace("inception", "inception-on-black-and-white", 1), standard=False)


def forward(tensors: dict[str, torch.Tensor], x: torch.Tensor, blocks: tuple[Block, ...] = BLOCKS) -> torch.Tensor:
    """Pictures (B, 3, 299, 299) in [-1, 1] to the last block's output (B, 2048, 8, 8)."""
    import torch

    for block in blocks:
        x = torch.cat([_branch(tensors, block.name, branch, x) for branch in block.branches], dim=1)
    return x


def _branch(tensors: dict[str, torch.Tensor], prefix: str, branch: Branch, x: torch.Tensor) -> torch.Tensor:
    import torch
    from torch.nn import functional as F

    for step in branch:
        if isinstance(step, Pool):
            margin = 1 if step.stride == 1 else 0
            if step.kind == "max":
                x = F.max_pool2d(x, 3, step.stride, margin)
            else:
                x = F.avg_pool2d(x, 3, step.stride, margin, count_include_pad=False)
        elif isinstance(step, Fork):
            x = torch.cat([_conv(tensors, prefix, conv, x) for conv in step.convs], dim=1)
        else:
            x = _conv(tensors, prefix, step, x)
    return x


def _conv(tensors: dict[str, torch.Tensor], prefix: str, conv: Conv, x: torch.Tensor) -> torch.Tensor:
    from torch.nn import functional as F

    padding = (conv.kernel[0] // 2, conv.kernel[1] // 2) if conv.padded else 0
    name = prefix + conv.name
    return F.relu(F.conv2d(x, tensors[name], tensors[f"{name}.bias"], conv.stride, padding))


def load(path: Path, device: str = "cpu") -> Inception:
    """Load a .safetensors file. Raises DataError for a missing, damaged or different file."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        raise DataError(
            f"{path} does not exist: FID needs the standard Inception weights as .safetensors (docs/guide/measure.md)"
        )
    try:
        with safe_open(path, framework="numpy") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError) as error:
        raise DataError(
            f"{path} cannot be read as .safetensors ({error}): make it again (docs/guide/measure.md)"
        ) from None
    used = checked(arrays, path)
    standard = is_standard(used, path.with_name(PUBLISHED))
    return Inception(f"inception@{hash_of(used)}", folded(arrays), device, standard)


def is_standard(arrays: dict[str, np.ndarray], published: Path) -> bool:
    """Whether the bytes of all arrays stand in the published file: its name tells the beginning of its SHA-256.

    That file is a pickle, so it is searched and never loaded. False where it is not at hand.
    """
    if not published.is_file():
        return False
    content = published.read_bytes()
    if not hashlib.sha256(content).hexdigest().startswith(published.stem.rpartition("-")[2]):
        return False
    at = 0
    for array in arrays.values():  # mostly in the order of the file
        wanted = array.tobytes()
        at = content.find(wanted, at) if content.find(wanted, at) >= 0 else content.find(wanted)
        if at < 0:
            return False
    return True


def checked(arrays: dict[str, np.ndarray], path: Path) -> dict[str, np.ndarray]:
    """The arrays that the network uses. Raises DataError if one is missing or has another shape."""
    wanted: dict[str, tuple[int, ...]] = {"fc.weight": (CLASSES, FEATURES)}
    for name, shape in conv_shapes().items():
        wanted[f"{name}.conv.weight"] = shape
        wanted |= {f"{name}.bn.{part}": shape[:1] for part in ("weight", "bias", "running_mean", "running_var")}
    for name, shape in wanted.items():
        if name not in arrays or arrays[name].shape != shape:
            has = f"has shape {arrays[name].shape}" if name in arrays else "is missing"
            raise DataError(
                f"{path} is not the standard FID Inception: {name} {has}, must be {shape}; see docs/guide/measure.md, "
                "or use other features"
            )
    return {name: arrays[name] for name in wanted}


def folded(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Convolution weights with their batch norm folded in: w gamma / sqrt(var + eps), beta - mean gamma / sqrt(...)."""
    result: dict[str, np.ndarray] = {}
    for name in conv_shapes():
        part = {
            key: arrays[f"{name}.bn.{key}"].astype(np.float64)
            for key in ("weight", "bias", "running_mean", "running_var")
        }
        factor = part["weight"] / np.sqrt(part["running_var"] + EPSILON)
        weight = arrays[f"{name}.conv.weight"] * factor[:, None, None, None]
        result[name] = weight.astype(np.float32)
        result[f"{name}.bias"] = (part["bias"] - part["running_mean"] * factor).astype(np.float32)
    return result
