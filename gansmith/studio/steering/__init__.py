"""Steering in the studio: the generator for the page, jobs that search and learn, and the quiz.

A slider needs none of this: the page's own renderer makes the pictures. `job` and `questions` are processes of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.routing import Route

    from gansmith.studio.studio import Studio


def routes(studio: Studio) -> list[Route]:
    """What the pages Steer and Quiz ask for. They stand before the route of a run, whose name may hold slashes."""
    from gansmith.studio.steering import requests  # late: the processes need no server

    return requests.routes(studio)
