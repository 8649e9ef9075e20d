"""Features without labels: the network learns which two views show the same picture (Chen et al. 2020).

A view is a random crop of half to all of the picture, perhaps mirrored, with changed brightness and contrast. Blur and
noise are not among the changes, so the features still react to both: bad generators make them. Nor is alpha, where
pictures have transparency: there the colours change, as much as they are seen. Trained once for each set and cached
under its fingerprint; all random numbers come from the stream "features".
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gansmith.ground import streams
from gansmith.ground.alpha import RGBA
from gansmith.ground.errors import DataError
from gansmith.metrics.feature_networks import network
from gansmith.metrics.feature_networks.features import Progress, silent

if TYPE_CHECKING:
    import torch

UPDATES = 400
BATCH = 128  # pictures, two views of each
WEIGHT_DECAY = 1e-4
TEMPERATURE = 0.2
PROJECTION = 64
SMALLEST_CROP = 0.5  # share of the picture's area
CONTRAST = 0.4  # factor in 1 - .. 1 +
BRIGHTNESS = 0.2  # added, of 0..1


def cached(folder: Path, fingerprint: str, name: str) -> network.CachedNetwork:
    """The network of a set in the cache; `name` is the set's."""
    return network.CachedNetwork(folder, "self-supervised", UPDATES, fingerprint, name)


def trained(
    folder: Path, fingerprint: str, name: str, items: np.ndarray, progress: Progress = silent
) -> network.Network:
    """The network of a set, from the cache or trained now on pictures uint8 (N, H, W, C), N >= 2."""
    return cached(folder, fingerprint, name).load_or_train(items, lambda: fit(items, UPDATES, progress))


def fit(items: np.ndarray, updates: int, progress: Progress = silent) -> network.Weights:
    """Weights learned from pictures uint8 (N, H, W, C). Raises DataError for fewer than two."""
    import torch

    if len(items) < 2:
        raise DataError("features cannot be learned from one picture: use --features pixels")
    batch_size = min(BATCH, len(items))

    def loss(weights: dict[str, torch.Tensor], update: int) -> torch.Tensor:
        chosen = network.inputs(items[network.draw(len(items), batch_size, update)])
        batch = torch.from_numpy(chosen).permute(0, 3, 1, 2)
        views = torch.cat([view(batch, update, 0), view(batch, update, 1)])
        return contrastive_loss(network.head_of(weights, network.features_of(weights, views)))

    return network.fit(network.initial_weights(items.shape[3], PROJECTION), updates, WEIGHT_DECAY, loss, progress)


def view(batch: torch.Tensor, update: int, which: int) -> torch.Tensor:
    """A random view of every picture of (B, C, H, W) in 0..1, of the same shape."""
    import torch
    from torch.nn import functional as F

    count = len(batch)
    rng = streams.generator(0, "features", update, 7 + which)
    zoom = np.sqrt(rng.uniform(SMALLEST_CROP, 1.0, (2, count)))  # sides of the crop, of 1
    centre = (1 - zoom) * rng.uniform(-1, 1, (2, count))  # the crop stays inside
    mirror = rng.choice([-1.0, 1.0], count)
    maps = np.zeros((count, 2, 3), np.float32)
    maps[:, 0, 0], maps[:, 1, 1] = zoom[0] * mirror, zoom[1]
    maps[:, 0, 2], maps[:, 1, 2] = centre
    grid = F.affine_grid(torch.from_numpy(maps), list(batch.shape), align_corners=False)
    crops = F.grid_sample(batch, grid, padding_mode="border", align_corners=False)
    factor = rng.uniform(1 - CONTRAST, 1 + CONTRAST, (count, 1, 1, 1)).astype(np.float32)
    added = rng.uniform(-BRIGHTNESS, BRIGHTNESS, (count, 1, 1, 1)).astype(np.float32)
    if crops.shape[1] == RGBA:
        return _seen(crops, torch.from_numpy(factor), torch.from_numpy(added))
    changed = (crops - 0.5) * torch.from_numpy(factor) + 0.5 + torch.from_numpy(added)
    return changed.clamp(0, 1).contiguous(memory_format=torch.channels_last)


def _seen(crops: torch.Tensor, factor: torch.Tensor, added: torch.Tensor) -> torch.Tensor:
    """Premultiplied crops (B, 4, H, W) with changed contrast and brightness of what is seen."""
    import torch

    alpha = crops[:, 3:]
    colour = (crops[:, :3] - 0.5 * alpha) * factor + (0.5 + added) * alpha
    changed = torch.cat([torch.minimum(colour.clamp_min(0), alpha), alpha], 1)
    return changed.contiguous(memory_format=torch.channels_last)


def contrastive_loss(projections: torch.Tensor) -> torch.Tensor:
    """The loss of projections (2 B, d): rows i and i + B are two views of one picture, all others of other pictures."""
    import torch
    from torch.nn import functional as F

    count = len(projections)
    unit = F.normalize(projections, dim=1)
    similar = unit @ unit.T / TEMPERATURE
    similar = similar.masked_fill(torch.eye(count, dtype=torch.bool, device=similar.device), float("-inf"))
    partner = (torch.arange(count, device=similar.device) + count // 2) % count
    return F.cross_entropy(similar, partner)
