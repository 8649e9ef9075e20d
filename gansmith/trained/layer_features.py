"""What all layers of a discriminator say about items, as one row of numbers an item (Radford et al. 2016, section 5).

Of every layer with an activation, and of every residual block, the maps are max-pooled to 4x4 places (1x16 of one-dimensional
items); layers of vectors are taken whole. All are put side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.ground.networks import plan
from gansmith.ground.networks.plan import Plan, leaves
from gansmith.ground.pixels import PixelRange, to_float
from gansmith.nets.layers.torch_layer import TorchLayer
from gansmith.nets.modes import INFERENCE, Mode
from gansmith.nets.network import Network

PLACES = 4  # maps are pooled to so many rows and columns
NUMBERS_MOST = 8192  # an item: with more, maps are pooled to half as many rows and columns
LABELS_MOST = 10  # labels under which an item is seen, where its label enters before the last layer
CHUNK = 250  # items in one pass
TAKEN = plan.Activation, plan.Residual


def layer_features(network: Network, items: np.ndarray, pixel_range: PixelRange) -> np.ndarray:
    """float32 (N, F) of pictures uint8 (N, H, W, C) or other items float32, N > 0, as the network takes them.

    F depends on the plan alone, and is at most NUMBERS_MOST where maps pooled to one place allow that. Items come without
    their labels: where a label enters before the last layer, features are the mean over at most LABELS_MOST labels, the same
    for every item.
    """
    places = places_of(network, items[:1], pixel_range)
    parts = [
        _read(network, as_inputs(items[start : start + CHUNK], pixel_range), places)
        for start in range(0, len(items), CHUNK)
    ]
    return np.concatenate(parts)


def places_of(network: Network, items: np.ndarray, pixel_range: PixelRange) -> int:
    """To how many rows and columns the network's maps are pooled: PLACES, or fewer, so that features are not too many."""
    some = as_inputs(items[:1], pixel_range)
    return next((side for side in (PLACES, 2) if _read(network, some, side).shape[1] <= NUMBERS_MOST), 1)


def as_inputs(items: np.ndarray, pixel_range: PixelRange) -> Tensor:
    """Stored items as a network takes them: (B, C, H, W), or (B, D)."""
    rows = to_float(items, pixel_range) if items.dtype == np.uint8 else np.asarray(items, np.float32)
    given = torch.from_numpy(np.ascontiguousarray(rows))
    return given.permute(0, 3, 1, 2) if given.ndim == 4 else given


def label_enters_early(network_plan: Plan) -> bool:
    """Whether features before the logit depend on the item's label."""
    return any(
        isinstance(layer, plan.ConcatLabels | plan.ConditionalBatchNorm) for _, layer in leaves(network_plan.layers)
    )


@torch.no_grad()
def measure_statistics(network: Network, items: np.ndarray, pixel_range: PixelRange) -> None:
    """Give the batch norms of an untrained network the statistics of these items, as training would."""
    keys = {index: index for index in range(len(network.plan.layers))}
    mode = Mode(training=True, track=True, momentum=1.0, dropout_keys=keys)
    network.discriminate(as_inputs(items, pixel_range), next(_labels(network.plan, len(items))), mode)


def _labels(network_plan: Plan, count: int) -> Iterator[Tensor | None]:
    """What to give for the labels of `count` items, once for each pass."""
    classes = network_plan.classes
    if not classes:
        yield None
        return
    passes = min(LABELS_MOST, classes) if label_enters_early(network_plan) else 1
    for label in np.linspace(0, classes - 1, passes).round().astype(np.int64):
        yield torch.full((count,), int(label))


@torch.no_grad()
def _read(network: Network, x: Tensor, places: int) -> np.ndarray:
    """Features (B, F) of one batch."""
    passes = []
    for labels in _labels(network.plan, len(x)):
        with _listening(network, places) as heard:
            network.discriminate(x, labels, INFERENCE)
        passes.append(torch.cat([part for part in heard if part.shape[1] > 1], 1))  # one number: that is the logit
    return torch.stack(passes).mean(0).float().numpy()


@contextmanager
def _listening(network: Network, places: int) -> Iterator[list[Tensor]]:
    """The pooled output of each layer that counts, in the order of the pass; pooled at once, as a later layer may overwrite
    it. The network's last layer is its logit."""
    heard: list[Tensor] = []

    def hear(layer: Any, given: Any, out: Tensor) -> None:
        heard.append(pooled(out, places).flatten(1).clone())

    last = str(len(network.plan.layers) - 1)
    chosen = [
        m for m in network.modules() if isinstance(m, TorchLayer) and isinstance(m.record, TAKEN) and m.name != last
    ]
    hooks = [module.register_forward_hook(hear) for module in chosen]
    try:
        yield heard
    finally:
        for hook in hooks:
            hook.remove()


def pooled(maps: Tensor, places: int) -> Tensor:
    """Maps (B, C, H, W) max-pooled to at most places x places, or places^2 along one dimension; smaller ones, and vectors
    (B, D), as they are."""
    if maps.ndim != 4:
        return maps
    height, width = maps.shape[2:]
    size = (1, places**2) if height == 1 else (places**2, 1) if width == 1 else (places, places)
    return F.adaptive_max_pool2d(maps, (min(size[0], height), min(size[1], width)))
