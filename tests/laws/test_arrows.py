"""Imports point down the floors, and what is light stays light."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from house import FLOORS, PACKAGE, ROOT, Module, imports, modules

FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
EVERY = [pytest.param(module, id=module.name) for module in modules()]
NO_TORCH = ("ground", "by_hand", "diagnosis")


def test_every_room_has_a_floor():
    rooms = {path.name for path in PACKAGE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert rooms <= set(FLOOR_OF)


def may_import(importing: str, imported: str) -> bool:
    """Lower floors, one's own room, and rooms to the left on one's own floor."""
    if importing == imported:
        return True
    here, there = FLOOR_OF[importing], FLOOR_OF[imported]
    row = FLOORS[here]
    return there < here or (there == here and row.index(imported) < row.index(importing))


@pytest.mark.parametrize("module", EVERY)
def test_imports_point_down(module: Module):
    """Also the late ones, and those for type checkers: an arrow is an arrow."""
    for name, line in imports(module.tree):
        first, _, rest = name.partition(".")
        if first != "gansmith" or not module.room:
            continue
        room = rest.partition(".")[0]
        assert room in FLOOR_OF, f"{module.name}:{line} imports gansmith.{room}"
        assert may_import(module.room, room), f"{module.name}:{line}: {module.room} may not import {room}"


@pytest.mark.parametrize("module", [case for case in EVERY if case.values[0].room in NO_TORCH])
def test_rooms_without_torch_do_not_name_it(module: Module):
    found = [(name, line) for name, line in imports(module.tree) if name.partition(".")[0] == "torch"]
    assert not found


def run(program: str, **environment: str) -> str:
    """What a Python program prints; warnings are errors."""
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=ROOT,
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


BLOCK = """
import sys
class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in BLOCKED:
            raise ImportError(f"{name} is blocked")
sys.meta_path.insert(0, Blocked())
import importlib
for name in NAMES:
    importlib.import_module(name)
"""


@pytest.mark.parametrize("room", [*NO_TORCH, "data", "losses"])
def test_a_room_without_torch_imports_where_there_is_none(room: str):
    names = [module.dotted for module in modules() if module.room == room]
    if not names:
        pytest.skip(f"there is no room {room}")
    run(f"BLOCKED = {{'torch'}}\nNAMES = {names}\n{BLOCK}")


def test_plans_need_no_torch():
    """`--dry-run` and the NumPy engine read them."""
    names = ["gansmith", "gansmith.nets", "gansmith.nets.initial", "gansmith.recipes", "gansmith.training.loop"]
    run(f"BLOCKED = {{'torch'}}\nNAMES = {names}\n{BLOCK}")


def test_modules_import_without_warnings_and_in_any_order():
    """Each in turn in one process, last floor first, so that a circle would show."""
    names = [module.dotted for module in reversed(modules()) if not module.name.endswith("__main__.py")]
    optional = ("tensorboard", "onnx", "ray", "starlette", "uvicorn", "triton")
    run(
        "import importlib\n"
        f"for name in {names}:\n"
        "    try:\n"
        "        importlib.import_module(name)\n"
        "    except ImportError as error:\n"
        f"        assert (error.name or '').partition('.')[0] in {optional}, (name, error)\n"
    )


LIGHT = "import sys, contextlib, io\nwith contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
HEAVY = ("torch", "numpy", "PIL", "sklearn", "scipy", "matplotlib", "safetensors", "rich")


@pytest.mark.parametrize("line", ["['--help']", "['--version']", "[]"])
def test_help_loads_nothing_heavy(line: str):
    program = LIGHT + f"    from gansmith.cli import main; main({line})\n"
    loaded = run(program + f"print(sorted(set({HEAVY}) & set(sys.modules)))")
    assert loaded == "[]"


def test_the_package_itself_is_light():
    assert run(f"import sys, gansmith\nprint(sorted(set({HEAVY}) & set(sys.modules)))") == "[]"


def test_help_takes_less_than_three_tenths_of_a_second_of_cpu():
    def seconds() -> float:
        before = os.times()
        subprocess.run(
            [sys.executable, "-m", "gansmith", "--help"],
            check=True,
            capture_output=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        after = os.times()
        return after.children_user + after.children_system - before.children_user - before.children_system

    assert min(seconds() for _ in range(3)) < 0.3
