"""A player's optimiser: what it counts, what it forgets, what it remembers and since when, and gradients of several ranks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from gansmith.game.weights.lazy import LazyAdam
from gansmith.game.weights.optimizer import FlatGradients, Optimizer, dense, nonzero
from gansmith.ground.recipes.settings import OptimizerSettings
from gansmith.nets.own import OwnNetwork
from miniatures import assert_same_arrays, play
from thread_ranks import ThreadRanks, together
from variants import new_game

RATE = 0.1


def optimizer_of(**settings: Any) -> Optimizer:
    named = {f"optimizer__generator__{name}": value for name, value in settings.items()}
    return new_game("vectors", precision__name="float64", **named).players.generator.optimizer


def given(optimizer: Optimizer, gradient: float) -> dict[str, Tensor]:
    """The weights as they are; each gets this gradient."""
    for weight in optimizer.named.values():
        weight.grad = torch.full_like(weight, gradient)
    return {name: weight.detach().clone() for name, weight in optimizer.named.items()}


def test_it_counts_its_steps_forgets_gradients_and_measures_when_asked():
    optimizer = optimizer_of()
    assert optimizer.steps == 0
    assert optimizer.state() == {}
    given(optimizer, 1.0)
    assert optimizer.step(RATE) == {}
    assert optimizer.steps == 1
    assert all(row.grad is None for row in (*optimizer.named.values(), *optimizer.rows.values()))
    given(optimizer, 1.0)
    assert set(optimizer.step(RATE, measure=True)) == {"", "0", "2", "4"}
    assert optimizer.steps == 2


def test_lengths_are_of_all_arrays_and_of_each_layer_s_weights():
    """Plain descent along gradients of 2: a step is the rate times 2 in every number."""
    optimizer = optimizer_of(name="sgd")
    before = given(optimizer, 2.0)
    lengths = optimizer.step(RATE, measure=True)
    for layer, part in {"": list(before.values()), "0": [before["0.weight"]], "4": [before["4.weight"]]}.items():
        count = sum(weight.numel() for weight in part)
        length = float(torch.cat([weight.flatten() for weight in part]).norm())
        assert float(lengths[layer]["gradient"]) == pytest.approx(2 * count**0.5)
        assert float(lengths[layer]["step"]) == pytest.approx(2 * RATE * count**0.5 / length)


def test_an_array_without_a_gradient_counts_as_one_of_zeros():
    optimizer = optimizer_of()
    before = given(optimizer, 2.0)
    optimizer.named["0.weight"].grad = None
    lengths = optimizer.step(RATE, measure=True)
    assert (float(lengths["0"]["gradient"]), float(lengths["0"]["step"])) == (0.0, 0.0)
    rest = sum(weight.numel() for name, weight in before.items() if name != "0.weight")
    assert float(lengths[""]["gradient"]) == pytest.approx(2 * rest**0.5)


@pytest.mark.parametrize("name", ["adam", "sgd", "rmsprop"])
def test_a_game_that_remembers_nothing_begins_after_a_restore_as_it_would_have(name: str):
    changes = {f"optimizer__{player}__name": name for player in ("generator", "discriminator")}
    straight, restored = new_game("vectors", **changes), new_game("vectors", **changes)
    restored.restore(straight.state())
    for game in (straight, restored):
        play(game, 1, 2)
    assert_same_arrays(restored.state().arrays, straight.state().arrays)


@pytest.mark.parametrize("born", [0, 5])
def test_adam_corrects_the_memory_of_an_array_by_its_own_age(born: int):
    """Step 8, of an array whose memory began after step `born`: (8 - born) steps are corrected for."""
    optimizer = optimizer_of(beta1=0.5, beta2=0.9)
    path, shape = "generator-optimizer/0.weight", tuple(optimizer.named["0.weight"].shape)
    memory = {f"{path}.first": np.full(shape, 0.3), f"{path}.second": np.full(shape, 0.2)}
    began = {f"{path}.born": np.array([born])} if born else {}
    optimizer.restore(memory | began, 7)
    state = optimizer.state()
    assert_same_arrays({name: state[name] for name in (*memory, *began)}, memory | began)
    before = given(optimizer, 0.5)["0.weight"]
    optimizer.step(RATE)
    first, second, age = 0.5 * 0.3 + 0.5 * 0.5, 0.9 * 0.2 + 0.1 * 0.25, 8 - born
    step = first / (1 - 0.5**age) / ((second / (1 - 0.9**age)) ** 0.5 + 1e-8)
    torch.testing.assert_close(optimizer.named["0.weight"].detach(), before - RATE * step, rtol=1e-6, atol=1e-9)
    optimizer.restore({}, 0)
    assert (optimizer.steps, optimizer.state()) == (0, {})


@pytest.mark.parametrize("born", [0, 5])
def test_so_does_the_one_that_steps_rows(born: int):
    """Row 1 was last stepped in step 4: its mean square has faded for three steps without a gradient, and one with."""
    adam = LazyAdam(nn.Parameter(torch.ones(3, 2, dtype=torch.float64)), OptimizerSettings(beta1=0.0, beta2=0.9))
    adam.restore(torch.full((3, 2), 0.2, dtype=torch.float64), torch.tensor([[0.0], [4.0], [7.0]]), 7)
    adam.table.grad = torch.zeros(3, 2, dtype=torch.float64)
    adam.table.grad[1] = 0.5
    adam.step(RATE, 8, born)
    second = 0.9**4 * 0.2 + 0.1 * 0.25
    step = 0.5 / ((second / (1 - 0.9 ** (8 - born))) ** 0.5 + 1e-8)
    torch.testing.assert_close(adam.table.detach()[1], torch.full((2,), 1 - RATE * step).double(), rtol=1e-6, atol=0)
    assert adam.upto.tolist() == [0, 8, 7]
    torch.testing.assert_close(adam.second[:, 0], torch.tensor([0.2, second, 0.2], dtype=torch.float64))


def test_a_table_without_a_memory_begins_with_none_and_up_to_date():
    adam = LazyAdam(nn.Parameter(torch.ones(3, 2)), OptimizerSettings(beta1=0.0))
    assert (adam.second.abs().sum(), adam.upto.tolist(), adam.change.numel()) == (0, [0, 0, 0], 0)
    adam.second.fill_(1)
    adam.restore(None, None, 7)
    assert (float(adam.second.abs().sum()), adam.upto.tolist()) == (0, [7, 7, 7])


def test_built_in_arrays_are_stepped_as_rows_and_one_s_own_as_they_are():
    """Those of a network of one's own may have gaps, and may be exchanged for others."""
    built = optimizer_of()
    assert {row.ndim for row in built.rows.values()} == {1}
    assert all(row.data_ptr() == built.named[name].data_ptr() for name, row in built.rows.items())
    own = Optimizer("generator", OwnNetwork(nn.Linear(2, 3)), OptimizerSettings(), None)
    assert list(own.rows) == ["weight", "bias"]
    assert all(row is own.named[name] for name, row in own.rows.items())


