"""Ranks as threads of one process: the same exchange as over gloo, without starting anything."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from torch import Tensor

from checkpoint_arrays import PATIENCE


class Circle:
    """What the ranks share: a place for each to lay something down, and a barrier."""

    def __init__(self, size: int) -> None:
        self.size, self.places, self.barrier = size, [torch.empty(0)] * size, threading.Barrier(size, timeout=PATIENCE)


class ThreadRanks:
    """One rank of a circle; implements `nets.ranks.Ranks`."""

    def __init__(self, circle: Circle, rank: int) -> None:
        self.circle, self.rank, self.size = circle, rank, circle.size
        self.exchanges = 0

    def all_gather(self, tensor: Tensor) -> Tensor:
        self.exchanges += 1
        self.circle.places[self.rank] = tensor.clone()
        self.circle.barrier.wait()
        found = torch.stack(list(self.circle.places))
        self.circle.barrier.wait()
        return found

    def all_reduce(self, tensor: Tensor) -> None:
        assert tensor.is_contiguous()
        tensor.copy_(self.all_gather(tensor).sum(0))


def together(size: int, play: Callable[[ThreadRanks], Any]) -> list[Any]:
    """What `play(ranks)` returns on each of `size` ranks."""
    circle = Circle(size)

    def run(rank: int) -> Any:
        try:
            return play(ThreadRanks(circle, rank))
        except BaseException:
            circle.barrier.abort()
            raise

    with ThreadPoolExecutor(size) as pool:
        futures = [pool.submit(run, rank) for rank in range(size)]
        errors = [future.exception() for future in futures]
        for error in sorted(
            (error for error in errors if error), key=lambda e: isinstance(e, threading.BrokenBarrierError)
        ):
            raise error
        return [future.result() for future in futures]
