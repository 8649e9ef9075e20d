"""The only place where parts are joined, for the command line and for Python alike."""

from __future__ import annotations

from gansmith.assemble.evaluation import evaluate
from gansmith.assemble.generator import Generator, load
from gansmith.assemble.run import Run, resume, train

__all__ = ["Generator", "Run", "evaluate", "load", "resume", "train"]
