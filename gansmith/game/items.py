"""The training items as an engine holds them: resident on the device where they fit, normalised on the fly."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from gansmith.ground.pixels import SCALE, PixelRange

RESIDENT_SHARE = 0.5  # of a device's free memory that pixels may take


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

    def batch(self, indices: np.ndarray) -> tuple[Tensor, Tensor | None]:
        """The items and labels at `indices` (B,), ready for the networks."""
        where = torch.as_tensor(indices).to(self.device, non_blocking=True)
        raw = self.resident[where] if self.resident is not None else torch.as_tensor(self.host[indices])
        labels = None if self.labels is None else self.labels[where]
        return self.convert(raw), labels

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
