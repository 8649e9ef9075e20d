"""The small network behind learned features: three convolutions and one hidden layer, whose ReLU is the features.

    picture -> conv 32 -> conv 64 -> conv 128, halved in between -> mean of 4 x 4 areas -> 128 ReLU = features -> head

The head gives class logits for the classifier, and a projection for the self-supervised network. Pictures over 40 pixels
are halved by the first convolution too; pictures over 64 are first shrunk to 64.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gansmith.data import cache
from gansmith.ground import streams
from gansmith.ground.errors import DataError
from gansmith.ground.files.whole import part_of
from gansmith.kinds import areas
from gansmith.metrics.feature_networks.features import Extracted, Progress, hash_of
from gansmith.metrics.real import as_size

if TYPE_CHECKING:
    import torch

WIDTHS = (32, 64, 128)
AREAS = 4
HIDDEN = 128
LARGEST = 64  # pixels
STRIDE_ABOVE = 40  # pixels
POOL_ABOVE = 7  # pixels
BATCH = 64  # pictures read at a time: a batch that fits into the processor's cache is read faster
RATE = 2e-3  # the highest learning rate, a quarter of the way through training
FORMAT = "1"  # of the cached files; change it when anything above changes

Weights = dict[str, np.ndarray]


def can_be_read() -> bool:
    """Whether networks can be read here: that needs PyTorch, and the NumPy engine works without it."""
    try:
        return find_spec("torch") is not None
    except ImportError:  # the import is blocked
        return False


def initial_weights(channels: int, outputs: int, seed: int = 0) -> Weights:
    """He's normal distribution for layers before a ReLU, half its variance for the head, biases 0."""
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
    """Copies of the weights on a device."""
    import torch

    return {name: torch.tensor(array, device=device) for name, array in weights.items()}


def features_of(tensors: dict[str, torch.Tensor], batch: torch.Tensor) -> torch.Tensor:
    """Features (B, HIDDEN) of a batch (B, C, H, W) in 0..1."""
    from torch.nn import functional as F

    x = batch * 2 - 1
    for index in range(len(WIDTHS)):
        stride = 2 if index == 0 and max(x.shape[2:]) > STRIDE_ABOVE else 1
        x = F.conv2d(x, tensors[f"conv{index}.weight"], tensors[f"conv{index}.bias"], stride, padding=1)
        if index < len(WIDTHS) - 1 and min(x.shape[2:]) > POOL_ABOVE:
            x = F.max_pool2d(x, 2)  # the same before the ReLU as after it, and a quarter of the work
        x = F.relu(x)
    x = F.adaptive_avg_pool2d(x, AREAS).flatten(1)  # (B, 128 * 16)
    return F.relu(F.linear(x, tensors["hidden.weight"], tensors["hidden.bias"]))


def head_of(tensors: dict[str, torch.Tensor], hidden: torch.Tensor) -> torch.Tensor:
    """The head's outputs (B, outputs) of features (B, HIDDEN)."""
    from torch.nn import functional as F

    return F.linear(hidden, tensors["head.weight"], tensors["head.bias"])


def inputs(items: np.ndarray) -> np.ndarray:
    """Pictures uint8 (N, H, W, C) as the network reads them: float32 (N, H', W', C) in 0..1."""
    return areas.shrink(items, *areas.size_within(items.shape[1], items.shape[2], LARGEST))


@dataclass(frozen=True)
class Network:
    """A trained network that computes features of pictures."""

    name: str
    weights: Weights
    shape: tuple[int, ...]  # (H, W, C) of the pictures it was trained on
    classes: int = 0  # 0: trained without labels
    device: str = "cpu"

    def read(self, items: np.ndarray) -> Extracted:
        """Features (N, HIDDEN) and, of a classifier, probabilities (N, classes). Raises DataError for another size."""
        import torch

        if items.shape[1:] != self.shape:
            raise DataError(
                f"{self.name} reads pictures of {as_size(self.shape)}, not {as_size(items.shape[1:])}: "
                "prepare them at one size"
            )
        tensors = as_tensors(self.weights, self.device)
        features = np.empty((len(items), HIDDEN), np.float32)
        probabilities = np.empty((len(items), self.classes), np.float32) if self.classes else None
        with torch.inference_mode():
            for start in range(0, len(items), BATCH):
                batch = torch.from_numpy(inputs(items[start : start + BATCH])).to(self.device).permute(0, 3, 1, 2)
                hidden = features_of(tensors, batch)
                features[start : start + BATCH] = hidden.cpu().numpy()
                if probabilities is not None:
                    probabilities[start : start + BATCH] = head_of(tensors, hidden).softmax(dim=1).cpu().numpy()
        return Extracted(features, probabilities)


