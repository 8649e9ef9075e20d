"""Small trainings within this process: without the plot on their page, which takes longer than they do."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def _no_plot() -> Iterator[None]:
    """tests/report draws it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gansmith.report.plots.overview", lambda rows, probability: b"")
        yield
