"""The small network behind learned features: three convolutions and one hidden layer, whose ReLU is the features.

    picture -> conv 32 -> conv 64 -> conv 128, halved in between -> mean of 4 x 4 areas -> 128 ReLU = features -> head

The head is a class score for the classifier, a projection for the self-supervised network; it is a matrix like any
other. Pictures over 40 pixels are halved by the first convolution too, and pictures over 64 are first shrunk to 64.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gansmith.data import cache
from gansmith.ground import streams
from gansmith.ground.errors import DataError
from gansmith.metrics import pictures
from gansmith.metrics.feature_networks import features
from gansmith.metrics.real import as_size

if TYPE_CHECKING:
    import torch

WIDTHS = (32, 64, 128)
AREAS = 4
HIDDEN = 128
LARGEST = 64  # pixels
STRIDE_ABOVE = 40  # pixels
POOL_ABOVE = 7  # pixels
BATCH = 64  # pictures read at a time: what a cache holds is read faster
FORMAT = "1"  # of the cached files; rises when anything above changes

Weights = dict[str, np.ndarray]


def can_be_read() -> bool:
    """Whether networks can be read here: it takes PyTorch, which the NumPy engine does without."""
    try:
        return find_spec("torch") is not None
    except ImportError:  # something forbids it
        return False


def initial_weights(channels: int, outputs: int, seed: int = 0) -> Weights:
    """He's normal law for what a ReLU follows, biases at 0, and a small head."""
    rng = streams.generator(seed, "features", 0, 4)
    shapes: dict[str, tuple[int, ...]] = {}
    fan = channels
    for index, width in enumerate(WIDTHS):
        shapes[f"conv{index}"] = (width, fan, 3, 3)
        fan = width
    shapes["hidden"] = (HIDDEN, fan * AREAS * AREAS)
    shapes["head"] = (outputs, HIDDEN)
    weights: Weights = {}
    for name, shape in shapes.items():
        gain = 1.0 if name == "head" else 2.0
        deviation = np.sqrt(gain / np.prod(shape[1:]))
        weights[f"{name}.weight"] = (deviation * rng.standard_normal(shape)).astype(np.float32)
        weights[f"{name}.bias"] = np.zeros(shape[0], np.float32)
    return weights


def as_tensors(weights: Weights, device: str = "cpu") -> dict[str, torch.Tensor]:
    """The weights on a device, copied."""
    import torch

    return {name: torch.tensor(array, device=device) for name, array in weights.items()}


def as_arrays(tensors: dict[str, torch.Tensor]) -> Weights:
    """Weights as arrays again."""
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in tensors.items()}


def features_of(tensors: dict[str, torch.Tensor], batch: torch.Tensor) -> torch.Tensor:
    """Features (B, HIDDEN) of a batch (B, C, H, W) in 0..1."""
    from torch.nn import functional as F

    x = batch * 2 - 1
    for index in range(len(WIDTHS)):
        stride = 2 if index == 0 and max(x.shape[2:]) > STRIDE_ABOVE else 1
        x = F.conv2d(x, tensors[f"conv{index}.weight"], tensors[f"conv{index}.bias"], stride, padding=1)
        if index < len(WIDTHS) - 1 and min(x.shape[2:]) > POOL_ABOVE:
            x = F.max_pool2d(x, 2)  # before the ReLU, where it means the same and leaves a quarter of the work
        x = F.relu(x)
    x = F.adaptive_avg_pool2d(x, AREAS).flatten(1)  # (B, 128 * 16)
    return F.relu(F.linear(x, tensors["hidden.weight"], tensors["hidden.bias"]))


def head_of(tensors: dict[str, torch.Tensor], hidden: torch.Tensor) -> torch.Tensor:
    """What the head makes of features (B, HIDDEN): (B, outputs)."""
    from torch.nn import functional as F

    return F.linear(hidden, tensors["head.weight"], tensors["head.bias"])


