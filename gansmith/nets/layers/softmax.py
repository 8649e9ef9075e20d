"""The end of a generator of categories: softmax over groups of channels, with Gumbel noise in training."""

from __future__ import annotations

import torch
from torch import Tensor

from gansmith.ground import streams
from gansmith.ground.networks import plan
from gansmith.nets.layers.elementwise import hashed
from gansmith.nets.layers.torch_layer import ForwardContext, TorchLayer


class GroupedSoftmax(TorchLayer[plan.GroupedSoftmax]):
    """Groups of channels become probabilities; a group of one stays a number. Raises ValueError in training with noise and
    without keys."""

    def forward(self, x: Tensor, context: ForwardContext) -> Tensor:
        mode, temperature, noisy = context.mode, 1.0, x
        if mode.draws and self.record.gumbel:
            if mode.dropout_keys is None:
                raise ValueError("a training pass through noise needs its keys")
            noisy = x + gumbel(x, mode.dropout_keys[int(self.name)], mode.first_row).to(x.dtype)
            temperature = self.record.gumbel
        parts, end = [], 0
        for span in self.record.spans():
            parts += [x[:, end : span.start], torch.softmax(noisy[:, span] / temperature, 1)]
            end = span.stop
        return torch.cat([*parts, x[:, end:]], 1)


def gumbel(x: Tensor, key: int | Tensor, first_row: int | tuple[int, ...]) -> Tensor:
    """`streams.gumbel` on the device of x, shaped as x, from the same bits in both engines.

    Elements are counted in memory order, for pictures (B, C, H, W) over height, width, channels. With several first rows, x
    is as many blocks of equal height.
    """
    shape = (len(x), *x.shape[2:], x.shape[1]) if x.ndim == 4 else x.shape
    starts = (first_row,) if isinstance(first_row, int) else first_row
    if isinstance(key, int) and x.device.type == "cpu":
        rows = len(x) // len(starts)
        noise = torch.cat([torch.from_numpy(streams.gumbel((rows, *shape[1:]), key, start)) for start in starts])
    else:
        u = ((hashed(x, key, starts) >> 8).view(shape).to(torch.float32) + 0.5) * 2.0**-23
        noise = -torch.log(-torch.log(u))
    return noise.movedim(-1, 1) if x.ndim == 4 else noise
