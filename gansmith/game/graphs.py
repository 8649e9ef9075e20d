"""CUDA graphs: an update is captured once and replayed, instead of launched operation by operation.

A graph launches one thing instead of some thousand, and the host draws the next update's inputs while the device is
busy. An update is of a kind by its inputs' structure: shapes, which penalties are due, whether it is measured. The first
updates of a kind are launched as ever, on the stream of the captures, so that libraries and optimisers have made what
they keep. Then one is captured: it reads static inputs, and leaves its statistics in a tensor of its own. A replay copies
another update's inputs into the static ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, fields, is_dataclass
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from gansmith.game.inputs.update import UpdateInputs, map_leaves
from gansmith.game.player import Player
from gansmith.game.statistics import TORCH, Places, pack, unpack
from gansmith.game.step import Gan
from gansmith.ground.running_stats import RunningStats

EAGER_FIRST = 3  # updates of a kind that are launched operation by operation before it is captured

Stats = RunningStats[Tensor]
Play = Callable[[UpdateInputs, Stats], None]
"""Computes one update, and adds its statistics to those that it is given."""
Replay = Callable[[], object]
Packed = tuple[Tensor, Places]
"""Statistics in one tensor, and what lies where in it."""


class Recorder(Protocol):
    """How work is captured; `CudaRecorder` does, a test may pretend to."""

    def on_own_stream(self) -> AbstractContextManager[None]:
        """Where all updates run, captured or not."""
        ...

    def capture(self, work: Callable[[], Packed]) -> tuple[Replay, Packed]:
        """Record what `work` launches, without running it. Returns what runs it, and what `work` returned: each run
        leaves its statistics in that very tensor."""
        ...


class CudaRecorder:
    """CUDA graphs, in one pool of memory: none leaves anything in it that is read after another has run."""

    def __init__(self, device: torch.device) -> None:
        self.device, self.stream = device, torch.cuda.Stream(device)
        self.pool = torch.cuda.graph_pool_handle()

    @contextmanager
    def on_own_stream(self) -> Iterator[None]:
        """On a stream of our own: the default one cannot be captured, and cuBLAS keeps a workspace for each."""
        self.stream.wait_stream(torch.cuda.current_stream(self.device))
        with torch.cuda.stream(self.stream):
            yield
        torch.cuda.current_stream(self.device).wait_stream(self.stream)

    def capture(self, work: Callable[[], Packed]) -> tuple[Replay, Packed]:
        """A graph of `work`."""
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self.pool, stream=self.stream):
            packed = work()
        return graph.replay, packed


def can_be_captured(gan: Gan) -> bool:
    """Whether updates may become CUDA graphs. Parts of one's own may do what no graph can; several ranks talk in between."""
    recipe = gan.recipe
    built_in = gan.generator.plan is not None and gan.discriminator.plan is not None
    built_in &= "own" not in (recipe.loss.name, recipe.regularizer.name, recipe.augment.name)
    on_cuda = torch.device(gan.recipe.device).type == "cuda"
    return on_cuda and gan.recipe.graphs and built_in and gan.ranks is None


@dataclass
class Captured:
    """A kind of update: what it reads, how it runs, what it leaves, and by how much each player's step count grows."""

    static: StaticInputs
    replay: Replay
    noted: Tensor
    places: Places
    steps: list[int]


