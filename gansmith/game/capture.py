"""An update as one CUDA graph for each kind of update, captured once and played back: the host launches one thing
instead of some thousand, and draws the next update's numbers while the device is busy.

An update is of a kind by what it computes: in which of its turns a penalty is due, and whether it is measured. The
first updates of a kind are played as ever, on the stream of the captures, so that libraries and optimisers have made
what they keep; the last of them by a `Tape`, which learns what the host has to hand over. What was captured reads its
numbers from the tape's tensors and leaves its statistics in one of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from gansmith.game.intake import Intake, Tape
from gansmith.game.ledger import Ledger
from gansmith.game.player import Player
from gansmith.ground.game import Now

WARM = 3  # updates of a kind that are played before it is captured

Replay = Callable[[], object]


class Recorder(Protocol):
    """How work is captured; `CudaRecorder` does, a test may pretend to."""

    def aside(self) -> AbstractContextManager[None]:
        """Where all updates run, captured or not."""
        ...

    def capture(self, play: Callable[[], None]) -> Replay:
        """Record what `play` launches, without running it; what is returned runs it."""
        ...


class CudaRecorder:
    """CUDA graphs, in one pool of memory: none leaves anything in it that is read after another has run."""

    def __init__(self, device: torch.device) -> None:
        self.device, self.stream = device, torch.cuda.Stream(device)
        self.pool = torch.cuda.graph_pool_handle()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """On a stream of our own: the default one cannot be captured, and cuBLAS keeps a workspace for each."""
        self.stream.wait_stream(torch.cuda.current_stream(self.device))
        with torch.cuda.stream(self.stream):
            yield
        torch.cuda.current_stream(self.device).wait_stream(self.stream)

    def capture(self, play: Callable[[], None]) -> Replay:
        """A graph of `play`."""
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self.pool, stream=self.stream):
            play()
        return graph.replay


class Played(Protocol):
    """What is captured: a game, as far as it is needed here."""

    intake: Intake
    ledger: Ledger
    device: torch.device
    discriminator_turns: int

    def play(self, indices: np.ndarray, now: Now) -> None:
        """One update, launched operation by operation."""
        ...

    def kind(self, indices: np.ndarray, now: Now) -> Hashable:
        """What tells updates apart that do not launch the same."""
        ...

    def players(self) -> list[Player]:
        """Everyone who takes steps."""
        ...


@dataclass
class Captured:
    """A kind of update: what it reads, how it runs, what it leaves, and how it moves the counters."""

    tape: Tape
    replay: Replay
    noted: Tensor
    places: list[tuple[tuple[str, ...], int]]
    counts: list[int]


class Playback:
    """Plays the updates of a game, each kind of them as a graph as soon as that is possible."""

    def __init__(self, game: Played, recorder: Recorder, say: Callable[[str], None] = lambda _: None) -> None:
        self.game, self.recorder, self.say = game, recorder, say
        self.plain, self.off = game.intake, False
        self.forget()

    def forget(self) -> None:
        """Capture everything anew: the tensors that graphs know were exchanged for others."""
        self.seen: Counter[Hashable] = Counter()
        self.tapes: dict[Hashable, Tape] = {}
        self.captured: dict[Hashable, Captured] = {}

    def step(self, indices: np.ndarray, now: Now) -> None:
        """One update."""
        kind = self.game.kind(indices, now)
        with self.recorder.aside():
            if kind not in self.captured and self.seen[kind] >= WARM and not self.off:
                self._capture(kind, indices, now)
            if kind in self.captured:
                self._replay(self.captured[kind], indices, now)
            else:
                self._warm(kind, indices, now)

    def _warm(self, kind: Hashable, indices: np.ndarray, now: Now) -> None:
        self.seen[kind] += 1
        last = self.seen[kind] == WARM and not self.off
        tape = Tape(self.game.device) if last else None
        self.game.intake = tape or self.plain
        try:
            self.game.play(indices, now)
        finally:
            self.game.intake = self.plain
        if tape:
            self.tapes[kind] = tape

    def _capture(self, kind: Hashable, indices: np.ndarray, now: Now) -> None:
        game, tape = self.game, self.tapes[kind]
        tape.seal()
        before, ledger = self._counts(), game.ledger
        left: list[tuple[Tensor, list[tuple[tuple[str, ...], int]]]] = []

        def play() -> None:
            game.ledger = Ledger(ledger.threshold)
            game.play(indices, now)
            left.append(game.ledger.pack())

        game.intake = tape
        try:
            replay = self.recorder.capture(play)
            counts = [after - start for after, start in zip(self._counts(), before, strict=True)]
            self.captured[kind] = Captured(tape, replay, *left[0], counts)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            self.off = True
            words = str(error).strip().splitlines() or ["no reason given"]
            self.say(f"this update cannot be captured as a CUDA graph ({words[0][:160]}): going on without graphs")
        finally:
            game.intake, game.ledger = self.plain, ledger
            self._count(before)
            for player in game.players():
                player.forget_gradients()

    def _replay(self, captured: Captured, indices: np.ndarray, now: Now) -> None:
        captured.tape.fill(now, indices)
        captured.replay()
        self.game.ledger.unpack(captured.noted.clone(), captured.places)
        self._count([count + more for count, more in zip(self._counts(), captured.counts, strict=True)])

    def _counts(self) -> list[int]:
        return [self.game.discriminator_turns, *(player.steps for player in self.game.players())]

    def _count(self, counts: list[int]) -> None:
        self.game.discriminator_turns = counts[0]
        for player, steps in zip(self.game.players(), counts[1:], strict=True):
            player.steps = steps
