"""The examples run, and show what they claim to show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from walks import example


def test_the_best_discriminator_is_p_over_p_plus_q() -> None:
    one = example("one_dimension")
    learnt, best = one.theory(updates=900)
    p = one.density(one.LINE[:, 0], one.MEAN, one.SPREAD)
    q = one.density(one.LINE[:, 0], one.FROZEN_MEAN, one.FROZEN_SPREAD)
    assert np.abs(learnt - best)[p + q > 0.02].max() < 0.05


def test_a_frozen_generator_stands_still() -> None:
    one = example("one_dimension")
    game = one.new_game(one.LINEAR)
    before = game.state().arrays
    one.train(game, 1, 5, 5, frozen=True)
    after = game.state().arrays
    assert np.array_equal(before["generator/0.weight"], after["generator/0.weight"])
    assert not np.array_equal(before["discriminator/0.weight"], after["discriminator/0.weight"])


def test_the_game_in_one_dimension_is_learnt() -> None:
    """Mean and deviation within .15 of the data's, D near one half where the data are."""
    one = example("one_dimension")
    start, _, end = one.play(updates=1200)
    p = one.density(one.LINE[:, 0], one.MEAN, one.SPREAD)
    assert abs(start.made.mean() - one.MEAN) > 0.3
    assert end.made.mean() == pytest.approx(one.MEAN, abs=0.15)
    assert end.made.std() == pytest.approx(one.SPREAD, abs=0.15)
    assert np.abs(end.verdicts[p > 0.05] - 0.5).max() < 0.1


def test_adam_is_ahead_of_descent_and_its_mistake_begins_at_the_second_step() -> None:
    curves = example("adam_against_sgd").compare(epochs=200)
    last = {name: losses[-1] for name, losses in curves.items()}
    assert last["Adam"] < last["momentum .9"] < last["gradient descent"]
    right, mistaken = curves["Adam, beta2 = .999"], curves["the same, constant correction"]
    assert right[:2] == mistaken[:2]
    assert right[2] != mistaken[2]


def test_pictures_are_drawn(tmp_path: Path) -> None:
    example("one_dimension").main(["--updates", "12", "--out", str(tmp_path / "one")])
    example("adam_against_sgd").main(["--epochs", "5", "--out", str(tmp_path / "adam.png")])
    drawn = {path.name for path in tmp_path.rglob("*.png")}
    assert drawn == {"theory.png", "game.png", "adam.png"}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in tmp_path.rglob("*.png"))
