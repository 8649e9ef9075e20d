"""One studio for a folder, and a token that no command line shows."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from served_pages import PATIENCE, TOKEN

from gansmith.cli import studio
from gansmith.ground.errors import RunError
from gansmith.studio import opening
from gansmith.studio.opening import door

LINK = "http://127.0.0.1:5/#token=of-the-tests"

HOLD = """
import sys, platform
from pathlib import Path
from gansmith.studio.opening import door
with door(Path(sys.argv[1])) as own:
    own.keep(sys.argv[2])
    print(own.is_mine, flush=True)
    sys.stdin.read()
"""


@contextmanager
def held(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has a folder's studio open."""
    words = [sys.executable, "-c", HOLD, str(folder), LINK]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        yield process
        assert process.stdin is not None
        process.stdin.close()
        process.wait(PATIENCE)


def asked(folder: Path, **more: object) -> argparse.Namespace:
    given = {"folder": folder, "port": 0, "host": "127.0.0.1", "no_browser": False, "token": ""} | more
    return argparse.Namespace(**given)


def test_a_second_studio_opens_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    shown: list[str] = []
    monkeypatch.setattr("webbrowser.open", shown.append)
    with held(tmp_path):
        assert studio.run(asked(tmp_path)) == 0
        assert LINK in capsys.readouterr().out
        (page,) = shown
        assert TOKEN not in page
        assert "token" not in page
        (file,) = (tmp_path / ".studio").glob("open-*.html")
        assert page == file.as_uri()
        assert LINK in file.read_text()
        if sys.platform != "win32":
            assert file.stat().st_mode & 0o077 == 0
            assert (tmp_path / ".studio" / "link.json").stat().st_mode & 0o077 == 0
        with pytest.raises(RunError, match="is open already"):
            studio.run(asked(tmp_path, port=81))
    assert [path.name for path in (tmp_path / ".studio").iterdir()] == ["lock"]


def test_a_studio_that_was_killed_keeps_no_other_out(tmp_path: Path):
    with held(tmp_path) as process:
        process.kill()
        process.wait(PATIENCE)
        with door(tmp_path) as own:
            assert own.is_mine
            assert not own.link.exists()


def test_one_that_is_elsewhere_or_says_nothing_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(opening, "STARTING", 0.0)
    with held(tmp_path), door(tmp_path) as own:
        own.link.write_text(json.dumps({"link": LINK, "machine": "another.example"}))
        with pytest.raises(RunError, match=r"on another\.example"):
            own.other()
        own.link.unlink()
        with pytest.raises(RunError, match="says no link"):
            own.other()
