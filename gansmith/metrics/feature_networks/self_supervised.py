"""Features without labels: two views of one picture must be told to belong together among many (Chen et al. 2020).

A view is a random cut of half to all of the picture, perhaps mirrored, with other brightness and contrast. Neither
blur nor grain is among the changes, so the features keep seeing both: they are what bad generators make. Trained once
per set, kept in the cache by its fingerprint, every draw from the stream "features".
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gansmith.ground import streams
from gansmith.ground.errors import DataError
from gansmith.metrics.feature_networks import network
from gansmith.metrics.feature_networks.classifier import draw, one_cycle
from gansmith.metrics.feature_networks.features import Progress, hash_of, silent

if TYPE_CHECKING:
    import torch

UPDATES = 400
BATCH = 128  # pictures, each seen twice
RATE = 2e-3
WEIGHT_DECAY = 1e-4
TEMPERATURE = 0.2
PROJECTION = 64
SMALLEST_CUT = 0.5  # share of the picture's area
CONTRAST = 0.4  # factor in 1 - .. 1 +
BRIGHTNESS = 0.2  # added, of 0..1


def cached(folder: Path, fingerprint: str, name: str) -> network.Network | None:
    """The network of a set if it was trained before; `name` is the set's."""
    found = network.read(network.path_of(folder, "self-supervised", fingerprint, UPDATES))
    if found is None:
        return None
    weights, facts = found
    return network.Network(f"{name}-self-supervised@{hash_of(weights)}", weights, network.shape_of(facts), facts)


def trained(
    folder: Path, fingerprint: str, name: str, items: np.ndarray, progress: Progress = silent
) -> network.Network:
    """The network of a set, from the cache or trained now on pictures uint8 (N, H, W, C), N >= 2."""
    path = network.path_of(folder, "self-supervised", fingerprint, UPDATES)
    return network.trained(
        path, lambda: cached(folder, fingerprint, name), items, lambda: fit(items, UPDATES, progress)
    )


def fit(items: np.ndarray, updates: int, progress: Progress = silent) -> network.Weights:
    """Weights learned from pictures uint8 (N, H, W, C), N >= 2."""
    import torch

    if len(items) < 2:
        raise DataError("features cannot be learned from one picture: use --features pixels")
    weights = network.as_tensors(network.initial_weights(items.shape[3], PROJECTION))
    for tensor in weights.values():
        tensor.requires_grad_()
    optimizer = torch.optim.AdamW(weights.values(), lr=RATE, weight_decay=WEIGHT_DECAY, fused=True)
    batch_size = min(BATCH, len(items))
    for update in range(updates):
        for group in optimizer.param_groups:
            group["lr"] = RATE * one_cycle(update / updates)
        chosen = network.inputs(items[draw(len(items), batch_size, update)])
        batch = torch.from_numpy(chosen).permute(0, 3, 1, 2)
        both = torch.cat([view(batch, update, 0), view(batch, update, 1)])
        loss = contrast(network.head_of(weights, network.features_of(weights, both)))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        if update % 25 == 24 or update == updates - 1:
            progress("training the network that measures", (update + 1) / updates)
    return network.as_arrays(weights)


def view(batch: torch.Tensor, update: int, which: int) -> torch.Tensor:
    """A random view of every picture of (B, C, H, W) in 0..1, of the same shape."""
    import torch
    from torch.nn import functional as F

    count = len(batch)
    rng = streams.generator(0, "features", update, 7 + which)
    zoom = np.sqrt(rng.uniform(SMALLEST_CUT, 1.0, (2, count)))  # sides of the cut, of 1
    centre = (1 - zoom) * rng.uniform(-1, 1, (2, count))  # the cut stays inside
    mirror = rng.choice([-1.0, 1.0], count)
    maps = np.zeros((count, 2, 3), np.float32)
    maps[:, 0, 0], maps[:, 1, 1] = zoom[0] * mirror, zoom[1]
    maps[:, 0, 2], maps[:, 1, 2] = centre
    grid = F.affine_grid(torch.from_numpy(maps), list(batch.shape), align_corners=False)
    seen = F.grid_sample(batch, grid, padding_mode="border", align_corners=False)
    factor = rng.uniform(1 - CONTRAST, 1 + CONTRAST, (count, 1, 1, 1)).astype(np.float32)
    added = rng.uniform(-BRIGHTNESS, BRIGHTNESS, (count, 1, 1, 1)).astype(np.float32)
    changed = (seen - 0.5) * torch.from_numpy(factor) + 0.5 + torch.from_numpy(added)
    return changed.clamp(0, 1).contiguous(memory_format=torch.channels_last)


def contrast(projections: torch.Tensor) -> torch.Tensor:
    """The loss of (2 B, d): row i and row i + B are two views of one picture, all others are strangers."""
    import torch
    from torch.nn import functional as F

    count = len(projections)
    unit = F.normalize(projections, dim=1)
    similar = unit @ unit.T / TEMPERATURE
    similar = similar.masked_fill(torch.eye(count, dtype=torch.bool, device=similar.device), float("-inf"))
    partner = (torch.arange(count, device=similar.device) + count // 2) % count
    return F.cross_entropy(similar, partner)
