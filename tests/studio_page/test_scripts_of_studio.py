"""The page's modules as one script: names are unique, texts never become HTML, and it is small."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from pathlib import Path

import gansmith.studio
from gansmith.diagnosis.pictures import COPIES
from gansmith.runs.recovery.roll_back import IN_FLIGHT
from gansmith.studio import documents
from gansmith.web import scripts

ROOM = Path(gansmith.studio.__file__).parent
PAGE = ROOM / "page"
JOINED = scripts.order(PAGE / "main.js")
NAMES = re.compile(
    r"^(?:async )?(?:function\*?|class|const|let) (\w+)|^const \{ ([\w, ]+) \}|^const \[([\w, ]+)\]", re.MULTILINE
)
FROM_TEXT = re.compile(
    r"\b(innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|eval)\b|new Function"
)
MOST = 150_000  # bytes of the page, gzipped


def test_names_are_unique():
    found = [NAMES.findall(scripts.bare(path)) for path in JOINED]
    names = [
        name.strip() for file in found for match in file for group in match for name in group.split(",") if name.strip()
    ]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_every_module_is_used_and_every_import_is_there():
    assert set(PAGE.rglob("*.js")) - set(JOINED) == set()
    for path in JOINED:
        for names, file in re.findall(r'^import \{([^}]*)\} from "([^"]+)";$', path.read_text("utf-8"), re.MULTILINE):
            there = (path.parent / file).read_text("utf-8")
            for name in filter(None, map(str.strip, names.split(","))):
                assert re.search(rf"^export (async )?(function\*?|class|const|let) {name}\b", there, re.MULTILINE), (
                    path,
                    name,
                )


def test_no_text_becomes_html():
    own = [path for path in PAGE.rglob("*.js") if FROM_TEXT.search(path.read_text("utf-8"))]
    assert own == []


def test_the_page_is_small():
    assert len(gzip.compress(documents.page().encode(), 9)) <= MOST


def test_the_page_knows_which_settings_may_change_in_the_middle():
    text = (PAGE / "run" / "effects.js").read_text("utf-8")
    listed = re.search(r"IN_FLIGHT = \[([^\]]*)\]", text)
    assert listed is not None
    assert tuple(re.findall(r'"([^"]+)"', listed[1])) == IN_FLIGHT


def test_the_page_knows_which_pictures_of_findings_show_copies():
    listed = re.search(r"COPY_STATES = \[([^\]]*)\]", (PAGE / "run" / "finding.js").read_text("utf-8"))
    assert listed is not None
    assert tuple(re.findall(r'"([^"]+)"', listed[1])) == COPIES
