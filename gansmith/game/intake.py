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
    """Hands over tensors that, once it is sealed, stay where they are and can be filled again for another update.

    Sealed, they lie side by side in one piece of the device's memory, and are filled by one copy.
    """

    def __init__(self, device: torch.device) -> None:
        super().__init__(device)
        self.entries: dict[Hashable, tuple[Draw, Tensor]] = {}
        self.sealed: Tensor | None = None  # bytes: all entries

    def array(self, key: Hashable, now: Now, draw: Draw, dtype: torch.dtype | None = None) -> Tensor:
        """The tensor of that name; its numbers are those of the update that is played."""
        if key not in self.entries:
            if self.sealed is not None:
                raise RuntimeError(f"{key} was not asked for before")
            self.entries[key] = draw, send(draw(now, None), self.device, dtype)
        return self.entries[key][1]

    def rate(self, key: str, now: Now, rate: Callable[[Now], float], dtype: torch.dtype) -> float | Tensor:
        """The rate as a tensor ()."""
        return self.array(("rate", key), now, lambda now, _: np.asarray(rate(now)), dtype)

    def key(self, name: Hashable, now: Now, draw: Callable[[Now], int]) -> int | Tensor:
        """The number as a tensor () of int32."""
        return self.array(("key", name), now, lambda now, _: np.asarray(draw(now), np.int32))

    def seal(self) -> None:
        """Lay all that was asked for side by side; from now on nothing new can be asked for."""
        sizes = [_padded(tensor.nbytes) for _, tensor in self.entries.values()]
        self.sealed = torch.empty(sum(sizes), dtype=torch.uint8, device=self.device)
        for (key, (draw, tensor)), piece in zip(self.entries.items(), self.sealed.split(sizes), strict=True):
            place = piece[: tensor.nbytes].view(tensor.dtype).view(tensor.shape)
            self.entries[key] = draw, place.copy_(tensor)

    def fill(self, now: Now, indices: np.ndarray) -> None:
        """Draw everything again, for another update."""
        assert self.sealed is not None, "a tape is sealed before it is filled"
        staged = torch.empty(len(self.sealed), dtype=torch.uint8, pin_memory=self.device.type == "cuda")
        host, begin = staged.numpy(), 0
        for draw, tensor in self.entries.values():
            place = host[begin : begin + tensor.nbytes].view(NUMPY[tensor.dtype])
            place.reshape(tensor.shape)[...] = draw(now, indices)
            begin += _padded(tensor.nbytes)
        self.sealed.copy_(staged, non_blocking=True)


NUMPY = {torch.as_tensor(np.empty(0, kind)).dtype: kind for kind in ("?", "u1", "i4", "i8", "f4", "f8")}
"""NumPy's name of the types that the host draws in."""


def _padded(size: int) -> int:
    """Bytes that an entry takes: whole 16s, as its neighbour wants to begin well."""
    return -(-size // 16) * 16


def send(array: np.ndarray, device: torch.device, dtype: torch.dtype | None = None) -> Tensor:
    """An array on the device. Nobody waits: it goes to a GPU from pinned memory, which torch's allocator keeps until
    the copy has been made."""
    tensor = torch.as_tensor(array)
    if device.type == "cuda":
        tensor = tensor.pin_memory()
    return tensor.to(device, dtype, non_blocking=device.type == "cuda")
