"""Going back: real trainings of a few seconds, into which NaN is put by hand."""

from __future__ import annotations

import dataclasses
import json
import shutil
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gansmith
from gansmith.ground.errors import Diverged
from gansmith.ground.files.runfolder import RunFolder, append_row, read_rows
from gansmith.ground.recipes.recipe import flat
from gansmith.runs import setup as setups
from gansmith.runs.choose_recipe import Budget
from gansmith.runs.recovery.roll_back import newest_healthy, roll_back, spared
from gansmith.runs.run import resume
from gansmith.training import checkpoint
from gansmith.training.events import Outcome, Request, UpdateEvent

SMALL: dict[str, Any] = {
    "data.first": 256,
    "data.batch": 16,
    "watch.stats_every": 5,
    "watch.samples": 9,
    "watch.judge": 0.0,
    "watch.checkpoint_every": 20,
    "threads": 1,
    "precision.name": "float32",
    "generator.widths": [8, 8, 4],
    "discriminator.widths": [4, 8, 8],
}
RATES = ("optimizer.generator.rate", "optimizer.discriminator.rate")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A healthy run of 60 updates with checkpoints at 20, 40 and 60."""
    return small_run(tmp_path_factory.mktemp("plain") / "run", [], [], updates=60, **{"watch.keep": 9}).folder


class Poison:
    """A watcher that puts NaN into the discriminator (or another array) after an update, so many times."""

    def __init__(self, update: int, times: int, where: str = "discriminator/", value: float = np.nan) -> None:
        self.update, self.times, self.where, self.value = update, times, where, value

    def after(self, event: UpdateEvent) -> None:
        if event.update == self.update and self.times:
            self.times -= 1
            state = event.game.state()
            name = next(name for name in state.arrays if name.startswith(self.where))
            array = state.arrays[name].copy()
            array[...] = self.value
            event.game.restore(dataclasses.replace(state, arrays={**state.arrays, name: array}))


def small_run(out: Path, watching: list[Any], said: list[str], updates: int = 60, **settings: Any) -> gansmith.Run:
    return gansmith.train(
        "digits", out=out, updates=updates, settings={**SMALL, **settings}, watching=watching, say=said.append
    )


def rates(folder: RunFolder) -> list[float]:
    values = flat(folder.load_recipe())
    return [values[name] for name in RATES]


def test_nan_goes_back_to_the_newest_checkpoint_with_half_the_rates(tmp_path: Path):
    said: list[str] = []
    run = small_run(tmp_path / "run", [Poison(47, 1)], said)
    folder = run.folder
    assert run.ended == "finished"
    assert rates(folder) == [5e-4, 5e-4]
    (change,) = read_rows(folder.changes)
    assert (change["at"], change["back_to"]) == (50, 40)
    assert change["change"] == {name: [1e-3, 5e-4] for name in RATES}
    assert any("going back to update 40" in line for line in said)
    rows = list(read_rows(folder.stats))
    assert [row["update"] for row in rows] == list(range(5, 61, 5))
    assert {row["rate.generator"] < 6e-4 for row in rows if row["update"] > 40} == {True}
    assert all(np.isfinite(row["loss.discriminator"]) for row in rows)
    states = [row["state"] for row in read_rows(folder.findings)]
    assert "changed course" in states
    assert "divergence" not in states[states.index("changed course") + 1 :]
    for update in checkpoint.saved_updates(folder):
        assert all(np.isfinite(array).all() for array in checkpoint.load(folder, update).state.arrays.values())


def test_a_run_that_went_back_goes_on_bit_equal(tmp_path: Path):
    """Stopped and resumed after its change of course, it is what it would have been: the change is in the recipe."""
    flat_rate = {"schedule.rate": "constant"}  # a longer budget must not bend the rates
    whole = small_run(tmp_path / "whole", [Poison(27, 1)], [], updates=60, **flat_rate)
    part = small_run(tmp_path / "part", [Poison(27, 1)], [], updates=40, **flat_rate)
    resumed = resume(part.folder.root, budget=Budget(updates=60))
    ours, theirs = (checkpoint.load(run.folder, 60).state.arrays for run in (whole, resumed))
    assert ours.keys() == theirs.keys()
    assert not [name for name in ours if ours[name].tobytes() != theirs[name].tobytes()]


def test_three_times_and_a_clean_stop(tmp_path: Path):
    said: list[str] = []
    with pytest.raises(Diverged) as caught:
        small_run(tmp_path / "run", [Poison(47, 9)], said)
    assert str(caught.value).count("from update") == 3  # each change is named,
    assert "kept are the checkpoints of updates" in str(caught.value)  # and what is left
    assert "\n" not in str(caught.value)
    folder = RunFolder(tmp_path / "run")
    back = [row["back_to"] for row in read_rows(folder.changes)]
    assert back == [40, 20, 0]  # never twice to the one that led here
    assert rates(folder) == [1.25e-4, 1.25e-4]
    assert folder.report.is_file()
    assert not any(not np.isfinite(a).all() for u in checkpoint.saved_updates(folder)
                   for a in checkpoint.load(folder, u).state.arrays.values())  # fmt: skip


def test_nan_before_any_checkpoint_begins_again(tmp_path: Path):
    run = small_run(tmp_path / "run", [Poison(7, 1)], [], updates=30)
    (change,) = read_rows(run.folder.changes)
    assert change["back_to"] == 0
    assert run.ended == "finished"
    assert [row["update"] for row in read_rows(run.folder.stats)] == list(range(5, 31, 5))
    assert (run.folder.sample_sheet(0)).is_file()


def test_nan_at_the_last_update_is_not_saved(tmp_path: Path):
    """Poisoned after the last report: only the checkpoint's own look can see it."""
    run = small_run(tmp_path / "run", [Poison(40, 1)], [], updates=40)
    assert [row["back_to"] for row in read_rows(run.folder.changes)] == [20]
    assert checkpoint.saved_updates(run.folder)[-1] == 40


