"""Ranks: processes, on one machine or several, that train one GAN over torch.distributed.

A launcher starts them (`torchrun -m gansmith train ...`), and `join` connects them. Each rank computes every update on
its own rows of the batch. Only rank 0 writes the run's folder, runs the watchers and prints; it broadcasts its decisions.
Tensors on processors are exchanged with gloo, tensors on GPUs with NCCL.
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

from gansmith.ground.errors import DeviceError, Diverged, GansmithError, LostRank, RunError, counted
from gansmith.ground.game import State
from gansmith.ground.process.launch import Launch
from gansmith.training.checkpoint import Checkpoint
from gansmith.training.events import Outcome
from gansmith.training.process_group import ProcessGroup

T = TypeVar("T")

TIMEOUT = timedelta(minutes=30)  # of an exchange: the others may wait while rank 0 measures or prepares data


@contextmanager
def join(launch: Launch) -> Iterator[Distributed]:
    """Connect to the other ranks, and disconnect at the end. Raises LostRank if one does not answer."""
    if not dist.is_available():
        raise RunError("this PyTorch has no torch.distributed: train in one process")
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if launch.local_rank < gpus:
        torch.cuda.set_device(launch.local_rank)  # NCCL needs a GPU for each process
    ours = not dist.is_initialized()
    with _one_line_errors():
        if ours:
            backend = "cpu:gloo,cuda:nccl" if gpus and dist.is_nccl_available() else "gloo"
            connect(backend, launch)
        group = Distributed(launch)
    try:
        yield group
    finally:
        if ours:
            dist.destroy_process_group()
            gc.collect()  # ends its threads, which has to happen before the interpreter ends


def connect(backend: str, launch: Launch) -> None:
    """Make torch's process group.

    The launcher's key-value store outlives a restart of the ranks, so each restart uses its own keys.
    """
    store = None
    if launch.restarts:
        kept = next(rendezvous("env://", launch.rank, launch.size, timeout=TIMEOUT))[0]
        store = PrefixStore(f"start {launch.restarts}", kept)
    dist.init_process_group(backend, store=store, rank=launch.rank, world_size=launch.size, timeout=TIMEOUT)


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Raise LostRank with one line if torch reports a broken connection."""
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:  # of gloo, NCCL and the store alike
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise LostRank(
            f"another rank is gone ({lines[0][:160]}): what was saved is whole; start again with the same command and "
            "--max-restarts, or go on with `gansmith resume`"
        ) from None


class Distributed(ProcessGroup):
    """One rank of several. It implements `nets.ranks.Ranks` too: a game averages over it."""

    def __init__(self, launch: Launch) -> None:
        self.launch, self.rank, self.size = launch, launch.rank, launch.size
        self.ranks = self

    def device(self, name: str) -> str:
        """One GPU for each rank of a machine. Raises DeviceError if there are too few."""
        kind, _, number = name.partition(":")
        if kind == "mps":
            raise DeviceError("device = 'mps': ranks cannot exchange tensors on it; use --device cpu, or one process")
        if kind != "cuda":
            return name
        if number and self.launch.local_size > 1:
            raise DeviceError(
                f"device = {name!r} is one GPU, and {counted(self.launch.local_size, 'rank')} of this machine would share it: use "
                "--device cuda"
            )
        count = torch.cuda.device_count()
        if self.launch.local_rank >= count:
            raise DeviceError(
                f"this machine has {count} GPUs for {counted(self.launch.local_size, 'rank')}: use --nproc-per-node {count}, or "
                "--device cpu"
            )
        return name if number else f"cuda:{self.launch.local_rank}"

    # ---- for a game

    def all_reduce(self, tensor: Tensor) -> None:
        with _one_line_errors():
            dist.all_reduce(tensor)

    def all_gather(self, tensor: Tensor) -> Tensor:
        gathered = torch.empty((self.size, *tensor.shape), dtype=tensor.dtype, device=tensor.device)
        with _one_line_errors():
            dist.all_gather(list(gathered.unbind(0)), tensor.contiguous())
        return gathered

    # ---- for the training loop

    def sync_clock(self, seconds: float, stopping: bool) -> tuple[float, bool]:
        sums = torch.tensor([seconds if self.is_main else 0.0, float(stopping)], dtype=torch.float64)
        self.all_reduce(sums)
        return float(sums[0]), bool(sums[1] > 0)

    def broadcast_outcome(self, work: Callable[[], Outcome | None]) -> Outcome | None:
        fields = self.broadcast(lambda: None if (outcome := work()) is None else dataclasses.asdict(outcome))
        return None if fields is None else Outcome(**fields)

    # ---- while a training is set up

    def broadcast(self, work: Callable[[], Any]) -> Any:
        """As in `ProcessGroup`; an error becomes RunError on the other ranks, except Diverged."""
        if not self.is_main:
            return self._receive()
        try:
            made = work()
        except (Exception, KeyboardInterrupt) as error:
            self._send(
                json.dumps({"failed": str(error) or type(error).__name__, "diverged": isinstance(error, Diverged)})
            )
            raise
        self._send("" if made is None else json.dumps({"made": made}))
        return made

    def run_on_all(self, work: Callable[[], T]) -> T:
        """As in `ProcessGroup`; the other ranks raise RunError, which names the rank that failed."""
        made, error = None, None
        try:
            made = work()
        except GansmithError as found:
            error = found
        messages = self._all_gather_text("" if error is None else str(error))
        if error is not None:
            raise error
        for rank, text in enumerate(messages):
            if text:
                raise RunError(f"rank {rank} of {self.size}: {text}")
        return made  # pyright: ignore[reportReturnType]

    def broadcast_checkpoint(self, saved: Checkpoint | None) -> Checkpoint | None:
        about = self.broadcast(
            lambda: saved and {"update": saved.update, "counters": saved.state.counters, "progress": saved.progress}
        )
        if about is None:
            return None
        arrays = {name: np.asarray(array, order="C") for name, array in saved.state.arrays.items()} if saved else {}
        received = load(self._broadcast_bytes(save(arrays) if saved and self.is_main else b""))
        return Checkpoint(about["update"], State(received, about["counters"]), about["progress"])

    def _send(self, text: str) -> None:
        self._broadcast_bytes(text.encode())

    def _receive(self) -> Any:
        text = self._broadcast_bytes(b"").decode()
        if not text:
            return None
        message = json.loads(text)
        if "failed" in message:
            raise (Diverged if message["diverged"] else RunError)(message["failed"])
        return message["made"]

    def _broadcast_bytes(self, data: bytes) -> bytes:
        """The bytes of rank 0, on every rank; without any bytes this is a single exchange."""
        with _one_line_errors():
            length = torch.tensor(len(data))
            dist.broadcast(length, 0)
            if not int(length):
                return b""
            buffer = torch.empty(int(length), dtype=torch.uint8)
            if self.is_main:
                buffer.copy_(torch.frombuffer(bytearray(data), dtype=torch.uint8))
            dist.broadcast(buffer, 0)
        return buffer.numpy().tobytes()

    def _all_gather_text(self, text: str) -> list[str]:
        """The texts of all ranks, in the order of the ranks."""
        data = text.encode()
        lengths = self.all_gather(torch.tensor(len(data)))
        if not int(lengths.max()):
            return [""] * self.size
        buffer = torch.zeros(int(lengths.max()), dtype=torch.uint8)
        buffer[: len(data)] = torch.as_tensor(np.frombuffer(data, np.uint8).copy())
        return [
            row[: int(length)].numpy().tobytes().decode()
            for row, length in zip(self.all_gather(buffer), lengths, strict=True)
        ]
