"""Whether a run learned: against the generator that it began with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gansmith.compare.cell import KeepSnapshots
from gansmith.compare.grid import SHARES, learns, variant
from gansmith.ground.files.gridfolder import CellFolder
from gansmith.ground.files.runfolder import read_rows
from gansmith.runs.choose_recipe import Budget
from gansmith.runs.run import begin


def result(*distances: float | None, spread: float | None = 0.3, first: int = 0) -> dict[str, Any]:
    """A cell's result with distances after `first`, first + 10, ... updates; None: not measured."""
    shots = [
        {"update": first + 10 * row, "figures": {} if fd is None else {"fd": {"value": fd}}}
        for row, fd in enumerate(distances)
    ]
    return {"snapshots": shots, "figures": {} if spread is None else {"sensitivity": {"value": spread}}}


@pytest.mark.parametrize(
    ("told", "answer", "words"),
    [
        (result(800, 700, 390), True, "its distance is 49% of the untrained generator's"),
        (result(800, 1800, 720), False, "its distance is 90% of the untrained generator's"),  # it fell by 60% at last
        (result(800, 700, 400), False, "50%"),
        (result(800, 100, 90, spread=0.03), False, "vary by 0.03"),
        (result(700, 300, first=10), None, "was not measured"),
        (result(800, 300, None), None, "was not measured"),
        (result(800, 300, spread=None), None, "was not measured"),
        (result(), None, "was not measured"),
    ],
)
def test_a_run_has_learned_if_it_is_much_nearer_than_the_untrained_generator(
    told: dict[str, Any], answer: bool | None, words: str
):
    found = learns(told)
    assert found["learns"] is answer
    assert words in found["because"]


def test_the_untrained_generator_is_kept_too(tmp_path: Path):
    """The first snapshot is of update 0, from the same latents as the others, and changes nothing of the training."""
    recipe = variant("ring", budget=Budget(updates=4), settings=["watch.samples=4", "data.batch=16"]).recipe
    folder = CellFolder(tmp_path / "cell")
    begin(recipe, folder.run, watching=[KeepSnapshots(folder, recipe, [*SHARES], 8)])
    assert [row["update"] for row in read_rows(folder.snapshots)] == [0, 1, 2, 4]
    shots = [np.load(folder.snapshot(update))["vectors"] for update in (0, 4)]
    assert shots[0].shape == shots[1].shape
    assert not np.array_equal(*shots)
