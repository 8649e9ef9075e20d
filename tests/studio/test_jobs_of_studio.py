"""Jobs: every one ends for those who wait for it, whatever goes wrong in between."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest
from served_pages import PATIENCE

from gansmith.studio.children import MOST, Jobs


def test_a_job_whose_line_cannot_be_told_is_over_and_leaves_its_place(tmp_path: Path):
    told: list[dict[str, Any]] = []

    def publish(message: dict[str, Any]) -> None:
        if "step" in message:
            raise RuntimeError("nobody can be told")
        told.append(message)

    jobs = Jobs(publish, lambda *_: None, tmp_path / "made")
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
    jobs = Jobs(told.append, lambda *_: None, tmp_path / "made")
    file.parent.mkdir(parents=True)
    said = ["it is for a batch of one", f"{file}: 0.01 MB"]
    code = f"import pathlib; pathlib.Path({str(file)!r}).write_bytes(b'12345'); print(*{said!r}, sep='\\n')"
    jobs.start("export", [sys.executable, "-c", code], run="one", file=file)
    end = time.monotonic() + PATIENCE
    while not told:
        assert time.monotonic() < end
        time.sleep(0.02)
    assert told[0]["result"] == {"file": "one.onnx", "bytes": 5, "notes": ["it is for a batch of one"]}
