"""The files of the renderer and of the page, and how modules become one script.

A page that is opened from a disk may import nothing. So the modules are put one after the other, each after those that it
imports, without their `import` lines: names at the top of a module are therefore unique among all of them, which a test
checks.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
LOOK = HERE / "page" / "look.css"
"""What the style of every page begins with."""
IMPORT = re.compile(r'^import \{[^}]*\} from "([^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?function|class|const|let)", re.MULTILINE)


@cache
def kernel() -> bytes:
    """The compiled matrix product, from kernel.wat."""
    return (HERE / "engine" / "kernel.wasm").read_bytes()


@cache
def joined(entry: str) -> str:
    """A module such as "engine/renderer.js" and all that it imports, as one classic script in strict mode."""
    return '"use strict";\n' + "\n".join(bare(path) for path in order(HERE / entry))


def joined_styles(*files: Path) -> str:
    """Style sheets as one; later ones win."""
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def order(entry: Path) -> list[Path]:
    """The files of a module and of all that it imports, each after those that it needs."""
    found: list[Path] = []

    def visit(path: Path) -> None:
        if path not in found:
            for name in imports(path):
                visit((path.parent / name).resolve())
            found.append(path)

    visit(entry.resolve())
    return found


def imports(path: Path) -> list[str]:
    """What a module imports, as it is written there."""
    return IMPORT.findall(path.read_text(encoding="utf-8"))


def bare(path: Path) -> str:
    """A module's text without imports and the word `export`."""
    return EXPORT.sub("", IMPORT.sub("", path.read_text(encoding="utf-8")))
