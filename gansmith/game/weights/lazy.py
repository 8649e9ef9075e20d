"""Steps and averages of tables with many rows, of which an update touches few: those of its labels.

Without momentum Adam leaves a row without a gradient where it is; only its mean square fades. And the average of a row
that stands still comes nearer to it by a known share in every update. So rows are brought up to date when their label
comes, and not before: an update costs what its labels cost, however many there are.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import log

import torch
from torch import Tensor, nn

from gansmith.ground.recipes.settings import OptimizerSettings
from gansmith.nets.network import Network
from gansmith.nets.ranks import Ranks

SECOND, UPTO = "second", "upto"


def can_wait(network: Network, settings: OptimizerSettings, ranks: Ranks | None) -> bool:
    """Whether rows without a gradient stand still, and no other rank has gradients of them."""
    at_rest = settings.name == "adam" and settings.beta1 == 0
    on_host = all(weight.device.type == "cpu" for weight in network.weights().values())
    return at_rest and on_host and ranks is None


class LazyAdam:
    """Adam with beta1 = 0 for a table (rows, width), in steps of few rows each."""

    def __init__(self, table: nn.Parameter, settings: OptimizerSettings) -> None:
        self.table, self.settings = table, settings
        self.average: LazyAverage | None = None
        self.second = torch.zeros_like(table.detach())  # the mean square of each gradient, as it was after ...
        self.upto = torch.zeros(len(table), dtype=torch.int64)  # ... this step
        self.change = self.second[:0]  # of the rows that the last step moved

    def averaged(self) -> LazyAverage:
        """An average of the table, told of every step from now on."""
        self.average = LazyAverage(self.table)
        return self.average

    @torch.no_grad()
    def step(self, rate: float | Tensor, number: int, born: int = 0) -> None:
        """The number-th step of all, from 1 on, along the table's gradient; its memory began after step `born`."""
        gradient, beta2 = self.table.grad, self.settings.beta2
        if gradient is None:
            self.change = self.change[:0]
            return
        rows, slope = by_rows(gradient)
        fade = fading(beta2, number - self.upto[rows], slope)
        second = self.second.index_select(0, rows).mul_(fade).addcmul_(slope, slope, value=1 - beta2)
        self.second.index_copy_(0, rows, second)
        self.upto[rows] = number
        root = second.sqrt_().div_((1 - beta2 ** (number - born)) ** 0.5).add_(self.settings.epsilon)
        self.change = slope.div(root).mul_(-rate)
        self.table.index_add_(0, rows, self.change)
        if self.average:
            self.average.follow(rows, self.change)

    @torch.no_grad()
    def restore(self, second: Tensor | None, upto: Tensor | None, steps: int) -> None:
        """Take back its memory after so many steps; without `upto` all rows are up to date."""
        self.second.copy_(torch.zeros(()) if second is None else second)
        self.upto.copy_(torch.tensor(steps) if upto is None else upto.flatten())


def by_rows(gradient: Tensor) -> tuple[Tensor, Tensor]:
    """The rows (n,) that a table's gradient has, each of them once, and their values (n, width)."""
    gradient = gradient if gradient.is_sparse else gradient.to_sparse(1)
    rows = gradient._indices()[0]
    if not bool((rows[1:] > rows[:-1]).all()):  # autograd forgets that a gradient's rows were summed already
        gradient = gradient.coalesce()
        rows = gradient._indices()[0]
    return rows, gradient._values()


def fading(beta2: float, steps: Tensor, like: Tensor) -> Tensor:
    """What is left of rows' mean squares after `steps` (rows,) without a gradient, (rows, 1), of the type of `like`."""
    return (beta2 ** steps.double()).to(like.dtype)[:, None]


class LazyAverage:
    """The running average of a table, kept as what it is off the table: of a row that stands still this only fades."""

    def __init__(self, table: Tensor) -> None:
        self.table = table.detach()
        self.off = torch.zeros_like(self.table)  # average - table, as it was when ...
        self.at = torch.zeros(len(table), dtype=torch.float64)  # ... this was the sum of the decays' logarithms
        self.log = torch.zeros((), dtype=torch.float64)  # and what it is now

    def follow(self, rows: Tensor, change: Tensor) -> None:
        """Rows of the table (n,) have moved by (n, width)."""
        off = self.off.index_select(0, rows).mul_(self._left(rows)).sub_(change)
        self.off.index_copy_(0, rows, off)
        self.at[rows] = self.log

    def decay(self, kept: float) -> None:
        """The average keeps this share of itself and takes the rest from the table."""
        if kept > 0:
            self.log += log(kept)
        else:  # as in the first updates, while the ramp's half-life is short
            self.off.zero_()

    @torch.no_grad()
    def write(self, target: Tensor) -> None:
        """The average, (rows, width)."""
        torch.mul(self.off, self._left(), out=target)
        target.add_(self.table)

    def _left(self, rows: Tensor | slice = slice(None)) -> Tensor:
        """What is left of rows' distances by now, (rows, 1)."""
        return (self.log - self.at[rows]).exp().to(self.off.dtype)[:, None]

    def state(self) -> dict[str, Tensor]:
        """What `write` needs besides the table."""
        return {"off": self.off, "at": self.at, "log": self.log}

    @torch.no_grad()
    def restore(self, memory: Mapping[str, Tensor], average: Tensor) -> None:
        """Take it back; without a memory, start from the average itself."""
        self.off.copy_(memory.get("off", average - self.table))
        self.at.copy_(memory.get("at", torch.zeros(())))
        self.log.copy_(memory.get("log", torch.zeros(())))
