"""What a person asks of a training while it runs: to pause, to save, to change one setting.

The request is a small file that appears whole in the run's folder. The training looks for it between two updates, answers with
a request to the loop, and takes it away once that is carried out: a roll-back of the same update comes before it, and the
training finds it again. It costs one look at a name, whoever started the training.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from gansmith import kinds
from gansmith.ground.errors import GansmithError, RecipeError, RunError, nearest, typed
from gansmith.ground.files.runfolder import RunFolder, append_row, read_rows
from gansmith.ground.files.whole import write_new
from gansmith.ground.progress import Say
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.recovery.roll_back import ASKED, IN_FLIGHT, words
from gansmith.training.events import Request, UpdateEvent
from gansmith.training.planning import plans_of

Kind = Literal["pause", "save", "change"]


def ask(folder: RunFolder, kind: str, change: Mapping[str, Any] | None = None) -> str:
    """Ask the training of a run for something; returns the request's name. Raises RunError where an earlier one waits, and
    GansmithError where the change cannot be made.

    change: settings by dotted name; texts are read as on the command line.
    """
    if kind not in get_args(Kind):
        raise RunError(
            f"a training is asked to {', '.join(get_args(Kind))}, not {kind!r}{nearest(kind, get_args(Kind))}"
        )
    if kind == "change":
        change = differing(folder, folder.load_recipe(), change or {})
    name = f"{time.time_ns():x}"
    try:
        if is_stale(folder):
            folder.asked.unlink(missing_ok=True)
        write_new(folder.asked, json.dumps({"id": name, "kind": kind, "change": dict(change or {})}).encode())
    except FileExistsError:
        raise RunError(
            f"{folder.root} has not answered an earlier request yet, and takes one at a time: ask again in a moment"
        ) from None
    except OSError as error:
        raise RunError(f"{folder.asked} cannot be written ({error.strerror or error}): make room") from None
    return name


def differing(folder: RunFolder, recipe: Recipe, change: Mapping[str, Any]) -> dict[str, Any]:
    """A change of a run's recipe, without what is so already. Raises GansmithError where it cannot be made.

    What may change is what can in the middle of a run, and what a remedy of the newest finding names.
    """
    read = recipes.assigned([f"{name}={value}" for name, value in change.items() if isinstance(value, str)])
    new = recipes.override(recipe, {**change, **read})
    allowed = remedied(folder)
    for name in change:
        if not name.startswith(IN_FLIGHT) and name not in allowed:
            tables = ", ".join(prefix.rstrip(".") for prefix in IN_FLIGHT)
            raise RecipeError(f"{name} cannot be changed in the middle of a run: only settings of {tables} can")
    before, after = recipes.flat(recipe), recipes.flat(new)
    found = {name: after[name] for name in change if before[name] != after[name]}
    if not found:
        raise RecipeError(f"{', '.join(change) or 'nothing'} would be changed to what it is: give another value")
    data = described(folder)
    shape, kind = data.get("item_shape"), kinds.of_data(data)
    if shape and kind is not None:
        classes = {"none": 0, "clusters": recipe.data.clusters}.get(
            recipe.data.labels, len(data.get("class_names") or ())
        )
        if "own" not in (after["regularizer.name"], after["augment.name"], after["loss.name"]):
            plans_of(new, kind, tuple(shape), classes)
    return found


def remedied(folder: RunFolder) -> set[str]:
    """The settings that the remedies of the newest finding name."""
    newest = next(iter(reversed(list(read_rows(folder.findings)))), {})
    return {name for remedy in newest.get("remedy", ()) for name in remedy.get("set", {})}


def described(folder: RunFolder) -> dict[str, Any]:
    """What data.json says; {} where it is damaged."""
    try:
        return json.loads(folder.data.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def is_stale(folder: RunFolder) -> bool:
    """Whether a request is older than the process that trains: it was for an earlier one."""
    try:
        return folder.asked.stat().st_mtime_ns < folder.lock.stat().st_mtime_ns
    except OSError:  # one of them is gone, or a file system without locks
        return False


@dataclass(frozen=True)
class Doing:
    """A request that the loop is carrying out since an update."""

    kind: Kind
    since: int
    text: str = ""  # what is to be said when it is done
    change: dict[str, Any] = field(default_factory=dict)


class Asked:
    """Looks for a request after each update, and passes it on to the loop.

    In a healthy training a change comes one update after a checkpoint, so nothing of it is lost; during an alarm the run goes
    back to before it.
    """

    def __init__(self, folder: RunFolder, recipe: Recipe, say: Say = lambda _: None) -> None:
        self.folder, self.recipe, self.say = folder, recipe, say
        self.path = os.fspath(folder.asked)  # looked for after every update
        self.doing: Doing | None = None

    def after(self, event: UpdateEvent) -> Request | None:
        """One look; before the first update the loop would not hear a request."""
        if self.doing is not None:
            return self._go_on(event, self.doing)
        if event.update == 0 or not os.path.exists(self.path):
            return None
        stale, given = is_stale(self.folder), self._read()
        kind = str(given.get("kind"))
        if stale or event.last:
            text = "a request that came too late was dropped" if event.last else "an old request was dropped"
            return self._end(event.update, kind, text)
        return self._answer(event, kind, given.get("change"))

    def _go_on(self, event: UpdateEvent, doing: Doing) -> Request | None:
        """The loop has done what it was asked for first: it stopped or saved, and did not roll back."""
        self.doing = None
        if doing.kind != "change":
            return self._end(doing.since, doing.kind, doing.text)
        if event.last:
            text = f"the training ended before {self._words(doing.change)} was changed"
            return self._end(event.update, "change", text)
        return self._go_back(event, doing.change, event.update)

    def _read(self) -> dict[str, Any]:
        """The request; {} for one that cannot be read."""
        with suppress(OSError, ValueError, RecursionError), open(self.path, encoding="utf-8", errors="replace") as file:
            given = json.load(file)
            if isinstance(given, dict):
                return given
        return {}

    def _end(self, update: int, kind: str, text: str) -> None:
        """Say what has become of a request, and make room for the next one."""
        with suppress(OSError):
            os.unlink(self.path)
        self._note(update, kind, text)

    def _answer(self, event: UpdateEvent, kind: str, change: object) -> Request | None:
        if kind == "pause":
            text = f"paused, as it was asked for; `{typed('resume', self.folder.root)}` goes on"
            self.doing = Doing(kind, event.update, text)
            return Request("stop", text)
        if kind == "save":
            self.doing = Doing(kind, event.update, "saved, as it was asked for")
            return Request("save", "a checkpoint was asked for")
        if kind == "change" and isinstance(change, dict):
            try:
                found = differing(self.folder, self.recipe, change)
            except GansmithError as error:
                return self._end(event.update, kind, f"a change that was asked for is not made: {error}")
            return self._change(event, found)
        return self._end(event.update, kind, "a request that cannot be read was dropped")

    def _change(self, event: UpdateEvent, change: dict[str, Any]) -> Request | None:
        newest = next(iter(reversed(list(read_rows(self.folder.findings)))), {})
        if newest.get("severity") == "alarm":
            return self._go_back(event, change, int(newest.get("since_update", event.update)))
        self.doing = Doing("change", event.update, change=change)
        return Request("save", "the state before a change")

    def _go_back(self, event: UpdateEvent, change: dict[str, Any], before: int) -> Request:
        """The roll-back, which takes the request away."""
        self._note(event.update, "change", f"changing {self._words(change)}, as it was asked for")
        return Request("rollback", ASKED + self._words(change), change, before=before)

    def _words(self, change: dict[str, Any]) -> str:
        old = recipes.flat(self.recipe)
        return words({name: [old.get(name), value] for name, value in change.items()})

    def _note(self, update: int, kind: str, text: str) -> None:
        append_row(self.folder.log, {"update": update, "asked": kind, "text": text})
        self.say(f"update {update:,}: {text}")
