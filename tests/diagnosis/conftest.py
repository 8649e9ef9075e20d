"""Trainings that the doctor watches: without the pictures at their end, by a clock on which a look takes no time."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest


@pytest.fixture(scope="module", autouse=True)
def _no_pictures_and_looks_for_nothing() -> Iterator[None]:
    """The animation takes longer than the run; and looks that cost nothing come at every chance, however busy the machine
    is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gansmith.report.animation.write_progress", lambda folder: None)
        patch.setattr("gansmith.diagnosis.watcher.time", SimpleNamespace(perf_counter=lambda: 0.0))
        yield
