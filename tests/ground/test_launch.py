"""What launchers tell a process of the others: variables of the environment."""

from __future__ import annotations

import os

import pytest

from gansmith.ground.errors import RunError
from gansmith.ground.process.launch import launched


def test_nobody_else_is_there_without_a_launcher():
    found = launched({})
    assert (found.rank, found.size, found.several, found.first, found.job) == (0, 1, False, True, "")


def test_a_launcher_s_variables():
    found = launched(
        {"RANK": "3", "WORLD_SIZE": "4", "LOCAL_RANK": "1", "LOCAL_WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "nightly"}
        | {"TORCHELASTIC_RESTART_COUNT": "2"}
    )
    assert (found.rank, found.size, found.local_rank, found.local_size, found.restarts) == (3, 4, 1, 2, 2)
    assert (found.job, found.several, found.first) == ("nightly", True, False)


def test_a_launcher_without_a_name_is_known_by_its_process():
    assert launched({"TORCHELASTIC_RUN_ID": "none"}).job == f"process {os.getppid()}"


@pytest.mark.parametrize("told", [{"RANK": "x", "WORLD_SIZE": "2"}, {"RANK": "2", "WORLD_SIZE": "2"}])
def test_variables_without_sense_are_refused(told: dict[str, str]):
    with pytest.raises(RunError, match="torchrun"):
        launched(told)
