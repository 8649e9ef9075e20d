"""What the host hands to the device in an update: indices, draws, rates.

`Intake` draws and sends at once. `Tape` remembers what was asked for and where it lies on the device, so that an update
that was captured as one CUDA graph can be played again with the numbers of another update.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

import numpy as np
import torch
from torch import Tensor

from gansmith.ground.game import Now

Draw = Callable[[Now, np.ndarray | None], np.ndarray]
"""What an update needs, on the host, given its clock and, where it is played again, its indices (turns, B)."""


class Intake:
    """Hands over what is asked for, now."""

    def __init__(self, device: torch.device) -> None:
        self.device = device

    def array(self, key: Hashable, now: Now, draw: Draw, dtype: torch.dtype | None = None) -> Tensor:
        """What `draw` gives for this update, on the device. key: a name for it within the update."""
        return send(draw(now, None), self.device, dtype)

    def rate(self, key: str, now: Now, rate: Callable[[Now], float], dtype: torch.dtype) -> float | Tensor:
        """A number for this update; dtype: where a tensor has to stand for it, of this type."""
        return rate(now)

    def key(self, name: Hashable, now: Now, draw: Callable[[Now], int]) -> int | Tensor:
        """A 31-bit whole number for this update."""
        return draw(now)


class Tape(Intake):
    """Hands over tensors that stay where they are, and can be filled again for another update."""

    def __init__(self, device: torch.device) -> None:
        super().__init__(device)
        self.entries: dict[Hashable, tuple[Draw, Tensor]] = {}
        self.sealed = False  # once captured, nothing new can be asked for

    def array(self, key: Hashable, now: Now, draw: Draw, dtype: torch.dtype | None = None) -> Tensor:
        """The tensor of that name; its numbers are those of the update that is played."""
        if key not in self.entries:
            if self.sealed:
                raise RuntimeError(f"{key} was not asked for before")
            self.entries[key] = draw, send(draw(now, None), self.device, dtype)
        return self.entries[key][1]

    def rate(self, key: str, now: Now, rate: Callable[[Now], float], dtype: torch.dtype) -> float | Tensor:
        """The rate as a tensor ()."""
        return self.array(("rate", key), now, lambda now, _: np.asarray(rate(now)), dtype)

    def key(self, name: Hashable, now: Now, draw: Callable[[Now], int]) -> int | Tensor:
        """The number as a tensor () of int32."""
        return self.array(("key", name), now, lambda now, _: np.asarray(draw(now), np.int32))

    def fill(self, now: Now, indices: np.ndarray) -> None:
        """Draw everything again, for another update."""
        for draw, tensor in self.entries.values():
            tensor.copy_(send(draw(now, indices), self.device, tensor.dtype), non_blocking=True)


def send(array: np.ndarray, device: torch.device, dtype: torch.dtype | None = None) -> Tensor:
    """An array on the device. Nobody waits: it goes to a GPU from pinned memory, which torch's allocator keeps until
    the copy has been made."""
    tensor = torch.as_tensor(array)
    if device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, dtype, non_blocking=device.type == "cuda")