def fit(
    weights: Weights,
    updates: int,
    weight_decay: float,
    loss: Callable[[dict[str, torch.Tensor], int], torch.Tensor],
    progress: Progress,
) -> Weights:
    """Minimise loss(tensors, update) from initial weights: AdamW with a one-cycle learning rate."""
    from gansmith.game.weights.rules import Adam, Steps

    tensors = as_tensors(weights)
    for tensor in tensors.values():
        tensor.requires_grad_()
    steps = Steps(Adam(0.9, 0.999, decay=weight_decay), tensors.values())
    for update in range(updates):
        value = loss(tensors, update)
        for tensor in tensors.values():
            tensor.grad = None
        value.backward()
        steps.step(RATE * one_cycle(update / updates))
        if update % 25 == 24 or update == updates - 1:
            progress("training the feature network", (update + 1) / updates)
    return {name: tensor.detach().cpu().numpy().copy() for name, tensor in tensors.items()}


def one_cycle(done: float) -> float:
    """The learning rate's factor after a share `done` of the training: up to 1 at a quarter, then to 0 (Smith 2017)."""
    return min(done / 0.25, 0.5 * (1 + np.cos(np.pi * max(0.0, done - 0.25) / 0.75))) + 1e-3


def draw(count: int, batch: int, update: int) -> np.ndarray:
    """The items' indices in an update's batch: each item once an epoch, each epoch in a new order."""
    position = update * batch + np.arange(batch)
    orders: dict[int, np.ndarray] = {}
    for epoch in np.unique(position // count).tolist():
        orders[epoch] = streams.generator(0, "features", epoch, 5).permutation(count)
    return np.array([orders[int(place // count)][place % count] for place in position])


@dataclass(frozen=True)
class CachedNetwork:
    """A network of one data set, in the cache or still to be trained."""

    folder: Path  # of the cache
    kind: str  # "classifier" or "self-supervised"
    updates: int
    fingerprint: str  # the data set's
    set_name: str  # such as "mnist"

    @property
    def path(self) -> Path:
        """The network's file."""
        digest = hashlib.sha256(f"{self.fingerprint}/{self.updates}".encode()).hexdigest()[:16]
        return self.folder / "features" / f"{self.kind}-{digest}.safetensors"

    def load(self) -> Network | None:
        """The network, if it was trained before."""
        found = read(self.path)
        if found is None:
            return None
        weights, metadata = found
        shape = tuple(int(size) for size in metadata["shape"].split("x"))
        classes = len(weights["head.bias"]) if self.kind == "classifier" else 0
        return Network(f"{self.set_name}-{self.kind}@{hash_of(weights)}", weights, shape, classes)

    def load_or_train(self, items: np.ndarray, fit: Callable[[], Weights]) -> Network:
        """The network, trained now by `fit` on `items` uint8 (N, H, W, C) if need be; other processes wait meanwhile."""
        found = self.load()
        if found is not None:
            return found
        with cache.claim(cache.make(self.path.parent) / f"{self.path.stem}.lock"):
            found = self.load()
            if found is None:
                start = time.perf_counter()
                weights = fit()
                metadata = {"items": str(len(items)), "shape": "x".join(str(size) for size in items.shape[1:])}
                write(self.path, weights, {**metadata, "seconds": f"{time.perf_counter() - start:.1f}"})
                found = self.load()
        if found is None:
            raise DataError(f"{self.path} was written but cannot be read: check the disk")
        return found


def write(path: Path, arrays: Weights, metadata: dict[str, str]) -> None:
    """Write a cached file at once, so that nobody reads half of it. Raises DataError where that fails."""
    from safetensors.numpy import save_file

    part = part_of(path)
    try:
        cache.make(path.parent)
        save_file(arrays, part, metadata={"format": FORMAT, **metadata})
        os.replace(part, path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise DataError(
            f"cannot write features to {path.parent} ({error.strerror}): set GANSMITH_CACHE to a folder to write in"
        ) from None


def read(path: Path) -> tuple[Weights, dict[str, str]] | None:
    """The arrays and metadata of a cached file; None where there is none, it is damaged or of another format."""
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = dict(file.metadata() or {})
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError):
        return None
    return (arrays, metadata) if metadata.pop("format", "") == FORMAT else None
