"""The contests: both hands play the same game on the same networks."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
import torch

import forked_commands
from gansmith import bench
from gansmith.bench import CONTESTS, Contest, operations_per_image, own_entries, recipe_of, take_turns
from gansmith.ground.networks.cost import count
from gansmith.nets import plan_discriminator, plan_generator
from gansmith.training import machine


def modules_of(contest: Contest) -> list[torch.nn.Sequential]:
    """The two networks that the plain loop closes over."""
    cells = [cell.cell_contents for cell in contest.plain(2, "cpu").__closure__ or ()]
    networks = [cell for cell in cells if isinstance(cell, torch.nn.Sequential)]
    return sorted(networks, key=lambda network: isinstance(network[-1], torch.nn.Tanh))


@pytest.mark.parametrize("name", CONTESTS)
def test_both_hands_have_networks_of_the_same_size(name: str):
    contest = CONTESTS[name]
    recipe = recipe_of(contest, "float32", "cpu")
    plans = plan_discriminator(recipe, contest.item_shape, 0), plan_generator(recipe, contest.item_shape, 0)
    for plan, module in zip(plans, modules_of(contest), strict=True):
        published = sum(p.numel() for p in module.parameters())
        assert abs(count(plan).trained - published) <= 1  # PyTorch's example has no bias at the verdict


@pytest.mark.parametrize("name", CONTESTS)
def test_a_plain_update_runs_and_trains(name: str):
    contest = CONTESTS[name]
    torch.manual_seed(0)
    step = contest.plain(2, "cpu")
    before = [p.detach().clone() for cell in step.__closure__ or () if isinstance(cell.cell_contents, torch.nn.Module)
              for p in cell.cell_contents.parameters()]  # fmt: skip
    step()
    after = [p for cell in step.__closure__ or () if isinstance(cell.cell_contents, torch.nn.Module)
             for p in cell.cell_contents.parameters()]  # fmt: skip
    assert sum(not torch.equal(a, b) for a, b in zip(before, after, strict=True)) >= len(before) - 1


def test_operations_by_hand():
    """Article 001's pair: 742,400 products forward in G and 1,459,456 in D, two operations each."""
    contest = CONTESTS["dense-28"]
    generator = 100 * 256 + 256 * 512 + 512 * 1024 + 1024 * 784
    discriminator = 784 * 1024 + 1024 * 512 + 512 * 256 + 256
    recipe = recipe_of(contest, "float32", "cpu")
    assert operations_per_image(recipe, contest.item_shape) == 2 * (3 * generator + 8 * discriminator)


def test_on_a_gpu_each_precision_enters_twice(monkeypatch: pytest.MonkeyPatch):
    """Operation by operation, and as a graph."""
    monkeypatch.setattr(machine, "choose_device", lambda name: name)
    entries = own_entries(CONTESTS["dense-28"], ["float32", "bfloat16"], "cuda")
    graphs = {
        title: (precision, recipe.precision.name, recipe.graphs) for title, (precision, recipe) in entries.items()
    }
    assert graphs == {
        "gansmith, float32, no graphs": ("float32", "float32", False),
        "gansmith, float32": ("float32", "float32", True),
        "gansmith, bfloat16, no graphs": ("bfloat16", "bfloat16", False),
        "gansmith, bfloat16": ("bfloat16", "bfloat16", True),
    }
    assert list(own_entries(CONTESTS["dense-28"], ["float32"], "cpu")) == ["gansmith, float32"]


def test_contestants_take_turns_and_get_their_own_times(monkeypatch: pytest.MonkeyPatch):
    """By a clock that the contestants turn."""
    calls: list[str] = []
    now = [1000.0]
    monkeypatch.setattr(bench, "time", SimpleNamespace(perf_counter=lambda: now[0]))

    def contestant(name: str, seconds: float):
        def step() -> None:
            calls.append(name)
            now[0] += seconds

        return step

    slow, fast = take_turns([contestant("slow", 0.5), contestant("fast", 0.125)], 12.0)
    assert slow == [0.5] * 12
    assert fast == [0.125] * 12
    turns = calls[-12 * (2 + 8) :]  # a twelfth of 12 seconds each, in turn
    assert turns == [*["slow"] * 2, *["fast"] * 8] * 12


def test_the_command_prints_json():
    words = ("bench", "dense-28", "--seconds", "0.1", "--threads", "1", "--json", "--batch", "32")
    found = json.loads(forked_commands.ended(*words).stdout)
    (contest,) = found
    assert contest["contestants"][0]["contestant"] == "plain PyTorch, float32"
    assert all(pace["share_of_ceiling"] > 0 for pace in contest["contestants"])  # how much is the machine's affair
    assert contest["ratio"] > 0
    assert contest["batch"] == 32


def test_an_unknown_contest_is_one_line():
    done = forked_commands.ended("bench", "dcgan-82")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "gansmith: unknown network 'dcgan-82'; did you mean 'dcgan-28'?\n"
