"""The doctor applies the rules as a history grows: it knows which findings are active and which comes first."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gansmith.diagnosis.findings import Certainty, Finding, Remedy, State
from gansmith.diagnosis.history import History
from gansmith.diagnosis.probe import Probe
from gansmith.diagnosis.ruleset.course import course
from gansmith.diagnosis.ruleset.table import RULES, Rule
from gansmith.ground.recipes.recipe import flat
from gansmith.ground.recipes.settings import Recipe

MISSED = 3  # checks in a row without a sign that end an active finding: at least this many,
MISSED_SHARE = 3  # or a third of the checks that found it, so that a finding that comes and goes is reported once,
MISSED_MOST = 12  # but at most this many
CERTAIN = 6  # checks in a row beyond what a rule asks for, after which a finding is certain
SETTLED = 3  # checks in a row before a change of course is accepted


@dataclass
class Sightings:
    """How often a rule found its state."""

    found: int = 0  # checks in a row that found it
    missed: int = 0  # checks in a row that did not
    active: int = 0  # checks that found it while its finding was active


class Doctor:
    """Checks a history after every row or probe. A finding is active once its rule found it often enough in a row."""

    def __init__(self, history: History) -> None:
        self.history = history
        self.active: dict[State, Finding] = {}
        self.sightings: dict[State, Sightings] = {state: Sightings() for state in RULES}
        self.course: Finding = course(history)
        self.changed = 0  # checks in a row with another course
        self.reported: State | None = None
        self.named: frozenset[str] = frozenset()  # what the reported finding named

    @property
    def leading(self) -> Finding:
        """The finding to act on: the first active alarm of the table, else how training goes."""
        return next((self.active[state] for state in RULES if state in self.active), self.course)

    @property
    def others(self) -> list[Finding]:
        """The active alarms after the leading one."""
        return [self.active[state] for state in RULES if state in self.active][1:]

    def check(self, *, row: dict[str, Any] | None = None, probe: Probe | None = None) -> Finding | None:
        """Add what is new after an update. Returns the leading finding if it is not the one reported last."""
        if row is not None:
            self.history.add_row(row)
        if probe is not None:
            self.history.add_probe(probe)
        for state, rule in RULES.items():
            self._note(state, rule)
        self._follow(course(self.history))
        leading = self.leading
        if leading.state == "warming up" or (leading.state == self.reported and leading.about <= self.named):
            return None
        self.named = leading.about | (self.named if leading.state == self.reported else frozenset())
        self.reported = leading.state
        return leading

    def _note(self, state: State, rule: Rule) -> None:
        seen, finding = self.sightings[state], rule.find(self.history)
        if finding is None:
            seen.found = 0
            if state in self.active:
                self.active[state] = dataclasses.replace(self.active[state], certainty="possible")
            seen.missed += 1
            if seen.missed >= max(MISSED, min(seen.active // MISSED_SHARE, MISSED_MOST)):
                self.active.pop(state, None)
            return
        seen.missed = 0
        seen.found += 1
        before = self.active.get(state)
        if before or seen.found >= rule.times:
            seen.active += 1
            since = min(finding.since_update, before.since_update) if before else finding.since_update
            remedy = tuple(remedies_for(rule, self.history.recipe))
            certainty = _certainty(seen.found, rule.times)
            self.active[state] = dataclasses.replace(finding, since_update=since, remedy=remedy, certainty=certainty)

    def _follow(self, now: Finding) -> None:
        """Accept a change of course when it lasts."""
        self.changed = self.changed + 1 if now.state != self.course.state else 0
        if self.changed in (0, SETTLED) or self.course.state == "warming up":
            self.course, self.changed = now, 0


def remedies_for(rule: Rule, recipe: Recipe | None) -> Iterator[Remedy]:
    """A rule's remedies for a run. One whose settings are the run's already stays as advice, without settings."""
    now = {} if recipe is None else flat(recipe)
    for remedy in rule.remedies(recipe or Recipe()):
        same = all(name in now and now[name] == value for name, value in remedy.settings.items())
        yield dataclasses.replace(remedy, settings={}) if same else remedy


def _certainty(found: int, times: int) -> Certainty:
    """How sure a finding is that was found in so many checks in a row, where its rule asks for `times`."""
    return "certain" if found >= times + CERTAIN else "likely" if found >= times else "possible"


def replay(doctor: Doctor, rows: Iterable[dict[str, Any]], probes: Iterable[Probe]) -> list[tuple[int, Finding]]:
    """Check recorded rows and probes in the order of updates. Returns (update, finding) for each report."""
    row_at = {row["update"]: row for row in rows if isinstance(row.get("update"), int)}
    probe_at = {probe.update: probe for probe in probes}
    reports: list[tuple[int, Finding]] = []
    for update in sorted({*row_at, *probe_at}):
        finding = doctor.check(row=row_at.get(update), probe=probe_at.get(update))
        if finding is not None:
            reports.append((update, finding))
    return reports
