"""Checkpoints: whole or not there, whatever happens while they are written or afterwards."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.game import State
from gansmith.training import checkpoint
from gansmith.training.checkpoint import STATE, WEIGHTS, Checkpoint, load, load_newest, prune, save, saved_updates
from miniatures import assert_same_arrays


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "run")


def made(update: int) -> Checkpoint:
    rng = np.random.default_rng(update)
    arrays = {
        "generator/0.weight": rng.standard_normal((3, 4)).astype(np.float32),
        "generator/1.count": np.array(update),
        "discriminator/0.weight": rng.standard_normal((2, 3)),
        "ema/0.weight": rng.standard_normal((4, 6, 5, 2)).astype(np.float32).transpose(0, 3, 1, 2),
        "ema/empty": np.zeros((0, 3), np.float32),
    }
    return Checkpoint(update, State(arrays, {"steps": update, "name": "adam", "share": 0.1}), {"seconds": update / 3})


def contiguous(of: Checkpoint) -> dict[str, np.ndarray]:
    return {name: np.asarray(array, order="C") for name, array in of.state.arrays.items()}


def test_a_checkpoint_comes_back(folder: RunFolder):
    path = save(folder, made(50))
    assert path == folder.checkpoint(50)
    found = load(folder, 50)
    assert_same_arrays(found.state.arrays, contiguous(made(50)))
    for name, array in made(50).state.arrays.items():
        assert (found.state.arrays[name].dtype, found.state.arrays[name].shape) == (array.dtype, array.shape)
    assert found.state.counters == made(50).state.counters
    assert (found.update, found.progress) == (50, {"seconds": 50 / 3})


def test_saving_again_replaces(folder: RunFolder):
    save(folder, made(50))
    again = Checkpoint(50, made(51).state, {"seconds": 99.0})
    save(folder, again)
    assert load(folder, 50).progress == {"seconds": 99.0}
    assert saved_updates(folder) == [50]


def test_the_newest_is_the_one_of_the_highest_update(folder: RunFolder):
    for update in (9, 1000, 100):
        save(folder, made(update))
    found, remarks = load_newest(folder)
    assert (found.update, remarks) == (1000, [])
    assert saved_updates(folder) == [9, 100, 1000]


class Killed(BaseException):
    """What no `except Exception` sees, as a kill."""


STEPS = ["fsync", "replace", "save_file"]


def failing(monkeypatch: pytest.MonkeyPatch, step: str, number: int, error: BaseException) -> None:
    """The `number`-th call of a step fails, after having done half of its work where it can.

    fsync: the weights, the state, the folder. replace: the state, the checkpoint. save_file: the weights.
    """
    owner = checkpoint if step == "save_file" else os
    real: Callable = getattr(owner, step)
    calls = iter(range(1000))

    def call(*arguments: object) -> object:
        if next(calls) != number:
            return real(*arguments)
        if step == "save_file":
            Path(str(arguments[1])).write_bytes(b"half a fi")
        raise error

    monkeypatch.setattr(owner, step, call)


def refusal_of(folder: RunFolder, what: Checkpoint) -> str | None:
    """The message with which a checkpoint is refused, or None when it was saved."""
    try:
        save(folder, what)
    except RunError as error:
        return str(error)
    return None


def test_a_full_disk_before_the_first_checkpoint_promises_none(folder: RunFolder, monkeypatch: pytest.MonkeyPatch):
    failing(monkeypatch, "save_file", 0, OSError(errno.ENOSPC, "No space left on device"))
    message = refusal_of(folder, made(100))
    assert message is not None
    assert message.endswith("there is no earlier checkpoint; make room and train again")


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("step", STEPS)
def test_a_full_disk_loses_nothing_and_is_said_in_one_line(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch, step: str, number: int
):
    save(folder, made(50))
    with monkeypatch.context() as patch:
        failing(patch, step, number, OSError(errno.ENOSPC, "No space left on device"))
        message = refusal_of(folder, made(100))
    assert (message is not None) == (number < {"fsync": 2, "replace": 2, "save_file": 1}[step])
    if message is not None:
        assert "\n" not in message
        for words in ("update 100", "No space left on device", "earlier checkpoints are whole"):
            assert words in message
        assert saved_updates(folder) == [50]
        assert not list(folder.checkpoints.glob("*.part"))
    found, remarks = load_newest(folder)
    assert remarks == []
    assert found.update in (50, 100)
    assert_same_arrays(load(folder, 50).state.arrays, contiguous(made(50)))
    save(folder, made(150))  # there is room again
    assert load_newest(folder)[0].update == 150


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("step", STEPS)
def test_a_kill_at_any_step_leaves_whole_ones_only(
    folder: RunFolder, monkeypatch: pytest.MonkeyPatch, step: str, number: int
):
    save(folder, made(50))
    with monkeypatch.context() as patch:
        failing(patch, step, number, Killed())
        with contextlib.suppress(Killed):
            save(folder, made(100))
    found, remarks = load_newest(folder)
    assert remarks == []
    assert_same_arrays(found.state.arrays, contiguous(made(found.update)))
    save(folder, made(150))
    prune(folder, 2)
    assert not list(folder.checkpoints.glob("*.part"))
    assert load_newest(folder)[0].update == 150


def test_a_folder_that_cannot_be_written(folder: RunFolder):
    folder.root.mkdir(parents=True)
    folder.checkpoints.write_text("a file where the folder should be")
    with pytest.raises(RunError, match="update 50 could not be written"):
        save(folder, made(50))


def damage_weights(path: Path) -> None:
    data = (path / WEIGHTS).read_bytes()
    (path / WEIGHTS).write_bytes(data[: len(data) // 2])


def damage_state(path: Path) -> None:
    (path / STATE).write_text('{"update": 10')


DAMAGES: dict[str, Callable[[Path], object]] = {
    "truncated weights": damage_weights,
    "no weights": lambda path: (path / WEIGHTS).unlink(),
    "empty weights": lambda path: (path / WEIGHTS).write_bytes(b""),
    "huge header": lambda path: (path / WEIGHTS).write_bytes(b"\xff" * 64),
    "truncated state": damage_state,
    "no state": lambda path: (path / STATE).unlink(),
    "state of another kind": lambda path: (path / STATE).write_text("[1, 2]"),
    "state without counters": lambda path: (path / STATE).write_text('{"update": 100}'),
    "binary state": lambda path: (path / STATE).write_bytes(b"\xff\xfe\x00"),
    "an empty folder": lambda path: [child.unlink() for child in path.iterdir()],
    "a file": lambda path: (shutil.rmtree(path), path.write_text("no folder")),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_newest_falls_back_and_says_so(folder: RunFolder, damage: Callable[[Path], object]):
    for update in (50, 100):
        save(folder, made(update))
    damage(folder.checkpoint(100))
    with pytest.raises(RunError, match="is damaged"):
        load(folder, 100)
    found, remarks = load_newest(folder)
    assert found.update == 50
    assert len(remarks) == 1
    assert "00000100" in remarks[0]
    assert "taking that of update 50 instead" in remarks[0]
    assert "\n" not in remarks[0]


def test_truncation_at_any_byte_is_noticed(folder: RunFolder):
    save(folder, made(50))
    whole = (folder.checkpoint(50) / WEIGHTS).read_bytes()
    for end in range(0, len(whole), 97):
        (folder.checkpoint(50) / WEIGHTS).write_bytes(whole[:end])
        with pytest.raises(RunError, match="is damaged"):
            load(folder, 50)


def test_one_changed_bit_in_the_middle_is_noticed(folder: RunFolder):
    path = save(folder, made(50)) / WEIGHTS
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    with pytest.raises(RunError, match="its weights are not those that were written"):
        load(folder, 50)
    with pytest.raises(RunError, match="its weights are not those that were written"):
        checkpoint.load_network(folder, 50, "ema")


def test_the_checksum_is_the_crc_of_the_weights_and_older_ones_have_none(folder: RunFolder):
    path = save(folder, made(50))
    table = json.loads((path / STATE).read_text())
    assert table.pop("checksum") == zlib.crc32((path / WEIGHTS).read_bytes())
    (path / STATE).write_text(json.dumps(table))
    assert load(folder, 50).update == 50
    assert set(checkpoint.load_network(folder, 50, "ema")) == {"0.weight", "empty"}


def test_where_none_is_whole_the_run_says_so(folder: RunFolder):
    with pytest.raises(RunError, match="holds no checkpoint: train longer"):
        load_newest(folder)
    for update in (50, 100):
        save(folder, made(update))
        damage_weights(folder.checkpoint(update))
    with pytest.raises(RunError, match="holds no whole checkpoint"):
        load_newest(folder)


@pytest.mark.parametrize("keep", [1, 2, 3, 9])
def test_pruning_keeps_the_newest(folder: RunFolder, keep: int):
    for update in (50, 100, 150, 200):
        save(folder, made(update))
    prune(folder, keep)
    assert saved_updates(folder) == [50, 100, 150, 200][-keep:]


def test_pruning_spares_what_it_is_told_to(folder: RunFolder):
    for update in (50, 100, 150, 200):
        save(folder, made(update))
    prune(folder, 1, spare={50, 999})
    assert saved_updates(folder) == [50, 200]


def test_what_cannot_be_deleted_does_not_end_a_training(folder: RunFolder):
    for update in (50, 100, 150):
        save(folder, made(update))
    DAMAGES["a file"](folder.checkpoint(50))
    (folder.checkpoints / "00000200.part").write_text("no folder")
    prune(folder, 1)
    assert saved_updates(folder) == [50, 150]


def test_other_files_are_no_checkpoints(folder: RunFolder):
    save(folder, made(50))
    (folder.checkpoints / "notes.txt").write_text("mine")
    (folder.checkpoints / "00000100.part").mkdir()
    assert saved_updates(folder) == [50]
    prune(folder, 1)
    assert sorted(path.name for path in folder.checkpoints.iterdir()) == ["00000050", "notes.txt"]


def test_the_generator_alone(folder: RunFolder):
    save(folder, made(50))
    arrays = checkpoint.load_network(folder, 50, "ema")
    assert set(arrays) == {"0.weight", "empty"}
    np.testing.assert_array_equal(arrays["0.weight"], made(50).state.arrays["ema/0.weight"])
    damage_weights(folder.checkpoint(50))
    with pytest.raises(RunError, match="is damaged"):
        checkpoint.load_network(folder, 50, "ema")


def test_the_best_is_one_that_is_there(folder: RunFolder):
    save(folder, made(50))
    assert checkpoint.best_update(folder) is None
    for text, expected in (('{"update": 50}', 50), ('{"update": 100}', None), ("{", None), ("[]", None), ("{}", None)):
        folder.best.write_text(text)
        assert checkpoint.best_update(folder) == expected


def test_nothing_is_pickled(folder: RunFolder):
    path = save(folder, made(50))
    assert sorted(child.name for child in path.iterdir()) == [STATE, WEIGHTS]
    json.loads((path / STATE).read_text())