EVERYWHERE = ("generator/", "ema/", "discriminator/", "generator-optimizer", "discriminator-optimizer")


@pytest.mark.parametrize("update", [7, 10])
@pytest.mark.parametrize("where", EVERYWHERE)
def test_nonsense_anywhere_is_never_saved(where: str, update: int, tmp_path: Path):
    """In weights, averages or the optimisers' memory; well before a checkpoint and right before the last one."""
    value = np.inf if where.endswith("/") and update == 10 else np.nan
    said: list[str] = []
    often = {"watch.checkpoint_every": 5}
    run = small_run(tmp_path / "run", [Poison(update, 1, where, value)], said, updates=10, **often)
    assert run.ended == "finished"
    assert any("going back to update 5" in line for line in said)
    assert checkpoint.saved_updates(run.folder)[-1] == 10
    for saved in checkpoint.saved_updates(run.folder):
        assert all(np.isfinite(array).all() for array in checkpoint.load(run.folder, saved).state.arrays.values())


class Alarm:
    """A watcher that requests to go back before an update, once or always."""

    def __init__(self, at: int, change: dict[str, Any], before: int, times: int = 1) -> None:
        self.at, self.change, self.before, self.times = at, change, before, times

    def after(self, event: UpdateEvent) -> Request | None:
        if event.update != self.at or not self.times:
            return None
        self.times -= 1
        return Request("rollback", "something is wrong", self.change, before=self.before)


def test_a_remedy_in_flight_keeps_what_was_healthy(tmp_path: Path):
    change = {"regularizer.gamma": 10.0}
    run = small_run(tmp_path / "run", [Alarm(45, change, before=33)], [], updates=50)
    assert [row["back_to"] for row in read_rows(run.folder.changes)] == [20]
    assert run.recipe.regularizer.gamma == 10.0


class AlarmAndCtrlC(Alarm):
    """The user stops the training in the very update at which it goes back."""

    def after(self, event: UpdateEvent) -> Request | None:
        request = super().after(event)
        if request is not None:
            signal.raise_signal(signal.SIGINT)
        return request


