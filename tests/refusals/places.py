"""Every place of the package that refuses something, and which of them an example reached."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from gansmith.cli.parser import Refused
from gansmith.ground import errors
from gansmith.ground.errors import GansmithError

PACKAGE = Path(errors.__file__).parent.parent
KINDS = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, GansmithError)}
KINDS.add(Refused.__name__)


@dataclass(frozen=True)
class Place:
    """One `raise`: the file, its lines, the function, and the words that its message holds whatever is refused."""

    file: str  # "ground/recipes/recipe.py"
    first: int
    last: int
    function: str
    words: str

    @property
    def name(self) -> str:
        """What the table calls it: the file, the function, and the longest piece of the message that never changes."""
        return f"{self.file}:{self.function}: {self.words}"


def places(room: str) -> Iterator[Place]:
    """Every place of a room that raises an error of the house with a message."""
    for path in sorted((PACKAGE / room).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function, node in _raises(tree, ""):
            error = node.exc
            if isinstance(error, ast.Call) and isinstance(error.func, ast.Name) and error.func.id in KINDS:
                words = max(_constants(error), key=len, default="").strip()
                yield Place(
                    path.relative_to(PACKAGE).as_posix(), node.lineno, node.end_lineno or node.lineno, function, words
                )


def _raises(node: ast.AST, function: str) -> Iterator[tuple[str, ast.Raise]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Raise):
            yield function, child
        yield from _raises(child, child.name if isinstance(child, ast.FunctionDef) else function)


def _constants(error: ast.Call) -> Iterator[str]:
    """The pieces of a message that are written out; of a nested f-string none."""
    for argument in error.args:
        for part in argument.values if isinstance(argument, ast.JoinedStr) else [argument]:
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                yield part.value


Reached = dict[tuple[str, int], str]
"""(file, line) of a raise -> the message."""


@contextmanager
def recorded() -> Iterator[Reached]:
    """Where errors of the house are made, while the body runs."""
    reached: Reached = {}

    def note(error: Exception, *arguments: object) -> None:
        Exception.__init__(error, *arguments)
        maker = sys._getframe(1)
        path = Path(maker.f_code.co_filename)
        if PACKAGE in path.parents:
            reached[path.relative_to(PACKAGE).as_posix(), maker.f_lineno] = str(error)

    with pytest.MonkeyPatch.context() as patch:
        for kind in (GansmithError, Refused):
            patch.setattr(kind, "__init__", note, raising=False)
        yield reached


def unreached(room: str, reached: Reached) -> list[Place]:
    """The places of a room that no example came to."""
    return [
        place
        for place in places(room)
        if not any(file == place.file and place.first <= line <= place.last for file, line in reached)
    ]
