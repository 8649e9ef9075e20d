"""A training that is asked for something while it runs: nothing of it is lost, and the rest is as if nobody had asked."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gansmith
from gansmith.ground.errors import GansmithError
from gansmith.ground.files.runfolder import RunFolder, append_row, read_rows, write_json
from gansmith.ground.recipes.recipe import flat
from gansmith.runs.choose_recipe import Budget
from gansmith.runs.recovery.forget import forget_half_written
from gansmith.runs.recovery.roll_back import spared
from gansmith.runs.run import resume
from gansmith.runs.watching import asked as asked_module
from gansmith.runs.watching.asked import Asked, ask, differing
from gansmith.training import checkpoint
from gansmith.training.events import Request, UpdateEvent

SMALL: dict[str, Any] = {
    "engine": "numpy",
    "data.first": 256,
    "data.batch": 16,
    "watch.stats_every": 5,
    "watch.samples": 9,
    "watch.judge": 0.0,
    "watch.diagnose": 0.0,
    "watch.checkpoint_every": 20,
    "threads": 1,
    "generator.widths": [8, 8],
    "discriminator.widths": [8, 8],
}
RATE = "optimizer.generator.rate"


class AskAt:
    """A watcher that asks after some updates, as another process would."""

    def __init__(self, root: Path, **requests: Any) -> None:
        self.folder = RunFolder(root)
        self.requests = {int(name.lstrip("_")): request for name, request in requests.items()}

    def after(self, event: UpdateEvent) -> None:
        if request := self.requests.pop(event.update, None):
            ask(self.folder, *request)


def small_run(root: Path, updates: int = 60, **requests: Any) -> gansmith.Run:
    return gansmith.train(
        "ring", out=root, updates=updates, settings=SMALL, watching=[AskAt(root, **requests)], say=lambda _: None
    )


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> gansmith.Run:
    """A run that nobody asked for anything."""
    return small_run(tmp_path_factory.mktemp("plain") / "run")


def same_weights(one: RunFolder, other: RunFolder, update: int = 60) -> bool:
    first, second = (checkpoint.load(run, update).state.arrays for run in (one, other))
    return first.keys() == second.keys() and all(np.array_equal(first[name], second[name]) for name in first)


def test_pause_and_resume_are_bit_equal_to_unpaused(plain: gansmith.Run, tmp_path: Path):
    run = small_run(tmp_path / "run", _33=("pause",))
    assert run.ended == "stopped"
    assert checkpoint.saved_updates(run.folder)[-1] == 34
    assert not run.folder.asked.exists()
    (row,) = read_rows(run.folder.log)
    assert (row["update"], row["asked"]) == (34, "pause")
    resume(run.folder.root)
    assert same_weights(run.folder, plain.folder)
    assert run.folder.stats.read_text().count("\n") == plain.folder.stats.read_text().count("\n")


def test_a_save_is_a_checkpoint_and_nothing_else(plain: gansmith.Run, tmp_path: Path):
    kept: list[list[int]] = []

    class Look:
        def after(self, event: UpdateEvent) -> None:
            if event.update == 38:
                kept.append(checkpoint.saved_updates(RunFolder(tmp_path / "run")))

    watching = [AskAt(tmp_path / "run", _33=("save",)), Look()]
    run = gansmith.train(
        "ring", out=tmp_path / "run", updates=60, settings=SMALL, watching=watching, say=lambda _: None
    )
    assert kept == [[20, 34]]
    assert same_weights(run.folder, plain.folder)


def test_a_change_loses_no_update_and_its_undoing_restores_the_state(plain: gansmith.Run, tmp_path: Path):
    rate = flat(plain.recipe)[RATE]
    run = small_run(tmp_path / "run", _33=("change", {RATE: "1e-5"}), _57=("change", {RATE: rate}))
    first, second = read_rows(run.folder.changes)
    assert (first["at"], first["back_to"], first["change"]) == (35, 34, {RATE: [rate, 1e-5]})
    assert (second["at"], second["back_to"], second["change"]) == (59, 34, {RATE: [1e-5, rate]})
    assert same_weights(run.folder, plain.folder)
    assert flat(run.recipe)[RATE] == rate
    findings = list(read_rows(run.folder.findings))
    assert findings[-1]["state"] == "changed course"


def test_a_change_is_made(plain: gansmith.Run, tmp_path: Path):
    run = small_run(tmp_path / "run", _33=("change", {RATE: "1e-5"}))
    assert flat(run.recipe)[RATE] == 1e-5
    assert not same_weights(run.folder, plain.folder)
    assert [row["update"] for row in read_rows(run.folder.stats)] == [*range(5, 61, 5)]


def test_a_person_may_change_more_often_than_the_doctor(tmp_path: Path):
    changes = {f"_{10 * n}": ("change", {RATE: f"{n}e-4"}) for n in (1, 2, 3, 4, 5)}
    run = small_run(tmp_path / "run", **changes)
    assert len(list(read_rows(run.folder.changes))) == 5
    assert flat(run.recipe)[RATE] == 5e-4
    assert run.ended == "finished"


def test_during_an_alarm_the_run_goes_back_to_before_it(plain: gansmith.Run, tmp_path: Path):
    root = tmp_path / "run"

    class Alarm:
        def after(self, event: UpdateEvent) -> None:
            if event.update == 45 and not RunFolder(root).changes.exists():
                row = {"update": 45, "state": "mode collapse", "since_update": 30, "severity": "alarm"}
                remedy = [{"set": {"data.batch": 32}, "why": "", "source": ""}]
                append_row(RunFolder(root).findings, row | {"evidence": {}, "remedy": remedy})
                ask(RunFolder(root), "change", {RATE: 1e-5})

    run = gansmith.train("ring", out=root, updates=60, settings=SMALL, watching=[Alarm()], say=lambda _: None)
    (change,) = read_rows(run.folder.changes)
    assert change["back_to"] == 20


class DoctorAt:
    """A watcher that rolls back once, after an update, with a change of its own."""

    def __init__(self, update: int) -> None:
        self.update = update

    def after(self, event: UpdateEvent) -> Request | None:
        if event.update != self.update:
            return None
        self.update = -1
        return Request("rollback", "trouble", {"optimizer.discriminator.rate": 2e-4}, before=event.update)


@pytest.mark.parametrize("kind", ["pause", "save", "change"])
def test_what_is_asked_in_the_update_of_a_roll_back_is_done_after_it(tmp_path: Path, kind: str):
    root = tmp_path / "run"
    request = (kind, {RATE: 1e-5}) if kind == "change" else (kind,)
    watching = [AskAt(root, _33=request), DoctorAt(34)]
    run = gansmith.train("ring", out=root, updates=60, settings=SMALL, watching=watching, say=lambda _: None)
    made = [name for row in read_rows(run.folder.changes) for name in row["change"]]
    if kind == "change":
        assert (run.ended, made) == ("finished", ["optimizer.discriminator.rate", RATE])
        assert flat(run.recipe)[RATE] == 1e-5
    else:
        assert made == ["optimizer.discriminator.rate"]
        assert [row["asked"] for row in read_rows(run.folder.log)] == [kind]
        assert (run.ended, checkpoint.saved_updates(run.folder)[-1]) == (
            ("stopped", 21) if kind == "pause" else ("finished", 60)
        )
    assert not run.folder.asked.exists()


def test_of_two_who_ask_at_once_one_is_told_that_another_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    folder, gate, told = RunFolder(tmp_path), threading.Barrier(2), []
    write = asked_module.write_new

    def both_there(path: Path, data: bytes) -> None:
        gate.wait(60)
        write(path, data)

    monkeypatch.setattr(asked_module, "write_new", both_there)

    def one(kind: str) -> None:
        try:
            ask(folder, kind)
            told.append(kind)
        except GansmithError as error:
            told.append(str(error))

    threads = [threading.Thread(target=one, args=(kind,)) for kind in ("pause", "save")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    (waiting,) = [word for word in told if word in ("pause", "save")]
    assert json.loads(folder.asked.read_text())["kind"] == waiting
    assert sum("has not answered an earlier request" in word for word in told) == 1
    assert [path.name for path in tmp_path.iterdir()] == [folder.asked.name]


def test_a_request_that_is_being_written_is_left_alone(tmp_path: Path):
    folder = RunFolder(tmp_path)
    left, now = folder.root / "asked.json.77-0.part", folder.root / "asked.json.78-0.part"
    for path in (left, folder.lock, now):
        path.write_text("")
    os.utime(left, (1, 1))
    forget_half_written(folder)
    assert not left.exists()  # what a kill left before this training
    assert now.exists()


def test_what_was_asked_of_an_earlier_process_is_dropped(plain: gansmith.Run, tmp_path: Path):
    run = small_run(tmp_path / "run", 30)
    write_json(run.folder.asked, {"id": "1", "kind": "pause"})
    os.utime(run.folder.asked, (1, 1))
    said: list[str] = []
    gone_on = resume(run.folder.root, budget=Budget(updates=60), say=said.append)
    assert gone_on.ended == "finished"
    assert any("an old request was dropped" in line for line in said)
    assert not run.folder.asked.exists()
    assert same_weights(run.folder, plain.folder)


@pytest.mark.parametrize(
    "content", ["", "no JSON", "[" * 100_000, "[1]", "{}", '{"kind": "dance"}', '{"kind": "change", "change": 5}']
)
def test_nonsense_stops_no_training(tmp_path: Path, content: str):
    folder = small_run(tmp_path / "run", 5).folder
    folder.asked.write_text(content)
    asked = Asked(folder, folder.load_recipe())
    event = UpdateEvent(None, None, 3, 1.0)  # pyright: ignore[reportArgumentType]
    assert asked.after(event) is None
    assert list(folder.root.glob("asked*")) == []
    assert "dropped" in list(read_rows(folder.log))[-1]["text"]


def test_a_change_that_cannot_be_made_is_said_and_stops_no_training(tmp_path: Path):
    folder = small_run(tmp_path / "run", 5).folder
    asked = Asked(folder, folder.load_recipe())
    for change in ({RATE: -1}, {"seed": 3}, {"loss.name": "nonsense"}, {"nothing": 1}, {RATE: "x"}, {}):
        folder.asked.write_text(json.dumps({"kind": "change", "change": change}))
        assert asked.after(UpdateEvent(None, None, 3, 1.0)) is None  # pyright: ignore[reportArgumentType]
        assert "is not made" in list(read_rows(folder.log))[-1]["text"]
        with pytest.raises(GansmithError):
            ask(folder, "change", change)


def test_what_a_remedy_names_may_change_although_the_run_begins_again(tmp_path: Path):
    folder = small_run(tmp_path / "run", 5).folder
    recipe = folder.load_recipe()
    with pytest.raises(GansmithError, match="in the middle of a run"):
        differing(folder, recipe, {"data.batch": 32})
    append_row(folder.findings, {"update": 5, "remedy": [{"set": {"data.batch": 32}}]})
    assert differing(folder, recipe, {"data.batch": 32}) == {"data.batch": 32}


def test_the_checkpoint_of_a_change_is_kept_for_its_undoing(tmp_path: Path):
    folder = RunFolder(tmp_path)
    append_row(folder.changes, {"at": 9, "back_to": 4, "reason": "asked for: x 1 -> 2", "by": "user", "change": {}})
    assert spared(folder) == {4}
    append_row(folder.changes, {"at": 12, "back_to": 8, "reason": "mode collapse", "change": {}})
    assert spared(folder) == set()
