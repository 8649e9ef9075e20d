"""A file of the user's that defines parts: run as the command line's `--with`, or from Python by its path.

Code is run because its user named the file, never because a recipe or a run's folder holds or names it.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib.abc
import importlib.util
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gansmith.ground.errors import RecipeError, brief
from gansmith.nets import NetPair
from gansmith.parts.record import NO_PARTS, Parts, PartsFile, digest, in_words

MODULE = "gansmith_parts"
"""The name under which such a file is a module, followed by the hash of its text."""


def as_parts(given: Parts | NetPair | str | Path | None) -> Parts:
    """Parts as they are given in Python: themselves, networks alone, or the path of a file that defines them."""
    if given is None:
        return NO_PARTS
    if isinstance(given, str | Path):
        return run_file(given)
    if isinstance(given, NetPair):
        return Parts(nets=given)
    if not isinstance(given, Parts):
        raise RecipeError(f"parts= takes a gansmith.Parts or the path of a file, not {type(given).__name__}")
    return given


def run_file(path: str | Path) -> Parts:
    """Run a file, and return its `parts`. Raises RecipeError with the line of the file that failed."""
    path = Path(path).absolute()
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise RecipeError(f"{path} cannot be read ({why}): name a Python file that defines `parts`") from None
    name = f"{MODULE}_{digest(text.encode())[:12]}"
    spec = importlib.util.spec_from_loader(name, TextLoader(path, text), origin=str(path))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(path)
    sys.modules[name] = module  # so that its classes find their module
    with failing_in_one_line(path), importing_beside(path):
        spec.loader.exec_module(module)
    found = getattr(module, "parts", None)
    if not isinstance(found, Parts):
        kind = "no `parts`" if found is None else f"`parts` as {type(found).__name__}"
        raise RecipeError(f"{path} defines {kind}: end it with `parts = gansmith.Parts(...)`")
    if not found.names():
        raise RecipeError(f"{path} defines empty `parts`: name some, as in gansmith.Parts(nets=..., metrics=[...])")
    return dataclasses.replace(found, file=PartsFile(path, text, imports_beside(path, text)))


def said(parts: Parts) -> str:
    """The line that says aloud what was run."""
    assert parts.file is not None
    more = f", and imports {', '.join(parts.file.beside)}" if parts.file.beside else ""
    return f"runs {parts.file.path}{more}: {in_words(parts.names())}"


class TextLoader(importlib.abc.InspectLoader):
    """Loads a module from a text that was read already: what is run is what was hashed. It leaves no compiled file."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text

    def get_source(self, fullname: str) -> str:
        """The text."""
        return self.text

    def get_code(self, fullname: str) -> Any:
        """The text, compiled."""
        return self.source_to_code(self.text, str(self.path))


@contextmanager
def importing_beside(path: Path) -> Iterator[None]:
    """Imports find modules in the file's folder, as they do for a script."""
    folder = str(path.parent)
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


@contextmanager
def failing_in_one_line(path: Path) -> Iterator[None]:
    """Whatever the user's code raises becomes one line that names the file's line. Raises RecipeError."""
    try:
        yield
    except SyntaxError as error:
        where = Path(error.filename or path).name
        raise RecipeError(f"{where}, line {error.lineno}, is not Python ({error.msg}): mend it there") from None
    except (Exception, SystemExit) as error:
        raise RecipeError(f"{place_of(error, path)} raised {brief(error)}: mend it there") from error


def place_of(error: BaseException, path: Path) -> str:
    """The last line of a file that an error came through."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    return f"{path.name}, line {lines[-1]}," if lines else path.name


def imports_beside(path: Path, text: str) -> dict[str, str]:
    """The files in the folder of a file that it imports, with their hashes: a run keeps no copy of those."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    found: dict[str, str] = {}
    for name in sorted(names):
        origin = getattr(sys.modules.get(name), "__file__", None)
        if origin and Path(origin).parent == path.parent and Path(origin) != path:
            found[Path(origin).name] = digest(Path(origin).read_bytes())
    return found
