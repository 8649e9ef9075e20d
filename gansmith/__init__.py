"""Gansmith trains, diagnoses, measures and steers generative adversarial networks on your own data."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from gansmith.ground.version import __version__ as __version__

if TYPE_CHECKING:
    from gansmith.ground.errors import GansmithError
    from gansmith.losses import Loss
    from gansmith.nets import NetPair
    from gansmith.notebook.live import live
    from gansmith.parts import Augmentation, Callback, Metric, Moment, Parts, Regularizer
    from gansmith.runs.evaluation import evaluate
    from gansmith.runs.from_python import resume, train
    from gansmith.runs.result import Run
    from gansmith.trained.generator import Generator, load

__all__ = [
    "Augmentation",
    "Callback",
    "GansmithError",
    "Generator",
    "Loss",
    "Metric",
    "Moment",
    "NetPair",
    "Parts",
    "Regularizer",
    "Run",
    "evaluate",
    "live",
    "load",
    "resume",
    "train",
]
MODULES = {
    **dict.fromkeys(("Augmentation", "Callback", "Metric", "Moment", "Parts", "Regularizer"), "gansmith.parts"),
    "GansmithError": "gansmith.ground.errors",
    "Generator": "gansmith.trained.generator",
    "Loss": "gansmith.losses",
    "NetPair": "gansmith.nets",
    "Run": "gansmith.runs.result",
    "evaluate": "gansmith.runs.evaluation",
    "live": "gansmith.notebook.live",
    "load": "gansmith.trained.generator",
    "resume": "gansmith.runs.from_python",
    "train": "gansmith.runs.from_python",
}


def __getattr__(name: str) -> object:
    """Import the Python API on first use, so that `import gansmith` stays light."""
    if name not in MODULES:
        raise AttributeError(f"module 'gansmith' has no attribute {name!r}")
    return getattr(import_module(MODULES[name]), name)
