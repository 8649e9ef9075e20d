"""A training that starts from another: what it takes, that it goes on as the other would have, and frozen layers."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import gansmith
from gansmith import cli
from gansmith.ground.errors import GansmithError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.game import Game
from gansmith.runs.choose_recipe import Budget, choose_recipe
from gansmith.runs.origins.starting import start
from gansmith.runs.result import Run
from gansmith.runs.run import resume
from gansmith.runs.setup import Setup, build_game, set_up
from gansmith.training import checkpoint
from gansmith.training.process_group import SINGLE_PROCESS

SMALL: dict[str, Any] = {
    "data.first": 100, "data.batch": 8, "latent.dim": 6, "device": "cpu", "precision.name": "float32",
    "generator.widths": [8, 4], "generator.kernels": [4], "generator.strides": [2], "discriminator.widths": [4, 8],
    "discriminator.kernels": [4], "discriminator.strides": [2], "watch.judge": 0, "watch.diagnose": 0, "watch.samples": 4,
    "data.labels": "none", "regularizer.name": "none", "schedule.rate": "constant",
}  # fmt: skip
LABELLED = {
    "data.labels": "classes",
    "generator.conditioning": "concat+norm",
    "discriminator.conditioning": "projection",
}
LAZY = LABELLED | {"data.labels": "clusters", "data.clusters": 40}  # many labels: tables that are stepped lazily
MOMENTUM = {"optimizer.generator.name": "sgd", "optimizer.generator.momentum": 0.9, "optimizer.generator.rate": 1e-2}
ADAM = {"optimizer.generator.beta1": 0.5, "optimizer.discriminator.beta1": 0.5}
NUMPY = {"engine": "numpy"}


def silent(_: str) -> None:
    """Nobody listens."""


def trained(folder: Path, updates: int = 4, **more: Any) -> Run:
    """A small run on 100 digits."""
    return gansmith.train("digits", out=folder, updates=updates, settings=SMALL | more.pop("settings", {}), **more)


def begun(source: Path | str, settings: dict[str, Any], **more: Any) -> tuple[Setup, Game, dict[str, Any]]:
    """The game of a training that starts from a run, before its first update, and its record."""
    recipe = choose_recipe("digits", settings=SMALL | {"budget.updates": 4} | settings, start=str(source), **more)
    setup = set_up(recipe)
    game = build_game(setup)
    record = start(SINGLE_PROCESS, setup, game, silent)
    assert record is not None
    return setup, game, record


def played(game: Game, setup: Setup, first: int, last: int) -> dict[str, np.ndarray]:
    """All arrays after the updates first .. last, with their draws and items."""
    for update in range(first, last + 1):
        game.step(setup.order().turns(update, 1), setup.clock().at(update))
    return game.state().arrays


@pytest.mark.parametrize(
    "settings",
    [{}, ADAM, MOMENTUM, LABELLED, LAZY, NUMPY, NUMPY | MOMENTUM],
    ids=["no-momentum", "adam", "momentum", "labelled", "lazy", "numpy", "numpy-momentum"],
)
def test_on_the_same_data_it_goes_on_as_a_resume_does(settings: dict[str, Any], tmp_path: Path):
    """The resumed game and the new one play the same updates 5 to 8, which are draws of their numbers: every array after
    them is equal, bit for bit. (A new run draws otherwise, as its updates count from 1.)"""
    run = trained(tmp_path / "a", settings=settings)
    saved = checkpoint.load(run.folder, 4)
    setup, game, record = begun(run.folder.root, settings)
    assert (record["drawn_afresh"], record["taken_in_part"]) == ([], {})
    resumed = build_game(setup)
    resumed.restore(saved.state)
    assert game.state().counters == saved.state.counters
    ours, theirs = played(game, setup, 5, 8), played(resumed, setup, 5, 8)
    assert ours.keys() == theirs.keys()
    assert all(np.array_equal(ours[name], theirs[name]) for name in theirs)
    assert any(not np.array_equal(ours[name], saved.state.arrays[name]) for name in saved.state.arrays)


def test_each_engine_starts_from_the_other(tmp_path: Path):
    torch_run = trained(tmp_path / "torch")
    numpy_run = trained(tmp_path / "numpy", settings=NUMPY, start=torch_run)
    for run, settings in ((torch_run, NUMPY), (numpy_run, {})):
        theirs = checkpoint.load(run.folder, 4).state.arrays
        _, game, record = begun(run.folder.root, settings)
        assert (record["update"], record["drawn_afresh"]) == (4, [])
        assert "with its optimiser's memory and" in record["told"]
        ours = game.state().arrays
        assert all(np.array_equal(ours[name], array) for name, array in theirs.items())


@pytest.mark.parametrize("engine", ["torch", "numpy"])
def test_a_layer_without_a_memory_steps_as_in_a_new_training(engine: str, tmp_path: Path):
    """Adam without momentum: the first step of a new weight is the learning rate, long after the first step of all."""
    settings = {"engine": engine, "optimizer.discriminator.beta1": 0.0, "optimizer.discriminator.epsilon": 1e-30}
    run = trained(tmp_path / "a", updates=30, settings=settings)
    larger = settings | {"discriminator.widths": [4, 8, 16]}  # 8 to 16, and the logit, are new
    setup, game, record = begun(run.folder.root, larger)
    assert record["drawn_afresh"] == [f"discriminator/{name}" for name in ("4.weight", "4.bias", "7.weight", "7.bias")]
    assert record["optimiser_memory"] == {"generator": "all", "discriminator": "part"}
    before = game.state().arrays
    after = played(game, setup, 1, 1)
    rate = setup.recipe.optimizer.discriminator.rate
    for name in ("4.weight", "7.weight", "0.weight"):
        moved = np.abs(after[f"discriminator/{name}"] - before[f"discriminator/{name}"])
        first = np.allclose(moved[moved > 0], rate, rtol=1e-2)
        assert first == (name != "0.weight"), name
    assert after["discriminator-optimizer/4.weight.born"].tolist() == [30]
    other = build_game(setup)  # a resume knows it
    other.restore(game.state())
    ours, theirs = played(game, setup, 2, 4), played(other, setup, 2, 4)
    assert all(np.array_equal(ours[name], theirs[name]) for name in ours)


@pytest.mark.parametrize("engine", ["torch", "numpy"])
def test_frozen_layers_do_not_move_and_resume_is_exact(engine: str, tmp_path: Path):
    run = trained(tmp_path / "a", settings={"engine": engine} | ADAM)
    settings = {"engine": engine, "start.frozen": 1, "watch.checkpoint_every": 3, "watch.keep": 9} | ADAM
    whole = trained(tmp_path / "whole", 6, settings=settings, start=run)
    names = load_file(run.folder.checkpoint(4) / checkpoint.WEIGHTS)
    states = {update: checkpoint.load(whole.folder, update).state.arrays for update in (3, 6)}
    for name, array in names.items():
        if name.startswith("discriminator/"):
            assert np.array_equal(states[6][name], array) == name.startswith("discriminator/0."), name
    shutil.copytree(whole.folder.root, tmp_path / "cut")
    cut = RunFolder(tmp_path / "cut")
    shutil.rmtree(cut.checkpoint(6))
    resume(cut.root)
    again = checkpoint.load(cut, 6).state.arrays
    assert all(np.array_equal(again[name], array) for name, array in states[6].items())


def test_a_run_without_a_checkpoint_starts_from_the_same_again(tmp_path: Path):
    run = trained(tmp_path / "a")
    other = trained(tmp_path / "b", start=run.folder.root)
    expected = checkpoint.load(other.folder, 4).state.arrays
    shutil.rmtree(other.folder.checkpoint(4))
    resume(other.folder.root)
    again = checkpoint.load(other.folder, 4).state.arrays
    assert all(np.array_equal(again[name], array) for name, array in expected.items())
    shutil.rmtree(other.folder.checkpoint(4))
    resume(run.folder.root, budget=Budget(updates=6))  # the origin has moved on, and keeps what it was
    resume(other.folder.root)
    again = checkpoint.load(other.folder, 4).state.arrays
    assert all(np.array_equal(again[name], array) for name, array in expected.items())
    shutil.rmtree(other.folder.checkpoint(4))
    shutil.rmtree(run.folder.checkpoint(4))
    with pytest.raises(GansmithError, match="has no checkpoint '4'"):
        resume(other.folder.root)


def test_classes_by_name_and_other_sizes(tmp_path: Path):
    """Digits 0 to 9 of `digits`, then the glyphs, which are other digits of the same names, at another size."""
    run = trained(tmp_path / "a", settings=LABELLED)
    _, _, record = begun(run.folder.root, LABELLED)
    assert record["taken_in_part"] == {}
    _, _, record = begun(run.folder.root, LABELLED | {"data.size": "32"}, data="glyphs")
    assert record["taken_in_part"] == {}  # their classes are called 0 to 9 too: every row is known
    assert "generator/1.weight" in record["drawn_afresh"]  # maps of 8x8, where they were 4x4
    assert "discriminator/0.weight" in record["taken"]
    assert "drawn afresh: generator 1.weight" in record["told"]


def test_files_of_weights(tmp_path: Path):
    run = trained(tmp_path / "a")
    file = run.folder.checkpoint(4) / checkpoint.WEIGHTS
    _, _, record = begun(file, {})
    assert (record["update"], record["source"]) == (4, str(run.folder.root))
    shutil.copy(file, tmp_path / "copied.safetensors")  # without its run: by name and shape
    setup, game, record = begun(tmp_path / "copied.safetensors", {})
    assert (record["update"], record["drawn_afresh"]) == (None, [])
    assert "without its optimiser's memory" in record["told"]
    average = {name.removeprefix("ema/"): array for name, array in load_file(file).items() if name.startswith("ema/")}
    save_file(average, tmp_path / "generator.safetensors")
    _, game, record = begun(tmp_path / "generator.safetensors", {})
    assert "0% of the discriminator" in record["told"]
    arrays = game.state().arrays
    assert all(
        np.array_equal(arrays[f"{which}/{name}"], average[name]) for name in average for which in ("ema", "generator")
    )
    assert setup.recipe.start.source == str(tmp_path / "copied.safetensors")


def test_ones_own_networks_by_the_names_of_their_parameters(tmp_path: Path):
    from torch import nn

    def build(wide: int):
        def networks(dim: int, shape: tuple[int, ...], classes: int):
            size = shape[0] * shape[1] * shape[2]

            class Made(nn.Module):
                def __init__(self, *layers: nn.Module) -> None:
                    super().__init__()
                    self.layers = nn.Sequential(*layers)

                def forward(self, x, labels):
                    out = self.layers(x.flatten(1))
                    return out.reshape(-1, *shape) if out.shape[1] == size else out

            made = Made(nn.Linear(dim, 8), nn.ReLU(), nn.Linear(8, size), nn.Tanh())
            return made, Made(nn.Linear(size, 8), nn.ReLU(), nn.Linear(8, wide), nn.ReLU(), nn.Linear(wide, 1))

        return gansmith.NetPair("mine", networks)

    run = trained(tmp_path / "a", nets=build(4))
    other = trained(tmp_path / "b", nets=build(6), start=run, settings={"start.frozen": 1})
    record = json.loads(other.folder.origin.read_text())
    assert record["drawn_afresh"] == [f"discriminator/layers.{n}" for n in ("2.weight", "2.bias", "4.weight")]
    ours, theirs = (checkpoint.load(each.folder, 4).state.arrays for each in (other, run))
    for name in ("layers.0.weight", "layers.0.bias"):
        assert np.array_equal(ours[f"discriminator/{name}"], theirs[f"discriminator/{name}"])
    assert not np.array_equal(ours["generator/layers.0.weight"], theirs["generator/layers.0.weight"])


def test_as_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)
    trained(tmp_path / "a")
    words = [word for name, value in SMALL.items() for word in ("--set", f"{name}={value}")]
    line = ["train", "digits", "--updates", "2", *words, "--from", "a", "--freeze-d", "1"]
    assert cli.main([*line, "--dry-run", "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["start"]["taken"]["discriminator/0.weight"] == "0.weight"
    assert facts["recipe"]["start"] == {"source": str(tmp_path / "a"), "checkpoint": "last", "frozen": 1}
    assert cli.main([*line, "--dry-run"]) == 0
    shown = capsys.readouterr().out
    assert "# taken: generator/0.weight" in shown
    assert f"# starting from {tmp_path / 'a'} (update 4): taken are 100% of the generator" in shown
    assert cli.main([*line, "--out", "b"]) == 0
    assert "starting from" in capsys.readouterr().err
    assert json.loads(Path("b/origin.json").read_text())["update"] == 4
    report = Path("b/report.html").read_text()
    assert "started from" in report
    assert cli.main(["train", "digits", "--from", "b", "--data", "ring"]) == 1
