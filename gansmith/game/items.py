"""The training items as an engine holds them: resident on the device where they fit, normalised on the fly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gansmith.ground.pixels import SCALE, PixelRange
from gansmith.ground.plan import Shape

RESIDENT_SHARE = 0.5  # of a device's free memory that pixels may take


@dataclass(frozen=True)
class Window:
    """A part of each of B pictures: where it begins, int64 (B, 2) down and to the right, and its (height, width)."""

    corners: np.ndarray
    size: tuple[int, int]

    def of(self, raw: Tensor) -> Tensor:
        """(B, H, W, C) to (B, height, width, C)."""
        begin = torch.as_tensor(self.corners).to(raw.device, non_blocking=True)
        rows, columns = (
            begin[:, axis, None] + torch.arange(side, device=raw.device) for axis, side in enumerate(self.size)
        )
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
        self.resident = torch.as_tensor(np.asarray(items)).to(device) if _fits(items, device) else None
        self.labels = None if labels is None else torch.as_tensor(np.array(labels, np.int64)).to(device)

    def batch(self, indices: np.ndarray, window: Window | None = None) -> tuple[Tensor, Tensor | None]:
        """The items and labels at `indices` (B,), ready for the networks; of pictures only a window of each."""
        where = torch.as_tensor(indices).to(self.device, non_blocking=True)
        raw = self.resident[where] if self.resident is not None else torch.as_tensor(self.host[indices])
        raw = raw if window is None else window.of(raw.to(self.device, non_blocking=True))
        labels = None if self.labels is None else self.labels[where]
        return self.convert(raw), labels

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


def _fits(items: np.ndarray, device: torch.device) -> bool:
    """On the processor NumPy indexes the memory map itself; a GPU keeps the pixels where they leave room."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return items.nbytes <= RESIDENT_SHARE * free
    return device.type == "mps"
