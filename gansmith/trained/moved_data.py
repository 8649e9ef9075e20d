"""Data of a run that is no longer where it was when the run was trained."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gansmith.ground.errors import DataError, RunError, typed


@contextmanager
def said_where_data_moved(root: Path, source: str, *, own: bool = True) -> Iterator[None]:
    """A DataError about a run's own source that is gone, as a RunError that says how to name its new place.

    root: the run's folder. own: whether the source is the run's own, and not another that was asked for. Runs note the
    sources of files by absolute paths; the others are names of built-in ones.
    """
    try:
        yield
    except DataError:
        if not own or not os.path.isabs(source) or is_there(source):
            raise
        raise RunError(
            f"the data of {root} is no longer at {source}: put it back, or give the place where it is now, as in "
            f"`{typed('resume', root, '--data', 'PLACE')}`, which the run notes"
        ) from None


def is_there(source: str) -> bool:
    """Whether a path exists; of a pattern, whether the folder does that it begins with."""
    plain = source.split("*")[0]
    return os.path.exists(plain if plain == source else os.path.dirname(plain))
