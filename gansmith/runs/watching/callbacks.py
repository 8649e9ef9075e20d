"""The user's callbacks as one watcher: the loop knows watchers alone."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from gansmith.ground import streams
from gansmith.ground.errors import GansmithError, RunError, brief
from gansmith.ground.files.runfolder import RunFolder, append_row
from gansmith.ground.labelling import Labelling
from gansmith.ground.progress import Say
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe
from gansmith.parts import Callback, Moment
from gansmith.parts.callback import Wish
from gansmith.training.events import Request, UpdateEvent

KINDS = {"roll back": "rollback", "stop": "stop", "save": "save"}
"""What a callback may ask for, strongest first, as a request to the loop."""


class Callbacks:
    """Calls the callbacks, writes what they log, and passes on the strongest of their wishes."""

    def __init__(
        self,
        callbacks: Sequence[Callback],
        folder: RunFolder,
        recipe: Recipe,
        labelling: Labelling,
        say: Say,
        in_units: Callable[[np.ndarray], Any] = np.asarray,
    ) -> None:
        """in_units: stored items -> what people have."""
        self.in_units = in_units
        self.callbacks, self.folder, self.recipe, self.labelling, self.say = callbacks, folder, recipe, labelling, say
        self.seen = -1  # the newest update that they were told of; -1 = none yet
        self.early: list[Wish] = []  # from before the first update: they are done after it
        self.ended = False

    def after(self, event: UpdateEvent) -> Request | None:
        """The first call is before the first update; a call again at the same update is the end."""
        moment = self._moment(event)
        if self.seen < 0:
            self._call(lambda one: one.before_first, moment)
            self.seen, self.early = event.update, list(moment.wishes)
            return None  # the loop has not begun: it would not hear it
        if event.update != self.seen:
            self._call(lambda one: one.after_update, replace(moment, numbers={}))
            if event.row is not None:
                self._call(lambda one: one.at_row, moment)
        self.seen = event.update
        if event.last and not self.ended:
            self.ended = True
            self._call(lambda one: one.at_end, moment)
        moment.wishes[:0], self.early = self.early, []
        return self._request(moment)

    def _moment(self, event: UpdateEvent) -> Moment:
        def sample(count: int, seed: int = 0, labels: np.ndarray | None = None) -> Any:
            latents = streams.latents(
                streams.generator(seed, "samples"), self.recipe.latent.law, (count, self.recipe.latent.dim)
            )
            if labels is None and self.labelling.classes:
                first = int(streams.generator(seed, "sample-labels").integers(self.labelling.classes))
                labels = self.labelling.spread(count, first)
            return self.in_units(event.game.sample(latents, labels))

        def note(what: str, value: float | None = None) -> None:
            about = {"update": event.update, "images_seen": event.images_seen, "seconds": round(event.seconds, 3)}
            append_row(
                self.folder.log, about | ({"text": what} if value is None else {"name": what, "value": float(value)})
            )
            if value is None:
                self.say(f"update {event.update:,}: {what}")

        numbers = {name: value for name, value in (event.row or {}).items() if isinstance(value, int | float)}
        return Moment(event.update, event.images_seen, event.seconds, numbers, sample, note)

    def _call(self, method: Callable[[Callback], Callable[[Moment], None]], moment: Moment) -> None:
        """One method of every callback. Raises RunError with an error of theirs in one line."""
        for one in self.callbacks:
            try:
                method(one)(moment)
            except (GansmithError, OSError):
                raise
            except Exception as error:  # it is the user's code: it may raise anything
                frames = traceback.extract_tb(error.__traceback__)
                where = f" (line {frames[-1].lineno} of {frames[-1].filename})" if len(frames) > 1 else ""
                raise RunError(
                    f"callback {type(one).__name__} raised {brief(error)} at update {moment.update}{where}: earlier checkpoints "
                    "are whole; mend it and resume"
                ) from error

    def _request(self, moment: Moment) -> Request | None:
        for kind, request in KINDS.items():
            wish = next((wish for wish in moment.wishes if wish.kind == kind), None)
            if wish is None:
                continue
            if request == "stop":
                append_row(self.folder.log, {"update": moment.update, "text": f"stopped by a callback: {wish.reason}"})
            if request == "rollback":
                recipes.override(self.recipe, dict(wish.change))  # refuses a change that cannot be made, by name
            before = moment.update if request == "rollback" else None  # trouble with a beginning; only NaN has none
            return Request(request, wish.reason, dict(wish.change), before)  # pyright: ignore[reportArgumentType]
        return None
