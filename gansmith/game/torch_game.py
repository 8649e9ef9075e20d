"""The game in PyTorch, on the processor, on CUDA and on MPS."""

from __future__ import annotations

import gc
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor

from gansmith.game.capture import CudaRecorder, Playback
from gansmith.game.feedback import FEEDBACKS
from gansmith.game.items import Pixels
from gansmith.game.ledger import Ledger
from gansmith.game.limits import refuse
from gansmith.game.player import Player, load_arrays, to_numpy
from gansmith.game.regularizers import due
from gansmith.game.turns import Turns
from gansmith.ground import pixels
from gansmith.ground.errors import EngineError, OutOfMemory, RecipeError
from gansmith.ground.game import Now, Report, State, Verdicts
from gansmith.ground.plan import Shape
from gansmith.ground.settings import Recipe
from gansmith.nets import NetPair
from gansmith.nets.network import INFERENCE, Network
from gansmith.nets.ranks import Ranks

ARITHMETIC_FAULTS = ("constant-bias-correction", "squared-last-gradient")
ROWS = {"cpu": 64}  # items a pass outside training, which bounds memory: what a cache holds is done faster
ROWS_ELSEWHERE = 256


class TorchGame(Turns):
    """Two players, their optimisers and the averaged generator; implements `ground.game.Game`.

    Raises EngineError for faults that are mistakes of arithmetic done by hand.
    """

    def __init__(
        self,
        recipe: Recipe,
        item_shape: Shape,
        classes: int = 0,
        nets: NetPair | None = None,
        ranks: Ranks | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        for fault in ARITHMETIC_FAULTS:
            if fault in recipe.faults:
                raise EngineError(f"the fault {fault!r} is made by hand: use engine=numpy")
        if recipe.augment.name != "none" and len(item_shape) != 3:
            raise RecipeError(
                f"augment.name = {recipe.augment.name!r} changes pictures, these items are vectors: "
                "set augment.name=none"
            )
        if recipe.ema.recalibrate and nets is not None:
            raise RecipeError("ema.recalibrate knows the built-in networks only: set ema.recalibrate=0 with your own")
        super().__init__(recipe, item_shape, classes, nets, ranks)
        self.mixing = refuse(recipe, self._networks(), ranks)
        self.playback = Playback(self, CudaRecorder(self.device), say) if self._can_be_captured() else None

    def load(self, items: np.ndarray, labels: np.ndarray | None) -> None:
        """Take the training items, uint8 (N, H, W, C) or float32 (N, D), and int64 labels."""
        self.known = labels if self.classes else None
        self.data = Pixels(items, self.known, self.recipe.data.pixels, self.device, self.dtype)

    def step(self, indices: np.ndarray, now: Now) -> None:
        """One update; see `feedback`. Raises OutOfMemory."""
        with room(self.recipe):
            if self.playback:
                self.playback.step(indices, now)
            else:
                self.play(indices, now)
        self.recalibrated = not self.recipe.ema.recalibrate

    def play(self, indices: np.ndarray, now: Now) -> None:
        """One update, launched operation by operation."""
        FEEDBACKS[self.recipe.feedback.name](self, indices, now)
        share = self.intake.rate("ema", now, lambda now: 1 - now.ema_decay, self.dtype)
        self.average(now.ema_decay, share)

    def kind(self, indices: np.ndarray, now: Now) -> Hashable:
        """What tells updates apart that do not launch the same: penalties, measurements, shapes."""
        turns = range(self.discriminator_turns, self.discriminator_turns + len(indices))
        penalties = tuple(due(self.recipe.regularizer, turn) for turn in turns)
        return indices.shape, now.measure, penalties, tuple(self.augmenter.due(turn) for turn in turns)

    def release(self) -> tuple[str, ...]:
        """Let go of everything on the device; the game is over. Returns the players whose networks mix a batch."""
        mixing = self.mixing
        self.__dict__.clear()
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return mixing

    def _can_be_captured(self) -> bool:
        """One's own networks may do what no graph can, and several ranks talk in between."""
        built_in = self.generator.network.plan is not None
        return self.device.type == "cuda" and self.recipe.graphs and built_in and self.ranks is None

    def report(self) -> Report:
        """Means since the last report. Raises OutOfMemory: what a device was told is done, or refused, by now."""
        with room(self.recipe):
            return self.ledger.read(self.ranks)

    def make(self, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """Raw output float32 of the averaged generator: (N, H, W, C) or (N, D)."""
        with room(self.recipe):
            self.recalibrate()
            return run_in_chunks(self.averaged, latents, labels, self.device, self.dtype)

    def sample(self, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """Pictures uint8 (N, H, W, C) or vectors float32 (N, D)."""
        with room(self.recipe):
            self.recalibrate()
            return run_in_chunks(self.averaged, latents, labels, self.device, self.dtype, self._to_items)

    def _to_items(self, made: np.ndarray) -> np.ndarray:
        return pixels.to_bytes(made, self.recipe.data.pixels) if made.ndim == 4 else made

    @torch.no_grad()
    def verdicts(self, items: np.ndarray, labels: np.ndarray | None) -> Verdicts:
        """The discriminator's raw output on items, in inference mode and float32."""
        holder = Pixels(items, labels if self.classes else None, self.recipe.data.pixels, self.device, self.dtype)
        opinions = [
            self.discriminator.network.discriminate(*holder.batch(rows)) for rows in chunks(len(items), self.device)
        ]
        logits = _on_host([opinion.logits for opinion in opinions])
        assert logits is not None
        return Verdicts(
            logits,
            _on_host([opinion.per_pixel for opinion in opinions]),
            _on_host([opinion.classes for opinion in opinions]),
        )

    def state(self) -> State:
        """Weights, averages and the optimisers' memory."""
        self.recalibrate()
        arrays: dict[str, np.ndarray] = {}
        for name, network in self._networks().items():
            arrays |= {f"{name}/{key}": to_numpy(value) for key, value in network.arrays().items()}
        counters: dict[str, int | float | str] = {"discriminator-turns": self.discriminator_turns}
        for player in self.players():
            arrays |= player.state()
            counters[f"{player.name}-optimizer.steps"] = player.steps
        for name, average in self.lazy_averages.items():
            arrays |= {f"ema-rows/{name}.{key}": to_numpy(value) for key, value in average.state().items()}
        return State(arrays | self.augmenter.state(), counters)

    def restore(self, state: State) -> None:
        """Go back to a state."""
        for name, network in self._networks().items():
            load_arrays(network, state.arrays, name)
        for player in self.players():
            arrays = state.arrays if player.lazy else state.up_to_date(self.recipe)
            player.restore(arrays, int(state.counters[f"{player.name}-optimizer.steps"]))
        for name, average in self.lazy_averages.items():
            keys = {key: f"ema-rows/{name}.{key}" for key in average.state()}
            memory = {key: torch.as_tensor(state.arrays[path]) for key, path in keys.items() if path in state.arrays}
            average.restore(memory, self.averaged.weights()[name])
        self.augmenter.restore(state.arrays)
        self.discriminator_turns = int(state.counters["discriminator-turns"])
        self.recalibrated = self.written = True
        self.ledger = Ledger(self.loss.middle)
        if self.playback:
            self.playback.forget()

    def players(self) -> list[Player]:
        """Everyone who takes steps."""
        return [self.generator, self.discriminator, *([self.accomplice] if self.accomplice else [])]

    def _networks(self) -> dict[str, Network]:
        return {
            "generator": self.generator.network,
            "discriminator": self.discriminator.network,
            "ema": self.averaged,
        }


@contextmanager
def room(recipe: Recipe) -> Iterator[None]:
    """What a device without room says, as one line. Raises OutOfMemory."""
    try:
        yield
    except torch.OutOfMemoryError:
        at_once = recipe.data.micro_batch or recipe.data.batch
        raise OutOfMemory(
            f"{recipe.device} has no room for {at_once} items at a time: set data.micro_batch={max(1, at_once // 2)}, or "
            "a smaller data.batch"
        ) from None


@torch.no_grad()
def run_in_chunks(
    network: Network,
    latents: np.ndarray,
    labels: np.ndarray | None,
    device: torch.device,
    dtype: torch.dtype,
    finish: Callable[[np.ndarray], np.ndarray] = np.asarray,
) -> np.ndarray:
    """The generator's raw output float32 (N, H, W, C) or (N, D), in inference mode; or what `finish` makes of a chunk.

    Chunks are padded to whole multiples of 64: a matrix product rounds by its shape, and the first 5 of 10 pictures
    are to be the 5 of 5, bit for bit.
    """
    outputs: np.ndarray | None = None
    for rows in chunks(len(latents), device):
        padded = np.resize(rows, -(-len(rows) // 64) * 64)
        z = torch.as_tensor(np.asarray(latents, np.float32)[padded]).to(device, dtype)
        asked = None if labels is None else torch.as_tensor(np.asarray(labels, np.int64)[padded]).to(device)
        made = network(z, asked, INFERENCE)[: len(rows)]
        made = made.permute(0, 2, 3, 1) if made.ndim == 4 else made
        items = finish(made.float().cpu().numpy())
        if outputs is None:  # once, and not joined in the end: watchers should not make the run's memory swing
            outputs = np.empty((len(latents), *items.shape[1:]), items.dtype)
        outputs[rows] = items
    assert outputs is not None, "no latents were given"
    return outputs


def chunks(count: int, device: torch.device) -> list[np.ndarray]:
    """The rows 0 .. count - 1 in passes, as a device likes them."""
    size = ROWS.get(device.type, ROWS_ELSEWHERE)
    return [np.arange(start, min(start + size, count)) for start in range(0, count, size)]


def _on_host(parts: list[Tensor | None]) -> np.ndarray | None:
    """Tensors of all chunks as one float32 array; None where a discriminator says nothing of the kind."""
    given = [part for part in parts if part is not None]
    return torch.cat(given).float().cpu().numpy() if given else None
