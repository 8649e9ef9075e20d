"""Trainings as processes of their own: started, asked, killed and found again, by what their files say."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from served_pages import PATIENCE, TOKEN, Served, serving

import forked_commands
from gansmith.ground.files.lock import is_held
from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.studio.starting import trainings as module
from gansmith.studio.starting.trainings import Trainings
from gansmith.training import checkpoint

SMALL = {
    "engine": "numpy", "data.first": "512", "data.batch": "16", "generator.widths": "[8]", "discriminator.widths": "[8]",
    "watch.judge": "0", "watch.diagnose": "0", "watch.stats_every": "20", "watch.samples": "4", "watch.samples_every": "500",
    "watch.checkpoint_every": "100", "threads": "1",
}  # fmt: skip
LONG = "1000000"


def until(there: Callable[[], Any]) -> Any:
    """What there is, once it is there."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if found := there():
            return found
        time.sleep(0.05)
    pytest.fail("it did not come")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A served folder, in which nothing trains any more at the end."""
    yield tmp_path
    for path in tmp_path.glob("*/.lock"):
        if is_held(path):
            with contextlib.suppress(OSError, ValueError):
                os.kill(int(path.read_text().split()[0]), signal.SIGTERM)
            until(lambda path=path: not is_held(path))


def start(served: Served, name: str, **more: str) -> RunFolder:
    """A training in a process of its own."""
    served.post("/api/train", {"recipe": "ring", "settings": SMALL, "name": name, "updates": LONG, **more})
    return RunFolder(served.folder / name)


def update_of(run: RunFolder) -> int:
    """How far a run has come."""
    rows = list(read_rows(run.stats))
    return rows[-1]["update"] if rows else 0


def test_a_training_is_started_asked_and_paused(folder: Path):
    with serving(folder) as served, served.page() as page:
        run = start(served, "one")
        assert served.refused("POST", "/api/train", {"recipe": "ring", "name": "one", "updates": "1"})[0] == 409
        assert page.card("one", "starting", "training")["name"] == "one"
        page.card("one", "training")
        assert served.refused("POST", "/api/runs/one/resume", {})[0] == 409
        assert served.refused("POST", "/api/runs/one/delete", {})[0] == 409
        until(lambda: update_of(run) > 100)
        asked = served.post("/api/runs/one/ask", {"kind": "change", "change": {"optimizer.generator.rate": "1e-5"}})
        assert asked["back_to"] is None
        change = until(lambda: list(read_rows(run.changes)))[0]
        assert change["change"] == {"optimizer.generator.rate": [1e-3, 1e-5]}
        for bad in (
            {"optimizer.generator.rate": "-1"},
            {"loss.name": "nonsense"},
            {"data.source": "/"},
            {"seed": "3"},
            {},
        ):
            status, why = served.refused("POST", "/api/runs/one/ask", {"kind": "change", "change": bad})
            assert status == 400, why
        until(lambda: not run.asked.exists())
        served.post("/api/runs/one/ask", {"kind": "pause"})
        card = page.card("one", "paused")
        assert "is saved" in card["reason"]
        assert served.refused("POST", "/api/runs/one/ask", {"kind": "pause"})[0] == 409
        assert any("paused" in row["text"] for row in served.get("/api/runs/one")["log"])
        served.post("/api/runs/one/ask", {"kind": "change", "change": {"optimizer.generator.rate": "1e-3"}})
        page.card("one", "training")  # a paused run goes on for a change
        assert until(lambda: len(list(read_rows(run.changes))) == 2)
        served.post("/api/runs/one/stop-at-once")
        card = page.card("one", "paused")
        assert "stopped at once" in card["reason"]
        assert served.refused("POST", "/api/runs/one/stop-at-once")[0] == 409


def test_a_killed_training_is_told_and_resumed(folder: Path):
    with serving(folder) as served, served.page() as page:
        run = start(served, "one")
        page.card("one", "training")
        until(lambda: update_of(run) > 200)
        os.kill(int(run.lock.read_text().split()[0]), getattr(signal, "SIGKILL", signal.SIGTERM))
        before = page.card("one", "paused")["update"]
        served.post("/api/runs/one/resume", {})
        page.card("one", "training")
        until(lambda: update_of(run) > before)


def test_a_killed_studio_harms_no_training(folder: Path):
    words = ["studio", folder, "--no-browser", "--token", TOKEN]
    with forked_commands.start(*words, stderr=subprocess.DEVNULL) as studio:
        assert studio.stdout is not None
        link = studio.stdout.readline().split()[-1]
        port = int(link.partition("/#")[0].rpartition(":")[2])
        run = start(Served(folder, port), "one")
        studio.kill()
    with serving(folder) as served, served.page() as page:
        assert page.card("one", "starting", "training")
        page.card("one", "training")
        at = update_of(run)
        until(lambda: update_of(run) > at)
        until(lambda: served.ask("POST", "/api/runs/one/ask", {"kind": "pause"})[0] == 200)
        page.card("one", "paused")


def test_one_that_was_started_in_a_terminal_is_steered_as_well(folder: Path):
    words = ["train", "ring", "--out", str(folder / "mine"), "--updates", LONG, "--quiet"]
    words += [f"--set={name}={value}" for name, value in SMALL.items()]
    with (
        serving(folder) as served,
        served.page() as page,
        forked_commands.start(*words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as training,
    ):
        page.card("mine", "training")
        until(lambda: update_of(RunFolder(folder / "mine")) > 0)
        served.post("/api/runs/mine/ask", {"kind": "pause"})
        assert page.card("mine", "paused")["can"] == ["delete", "resume", "change", "steer", "export"]
        assert training.wait(PATIENCE) == 0


def test_one_that_fails_says_why(folder: Path):
    with serving(folder) as served, served.page() as page:
        data = served.ask("POST", "/api/upload?name=broken.npz", b"no numbers")[1]["source"]
        status, why = served.refused("POST", "/api/train", {"recipe": "folder", "source": data, "updates": "1"})
        assert status == 400, why
        (folder / "early").mkdir()
        trainings = Trainings(folder)  # as of another studio: files are all that they share
        trainings.start("early", ["train", "nothing"], {"recipe": "nothing"})
        card = page.card("early", "failed")
        assert card["reason"].startswith("unknown recipe 'nothing'")
        assert card["can"] == ["delete"]
        trainings.mine["early"].wait()
        served.post("/api/runs/early/delete")
        assert "early" not in {one["name"] for one in served.get("/api/home")["runs"]}


def test_what_a_training_has_started_ends_with_it(folder: Path):
    trainings = Trainings(folder)
    (folder / "one").mkdir()
    rank = "import time\ntime.sleep(600)"
    code = f"import subprocess, sys\nprint(subprocess.Popen([sys.executable, '-c', {rank!r}]).pid, flush=True)\n{rank}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gansmith.studio.starting.trainings.gansmith", lambda *_: [sys.executable, "-c", code])
        trainings.start("one", [], {})
    number = int(until(lambda: trainings.printed("one"))[0])
    assert Trainings(folder).is_alive("one")
    Trainings(folder).kill("one")  # as another studio
    until(lambda: not is_alive(number))


def is_alive(number: int) -> bool:
    """Whether a process lives that is no child of this one."""
    try:
        os.kill(number, 0)
    except OSError:
        return False
    state = Path(f"/proc/{number}/stat")  # one that nobody waits for is a name without a process
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


def test_a_training_that_is_faster_than_its_studio_has_trained(folder: Path, monkeypatch: pytest.MonkeyPatch):
    run, write = RunFolder(folder / "one"), module.write_json
    run.root.mkdir()

    def slowly(path: Path, facts: dict[str, Any]) -> None:
        if "process" in facts:  # by now the training holds its lock
            run.lock.write_text("")
            time.sleep(0.05)
        write(path, facts)

    monkeypatch.setattr(module, "write_json", slowly)
    monkeypatch.setattr(module, "gansmith", lambda *_: [sys.executable, "-c", ""])
    trainings = Trainings(folder)
    trainings.start("one", [], {})
    assert trainings.has_trained("one")


@pytest.mark.parametrize(
    ("printed", "why"),
    [
        (["gansmith: the data is gone"], "the data is gone"),
        (["gansmith: stopped, all is saved"], None),
        (["update 5"], None),
        (["Traceback (most recent call last):", '  File "x"', "ValueError: bad"], "ValueError: bad"),
        (["Traceback (most recent call last):", '  File "x"', "KeyError: 1", "update 7", "done: runs/one"], None),
    ],
)
def test_a_failure_is_the_last_thing_that_was_said(folder: Path, printed: list[str], why: str | None):
    trainings = Trainings(folder)
    trainings.log("one").parent.mkdir(parents=True)
    trainings.log("one").write_text("\n".join(printed))
    assert trainings.failure("one") == why


def test_a_run_that_is_over_is_finished_and_goes_on_for_longer(folder: Path):
    with serving(folder) as served, served.page() as page:
        run = start(served, "short", updates="40")
        card = page.card("short", "finished")
        assert (card["update"], card["total"], card["share"]) == (40, 40, 1.0)
        assert "change" not in card["can"]  # it would have no update left
        until(lambda: not is_held(run.lock) and run.report.exists())
        until(lambda: served.ask("POST", "/api/runs/short/resume", {"updates": "+20"})[0] == 200)
        assert page.until(lambda one: one["kind"] == "cards" and one["runs"][0]["update"] == 60)


def test_a_watched_training_has_the_weights_of_one_that_nobody_watches(folder: Path, tmp_path_factory: Any):
    with serving(folder) as served, served.page() as page:
        served.post("/api/train", {"recipe": "ring", "settings": SMALL, "name": "watched", "updates": "200"})
        page.send({"watch": "watched"})
        page.card("watched", "finished")
    alone = tmp_path_factory.mktemp("alone") / "run"
    settings = [f"{name}={value}" for name, value in SMALL.items()]
    words = ["train", "ring", "--out", str(alone), "--updates", "200", "--quiet", *(f"--set={one}" for one in settings)]
    assert forked_commands.ended(*words).returncode == 0
    first, second = (checkpoint.load(RunFolder(root), 200).state.arrays for root in (folder / "watched", alone))
    assert first.keys() == second.keys()
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_the_trash_gives_back_what_it_took(folder: Path):
    with serving(folder) as served:
        start(served, "one", updates="20")
        until(lambda: served.card("one")["state"] == "finished")
        until(lambda: served.ask("POST", "/api/runs/one/delete", {})[0] == 200)
        assert served.refused("GET", "/api/runs/one")[0] == 404
        served.post("/api/trash/undo", {"name": "one"})
        assert served.card("one")["state"] == "finished"
        assert served.refused("POST", "/api/trash/undo", {"name": "one"})[0] == 404
