"""Ranks: processes, on one machine or several, that play one game together over torch.distributed.

A launcher starts them (`torchrun -m gansmith train ...`); `join` makes them known to one another. Rank 0 is the first:
it alone writes the run's folder, looks at its watchers and speaks; the others play the same updates on rows of their
own, and hear from it what was decided. What travels between hosts goes over gloo, what travels between GPUs over NCCL.
"""

from __future__ import annotations

import dataclasses
import gc
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, TypeVar

import numpy as np
import torch
import torch.distributed as dist
from safetensors.numpy import load, save
from torch import Tensor
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

from gansmith.ground.errors import DeviceError, Diverged, GansmithError, LostRank, RunError
from gansmith.ground.game import State
from gansmith.ground.process.launch import Launch
from gansmith.training.checkpoint import Checkpoint
from gansmith.training.events import Outcome

T = TypeVar("T")

PATIENCE = timedelta(minutes=30)  # that ranks wait for one another: the first may be measuring, or preparing data


@contextmanager
def join(launch: Launch) -> Iterator[Together]:
    """Meet the other ranks; part from them at the end. Raises LostRank where they do not come."""
    if not dist.is_available():
        raise RunError("this PyTorch has no torch.distributed: train in one process")
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if launch.local_rank < gpus:
        torch.cuda.set_device(launch.local_rank)  # NCCL wants one GPU a process
    ours = not dist.is_initialized()
    with _exchange():
        if ours:
            backend = "cpu:gloo,cuda:nccl" if gpus and dist.is_nccl_available() else "gloo"
            meet(backend, launch)
        together = Together(launch)
    try:
        yield together
    finally:
        if ours:
            dist.destroy_process_group()
            gc.collect()  # its threads have to end before the interpreter does


def meet(backend: str, launch: Launch) -> None:
    """Form the group. The launcher's store outlives its ranks: after a restart, what the dead wrote there must not be
    read by those who came after."""
    store = None
    if launch.restarts:
        kept = next(rendezvous("env://", launch.rank, launch.size, timeout=PATIENCE))[0]
        store = PrefixStore(f"start {launch.restarts}", kept)
    dist.init_process_group(backend, store=store, rank=launch.rank, world_size=launch.size, timeout=PATIENCE)


@contextmanager
def _exchange() -> Iterator[None]:
    """What torch says of a broken connection, in one line."""
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:  # of gloo, NCCL and the store alike
        words = str(error).strip().splitlines() or [type(error).__name__]
        raise LostRank(
            f"another rank is gone ({words[0][:160]}): what was saved is whole; start again with the same command and "
            "--max-restarts, or go on with `gansmith resume`"
        ) from None


