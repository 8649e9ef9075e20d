"""The modules of the explainer become one script: no name twice, and each after those that it imports."""

from __future__ import annotations

import re
from collections import Counter

from gansmith.learn import page as explainer
from gansmith.web import scripts

NAMES = re.compile(
    r"^(?:async )?(?:function\*?|class|const|let) (\w+)|^const \{ ([\w, ]+) \}|^const \[([\w, ]+)\]", re.MULTILINE
)
FILES = scripts.order(explainer.HERE / explainer.ENTRY)


def top_names(text: str) -> list[str]:
    return [
        name.strip() for match in NAMES.findall(text) for group in match for name in group.split(",") if name.strip()
    ]


def test_names_are_unique():
    counts = Counter(name for path in FILES for name in top_names(scripts.bare(path)))
    assert [name for name, count in counts.items() if count > 1] == []


def test_every_file_is_used():
    """What no import leads to would be carried along for nothing."""
    assert set(explainer.HERE.rglob("*.js")) == {path for path in FILES if explainer.HERE in path.parents}


def test_no_import_and_no_export_is_left():
    assert not re.search(r"^\s*(import|export)\b", scripts.joined(str(explainer.HERE / explainer.ENTRY)), re.MULTILINE)


def test_every_import_names_what_the_other_file_has():
    for path in FILES:
        for names, file in re.findall(r'^import \{([^}]*)\} from "([^"]+)";$', path.read_text("utf-8"), re.MULTILINE):
            there = (path.parent / file).read_text("utf-8")
            for name in filter(None, map(str.strip, names.split(","))):
                assert re.search(rf"^export (function\*?|class|const|let) {name}\b", there, re.MULTILINE), (path, name)


def test_the_page_is_small_and_allows_its_own_script_alone():
    html = explainer.document()
    assert len(html.encode()) <= 120_000
    assert "default-src 'none'; script-src 'sha256-" in html
    assert not re.search(r'<(script|link|img)[^>]* (src|href)="(?!data:)', html)
    assert " style=" not in html
