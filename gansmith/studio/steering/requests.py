"""What the pages Steer and Quiz ask of the server."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gansmith.studio.answers import BelowRun, Given, get, post
from gansmith.studio.steering import asked, generator
from gansmith.studio.steering.quiz import QUESTIONS, Quizzes

if TYPE_CHECKING:
    from gansmith.studio.studio import Studio

MOST_OF_A_JOB = 24 * 2**20  # bytes of a request with pictures


def routes(studio: Studio) -> list[Route]:
    """What the pages Steer and Quiz ask for. They stand before the route of a run, whose name may hold slashes."""
    quizzes = Quizzes(studio.jobs)

    def model(request: Request, _: Given) -> Response:
        folder = studio.run(request.path_params["name"])
        data = generator.as_bytes(folder, request.query_params.get("checkpoint", "last"))
        return Response(data, media_type="application/octet-stream")

    def start(request: Request, given: Given) -> dict[str, str]:
        name = request.path_params["name"]
        wanted = asked.read(given) | {"run": str(studio.run(name).root)}
        command = [sys.executable, "-m", "gansmith.studio.steering.job"]
        return {"job": studio.jobs.start(wanted["verb"], command, run=name, given=json.dumps(wanted).encode()).id}

    def standing(request: Request, _: Given) -> dict[str, object]:
        job = studio.jobs.get(request.path_params["id"])
        return {**job.last, "job": job.id, "ended": job.ended}

    def cancel(request: Request, _: Given) -> dict[str, str]:
        job = studio.jobs.get(request.path_params["id"])
        job.cancel()
        return {"job": job.id}

    def begin(request: Request, given: Given) -> dict[str, object]:
        count = given.get("count", QUESTIONS)
        return {"quiz": quizzes.begin(studio.run(request.path_params["name"]), count), "count": count}

    def picture(request: Request, _: Given) -> Response:
        quiz = quizzes.get(request.path_params["id"])
        return Response(quiz.picture(request.path_params["number"]), media_type="image/png")

    def guess(request: Request, given: Given) -> dict[str, object]:
        return quizzes.get(request.path_params["id"]).guess(request.path_params["number"], given.get("guess"))

    def score(request: Request, _: Given) -> dict[str, object]:
        return quizzes.get(request.path_params["id"]).score()

    return [
        BelowRun("/api/runs/{name:path}/generator", model, studio.is_run),
        post("/api/runs/{name:path}/jobs", start, most=MOST_OF_A_JOB),
        get("/api/jobs/{id}", standing),
        post("/api/jobs/{id}/cancel", cancel),
        post("/api/runs/{name:path}/quiz", begin),
        get("/api/quiz/{id}/{number:int}", picture),
        post("/api/quiz/{id}/{number:int}", guess),
        get("/api/quiz/{id}", score),
    ]
