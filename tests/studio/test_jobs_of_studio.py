"""Jobs: every one ends for those who wait for it, whatever goes wrong in between."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest
from served_pages import PATIENCE

from gansmith.studio.children import MOST, Jobs
from gansmith.studio.errors import StudioError


def test_a_job_whose_line_cannot_be_told_is_over_and_leaves_its_place():
    told: list[dict[str, Any]] = []

    def publish(message: dict[str, Any]) -> None:
        if "step" in message:
            raise RuntimeError("nobody can be told")
        told.append(message)

    jobs = Jobs(publish, lambda *_: None)
    code = "import time; print('{\"step\": 1}', flush=True); time.sleep(600)"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("threading.excepthook", lambda _: None)  # it is said there, in a studio
        started = [jobs.start("export", [sys.executable, "-c", code], run="one") for _ in range(MOST)]
        end = time.monotonic() + PATIENCE
        while not all(job.ended for job in started) or len(told) < MOST:
            assert time.monotonic() < end
            time.sleep(0.02)
    assert all("error" in message for message in told)
    jobs.start("export", [sys.executable, "-c", ""], run="one")


def test_what_an_export_says_of_its_file_is_passed_on(tmp_path: Path):
    file = tmp_path / "made" / "job-1" / "one.onnx"
    told: list[dict[str, Any]] = []
    jobs = Jobs(told.append, lambda *_: None)
    file.parent.mkdir(parents=True)
    said = ["it is for a batch of one", f"{file}: 0.01 MB"]
    code = f"import pathlib; pathlib.Path({str(file)!r}).write_bytes(b'12345'); print(*{said!r}, sep='\\n')"
    jobs.start("export", [sys.executable, "-c", code], run="one", file=file)
    end = time.monotonic() + PATIENCE
    while not told:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert told[0]["result"] == {"file": "one.onnx", "bytes": 5, "notes": ["it is for a batch of one"]}


ECHO = """
import sys, json, time
for line in sys.stdin:
    request = json.loads(line)
    if request.get("die"):
        sys.exit(3)
    if request.get("sleep"):
        time.sleep(600)
    print(json.dumps(request["say"]), flush=True)
"""


def test_a_companion_answers_and_is_followed_by_another_one():
    jobs = Jobs(lambda _: None, lambda *_: None)
    companion = jobs.companion([sys.executable, "-c", ECHO], seconds=PATIENCE)
    assert companion.ask({"say": {"found": {"a": 1}}}) == {"a": 1}
    first = companion.process
    with pytest.raises(StudioError, match="no") as refused:
        companion.ask({"say": {"refused": [413, "no"]}})
    assert refused.value.status == 413
    assert companion.process is first
    for deadly in ({"die": True}, {"say": 5}):
        with pytest.raises(StudioError, match="ended the process"):
            companion.ask(deadly)
        assert companion.ask({"say": {"found": {}}}) == {}
    assert companion.process is not first
    companion.seconds = 0.1
    with pytest.raises(StudioError, match="takes longer"):
        companion.ask({"sleep": True})
    companion.seconds = PATIENCE
    assert companion.ask({"say": {"found": {}}}) == {}
    last = companion.process
    jobs.close()
    assert last is not None
    assert last.returncode is not None
    with pytest.raises(StudioError, match="being closed"):
        companion.ask({"say": {"found": {}}})
