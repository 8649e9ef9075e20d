"""The wheel: small, with everything that it needs, and working where the repository is not."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

from gansmith.ground.version import __version__

ROOT = Path(__file__).parent.parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
MOST = 3_000_000  # bytes

CONSUMER = '''
"""A program of somebody who checks strictly."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

import gansmith
from gansmith import Generator, NetPair, Run


class Line(nn.Module):
    def __init__(self, dim: int) -> None:
        super().__init__()
        self.layer = nn.Linear(dim, 1)

    def forward(self, items: Tensor, labels: Tensor | None) -> Tensor:
        return self.layer(items)


def build(latent_dim: int, item_shape: tuple[int, ...], classes: int) -> tuple[nn.Module, nn.Module]:
    return Line(latent_dim), Line(item_shape[0])


def say(line: str) -> None:
    print(line)


run: Run = gansmith.train("ring", updates=5, settings={"threads": 1}, out=Path("run"), say=say)
own = gansmith.train("ring", nets=NetPair("line", build), updates=5)
generator: Generator = gansmith.load(run.folder.root)
items: np.ndarray = generator.sample(4, seed=1, truncation=0.7)
latents: np.ndarray = generator.latents(4, seed=1)
decoded: Tensor = run.generator().decode(torch.zeros(4, generator.latent_dim))
measured = gansmith.evaluate(run.folder.root, count=100)
print(measured.verdict)
version: str = gansmith.__version__
'''


JOURNEY = """
import gansmith
from gansmith.cli import main
from gansmith.metrics.feature_networks import classifier, self_supervised

classifier.UPDATES = self_supervised.UPDATES = 2
small = "--set generator.widths=[8,8,8] --set discriminator.widths=[8,8,8] --set threads=1"
for line in (
    f"train digits --updates 2 --quiet --out run {small}",
    "sample run --count 4 --out s.png",
    "evaluate run --count 20",
    "explore run grid",
    "report run",
):
    assert main(line.split()) == 0, line
print(gansmith.__file__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, as any installer builds it; nothing is downloaded."""
    pytest.importorskip("hatchling")
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder into which an installer would put it."""
    folder = tmp_path_factory.mktemp("site-packages")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(folder)
    return folder


def test_it_is_small_and_holds_the_package_alone(wheel: Path) -> None:
    assert wheel.stat().st_size <= MOST
    with zipfile.ZipFile(wheel) as file:
        names = {name for name in file.namelist() if ".dist-info/" not in name}
    package = ROOT / "gansmith"
    files = {path for path in package.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert names == {path.relative_to(ROOT).as_posix() for path in files}
    assert {"gansmith/py.typed", "gansmith/report/page.js", "gansmith/ground/recipes/recipe.schema.json"} <= names


def test_it_says_what_it_is_and_needs(installed: Path) -> None:
    told = Parser().parsestr(next(installed.glob("*.dist-info/METADATA")).read_text(encoding="utf-8"))
    assert (told["Name"], told["Version"], told["License-Expression"]) == ("gansmith", __version__, "Apache-2.0")
    needed = {re.split(r"[>=<;]", text)[0] for text in told.get_all("Requires-Dist", []) if "extra ==" not in text}
    assert needed == {re.split(r"[>=<]", text)[0] for text in PROJECT["dependencies"]}
    assert set(told.get_all("Classifier", [])) == set(PROJECT["classifiers"])
    points = next(installed.glob("*.dist-info/entry_points.txt")).read_text(encoding="utf-8")
    assert "gansmith = gansmith.__main__:run_and_exit" in points


def test_it_works_without_the_repository(installed: Path, tmp_path: Path) -> None:
    """Train, sample, evaluate, explore and report."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "GANSMITH_CACHE": str(tmp_path / "cache")}
    done = subprocess.run(
        [sys.executable, "-c", JOURNEY], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.splitlines()[-1]).is_relative_to(installed)
    assert (tmp_path / "run" / "report.html").stat().st_size > 50_000
    assert (tmp_path / "s.png").is_file()


def test_a_program_that_uses_it_checks_strictly(installed: Path, tmp_path: Path) -> None:
    """The checker reads the installed package, whose `py.typed` says that its types can be trusted."""
    pytest.importorskip("basedpyright")
    (tmp_path / "consumer.py").write_text(CONSUMER, encoding="utf-8")
    home = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    site = next(home.rglob("site-packages"))
    (site / "gansmith").symlink_to(installed / "gansmith")
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    (site / "libraries.pth").write_text("\n".join(libraries), encoding="utf-8")
    python = next(path for path in home.glob("*/python*") if path.is_file())
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict", "include": ["*.py"]}')
    (tmp_path / "wrong.py").write_text("import gansmith\n\ngansmith.load('run').sample('four')\n", encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "basedpyright",
        "--outputjson",
        "--project",
        str(tmp_path),
        "--pythonpath",
        str(python),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    found = [(Path(one["file"]).name, one.get("rule")) for one in json.loads(done.stdout)["generalDiagnostics"]]
    assert found == [("wrong.py", "reportArgumentType")], done.stdout
