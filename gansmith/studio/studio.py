"""What the parts of the studio share: the served folder, its runs, the child processes, and who is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from gansmith.ground.files.runfolder import RunFolder
from gansmith.studio.children import Jobs
from gansmith.studio.errors import StudioError
from gansmith.studio.places import inside
from gansmith.studio.starting.trainings import Trainings
from gansmith.studio.watching.hub import Hub


class Studio:
    """One served folder. `jobs`: child processes of steering and export; `trainings`: those that train."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hub = Hub()
        self.jobs = Jobs(self.hub.publish, self.hub.publish_picture)
        self.trainings = Trainings(folder)

    def run(self, name: str) -> RunFolder:
        """The run of a name. Raises StudioError 404 where there is none."""
        found = RunFolder(inside(self.folder, name))
        if not found.recipe.is_file():
            raise StudioError(404, f"there is no run {name!r} in this folder: it may have been moved or deleted")
        return found

    def is_run(self, name: str) -> bool:
        """Whether there is a run of a name."""
        try:
            return bool(self.run(name))
        except StudioError:
            return False

    @property
    def publish(self) -> Callable[[dict[str, Any]], None]:
        """Sends a message to every page; from any thread."""
        return self.hub.publish