def test_a_ctrl_c_in_the_update_that_goes_back_still_stops(tmp_path: Path):
    said: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        small_run(tmp_path / "run", [AlarmAndCtrlC(45, {RATES[0]: 1e-5}, before=45)], said, updates=60)
    run = RunFolder(tmp_path / "run")
    assert any("going back to update 40" in line for line in said)
    assert checkpoint.saved_updates(run)[-1] == 41
    assert resume(run.root).ended == "finished"


def test_a_remedy_that_changes_the_game_begins_again(tmp_path: Path):
    run = small_run(tmp_path / "run", [Alarm(25, {"generator.kernels": [4]}, before=25)], [], updates=30)
    assert [row["back_to"] for row in read_rows(run.folder.changes)] == [0]
    assert run.recipe.generator.kernels == (4,)
    assert run.ended == "finished"


def test_alarms_without_end_stop_cleanly(tmp_path: Path):
    said: list[str] = []
    run = small_run(tmp_path / "run", [Alarm(25, {"loss.name": "hinge"}, before=10, times=9)], said, updates=30)
    assert run.ended == "stopped"
    assert len(list(read_rows(run.folder.changes))) == 3
    assert any("stops here: tried at update 25 loss.name" in line for line in said)
    assert run.folder.report.is_file()


def test_a_remedy_without_meaning_stops_instead_of_breaking(tmp_path: Path):
    said: list[str] = []
    run = small_run(tmp_path / "run", [Alarm(10, {"generator.output": "sigmoid"}, before=5)], said, updates=30)
    assert run.ended == "stopped"
    assert any("cannot be applied" in line for line in said)
    assert flat(run.recipe)["generator.output"] == "tanh"


def test_the_newest_healthy_checkpoint(plain: RunFolder, tmp_path: Path):
    folder = RunFolder(shutil.copytree(plain.root, tmp_path / "copy"))

    def found(at: int, before: int | None, led_here: list[int]) -> int | None:
        rows = [{"back_to": update} for update in led_here]
        saved = newest_healthy(folder, Outcome("rollback", at, 0.0, "", {}, before), rows)
        return None if saved is None else saved.update

    assert found(60, None, []) == 40
    assert found(61, None, []) == 60
    assert found(60, 40, []) == 20
    assert found(60, 15, []) is None
    assert found(60, None, [40]) == 20
    (folder.checkpoint(40) / checkpoint.WEIGHTS).write_bytes(b"torn")
    assert found(60, None, []) == 20


def test_the_last_healthy_checkpoint_outlives_pruning(plain: RunFolder, tmp_path: Path):
    folder = RunFolder(shutil.copytree(plain.root, tmp_path / "copy"))
    assert spared(folder) == set()
    alarm = {"update": 60, "state": "mode collapse", "severity": "alarm", "since_update": 45}
    append_row(folder.findings, alarm)
    assert spared(folder) == {40}
    checkpoint.prune(folder, 1, spare=spared(folder))
    assert checkpoint.saved_updates(folder) == [40, 60]
    append_row(folder.findings, {"update": 60, "state": "still improving", "severity": "course", "since_update": 0})
    assert spared(folder) == set()


def test_changes_are_written_whole(plain: RunFolder, tmp_path: Path):
    folder = RunFolder(shutil.copytree(plain.root, tmp_path / "copy"))
    setup = setups.set_up(folder.load_recipe())
    outcome = Outcome("rollback", 25, 1.0, "why", {"regularizer.name": "none"}, before=22)
    turn = roll_back(folder, setup, outcome, [].append)
    assert turn is not None
    assert turn.saved is not None
    assert (turn.saved.update, turn.seconds) == (20, 1.0)
    assert turn.setup.recipe == folder.load_recipe()
    (row,) = read_rows(folder.changes)
    assert json.loads(json.dumps(row)) == {
        "at": 25, "back_to": 20, "by": "doctor", "reason": "why", "change": {"regularizer.name": ["r1", "none"]},
    }  # fmt: skip
