"""The training items as an engine holds them: on the device where they fit, turned into network inputs as they are used."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from gansmith.ground.networks.plan import Shape
from gansmith.ground.pixels import SCALE, PixelRange

RESIDENT_SHARE = 0.5  # of a device's free memory that pixels may take


class Items:
    """Real items as they are stored, pictures uint8 (N, H, W, C), else float32 (N, D) or (N, 1, L, C); labels int64 (N,).

    shape: of an item as the networks take it, (C, H, W) or (D,); stored pictures may be larger.
    """

    def __init__(
        self,
        items: np.ndarray,
        labels: np.ndarray | None,
        pixel_range: PixelRange,
        shape: Shape,
        device: torch.device,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.host, self.labels = items, labels
        self.pixel_range: PixelRange = pixel_range
        self.shape, self.device, self.dtype = shape, device, dtype
        self.resident = _if_it_fits(items, device)

    @property
    def spare(self) -> tuple[int, int]:
        """By how many rows and columns stored pictures are larger than those that the networks take."""
        if self.host.ndim != 4:
            return 0, 0
        return self.host.shape[1] - self.shape[1], self.host.shape[2] - self.shape[2]

    def gather(self, indices: np.ndarray) -> np.ndarray:
        """What a device needs in order to have the items at `indices` (B,): those items as they are stored, or, if they
        are on the device, the indices."""
        return indices if self.resident is not None else self.host[indices]

    def raw(self, gathered: Tensor) -> Tensor:
        """The items that `gather` told, as they are stored, on the device."""
        return gathered if self.resident is None else self.resident[gathered]

    def batch(self, indices: np.ndarray) -> tuple[Tensor, Tensor | None]:
        """The items and labels at `indices` (B,), ready for the networks."""
        raw = self.raw(torch.as_tensor(self.gather(indices)).to(self.device))
        labels = None if self.labels is None else torch.as_tensor(np.asarray(self.labels[indices], np.int64))
        return self.convert(raw), None if labels is None else labels.to(self.device)

    def convert(self, raw: Tensor) -> Tensor:
        """Stored bytes (B, H, W, C) to network pixels (B, C, H, W) in channels-last memory; numbers unchanged, channels first."""
        if raw.dtype != torch.uint8:
            return (raw.permute(0, 3, 1, 2) if raw.ndim == 4 else raw).to(self.dtype)
        factor, offset = SCALE[self.pixel_range]
        return raw.permute(0, 3, 1, 2).to(self.dtype).mul_(factor).add_(offset)


def windows(raw: Tensor, begin: Tensor, size: tuple[int, int]) -> Tensor:
    """A part of each of pictures (B, H, W, C): (B, *size, C) from `begin`, int64 (B, 2), down and to the right."""
    rows, columns = (begin[:, axis, None] + torch.arange(side, device=raw.device) for axis, side in enumerate(size))
    return raw[torch.arange(len(raw), device=raw.device)[:, None, None], rows[:, :, None], columns[:, None, :]]


def resident(items: np.ndarray, device: torch.device, rows: int = 4096) -> Tensor:
    """All items on the device, sent `rows` at a time: the store is mapped, and never whole in the host's memory."""
    whole = torch.empty(items.shape, dtype=torch.as_tensor(items[:1].copy()).dtype, device=device)
    for start in range(0, len(items), rows):
        whole[start : start + rows] = torch.as_tensor(items[start : start + rows].copy()).to(device)
    return whole


def _if_it_fits(items: np.ndarray, device: torch.device) -> Tensor | None:
    """On the processor NumPy indexes the memory map itself. A GPU keeps the pixels where they leave room: their share of
    what is free is measured, and a device that refuses them nevertheless gets them batch by batch."""
    if device.type == "cpu" or (device.type == "cuda" and items.nbytes > RESIDENT_SHARE * free_memory(device)):
        return None
    try:
        return resident(items, device)
    except torch.OutOfMemoryError:
        return None


def free_memory(device: torch.device) -> int:
    """Bytes of a GPU that nobody uses."""
    return torch.cuda.mem_get_info(device)[0]
