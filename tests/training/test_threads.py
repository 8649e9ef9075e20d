"""Threads that follow what other processes leave free, and their record."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gansmith
from fake_game import FakeGame
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.process import blas, hardware, load
from gansmith.ground.process.load import Reading
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe
from gansmith.training import checkpoint, machine, threads
from gansmith.training.events import UpdateEvent
from gansmith.training.schedules import Clock
from gansmith.training.threads import FitThreads, Record
from miniatures import PICTURES

UPDATES = 12


# ---- what is free


def test_what_others_use_by_hand():
    # in 2 seconds the processors were busy for 3.5 seconds, 2 of them with this process
    assert load.used_by_others(Reading(10, 100, 40), Reading(12, 103.5, 42)) == pytest.approx(0.75)
    assert load.used_by_others(Reading(10, 100, 40), Reading(12, 101, 42)) == 0  # the system counts in hundredths


@pytest.mark.parametrize(
    ("there", "quota", "used", "expected"),
    [(2, 9, 0, 2), (2, 9, 0.39, 2), (2, 9, 0.5, 1), (2, 9, 2, 1), (16, 99, 4.3, 12), (16, 3, 4.3, 3), (16, 3, 15, 1)],
)
def test_free_processors(monkeypatch: pytest.MonkeyPatch, there: int, quota: int, used: float, expected: int):
    monkeypatch.setattr(load, "own_processors", lambda: list(range(there)))
    monkeypatch.setattr(load, "processors", lambda: min(there, quota))
    assert load.free(used) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("max 100000", float("inf")), ("150000 100000", 1.5), ("", float("inf")), ("nonsense", float("inf"))],
)
def test_a_container_s_share(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, expected: float):
    monkeypatch.setattr(hardware, "QUOTA", tmp_path / "cpu.max")
    assert hardware.quota() == float("inf")  # no such file
    (tmp_path / "cpu.max").write_text(text, encoding="ascii")
    assert hardware.quota() == expected
    assert 1 <= hardware.processors() <= max(1, min(expected, len(hardware.own_processors())))


def test_only_this_process_s_processors_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    stat = "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 100 20 3 999 50 4 5 6 70 0\ncpu1 1 1 1 1 1 1 1 1 1 1\ncpu10 200 0 0 5 0 0 0 0 0 0\n"
    monkeypatch.setattr(load, "STAT", tmp_path / "stat")
    monkeypatch.setattr(load, "own_processors", lambda: [0, 10])

    assert load.read() is None  # another system
    (tmp_path / "stat").write_text(stat + "intr 5\n", encoding="ascii")
    found = load.read()
    assert found is not None
    assert found.busy == pytest.approx((100 + 20 + 3 + 4 + 5 + 6 + 200) / 100)  # not idle, not waiting, no guests twice
    (tmp_path / "stat").write_text("cpu0 1 2 x\n", encoding="ascii")
    assert load.read() is None


def test_a_look_waits_for_what_is_missing_of_a_fifth_of_a_second(monkeypatch: pytest.MonkeyPatch):
    readings = iter([Reading(10, 100, 40), Reading(10.2, 100.3, 40), Reading(11, 100.5, 40), Reading(12, 102, 41)])
    monkeypatch.setattr(load, "read", lambda: next(readings))
    monkeypatch.setattr(load.time, "monotonic", lambda: 10.05)
    waited: list[float] = []
    assert load.Look().others(waited.append) == pytest.approx(1.5)
    monkeypatch.setattr(load.time, "monotonic", lambda: 12.0)
    assert load.Look().others(waited.append) == pytest.approx(0.5)
    assert waited == pytest.approx([0.15, 0])


def test_a_look_where_the_system_does_not_tell(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(load, "read", lambda: None)
    assert load.Look().others(lambda _: pytest.fail("waited for nothing")) == 0


@pytest.mark.parametrize(("others", "expected"), [(0.0, 4), (1.0, 3), (9.0, 1)])
def test_a_command_takes_what_is_free(monkeypatch: pytest.MonkeyPatch, others: float, expected: int):
    taken: dict[str, int] = {}
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(threads, "processors", lambda: 4)
    monkeypatch.setattr(load, "processors", lambda: 4)
    monkeypatch.setattr(load, "own_processors", lambda: list(range(4)))
    monkeypatch.setattr(load.Look, "others", lambda self: others)
    monkeypatch.setattr(machine, "use_threads", lambda count: taken.update(torch=count) or count)
    monkeypatch.setattr(blas, "use_threads", lambda count: taken.update(numpy=count) or count)
    said: list[str] = []
    threads.take_free(said.append)
    assert taken == {"torch": expected, "numpy": expected}
    assert bool(said) == (expected < 4)


def test_without_pytorch_numpy_takes_what_is_free(monkeypatch: pytest.MonkeyPatch):
    taken: list[int] = []
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(threads, "processors", lambda: 4)
    monkeypatch.setattr(load, "processors", lambda: 4)
    monkeypatch.setattr(load, "own_processors", lambda: list(range(4)))
    monkeypatch.setattr(load.Look, "others", lambda self: 1.0)
    monkeypatch.setattr(blas, "use_threads", lambda count: taken.append(count) or count)
    monkeypatch.delattr("gansmith.training.machine")
    monkeypatch.setitem(sys.modules, "gansmith.training.machine", None)  # as where its library is missing
    threads.take_free(lambda line: None)
    assert taken == [3]


def test_a_command_takes_what_the_environment_says(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    monkeypatch.setattr(load, "Look", lambda: pytest.fail("looked"))
    threads.take_free(pytest.fail)


# ---- the watcher


class World:
    """A machine of two processors on which other processes use what `busy` says, and an update takes a second."""

    def __init__(self, folder: RunFolder, used: list[float], changes: tuple[int, ...] = (0, 2), **options: Any) -> None:
        self.used, self.at, self.busy = used, 0, 0.0
        self.recipe = dataclasses.replace(PICTURES, threads=changes[1], thread_changes=changes)
        folder.create(self.recipe)
        self.computed: list[int] = []
        self.said: list[str] = []
        self.watcher = FitThreads(
            folder, self.recipe, self.use, self.said.append, most=2, reader=self.reader, **options
        )

    def use(self, count: int) -> int:
        self.now = count
        return count

    def reader(self) -> Reading:
        return Reading(float(self.at), self.busy, 0.0)

    def play(self, start: int = 0) -> list[int]:
        """How many threads computed each update after `start`."""
        for update, used in enumerate(self.used, start + 1):
            self.computed.append(self.now)
            self.at, self.busy = update, self.busy + used
            event = UpdateEvent(FakeGame(self.recipe, (1, 8, 8)), Clock(self.recipe, 40, None), update, float(update))
            self.watcher.after(event)
        return self.computed


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processors."""
    monkeypatch.setattr(load, "own_processors", lambda: [0, 1])
    monkeypatch.setattr(load, "processors", lambda: 2)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "run")


