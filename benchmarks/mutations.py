"""Errors planted one at a time, and whether the tests see them.

    python benchmarks/mutations.py --out DIR MODULE ... [--limit 60] [--most 200]

MODULE is a file or a folder of `gansmith/`. Each mutant changes one place: a comparison, an operator, a number, True and
False, `not`, `and` and `or`, `min` and `max`, or a term that is dropped. The module's own tests (TESTS) run on a copy of the
project. Rows are added to DIR/mutations.jsonl, and what stands there is not run again. Survivors that change nothing that
can be seen are listed in mutations_equivalent.tsv with the reason. Needs a system with `fork`.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import random
import resource
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]
EQUIVALENT = Path(__file__).with_name("mutations_equivalent.tsv")
TESTS: dict[str, tuple[str, ...]] = {  # the first that a module begins with
    "gansmith/metrics/measures/agreement": ("metrics/test_judged.py",),
    "gansmith/metrics/measures/distances": ("metrics/test_manifold.py", "metrics/test_memorisation.py"),
    "gansmith/metrics/measures/diversity": ("metrics/test_judged.py",),
    "gansmith/metrics/measures/": ("metrics/test_{name}.py", "metrics/test_metric_referees.py"),
    "gansmith/metrics/intervals": ("metrics/test_judged.py",),
    "gansmith/metrics/pictures": ("metrics/test_metric_features.py", "metrics/test_wasserstein.py"),
    "gansmith/metrics/verdict": ("metrics/test_verdict.py",),
    "gansmith/metrics/feature_networks/inception": ("metrics/test_inception.py",),
    "gansmith/metrics/": ("metrics",),
    "gansmith/training/checkpoint": ("training/test_checkpoints.py",),
    "gansmith/data/order": ("data/test_order.py",),
    "gansmith/diagnosis/": ("diagnosis",),
    "gansmith/game/penalties": ("game/test_penalties.py", "game/test_gradient_penalty.py"),
    "gansmith/game/augment": ("game/test_augment.py",),
    "gansmith/game/": ("game",),
}
OPERATORS: dict[type[ast.AST], tuple[str, str]] = {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: ("is", "is not"),
    ast.IsNot: ("is not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
    ast.Pow: ("**", "*"),
    ast.And: ("and", "or"),
    ast.Or: ("or", "and"),
}
NAMES = {"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum", "any": "all", "all": "any"}
HEAVY = ("numpy", "torch", "scipy.stats", "sklearn.datasets", "PIL.Image", "torchmetrics")


class Mutant(NamedTuple):
    """One change: what stands at [start, end) of a module's text, and what stands there instead."""

    module: str
    line: int
    start: int
    end: int
    before: str
    after: str

    @property
    def key(self) -> str:
        """The same for the same change in the same line of text."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


def mutants(module: str, text: str) -> Iterator[Mutant]:
    """Every mutant of a module. Types, messages of errors and docstrings stay as they are."""
    starts = [0]
    for line in text.encode().splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def place(node: Any, end: bool = False) -> int:
        row, column = (node.end_lineno, node.end_col_offset) if end else (node.lineno, node.col_offset)
        return starts[row - 1] + column

    def change(start: int, end: int, after: str) -> Mutant:
        before = text.encode()[start:end].decode()
        return Mutant(module, text.encode()[:start].count(b"\n") + 1, start, end, before, after)

    def between(left: ast.expr, right: ast.expr, kind: ast.AST) -> Iterator[Mutant]:
        found = text.encode()[place(left, end=True) : place(right)].decode()
        old, new = OPERATORS.get(type(kind), ("\0", ""))
        if old in found:
            yield change(place(left, end=True), place(right), found.replace(old, new, 1))

    for node in ast.walk(_without_words(ast.parse(text))):
        match node:
            case ast.Compare():
                for left, kind, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
                    yield from between(left, right, kind)
            case ast.BinOp():
                yield from between(node.left, node.right, node.op)
                if isinstance(node.op, ast.Add | ast.Sub):
                    yield change(place(node.left, end=True), place(node, end=True), "")
            case ast.BoolOp():
                yield from between(node.values[0], node.values[1], node.op)
            case ast.UnaryOp(op=ast.Not()):
                yield change(place(node), place(node.operand), "")
            case ast.AugAssign():
                found = text.encode()[place(node.target, end=True) : place(node.value)].decode()
                swapped = {"+=": "-=", "-=": "+=", "*=": "/=", "/=": "*="}.get(found.strip())
                if swapped:
                    yield change(place(node.target, end=True), place(node.value), f" {swapped} ")
            case ast.Constant(value=bool()):
                yield change(place(node), place(node, end=True), str(not node.value))
            case ast.Constant(value=(int() | float()) as number):
                value = number + 1 if isinstance(number, int) else number * 2 or 1.0
                yield change(place(node), place(node, end=True), repr(value))
            case ast.Name(id=name) if name in NAMES:
                yield change(place(node), place(node, end=True), NAMES[name])
            case ast.Attribute(attr=name) if name in NAMES:
                yield change(place(node, end=True) - len(name), place(node, end=True), NAMES[name])
            case _:
                pass


class _Silent(ast.NodeTransformer):
    """Drops what no test should look at."""

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        return ast.copy_location(ast.Pass(), node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        return ast.copy_location(ast.Expr(node.value), node) if node.value else ast.copy_location(ast.Pass(), node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return ast.copy_location(ast.Constant(""), node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        node.decorator_list = []
        return self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        node.decorator_list = []
        return self.generic_visit(node)


def _without_words(tree: ast.Module) -> ast.Module:
    return _Silent().visit(tree)


def tests_of(module: str) -> list[str]:
    """The test files of a module."""
    for prefix, names in TESTS.items():
        if module.startswith(prefix):
            found = [f"tests/{name.format(name=Path(module).stem)}" for name in names]
            return [name for name in found if (ROOT / name).exists()]
    raise SystemExit(f"{module}: no tests are named for it in TESTS")


def run(copy: Path, tests: list[str], limit: float) -> str:
    """ "survived", "killed", or "too slow" for tests that were stopped, in a process of their own."""
    child = os.fork()
    if child == 0:
        os.setsid()
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        resource.setrlimit(
            resource.RLIMIT_CPU, (int(limit), int(limit) + 5)
        )  # its own seconds, however busy the machine
        os.chdir(copy)
        sys.path.insert(0, str(copy))
        os.environ["PYTHONPATH"] = str(copy)
        import pytest

        os._exit(int(pytest.main(["-q", "-x", "-p", "no:cacheprovider", *tests])))
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return "survived" if code == 0 else "too slow" if code < 0 else "killed"


def modules_of(names: list[str]) -> list[str]:
    """The files of the named files and folders."""
    paths = [
        path
        for name in names
        for path in ([ROOT / name] if name.endswith(".py") else sorted((ROOT / name).rglob("*.py")))
    ]
    return [path.relative_to(ROOT).as_posix() for path in paths if path.name != "__init__.py"]


def table(rows: list[dict[str, Any]], excused: set[str]) -> str:
    """Mutants by module, and the survivors that nothing excuses."""
    lines = ["| module | mutants | killed | equivalent | survived |", "| --- | ---: | ---: | ---: | ---: |"]
    for module in sorted({row["module"] for row in rows}):
        own = [row for row in rows if row["module"] == module]
        count = Counter(
            "equivalent" if told(row) in excused and row["result"] == "survived" else row["result"] for row in own
        )
        killed = count["killed"] + count["too slow"]
        lines.append(f"| {module} | {len(own)} | {killed} | {count['equivalent']} | {count['survived']} |")
    left = [row for row in rows if row["result"] == "survived" and told(row) not in excused]
    return "\n".join([*lines, "", *(f"{told(row)}    (line {row['line']})" for row in left)])


def told(row: dict[str, Any]) -> str:
    """A mutant as the file of equivalent ones names it: module, the line's text, the change."""
    return "\t".join([row["module"], row["text"], f"{row['before'].strip()} -> {row['after'].strip()}"])


