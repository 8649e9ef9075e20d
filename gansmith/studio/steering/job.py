"""A steering job: a process that reads its request from standard input and tells lines on standard output.

The studio starts it as `python -m gansmith.studio.steering.job`.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import IO

from gansmith.ground.errors import GansmithError
from gansmith.studio.steering.asked import VERBS
from gansmith.studio.steering.lines import Lines


def work(given: IO[str], told: IO[str]) -> int:
    """Do what the request asks: {"run", "checkpoint", "verb", "options", "picture"?, "mask"?}. Returns the exit code."""
    request = json.load(given)
    lines = Lines(told)
    lines.begin("loading the generator")
    try:
        module = import_module(f"gansmith.studio.steering.{VERBS[request['verb']].module}")
        result = getattr(module, request["verb"])(request, lines)
    except GansmithError as error:
        lines.tell(error=str(error))
        return 1
    lines.tell(done=True, result=result)
    return 0


if __name__ == "__main__":
    raise SystemExit(work(sys.stdin, sys.stdout))
