"""The training items as an engine holds them: resident on the device where they fit, normalised on the fly."""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np
import torch
from torch import Tensor

from gansmith.game.intake import Draw, Intake, send
from gansmith.ground.game import Now
from gansmith.ground.networks.plan import Shape
from gansmith.ground.pixels import SCALE, PixelRange

RESIDENT_SHARE = 0.5  # of a device's free memory that pixels may take


def windows(raw: Tensor, begin: Tensor, size: tuple[int, int]) -> Tensor:
    """A part of each of pictures (B, H, W, C): (B, *size, C) from `begin`, int64 (B, 2), down and to the right."""
    rows, columns = (begin[:, axis, None] + torch.arange(side, device=raw.device) for axis, side in enumerate(size))
    return raw[torch.arange(len(raw), device=raw.device)[:, None, None], rows[:, :, None], columns[:, None, :]]


class Pixels:
    """Batches of real items as tensors: pictures (B, C, H, W) in channels-last memory, or vectors (B, D)."""

    def __init__(
        self,
        items: np.ndarray,
        labels: np.ndarray | None,
        pixel_range: PixelRange,
        device: torch.device,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.pixel_range: PixelRange = pixel_range
        self.device, self.dtype = device, dtype
        self.host = items
        self.resident = _if_it_fits(items, device)
        self.labels = None if labels is None else torch.as_tensor(np.array(labels, np.int64)).to(device)

    def batch(self, indices: np.ndarray) -> tuple[Tensor, Tensor | None]:
        """The items and labels at `indices` (B,), ready for the networks."""
        where = send(indices, self.device)
        raw = self.resident[where] if self.resident is not None else send(self.host[indices], self.device)
        return self.convert(raw), None if self.labels is None else self.labels[where]

    def fetch(
        self, intake: Intake, key: Hashable, now: Now, which: Draw, cut: Callable[[Tensor], Tensor] | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """`batch` in an update: at the indices that `which` tells, of pictures (B, H, W, C) only what `cut` leaves.

        Items that are not resident are gathered on the host while the device is busy with what it was told before, and
        go to it from pinned memory: nobody waits for anybody.
        """
        if self.resident is not None:
            where = intake.array(("rows", key), now, which)
            raw = self.resident[where]
            raw = cut(raw) if cut else raw
            return self.convert(raw), None if self.labels is None else self.labels[where]
        raw = intake.array(("items", key), now, lambda now, indices: self.host[which(now, indices)])
        labels = None if self.labels is None else self.labels[intake.array(("rows", key), now, which)]
        return self.convert(cut(raw) if cut else raw), labels

    def labels_at(self, indices: np.ndarray) -> Tensor | None:
        """The labels at `indices` (B,)."""
        return None if self.labels is None else self.labels[send(indices, self.device)]

    def spare(self, item_shape: Shape) -> tuple[int, int]:
        """By how many rows and columns the pictures are larger than the players' item_shape (C, H, W); 0 for vectors."""
        if self.host.ndim == 2:
            return 0, 0
        return self.host.shape[1] - item_shape[1], self.host.shape[2] - item_shape[2]

    def convert(self, raw: Tensor) -> Tensor:
        """Bytes (B, H, W, C) to network pixels (B, C, H, W); vectors (B, D) unchanged."""
        raw = raw.to(self.device, non_blocking=True)
        if raw.ndim == 2:
            return raw.to(self.dtype)
        factor, offset = SCALE[self.pixel_range]
        return raw.permute(0, 3, 1, 2).to(self.dtype).mul_(factor).add_(offset)


def resident(items: np.ndarray, device: torch.device, rows: int = 4096) -> Tensor:
    """All items on the device, sent `rows` at a time: the store is mapped, and never whole in the host's memory."""
    whole = torch.empty(items.shape, dtype=torch.as_tensor(items[:1].copy()).dtype, device=device)
    for start in range(0, len(items), rows):
        whole[start : start + rows] = torch.as_tensor(items[start : start + rows].copy()).to(device)
    return whole


def _if_it_fits(items: np.ndarray, device: torch.device) -> Tensor | None:
    """On the processor NumPy indexes the memory map itself; a GPU keeps the pixels where they leave room: their share
    of what is free is measured, and a device that refuses nevertheless is taken at its word."""
    if device.type == "cpu" or (device.type == "cuda" and items.nbytes > RESIDENT_SHARE * free_memory(device)):
        return None
    try:
        return resident(items, device)
    except torch.OutOfMemoryError:
        return None


def free_memory(device: torch.device) -> int:
    """Bytes of a GPU that nobody uses."""
    return torch.cuda.mem_get_info(device)[0]
