"""The doctor beside the training loop: it probes within a time budget, reports findings, may request a rollback."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from gansmith.diagnosis.doctor import Doctor, replay
from gansmith.diagnosis.findings import Finding, written
from gansmith.diagnosis.history import History
from gansmith.diagnosis.pictures import beside
from gansmith.diagnosis.probe import Probe, Prober
from gansmith.diagnosis.reference import Reference
from gansmith.ground.files.runfolder import RunFolder, append_row, read_rows
from gansmith.ground.labelling import Labelling
from gansmith.ground.pixels import write_png
from gansmith.ground.recipes.recipe import flat
from gansmith.ground.recipes.settings import Recipe
from gansmith.training.events import Request, UpdateEvent

PROBE_EVERY = 50  # updates, where the budget allows it
PATIENCE = 3  # checks with an alarm before a remedy is tried
HEALTHY_SAVES = 200  # updates between the checkpoints that a remedy may go back to


def note_known(folder: RunFolder, known: Reference) -> None:
    """Write the numbers of the real items as the first row of probes.jsonl: a later diagnosis then needs no data."""
    about = {"real": known.real, "count": known.count, "classes": known.classes, "class_names": list(known.class_names)}
    append_row(folder.probes, {"update": 0, "about": about})


def remembered(folder: RunFolder, recipe: Recipe | None) -> History:
    """An empty history with the numbers that `note_known` wrote."""
    about = next((row["about"] for row in read_rows(folder.probes) if isinstance(row.get("about"), dict)), {})
    try:
        real = {str(name): float(value) for name, value in about.get("real", {}).items()}
        names = tuple(str(name) for name in about.get("class_names", ()))
        return History(recipe, real, int(about.get("count", 0)), int(about.get("classes", 0)), names)
    except (AttributeError, TypeError, ValueError):
        return History(recipe)


def probes_of(folder: RunFolder) -> list[Probe]:
    """The probes of a run."""
    return [probe for row in read_rows(folder.probes) if (probe := Probe.of_row(row)) is not None]


def picture_of(folder: RunFolder, finding: Finding, update: int, prober: Prober) -> str:
    """Draw a finding's picture from the newest samples. Returns the file's name in the run; "" without a picture."""
    picture = beside(finding.state, prober.newest, prober.known) if prober.newest and finding.is_alarm else None
    if picture is None:
        return ""
    folder.diagnosis.mkdir(exist_ok=True)
    path = folder.diagnosis / f"{update:08d}-{finding.state.replace(' ', '-')}.png"
    write_png(path, picture)
    return path.relative_to(folder.root).as_posix()


class Watch:
    """A watcher that writes probes.jsonl and findings.jsonl, and passes each new finding to `say`."""

    def __init__(
        self,
        folder: RunFolder,
        recipe: Recipe,
        known: Reference,
        labelling: Labelling,
        *,
        say: Callable[[str], None],
        seconds: float = 0.0,
        tried: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """labelling: the players' labels. seconds: the loop's, before this process. tried: changes made before."""
        self.folder, self.recipe, self.say = folder, recipe, say
        self.doctor = Doctor(History.of(recipe, known))
        replay(self.doctor, read_rows(folder.stats), probes_of(folder))
        self.prober = Prober(recipe, known, labelling)
        self.began, self.spent, self.cost = seconds, 0.0, 0.0
        self.probed = -1  # the update of the newest probe
        self.tried = [dict(change) for change in tried]
        self.alarms = 0  # checks in a row with an alarm
        self.saved = 0  # update of the last checkpoint requested
        self.helpless = False  # has reported that there is no remedy left

    def after(self, event: UpdateEvent) -> Request | None:
        """Check, where a row or a probe is due."""
        probe = self._probe(event) if self._affordable(event) else None
        if event.row is None and probe is None:
            return None
        finding = self.doctor.check(row=event.row, probe=probe)
        if finding is not None:
            picture = picture_of(self.folder, finding, event.update, self.prober)
            append_row(self.folder.findings, replace(finding, picture=picture).as_row(event.update))
            self.say(f"update {event.update:,}: {finding.line()}")
        return self._request(event) if self.recipe.watch.remedy == "auto" else None

    def course(self) -> tuple[str, str]:
        """The leading finding's state, and how sure it is."""
        return self.doctor.leading.state, self.doctor.leading.certainty

    def _affordable(self, event: UpdateEvent) -> bool:
        """Whether to probe: every PROBE_EVERY updates while probes keep to their share of the time; and at both ends."""
        if event.update == self.probed:
            return False
        if event.last or event.update == 0:
            return True
        share = self.recipe.watch.diagnose
        within = self.spent == 0 or self.spent + self.cost <= share * (event.seconds - self.began)
        return share > 0 and event.update % PROBE_EVERY == 0 and within

    def _probe(self, event: UpdateEvent) -> Probe:
        began, self.probed = time.perf_counter(), event.update
        probe = self.prober.probe(event.game, event.update, event.images_seen)
        if event.update:  # the first probe is slow, and is taken before the clock starts
            self.cost = time.perf_counter() - began
            self.spent += self.cost
        append_row(self.folder.probes, probe.as_row())
        return probe

    def _request(self, event: UpdateEvent) -> Request | None:
        """Roll back with one change once an alarm has lasted; save healthy states to go back to."""
        leading = self.doctor.leading
        if not leading.is_alarm:
            self.alarms = 0
            due = event.row is not None and event.update - self.saved >= HEALTHY_SAVES
            if due and leading.state != "warming up" and not event.last:
                self.saved = event.update
                return Request("save", "a healthy state to go back to")
            return None
        self.alarms += 1
        if self.alarms < PATIENCE and leading.state != "divergence":
            return None
        causes = [finding for finding in (leading, *self.doctor.others) if finding.is_alarm]
        changes = [(finding, next_change(finding, self.recipe, self.tried)) for finding in causes]
        leading, change = next(((finding, change) for finding, change in changes if change), (leading, None))
        if change is None:
            if not self.helpless:
                self.helpless = True
                self.say(
                    f"nothing is left to try against {leading.state}{_in_words(self.tried)}: training continues unchanged"
                )
            return None
        return Request("rollback", leading.line(), change, before=leading.since_update)


def _in_words(tried: Sequence[Mapping[str, Any]]) -> str:
    """What was tried, for a sentence."""
    changes = ["; ".join(f"{name}={written(value)}" for name, value in change.items()) for change in tried]
    return f" after {', then '.join(changes)}" if changes else ", as no setting of a recipe changes it"


def next_change(finding: Finding, recipe: Recipe, tried: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """The first remedy that changes something and was not tried before; None where none is left."""
    now = flat(recipe)
    for remedy in finding.remedy:
        change = {name: value for name, value in remedy.settings.items() if now.get(name) != value}
        if change and change not in tried:
            return change
    return None
