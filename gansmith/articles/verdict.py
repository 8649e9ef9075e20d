"""What a rule says of a claim: one of three answers, why, and what would decide it where it is open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gansmith.articles.evidence import Evidence

Answer = Literal["holds", "does not hold", "open at this budget"]


@dataclass(frozen=True)
class Verdict:
    """What the figures say of a claim, and why it is so. An open one says what would decide it."""

    answer: Answer
    because: str
    cause: str = ""
    needs: str = ""


Rule = Callable[[Evidence], Verdict]

NOT_RUN = Verdict(
    "open at this budget", "not all of its trainings have been run", needs="the trainings that are missing below"
)


def decide(*, holds: bool, refuted: bool, because: str, needs: str, cause: str = "") -> Verdict:
    """The verdict of two tests with a margin between them: where neither is met, the claim is open.

    The cause is told with a decided claim only, and `needs` with an open one.
    """
    assert not (holds and refuted), because
    if not holds and not refuted:
        return Verdict("open at this budget", because, needs=needs)
    return Verdict("holds" if holds else "does not hold", because, cause)
