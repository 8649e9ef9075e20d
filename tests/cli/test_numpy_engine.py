"""The NumPy engine as a user meets it: without PyTorch, with a number of threads, and asked for a number."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from checkpoint_arrays import PATIENCE, equal, typed, weights
from gansmith.ground.process import blas

ROOT = Path(__file__).parents[2]
SMALL = [
    *("--engine", "numpy", "--data", "digits", "--set", "data.size=8", "--set", "data.first=256"),
    *("--set", "generator.widths=[32,32]", "--set", "discriminator.widths=[32,32]"),
]
NO_TORCH = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "torch":
            raise ImportError("torch is blocked")
sys.meta_path.insert(0, Blocker())
"""
SEVERAL = """
import json, sys
from gansmith.cli import main
for line in json.loads(sys.argv[1]):
    print("##", *line, flush=True)
    assert main(line) == 0, line
"""


def gansmith(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command = [sys.executable, "-m", "gansmith", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | environment)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.returncode == 0, done.stderr
    return done


# ---- without PyTorch


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Article 001's recipe, made small, trained by hand for 60 updates where torch cannot be imported."""
    root = tmp_path_factory.mktemp("by-hand")
    (root / "sitecustomize.py").write_text(NO_TORCH)
    gansmith("train", "article-001-plain", *SMALL, "--out", root / "run", "--updates", 60, **no_torch(root))
    return root / "run"


def test_what_needs_torch_says_so(run: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gansmith", "train", "article-001-plain", *SMALL, "--set", "data.size=12"]
    command += ["--updates", "2", "--out", str(tmp_path / "run")]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | no_torch(run.parent), check=False)
    assert done.returncode == 1
    assert "resized by PyTorch, which is not installed (8x8 to 12x12)" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def no_torch(root: Path) -> dict[str, str]:
    """An environment in which importing torch fails."""
    return {"PYTHONPATH": f"{root}{os.pathsep}{ROOT}"}


def test_torch_is_blocked_there(run: Path) -> None:
    command = [sys.executable, "-c", "import torch"]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | no_torch(run.parent), check=False)
    assert "torch is blocked" in done.stderr


def test_a_run_is_whole_without_torch(run: Path, tmp_path: Path) -> None:
    """Sampled, diagnosed, measured, described, and resumed past the first judgement of its quality."""
    lines = [
        ["sample", run, "--seed", 3, "--count", 5, "--out", tmp_path / "five.npz"],
        ["resume", run, "--updates", 160],
        ["evaluate", run, "--count", 64],
        ["diagnose", run],
        ["report", run],
        ["train", "article-001-plain", *SMALL, "--updates", 10**9, "--dry-run"],  # takes some time on any machine
    ]
    words = json.dumps([[str(word) for word in line] for line in lines])
    command = [sys.executable, "-c", SEVERAL, words]
    done = subprocess.run(command, capture_output=True, text=True, env=os.environ | no_torch(run.parent), check=False)
    assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "five.npz") as arrays:
        assert arrays["images"].shape[0] == 5
    assert '"metric": "SWD"' in (run / "judgements.jsonl").read_text(encoding="utf-8")
    said = {part.split()[0]: part for part in done.stdout.split("## ")[1:]}
    assert "PyTorch, which is missing" in said["evaluate"]
    assert re.search(r"[0-9.]+ seconds expected", said["train"])


# ---- threads


THREADS = """
import sys
from threadpoolctl import ThreadpoolController
from gansmith.by_hand import HandGame
from gansmith.cli import main
step, seen = HandGame.step, set()
def watched(self, *arguments):
    seen.update(each["num_threads"] for each in ThreadpoolController().select(user_api="blas").info())
    step(self, *arguments)
HandGame.step = watched
assert main(sys.argv[1:]) == 0
print("threads:", *sorted(seen))
"""


def threads_of(*arguments: object, told: int) -> str:
    """The numbers of threads with which the updates of a command multiply, where the environment names another."""
    variables = {name: str(told) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}
    command = [sys.executable, "-c", THREADS, *map(str, arguments)]
    environment = os.environ | variables | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


@pytest.mark.skipif(not blas.takes_threads(), reason="this NumPy's library takes no number of threads")
def test_threads_are_the_recipes_whatever_the_environment_says(tmp_path: Path) -> None:
    """Products may round by the number of threads, so a run that is resumed elsewhere is equal only if it is honoured."""
    recipe = ["article-001-plain", *SMALL, "--quiet", "--set", "generator.widths=[128]", "--set", "watch.diagnose=0"]
    two = [*recipe, "--set", "threads=2"]
    assert threads_of("train", *two, "--updates", 3, "--out", tmp_path / "whole", told=1) == "threads: 2"
    assert threads_of("train", *two, "--updates", 1, "--out", tmp_path / "two", told=4) == "threads: 2"
    assert "threads = 2" in (tmp_path / "two" / "recipe.toml").read_text(encoding="utf-8")
    assert threads_of("resume", tmp_path / "two", "--updates", 3, "--quiet", told=1) == "threads: 2"
    assert equal(weights(tmp_path / "whole", 3), weights(tmp_path / "two", 3))


