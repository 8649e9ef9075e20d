"""Runs that an older version began go on as they would have gone on there.

`tests/fixtures/older_runs` holds small runs of 20 updates by version 0.1.0, as it was before the game was rebuilt, each with
its checkpoints at updates 10 and 20. They were computed in float64, so that another processor's rounding stays small.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from gansmith.ground.files.runfolder import RunFolder
from gansmith.runs.run import resume
from gansmith.training import checkpoint

RUNS = Path(__file__).parent.parent / "fixtures" / "older_runs"
NAMES = sorted(path.name for path in RUNS.iterdir())


@pytest.mark.parametrize("name", NAMES)
def test_an_older_run_goes_on_as_it_did(name: str, tmp_path: Path):
    """From update 10, with the old checkpoint and recipe, to the old checkpoint at update 20: arrays and counters."""
    expected = checkpoint.load(RunFolder(RUNS / name), 20).state
    shutil.copytree(RUNS / name, tmp_path / name)
    shutil.rmtree(RunFolder(tmp_path / name).checkpoint(20))
    RunFolder(tmp_path / name).samples.mkdir()
    resume(tmp_path / name)
    found = checkpoint.load(RunFolder(tmp_path / name), 20).state
    assert found.counters == expected.counters
    assert found.arrays.keys() == expected.arrays.keys()
    for array in expected.arrays:
        np.testing.assert_allclose(found.arrays[array], expected.arrays[array], rtol=1e-7, atol=1e-10, err_msg=array)


def test_what_they_cover():
    """Both engines, an adaptive augmentation, rows that are stepped lazily, momentum, micro-batches."""
    names = {array for name in NAMES for array in checkpoint.load(RunFolder(RUNS / name), 10).state.arrays}
    endings = {array.rpartition(".")[2] if "." in array else array for array in names}
    assert {"upto", "off", "first", "second", "momentum", "left", "augment/probability"} <= endings
