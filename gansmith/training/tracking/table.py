"""The table of trackers, and how their sessions are opened and closed around a training."""

from __future__ import annotations

import importlib
import io
import json
import logging
import os
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from typing import Any

from gansmith.ground.errors import EngineError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.progress import Say
from gansmith.ground.recipes.recipe import flat, to_toml
from gansmith.ground.recipes.settings import Recipe
from gansmith.training.tracking.sessions import Board, Mlflow, Opening, Session, trackio, wandb
from gansmith.training.tracking.watcher import Track

PROJECT = "gansmith"


@dataclass(frozen=True)
class Tracker:
    """A row of the table; its name is that of the extra that installs it."""

    module: str  # what is imported
    open: Callable[[Any, Opening], Session]
    project: str = ""  # the environment's variable for another project than "gansmith"


TRACKERS: dict[str, Tracker] = {
    "tensorboard": Tracker("torch.utils.tensorboard", Board),
    "trackio": Tracker("trackio", trackio, "TRACKIO_PROJECT"),
    "wandb": Tracker("wandb", wandb, "WANDB_PROJECT"),
    "mlflow": Tracker("mlflow", Mlflow, "MLFLOW_EXPERIMENT_NAME"),
}


def need(names: Sequence[str]) -> None:
    """Raises EngineError for a tracker that is not installed."""
    for name in names:
        _module(name)


def _module(name: str) -> Any:
    try:
        return importlib.import_module(TRACKERS[name].module)
    except ImportError as error:
        raise EngineError(
            f"watch.track names {name}, which is not installed ({error}): pip install 'gansmith[{name}]', or "
            "leave it out (--track none: no tracker)"
        ) from None


@contextmanager
def tracked(recipe: Recipe, folder: RunFolder, update: int, say: Say) -> Iterator[Track | None]:
    """A watcher that tells the trackers of `watch.track` about a run, from `update` on; None without trackers.

    What they write to the terminal is held back. Raises EngineError, before anything is written into the run's folder, for
    a tracker that does not start. One that fails later is left out, and the training goes on.
    """
    if not recipe.watch.track:
        yield None
        return
    need(recipe.watch.track)
    known, name = _known(folder), f"{folder.root.resolve().name}-{uuid.uuid4().hex[:6]}"
    sessions: dict[str, Session] = {}
    for tracker in recipe.watch.track:
        row = TRACKERS[tracker]
        opening = Opening(
            os.environ.get(row.project) or PROJECT, name, known.get(tracker, ""), update, folder.tensorboard, flat(recipe),
            to_toml(recipe),
        )  # fmt: skip
        try:
            with _quietly():
                sessions[tracker] = row.open(_module(tracker), opening)
        except Exception as error:  # whatever a library raises: no network, no account, a folder that is read only
            _close(sessions, say)
            raise EngineError(
                f"{tracker} does not start ({_line(error)}): set it up, or leave it out of watch.track"
            ) from None
        say(f"tracked by {tracker}: {sessions[tracker].where}")
    track = Track(folder, recipe, sessions, known | {name: one.known for name, one in sessions.items()}, say)
    try:
        yield track
    finally:
        _close(track.sessions, say)


def _close(sessions: dict[str, Session], say: Say) -> None:
    for name, session in sessions.items():
        try:
            with _quietly():
                session.close()
        except Exception as error:  # the run itself is whole
            say(f"{name} has not got everything ({_line(error)}); the run's folder has")


def _known(folder: RunFolder) -> dict[str, str]:
    """The trackers' own names of a run that goes on."""
    try:
        found = json.loads(folder.trackers.read_text(encoding="utf-8"))
        return {str(name): str(value) for name, value in found.items()}
    except (OSError, ValueError, AttributeError):
        return {}


@contextmanager
def _quietly() -> Iterator[None]:
    """Hold back what a library prints when it starts and ends: `--json` has the terminal for itself."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with redirect_stdout(io.StringIO()):
            yield
    finally:
        logging.disable(before)


def _line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
