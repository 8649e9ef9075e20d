"""The doctor on a run: during its training, and afterwards."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gansmith import losses
from gansmith.data import store as stores
from gansmith.data.store_files import without_first
from gansmith.diagnosis.doctor import Doctor, replay
from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import History
from gansmith.diagnosis.probe import Probe, Prober
from gansmith.diagnosis.reference import Reference, reference
from gansmith.diagnosis.watcher import Watch, note_known, picture_of, probes_of, remembered
from gansmith.ground.errors import GansmithError, RunError, counted
from gansmith.ground.files.runfolder import RunFolder, append_row, damaged_rows, read_rows
from gansmith.ground.progress import Say
from gansmith.parts import Parts
from gansmith.parts.file import as_parts
from gansmith.runs.recovery.roll_back import changed_settings, changes, words
from gansmith.runs.setup import Setup, build_game, set_up_again
from gansmith.training import checkpoint
from gansmith.training.events import Start

READ = ("loss.", "verdict.", "probability.", "accuracy.", "gradient.", "step.", "histograms")
"""How the names of a row begin that the rules read."""
CHECKPOINT_SAMPLES = 2048  # of each checkpoint, where there is time to look closely


def doctors(setup: Setup, folder: RunFolder, start: Start, say: Say) -> list[Watch]:
    """The doctor as a watcher of a training, or none if the recipe says so."""
    if not setup.recipe.watch.diagnose:
        return []
    known = reference_of(setup)
    if not start.update:
        note_known(folder, known)
    tried = changed_settings(folder)
    return [Watch(folder, setup.recipe, known, setup.labelling, say=say, seconds=start.seconds, tried=tried)]


def reference_of(setup: Setup) -> Reference:
    """What the doctor knows of a run's items. Its held-out items are the test split, or those after `data.first`."""
    store, data = setup.store, setup.recipe.data
    heldout = heldout_labels = None
    if store.kind.pixels and data.split == "train" and "test" in store.splits:
        same = stores.with_shape(data, store.item_shape, store.ranges)
        other = stores.open_store(dataclasses.replace(same, split="test", first=0, labels="none"))
        other = other.numbered_as(store.class_names) if store.labels is not None else other
        heldout, heldout_labels = other.items, other.labels
    elif store.kind.pixels and data.first:
        other = without_first(stores.open_store(dataclasses.replace(data, first=0, labels="none")), store)
        heldout, heldout_labels = other.items, other.labels
    return reference(
        store.items,
        None if store.labels is None else np.asarray(store.labels),
        heldout=heldout,
        heldout_labels=heldout_labels,
        settings=data,
        kind=store.kind,
        units=store.units,
        classes=store.classes,
        class_names=store.class_names,
        groups=setup.clusters,
        seed=setup.recipe.seed,
    )


@dataclass(frozen=True)
class Diagnosis:
    """What the doctor found in a run."""

    root: Path
    update: int  # the newest one
    looks: int  # how many probes of samples there were; 0 = the diagnosis uses the statistics only
    leading: Finding
    others: tuple[Finding, ...]
    said: tuple[tuple[int, Finding], ...]  # every change of the leading finding: update, and the new finding
    changes: tuple[dict[str, Any], ...]
    remarks: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The diagnosis as `gansmith diagnose --json` prints it."""
        return {
            "run": str(self.root),
            "update": self.update,
            "looks": self.looks,
            "leading": self.leading.as_row(self.update),
            "others": [finding.as_row(self.update) for finding in self.others],
            "said": [finding.as_row(update) for update, finding in self.said],
            "changes": list(self.changes),
            "remarks": list(self.remarks),
        }


def diagnose(
    run: str | Path,
    say: Say = lambda _: None,
    *,
    recorded: bool = False,
    parts: Parts | str | Path | None = None,
) -> Diagnosis:
    """Diagnose a finished, killed or running run, or another program's: a folder, or a file like stats.jsonl.

    The checkpoints that a run of Gansmith has kept are probed afresh, with more samples than during the training, as far as
    its data is still there. recorded: use what the training recorded, and nothing else. parts: your own that it was trained
    with, or the path of the file that defines them, which is run; without them the checkpoints of such a run are not probed.
    Raises RunError if there is nothing to diagnose.
    """
    path, own = Path(run), as_parts(parts)
    folder = RunFolder(path.parent if path.is_file() else path)
    with losses.joined(own.loss or losses.recorded(folder)):
        return _diagnose(path, folder, own, say, recorded)


def _diagnose(path: Path, folder: RunFolder, own: Parts, say: Say, recorded: bool) -> Diagnosis:
    """The same, with the run's loss known."""
    stats = path if path.is_file() else folder.stats
    if not stats.is_file():
        raise RunError(f"{path} holds no stats.jsonl: give a run's folder, or a file of such rows")
    remarks = [line] if (line := damaged_rows(stats)) else []
    recipe = folder.load_recipe() if folder.recipe.is_file() else None
    if recipe is not None and (edits := folder.edited()):
        remarks.append(
            f"{folder.recipe} was edited by hand ({words(edits)}): what follows reads it, and the training knew the old values"
        )
    history, rows, probes = remembered(folder, recipe), list(read_rows(stats)), probes_of(folder)
    if recipe is not None and not recorded:
        history, probes = _probe_checkpoints(folder, own, history, probes, remarks, say)
    if not rows and not probes:
        raise RunError(f"{stats} holds no row yet: train longer, then diagnose again")
    names = {name for row in rows for name in row}
    if not probes and not any(name.startswith(READ) for name in names):
        raise RunError(
            f"{stats} has {', '.join(sorted(map(repr, names))[:6])}, and no number that the doctor reads: name them "
            "update, loss.discriminator, loss.generator and so on, as docs/guide/run-folder.md lists them"
        )
    doctor = Doctor(history)
    said = replay(doctor, rows, probes)
    if not probes:
        remarks.append("there are no samples: collapse, copies and quality cannot be seen in the losses alone")
    return Diagnosis(
        root=folder.root,
        update=doctor.history.update,
        looks=len(probes),
        leading=_with_picture(folder, doctor.leading),
        others=tuple(doctor.others),
        said=tuple(said),
        changes=tuple(changes(folder)),
        remarks=tuple(remarks),
    )