class CudaGraphs:
    """Replays each kind of update as a graph as soon as that is possible. Where it is not, it says so, once."""

    def __init__(
        self,
        play: Play,
        players: Iterable[Player],
        device: torch.device,
        recorder: Recorder,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.play, self.players, self.device = play, list(players), device
        self.recorder, self.say, self.off = recorder, say, False
        self.forget()

    def forget(self) -> None:
        """Capture everything anew."""
        self.seen: Counter[Hashable] = Counter()
        self.captured: dict[Hashable, Captured] = {}

    def run(self, inputs: UpdateInputs, stats: Stats) -> None:
        """One update, as a graph if its kind is captured."""
        kind = structure(inputs)
        with self.recorder.on_own_stream():
            if kind not in self.captured and self.seen[kind] >= EAGER_FIRST and not self.off:
                self._capture(kind, inputs)
            if kind in self.captured:
                self._replay(self.captured[kind], inputs, stats)
            else:
                self.seen[kind] += 1
                self.play(StaticInputs(inputs, self.device).inputs, stats)

    def _capture(self, kind: Hashable, inputs: UpdateInputs) -> None:
        static, before = StaticInputs(inputs, self.device), self._steps()

        def work() -> Packed:
            own: Stats = RunningStats(None, TORCH)
            self.play(static.inputs, own)
            return pack(own)

        try:
            replay, packed = self.recorder.capture(work)
            steps = [after - start for after, start in zip(self._steps(), before, strict=True)]
            self.captured[kind] = Captured(static, replay, *packed, steps)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            self.off = True
            words = str(error).strip().splitlines() or ["no reason given"]
            self.say(f"this update cannot be captured as a CUDA graph ({words[0][:160]}): going on without graphs")
        finally:  # a capture computes nothing
            for player, steps in zip(self.players, before, strict=True):
                player.optimizer.steps = steps
                player.optimizer.forget_gradients()

    def _replay(self, captured: Captured, inputs: UpdateInputs, stats: Stats) -> None:
        captured.static.fill(inputs)
        captured.replay()
        for player, steps in zip(self.players, captured.steps, strict=True):
            player.optimizer.steps += steps
        unpack(stats, captured.noted.clone(), captured.places)

    def _steps(self) -> list[int]:
        return [player.optimizer.steps for player in self.players]


class StaticInputs:
    """Inputs on the device that stay where they are: side by side in one piece of memory, which one copy fills."""

    def __init__(self, inputs: UpdateInputs, device: torch.device) -> None:
        drawn = leaves(inputs)
        self.device = device
        self.memory = torch.empty(sum(_padded(leaf.nbytes) for leaf in drawn), dtype=torch.uint8, device=device)
        views: dict[int, Tensor] = {}
        begin = 0
        for leaf in drawn:
            dtype = torch.as_tensor(np.empty(0, leaf.dtype)).dtype
            views[id(leaf)] = self.memory[begin : begin + leaf.nbytes].view(dtype).view(leaf.shape)
            begin += _padded(leaf.nbytes)
        self.inputs = map_leaves(inputs, lambda leaf: views[id(leaf)])
        self.fill(inputs)

    def fill(self, inputs: UpdateInputs) -> None:
        """Copy another update's inputs of the same structure into the tensors."""
        staged = torch.empty(len(self.memory), dtype=torch.uint8, pin_memory=self.device.type == "cuda")
        host, begin = staged.numpy(), 0
        for leaf in leaves(inputs):
            host[begin : begin + leaf.nbytes].view(leaf.dtype).reshape(leaf.shape)[...] = leaf
            begin += _padded(leaf.nbytes)
        self.memory.copy_(staged, non_blocking=True)


def leaves(inputs: UpdateInputs) -> list[Any]:
    """All arrays and drawn numbers, in a fixed order; what two turns share counts once."""
    found: dict[int, Any] = {}
    map_leaves(inputs, lambda leaf: found.setdefault(id(leaf), leaf))
    return list(found.values())


def structure(struct: Any) -> Hashable:
    """What tells inputs apart that do not launch the same: shapes, types and everything that is not drawn."""
    if isinstance(struct, np.ndarray | np.generic):
        return struct.shape, struct.dtype.str
    if isinstance(struct, Mapping):
        return tuple((key, structure(value)) for key, value in struct.items())
    if isinstance(struct, tuple):
        return tuple(structure(value) for value in struct)
    if is_dataclass(struct):
        return tuple(structure(getattr(struct, each.name)) for each in fields(struct) if each.name != "ema_decay")
    return struct


def _padded(size: int) -> int:
    """Bytes that an entry takes: whole 16s, as its neighbour wants to begin well."""
    return -(-size // 16) * 16