@pytest.mark.skipif(not blas.takes_threads(), reason="this NumPy's library takes no number of threads")
def test_a_recipe_that_names_no_threads_notes_those_of_its_beginning(tmp_path: Path) -> None:
    recipe = ["article-001-plain", *SMALL, "--quiet", "--set", "watch.diagnose=0", "--updates", 1]
    assert threads_of("train", *recipe, "--out", tmp_path / "run", told=1) == "threads: 1"
    assert "threads = 1" in (tmp_path / "run" / "recipe.toml").read_text(encoding="utf-8")


# ---- the demonstration of the seed


def converse(folder: Path, lines: list[str], *arguments: object) -> tuple[int, str]:
    """Run a command on a terminal and type a line whenever it asks; the exit code, and all that the terminal showed."""
    pty = pytest.importorskip("pty", reason="no pseudo-terminals on this system")
    command = [sys.executable, "-m", "gansmith", *map(str, arguments)]
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvpe(command[0], command, os.environ | {"PYTHONPATH": str(ROOT)})
    shown, waiting, deadline = "", list(lines), time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            read = os.read(terminal, 1000)
        except OSError:  # the command has closed its terminal
            break
        shown += read.decode()
        if waiting and shown.endswith("samples): "):
            os.write(terminal, waiting.pop(0).encode() + b"\n")
            shown += "<typed>"
    else:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), shown


def test_on_a_terminal_it_asks_for_a_number(run: Path, tmp_path: Path) -> None:
    """Letters are refused, the picture is written, and the same number gives the same picture."""
    code, shown = converse(tmp_path, ["seven", "", "7"], "sample", run)
    assert code == 0, shown
    assert shown.count("that is not a whole number, try again") == 2
    assert shown.count("a number (the same number gives the same samples): ") == 3
    assert "16 samples of seed 7: sample-7.png" in shown
    first = (tmp_path / "sample-7.png").read_bytes()
    code, shown = converse(tmp_path, ["7"], "sample", run, "--out", "again.png")
    assert code == 0, shown
    assert "again.png" in shown
    assert (tmp_path / "again.png").read_bytes() == first
    code, _ = converse(tmp_path, ["8"], "sample", run)
    assert code == 0
    assert (tmp_path / "sample-8.png").read_bytes() != first


def test_a_terminal_that_hangs_up_gets_one_line(run: Path, tmp_path: Path) -> None:
    code, shown = converse(tmp_path, ["\x04"], "sample", run)  # end of file
    assert code == 1
    assert "use --seed N" in shown
    assert "Traceback" not in shown


@pytest.mark.parametrize("recipe", ["article-001-plain", "digits"])
def test_the_same_number_gives_the_same_picture_in_either_engine(recipe: str, tmp_path: Path) -> None:
    """The weights of a NumPy run are copied into the other engine: dense and DCGAN."""
    dense = recipe == "article-001-plain"
    small = (
        SMALL
        if dense
        else [
            *SMALL[:-4],
            "--set",
            "generator.widths=[8,8,8]",
            "--set",
            "discriminator.widths=[8,8]",
            "--set",
            "regularizer.name=none",
        ]
    )
    typed("train", recipe, *small, "--out", tmp_path / "numpy", "--updates", 20, "--quiet")
    copied = tmp_path / "torch"
    copied.mkdir()
    (copied / "checkpoints").symlink_to(tmp_path / "numpy" / "checkpoints", target_is_directory=True)
    (copied / "data.json").write_bytes((tmp_path / "numpy" / "data.json").read_bytes())
    text = (tmp_path / "numpy" / "recipe.toml").read_text()
    (copied / "recipe.toml").write_text(text.replace('engine = "numpy"', 'engine = "torch"'))
    pictures = []
    for engine in ("numpy", "torch"):
        typed("sample", tmp_path / engine, "--seed", 7, "--out", tmp_path / f"{engine}.png")
        with Image.open(tmp_path / f"{engine}.png") as picture:
            pictures.append(np.asarray(picture).astype(int))
    difference = np.abs(pictures[0] - pictures[1])
    assert pictures[0].std() > 1
    assert difference.max() <= 1, "no pixel is further off than a rounding of its byte"
    assert (difference > 0).mean() < 0.01