def _probe_checkpoints(
    folder: RunFolder, own: Parts, history: History, probes: list[Probe], remarks: list[str], say: Say
) -> tuple[History, list[Probe]]:
    """Probe every checkpoint that is left. Returns the history to begin with, and the old and new probes; adds remarks.

    A probe of the training keeps its numbers, which are compared with one another, and gets the new counts of classes.
    Where the training took no probe, the new ones are written to the run.
    """
    updates = checkpoint.saved_updates(folder)
    if not updates:
        remarks.append("no checkpoint is left to be probed")
        return history, probes
    try:
        setup = set_up_again(folder)
        known, game = reference_of(setup), build_game(setup, own.used_by(setup.recipe))
        usual, prober = (Prober(setup.recipe, known, setup.labelling, *more) for more in ((), (CHECKPOINT_SAMPLES,)))
        old = {probe.update: probe for probe in probes}
        fresh: dict[int, Probe] = {}
        for update, saved in _whole(folder, updates, remarks, say):
            game.restore(saved.state)
            images = setup.clock().images(update)
            was = old.get(update) or usual.probe(game, update, images)  # numbers of as many samples as all others
            again = prober.probe(game, update, images)
            fresh[update] = dataclasses.replace(was, shares=was.shares | again.shares)
            if not probes:
                doctor = Doctor(History.of(setup.recipe, known))
                replay(doctor, read_rows(folder.stats), fresh.values())
                picture_of(folder, doctor.leading, update, usual)
    except GansmithError as error:
        remarks.append(f"its checkpoints could not be probed: {error}")
        return history, probes
    if not fresh:
        return history, probes
    if not probes:
        note_known(folder, known)
        for probe in fresh.values():
            append_row(folder.probes, probe.as_row())
        remarks.append(
            f"probed now: {counted(len(fresh), 'checkpoint')}; a finding began somewhere between two of them"
        )
        return History.of(setup.recipe, known), list(fresh.values())
    remarks.append(f"probed afresh: {counted(len(fresh), 'checkpoint')}, with {CHECKPOINT_SAMPLES:,} samples each")
    found = old | fresh
    return history, [found[update] for update in sorted(found)]


def _whole(
    folder: RunFolder, updates: list[int], remarks: list[str], say: Say
) -> Iterator[tuple[int, checkpoint.Checkpoint]]:
    """Each checkpoint that is not damaged; the others become remarks."""
    for update in updates:
        say(f"probing the checkpoint of update {update:,}")
        try:
            yield update, checkpoint.load(folder, update)
        except RunError as error:
            remarks.append(f"{error}: it is left out")


def _with_picture(folder: RunFolder, finding: Finding) -> Finding:
    """The finding with the picture that was drawn when it was first said."""
    pictures = sorted(folder.diagnosis.glob(f"*-{finding.state.replace(' ', '-')}.png"))
    if not pictures:
        return finding
    return dataclasses.replace(finding, picture=pictures[-1].relative_to(folder.root).as_posix())
