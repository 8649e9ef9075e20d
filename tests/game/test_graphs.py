"""Updates as graphs. Here, where there is no GPU, a recorder pretends: its replay runs the captured work once more, on the
inputs that lie where those of the captured update lay. So whatever does not come through the static inputs is out of
date, and shows in the bits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from gansmith.game import graphs
from gansmith.game.graphs import EAGER_FIRST, CudaGraphs, Packed, StaticInputs, can_be_captured, leaves, structure
from gansmith.game.step import Gan
from gansmith.game.torch_game import TorchGame
from gansmith.ground.game import StepContext
from gansmith.losses import LOSSES
from gansmith.nets import NetPair
from gansmith.parts import Parts
from miniatures import World, assert_same_arrays, indices, now, play, world
from thread_ranks import Circle, ThreadRanks
from variants import EVERY, host_inputs, meaningful, new_game, start


class PretendingRecorder:
    """Captures by remembering the work; a replay does it again, and leaves its statistics where the capture left them."""

    def __init__(self, game: TorchGame, fails: bool = False) -> None:
        self.game, self.fails = game, fails
        self.captured, self.replayed, self.outside, self.asked = 0, 0, 0, 0

    @contextmanager
    def on_own_stream(self) -> Iterator[None]:
        self.outside += 1
        yield

    def capture(self, work: Callable[[], Packed]) -> tuple[Callable[[], object], Packed]:
        """`work` runs now, as Python does in a capture, but nothing that it computes is to last."""
        self.asked += 1
        tensors = written(self.game)
        before = [tensor.clone() for tensor in tensors]
        packed = work()
        for tensor, value in zip(tensors, before, strict=True):
            tensor.copy_(value)
        if self.fails:
            raise RuntimeError("operation not permitted when stream is capturing\nmore words")
        self.captured += 1

        def replay() -> None:
            self.replayed += 1
            steps = [player.optimizer.steps for player in self.game.players]
            again, _ = work()
            packed[0].copy_(again)
            for player, count in zip(self.game.players, steps, strict=True):  # a graph counts nothing
                player.optimizer.steps = count

        return replay, packed


def written(game: TorchGame) -> list[torch.Tensor]:
    """All that an update writes to."""
    kept = [value.detach() for network in game.networks().values() for value in network.arrays().values()]
    memories = [memory for player in game.players for memory in player.optimizer.inner.state.values()]
    entries = [entry for memory in memories for entry in memory.values() if isinstance(entry, torch.Tensor)]
    return [*kept, *entries, game.augmenter.probability, game.augmenter.signs]


ON_A_GPU = pytest.mark.skipif(
    not os.environ.get("GANSMITH_TEST_CUDA"), reason="GANSMITH_TEST_CUDA asks for the checks on a GPU"
)


def graphed(made: World, say: Callable[[str], None] = lambda _: None, **more: Any) -> tuple[TorchGame, Any]:
    """A game whose updates are captured by a pretending recorder, and that recorder."""
    game = start(made)
    recorder = PretendingRecorder(game, **more)
    game.graphs = CudaGraphs(game.play, game.players, game.device, recorder, say)
    return game, recorder


def only_capture(game: TorchGame) -> graphs.Captured:
    assert game.graphs is not None
    (only,) = game.graphs.captured.values()
    return only


def moving(update: int) -> StepContext:
    """A clock whose every number moves."""
    return StepContext(
        update, (update - 1) * 8, 1e-2 / update, 2e-2 / update, 1 - 0.5 / update, measure=update % 4 == 0
    )


# ---- the same bits


@pytest.mark.parametrize(("name", "kind"), meaningful(list(EVERY), ["labelled-pictures", "vectors"]))
def test_a_replay_is_the_update_that_it_replaces(name: str, kind: str):
    """Weights, optimisers, averages, counters and reports, to the bit, in every variant."""
    made = world(kind, **EVERY[name])
    eager, (game, recorder) = start(made), graphed(made)
    turns = made.recipe.feedback.discriminator_turns
    for update in range(1, 25):
        for each in (eager, game):
            each.step(indices(update, turns), moving(update))
        if update % 8 == 0:
            expected, found = eager.report(), game.report()
            assert found.numbers == pytest.approx(expected.numbers, rel=1e-6, abs=1e-9)
            assert found.layers == {
                player: {layer: pytest.approx(entry, rel=1e-6) for layer, entry in layers.items()}
                for player, layers in expected.layers.items()
            }
            assert found.histograms == expected.histograms
    assert_same_arrays(game.state().arrays, eager.state().arrays)
    assert game.state().counters == eager.state().counters
    assert recorder.replayed > 8
    assert recorder.outside == 24


def test_micro_batches_are_captured_too():
    made = world("pictures", generator__norm="none", data__micro_batch=4, generator__spectral_norm=True)
    eager, (game, recorder) = start(made), graphed(made)
    play(eager, 1, 9)
    play(game, 1, 9)
    assert_same_arrays(game.state().arrays, eager.state().arrays)
    assert recorder.replayed == 9 - EAGER_FIRST


def test_items_that_are_not_resident_go_through_the_static_inputs():
    """As on a GPU too small for the store: the host gathers them."""
    made = world("labelled-pictures")
    game, recorder = graphed(made)
    assert game.gan.items is not None
    assert game.gan.items.resident is None
    play(game, 1, EAGER_FIRST + 1)
    assert recorder.replayed == 1
    (x,) = only_capture(game).static.inputs.discriminator_turns
    assert x.real is not None
    np.testing.assert_array_equal(x.real.items.numpy(), made.items[indices(EAGER_FIRST + 1)[0]])


def test_resident_items_are_indexed_where_they_lie():
    made = world("labelled-pictures")
    eager, (game, _) = start(made), graphed(made)
    assert game.gan.items is not None
    game.gan.items.resident = torch.as_tensor(made.items)
    play(eager, 1, 9)
    play(game, 1, 9)
    assert_same_arrays(game.state().arrays, eager.state().arrays)
    (x,) = only_capture(game).static.inputs.discriminator_turns
    assert x.real is not None
    assert x.real.items.tolist() == indices(9)[0].tolist()


# ---- what is captured, and when


def test_one_graph_for_each_kind_of_update():
    """Plain, with penalty, and each of them measured."""
    game, recorder = graphed(world("vectors", regularizer__name="r1", regularizer__interval=2))
    for update in range(1, 4 * (EAGER_FIRST + 1) * 2 + 1):
        game.step(indices(update), now(update, measure=update % 4 < 2))
    assert recorder.captured == 4
    assert game.graphs is not None
    assert len(game.graphs.captured) == 4


def test_a_restored_game_is_captured_anew():
    made = world("pictures")
    straight, (game, recorder) = start(made), graphed(made)
    play(straight, 1, 14)
    play(game, 1, 7)
    state = game.state()
    play(game, 8, 10)
    game.restore(state)
    play(game, 8, 14)
    assert recorder.captured == 2
    assert_same_arrays(game.state().arrays, straight.state().arrays)


def test_what_cannot_be_captured_is_launched_as_before_and_said_once():
    """A capture that fails half-way: the host's part has run, nothing was computed."""
    said: list[str] = []
    made = world("pictures", regularizer__name="r1")
    eager, (game, recorder) = start(made), graphed(made, said.append, fails=True)
    play(eager, 1, 9)
    play(game, 1, 9)
    assert_same_arrays(game.state().arrays, eager.state().arrays)
    assert game.state().counters == eager.state().counters
    assert game.report().numbers == eager.report().numbers
    assert recorder.asked == 1
    assert said == [
        "this update cannot be captured as a CUDA graph (operation not permitted when stream is capturing): going on "
        "without graphs"
    ]


