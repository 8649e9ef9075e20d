"""The doctor beside the loop: what it writes, what it costs, what it requests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fake_game import FakeGame
from gansmith.diagnosis import watcher as watchers
from gansmith.diagnosis.probe import Probe
from gansmith.diagnosis.reference import Reference, reference
from gansmith.diagnosis.watcher import Watch, next_change, note_known, probes_of, remembered
from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.ground.labelling import Labelling
from gansmith.ground.recipes.recipe import flat, override
from gansmith.training.events import Request, UpdateEvent
from gansmith.training.schedules import Clock
from miniatures import World, world

from .histories import probe, row

AUTO = {"watch__remedy": "auto", "optimizer__generator__rate": 2e-3}  # unlike the discriminator's: there is a remedy


def known_of(made: World) -> Reference:
    return reference(made.items, made.labels, settings=made.recipe.data)


class Bench:
    """A folder, a game and a doctor; `see` shows the doctor one moment."""

    def __init__(self, root: Path, made: World, **options: Any) -> None:
        self.folder, self.made, self.said = RunFolder(root), made, []
        self.folder.create(made.recipe)
        self.game = FakeGame(made.recipe, made.item_shape, made.classes)
        self.game.load(made.items, made.labels)
        self.known = known_of(made)
        note_known(self.folder, self.known)
        self.options = options
        self.watch = self.doctor()

    def doctor(self) -> Watch:
        """A doctor whose probes are healthy, whatever the fake game's samples are like."""
        watch = Watch(
            self.folder,
            self.made.recipe,
            self.known,
            Labelling(self.made.classes),
            say=self.said.append,
            **self.options,
        )
        look = watch.prober.probe

        def healthy(game: Any, update: int, images_seen: int) -> Probe:
            return replace(look(game, update, images_seen), numbers=probe(update).numbers)

        watch.prober.probe = healthy  # pyright: ignore[reportAttributeAccessIssue]
        return watch

    def see(self, update: int, seconds: float | None = None, *, last: bool = False, **numbers: float) -> Request | None:
        """An event with a healthy row, changed by `numbers`; time passes quickly."""
        new = row(update, **numbers) if update and update % 50 == 0 else None
        elapsed = 100.0 * update if seconds is None else seconds
        return self.watch.after(
            UpdateEvent(self.game, Clock(self.made.recipe, 40, None), update, elapsed, new, last=last)
        )


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "run", world("pictures", **AUTO))


FLAT = {"step.discriminator": 0.0}


def test_looks_are_written_as_they_come(bench: Bench):
    for update in range(0, 151):
        bench.see(update)
    assert [probe.update for probe in probes_of(bench.folder)] == [0, 50, 100, 150]
    assert all(np.isfinite(value) for probe in probes_of(bench.folder) for value in probe.numbers.values())


