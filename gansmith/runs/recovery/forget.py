"""What a run forgets when it goes on from an older checkpoint."""

from __future__ import annotations

import shutil

from gansmith.ground.files import runfolder
from gansmith.ground.files.runfolder import RunFolder
from gansmith.runs.quality import forget_best
from gansmith.training import checkpoint


def forget_after(folder: RunFolder, update: int) -> None:
    """Drop rows, sheets and (damaged) checkpoints newer than the one that is resumed: they will be written again."""
    for newer in checkpoint.saved_updates(folder):
        if newer > update:
            shutil.rmtree(folder.checkpoint(newer), ignore_errors=True)
    runfolder.cut_rows(folder.stats, update)
    runfolder.cut_rows(folder.sample_rows, update if update else -1)
    runfolder.cut_rows(folder.probes, update if update else -1)
    runfolder.cut_rows(folder.findings, update)
    runfolder.cut_rows(folder.judgements, update)
    forget_best(folder, update)
    for sheet in folder.samples.glob("*.png"):
        if sheet.stem.isdigit() and int(sheet.stem) > (update if update else -1):
            sheet.unlink()
