"""Nothing that is typed causes a traceback: odd values in every place, each refused in one line, or done."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gansmith.cli import main
from gansmith.ground.recipes.recipe import flat
from gansmith.ground.recipes.settings import Recipe

ODD = (
    "", " ", "0", "-1", "1", "3", "1e6", "9" * 25, "nan", "inf", "-inf", "[]", "[0]", "[1,2,3,4,5,6]", "[[", "true", "x",
    "é\u202e", "\udcff", "a,b", "1x0", "0x0", "hf:", "stacked:", "stacked:x", "*", "[", "~nobody/x", '"\\u0000"',
    "n" * 300, "--", "=", "=1", ".", "/dev/null", "a b",
)  # fmt: skip
SOURCES = (
    "folder",
    "words",
    "empty.png",
    "torn.zip",
    "torn.npz",
    "torn.npy",
    "odd.npy",
    "words.txt",
    "loop",
    "lost",
    "no run",
)
SMALL = ["--set", "data.first=32", "--set", "watch.samples=4", "--set", "watch.judge=0", "--set", "watch.diagnose=0"]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a run of two updates, and with files and folders of every wrong kind."""
    root = tmp_path_factory.mktemp("odd")
    arguments = ["train", "ring", "--updates", "2", "--quiet", "--out", str(root / "run"), *SMALL]
    assert main(arguments) == 0
    for name in ("folder", "words", "no run"):
        (root / name).mkdir()
    Image.fromarray(np.zeros((3, 5), np.uint8)).save(root / "folder" / "one.png")
    (root / "words" / "letter.txt").write_text("dear diary")
    (root / "no run" / "recipe.toml").write_text("seed = 1\n")
    for name in ("empty.png", "torn.zip", "torn.npz", "torn.npy", "words.txt"):
        (root / name).write_bytes(b"PK\x03\x04 no more" if "torn" in name else b"")
    np.save(root / "odd.npy", np.zeros((2, 3, 0, 1), np.uint8))
    (root / "loop").symlink_to(root / "loop")
    (root / "lost").symlink_to(root / "nowhere")
    return root


@pytest.fixture(scope="module", autouse=True)
def _known_speed() -> Iterator[None]:
    """How fast this machine multiplies is not measured for each of a thousand dry runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gansmith.cli.training.dry_run.operations_per_second", lambda recipe: 1e9)
        yield


def is_told(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    """The command ends by itself, with exit code 0, or with 1 and one line."""
    try:
        code = main(arguments)
    except SystemExit:  # --help
        return
    said = capsys.readouterr().err.strip()
    assert code in (0, 1), arguments
    if code:
        assert said.startswith("gansmith: "), (arguments, said)
        assert "\n" not in said, (arguments, said)
        assert len(said) < 1500, (arguments, said)


def choice(dice: random.Random, key: str) -> str:
    """An odd value that a setting may be given here: not the data that is too large for a test."""
    return dice.choice([value for value in ODD if not (key == "data.source" and value == ".")])


@pytest.mark.parametrize("recipe", ["digits", "ring"])
def test_odd_settings(
    recipe: str, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every setting with a few odd values, as they are resolved before a training."""
    monkeypatch.chdir(here)
    dice = random.Random(recipe)
    for key in flat(Recipe()):
        for value in {choice(dice, key) for _ in range(3)}:
            is_told(capsys, ["train", recipe, "--dry-run", "--json", *SMALL, "--set", f"{key}={value}"])


COMMANDS = (
    "train ODD --dry-run", "train ring --dry-run --data ODD", "train digits --dry-run --data SOURCE", "train SOURCE --dry-run",
    "train folder --dry-run --data SOURCE", "train ring --dry-run --set ODD", "train ring --dry-run --set ODD=ODD",
    "train ring --updates ODD --dry-run", "train ring --images ODD --dry-run", "train ring --minutes ODD --dry-run",
    "train ring --epochs ODD --dry-run", "train ring --seed ODD --dry-run", "train ring --device ODD --dry-run",
    "train ring --engine ODD --dry-run", "train ring --attribute ODD --dry-run", "train ring ODD --dry-run", "train ODD ODD",
    "resume ODD", "resume SOURCE", "resume run --updates ODD --quiet", "report ODD", "report SOURCE", "diagnose ODD",
    "diagnose SOURCE", "sample ODD", "sample SOURCE", "sample run --seed 1 --label ODD", "sample run --seed ODD",
    "sample run --seed 1 --truncation ODD", "sample run --seed 1 --checkpoint ODD", "sample run --seed 1 --out SOURCE",
    "sample run --seed 1 --out SOURCE/x.png", "evaluate ODD --data ring", "evaluate SOURCE --data ring",
    "evaluate SOURCE", "evaluate run --data SOURCE", "evaluate run --features ODD", "evaluate run --count ODD --checkpoint ODD",
    "explore ODD grid", "explore run ODD", "explore run grid --columns ODD", "explore SOURCE average", "recipes ODD",
    "settings ODD", "data info ODD", "data info SOURCE", "data info ring --size ODD", "data info folder --crop ODD",
    "data info folder --background ODD", "data prepare SOURCE SOURCE", "data prepare folder store --size ODD", "data get ODD",
    "articles ODD --only-pages", "bench ODD", "compare ODD --updates 1", "check ODD", "ODD", "ODD ODD",
)  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS)
def test_odd_arguments(
    command: str, here: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(here)
    dice = random.Random(command)
    for _ in range(5):
        words = [dice.choice(ODD) if word == "ODD" else word for word in command.split()]
        typed = [word.replace("ODD", dice.choice(ODD)).replace("SOURCE", dice.choice(SOURCES)) for word in words]
        if typed[0] != "diagnose" or typed[1] != ".":
            is_told(capsys, typed)


def test_a_ctrl_c_within_a_callback_of_the_collector_stops_too() -> None:
    """CPython prints "Exception ignored" for it, and would go on."""
    program = """
import gansmith.cli, signal, time, weakref
from gansmith.__main__ import run_and_exit

class Thing:
    pass

def main():
    thing = Thing()
    seen = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGINT))
    del thing
    time.sleep(60)
    return 0

gansmith.cli.main = main
run_and_exit()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")
