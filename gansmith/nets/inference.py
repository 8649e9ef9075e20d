"""A network outside training: its output in chunks that fit into memory, and its arrays from a checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import torch
from torch import Tensor

from gansmith.ground.errors import RunError
from gansmith.nets.network import INFERENCE, Network


@torch.no_grad()
def run_in_chunks(
    network: Network,
    latents: np.ndarray,
    labels: np.ndarray | None,
    device: torch.device,
    dtype: torch.dtype,
    finish: Callable[[np.ndarray], np.ndarray] = np.asarray,
) -> np.ndarray:
    """The generator's raw output float32 (N, H, W, C) or (N, D), in inference mode; `finish` is applied to each chunk.

    Chunks are padded to multiples of 64, because a matrix product rounds by its shape: the first 5 of 10 pictures are
    the same as 5 of 5, bit for bit.
    """
    outputs: np.ndarray | None = None
    for rows in chunks(len(latents), device):
        padded = np.resize(rows, -(-len(rows) // 64) * 64)
        z = torch.as_tensor(np.asarray(latents, np.float32)[padded]).to(device, dtype)
        known = None if labels is None else torch.as_tensor(np.asarray(labels, np.int64)[padded]).to(device)
        made = network(z, known, INFERENCE)[: len(rows)]
        made = made.permute(0, 2, 3, 1) if made.ndim == 4 else made
        items = finish(made.float().cpu().numpy())
        if outputs is None:  # allocated once, not concatenated at the end: that would need twice the memory
            outputs = np.empty((len(latents), *items.shape[1:]), items.dtype)
        outputs[rows] = items
    assert outputs is not None, "no latents were given"
    return outputs


def chunks(count: int, device: torch.device) -> list[np.ndarray]:
    """The rows 0 .. count - 1, in parts that fit into a device's memory; a processor is faster with small ones."""
    size = 64 if device.type == "cpu" else 256
    return [np.arange(start, min(start + size, count)) for start in range(0, count, size)]


def load_arrays(network: Network, arrays: Mapping[str, np.ndarray], prefix: str) -> None:
    """Copy "<prefix>/<name>" arrays into a network. Raises RunError when one is missing or of another shape."""
    with torch.no_grad():
        for name, target in network.arrays().items():
            array = arrays.get(f"{prefix}/{name}")
            if array is None or tuple(array.shape) != tuple(target.shape):
                raise RunError(
                    f"the saved {prefix} does not fit this recipe's network at {name!r}: put the recipe, or your own "
                    "networks, back as they were"
                )
            target.copy_(torch.as_tensor(np.array(array)))


def on_host(parts: list[Tensor | None]) -> np.ndarray | None:
    """Tensors of all chunks as one float32 array; None where a discriminator says nothing of the kind."""
    given = [part for part in parts if part is not None]
    return torch.cat(given).float().cpu().numpy() if given else None
