"""Statistics of torch's tensors on their way: to the host, through one tensor, over the ranks."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from gansmith.game.statistics import TORCH, flattened, gather, pack, to_host, unpack
from gansmith.ground.running_stats import RunningStats
from thread_ranks import ThreadRanks, together

FINE = 1 + 2.0**-40  # a number that float32 does not have


def empty() -> RunningStats[Tensor]:
    return RunningStats(0.0, TORCH)


def test_tensors_come_to_the_host_with_their_shapes():
    given = [torch.tensor(1.5), torch.tensor([[1.0, 2, 3], [4, 5, 6]]), torch.tensor([7.0]), torch.tensor([8.0, 9])]
    found = to_host(given)
    assert [array.shape for array in found] == [(), (2, 3), (1,), (2,)]
    assert [array.tolist() for array in found] == [tensor.tolist() for tensor in given]
    assert {array.dtype for array in found} == {np.dtype(np.float32)}
    assert to_host([]) == []


def test_one_wide_number_makes_the_row_wide():
    narrow, wide = torch.tensor([1.0]), torch.tensor([FINE], dtype=torch.float64)
    for order in ([narrow, wide], [wide, narrow]):
        row = flattened(order)
        assert row.dtype == torch.float64
        assert sorted(row.tolist()) == [1.0, FINE]
    assert flattened([narrow, torch.tensor([2.0], dtype=torch.bfloat16)]).dtype == torch.float32


def test_what_was_packed_comes_out_as_it_was():
    stats, other = empty(), empty()
    stats.add("loss.generator", torch.tensor(1.0))
    stats.add("loss.generator", torch.tensor(2.0))
    stats.add_logits("real", torch.tensor([3.0, 4.0, 5.0]))
    stats.add_logits("fake", torch.tensor([6.0]))
    stats.set("gradient.generator", torch.tensor(7.0))
    stats.set_layer("generator", "0", gradient=torch.tensor(8.0), step=torch.tensor(9.0))
    packed, places = pack(stats)
    assert packed.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    unpack(other, packed, places)
    assert [(path, array.shape, array.tolist()) for path, array in other.items()] == [
        (path, array.shape, array.tolist()) for path, array in stats.items()
    ]


def test_two_ranks_have_the_means_and_the_logits_of_both():
    def one(ranks: ThreadRanks) -> RunningStats[Tensor]:
        stats, own = empty(), 10.0 * ranks.rank
        for name, numbers in {
            "loss.generator": (1.0, 3.0),
            "loss.discriminator": (5.0,),
            "loss.penalty": (6.0,),
        }.items():
            for number in numbers:
                stats.add(name, torch.tensor(own + number))
        stats.add_logits("real", torch.tensor([own + 1]))
        stats.add_logits("real", torch.tensor([own + 2, own + 3]))
        stats.add_logits("fake", torch.tensor([-own]))
        gather(stats, ranks)
        assert ranks.exchanges == 1
        return stats

    for stats in together(2, one):
        assert {name: [float(number) for number in numbers] for name, numbers in stats.means.items()} == {
            "loss.generator": [7.0],
            "loss.discriminator": [10.0],
            "loss.penalty": [11.0],
        }
        assert {kind: [part.tolist() for part in parts] for kind, parts in stats.logits.items()} == {
            "real": [[1, 2, 3, 11, 12, 13]],
            "fake": [[0, -10]],
        }


def test_means_without_logits_are_gathered_and_of_nothing_nothing_is_sent():
    def one(ranks: ThreadRanks) -> float:
        stats = empty()
        gather(stats, ranks)
        assert ranks.exchanges == 0
        stats.add("loss.generator", torch.tensor(float(ranks.rank)))
        gather(stats, ranks)
        return float(stats.means["loss.generator"][0])

    assert together(2, one) == [0.5, 0.5]
