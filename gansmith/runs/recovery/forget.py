"""What is removed when a run goes on from an older checkpoint."""

from __future__ import annotations

import shutil
from pathlib import Path

from gansmith.ground.files import runfolder, whole
from gansmith.ground.files.runfolder import RunFolder
from gansmith.runs.quality import forget_best
from gansmith.training import checkpoint


def forget_after(folder: RunFolder, update: int) -> None:
    """Remove the rows, sheets and (damaged) checkpoints after an update: the run will write them again."""
    for newer in checkpoint.saved_updates(folder):
        if newer > update:
            shutil.rmtree(folder.checkpoint(newer), ignore_errors=True)
    rows = (folder.stats, folder.findings, folder.judgements, folder.log)
    for path in rows:
        runfolder.cut_rows(path, update)
    newest_kept = update or -1  # a run that begins again draws the sheet of update 0 again, and probes again
    others = (folder.sample_rows, folder.probes)
    for path in others:
        runfolder.cut_rows(path, newest_kept)
    for sheet in (*folder.samples.glob("*.png"), *folder.samples.glob("*.txt")):
        if sheet.stem.isdigit() and int(sheet.stem) > newest_kept:
            sheet.unlink()
    forget_best(folder, update)


def forget_half_written(folder: RunFolder) -> None:
    """Remove what a kill left half written; not what another command, as `report`, writes just now.

    For the process that has just got the run's lock.
    """
    for place in (folder.root, folder.samples):
        for part in place.glob("*.part"):
            if whole.PART.search(part.name) and is_left(folder, part):
                part.unlink(missing_ok=True)


def is_left(folder: RunFolder, part: Path) -> bool:
    """Whether a half-written file is older than the process that trains: whoever wrote it was ended."""
    try:
        return part.stat().st_mtime_ns < folder.lock.stat().st_mtime_ns
    except OSError:
        return False