def test_a_reason_without_words_is_said_as_such_and_nothing_is_tried_again():
    said: list[str] = []
    game, recorder = graphed(world("vectors"), said.append)

    def silent(work: Callable[[], Packed]) -> Any:
        recorder.asked += 1
        raise RuntimeError

    recorder.capture = silent
    play(game, 1, EAGER_FIRST + 3)
    assert said == ["this update cannot be captured as a CUDA graph (no reason given): going on without graphs"]
    assert recorder.asked == 1


def test_replays_count_the_steps_that_they_take():
    """Of which the generator takes two in an update here."""
    game, recorder = graphed(world("vectors", feedback__generator_turns=2))
    play(game, 1, EAGER_FIRST + 2)
    assert recorder.replayed == 2
    assert [player.optimizer.steps for player in game.players] == [2 * (EAGER_FIRST + 2), EAGER_FIRST + 2]


def test_an_entry_takes_whole_sixteens():
    assert [graphs._padded(size) for size in (1, 15, 16, 17, 32, 33)] == [16, 16, 16, 32, 32, 48]


def test_a_capture_without_memory_is_no_reason_to_go_on(monkeypatch: pytest.MonkeyPatch):
    """The run goes on in smaller micro-batches, with graphs."""
    game, recorder = graphed(world("pictures"))

    def full(work: Callable[[], Packed]) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(recorder, "capture", full)
    inputs = [host_inputs(game, update) for update in range(1, EAGER_FIRST + 2)]
    assert game.graphs is not None
    for one in inputs[:EAGER_FIRST]:
        game.graphs.run(one, game.stats)
    with pytest.raises(torch.OutOfMemoryError):
        game.graphs.run(inputs[EAGER_FIRST], game.stats)
    assert not game.graphs.off


