"""Checkpoints: safetensors and a JSON of counters, written so that a kill at any byte leaves whole ones only."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.ground.game import State

WEIGHTS = "weights.safetensors"
STATE = "state.json"


@dataclass(frozen=True)
class Checkpoint:
    """A game's state after an update, and the loop's own progress."""

    update: int
    state: State
    progress: dict[str, Any]  # seconds so far, and what watchers need to go on


def save(folder: RunFolder, checkpoint: Checkpoint) -> Path:
    """Write a checkpoint under a temporary name, flush it to the disk, then give it its name in one move.

    Raises RunError when the disk is full or not writable; what was saved before stays.
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
        write_json(
            part / STATE,
            {"update": checkpoint.update, "counters": checkpoint.state.counters, "progress": checkpoint.progress},
        )
        if target.exists():
            shutil.rmtree(target)
        os.replace(part, target)
        _flush_folder(target.parent)
    except (OSError, SafetensorError) as error:
        shutil.rmtree(part, ignore_errors=True)
        raise RunError(
            f"the checkpoint of update {checkpoint.update} could not be written to {folder.checkpoints} ({error}): "
            "earlier checkpoints are whole; make room and resume"
        ) from None
    return target


def prune(folder: RunFolder, keep: int, *, spare: set[int] | None = None) -> None:
    """Delete all but the newest `keep` checkpoints and the spared updates, and what a kill left half-written."""
    updates = saved_updates(folder)
    for update in updates[:-keep]:
        if update not in (spare or set()):
            shutil.rmtree(folder.checkpoint(update), ignore_errors=True)
    for part in folder.checkpoints.glob("*.part"):
        shutil.rmtree(part, ignore_errors=True)


def saved_updates(folder: RunFolder) -> list[int]:
    """The updates with a checkpoint, oldest first."""
    if not folder.checkpoints.is_dir():
        return []
    return sorted(int(path.name) for path in folder.checkpoints.iterdir() if path.name.isdigit())


def load(folder: RunFolder, update: int) -> Checkpoint:
    """Read one checkpoint. Raises RunError when it is damaged."""
    path = folder.checkpoint(update)
    try:
        table = json.loads((path / STATE).read_text(encoding="utf-8"))
        arrays = dict(_arrays(path / WEIGHTS, ""))
        return Checkpoint(int(table["update"]), State(arrays, table["counters"]), table["progress"])
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise RunError(f"the checkpoint {path} is damaged ({error})") from None


def load_newest(folder: RunFolder) -> tuple[Checkpoint, list[str]]:
    """The newest checkpoint that is whole, and one remark for each damaged one that was passed over."""
    remarks: list[str] = []
    for update in reversed(saved_updates(folder)):
        try:
            return load(folder, update), remarks
        except RunError as error:
            remarks.append(f"{error}: falling back to the one before")
    raise RunError(f"{folder.root} holds no whole checkpoint{': ' + remarks[0] if remarks else ''}")


def load_generator(folder: RunFolder, update: int) -> dict[str, np.ndarray]:
    """The averaged generator's arrays alone, by their plan names. Raises RunError when they are damaged."""
    return load_network(folder, update, "ema")


def load_network(folder: RunFolder, update: int, which: str) -> dict[str, np.ndarray]:
    """The arrays of "ema", "generator" or "discriminator" alone, by their plan names. Raises RunError."""
    prefix = f"{which}/"
    try:
        return {
            name.removeprefix(prefix): array for name, array in _arrays(folder.checkpoint(update) / WEIGHTS, prefix)
        }
    except (OSError, SafetensorError) as error:
        raise RunError(f"the checkpoint {folder.checkpoint(update)} is damaged ({error})") from None


def _arrays(path: Path, prefix: str) -> Iterator[tuple[str, np.ndarray]]:
    with safe_open(path, framework="numpy") as file:
        for name in file.keys():  # noqa: SIM118 - safe_open is no mapping
            if name.startswith(prefix):
                yield name, file.get_tensor(name)


def _flush_folder(path: Path) -> None:
    """Ask the disk to keep a folder's entries, where the system allows it."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:  # Windows opens no folders
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)


def best_update(folder: RunFolder) -> int | None:
    """The update of the best checkpoint by the metric that was watched, or None where nothing was."""
    try:
        update = int(json.loads(folder.best.read_text(encoding="utf-8"))["update"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return update if update in saved_updates(folder) else None
