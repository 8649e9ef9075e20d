"""Modules become one script: each after those that it imports, and no name twice."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from gansmith.web import scripts

ENTRIES = sorted(path.relative_to(scripts.HERE).as_posix() for path in scripts.HERE.glob("*/*.js"))
NAMES = re.compile(
    r"^(?:async )?(?:function\*?|class|const|let) (\w+)|^const \{ ([\w, ]+) \}|^const \[([\w, ]+)\]", re.MULTILINE
)


@pytest.mark.parametrize("entry", ENTRIES)
def test_no_import_and_no_export_is_left(entry: str):
    """A line that the joiner does not know would be an error in every browser."""
    assert not re.search(r"^\s*(import|export)\b", scripts.joined(entry), re.MULTILINE)


def top_names(text: str) -> list[str]:
    return [
        name.strip() for match in NAMES.findall(text) for group in match for name in group.split(",") if name.strip()
    ]


def test_names_are_unique():
    texts = [scripts.bare(path) for path in sorted(scripts.HERE.glob("*/*.js"))]
    counts = Counter(name for text in texts for name in top_names(text))
    assert [name for name, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_module_stands_after_what_it_imports(entry: str):
    order = scripts.order(scripts.HERE / entry)
    for place, path in enumerate(order):
        needed = {(path.parent / name).resolve() for name in scripts.imports(path)}
        assert needed <= set(order[:place])


def test_every_import_names_what_the_other_file_has():
    for path in sorted(scripts.HERE.glob("*/*.js")):
        for names, file in re.findall(r'^import \{([^}]*)\} from "([^"]+)";$', path.read_text("utf-8"), re.MULTILINE):
            there = (path.parent / file).read_text("utf-8")
            for name in filter(None, map(str.strip, names.split(","))):
                assert re.search(rf"^export (async )?(function\*?|class|const|let) {name}\b", there, re.MULTILINE), (
                    path,
                    name,
                )