def test_own_networks_and_several_processes_are_launched_operation_by_operation():
    """A user's network may do what no graph can; processes talk in between. An adaptive augmentation is captured."""

    def on_cuda(gan: Gan) -> Gan:
        return replace(gan, recipe=replace(gan.recipe, device="cuda"))

    for changes, expected in (({}, True), ({"augment__name": "mirror+ada"}, True), ({"graphs": False}, False)):
        gan = new_game("pictures", **changes).gan
        assert not can_be_captured(gan)
        assert can_be_captured(on_cuda(gan)) is expected
        assert not can_be_captured(replace(on_cuda(gan), ranks=ThreadRanks(Circle(1), 0)))
    made = world("vectors", generator__net="own", discriminator__net="own")
    own = Parts(nets=NetPair("own", lambda dim, shape, classes: (torch.nn.Linear(dim, 2), torch.nn.Linear(2, 1))))
    assert not can_be_captured(on_cuda(TorchGame(made.recipe, made.item_shape, 0, own).gan))
    made = world("vectors", loss__name="own")
    loss = Parts(loss=replace(LOSSES["hinge"], name="mine"))
    assert not can_be_captured(on_cuda(TorchGame(made.recipe, made.item_shape, 0, loss).gan))


# ---- static inputs


def test_static_inputs_keep_their_addresses():
    game = new_game("labelled-pictures", discriminator__dropout=0.3, regularizer__name="gradient-penalty")
    first, second = host_inputs(game, 1), host_inputs(game, 7, rate=0.25, decay=0.5)
    static = StaticInputs(first, torch.device("cpu"))
    tensors = leaves(static.inputs)
    addresses = [tensor.data_ptr() for tensor in tensors]
    for update in (first, second):
        static.fill(update)
        assert [tensor.data_ptr() for tensor in leaves(static.inputs)] == addresses
        for tensor, drawn in zip(tensors, leaves(update), strict=True):
            np.testing.assert_array_equal(tensor.numpy(), drawn, strict=True)
    assert len(set(addresses)) == len(addresses)
    assert not any(address % 16 for address in np.array(addresses) - static.memory.data_ptr())
    x = static.inputs.discriminator_turns[0]
    assert float(x.rates["generator"]) == 0.25
    assert {key.dtype for key in x.dropout["real"].values()} == {torch.int32}
    assert float(static.inputs.ema_weight) == 0.5


