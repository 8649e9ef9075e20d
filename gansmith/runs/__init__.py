"""The only place where parts are joined, for the command line and for Python alike."""

from __future__ import annotations

from gansmith.runs.evaluation import evaluate
from gansmith.runs.run import Run, resume, train
from gansmith.trained.generator import Generator, load

__all__ = ["Generator", "Run", "evaluate", "load", "resume", "train"]
