"""Updates that are played back. Here, where there is no GPU, a recorder pretends: what it "captured" is the very call,
with the clock and the indices of the update that was captured. So whatever does not come through the tape is stale, and
shows in the bits."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import torch

from gansmith.game import intake
from gansmith.game.torch_game import TorchGame
from gansmith.ground.game import Now
from miniatures import World, assert_same_arrays, indices, now, play, world
from variants import EVERY, meaningful, start


class Pretender:
    """Captures by remembering; a replay makes the same call again, at the same addresses."""

    def __init__(self, fails: bool = False) -> None:
        self.captured, self.replayed, self.outside, self.fails = 0, 0, 0, fails

    @contextmanager
    def aside(self) -> Iterator[None]:
        self.outside += 1
        yield

    def capture(self, play: Callable[[], None]) -> Callable[[], object]:
        """`play` runs now, as Python does in a capture, but nothing that it computes is to last."""
        if self.fails:
            play()
            raise RuntimeError("operation not permitted when stream is capturing\nmore words")
        self.captured += 1
        game = play.__closure__[0].cell_contents  # pyright: ignore[reportOptionalSubscript]
        assert isinstance(game, TorchGame)
        tensors = everything(game)
        before = [tensor.clone() for tensor in tensors]
        play()
        left = dict(zip(play.__code__.co_freevars, play.__closure__, strict=True))["left"].cell_contents  # pyright: ignore
        for tensor, value in zip(tensors, before, strict=True):
            tensor.copy_(value)
        static = left[-1][0]

        def replay() -> None:
            self.replayed += 1
            assert game.playback is not None
            real, tape, counts = game.ledger, game.intake, game.playback._counts()
            game.intake = playing(game)
            play()
            game.ledger, game.intake = real, tape
            game.playback._count(counts)  # a graph counts nothing
            static.copy_(left.pop()[0])

        return replay


def playing(game: TorchGame) -> Tape:
    """The tape that was filled last."""
    assert game.playback is not None
    return max((each.tape for each in game.playback.captured.values()), key=lambda tape: getattr(tape, "filled", 0))


def everything(game: TorchGame) -> list[torch.Tensor]:
    """All that an update writes to."""
    networks = [game.generator.network, game.discriminator.network, game.averaged]
    kept = [value.detach() for network in networks for value in network.arrays().values()]
    memory = [
        entry for player in game.players() for entries in player.optimizer.state.values() for entry in entries.values()
    ]
    adaptive = [game.augmenter.probability, game.augmenter.signs]
    return kept + adaptive + [entry for entry in memory if isinstance(entry, torch.Tensor)]


ON_A_GPU = pytest.mark.skipif(
    not os.environ.get("GANSMITH_TEST_CUDA"), reason="GANSMITH_TEST_CUDA asks for the checks on a GPU"
)


@pytest.fixture(autouse=True)
def _tapes_that_count(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.node.get_closest_marker("skipif"):  # those on a GPU, whose rates and tapes are their own
        return
    fill, count = Tape.fill, iter(range(1, 10**6))

    def counted(self: Tape, now: Now, rows: np.ndarray) -> None:
        self.filled = next(count)  # pyright: ignore[reportAttributeAccessIssue]
        fill(self, now, rows)

    monkeypatch.setattr(Tape, "fill", counted)
    rate = Tape.rate  # the processor's optimisers take rates in double precision
    monkeypatch.setattr(
        Tape,
        "rate",
        lambda self, key, now, value, dtype: rate(self, key, now, value, torch.float64 if key != "ema" else dtype),
    )


def captured(made: World, recorder: Pretender) -> TorchGame:
    table = start(made)
    table.playback = Playback(table, recorder)
    return table


def moving(update: int) -> Now:
    """A clock whose every number moves."""
    return Now(update, (update - 1) * 8, 1e-2 / update, 2e-2 / update, 1 - 0.5 / update, measure=update % 4 == 0)


@pytest.mark.parametrize(("name", "kind"), meaningful(list(EVERY), ["labelled-pictures", "vectors"]))
def test_what_is_played_back_is_what_would_have_been_played(name: str, kind: str):
    """Weights, optimisers, averages, counters and reports, to the bit, in every variant."""
    made, recorder = world(kind, **EVERY[name]), Pretender()
    eager, graphed = start(made), captured(made, recorder)
    turns = made.recipe.feedback.discriminator_turns
    for update in range(1, 25):
        for table in (eager, graphed):
            table.step(indices(update, turns), moving(update))
        if update % 8 == 0:
            expected, found = eager.report(), graphed.report()
            assert found.numbers == pytest.approx(expected.numbers, rel=1e-6, abs=1e-9)
            assert found.layers == {
                player: {layer: pytest.approx(entry, rel=1e-6) for layer, entry in layers.items()}
                for player, layers in expected.layers.items()
            }
            assert found.histograms == expected.histograms
    assert_same_arrays(graphed.state().arrays, eager.state().arrays)
    assert graphed.state().counters == eager.state().counters
    assert recorder.replayed > 8
    assert recorder.outside == 24


def test_one_graph_for_each_kind_of_update():
    """Plain, with penalty, and each of them measured."""
    recorder = Pretender()
    table = captured(world("vectors", regularizer__name="r1", regularizer__interval=2), recorder)
    for update in range(1, 4 * (WARM + 1) * 2 + 1):
        table.step(indices(update), now(update, measure=update % 4 < 2))
    assert recorder.captured == 4
    assert table.playback is not None
    assert len(table.playback.captured) == 4


def test_a_restored_game_is_captured_anew():
    recorder = Pretender()
    made = world("pictures")
    straight, table = start(made), captured(made, recorder)
    play(straight, 1, 14)
    play(table, 1, 7)
    state = table.state()
    play(table, 8, 10)
    table.restore(state)
    play(table, 8, 14)
    assert recorder.captured == 2
    assert_same_arrays(table.state().arrays, straight.state().arrays)


def test_what_cannot_be_captured_is_played_and_said():
    said: list[str] = []
    made = world("pictures", regularizer__name="r1")
    eager, table = start(made), start(made)
    recorder = Harmless(table)
    table.playback = Playback(table, recorder, said.append)
    play(eager, 1, 9)
    play(table, 1, 9)
    assert_same_arrays(table.state().arrays, eager.state().arrays)
    assert table.state().counters == eager.state().counters
    assert table.report().numbers == eager.report().numbers
    assert recorder.asked == 1
    assert said == [
        "this update cannot be captured as a CUDA graph (operation not permitted when stream is capturing): going on "
        "without graphs"
    ]


class Harmless(Pretender):
    """A capture that fails half-way: the host's part has run, nothing was computed."""

    def __init__(self, game: TorchGame) -> None:
        super().__init__()
        self.game, self.asked = game, 0

    def capture(self, play: Callable[[], None]) -> Callable[[], object]:
        self.asked += 1
        tensors = everything(self.game)
        before = [tensor.clone() for tensor in tensors]
        play()
        for tensor, value in zip(tensors, before, strict=True):
            tensor.copy_(value)
        raise RuntimeError("operation not permitted when stream is capturing\nmore words")


