"""The inputs of an update: all that it draws, drawn first; a function of recipe, update and turn; dealt out by rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from gansmith.game.graphs import leaves
from gansmith.game.inputs import update as update_module
from gansmith.game.inputs.update import Drawing, UpdateInputs, send, to_device
from gansmith.game.torch_game import TorchGame
from gansmith.ground import streams
from miniatures import BATCH, assert_same_arrays, indices, now, play, world
from variants import EVERY, host_inputs, inputs, meaningful, start


def no_draw(*_: Any) -> None:
    raise AssertionError("drawn while an update was computed")


def drawn_by(game: TorchGame, rank: int, size: int, rows: np.ndarray) -> UpdateInputs:
    """Update 3, as one of `size` processes draws it."""
    drawing, items = game.drawing, game.gan.items
    assert drawing is not None
    assert items is not None
    dropouts = drawing.in_generator, drawing.in_discriminator
    one = Drawing(game.recipe, drawing.loss, items, game.classes, dropouts, rank, size, drawing.dtype)
    return one.draw(rows, now(3), 4)


@pytest.mark.parametrize(("name", "kind"), meaningful(EVERY, ["labelled-pictures", "vectors"]))
def test_an_update_is_computed_from_its_inputs_alone(name: str, kind: str, monkeypatch: pytest.MonkeyPatch):
    """Nothing is drawn any more, and it is the update that `step` makes, to the bit."""
    made = world(kind, **EVERY[name])
    stepped, computed = start(made), start(made)
    for update in range(1, 4):
        play(stepped, update, update, measure=update == 2)
        drawn, dice = inputs(computed, update, measure=update == 2), torch.get_rng_state()
        with monkeypatch.context() as patch:
            patch.setattr(streams, "generator", no_draw)
            computed.play(drawn, computed.stats)
        assert torch.equal(torch.get_rng_state(), dice)
        computed.discriminator_turns += len(drawn.discriminator_turns)
    computed.average.up_to_date = False
    assert_same_arrays(computed.state().arrays, stepped.state().arrays)
    assert computed.state().counters == stepped.state().counters
    assert computed.report() == stepped.report()


@pytest.mark.parametrize(("name", "kind"), meaningful(EVERY, ["labelled-pictures", "vectors"]))
def test_they_are_drawn_alike_at_any_time_and_over_processes(name: str, kind: str):
    """Drawing has no state; two processes draw the halves of what one draws, and the same numbers."""
    game = start(world(kind, **EVERY[name]))
    rows = indices(3, game.recipe.feedback.discriminator_turns)
    whole, again = (leaves(drawn_by(game, 0, 1, rows)) for _ in range(2))
    host_inputs(game, 5)
    assert all(np.array_equal(one, other) for one, other in zip(whole, again, strict=True))
    halves = [leaves(drawn_by(game, rank, 2, rows[:, rank * 4 : rank * 4 + 4])) for rank in (0, 1)]
    for one, first, second in zip(whole, *halves, strict=True):
        if np.ndim(one):
            np.testing.assert_array_equal(np.concatenate([first, second]), one)
        else:
            assert first == second == one


@pytest.mark.parametrize(("name", "kind"), meaningful(EVERY, ["labelled-pictures", "vectors"]))
def test_micro_batches_are_the_turn_s_rows(name: str, kind: str):
    game = start(world(kind, **EVERY[name]))
    (x, *_) = inputs(game, 1).discriminator_turns
    assert x.micro_batches(0) == x.micro_batches(BATCH) == x.micro_batches(99) == [x]
    parts = x.micro_batches(2)
    assert [(part.rows.first, part.rows.count, part.rows.of) for part in parts] == [
        (0, 2, BATCH), (2, 2, BATCH), (4, 2, BATCH), (6, 2, BATCH)
    ]  # fmt: skip
    for whole, *pieces in zip(leaves(x), *map(leaves, parts), strict=True):
        if isinstance(whole, torch.Tensor):
            assert torch.equal(torch.cat(pieces), whole)
    assert {(part.penalty_due, part.measure, part.reused_by_generator, part.rates["generator"]) for part in parts} == {
        (x.penalty_due, x.measure, x.reused_by_generator, x.rates["generator"])
    }


def test_on_a_device_arrays_are_tensors_and_numbers_are_python_s():
    game = start(world("labelled-pictures", discriminator__dropout=0.3, regularizer__name="gradient-penalty"))
    drawn = host_inputs(game, 1)
    assert all(isinstance(leaf, np.ndarray | np.generic) for leaf in leaves(drawn))
    x = to_device(drawn, torch.device("cpu")).discriminator_turns[0]
    assert isinstance(x.latents.z, torch.Tensor)
    assert isinstance(x.rates["generator"], float)
    assert all(isinstance(key, int) for key in x.dropout["real"].values())
    assert x.shares is not None
    np.testing.assert_array_equal(x.shares.numpy(), drawn.discriminator_turns[0].shares)


def test_what_goes_to_a_gpu_is_pinned_and_nobody_waits(monkeypatch: pytest.MonkeyPatch):
    asked = []

    class Host:
        def pin_memory(self) -> Host:
            asked.append("pinned")
            return self

        def to(self, device: torch.device, non_blocking: bool) -> Host:
            asked.append((device.type, non_blocking))
            return self

    monkeypatch.setattr(update_module.torch, "as_tensor", lambda array: Host())
    send(np.zeros(3), torch.device("cuda"))
    send(np.zeros(3), torch.device("cpu"))
    assert asked == ["pinned", ("cuda", True), ("cpu", False)]
