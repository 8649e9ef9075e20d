"""Checkpoints: safetensors and a JSON file of counters. A kill at any moment leaves only whole checkpoints."""

from __future__ import annotations

import json
import os
import shutil
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from gansmith.ground.errors import RunError, brief, typed
from gansmith.ground.files.damaged import DAMAGED
from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.ground.game import State

WEIGHTS = "weights.safetensors"
STATE = "state.json"


@dataclass(frozen=True)
class Checkpoint:
    """The state of a game after an update, and the progress of the loop."""

    update: int
    state: State
    progress: dict[str, Any]  # {"seconds": ...} so far


def save(folder: RunFolder, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint under a temporary name, flush it to the disk, then rename it.

    Raises RunError if the disk is full or cannot be written to; earlier checkpoints stay.
    """
    target = folder.checkpoint(checkpoint.update)
    part = target.with_name(target.name + ".part")
    try:
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        arrays = {name: np.asarray(array, order="C") for name, array in checkpoint.state.arrays.items()}
        save_file(arrays, part / WEIGHTS)
        with open(part / WEIGHTS, "rb+") as file:
            os.fsync(file.fileno())
        facts = {"update": checkpoint.update, "counters": checkpoint.state.counters, "progress": checkpoint.progress}
        write_json(part / STATE, facts | {"checksum": _checksum(part / WEIGHTS)})
        if target.exists():
            shutil.rmtree(target)
        os.replace(part, target)
        _flush_folder(target.parent)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(part, ignore_errors=True)
        raise RunError(
            f"the checkpoint of update {checkpoint.update} could not be written to {folder.checkpoints} ({error}): "
            f"{what_is_left(folder)}"
        ) from None
    return target


def what_is_left(folder: RunFolder) -> str:
    """The end of the error where a run cannot be written to: whether it can be gone on with."""
    if saved_updates(folder):
        return "earlier checkpoints are whole; make room and resume"
    return "there is no earlier checkpoint; make room and train again"


def prune(folder: RunFolder, keep: int, *, spare: Collection[int] = ()) -> None:
    """Delete all checkpoints except the newest `keep` and the updates in `spare`; and those that a kill left unfinished."""
    updates = saved_updates(folder)
    for update in updates[:-keep]:
        if update not in spare:
            shutil.rmtree(folder.checkpoint(update), ignore_errors=True)
    for part in folder.checkpoints.glob("*.part"):
        shutil.rmtree(part, ignore_errors=True)


def saved_updates(folder: RunFolder) -> list[int]:
    """The updates with a checkpoint, oldest first."""
    if not folder.checkpoints.is_dir():
        return []
    return sorted(int(path.name) for path in folder.checkpoints.iterdir() if path.name.isdigit())


def load(folder: RunFolder, update: int) -> Checkpoint:
    """Read one checkpoint. Raises RunError if it is damaged."""
    path = folder.checkpoint(update)
    try:
        table = json.loads((path / STATE).read_text(encoding="utf-8"))
        _check(path, table)
        arrays = dict(_arrays(path / WEIGHTS, ""))
        return Checkpoint(int(table["update"]), State(arrays, table["counters"]), table["progress"])
    except (*DAMAGED, SafetensorError) as error:
        raise RunError(f"the checkpoint {path} is damaged ({brief(error)})") from None


def load_newest(folder: RunFolder) -> tuple[Checkpoint, list[str]]:
    """The newest whole checkpoint, and a remark for each newer one that is damaged. Raises RunError if none is whole."""
    return newest_whole(folder, lambda update: load(folder, update))


def newest_whole(folder: RunFolder, read: Callable[[int], Any]) -> tuple[Any, list[str]]:
    """What `read` makes of the newest checkpoint that it can read, and a remark for each newer one, for which it raised
    RunError. Raises RunError if it can read none."""
    errors: list[RunError] = []
    for update in reversed(saved_updates(folder)):
        try:
            return read(update), [f"{error}: taking that of update {update:,} instead" for error in errors]
        except RunError as error:
            errors.append(error)
    if not errors:
        raise RunError(f"{folder.root} holds no checkpoint: train longer, or go on by `{typed('resume', folder.root)}`")
    raise RunError(f"{folder.root} holds no whole checkpoint, as {errors[0]}: start a new run")


def load_network(folder: RunFolder, update: int, which: str) -> dict[str, np.ndarray]:
    """Read one network, "ema" (the averaged generator), "generator" or "discriminator": its arrays by their names in the
    plan. Raises RunError if they are damaged."""
    prefix, path = f"{which}/", folder.checkpoint(update)
    try:
        if (path / STATE).exists():
            _check(path, json.loads((path / STATE).read_text(encoding="utf-8")))
        arrays = _arrays(path / WEIGHTS, prefix)
        return {name.removeprefix(prefix): array for name, array in arrays}
    except (*DAMAGED, SafetensorError) as error:
        raise RunError(f"the checkpoint {path} is damaged ({brief(error)})") from None


def _checksum(path: Path) -> int:
    """CRC-32 of a file: a bad disk or a torn copy changes a number in the middle, which no reader would notice."""
    found = 0
    with open(path, "rb") as file:
        while block := file.read(2**20):
            found = zlib.crc32(block, found)
    return found


def _check(path: Path, table: dict[str, Any]) -> None:
    """Raise ValueError where the weights of a checkpoint are not those that were written. Older ones do not tell."""
    if "checksum" in table and _checksum(path / WEIGHTS) != table["checksum"]:
        raise ValueError("its weights are not those that were written")


def _arrays(path: Path, prefix: str) -> Iterator[tuple[str, np.ndarray]]:
    with safe_open(path, framework="numpy") as file:
        for name in file.keys():  # noqa: SIM118 - safe_open is no mapping
            if name.startswith(prefix):
                yield name, file.get_tensor(name)


def _flush_folder(path: Path) -> None:
    """Write a folder's entries to the disk, if the system can."""
    with suppress(OSError):  # Windows opens no folders
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def best_update(folder: RunFolder) -> int | None:
    """The update of the best checkpoint, measured during the training; None if it is unknown or gone."""
    try:
        update = int(json.loads(folder.best.read_text(encoding="utf-8"))["update"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return update if update in saved_updates(folder) else None
