"""What a page asks of a run: pause, save, change, resume, stop at once, delete, and the way back from the trash."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from gansmith.ground.errors import GansmithError
from gansmith.ground.files.lock import is_held
from gansmith.ground.files.runfolder import RunFolder
from gansmith.runs.recovery.roll_back import IN_FLIGHT
from gansmith.runs.watching.asked import ask, differing
from gansmith.studio.answers import Given, post, text_of
from gansmith.studio.errors import StudioError
from gansmith.studio.places import TRASH, as_file, inside
from gansmith.studio.starting.lengths import length_words
from gansmith.studio.studio import Studio
from gansmith.studio.watching.standing import standing

PATIENCE = 900.0  # seconds in which a training that was resumed for a change has to begin
LOOK = 0.2  # seconds between two looks for that


def routes(studio: Studio) -> list[Route]:
    """The routes."""

    def asked(request: Request, given: Given) -> dict[str, Any]:
        name = request.path_params["name"]
        run, kind, change = studio.run(name), text_of(given, "kind"), given.get("change") or {}
        if not isinstance(change, dict):
            raise StudioError(400, "'change' has to hold settings by name: reload the page")
        if kind == "change" and not is_held(run.lock):
            return resumed_for(studio, name, change)
        if not is_held(run.lock):
            raise StudioError(409, f"nobody trains {name} now: resume it first")
        found = ask(run, kind, change)
        return {"asked": found, "back_to": back_to(change) if kind == "change" else None}

    def resume(request: Request, given: Given) -> dict[str, Any]:
        name = request.path_params["name"]
        start_again(studio, name, length_words(given, resumed=True))
        return {"name": name}

    def stop(request: Request, _: Given) -> dict[str, Any]:
        name = request.path_params["name"]
        inside(studio.folder, name)
        studio.trainings.kill(name)
        return {"name": name}

    def delete(request: Request, _: Given) -> dict[str, Any]:
        throw_away(studio, request.path_params["name"])
        return {"name": request.path_params["name"]}

    def undo(_: Request, given: Given) -> dict[str, Any]:
        put_back(studio, text_of(given, "name"))
        return {"name": given["name"]}

    return [
        post("/api/runs/{name:path}/ask", asked),
        post("/api/runs/{name:path}/resume", resume),
        post("/api/runs/{name:path}/stop-at-once", stop),
        post("/api/runs/{name:path}/delete", delete),
        post("/api/trash/undo", undo),
    ]


def back_to(change: dict[str, Any]) -> int | None:
    """The update to which a change goes back for certain: 0, where it cannot be made in the middle of a run; else None."""
    return None if all(key.startswith(IN_FLIGHT) for key in change) else 0


def start_again(studio: Studio, name: str, length: list[str]) -> None:
    """Resume a run in a process of its own. Raises StudioError."""
    run = studio.run(name)
    studio.trainings.start(name, ["resume", str(run.root), *length], {"recipe": run.load_recipe().name})


def resumed_for(studio: Studio, name: str, change: dict[str, Any]) -> dict[str, Any]:
    """Resume a paused run, and ask it for a change as soon as it trains. Raises what the change is refused for."""
    run = studio.run(name)
    differing(run, run.load_recipe(), change)
    now = standing(studio.trainings, name, run)
    if now.state == "finished" and now.reason is None:  # a change would have no update left
        raise StudioError(409, f"{name} is finished: let it go on for longer first, then change it while it trains")
    start_again(studio, name, [])
    threading.Thread(target=_ask_later, args=(studio, name, run, change), daemon=True).start()
    return {"asked": "when it trains again", "back_to": back_to(change)}


def _ask_later(studio: Studio, name: str, run: RunFolder, change: dict[str, Any]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and studio.trainings.is_alive(name):
        time.sleep(LOOK)
        if is_held(run.lock) and studio.trainings.has_trained(name):
            try:
                ask(run, "change", change)
            except GansmithError as error:
                studio.publish({"kind": "error", "name": name, "error": str(error)})
            return
    studio.publish({"kind": "error", "name": name, "error": f"{name} did not train again, so nothing was changed"})


# ---- the trash


def throw_away(studio: Studio, name: str) -> None:
    """Move a run to the trash of the served folder. Raises StudioError where it is trained."""
    root = inside(studio.folder, name)
    if not (RunFolder(root).recipe.is_file() or name in studio.trainings.unborn()):
        raise StudioError(404, f"there is no run {name!r} in this folder: it may have been moved or deleted")
    trash = studio.folder / TRASH
    trash.mkdir(exist_ok=True)
    with studio.trainings.one_start:  # none begins between the look and the move
        studio.trainings.need_idle(name)
        os.rename(root, trash / f"{as_file(name)}~{time.time_ns()}")
        studio.trainings.forget(name)


def put_back(studio: Studio, name: str) -> Path:
    """Move the newest run of a name back out of the trash. Raises StudioError."""
    root = inside(studio.folder, name)
    prefix = f"{as_file(name)}~"
    thrown = [path for path in (studio.folder / TRASH).glob("*~*") if path.name.startswith(prefix)]
    thrown = [path for path in thrown if path.name.removeprefix(prefix).isdecimal()]
    if not thrown:
        raise StudioError(404, f"the trash holds no run {name!r}")
    if root.exists():
        raise StudioError(409, f"another run is called {name!r} by now: delete or move that one first")
    root.parent.mkdir(parents=True, exist_ok=True)
    os.rename(max(thrown, key=lambda path: int(path.name.removeprefix(prefix))), root)
    return root
