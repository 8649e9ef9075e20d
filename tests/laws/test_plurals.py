"""A count agrees with its noun: "1 picture". One function knows how, `errors.counted`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from house import ROOT, modules, nobody

from gansmith.ground.errors import counted

NOUNS = (
    "arguments|cells|questions|answers|pictures|folders|files|labels|items|samples|columns|numbers|rows|ranks|attributes|classes|"
    "updates|checkpoints|clusters|windows|signals|vectors|lines|characters|categories|channels|values|trainings|measurements"
)
ALWAYS_SEVERAL = {  # a line of code before it sees to that
    ("data/preparation/array_items.py", "count labels"),
    ("data/preparation/second_look.py", "len(own) pictures"),
    ("diagnosis/ruleset/rates.py", "min(len(norms), SPIKE_ROWS) rows"),
    ("kinds/signal/reading.py", "len(array) samples"),
    ("report/error_curves.py", "-count measurements"),
    ("nets/pairs/blocks.py", "len(values) values"),
    ("runs/setup.py", "store.classes classes"),
}
BARE = re.compile(rf" ({NOUNS})\b")
COUNT = re.compile(r"len\(|\bcount\b|\.shape\[|\bclasses\b")


def plurals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, what is counted) of each count in an f-string with a plural right behind it, and no "1" beside it."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.JoinedStr):
            continue
        for number, words in zip(node.values, node.values[1:], strict=False):
            if isinstance(number, ast.FormattedValue) and isinstance(words, ast.Constant):
                found, said = BARE.match(str(words.value)), ast.unparse(number.value)
                if found and COUNT.search(said) and not said.isupper() and "counted" not in said:
                    yield number.lineno, f"{said} {found[1]}"


def test_a_count_agrees_with_its_noun():
    nobody(
        f"{module.path.relative_to(ROOT)}:{line}: {words}"
        for module in modules()
        if "articles" not in module.name  # their counts are those of whole studies
        for line, words in plurals(module.tree)
        if (module.name, words) not in ALWAYS_SEVERAL
    )


def test_one_is_one():
    assert [counted(number, "row") for number in (0, 1, 2, 1000)] == ["0 rows", "1 row", "2 rows", "1,000 rows"]
    assert [counted(number, "class", "classes") for number in (1, 2)] == ["1 class", "2 classes"]


def test_a_bare_plural_is_seen():
    assert [words for _, words in plurals(ast.parse('f"of {len(found):,} pictures"'))] == ["len(found) pictures"]
    assert not list(plurals(ast.parse("f\"{counted(len(found), 'picture')} of {MOST} items\"")))