class Together:
    """One rank among the others; implements `nets.ranks.Ranks` and `company.Company`."""

    def __init__(self, launch: Launch) -> None:
        self.launch, self.rank, self.size = launch, launch.rank, launch.size

    @property
    def first(self) -> bool:
        """Whether this rank writes and speaks."""
        return self.rank == 0

    @property
    def ranks(self) -> Together:
        """A game joins them all."""
        return self

    def device(self, name: str) -> str:
        """Each rank of a machine has a GPU of its own. Raises DeviceError where there are too few."""
        kind, _, number = name.partition(":")
        if kind == "mps":
            raise DeviceError(
                "device = 'mps': ranks cannot talk to one another on it; use --device cpu, or one process"
            )
        if kind != "cuda":
            return name
        if number and self.launch.local_size > 1:
            raise DeviceError(
                f"device = {name!r} is one GPU, and {self.launch.local_size} ranks of this machine would share it: use "
                "--device cuda"
            )
        count = torch.cuda.device_count()
        if self.launch.local_rank >= count:
            raise DeviceError(
                f"this machine has {count} GPUs for {self.launch.local_size} ranks: use --nproc-per-node {count}, or "
                "--device cpu"
            )
        return name if number else f"cuda:{self.launch.local_rank}"

    # ---- what a game exchanges

    def add_up(self, tensor: Tensor) -> None:
        """Replace a contiguous tensor by its sum over the ranks."""
        with _exchange():
            dist.all_reduce(tensor)

    def collect(self, tensor: Tensor) -> Tensor:
        """The tensors (...) of all ranks, (size, ...)."""
        found = torch.empty((self.size, *tensor.shape), dtype=tensor.dtype, device=tensor.device)
        with _exchange():
            dist.all_gather(list(found.unbind(0)), tensor.contiguous())
        return found

    # ---- what a loop exchanges

    def agree(self, seconds: float, stopping: bool) -> tuple[float, bool]:
        """The first rank's clock, and whether anyone was asked to stop."""
        told = torch.tensor([seconds if self.first else 0.0, float(stopping)], dtype=torch.float64)
        self.add_up(told)
        return float(told[0]), bool(told[1] > 0)

    def decide(self, look: Callable[[], Outcome | None]) -> Outcome | None:
        """What the first rank makes of an update; how it fails is how all fail."""
        told = self.from_first(lambda: None if (made := look()) is None else dataclasses.asdict(made))
        return None if told is None else Outcome(**told)

    # ---- what is told while a training is set up

    def from_first(self, work: Callable[[], Any]) -> Any:
        """What `work` gives on the first rank, on all; it must be JSON-able. An error there is an error everywhere."""
        if not self.first:
            return self._hear()
        try:
            made = work()
        except (Exception, KeyboardInterrupt) as error:
            self._tell(
                json.dumps({"failed": str(error) or type(error).__name__, "diverged": isinstance(error, Diverged)})
            )
            raise
        self._tell("" if made is None else json.dumps({"made": made}))
        return made

    def all_fine(self, work: Callable[[], T]) -> T:
        """What `work` gives, once every rank has done it; where one fails, all do, and the rank is named."""
        made, error = None, None
        try:
            made = work()
        except GansmithError as found:
            error = found
        words = self._texts("" if error is None else str(error))
        if error is not None:
            raise error
        for rank, text in enumerate(words):
            if text:
                raise RunError(f"rank {rank} of {self.size}: {text}")
        return made  # pyright: ignore[reportReturnType]

    def give(self, saved: Checkpoint | None) -> Checkpoint | None:
        """The first rank's checkpoint, on all."""
        about = self.from_first(
            lambda: saved and {"update": saved.update, "counters": saved.state.counters, "progress": saved.progress}
        )
        if about is None:
            return None
        packed = self._bytes(save(_plain(saved.state.arrays)) if saved and self.first else b"")
        arrays = load(packed)
        return Checkpoint(about["update"], State(arrays, about["counters"]), about["progress"])

    def _tell(self, text: str) -> None:
        self._bytes(text.encode())

    def _hear(self) -> Any:
        text = self._bytes(b"").decode()
        if not text:
            return None
        told = json.loads(text)
        if "failed" in told:
            raise (Diverged if told["diverged"] else RunError)(told["failed"])
        return told["made"]

    def _bytes(self, data: bytes) -> bytes:
        """The first rank's bytes, on all. One exchange where there are none."""
        with _exchange():
            length = torch.tensor(len(data))
            dist.broadcast(length, 0)
            if not int(length):
                return b""
            buffer = torch.empty(int(length), dtype=torch.uint8)
            if self.first:
                buffer.copy_(torch.frombuffer(bytearray(data), dtype=torch.uint8))
            dist.broadcast(buffer, 0)
        return buffer.numpy().tobytes()

    def _texts(self, text: str) -> list[str]:
        """A text of each rank."""
        data = text.encode()
        lengths = self.collect(torch.tensor(len(data)))
        if not int(lengths.max()):
            return [""] * self.size
        buffer = torch.zeros(int(lengths.max()), dtype=torch.uint8)
        buffer[: len(data)] = torch.as_tensor(np.frombuffer(data, np.uint8).copy())
        return [
            row[: int(length)].numpy().tobytes().decode()
            for row, length in zip(self.collect(buffer), lengths, strict=True)
        ]


def _plain(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: np.asarray(array, order="C") for name, array in arrays.items()}