@pytest.mark.usefixtures("two")
def test_fewer_at_once_and_more_after_three_quiet_windows(folder: RunFolder):
    world = World(folder, [0, 0, 1, 1, 1, 1, *[0] * 8])
    # it looks after updates 1, 3, 5 ...: it sees 1 used at 5 and 7, half of it at 3, and nothing at 9, 11 and 13
    assert world.play() == [2, 2, 2, *[1] * 10, 2]
    assert folder.load_recipe().thread_changes == (0, 2, 3, 1, 13, 2)
    assert world.said == [
        "update 3: 1 thread instead of 2: other processes use the processors (--set threads=2 takes all the same)",
        "update 13: 2 threads: the processors are free again",
    ]


@pytest.mark.usefixtures("two")
def test_a_quiet_window_among_busy_ones_changes_nothing(folder: RunFolder):
    world = World(folder, [1, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0, 0], changes=(0, 1))
    assert set(world.play()) == {1}
    assert folder.load_recipe().thread_changes == (0, 1)


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("start", [0, 3, 5])
def test_a_record_is_followed_before_anything_is_chosen(folder: RunFolder, start: int):
    world = World(folder, [1] * (10 - start), changes=(0, 2, 3, 1, 5, 2), start=start)
    assert world.now == Record.of(world.recipe).after(start)
    # it looks for the first time after update 6
    assert world.play(start) == [2, 2, 2, 1, 1, 2, 2, 2, 1, 1][start:]
    assert folder.load_recipe().thread_changes == (0, 2, 3, 1, 5, 2, 8, 1)


