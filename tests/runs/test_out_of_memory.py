"""A device without room: the run goes on in smaller micro-batches, says so, and remembers. The device is pretended: it has
room for so many items at a time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import gansmith
from gansmith.game.inputs.update import Drawing, TurnInputs, UpdateInputs
from gansmith.game.step import Gan
from gansmith.ground.errors import OutOfMemory
from gansmith.ground.files.runfolder import read_rows
from gansmith.runs.choose_recipe import Budget
from gansmith.runs.recovery.out_of_memory import smaller
from gansmith.runs.run import resume
from gansmith.training import checkpoint
from miniatures import assert_same_arrays, world

SETTINGS: dict[str, Any] = {
    "data.batch": 24,
    "generator.widths": [8],
    "discriminator.widths": [8],
    "watch.judge": 0.0,
    "watch.diagnose": 0.0,
    "watch.samples": 4,
    "watch.stats_every": 5,
    "watch.checkpoint_every": 10,
    "precision.name": "float32",
}


CUDA = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
PROCESSORS = (
    RuntimeError(
        "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: Error code 12"
    ),
    RuntimeError("alloc_cpu.cpp: data. DefaultCPUAllocator: not enough memory: you tried to allocate 4096 bytes."),
    RuntimeError("std::bad_alloc"),
    MemoryError(),
)
"""What PyTorch, the libraries that it calls, and Python say on a processor, on Linux and on Windows."""


@pytest.fixture
def room_for(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A device with room for `items` at a time, from the so-manieth update of this process on."""
    real, draw = Gan.real, Drawing.draw

    def limit(items: int, after: int = 0, error: Exception = CUDA) -> None:
        drawn = []

        def counted(self: Drawing, *rest: Any) -> UpdateInputs:
            drawn.append(self)
            return draw(self, *rest)

        def limited(self: Gan, x: TurnInputs) -> torch.Tensor:
            if x.rows.count > items and len(drawn) > after:
                raise error
            return real(self, x)

        monkeypatch.setattr(Drawing, "draw", counted)
        monkeypatch.setattr(Gan, "real", limited)

    return limit


def train(out: Path, said: list[str] | None = None, **settings: Any) -> gansmith.Run:
    words = said if said is not None else []
    return gansmith.train("ring", out=out, updates=30, settings={**SETTINGS, **settings}, say=words.append)


def test_a_run_finds_the_micro_batch_that_fits(tmp_path: Path, room_for: Callable[..., None]):
    """24, 12, 6 items at a time; what comes of it is what a run with 6 from its beginning gives, to the bit."""
    given = train(tmp_path / "given", **{"data.micro_batch": 6})
    said: list[str] = []
    room_for(7)
    found = train(tmp_path / "found", said)
    assert found.ended == "finished"
    assert found.recipe.data.micro_batch == 6
    assert [line for line in said if "memory" in line] == [
        "out of memory at update 1: going on from update 0 with data.micro_batch = 12, not 24",
        "out of memory at update 1: going on from update 0 with data.micro_batch = 6, not 12",
    ]
    rows = [row for row in read_rows(found.folder.findings) if row["state"] == "changed course"]
    assert [row["text"] for row in rows] == [line for line in said if "memory" in line]
    assert "has no room for 12 items at a time" in rows[1]["reason"]
    assert [row["update"] for row in found.stats] == [5, 10, 15, 20, 25, 30]
    ours, theirs = (checkpoint.load_newest(run.folder)[0].state for run in (found, given))
    assert_same_arrays(ours.arrays, theirs.arrays)


def test_a_run_that_is_out_of_memory_later_goes_on_from_what_is_saved(tmp_path: Path, room_for: Callable[..., None]):
    said: list[str] = []
    room_for(12, after=25)
    run = train(tmp_path / "run", said)
    assert "out of memory at update 26: going on from update 20 with data.micro_batch = 12, not 24" in said
    assert [row["update"] for row in run.stats] == [5, 10, 15, 20, 25, 30]
    resume(run.folder.root, budget=Budget(updates=35))  # it is remembered, not found out again
    assert run.recipe.data.micro_batch == 12


def test_the_update_after_a_resume_is_named_as_it_is(tmp_path: Path, room_for: Callable[..., None]):
    run, said = train(tmp_path / "run"), []
    room_for(12)
    resume(run.folder.root, budget=Budget(updates=35), say=said.append)
    assert "out of memory at update 31: going on from update 30 with data.micro_batch = 12, not 24" in said


@pytest.mark.parametrize("error", PROCESSORS, ids=range(len(PROCESSORS)))
def test_a_processor_s_memory_runs_out_in_the_same_way(tmp_path: Path, room_for: Callable[..., None], error: Exception):
    room_for(12, error=error)
    assert train(tmp_path / "run").recipe.data.micro_batch == 12


def test_another_fault_of_the_library_is_no_lack_of_memory(tmp_path: Path, room_for: Callable[..., None]):
    room_for(12, error=RuntimeError("shape '[2, 3]' is invalid for input of size 5"))
    with pytest.raises(RuntimeError, match="shape"):
        train(tmp_path / "run")


def test_batch_norm_leaves_no_micro_batches(tmp_path: Path, room_for: Callable[..., None]):
    room_for(12)
    with pytest.raises(
        OutOfMemory, match=r"no room for 24 items .* batch norm of the generator .*generator\.norm=none"
    ):
        train(tmp_path / "run", **{"generator.norm": "batch"})


def test_a_device_without_room_for_one(tmp_path: Path, room_for: Callable[..., None]):
    room_for(0)
    with pytest.raises(OutOfMemory, match="a single item does not fit"):
        train(tmp_path / "run")


@pytest.mark.parametrize(
    ("batch", "micro", "expected"), [(24, 0, 12), (24, 6, 3), (24, 3, 1), (7, 0, 1), (24, 1, None)]
)
def test_the_next_smaller_micro_batch(batch: int, micro: int, expected: int | None):
    recipe = world("vectors", data__batch=batch, data__micro_batch=micro).recipe
    assert smaller(recipe) == expected