def inputs(items: np.ndarray) -> np.ndarray:
    """Pictures uint8 (N, H, W, C) as the network takes them: float32 (N, H', W', C) in 0..1."""
    return pictures.shrink(items, *pictures.size_within(items.shape[1], items.shape[2], LARGEST))


def batches(items: np.ndarray, size: int = BATCH, device: str = "cpu") -> Iterator[torch.Tensor]:
    """Float batches (B, C, H, W), channels last in memory."""
    import torch

    for start in range(0, len(items), size):
        yield torch.from_numpy(inputs(items[start : start + size])).to(device).permute(0, 3, 1, 2)


@dataclass(frozen=True)
class Network:
    """A trained network, ready to read pictures."""

    name: str
    weights: Weights
    shape: tuple[int, ...]  # (H, W, C) of the pictures it was trained on
    facts: dict[str, str]  # what is known of its training: items, shape, seconds
    classes: int = 0  # 0: trained without labels
    device: str = "cpu"

    def read(self, items: np.ndarray) -> features.Read:
        """Features (N, HIDDEN) and, of a classifier, probabilities (N, classes)."""
        import torch

        if items.shape[1:] != self.shape:
            raise DataError(
                f"{self.name} reads pictures of {as_size(self.shape)}, not {as_size(items.shape[1:])}: "
                "prepare them at one size"
            )
        tensors = as_tensors(self.weights, self.device)
        found = np.empty((len(items), HIDDEN), np.float32)
        answers = np.empty((len(items), self.classes), np.float32) if self.classes else None
        with torch.inference_mode():
            for index, batch in enumerate(batches(items, device=self.device)):
                rows = slice(index * BATCH, index * BATCH + len(batch))
                hidden = features_of(tensors, batch)
                found[rows] = hidden.cpu().numpy()
                if answers is not None:
                    answers[rows] = head_of(tensors, hidden).softmax(dim=1).cpu().numpy()
        return features.Read(found, answers)


def trained(path: Path, known: Callable[[], Network | None], items: np.ndarray, fit: Callable[[], Weights]) -> Network:
    """The network that `known` finds in the cache at `path`, or one that is trained now; one process trains, others wait.

    `fit` returns the weights learned from `items`, pictures uint8 (N, H, W, C).
    """
    found = known()
    if found is not None:
        return found
    with cache.claim(cache.make(path.parent) / f"{path.stem}.lock"):
        found = known()
        if found is None:
            start = time.perf_counter()
            weights = fit()
            facts = {"items": str(len(items)), "shape": "x".join(str(size) for size in items.shape[1:])}
            write(path, weights, {**facts, "seconds": f"{time.perf_counter() - start:.1f}"})
            found = known()
    if found is None:
        raise DataError(f"{path} was written but cannot be read: is the disk sound?")
    return found


def path_of(folder: Path, kind: str, fingerprint: str, updates: int) -> Path:
    """Where the cache keeps a network that was trained on a set."""
    digest = hashlib.sha256(f"{fingerprint}/{updates}".encode()).hexdigest()[:16]
    return folder / "features" / f"{kind}-{digest}.safetensors"


def shape_of(facts: dict[str, str]) -> tuple[int, ...]:
    """The pictures' shape (H, W, C) in a cached file's facts."""
    return tuple(int(size) for size in facts["shape"].split("x"))


def write(path: Path, weights: Weights, facts: dict[str, str]) -> None:
    """Cache weights so that a reader, or a kill, sees the whole file or none. Raises DataError where that cannot be."""
    from safetensors.numpy import save_file

    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        cache.make(path.parent)
        save_file(weights, part, metadata={"format": FORMAT, **facts})
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise DataError(
            f"cannot keep features in {path.parent} ({error.strerror}): set GANSMITH_CACHE to a folder to write in"
        ) from None


def read(path: Path) -> tuple[Weights, dict[str, str]] | None:
    """Cached weights and facts; None where there are none, or a damaged file, or one of another format."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            facts = dict(file.metadata() or {})
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError):
        return None
    return (weights, facts) if facts.pop("format", "") == FORMAT else None
