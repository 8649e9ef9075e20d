"""Features of a network that was trained on photographs of a thousand kinds of things (`nets.trunk`); none is trained here.

The 1,280 features are the means over the picture of its last maps. A picture is brought to 128 pixels along its longer side,
a larger one to 224, and each side to a multiple of 32. Grey pictures are read as colour ones. A picture with transparency is
read on black and on white, and its features are the mean of the two.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gansmith.ground.errors import DataError
from gansmith.metrics.feature_networks.features import Extracted, read_on_grounds
from gansmith.nets import trunk

USUAL, LARGE = 128, 224  # pixels of the longer side as it is read
STEP = 32  # a side is a multiple of it: the last maps are so much smaller
BATCH = 32


@dataclass(frozen=True)
class Imagenet:
    """The network as an extractor of features."""

    device: str = "cpu"

    @property
    def name(self) -> str:
        """The weights' name and hash."""
        return trunk.NAME

    def read(self, items: np.ndarray) -> Extracted:
        """Features (N, 1280) of pictures uint8 (N, H, W, 1, 3 or 4, premultiplied). Raises DataError, EngineError."""
        if items.dtype != np.uint8:
            raise DataError("the ImageNet network reads pictures, and these are other numbers: use --features pixels")
        return read_on_grounds(items, self._read)

    def _read(self, items: np.ndarray) -> np.ndarray:
        """Features (N, 1280) of pictures uint8 (N, H, W, 1 or 3)."""
        import torch
        from torch.nn import functional as F

        from gansmith.nets.eyes import Trunk

        height, width = size_read(*items.shape[1:3])
        network = Trunk(height, width, self.device)
        found = np.empty((len(items), trunk.HEAD), np.float32)
        with torch.inference_mode():
            for start in range(0, len(items), BATCH):
                batch = torch.tensor(np.ascontiguousarray(items[start : start + BATCH]), device=self.device)  # a copy
                x = batch.permute(0, 3, 1, 2).expand(-1, 3, -1, -1).float() / 127.5 - 1
                if x.shape[2:] != (height, width):
                    x = F.interpolate(x, size=(height, width), mode="bilinear", antialias=True)
                maps = network(x.contiguous(memory_format=torch.channels_last))
                found[start : start + BATCH] = maps.mean(dim=(2, 3)).cpu().numpy()
        return found


def size_read(height: int, width: int) -> tuple[int, int]:
    """The size at which a picture of this size is read."""
    factor = (USUAL if max(height, width) <= USUAL else LARGE) / max(height, width)
    return max(STEP, round(height * factor / STEP) * STEP), max(STEP, round(width * factor / STEP) * STEP)