def test_looks_keep_to_their_share_of_the_time(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    """A clock that each look takes a second of; the loop needs a second for 50 updates."""
    now = [0.0]
    monkeypatch.setattr(watchers.time, "perf_counter", lambda: now[0])
    look = bench.watch.prober.probe

    def slow(game: Any, update: int, images_seen: int) -> Probe:
        now[0] += 1.0
        return look(game, update, images_seen)

    monkeypatch.setattr(bench.watch.prober, "probe", slow)
    for update in range(0, 5001, 50):
        bench.see(update, seconds=update / 50 + bench.watch.spent)
    allowed = bench.made.recipe.watch.diagnose * (5000 / 50 + bench.watch.spent)
    assert allowed - 2 <= bench.watch.spent <= allowed + 1e-9


def test_a_run_that_is_stopped_is_looked_at_once_more_unless_it_just_was(bench: Bench):
    bench.see(0)
    bench.see(50)
    bench.see(50, last=True)
    assert [probe.update for probe in probes_of(bench.folder)] == [0, 50]
    bench.see(60)
    bench.see(60, last=True)
    assert [probe.update for probe in probes_of(bench.folder)] == [0, 50, 60]


def test_a_doctor_sent_away_looks_at_the_end_only(tmp_path: Path):
    bench = Bench(tmp_path / "run", world("pictures", watch__diagnose=0.0))
    for update in range(0, 301, 50):
        bench.see(update, last=update == 300)
    assert [probe.update for probe in probes_of(bench.folder)] == [0, 300]


def test_a_change_of_mind_is_said_once_and_written(bench: Bench):
    for update in range(0, 801, 50):
        bench.see(update, **(FLAT if update >= 300 else {}))
    rows = list(read_rows(bench.folder.findings))
    frozen = [row for row in rows if row["state"] == "discriminator never moves"]
    assert len(frozen) == 1
    (entry,) = frozen
    assert entry["severity"] == "alarm"
    assert entry["since_update"] == 300
    assert 400 <= entry["update"] <= 500
    assert entry["remedy"][0]["set"]
    assert entry["evidence"]["step.discriminator"] == 0
    assert entry["picture"] == f"diagnosis/{entry['update']:08d}-discriminator-never-moves.png"
    assert (bench.folder.root / entry["picture"]).is_file()
    assert len([line for line in bench.said if "discriminator never moves since" in line]) == 1
    assert all("\n" not in line for line in bench.said)


def test_an_alarm_that_stands_is_acted_on(bench: Bench):
    requests = [(update, bench.see(update, **FLAT)) for update in range(0, 601, 50)]
    backs = [(update, request) for update, request in requests if request is not None and request.kind == "rollback"]
    assert backs
    update, request = backs[0]
    assert request.before == 50
    assert update <= 350
    assert request.change
    assert override(bench.made.recipe, request.change) != bench.made.recipe
    assert "discriminator never moves" in request.reason


def test_without_leave_it_only_talks(tmp_path: Path):
    bench = Bench(tmp_path / "run", world("pictures"))
    assert {bench.see(update, **FLAT) for update in range(0, 601, 50)} == {None}
    assert any("discriminator never moves" in line for line in bench.said)


def test_healthy_states_are_kept_to_go_back_to(bench: Bench):
    requests = [(update, request) for update in range(0, 1001, 50) if (request := bench.see(update)) is not None]
    assert {request.kind for _, request in requests} <= {"save"}
    gaps = np.diff([update for update, _ in requests])
    assert (gaps >= watchers.HEALTHY_SAVES).all()


def test_nothing_is_tried_twice(tmp_path: Path):
    made = world("pictures", **AUTO)
    first = Bench(tmp_path / "a", made)
    requests = [request for update in range(0, 601, 50) if (request := first.see(update, **FLAT))]
    second = Bench(tmp_path / "b", made, tried=[requests[0].change])
    again = [request for update in range(0, 601, 50) if (request := second.see(update, **FLAT))]
    assert requests[0].change not in [request.change for request in again]
    if not again:
        assert sum("nothing is left to try" in line for line in second.said) == 1


def test_a_new_doctor_remembers_what_was_seen(bench: Bench):
    """After a kill, or a rollback, the history is read back."""
    for update in range(0, 401, 50):
        bench.see(update, **FLAT)
    before = bench.watch.doctor
    for update in range(50, 401, 50):  # what WriteStats would have written
        watchers.append_row(bench.folder.stats, row(update, **FLAT))
    after = bench.doctor().doctor
    assert after.leading.state == before.leading.state == "discriminator never moves"
    assert after.leading.since_update == before.leading.since_update
    assert len(after.history.probes) == len(before.history.probes)


def test_what_is_known_is_read_back(bench: Bench):
    history = remembered(bench.folder, None)
    assert history.real == pytest.approx(bench.known.real)
    assert (history.count, history.classes) == (bench.known.count, bench.known.classes)


@pytest.mark.parametrize("about", ['{"about": 3}', '{"about": {"real": 7}}', '{"about": {"count": "many"}}', "x"])
def test_damaged_knowledge_is_no_knowledge(tmp_path: Path, about: str):
    folder = RunFolder(tmp_path)
    folder.probes.write_text(about + "\n", encoding="utf-8")
    assert remembered(folder, None).count == 0
    assert probes_of(folder) == []


def test_watching_disturbs_nothing(tmp_path: Path):
    made = world("labelled-pictures", **AUTO)
    bench = Bench(tmp_path / "run", made)
    before = bench.game.state()
    for update in range(0, 301, 50):
        bench.see(update)
    after = bench.game.state()
    assert all(np.array_equal(before.arrays[name], after.arrays[name]) for name in before.arrays)
    np.testing.assert_array_equal(made.items, world("labelled-pictures").items)


def test_a_remedy_that_changes_nothing_is_passed_over(bench: Bench):
    for update in range(0, 501, 50):
        bench.see(update, **FLAT)
    finding = bench.watch.doctor.leading
    now = flat(bench.made.recipe)
    change = next_change(finding, bench.made.recipe, [])
    assert change is not None
    assert all(now[name] != value for name, value in change.items())
