"""The package and the tests as the laws see them: files, parsed; and how a law names its offenders."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "gansmith"
TESTS = ROOT / "tests"

FLOORS: tuple[tuple[str, ...], ...] = (
    ("ground",),
    ("kinds", "data", "losses", "nets", "parts"),
    ("game", "by_hand"),
    ("training",),
    ("metrics", "diagnosis", "latent"),
    ("report",),
    ("recipes", "trained", "runs"),
    ("explore", "compare", "articles", "bench", "web", "learn", "exports", "studio", "notebook"),
    ("cli",),
)
"""From the ground up; rooms of one floor from left to right."""

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One file of the package, or of the tests."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Its path for messages: "ground/recipes/recipe.py" within the package, "tests/checkpoint_arrays.py" elsewhere."""
        return self.path.relative_to(PACKAGE if PACKAGE in self.path.parents else ROOT).as_posix()

    def at(self, line: int, what: str) -> str:
        """An offence of this file, as a law lists it."""
        return f"{self.name}:{line}: {what}"

    @property
    def room(self) -> str:
        """The room it stands in; "" for the package's own front doors."""
        return self.path.relative_to(PACKAGE).parts[0] if self.path.parent != PACKAGE else ""

    @property
    def dotted(self) -> str:
        """Its name as an import statement has it."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def parsed(folder: Path) -> tuple[Module, ...]:
    """Every Python file below a folder."""
    paths = sorted(folder.rglob("*.py"))
    texts = [path.read_text(encoding="utf-8") for path in paths]
    return tuple(Module(path, text, ast.parse(text)) for path, text in zip(paths, texts, strict=True))


def modules() -> tuple[Module, ...]:
    """Every module of the package."""
    return parsed(PACKAGE)


def nobody(offenders: Iterable[str]) -> None:
    """Fail with a list of all offenders, one a line: "file:line: what"."""
    found = list(offenders)
    if found:
        pytest.fail("\n".join([f"{len(found)} offences", *found]), pytrace=False)


def imports(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every dotted name that is imported, anywhere, with its line: `from a import b` gives a.b."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"line {node.lineno}: imports are absolute"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def functions(tree: ast.AST) -> Iterator[Function]:
    """Every function and method."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


@cache
def code_lines(text: str) -> frozenset[int]:
    """The numbers of the lines that hold code: no blanks, no comments, no docstrings."""
    skipped = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type not in skipped:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            lines -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return frozenset(lines)
