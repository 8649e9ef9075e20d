"""A callback is told of every moment once, and what it asks for is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ring import TINY

import gansmith
from gansmith.ground.errors import GansmithError, RunError
from gansmith.ground.files.runfolder import read_rows
from gansmith.runs.choose_recipe import Budget
from gansmith.runs.recovery.roll_back import changes
from gansmith.runs.run import resume


class Diary(gansmith.Callback):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, int]] = []

    def before_first(self, moment: gansmith.Moment) -> None:
        self.told.append(("first", moment.update))

    def after_update(self, moment: gansmith.Moment) -> None:
        assert moment.numbers == {}
        self.told.append(("update", moment.update))

    def at_row(self, moment: gansmith.Moment) -> None:
        assert moment.numbers["update"] == moment.update
        assert "loss.generator" in moment.numbers
        assert moment.images_seen == 8 * moment.update
        self.told.append(("row", moment.update))

    def at_end(self, moment: gansmith.Moment) -> None:
        self.told.append(("end", moment.update))


def train(out: Path, *callbacks: gansmith.Callback, updates: int = 4, **more: Any) -> gansmith.Run:
    return gansmith.train("ring", callbacks=callbacks, updates=updates, settings=TINY, out=out, **more)


def test_it_is_told_of_every_moment_once(tmp_path: Path) -> None:
    diary = Diary()
    run = train(tmp_path / "run", diary)
    first = [
        ("first", 0),
        ("update", 1),
        ("update", 2),
        ("row", 2),
        ("update", 3),
        ("update", 4),
        ("row", 4),
        ("end", 4),
    ]
    assert diary.told == first
    diary.told.clear()
    resume(run.folder.root, gansmith.Parts(callbacks=(diary,)), budget=Budget(updates=5))
    assert diary.told == [("first", 4), ("update", 5), ("row", 5), ("end", 5)]


class At(gansmith.Callback):
    """Asks for something at an update."""

    def __init__(self, update: int, *ask: tuple[str, tuple[Any, ...]]) -> None:
        self.update, self.ask = update, ask

    def after_update(self, moment: gansmith.Moment) -> None:
        if moment.update == self.update:
            for name, arguments in self.ask:
                getattr(moment, name)(*arguments)


def test_it_stops_a_run_which_says_why_and_goes_on_when_resumed(tmp_path: Path) -> None:
    said: list[str] = []
    run = train(tmp_path / "run", At(3, ("save", ()), ("stop", ("enough",))), updates=9, say=said.append)
    assert (run.ended, run.reason) == ("stopped", "enough")
    assert "enough" in said
    assert list(read_rows(run.folder.log)) == [{"update": 3, "text": "stopped by a callback: enough"}]
    assert run.folder.checkpoint(3).is_dir()
    assert resume(run.folder.root).stats[-1]["update"] == 9


def test_it_saves(tmp_path: Path) -> None:
    run = train(tmp_path / "run", At(2, ("save", ())))
    assert run.folder.checkpoint(2).is_dir()


def test_it_rolls_back_with_a_change(tmp_path: Path) -> None:
    change = {"optimizer.generator.rate": 1e-5}

    class Once(gansmith.Callback):
        done = False

        def after_update(self, moment: gansmith.Moment) -> None:
            if moment.update == 2:
                moment.save()
            if moment.update == 3 and not self.done:
                self.done = True
                moment.roll_back("too fast", change)

    run = train(tmp_path / "run", Once())
    assert run.recipe.optimizer.generator.rate == 1e-5
    assert [(row["at"], row["back_to"]) for row in changes(run.folder)] == [(3, 2)]
    assert run.ended == "finished"


def test_a_change_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(GansmithError, match="unknown setting 'rate'"):
        train(tmp_path / "run", At(2, ("roll_back", ("why", {"rate": 1}))))


def test_it_logs_numbers_and_text(tmp_path: Path) -> None:
    said: list[str] = []
    run = train(tmp_path / "run", At(2, ("log", ("colour", 0.5)), ("log", ("half way",))), say=said.append)
    number, text = read_rows(run.folder.log)
    assert number.pop("seconds") == text.pop("seconds") > 0
    about = {"update": 2, "images_seen": 16}
    assert (number, text) == (about | {"name": "colour", "value": 0.5}, about | {"text": "half way"})
    page = run.folder.report.read_text(encoding="utf-8")
    assert "Numbers that callbacks logged" in page
    assert "colour" in page
    assert "update 2: half way" in said


def test_its_samples_are_those_of_the_generator(tmp_path: Path) -> None:
    seen = []

    class Look(gansmith.Callback):
        def at_end(self, moment: gansmith.Moment) -> None:
            seen.append(moment.sample(3, seed=7))

    run = train(tmp_path / "run", Look())
    assert seen[0].tobytes() == run.generator().sample(3, seed=7).tobytes()


def test_it_does_not_disturb_the_training(tmp_path: Path) -> None:
    import torch

    class Draw(gansmith.Callback):
        def after_update(self, moment: gansmith.Moment) -> None:
            torch.rand(3)
            moment.sample(5)

    ends = [
        train(tmp_path / name, *given).generator().arrays for name, given in {"with": [Draw()], "without": []}.items()
    ]
    assert all((ends[0][name] == ends[1][name]).all() for name in ends[0])


def test_its_error_is_one_line_and_what_was_saved_stays(tmp_path: Path) -> None:
    class Wrong(gansmith.Callback):
        def after_update(self, moment: gansmith.Moment) -> None:
            if moment.update == 2:
                moment.save()
            if moment.update == 3:
                raise ValueError("no\nsuch thing")

    with pytest.raises(RunError, match=r"callback Wrong raised ValueError: no such thing at update 3 \(line \d+ of"):
        train(tmp_path / "run", Wrong())
    assert resume(tmp_path / "run").ended == "finished"


def test_what_is_asked_for_before_the_first_update_is_done_after_it(tmp_path: Path) -> None:
    class Never(gansmith.Callback):
        def before_first(self, moment: gansmith.Moment) -> None:
            moment.stop("not today")

    run = train(tmp_path / "run", Never())
    assert (run.ended, run.reason) == ("stopped", "not today")
    assert list(read_rows(run.folder.log)) == [{"update": 1, "text": "stopped by a callback: not today"}]
    run = resume(run.folder.root, gansmith.Parts(callbacks=(Never(),)))
    assert (run.ended, run.stats[-1]["update"], run.folder.checkpoint(2).is_dir()) == ("stopped", 2, True)


def test_a_run_that_is_sent_back_again_and_again_stops(tmp_path: Path) -> None:
    run = train(tmp_path / "run", At(3, ("roll_back", ("too fast", {"optimizer.generator.rate": 1e-5}))))
    assert len(changes(run.folder)) == 3
    assert run.ended == "stopped"
    assert run.reason.startswith("too fast. The trouble came back, so the run stops here")
