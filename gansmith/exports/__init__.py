"""A run's generator as a file that needs no Gansmith. A kind of export is one file with `make`, its options, and a row."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from gansmith.exports import options
from gansmith.exports.options import Options
from gansmith.ground.errors import RunError, nearest
from gansmith.ground.files.runfolder import RunFolder

if TYPE_CHECKING:
    from gansmith.nets import NetPair
    from gansmith.parts import Parts


@dataclass(frozen=True)
class Export:
    """A kind of file: its ending, its options, and the module whose `make(task, options)` gives its bytes.

    own_networks: whether it can hold networks that the user wrote.
    """

    ending: str
    options: type[Options]
    module: str
    examples: tuple[str, ...]
    own_networks: bool = True

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
        own_networks=False,
    ),
    "onnx": Export(
        ".onnx",
        options.Onnx,
        "gansmith.exports.onnx_file",
        ("onnx --licence CC-BY-4.0", "onnx --pixels float --out digits.onnx --force", "onnx --with my_networks.py"),
    ),
    "safetensors": Export(
        ".safetensors",
        options.Safetensors,
        "gansmith.exports.safetensors_file",
        ("safetensors", "safetensors --checkpoint best --out digits.safetensors"),
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
    parts: Parts | str | Path | None = None,
) -> Exported:
    """Write the averaged generator of a run as a file, and a card about it.

    kind: a name of EXPORTS. out: by default the run's name in the current folder. options: of the kind, as in
    `options.Html(title="Mine")`. force: replace a file. parts: your own that the run was trained with, or the path of the
    file that defines them, which is run; nets: short for parts=Parts(nets=...). Raises GansmithError; then nothing is
    written.
    """
    from gansmith.exports import card
    from gansmith.exports.task import open_task
    from gansmith.ground.files.whole import write_bytes

    if kind not in EXPORTS:
        raise RunError(f"no kind of export is called {kind!r}{nearest(kind, EXPORTS)}")
    row = EXPORTS[kind]
    if not row.own_networks and RunFolder(Path(run)).load_recipe().generator.net == "own":  # before they are asked for
        raise RunError(
            f"{kind} runs built-in networks only, and this run trained networks of your own: share them as code"
        )
    task = open_task(run, checkpoint, nets, parts)
    path = Path(out) if out is not None else Path(task.folder.root.resolve().name + row.ending)
    check_place(path, row.ending, force)
    asked = row.options() if options is None else options
    made = import_module(row.module).make(task, asked)
    about = card.text(task, asked.licence)
    beside = card.place(path, about, force)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(path, made.data)
        if beside is not None:
            write_bytes(beside, about.encode("utf-8"))
    except OSError as error:
        raise RunError(f"{path} cannot be written ({error.strerror or error}): choose another --out") from None
    told = (
        f"its card: {beside}"
        if beside
        else f"no card was written, as those beside {path} hold other words: move one away"
    )
    unstated = "the licence of the data is not stated: name it with --licence"
    notes = (
        *task.notes,
        *made.notes,
        *([] if asked.licence else [unstated]),
        f"{path}: {len(made.data) / 1e6:.2f} MB",
        told,
    )
    return Exported(path, notes)


def check_place(path: Path, ending: str, force: bool) -> None:
    """Refuse a folder, another ending, and a file that is there. Raises RunError."""
    if path.is_dir():
        raise RunError(f"--out {path} is a folder: name a file, as in --out {path / ('generator' + ending)}")
    if path.suffix != ending:
        raise RunError(f"--out {path}: give a name that ends in {ending}")
    if path.exists() and not force:
        raise RunError(f"{path} is there already: choose another --out, or replace it with --force")
