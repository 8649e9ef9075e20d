"""Every command in the guide runs; every command in any page is one that the parser takes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fences import DOCS, GUIDE, PAGES, ROOT, SHORTER, blocks, calls, commands, shortened, words
from PIL import Image

from gansmith.cli import main
from gansmith.cli.commands import COMMANDS
from gansmith.cli.parser import Parser, Refused

pytestmark = pytest.mark.usefixtures("quick_processes")

RUNNING = [page for page in GUIDE if commands(page, "sh")]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, digits: Path, hasty_judges: None) -> Path:
    """A folder as a reader has it after the first pages: a run of `digits`, and pictures of one's own.

    The networks that `evaluate` and `compare` measure with are trained for two updates.
    """
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    shutil.copytree(digits, tmp_path / "runs" / "digits-001")
    (tmp_path / "my-pictures").mkdir()
    for number in range(40):
        pixels = np.random.default_rng(number).integers(0, 256, (24, 24, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "my-pictures" / f"{number:02d}.png")
    for page in GUIDE:
        for text in blocks(page, "toml"):
            (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    (parts,) = blocks(DOCS / "guide" / "own-parts.md", "python")
    (tmp_path / "my_parts.py").write_text(parts, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two updates."""
    out = tmp_path_factory.mktemp("digits") / "digits-001"
    assert main([*shortened(["train", "digits"]), "--out", str(out), "--quiet"]) == 0
    return out


def ended(run: Callable[[list[str]], object], arguments: list[str]) -> object:
    """What a command returns; argparse ends with SystemExit after --help."""
    try:
        return run(arguments)
    except SystemExit as end:
        return end.code or 0


@pytest.mark.parametrize("page", RUNNING, ids=lambda page: page.stem)
def test_every_command_of_the_page_runs(page: Path, place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In order, in one folder: a page's commands build on one another."""
    for line in commands(page, "sh"):
        found = calls(line)
        assert found, f"{page.name}: {line!r} is no command of gansmith: mark its fence `console`"
        for arguments in found:
            code = ended(main, shortened(arguments))
            assert code == 0, f"{page.name}: {line!r}: {capsys.readouterr().err}"
            capsys.readouterr()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_every_command_in_any_page_is_understood(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = []
    for line in commands(page, "sh", "console"):
        for arguments in calls(line):
            try:
                ended(Parser.of(COMMANDS).parse_args, arguments)
            except Refused as refused:
                wrong.append(f"{line}: {refused}")
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: f"{page.parent.name}/{page.stem}")
def test_every_program_in_any_page_is_there(page: Path) -> None:
    lines = [words(line) for line in commands(page, "sh", "console")]
    named = {word for line in lines for word in line if word.startswith(("benchmarks/", "examples/"))}
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_rule_names_a_command_and_is_used() -> None:
    typed = [arguments for page in RUNNING for line in commands(page, "sh") for arguments in calls(line)]
    names = {arguments[0] for arguments in typed}
    names |= {f"{line[0]} {word}" for line in typed for word in line[1:3]}
    assert set(SHORTER) <= names
    assert {name.partition(" ")[0] for name in SHORTER} <= set(COMMANDS)


@pytest.mark.parametrize(
    ("typed", "run"),
    [
        ("train mine.toml --minutes 2", "train --updates 2 --set data.batch=16"),
        ("resume runs/a --updates 5000", "resume --updates 4 runs/a"),
        ("sample runs/a --count 64 --seed 7", "sample --count 20 runs/a --seed 7"),
        ("explore runs/a scale thick", "explore runs/a scale --frames 2 thick"),
        ("train digits --dry-run", "train digits --dry-run"),
        ("report runs/a", "report runs/a"),
    ],
)
def test_how_a_command_is_shortened(typed: str, run: str) -> None:
    assert " ".join(shortened(typed.split())).startswith(run)


def test_lines_are_taken_apart() -> None:
    assert calls("OMP_NUM_THREADS=1 torchrun --nproc-per-node 2 -m gansmith resume runs/a  # later") == [
        ["resume", "runs/a"]
    ]
    assert calls("git clone x && cd x") == []
    assert calls("./run train digits") == [["train", "digits"]]
    assert calls("./run lint") == []
