"""The states that the doctor can find, and the record of a finding."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

State = Literal[
    "data not scaled",
    "divergence",
    "blank data",
    "repeated data",
    "sigmoid as logits",
    "wrong pixel range",
    "rate too high",
    "rate too low",
    "discriminator never moves",
    "generator never moves",
    "discriminator pulled along",
    "one picture memorised",
    "latents lost",
    "regression to the mean",
    "blank samples",
    "mode collapse",
    "cycling mode collapse",
    "classes dropped",
    "partial mode collapse",
    "label-wise mode collapse",
    "memorised pictures",
    "discriminator memorises",
    "labels ignored",
    "discriminator overpowers",
    "generator overpowers",
    "vanishing gradients",
    "exploding gradients",
    "oscillation",
    "checkerboard",
    "grain",
    "contrast lost",
    "colour lost",
    "blurred",
    "warming up",
    "still improving",
    "converged",
    "balanced",
]
STATES: tuple[State, ...] = get_args(State)
Severity = Literal["alarm", "course"]  # something is wrong; or how training goes
Certainty = Literal["possible", "likely", "certain"]
"""How sure a finding is. Of an alarm: seen in a check now and then; in each of the newest ones; in six or more beyond what
its rule asks for. How training goes is certain where the interval of its progress is on one side of the limit."""


@dataclass(frozen=True)
class Remedy:
    """One change to try."""

    settings: Mapping[str, Any]  # by dotted name, as for `--set`; empty where no setting helps
    why: str
    source: str = ""

    def as_row(self) -> dict[str, Any]:
        """The row for JSON."""
        return {"set": {**self.settings}, "why": self.why, "source": self.source}

    def line(self) -> str:
        """One line: `--set a.b=c`, the reason, the source."""
        flags = " ".join(flag(name, value) for name, value in self.settings.items())
        return ": ".join(part for part in (flags, self.why) if part) + (f" ({self.source})" if self.source else "")


@dataclass(frozen=True)
class Finding:
    """A state, since when, the evidence, and what to change."""

    state: State
    since_update: int
    text: str  # a sentence or two
    evidence: Mapping[str, float] = field(default_factory=dict)
    severity: Severity = "alarm"
    remedy: tuple[Remedy, ...] = ()
    article: str = ""  # number of the article whose failure this is
    picture: str = ""  # file within the run's folder
    certainty: Certainty = "likely"
    about: frozenset[str] = frozenset()  # what it names, as classes: where more is named, the finding is reported again

    @property
    def is_alarm(self) -> bool:
        """Whether something is wrong."""
        return self.severity == "alarm"

    def line(self) -> str:
        """One line for the display."""
        since = f" since update {self.since_update:,}" if self.is_alarm else ""
        return f"{self.state}{since} ({self.certainty}): {self.text}"

    def as_row(self, update: int) -> dict[str, Any]:
        """A row of findings.jsonl, written after `update`."""
        row = {
            "update": update,
            "state": self.state,
            "since_update": self.since_update,
            "severity": self.severity,
            "certainty": self.certainty,
            "text": self.text,
            "evidence": {name: round(value, 6) for name, value in self.evidence.items()},
            "remedy": [remedy.as_row() for remedy in self.remedy],
        }
        return row | {name: getattr(self, name) for name in ("article", "picture") if getattr(self, name)}


def written(value: Any) -> str:
    """A setting's value as `--set` reads it."""
    if isinstance(value, (bool, list, tuple, dict)):
        return json.dumps(value)
    short = f"{value:g}" if isinstance(value, float) else str(value)
    return short if not isinstance(value, float) or float(short) == value else repr(value)


def flag(name: str, value: Any) -> str:
    """A setting for a shell's command line, quoted where it holds brackets."""
    return f"--set {shlex.quote(f'{name}={written(value)}')}"
