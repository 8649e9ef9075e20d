"""The doctor's words about played histories, against the table."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gansmith.diagnosis.doctor import Doctor, replay
from gansmith.diagnosis.watcher import probes_of, remembered
from gansmith.ground.files.runfolder import RunFolder, read_rows

from .play import Play


@dataclass(frozen=True)
class Verdict:
    """What the doctor said of one history."""

    name: str
    family: str
    healthy: bool
    data_set: str
    seed: int
    onset: int
    first: str  # the first alarm; without one, how training went in the end
    at: int  # update at which that was said
    words: str  # its text
    alarms: list[tuple[int, str]]  # every alarm as it was said
    right: bool
    classes: bool | None  # whether any alarm names all lost classes; None where none is lost


def judged(play: Play, root: Path) -> Verdict:
    """Right is a first alarm that has a name of the table and comes after the onset; healthy: no alarm at all."""
    it, about = play.situation, json.loads((root / "bed.json").read_text(encoding="utf-8"))
    folder = RunFolder(root)
    doctor = Doctor(remembered(folder, folder.load_recipe()))
    raised = ""
    try:
        said = replay(doctor, list(read_rows(folder.stats)), probes_of(folder))
    except Exception as error:  # it has named nothing then; the other histories are judged all the same
        said, raised = [], f"raised {error!r}"
    alarms = [(update, finding) for update, finding in said if finding.is_alarm]
    update, first = alarms[0] if alarms else (doctor.history.update, doctor.course)
    if it.healthy:
        right = not alarms and not raised
    else:
        right = bool(alarms) and first.state in it.right and (update > about["onset"] or not about["onset"])
        right = right and (not it.said or any(finding.state in it.said for _, finding in alarms))
    named = [all(names_class(finding.text, name) for name in about["lost"]) for _, finding in alarms]
    return Verdict(
        name=it.name,
        family=it.family,
        healthy=it.healthy,
        data_set=play.data_set,
        seed=play.seed,
        onset=about["onset"],
        first=raised or first.state,
        at=update,
        words=first.text,
        alarms=[(when, finding.state) for when, finding in alarms],
        right=right,
        classes=any(named) if about["lost"] else None,
    )


def names_class(text: str, name: str) -> bool:
    """Whether a text has the name as a word, not as a part of a number or as a percentage."""
    return re.search(rf"(?<![\w.]){re.escape(name)}(?!\w|%|\.\d|,\d)", text) is not None


def table(verdicts: list[Verdict]) -> str:
    """A line for each situation: how often right, and what was said where it was wrong."""
    lines = [f"{'situation':<46}{'right':>7}{'classes':>9}  wrong: what was said, at which data sets and seeds"]
    for name in dict.fromkeys(verdict.name for verdict in verdicts):
        of = [verdict for verdict in verdicts if verdict.name == name]
        wrong: dict[str, list[str]] = {}
        for v in of:
            if not v.right:
                early = " (before the onset)" if not v.healthy and v.alarms and v.at <= v.onset else ""
                wrong.setdefault(v.first + early, []).append(f"{v.data_set} {v.seed}")
        told = [v.classes for v in of if v.classes is not None]
        classes = f"{sum(told)}/{len(told)}" if told else ""
        words = "; ".join(f"{state}: {', '.join(where)}" for state, where in wrong.items())
        lines.append(f"{name:<46}{f'{sum(v.right for v in of)}/{len(of)}':>7}{classes:>9}  {words}")
    return "\n".join([*lines, "", *sums(verdicts)])


def sums(verdicts: Iterable[Verdict]) -> list[str]:
    """A line for each family, and one for all."""
    verdicts = list(verdicts)
    lines = []
    for family in dict.fromkeys(verdict.family for verdict in verdicts):
        of = [verdict for verdict in verdicts if verdict.family == family]
        lines.append(f"{family:<12} {sum(v.right for v in of)}/{len(of)}")
    faults, well = [v for v in verdicts if not v.healthy], [v for v in verdicts if v.healthy]
    named = sum(v.right for v in faults)
    false = sum(not v.right for v in well)
    lines.append(
        f"faults named rightly {named}/{len(faults)} ({named / max(1, len(faults)):.0%}); "
        f"false alarms {false}/{len(well)} ({false / max(1, len(well)):.1%})"
    )
    return lines