def test_a_sealed_tape_takes_no_new_wishes():
    tape = Tape(torch.device("cpu"))
    tape.array("old", now(1), lambda now, _: np.zeros(2))
    tape.seal()
    tape.array("old", now(1), lambda now, _: np.zeros(2))
    with pytest.raises(RuntimeError, match="was not asked for before"):
        tape.array("new", now(1), lambda now, _: np.zeros(2))


def test_a_sealed_tape_keeps_its_addresses():
    tape = Tape(torch.device("cpu"))

    def all_of_it(update: int) -> list[torch.Tensor]:
        rows = tape.array("rows", now(update), lambda now, indices: np.arange(3) if indices is None else indices[0])
        rate = tape.rate("rate", now(update), lambda now: now.generator_rate, torch.float32)
        key = tape.key("key", now(update), lambda now: now.update)
        return [each if isinstance(each, torch.Tensor) else torch.tensor(each) for each in (rows, rate, key)]

    before = [each.tolist() for each in all_of_it(1)]
    tape.seal()
    rows, rate, key = all_of_it(1)
    assert [each.tolist() for each in (rows, rate, key)] == before
    tape.fill(now(7, rate=0.25), np.array([[5, 6, 7]]))
    assert rows.tolist() == [5, 6, 7]
    assert (float(rate), int(key), key.dtype) == (0.25, 7, torch.int32)


