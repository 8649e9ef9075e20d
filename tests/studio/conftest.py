"""A studio on two small runs, for the tests of one file."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from served_pages import Served, fill, serving

import small_runs


@pytest.fixture(scope="module", autouse=True)
def _quick(quick_processes: None) -> None:
    """Trainings and jobs begin at once; those of tests/studio_page are started as by a person."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A studio on a folder with the run `small`, and `deep/er` two folders down."""
    folder = tmp_path_factory.mktemp("served")
    for name in ("small", "deep/er"):
        fill(small_runs.make(folder / name))
    with serving(folder) as found:
        yield found
