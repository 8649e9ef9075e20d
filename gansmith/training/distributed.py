"""Ranks: processes, on one machine or several, that train one GAN over torch.distributed.

A launcher starts them (`torchrun -m gansmith train ...`); `join` connects them. Rank 0 alone writes the run's folder,
runs the watchers and prints; the other ranks compute the same updates on their own rows of each batch, and rank 0
broadcasts its decisions. Tensors of the processor are exchanged over gloo, tensors of GPUs over NCCL.
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

TIMEOUT = timedelta(minutes=30)  # of an exchange: rank 0 may be measuring, or preparing data, while the others wait


@contextmanager
def join(launch: Launch) -> Iterator[Distributed]:
    """Connect to the other ranks, and disconnect at the end. Raises LostRank where one does not answer."""
    if not dist.is_available():
        raise RunError("this PyTorch has no torch.distributed: train in one process")
    gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if launch.local_rank < gpus:
        torch.cuda.set_device(launch.local_rank)  # NCCL wants one GPU a process
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
            gc.collect()  # its threads have to end before the interpreter does


def connect(backend: str, launch: Launch) -> None:
    """Form torch's process group.

    The launcher's store survives a restart of the ranks, so each restart uses keys of its own: old entries are not read.
    """
    store = None
    if launch.restarts:
        kept = next(rendezvous("env://", launch.rank, launch.size, timeout=TIMEOUT))[0]
        store = PrefixStore(f"start {launch.restarts}", kept)
    dist.init_process_group(backend, store=store, rank=launch.rank, world_size=launch.size, timeout=TIMEOUT)


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Raise LostRank with one line where torch reports a broken connection."""
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


class Distributed:
    """One rank of several; implements `nets.ranks.Ranks` and `process_group.ProcessGroup`."""

    def __init__(self, launch: Launch) -> None:
        self.launch, self.rank, self.size = launch, launch.rank, launch.size

    @property
    def is_main(self) -> bool:
        """Whether this rank writes the run's folder and prints."""
        return self.rank == 0

    @property
    def ranks(self) -> Distributed:
        """All ranks: a game averages over them."""
        return self

    def device(self, name: str) -> str:
        """One GPU for each rank of a machine. Raises DeviceError where there are too few."""
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

    # ---- exchanged by a game

    def all_reduce(self, tensor: Tensor) -> None:
        """Replace a contiguous tensor by its sum over the ranks, in place."""
        with _one_line_errors():
            dist.all_reduce(tensor)

    def all_gather(self, tensor: Tensor) -> Tensor:
        """The tensors (...) of all ranks, stacked in the order of the ranks: (size, ...)."""
        gathered = torch.empty((self.size, *tensor.shape), dtype=tensor.dtype, device=tensor.device)
        with _one_line_errors():
            dist.all_gather(list(gathered.unbind(0)), tensor.contiguous())
        return gathered

    # ---- exchanged by the training loop

    def sync_clock(self, seconds: float, stopping: bool) -> tuple[float, bool]:
        """The seconds of rank 0, and whether any rank was asked to stop."""
        sums = torch.tensor([seconds if self.is_main else 0.0, float(stopping)], dtype=torch.float64)
        self.all_reduce(sums)
        return float(sums[0]), bool(sums[1] > 0)

    def broadcast_outcome(self, work: Callable[[], Outcome | None]) -> Outcome | None:
        """The outcome that `work` returns on rank 0, on every rank; its error there is raised on every rank."""
        fields = self.broadcast(lambda: None if (outcome := work()) is None else dataclasses.asdict(outcome))
        return None if fields is None else Outcome(**fields)

    # ---- exchanged while a training is set up

    def broadcast(self, work: Callable[[], Any]) -> Any:
        """What `work` returns on rank 0 (JSON-able), on every rank. Its error there is raised on every rank: Diverged
        as Diverged, any other as RunError."""
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
        """What `work` returns, once every rank has done it. Where one rank fails, all raise, and name it."""
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
        """The checkpoint of rank 0, on every rank."""
        about = self.broadcast(
            lambda: saved and {"update": saved.update, "counters": saved.state.counters, "progress": saved.progress}
        )
        if about is None:
            return None
        packed = self._broadcast_bytes(save(_plain(saved.state.arrays)) if saved and self.is_main else b"")
        arrays = load(packed)
        return Checkpoint(about["update"], State(arrays, about["counters"]), about["progress"])

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
        """The bytes of rank 0, on every rank. A single exchange where there are none."""
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


def _plain(arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name: np.asarray(array, order="C") for name, array in arrays.items()}
