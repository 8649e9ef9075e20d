"""Running statistics (`ground.running_stats`) of torch's tensors: to the host, through a CUDA graph, over the ranks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from gansmith.ground.running_stats import Library, Place, RunningStats
from gansmith.nets.ranks import Ranks

Places = list[tuple[Place, int]]
"""What lies where in a packed tensor: a path, and how many numbers; 0 = one number of shape ()."""


def to_host(tensors: list[Tensor]) -> list[np.ndarray]:
    """Tensors as NumPy arrays, in one transfer."""
    if not tensors:
        return []
    sizes = [tensor.numel() for tensor in tensors]
    parts = np.split(flattened(tensors).cpu().numpy(), np.cumsum(sizes)[:-1])
    return [part.reshape(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)]


def flattened(tensors: Sequence[Tensor]) -> Tensor:
    """All numbers in one row, in float64 where any tensor is, else in float32."""
    wide = torch.float64 if any(tensor.dtype == torch.float64 for tensor in tensors) else torch.float32
    return torch.cat([tensor.reshape(-1).to(wide) for tensor in tensors])


TORCH: Library[Tensor] = Library(Tensor.detach, to_host)


def pack(stats: RunningStats[Tensor]) -> tuple[Tensor, Places]:
    """Everything as one tensor, as a CUDA graph leaves it, and what lies where in it."""
    items = list(stats.items())
    return flattened([array for _, array in items]), [(path, len(a) if a.ndim else 0) for path, a in items]


def unpack(stats: RunningStats[Tensor], packed: Tensor, places: Places) -> None:
    """Add what was packed."""
    parts = packed.split([size or 1 for _, size in places])
    for (path, size), part in zip(places, parts, strict=True):
        stats.put(path, part if size else part[0])


def gather(stats: RunningStats[Tensor], ranks: Ranks) -> None:
    """Replace means and logits by those of all ranks, in one exchange; what was measured is the same on every rank."""
    if not (stats.means or stats.logits):
        return
    means = torch.stack([torch.stack(numbers).mean() for numbers in stats.means.values()])
    logits = [torch.cat(parts) for parts in stats.logits.values()]
    gathered = ranks.all_gather(torch.cat([part.double() for part in (means, *logits)]))
    numbers, *columns = gathered.split([len(means), *map(len, logits)], 1)
    stats.means = {name: [number] for name, number in zip(stats.means, numbers.mean(0), strict=True)}
    stats.logits = {kind: [column.flatten()] for kind, column in zip(stats.logits, columns, strict=True)}
