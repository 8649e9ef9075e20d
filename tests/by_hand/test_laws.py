"""Laws of the room: it needs NumPy only, and stays readable."""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

import gansmith.by_hand
import gansmith.losses
from checkpoint_arrays import PATIENCE
from gansmith.by_hand.activations import ACTIVATIONS
from gansmith.by_hand.network import LAYERS
from gansmith.by_hand.optimizers import OPTIMIZERS
from gansmith.losses import LOSSES

ROOM = Path(gansmith.by_hand.__file__).parent
ROOT = ROOM.parent.parent
FILES = sorted(ROOM.glob("*.py"))
LOSS_FILES = sorted(Path(gansmith.losses.__file__).parent.glob("*.py"))
MODULES = {
    path.stem: f"gansmith.{path.parent.name}.{path.stem}"
    for path in (*FILES, *LOSS_FILES)
    if path.stem not in ("__init__", "record", "relativistic")  # what this engine does not compute
}
WALK = ROOT / "docs" / "by-hand.md"

PLAYS_ALONE = """
import sys

at_the_start = set(sys.modules)  # what this machine's Python loads by itself

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "PIL", "sklearn", "scipy", "rich", "safetensors"):
            raise ImportError(name + " is blocked")

sys.meta_path.insert(0, Blocker())
import numpy as np
from dataclasses import replace
from gansmith.by_hand import HandGame
from gansmith.ground.game import StepContext
from gansmith.ground.recipes.settings import NetSettings, Recipe

recipe = Recipe(generator=NetSettings(widths=(4, 3), norm="batch", output="tanh"))
game = HandGame(replace(recipe, discriminator=NetSettings(widths=(3, 4))), (1, 8, 8))
game.load(np.zeros((9, 8, 8, 1), np.uint8), None)
game.step(np.array([[0, 1, 2, 3]]), StepContext(1, 0, 1e-3, 1e-3, 0.0))
assert game.sample(np.zeros((2, 64), np.float32), None).shape == (2, 8, 8, 1)
known = set(sys.stdlib_module_names) | {"numpy", "gansmith", "__main__", "cython_runtime"}
print(sorted({name.partition(".")[0] for name in set(sys.modules) - at_the_start} - known))
"""


def test_it_plays_with_numpy_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PLAYS_ALONE],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=PATIENCE,
    )
    assert done.returncode == 0, done.stderr
    assert [name for name in ast.literal_eval(done.stdout) if not name.startswith("_")] == []


def code_lines(source: str) -> int:
    """Lines that hold code: no blank ones, no comments, no docstrings."""
    lines: set[int] = set()
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in skipped:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(node) is not None:
            text = node.body[0]
            lines -= set(range(text.lineno, (text.end_lineno or text.lineno) + 1))
    return len(lines)


def test_it_stays_under_750_lines() -> None:
    counted = {path.name: code_lines(path.read_text(encoding="utf-8")) for path in FILES}
    assert sum(counted.values()) < 750, counted


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_function_is_over_40_lines(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            assert (node.end_lineno or 0) - node.lineno + 1 <= 40, node.name


def named_places() -> set[str]:
    """Every `module.name` that the walk-through points to."""
    return {text for text in re.findall(r"`([A-Za-z_.]+)`", WALK.read_text(encoding="utf-8")) if "." in text}


def test_the_walk_through_leaves_no_formula_out() -> None:
    """Forward and backward of every layer, both parts' losses, every optimiser's step: each has its place."""
    losses = [loss.numpy for loss in LOSSES.values() if loss.numpy]
    parts = {part for loss in losses for part in (loss.real, loss.fake, loss.generator)}
    layers = [(layer.__module__.rpartition(".")[2], layer.__name__) for layer in LAYERS.values()]
    wanted = {f"{part.__module__.rpartition('.')[2]}.{part.__name__}" for part in parts}
    wanted |= {f"optimizers.{optimizer.__name__}.step" for optimizer in OPTIMIZERS.values()}
    wanted |= {f"{module}.{name}.{walk}" for module, name in layers for walk in ("forward", "backward")}
    wanted |= {"penalty.gradient_penalty", "penalty.backward_by_layer", "penalty.forward_by_layer"}
    assert wanted - named_places() == set()
    wanted |= {"network.Network.backward"}
    words = WALK.read_text(encoding="utf-8").lower()
    assert [name for name in ACTIVATIONS if name not in words and name != "linear"] == []


def test_every_row_of_formulas_says_where() -> None:
    """The last column of the walk-through's tables of formulas is a place in the code."""
    tables = [part for part in WALK.read_text(encoding="utf-8").split("\n\n") if " where |\n" in part]
    rows = [line for table in tables for line in table.splitlines()[2:]]
    assert len(tables) == 3
    places = [re.match(r"`([a-z_]+)\.[A-Za-z_.]+`", row.strip("| ").split(" | ")[-1]) for row in rows]
    assert len(rows) > 20
    assert [row for row, place in zip(rows, places, strict=True) if place is None] == []


def test_links_of_the_walk_through_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)]+)\)", WALK.read_text(encoding="utf-8"))
    assert {Path(link).stem for link in links if link.endswith(".py")} == MODULES.keys()
    assert [link for link in links if not (WALK.parent / link).is_file()] == []


def test_every_name_in_the_walk_through_exists() -> None:
    """`module.name` and `module.Class.method` in docs/by-hand.md lead somewhere; every module is spoken of."""
    named = set(re.findall(r"`([a-z_]+)\.([A-Za-z_]+(?:\.[a-z_]+)?)`", WALK.read_text(encoding="utf-8")))
    ours = {(module, name) for module, name in named if module in MODULES}
    assert len(ours) > 25
    assert {module for module, _ in ours} == MODULES.keys()
    for module, name in ours:
        found: object = __import__(MODULES[module], fromlist=[name])
        for part in name.split("."):
            assert hasattr(found, part), f"{module}.{name}"
            found = getattr(found, part)
