"""Imports point down the floors, no files import each other in a circle, and what is light stays light."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping

from house import FLOORS, PACKAGE, ROOT, imports, modules, nobody

FLOOR_OF = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
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


def upward() -> Iterator[str]:
    """Every import that points up, or to the package's front door."""
    for module in modules():
        for name, line in imports(module.tree):
            first, _, rest = name.partition(".")
            room = rest.partition(".")[0]
            if first == "gansmith" and module.room and not (room in FLOOR_OF and may_import(module.room, room)):
                yield module.at(line, f"{module.room} imports {name}")


def test_imports_point_down():
    """Also the late ones, and those for type checkers: an arrow is an arrow."""
    nobody(upward())


# ---- circles


def arrows() -> dict[str, set[str]]:
    """File -> the files that it names in its imports: at its top, inside functions, and for type checkers."""
    files = {module.dotted: module.name for module in modules()}
    found: dict[str, set[str]] = {name: set() for name in files.values()}
    for module in modules():
        for name, _ in imports(module.tree):
            imported = files.get(name) or files.get(name.rpartition(".")[0])  # a module, or a name of a module
            if imported and imported != module.name:
                found[module.name].add(imported)
    return found


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """The sets of nodes, two or more, of which each leads to each other (strongly connected components)."""
    reach: dict[str, set[str]] = {}
    for start in graph:
        seen: set[str] = set()
        todo = [start]
        while todo:
            new = graph[todo.pop()] - seen
            seen |= new
            todo.extend(new)
        reach[start] = seen
    found = {tuple(sorted(other for other in reach[one] if one in reach[other])) for one in graph if one in reach[one]}
    return [list(circle) for circle in sorted(found)]


def test_no_files_import_each_other_in_a_circle():
    nobody(f"circle: {', '.join(circle)}" for circle in circles(arrows()))


def test_circles_are_what_they_are_said_to_be():
    graph = {"a": {"b", "e"}, "b": {"c", "d"}, "c": {"a"}, "d": {"e"}, "e": set(), "f": {"g"}, "g": {"f", "a"}}
    assert circles(graph) == [["a", "b", "c"], ["f", "g"]]


# ---- what is not loaded


def test_rooms_without_torch_do_not_name_it():
    nobody(
        module.at(line, f"imports {name}")
        for module in modules()
        if module.room in NO_TORCH
        for name, line in imports(module.tree)
        if name.partition(".")[0] == "torch"
    )


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
failed = []
for name in NAMES:
    try:
        importlib.import_module(name)
    except ImportError as error:
        failed.append(f"{name}: {error}")
print(chr(10).join(failed))
"""


def test_rooms_without_torch_import_where_there_is_none():
    names = [module.dotted for module in modules() if module.room in (*NO_TORCH, "data")]
    nobody(run(f"BLOCKED = {{'torch'}}\nNAMES = {names}\n{BLOCK}").splitlines())


def test_plans_need_no_torch():
    """`--dry-run` and the NumPy engine read them."""
    names = ["gansmith", "gansmith.nets", "gansmith.nets.initial", "gansmith.recipes", "gansmith.training.loop"]
    nobody(run(f"BLOCKED = {{'torch'}}\nNAMES = {names}\n{BLOCK}").splitlines())


def test_modules_import_without_warnings_and_in_any_order():
    """Each in turn in one process, last floor first, so that a circle would show."""
    names = [module.dotted for module in reversed(modules()) if not module.name.endswith("__main__.py")]
    optional = ("tensorboard", "onnx", "ray", "starlette", "uvicorn", "triton", "anywidget")
    run(
        "import importlib\n"
        f"for name in {names}:\n"
        "    try:\n"
        "        importlib.import_module(name)\n"
        "    except ImportError as error:\n"
        f"        assert (error.name or '').partition('.')[0] in {optional}, (name, error)\n"
    )


HELP = """
import sys, contextlib, io
before = set(sys.modules)
def main():
    from gansmith.cli import main
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        for line in (["--help"], ["--version"], []):
            main(line)
if COMMAND:
    main()
else:
    import gansmith
loaded = set(sys.modules) - before
print(sorted(HEAVY & {name.partition(".")[0] for name in loaded}), len(loaded))
"""
HEAVY = {"torch", "numpy", "PIL", "sklearn", "scipy", "matplotlib", "safetensors", "rich", "threadpoolctl"}


def loaded(command: bool) -> tuple[str, int]:
    """The heavy packages that are loaded by `gansmith --help` (or `import gansmith`), and the number of all modules."""
    heavy, _, count = run(f"COMMAND, HEAVY = {command}, {HEAVY}\n{HELP}").rpartition(" ")
    return heavy, int(count)


def test_help_loads_nothing_heavy_and_little_else():
    """How long it takes depends on the machine; how many modules it loads does not. It loads about 110."""
    heavy, count = loaded(command=True)
    assert heavy == "[]"
    assert count < 160


def test_the_package_itself_is_light():
    heavy, count = loaded(command=False)
    assert heavy == "[]"
    assert count < 40