def main() -> int:
    """Plant, run, tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modules", nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit", type=float, default=60.0, help="processor seconds for a mutant's tests")
    parser.add_argument("--most", type=int, default=10**9, help="mutants a module; a seeded choice")
    options = parser.parse_args()
    for name in HEAVY:  # once, for all the forks
        __import__(name)
    options.out.mkdir(parents=True, exist_ok=True)
    log, copy = options.out / "mutations.jsonl", options.out / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    for name in ("gansmith", "tests", "docs", "benchmarks"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    rows = [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []
    done = {row["key"] for row in rows}
    modules = modules_of(options.modules)
    for module in modules:
        text, tests = (ROOT / module).read_text(encoding="utf-8"), tests_of(module)
        if run(copy, tests, 10 * options.limit) != "survived":
            raise SystemExit(f"{module}: its tests {tests} fail as they are")
        every = list({mutant.key: mutant for mutant in mutants(module, text)}.values())
        chosen = random.Random(0).sample(every, min(options.most, len(every)))
        for mutant in sorted(chosen, key=lambda each: each.start):
            if mutant.key in done:
                continue
            source = text.encode()
            (copy / module).write_bytes(source[: mutant.start] + mutant.after.encode() + source[mutant.end :])
            began = time.monotonic()
            result = run(copy, tests, options.limit)
            line = text.splitlines()[mutant.line - 1].strip()
            row = mutant._asdict() | {"key": mutant.key, "text": line, "result": result}
            rows.append(row | {"seconds": round(time.monotonic() - began, 1)})
            with open(log, "a", encoding="utf-8") as file:
                file.write(json.dumps(rows[-1]) + "\n")
        (copy / module).write_text(text, encoding="utf-8")
    known = EQUIVALENT.read_text(encoding="utf-8").splitlines() if EQUIVALENT.exists() else []
    excused = {line.rpartition("\t")[0] for line in known if not line.startswith("#")}
    print(table([row for row in rows if row["module"] in modules], excused))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
