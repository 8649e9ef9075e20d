"""Files for download: exports of a generator, made by jobs. They stay in the run's folder."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from gansmith.exports import EXPORTS
from gansmith.ground.errors import nearest
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.files.whole import PART
from gansmith.studio.answers import Given, get, post, text_of
from gansmith.studio.children import gansmith
from gansmith.studio.errors import StudioError
from gansmith.studio.places import cleaned
from gansmith.studio.studio import Studio

MOST_FILES = 200  # exports of a run that are listed
LONGEST = 300  # characters of an option


def routes(studio: Studio) -> list[Route]:
    """The routes."""

    def export(request: Request, given: Given) -> dict[str, Any]:
        name = request.path_params["name"]
        run, kind = studio.run(name), text_of(given, "kind")
        if kind not in EXPORTS:
            raise StudioError(400, f"no kind of export is called {kind[:40]!r}{nearest(kind[:40], EXPORTS)}")
        words = option_words(kind, given.get("options") or {})
        job = studio.jobs.new_id()
        file = run.exports / f"{cleaned(name.replace('/', '-'), 'generator')}{EXPORTS[kind].ending}"
        file.parent.mkdir(parents=True, exist_ok=True)
        argv = gansmith("export", str(run.root), kind, f"--out={file}", "--force", *words)
        return {"job": studio.jobs.start("export", argv, run=name, file=file, id=job).id, "file": file.name}

    def kept(request: Request, _: Given) -> dict[str, Any]:
        files = exported(studio.run(request.path_params["name"]))
        return {"files": [{"name": one.name, "bytes": one.stat().st_size} for one in files]}

    def again(request: Request, _: Given) -> Response:
        name, wanted = request.path_params["name"], request.path_params["file"]
        for path in exported(studio.run(name)):
            if path.name == wanted:
                return FileResponse(path, filename=path.name, media_type="application/octet-stream")
        raise StudioError(404, f"{name} has no export of this name: it may have been moved or deleted")

    return [
        get("/api/runs/{name:path}/exports", kept),
        get("/api/runs/{name:path}/exports/{file}", again),
        post("/api/runs/{name:path}/export", export),
    ]


def exported(run: RunFolder) -> list[Path]:
    """The exports that lie in a run's folder, the newest first; links and what is half written are left out."""
    if not run.exports.is_dir():
        return []
    files = [path for path in run.exports.iterdir() if path.is_file() and not path.is_symlink()]
    whole = [path for path in files if not path.name.startswith(".") and not PART.search(path.name)]
    return sorted(whole, key=lambda path: (-path.stat().st_mtime_ns, path.name))[:MOST_FILES]


def option_words(kind: str, options: object) -> list[str]:
    """The options of an export as words of the command line. Raises StudioError."""
    known = {one.name: one.type for one in dataclasses.fields(EXPORTS[kind].options)} | {"checkpoint": "str"}
    if not isinstance(options, dict) or not set(options) <= set(known):
        raise StudioError(400, f"the options of {kind} are {', '.join(known)}")
    words: list[str] = []
    for name, value in options.items():
        flag = "--" + name.replace("_", "-")
        if known[name] == "bool":
            words += [flag] if value is True else []
        elif isinstance(value, str | int) and len(str(value)) <= LONGEST and str(value).isprintable():
            words += [f"{flag}={value}"] if str(value) else []
        else:
            raise StudioError(400, f"{name} is no short text: give at most {LONGEST} characters")
    return words
