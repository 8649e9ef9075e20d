"""`gansmith.live` without a notebook: what the widget sends while a run grows, what it answers, and when its thread ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import gansmith
import small_runs
from checkpoint_arrays import until
from gansmith.ground.errors import GansmithError
from gansmith.ground.files.lock import lock
from gansmith.ground.files.runfolder import RunFolder, append_row
from gansmith.notebook.reading import MOST, fewer

pytest.importorskip("anywidget", reason="anywidget is not installed: install the extra notebook")

SMALL: dict[str, Any] = {
    "engine": "numpy",
    "data.first": 256,
    "data.batch": 16,
    "watch.stats_every": 5,
    "watch.samples": 9,
    "watch.samples_every": 20,
    "watch.judge": 0.0,
    "watch.diagnose": 0.0,
    "threads": 1,
    "generator.widths": [8, 8],
    "discriminator.widths": [8, 8],
}


class At:
    """A watcher that does something after an update."""

    def __init__(self, update: int, act: Any) -> None:
        self.update, self.act = update, act

    def after(self, event: Any) -> None:
        if event.update == self.update:
            self.act()


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A run that nobody trains, with two rows and a sheet."""
    folder = small_runs.make(tmp_path / "small")
    for update in (50, 100):
        append_row(folder.stats, row(update))
    add_sheet(folder, 100)
    return folder


@pytest.fixture
def trained(run: RunFolder) -> Iterator[RunFolder]:
    """The same, while somebody trains it."""
    with open(run.lock, "a+b") as file:
        assert lock(file, wait=False)
        yield run


def row(update: int) -> dict[str, Any]:
    return {"update": update, "seconds": update / 10, "images_per_second": 9.0, "loss.generator": 1.23456, "layers": {}}


def add_sheet(folder: RunFolder, update: int) -> None:
    folder.samples.mkdir(exist_ok=True)
    folder.sample_sheet(update).write_bytes(f"sheet of {update}".encode())
    append_row(folder.sample_rows, {"update": update, "images_seen": update * 4, "seconds": 1.0, "spread": 3})


def train(root: Path, *watching: At) -> gansmith.Run:
    return gansmith.train("ring", out=root, updates=40, settings=SMALL, watching=watching, say=lambda _: None)


def test_a_training_that_is_waited_for_is_shown_while_it_goes_on(tmp_path: Path) -> None:
    root = tmp_path / "new"
    widget = gansmith.live(root, wait=True)
    assert widget.card["state"] == "starting"
    seen = []

    def look() -> None:
        until(lambda: 20 in widget.curves.get("update", ()) and widget.picture.get("update") == 20)
        seen.append((widget.card["state"], widget.card["is_own"], bytes(widget.picture["data"])))

    run = train(root, At(21, look))  # the kernel is busy here: only the widget's thread can tell
    assert seen == [("training", True, run.folder.sample_sheet(20).read_bytes())]
    widget.thread.join(60)
    assert not widget.thread.is_alive()
    assert (widget.card["state"], widget.card["share"], widget.card["is_own"]) == ("finished", 1.0, False)
    assert widget.curves["update"][-1] == 40
    assert widget.sheets["rows"][-1]["update"] == widget.picture["update"] == 40
    assert widget.real == run.folder.real_sheet.read_bytes()
    assert set(widget.curves) >= {"loss.generator", "accuracy.real", "rate.generator", "gradient.generator"}


def test_a_pause_of_the_page_pauses_the_training(tmp_path: Path) -> None:
    root = tmp_path / "new"
    widget, answers = listened(gansmith.live(root, wait=True))

    def press() -> None:
        for _ in range(2):
            widget._handle_custom_msg({"kind": "pause"}, [])

    run = train(root, At(15, press))
    assert (run.ended, run.stats[-1]["update"]) == ("stopped", 15)
    said = [content["text"] for content, _ in answers]
    assert said[0].startswith("Asked to pause")
    assert "has not answered an earlier request" in said[1]
    widget.thread.join(60)
    assert widget.card["state"] == "paused"
    press()
    assert answers[-1][0] == {"kind": "said", "text": "Nobody trains it now."}


def test_a_run_that_has_ended_is_shown_at_once_and_not_followed(run: RunFolder) -> None:
    widget = gansmith.live(str(run.root))
    assert not widget.thread.is_alive()
    assert widget.curves == {"update": [50, 100], "images_per_second": [9.0, 9.0], "loss.generator": [1.235, 1.235]}
    assert widget.sheets == {"rows": [{"update": 100, "images_seen": 400, "seconds": 1.0}], "rolled_back": 0}
    assert widget.picture == {"update": 100, "data": b"sheet of 100"}
    assert gansmith.live(gansmith.Run(run)).card["name"] == "small"


def test_a_run_that_grows_is_followed_until_its_training_ends(run: RunFolder) -> None:
    with open(run.lock, "a+b") as file:
        assert lock(file, wait=False)
        widget = gansmith.live(run.root)
        append_row(run.stats, row(150))
        until(lambda: widget.curves["update"] == [50, 100, 150])
        run.sample_rows.unlink()  # as a roll-back writes it anew
        add_sheet(run, 50)
        until(lambda: widget.picture["update"] == 50)
        assert widget.sheets["rolled_back"] == 1
        assert [sheet["update"] for sheet in widget.sheets["rows"]] == [50]
        assert widget.thread.is_alive()
        append_row(run.stats, row(200))
    widget.thread.join(60)
    assert not widget.thread.is_alive()
    assert widget.curves["update"] == [50, 100, 150, 200]


def test_closing_ends_the_thread(trained: RunFolder) -> None:
    widget = gansmith.live(trained.root)
    assert widget.thread.is_alive()
    widget.close()
    widget.thread.join(60)
    assert not widget.thread.is_alive()


def test_the_page_gets_pictures_of_updates_and_nothing_else(run: RunFolder) -> None:
    widget, answers = listened(gansmith.live(run.root))
    for asked in ({"update": 100}, {"update": 7}, {"update": "../../recipe"}, {"update": None}, {}):
        widget._handle_custom_msg({"kind": "sheet", **asked}, [])
    for wrong in ("sheet", None, ["pause"], {"kind": "delete"}):
        widget._handle_custom_msg(wrong, [])
    assert answers == [
        ({"kind": "sheet", "update": 100}, [b"sheet of 100"]),
        ({"kind": "sheet", "update": 7}, [b""]),
    ]


def test_a_damaged_run_is_said_to_be_one(run: RunFolder) -> None:
    run.recipe.write_text("seed = = 3", encoding="utf-8")
    card = gansmith.live(run.root).card
    assert (card["state"], card["reason"]) == ("failed", "its recipe.toml is damaged")


def test_a_long_run_is_thinned() -> None:
    rows: list[dict[str, Any]] = []
    for update in range(5000):
        rows = fewer([*rows, {"update": update}])
        assert len(rows) <= 2 * MOST
    updates = [row["update"] for row in rows]
    assert updates[0] == 0
    assert updates[-MOST:] == list(range(5000 - MOST, 5000))
    assert updates == sorted(updates)


def test_a_run_that_is_not_there_is_refused_with_the_way_to_wait(tmp_path: Path) -> None:
    with pytest.raises(GansmithError, match=r"no such folder.*wait=True"):
        gansmith.live(tmp_path / "none")


def listened(widget: Any) -> tuple[Any, list[tuple[Any, Any]]]:
    """A widget, and the list of what it will answer to the page."""
    answers: list[tuple[Any, Any]] = []
    widget.send = lambda content, buffers=None: answers.append((content, buffers))
    return widget, answers
