"""A run's generator as a file that needs no Gansmith. A kind of export is one file with `make`, its options, and a row."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from gansmith.exports import options
from gansmith.exports.options import Options
from gansmith.ground.errors import RunError, nearest

if TYPE_CHECKING:
    from gansmith.nets import NetPair


@dataclass(frozen=True)
class Export:
    """A kind of file: its ending, its options, and the module whose `make(task, options)` gives its bytes."""

    ending: str
    options: type[Options]
    module: str
    examples: tuple[str, ...]

    @property
    def summary(self) -> str:
        """One line."""
        return (self.options.__doc__ or "").rstrip(".")


EXPORTS: dict[str, Export] = {
    "html": Export(
        ".html",
        options.Html,
        "gansmith.exports.html",
        ("html --title 'My digits' --licence CC-BY-4.0", "html --weights int8 --out digits.html --force"),
    ),
}


@dataclass(frozen=True)
class Exported:
    """A file that was written, and lines for the user."""

    path: Path
    notes: tuple[str, ...]


def export(
    run: str | Path,
    kind: str,
    out: str | Path | None = None,
    options: Options | None = None,
    *,
    force: bool = False,
    checkpoint: str = "last",
    nets: NetPair | None = None,
) -> Exported:
    """Write the averaged generator of a run as a file.

    kind: a name of EXPORTS. out: by default the run's name in the current folder. options: of the kind, as in
    `options.Html(title="Mine")`. force: replace a file. Raises GansmithError; then nothing is written.
    """
    from gansmith.exports.task import Task
    from gansmith.ground.files.runfolder import RunFolder, write_bytes
    from gansmith.trained.generator import load, read_data

    if kind not in EXPORTS:
        raise RunError(f"no kind of export is called {kind!r}{nearest(kind, EXPORTS)}")
    row, folder = EXPORTS[kind], RunFolder(Path(run))
    if kind == "html" and folder.load_recipe().generator.net == "own":  # before the networks are asked for
        raise RunError(
            "html runs built-in networks only, and this run trained networks of your own: share them as code"
        )
    generator = load(folder.root, nets, checkpoint)
    path = Path(out) if out is not None else Path(folder.root.resolve().name + row.ending)
    check_place(path, row.ending, force)
    task = Task(folder, generator, read_data(folder))
    made = import_module(row.module).make(task, row.options() if options is None else options)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, made.data)
    except OSError as error:
        raise RunError(f"{path} cannot be written ({error.strerror or error}): choose another --out") from None
    return Exported(path, (*made.notes, f"{path}: {len(made.data) / 1e6:.2f} MB"))


def check_place(path: Path, ending: str, force: bool) -> None:
    """Refuse a folder, another ending, and a file that is there. Raises RunError."""
    if path.is_dir():
        raise RunError(f"--out {path} is a folder: name a file, as in --out {path / ('generator' + ending)}")
    if path.suffix != ending:
        raise RunError(f"--out {path}: give a name that ends in {ending}")
    if path.exists() and not force:
        raise RunError(f"{path} is there already: choose another --out, or replace it with --force")