@pytest.mark.usefixtures("two")
def test_a_repetition_makes_the_recorded_changes_alone(folder: RunFolder):
    world = World(folder, [1] * 8, changes=(0, 2, 3, 1, 5, 2), follow=True)
    assert world.play() == [2, 2, 2, 1, 1, 2, 2, 2]
    assert folder.load_recipe().thread_changes == (0, 2, 3, 1, 5, 2)


def test_a_record_is_cut_where_a_run_goes_back():
    record = Record(((0, 4), (3, 2), (7, 4)))
    assert [record.until(update).pairs for update in (0, 6, 7)] == [record.pairs[:1], record.pairs[:2], record.pairs]
    assert record.put(PICTURES).thread_changes == (0, 4, 3, 2, 7, 4)


def test_numpy_computes_with_as_many_threads_as_torch():
    """The doctor's matrices, else, are computed by threads that wait for one another on a busy machine."""
    before, of_numpy = machine.use_threads(0), blas.use_threads(0)
    try:
        blas.use_threads(2)
        assert threads.use("torch")(1) == 1
        assert machine.use_threads(0) == 1
        assert not blas.takes_threads() or blas.use_threads(0) == 1
    finally:
        machine.use_threads(before)
        blas.use_threads(of_numpy)


# ---- runs


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """A machine of two processors that is busy at times; the numbers of threads that were asked for."""
    before, asked, seconds = machine.use_threads(0), [], iter(range(10**6))
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(machine, "THREADS", 2)
    for module in (load, hardware):
        monkeypatch.setattr(module, "own_processors", lambda: [0, 1])
    monkeypatch.setattr(load, "processors", lambda: 2)
    monkeypatch.setattr("gansmith.training.threads.processors", lambda: 2)
    monkeypatch.setattr(load, "read", lambda: _read(next(seconds)))
    monkeypatch.setattr("gansmith.training.threads.WINDOW", 0.0)
    monkeypatch.setattr(load, "SHORTEST", 0.0)
    real = machine.use_threads

    def use(count: int) -> int:
        asked.append(count)
        return real(count)

    monkeypatch.setattr(machine, "use_threads", use)
    yield asked
    real(before)


def _read(second: int) -> Reading:
    """Others are busy in two seconds of six."""
    return Reading(float(second), float(sum(each % 6 in (2, 3) for each in range(second))), 0.0)


def weights(run: gansmith.Run) -> dict[str, np.ndarray]:
    return checkpoint.load_newest(run.folder)[0].state.arrays


def small(recipe: Any, out: Path, **settings: Any) -> gansmith.Run:
    own = {"generator.widths": [8], "discriminator.widths": [8], "watch.judge": 0.0, "watch.diagnose": 0.0}
    return gansmith.train(recipe, out=out, updates=UPDATES, settings=own | settings, say=lambda _: None)


def test_a_run_records_its_threads_and_a_repetition_and_a_resume_take_the_same(busy: list[int], tmp_path: Path):
    run = small("ring", tmp_path / "run")
    record = Record.of(run.folder.load_recipe())
    assert len(record.pairs) > 2
    assert record.pairs[0] == (0, 2)
    assert run.folder.load_recipe().threads == 2
    again = small(run.folder.recipe, tmp_path / "again")
    assert Record.of(again.folder.load_recipe()) == record
    assert all(np.array_equal(weights(run)[name], array) for name, array in weights(again).items())


def test_a_number_that_is_given_stays(busy: list[int], tmp_path: Path):
    run = small("ring", tmp_path / "run", threads=2)
    assert run.folder.load_recipe().thread_changes == ()
    assert set(busy) == {2}
    again = small(small("ring", tmp_path / "free").folder.recipe, tmp_path / "again", threads=1)
    assert again.folder.load_recipe().thread_changes == ()
    assert again.folder.load_recipe().threads == 1


def test_the_environment_s_number_stays(busy: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert small("ring", tmp_path / "run").folder.load_recipe().thread_changes == ()
    assert set(busy) == {0}


def test_a_repeated_record_is_said_as_such(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(threads, "most", lambda engine: 2)
    chosen = override(Recipe(), ["threads=1", "thread_changes=0,1"])
    assert "other processes" in (threads.remark(chosen, Recipe()) or "")
    assert "after the same updates" in (threads.remark(chosen, chosen) or "")
