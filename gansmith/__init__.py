"""Gansmith trains, diagnoses, measures and steers generative adversarial networks on your own data."""

from __future__ import annotations

from typing import TYPE_CHECKING

__version__ = "0.1.0"

if TYPE_CHECKING:
    from gansmith.nets import NetPair
    from gansmith.runs import Generator, Run, evaluate, load, train

__all__ = ["Generator", "NetPair", "Run", "evaluate", "load", "train"]


def __getattr__(name: str) -> object:
    """Import the Python API on first use, so that `import gansmith` stays light."""
    if name == "NetPair":
        from gansmith import nets

        return nets.NetPair
    if name in __all__:
        from gansmith import runs

        return getattr(runs, name)
    raise AttributeError(f"module 'gansmith' has no attribute {name!r}")
