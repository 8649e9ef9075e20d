"""The pages in the documentation say what the rules say of the figures that stand on the same page.

A table's cell has the median, the least and the greatest, which of three seeds are all; the rules do not ask which seed is
which. So the figures can be read from the page, judged again, and must give its verdict.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from gansmith.articles.claims import CLAIMS, TITLES, Claim
from gansmith.articles.evidence import FIGURES, Evidence, Trained
from gansmith.articles.studies import BETA1
from gansmith.ground.files.gridfolder import CellFolder

DOCS = Path(__file__).parents[2] / "docs"
KEYS = {title: key for key, title in FIGURES.items()}
ANSWERS = {"holds", "does not hold", "open at this budget"}
NUMBER = re.compile(r"−?\d[\d,]*\.?\d*(?:e[−+]\d+)?%?")


def number(text: str) -> float:
    """A figure as pages write it: "1,831", "−0.0022", "94.1%"."""
    plain = text.replace(",", "").replace("−", "-")
    return float(plain[:-1]) / 100 if plain.endswith("%") else float(plain)


def values(key: str, cell: str, seeds: int) -> list[float]:
    """One value for each seed, least first: from "722 (719 to 873)", from "713", or from "2 of 3"."""
    found = [number(match) for match in NUMBER.findall(cell)]
    if key == "learns" and found:
        return [float(seed < found[0]) for seed in range(int(found[1]))]
    if len(found) == 3:
        assert seeds == 3
        return sorted(found)
    return found * seeds


def tables(text: str) -> Iterator[list[dict[str, str]]]:
    """The tables of some Markdown, each row by its titles."""
    for block in text.split("\n\n"):
        lines = [
            [cell.strip() for cell in line.strip("|").split(" | ")] for line in block.split("\n") if line[:1] == "|"
        ]
        if len(lines) > 2:
            yield [dict(zip(lines[0], [*line, *[""] * len(lines[0])], strict=False)) for line in lines[2:]]


def evidence(rows: list[dict[str, str]]) -> Evidence:
    """The figures of a claim's table, as the rules take them."""
    cells: dict[str, list[Trained]] = {}
    for row in rows:
        seeds = 0 if row["seeds"] == "not run" else int(row["seeds"])
        read = {key: values(key, row[title], seeds) for title, key in KEYS.items() if row.get(title)}
        figures: list[Mapping[str, Any]] = [{key: each[seed] for key, each in read.items()} for seed in range(seeds)]
        cells[row["variant"]] = [Trained(seed, each, CellFolder(Path("nowhere"))) for seed, each in enumerate(figures)]
    return Evidence({name: found for name, found in cells.items() if found})


def section(claim: Claim) -> str:
    """What a page says of a claim."""
    page = (DOCS / "articles" / f"{claim.article}.md").read_text(encoding="utf-8")
    return page.partition(f"\n## {claim.says}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_a_verdict_follows_from_the_figures_on_its_page(claim: Claim):
    found = re.search(r"\*\*Verdict: ([^*]*)\.\*\*", section(claim))
    assert found
    verdict = claim.rule(evidence(next(tables(section(claim)))))
    assert found[1] == verdict.answer
    assert ("**What would decide it.**" in section(claim)) == bool(verdict.needs)
    page = (DOCS / "articles" / f"{claim.article}.md").read_text(encoding="utf-8")
    assert f"| {claim.says} | **{found[1]}** |" in page


@pytest.mark.parametrize("article", TITLES)
def test_a_page_has_these_claims_and_three_answers(article: str):
    page = (DOCS / "articles" / f"{article}.md").read_text(encoding="utf-8")
    given = re.findall(r"\*\*Verdict: ([^*]*)\.\*\*", page)
    assert len(given) == sum(claim.article == article for claim in CLAIMS)
    assert set(given) <= ANSWERS


def test_the_guide_repeats_the_pages_verdicts():
    guide = (DOCS / "guide" / "recipes.md").read_text(encoding="utf-8")
    told = {row["claim"]: row["verdict"] for rows in tables(guide) if "verdict" in rows[0] for row in rows}
    assert told == {claim.says: claim_verdict(claim) for claim in CLAIMS}


def claim_verdict(claim: Claim) -> str:
    """The verdict on a claim's page."""
    found = re.search(r"\*\*Verdict: ([^*]*)\.\*\*", section(claim))
    return found[1] if found else ""


def test_networks_are_judged_with_what_served_them_better():
    page = (DOCS / "articles" / "000.md").read_text(encoding="utf-8")
    told = page.partition("\n## How the networks were tuned\n")[2]
    if not told:
        assert "The networks were not tuned alike" in page
        return
    rows = next(tables(told))
    distance = {row["variant"]: number(row[FIGURES["fd"]]) for row in rows}
    for network, beta in BETA1.items():
        assert distance.pop(f"{network}, beta1 {beta}") < distance.pop(f"{network}, beta1 {1.4 - beta:.1f}")
    assert not distance


class Read(dict[str, Any]):
    """Figures that remember which of them were asked for."""

    asked: set[str]

    def __init__(self, figures: Mapping[str, Any]):
        super().__init__(figures)
        self.asked = set()

    def get(self, key: str, default: Any = None) -> Any:
        self.asked.add(key)
        return super().get(key, default)


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_a_rule_judges_by_what_its_page_shows(claim: Claim):
    figures = dict.fromkeys((*FIGURES, "fd@10"), 0.5)
    cells = {
        name: [Trained(seed, Read(figures), CellFolder(Path("nowhere"))) for seed in range(3)] for name in VARIANTS
    }
    claim.rule(Evidence(cells))
    asked = {name: set().union(*(cell.figures.asked for cell in found)) for name, found in cells.items()}  # pyright: ignore[reportAttributeAccessIssue]
    for name, keys in asked.items():
        unseen = {key for key in keys - {"state"} if not key.startswith("fd@")} - set(claim.figures)
        assert not unseen, name
        assert not keys or name in claim.variants


VARIANTS = {name for claim in CLAIMS for name in claim.variants}


def test_figures_are_read_as_pages_write_them():
    assert values("fd", "1,831 (1,538 to 1,941)", 3) == [1538, 1831, 1941]
    assert values("accuracy", "94.1%", 2) == [0.941, 0.941]
    assert values("mean_correlation", "−0.0022 (−0.052 to 0.0288)", 3) == [-0.052, -0.0022, 0.0288]
    assert values("gradient", "0 (0 to 6.83e−09)", 3) == [0, 0, 6.83e-9]
    assert values("learns", "2 of 3", 3) == [1, 1, 0]
    assert values("fd", "", 3) == []


@pytest.mark.parametrize("article", TITLES)
def test_no_share_on_a_page_is_above_one(article: str):
    page = (DOCS / "articles" / f"{article}.md").read_text(encoding="utf-8")
    shares = [number(found) for found in NUMBER.findall(page) if found.endswith("%")]
    assert all(0 <= share <= 1 for share in shares)