def test_of_a_gradient_with_rows_those_rows_are_measured():
    rows, values = torch.tensor([[1, 4]]), torch.tensor([[3.0, 0.0], [0.0, 4.0]])
    sparse = torch.sparse_coo_tensor(rows, values, (6, 2), check_invariants=True)
    assert float(nonzero(sparse).norm()) == 5
    assert float(nonzero(dense(sparse)).norm()) == 5
    assert dense(sparse).shape == (6, 2)


@pytest.mark.parametrize("ranks", [1, 2])
def test_ranks_may_share_a_single_array(ranks: int):
    def one(circle: ThreadRanks) -> float:
        weight = nn.Parameter(torch.zeros(1, dtype=torch.float64))
        weight.grad = torch.full_like(weight, 1.0 + circle.rank)
        FlatGradients([weight], circle).average()
        return float(weight.grad)

    assert together(ranks, one) == [(1 + ranks) / 2] * ranks


def test_ranks_average_their_gradients_in_one_message():
    """Of arrays in any memory order; what has no gradient gets none."""
    shapes = {"plain": (2, 3), "row": (4,), "pictures": (2, 3, 2, 2), "idle": (5,), "last": (1,)}

    def one(ranks: ThreadRanks) -> dict[str, Tensor | None]:
        weights = {name: nn.Parameter(torch.zeros(shape)) for name, shape in shapes.items()}
        weights["pictures"].data = weights["pictures"].data.contiguous(memory_format=torch.channels_last)
        flat = FlatGradients(list(weights.values()), ranks)
        for name, weight in weights.items():
            if name != "idle":
                weight.grad = gradient(name, ranks.rank).contiguous(
                    memory_format=torch.channels_last if weight.ndim == 4 else torch.contiguous_format
                )
        flat.average()
        assert ranks.exchanges == 1
        return {name: weight.grad for name, weight in weights.items()}

    def gradient(name: str, rank: int) -> Tensor:
        drawn = np.random.default_rng([rank, len(name)]).standard_normal(shapes[name])
        return torch.as_tensor(drawn, dtype=torch.float32)

    for found in together(2, one):
        assert found.pop("idle") is None
        for name, mean in found.items():
            assert mean is not None
            torch.testing.assert_close(mean, (gradient(name, 0) + gradient(name, 1)) / 2)
