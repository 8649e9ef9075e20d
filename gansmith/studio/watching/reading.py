"""What can be read of the served folder: its runs, one run, its pictures."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.ground.version import __version__
from gansmith.studio.answers import BelowRun, Given, get
from gansmith.studio.errors import StudioError
from gansmith.studio.watching.about import details
from gansmith.studio.watching.home import Cards, recipes

MOST_PICTURE = 2**26  # bytes of a picture of a run


def routes(cards: Cards) -> list[Route]:
    """The routes. A run's name may hold slashes, so what follows it decides."""
    studio = cards.studio

    def run_of(request: Request) -> RunFolder:
        return studio.run(request.path_params["name"])

    def home(_: Request, __: Given) -> dict[str, object]:
        return {"folder": str(studio.folder), "runs": cards.all(), "recipes": recipes(), "version": __version__}

    def one(request: Request, _: Given) -> dict[str, object]:
        return details(cards, request.path_params["name"])

    def sheet(request: Request, _: Given) -> Response:
        run = run_of(request)
        return png(run, run.sample_sheet(request.path_params["update"]))

    def real(request: Request, _: Given) -> Response:
        run = run_of(request)
        return png(run, run.real_sheet)

    def picture(request: Request, _: Given) -> Response:
        """Only a picture that a finding names."""
        run, path = run_of(request), request.path_params["path"]
        if not any(row.get("picture") == path for row in read_rows(run.findings)):
            raise StudioError(404, "no finding of this run has such a picture")
        return png(run, run.root / path)

    return [
        get("/api/home", home),
        BelowRun("/api/runs/{name:path}/sheet/{update:int}", sheet, studio.is_run),
        BelowRun("/api/runs/{name:path}/real", real, studio.is_run),
        BelowRun("/api/runs/{name:path}/picture/{path:path}", picture, studio.is_run),
        get("/api/runs/{name:path}", one),
    ]


def png(run: RunFolder, path: Path) -> Response:
    """A PNG file of a run. Raises StudioError 404 where there is none, and for a link that leads out of the run."""
    try:
        found = path.resolve()
        if run.root.resolve() not in found.parents or found.suffix != ".png":
            raise StudioError(404, f"this run has no picture {path.name} of its own")
        if path.stat().st_size > MOST_PICTURE:
            raise StudioError(413, f"{path.name} is too large to be shown")
        data = path.read_bytes()
    except OSError:
        raise StudioError(404, f"there is no picture {path.name}: a roll-back may have taken it away") from None
    return Response(data, media_type="image/png")
