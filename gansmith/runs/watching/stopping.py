"""A run that stops before its budget is used up, as [budget] patience, target and until say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from gansmith.ground.errors import counted, typed
from gansmith.ground.files.runfolder import RunFolder, append_row, read_rows
from gansmith.ground.recipes.settings import Recipe
from gansmith.parts.kept import option
from gansmith.training.events import Request, UpdateEvent

Course = Callable[[], tuple[str, str]]
"""The doctor's leading state, and how sure it is."""


class StopEarly:
    """Requests the stop, and writes why into log.jsonl.

    A run that is resumed after such a stop goes on: patience counts new measurements, a target that was reached and a state
    that was found stop it once.
    """

    def __init__(self, folder: RunFolder, recipe: Recipe, course: Course | None = None) -> None:
        self.folder, self.budget, self.course = folder, recipe.budget, course
        before = [row for row in read_rows(folder.log) if "stop" in row]
        self.since = max((int(row["update"]) for row in before), default=0)
        self.reached = {row.get("target") for row in before if row["stop"] == "target"}
        self.armed = not any(row["stop"] == "converged" for row in before)

    @property
    def is_wanted(self) -> bool:
        """Whether a recipe asks for it at all."""
        return bool(self.budget.patience or self.budget.target or self.budget.until != "end")

    def after(self, event: UpdateEvent) -> Request | None:
        """Look at the measurements and at the doctor, where a row is due."""
        if event.row is None or event.last:
            return None
        for stop, reason in self._reasons():
            text = f"{reason}; `{typed('resume', self.folder.root, *option(self.folder))}` goes on"
            append_row(
                self.folder.log, {"update": event.update, "stop": stop, "target": self.budget.target, "text": text}
            )
            return Request("stop", f"stopped early: {text}")
        return None

    def _reasons(self) -> Iterator[tuple[str, str]]:
        rows = list(read_rows(self.folder.judgements)) if self.budget.patience or self.budget.target else []
        rows = [row for row in rows if row.get("metric") == rows[-1].get("metric") and row.get("value") is not None]
        if rows:
            sign = -1 if rows[-1].get("better") == "higher" else 1
            best, newest = min(rows, key=lambda row: sign * row["value"]), rows[-1]
            if self._reaches(newest, sign):
                yield "target", f"{_figure(newest)} reaches budget.target = {self.budget.target:g}"
            left = [row for row in rows if row["update"] > max(best["update"], self.since)]
            if 0 < self.budget.patience <= len(left):
                yield (
                    "patience",
                    (
                        f"{_figure(best)} of update {best['update']:,} was not bettered in {counted(len(left), 'measurement')} "
                        f"(budget.patience = {self.budget.patience})"
                    ),
                )
        if self.budget.until == "converged" and self.course is not None:
            state, sure = self.course()
            self.armed |= state != "converged"
            if self.armed and state == "converged" and sure != "possible":
                yield "converged", f"the doctor says converged, {sure} (budget.until = converged)"

    def _reaches(self, row: dict[str, Any], sign: int) -> bool:
        target = self.budget.target
        new = row["update"] > self.since and target not in self.reached
        return bool(target) and new and sign * row["value"] <= sign * target


def _figure(row: dict[str, Any]) -> str:
    return f"{row['metric']} {row['value']:.4g}"