def test_static_inputs_of_a_gpu_are_filled_by_one_copy_from_pinned_memory(monkeypatch: pytest.MonkeyPatch):
    game = new_game("labelled-pictures")
    static, asked = StaticInputs(host_inputs(game, 1), torch.device("cpu")), []
    empty = torch.empty

    def staged(*shape: Any, pin_memory: bool, **more: Any) -> torch.Tensor:
        asked.append(pin_memory)
        return empty(*shape, **more)

    monkeypatch.setattr(graphs.torch, "empty", staged)
    static.fill(host_inputs(game, 2))
    static.device, memory, waited = torch.device("cuda"), static.memory, []

    class Memory:
        def __len__(self) -> int:
            return len(memory)

        def copy_(self, staged: torch.Tensor, non_blocking: bool) -> None:
            waited.append(not non_blocking)

    static.memory = Memory()  # pyright: ignore[reportAttributeAccessIssue]
    static.fill(host_inputs(game, 3))
    assert asked == [False, True]
    assert waited == [False]


STRUCTURES: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    "measurement": ("vectors", {}, {"measure": True}),
    "penalty": ("vectors", {"regularizer__name": "r1"}, {}),
    "penalty by differences": ("vectors", {"regularizer__name": "r1", "regularizer__sigma": 0.1}, {}),
    "gradient penalty": ("vectors", {"regularizer__name": "gradient-penalty"}, {}),
    "labels": ("labelled-vectors", {}, {}),
    "batch": ("vectors", {"data__batch": 4}, {}),
    "latents": ("vectors", {"latent__dim": 5}, {}),
    "smoothed targets": ("vectors", {"loss__real": [0.9, 0.9]}, {}),
    "drawn targets": ("vectors", {"loss__real": [0.9, 1.0]}, {}),
    "dropout": ("vectors", {"discriminator__dropout": 0.3}, {}),
    "turns": ("vectors", {"feedback__generator_turns": 2}, {}),
    "same latents": ("vectors", {"feedback__latents": "same"}, {}),
    "precision": ("vectors", {"precision__name": "float64"}, {}),
}


@pytest.mark.parametrize("name", STRUCTURES)
def test_updates_that_launch_other_operations_are_of_another_structure(name: str):
    kind, settings, numbers = STRUCTURES[name]
    batch = settings.get("data__batch", 8)
    plain, other = new_game("vectors"), new_game(kind, **settings)
    assert other.drawing is not None
    drawn = other.drawing.draw(indices(1, batch=batch), now(1, **numbers), 0)
    assert structure(drawn) != structure(host_inputs(plain, 1))
    assert structure(drawn) == structure(other.drawing.draw(indices(9, batch=batch), now(9, **numbers), 0))


def test_numbers_that_are_drawn_or_scheduled_are_no_matter_of_structure():
    game = new_game("labelled-pictures", discriminator__dropout=0.3, loss__real=[0.9, 1.0], augment__name="diffaugment")
    first, second = host_inputs(game, 1), host_inputs(game, 7, rate=0.25, decay=0.5)
    assert structure(first) == structure(second)
    assert hash(structure(first)) == hash(structure(second))


def test_lazy_penalties_and_adaptive_augmentation_alternate_between_structures():
    for settings, every in (
        ({"regularizer__name": "r1", "regularizer__interval": 3}, 3),
        ({"augment__name": "ada"}, 4),
    ):
        game, seen = new_game("pictures", **settings), []
        for update in range(1, 13):
            seen.append(structure(host_inputs(game, update)))
            game.discriminator_turns += 1
        assert len(set(seen)) == 2
        assert seen[every:] == seen[:-every]


@ON_A_GPU
@pytest.mark.parametrize(("name", "kind"), meaningful(list(EVERY), ["labelled-pictures", "vectors"]))
def test_a_gpu_replays_what_it_would_have_launched(name: str, kind: str):
    settings = {**EVERY[name], "device": "cuda"}
    eager, game = (start(world(kind, **settings, graphs=graphs)) for graphs in (False, True))
    for update in range(1, 17):
        for each in (eager, game):
            each.step(indices(update, each.recipe.feedback.discriminator_turns), now(update, rate=1e-4))
    assert game.graphs is not None
    assert not game.graphs.off
    assert game.graphs.captured
    ours, theirs = game.state().arrays, eager.state().arrays
    for array in ours:
        np.testing.assert_allclose(ours[array], theirs[array], rtol=1e-3, atol=1e-4, err_msg=array)
    assert game.report().numbers == pytest.approx(eager.report().numbers, rel=1e-2, abs=1e-3)
