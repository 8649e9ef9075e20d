"""What every test shares: a cache of its own, one thread, and where the data sets are."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).parent.parent

# Before torch is imported: miniature networks are no work for two threads, which would wait for one another.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# A busy machine is no failure.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Stores and feature networks of the tests go to a folder that vanishes."""
    os.environ["GANSMITH_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of data sets; tests that need one skip where it is absent."""
    folder = Path(os.environ.get("GANSMITH_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no data sets at {folder}: set GANSMITH_DATA")
    return folder


@pytest.fixture(scope="session")
def mnist(data_folder: Path) -> Path:
    """The folder of MNIST's four files."""
    folder = data_folder / "mnist"
    if not folder.is_dir():
        pytest.skip(f"no MNIST at {folder}")
    return folder