def test_items_that_are_not_resident_go_through_the_tape():
    """As on a GPU too small for the store: the host gathers them."""
    made, recorder = world("labelled-pictures"), Pretender()
    table = captured(made, recorder)
    assert table.data is not None
    assert table.data.resident is None
    play(table, 1, WARM + 1)
    assert table.playback is not None
    (only,) = table.playback.captured.values()
    assert {key[0] for key in only.tape.entries if isinstance(key, tuple)} >= {
        "items",
        "rows",
        "latents",
        "labels",
        "rate",
    }


def test_resident_items_are_indexed_where_they_lie():
    made = world("labelled-pictures")
    eager, table = start(made), captured(made, Pretender())
    assert table.data is not None
    table.data.resident = torch.as_tensor(made.items)
    play(eager, 1, 9)
    play(table, 1, 9)
    assert_same_arrays(table.state().arrays, eager.state().arrays)
    assert table.playback is not None
    (only,) = table.playback.captured.values()
    assert not [key for key in only.tape.entries if isinstance(key, tuple) and key[0] == "items"]


def test_portions_are_captured_too():
    made = world("pictures", generator__norm="none", data__micro_batch=4, generator__spectral_norm=True)
    eager, table = start(made), captured(made, Pretender())
    play(eager, 1, 9)
    play(table, 1, 9)
    assert_same_arrays(table.state().arrays, eager.state().arrays)


def test_what_goes_to_a_gpu_is_pinned_and_nobody_waits(monkeypatch: pytest.MonkeyPatch):
    asked = []

    class Host:
        def pin_memory(self) -> Host:
            asked.append("pinned")
            return self

        def to(self, device: torch.device, dtype: torch.dtype | None, non_blocking: bool) -> Host:
            asked.append((device.type, dtype, non_blocking))
            return self

    monkeypatch.setattr(intake.torch, "as_tensor", lambda array: Host())
    intake.send(np.zeros(3), torch.device("cuda"), torch.float32)
    intake.send(np.zeros(3), torch.device("cpu"))
    assert asked == ["pinned", ("cuda", torch.float32, True), ("cpu", None, False)]


def test_own_networks_ranks_and_those_who_ask_are_played_operation_by_operation(monkeypatch: pytest.MonkeyPatch):
    """A user's network may do what no graph can; ranks talk in between. An adaptive augmentation is captured."""
    for changes, expected in (({}, True), ({"augment__name": "mirror+ada"}, True), ({"graphs": False}, False)):
        table = start(world("pictures", **changes))
        monkeypatch.setattr(table, "device", torch.device("cuda"))
        assert table._can_be_captured() is expected
        monkeypatch.setattr(table, "ranks", object())
        assert not table._can_be_captured()
        monkeypatch.setattr(table, "ranks", None)
        monkeypatch.setattr(table.generator.network, "plan", None)
        assert not table._can_be_captured()


@ON_A_GPU
@pytest.mark.parametrize(("name", "kind"), meaningful(list(EVERY), ["labelled-pictures", "vectors"]))
def test_a_gpu_plays_back_what_it_would_have_played(name: str, kind: str):
    settings = {**EVERY[name], "device": "cuda"}
    eager, graphed = (start(world(kind, **settings, graphs=graphs)) for graphs in (False, True))
    for update in range(1, 17):
        for table in (eager, graphed):
            table.step(indices(update, table.recipe.feedback.discriminator_turns), now(update, rate=1e-4))
    assert graphed.playback is not None
    assert not graphed.playback.off
    assert graphed.playback.captured
    ours, theirs = graphed.state().arrays, eager.state().arrays
    for array in ours:
        np.testing.assert_allclose(ours[array], theirs[array], rtol=1e-3, atol=1e-4, err_msg=array)
    assert graphed.report().numbers == pytest.approx(eager.report().numbers, rel=1e-2, abs=1e-3)
