"""The rules applied as a history grows: which findings stand, which of them leads, and when that changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

from gansmith.diagnosis.findings import Finding, State
from gansmith.diagnosis.history import History
from gansmith.diagnosis.probe import Probe
from gansmith.diagnosis.remedies import remedies
from gansmith.diagnosis.ruleset.course import course
from gansmith.diagnosis.ruleset.table import RULES

FORGOTTEN = 3  # looks without a sign after which a finding no longer stands: at least,
FORGOTTEN_SHARE = 3  # or a third of the looks that saw it, so that what comes and goes is said once
FORGOTTEN_MOST = 12
SETTLED = 3  # looks before a change of course is believed


class Doctor:
    """Looks at a history again and again. A finding stands once its rule found it often enough in a row."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.standing: dict[State, Finding] = {}
        self.seen: dict[State, int] = {}  # looks in a row that found it
        self.missed: dict[State, int] = {}  # looks in a row that did not
        self.stood: dict[State, int] = {}  # looks that found it while it stood
        self.course: Finding = course(history)
        self.turned = 0  # looks in a row that saw another course
        self.said: State | None = None

    @property
    def leading(self) -> Finding:
        """The finding to act on: the first alarm of the table that stands, else how training gets on."""
        return next((self.standing[state] for state in RULES if state in self.standing), self.course)

    @property
    def others(self) -> list[Finding]:
        """The alarms that stand beside the leading one."""
        return [self.standing[state] for state in RULES if state in self.standing][1:]

    def look(self, *, row: dict[str, Any] | None = None, probe: Probe | None = None) -> Finding | None:
        """Take what is new at an update; the leading finding, if it is another one than was last said."""
        if row is not None:
            self.history.add_row(row)
        if probe is not None:
            self.history.add_probe(probe)
        for state, rule in RULES.items():
            self._note(state, rule.finds(self.history), rule.looks)
        self._follow(course(self.history))
        leading = self.leading
        if leading.state in (self.said, "warming up"):
            return None
        self.said = leading.state
        return leading

    def _note(self, state: State, finding: Finding | None, looks: int) -> None:
        if finding is None:
            self.seen[state] = 0
            self.missed[state] = self.missed.get(state, 0) + 1
            patience = min(self.stood.get(state, 0) // FORGOTTEN_SHARE, FORGOTTEN_MOST)
            if self.missed[state] >= max(FORGOTTEN, patience):
                self.standing.pop(state, None)
            return
        self.missed[state] = 0
        self.seen[state] = self.seen.get(state, 0) + 1
        before = self.standing.get(state)
        if before is not None or self.seen[state] >= looks:
            self.stood[state] = self.stood.get(state, 0) + 1
            since = min(finding.since_update, before.since_update) if before else finding.since_update
            remedy = remedies(state, self.history.recipe)
            self.standing[state] = dataclasses.replace(finding, since_update=since, remedy=remedy)

    def _follow(self, now: Finding) -> None:
        """A change of course is believed when it lasts."""
        self.turned = self.turned + 1 if now.state != self.course.state else 0
        if now.state == self.course.state or self.turned >= SETTLED or self.course.state == "warming up":
            self.course, self.turned = now, 0


def replay(doctor: Doctor, rows: Iterable[dict[str, Any]], probes: Iterable[Probe]) -> list[tuple[int, Finding]]:
    """Look at what was recorded, in the order of updates: what would have been said, and after which update."""
    moments: dict[int, tuple[dict[str, Any] | None, Probe | None]] = {}
    for row in rows:
        if isinstance(row.get("update"), int):
            moments[row["update"]] = (row, None)
    for probe in probes:
        moments[probe.update] = (moments.get(probe.update, (None, None))[0], probe)
    said: list[tuple[int, Finding]] = []
    for update in sorted(moments):
        row, probe = moments[update]
        finding = doctor.look(row=row, probe=probe)
        if finding is not None:
            said.append((update, finding))
    return said
