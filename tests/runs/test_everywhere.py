"""What one machine does, another does too: other encodings, hashes of texts, systems without POSIX, drives, capitals."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path, PureWindowsPath

import pytest

from gansmith.cli import main
from gansmith.data import sources
from gansmith.data.formats.files import in_zip
from gansmith.ground.files.gridfolder import CellFolder, GridFolder, slug
from gansmith.ground.files.runfolder import Entry, Exploration, RunFolder

STRICT = ("-X", "warn_default_encoding", "-W", "error", "-W", "ignore::EncodingWarning:matplotlib.font_manager")
PLAIN = "import sys; from gansmith.cli import main; sys.exit(main(sys.argv[1:]))"
WINDOWS = """
import os, signal, subprocess, sys, tempfile, types
import torch, PIL.Image, matplotlib.figure, matplotlib.backends.backend_agg, multiprocessing.connection, threadpoolctl
threadpoolctl.sys = types.SimpleNamespace(**vars(sys))  # it asks the libraries that are here
held = []
msvcrt = types.ModuleType("msvcrt")
msvcrt.LK_NBLCK, msvcrt.locking = 2, lambda number, mode, size: held.append(number)
sys.modules["msvcrt"] = msvcrt
for name in ("fcntl", "resource", "pwd", "grp", "termios", "tty", "pty"):
    sys.modules[name] = None
for name in ("fork", "getuid", "geteuid", "getpgid", "killpg", "setsid", "nice", "sched_getaffinity", "getloadavg", "sysconf",
             "mkfifo", "chown", "statvfs", "uname", "WNOHANG", "O_NONBLOCK", "getpgrp", "tcgetpgrp"):
    if hasattr(os, name):
        delattr(os, name)
for name in ("SIGHUP", "SIGKILL", "SIGALRM", "SIGUSR1", "SIGUSR2", "SIGPIPE", "setitimer", "alarm", "pthread_sigmask"):
    delattr(signal, name)
sys.platform = "win32"
from gansmith.cli import main
code = main(sys.argv[1:])
assert held, "the run was not locked"
sys.exit(code)
"""


def trained(out: Path, program: str, seed: str, *flags: str) -> dict[str, bytes]:
    """A tiny training in a process of its own, and its files that may not depend on where it ran."""
    words = ["train", "ring", "--updates", "4", "--quiet", "--seed", "1", "--out", str(out), "--set", "watch.judge=0",
             "--set", "watch.stats_every=2", "--set", "threads=1"]  # fmt: skip
    own = {"PYTHONHASHSEED": seed, "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, *flags, "-c", program, *words], env=os.environ | own, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    files = ("recipe.toml", "checkpoints/00000004/weights.safetensors", "samples/00000004.png", "data.json")
    return {name: (out / name).read_bytes() for name in files}


def test_the_same_bytes_with_strict_texts_other_hashes_and_no_posix(tmp_path: Path):
    strict = trained(tmp_path / "strict", PLAIN, "1", *STRICT)
    assert strict == trained(tmp_path / "other", WINDOWS, "4242")


DRIVES = (r"C:\data\faces", r"C:\data\faces.zip", "C:/data/*.png", r"\\server\share\x.npz", "C:", r"D:x\..\y.parquet")


@pytest.mark.parametrize("source", DRIVES)
def test_paths_with_drives_are_paths(source: str, capsys: pytest.CaptureFixture[str]):
    """Not a prefix as "hf:", not a part of a glob; where there is none, one line says so."""
    for typed in (source, f"stacked:{source}"):
        assert main(["data", "info", typed, "--json"]) == 1
        said = capsys.readouterr().err.strip()
        assert said.startswith("gansmith: no data source ")
        assert "\n" not in said
    assert sources.single_of(source) is None
    assert sources.single_of(f"stacked:{source}") == source


def test_members_that_name_a_drive_are_left_out(tmp_path: Path):
    names = (r"C:\Windows\a.png", "C:b.png", r"..\c.png", r"\\server\d.png", r"good\e.png")
    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for name in names:
            archive.writestr(name, b"x")
    found = in_zip(tmp_path / "in.zip")
    assert [entry.name for entry in found.entries] == ["good/e.png"]
    assert {reason for _, reason in found.skipped} == {"unsafe path"}


def test_no_two_names_differ_in_capitals_only():
    """Windows and macOS would write one over the other."""
    for folder in (RunFolder, CellFolder, GridFolder, Exploration):
        names = [entry.name for entry in vars(folder).values() if isinstance(entry, Entry)]
        assert len({name.casefold() for name in names}) == len(names)
        assert all(PureWindowsPath(name).name == name and not PureWindowsPath(name).is_reserved() for name in names)


def test_names_of_variants_are_names_of_folders_everywhere():
    for name in ("ring+loss.name=hinge", r"C:\x\ring.toml", "a/b:c*d?", "ring ", "..", 'con<>|"\n'):
        assert PureWindowsPath(slug(name)).name == slug(name)
        assert not set(slug(name)) & set('<>:"/\\|?* \n')


def test_a_variant_of_many_settings_has_a_folder_of_its_own():
    """Two that differ at the end only are two; a name of 255 bytes and more cannot be made."""
    name = "folder" + "+optimizer.generator.rate=0.001" * 9
    assert len(slug(name)) < 144
    assert slug(name) != slug(name + "+seed=1")
