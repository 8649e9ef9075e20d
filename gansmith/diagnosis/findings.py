"""What the doctor can find, and what a finding says."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

State = Literal[
    "divergence",
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
    "mode collapse",
    "cycling mode collapse",
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
    "warming up",
    "still improving",
    "converged",
    "balanced",
]
STATES: tuple[State, ...] = get_args(State)
Severity = Literal["alarm", "course"]  # something is wrong; or how training gets on


@dataclass(frozen=True)
class Remedy:
    """One change to try first."""

    settings: Mapping[str, Any]  # by dotted name, as `--set` takes them; empty where no setting helps
    why: str
    source: str = ""

    def as_row(self) -> dict[str, Any]:
        """JSON-able."""
        return {"set": {**self.settings}, "why": self.why, "source": self.source}

    def line(self) -> str:
        """As a person types it: `--set a.b=c`, then why."""
        flags = " ".join(flag(name, value) for name, value in self.settings.items())
        return ": ".join(part for part in (flags, self.why) if part) + (f" ({self.source})" if self.source else "")


@dataclass(frozen=True)
class Finding:
    """A state, since when, what it rests on, and what to change."""

    state: State
    since_update: int
    text: str  # a sentence or two
    evidence: Mapping[str, float] = field(default_factory=dict)
    severity: Severity = "alarm"
    remedy: tuple[Remedy, ...] = ()
    article: str = ""  # number of the article whose failure this is
    picture: str = ""  # file within the run's folder

    @property
    def is_alarm(self) -> bool:
        """Something is wrong."""
        return self.severity == "alarm"

    def line(self) -> str:
        """One line for the display."""
        since = f" since update {self.since_update:,}" if self.is_alarm else ""
        return f"{self.state}{since}: {self.text}"

    def as_row(self, update: int) -> dict[str, Any]:
        """A row of findings.jsonl, said after `update`."""
        row: dict[str, Any] = {
            "update": update,
            "state": self.state,
            "since_update": self.since_update,
            "severity": self.severity,
            "text": self.text,
            "evidence": {name: round(value, 6) for name, value in self.evidence.items()},
            "remedy": [remedy.as_row() for remedy in self.remedy],
        }
        return row | {name: value for name in ("article", "picture") if (value := getattr(self, name))}


def written(value: Any) -> str:
    """A setting's value as `--set` reads it."""
    if isinstance(value, (bool, list, tuple, dict)):
        return json.dumps(value)
    short = f"{value:g}" if isinstance(value, float) else str(value)
    return short if not isinstance(value, float) or float(short) == value else repr(value)


def flag(name: str, value: Any) -> str:
    """A setting as it is typed into a shell, quoted where a shell would read brackets as its own."""
    return f"--set {shlex.quote(f'{name}={written(value)}')}"
