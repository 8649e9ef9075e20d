"""What is refused of generators from the Hub, of their files, and of what is asked of generators."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from example import Example, after, arrays, call, fails, text, thing, where
from small import generator, with_run

from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.runs.run import resume
from gansmith.trained import drawn, hub, parcel
from gansmith.trained.discriminator import load_discriminator

FILE = "generator.safetensors"


def holding(**sizes: int) -> Example:
    """A repository with files of these sizes."""
    files = [thing(rfilename=name.replace("__", "."), size=size) for name, size in sizes.items()]
    client = thing(model_info=lambda *_, **__: thing(siblings=files, sha="c0ffee" * 6))
    return where({"gansmith.trained.hub.library": lambda: (None, client)}, call(hub.find, "me/digits"))


def sent(size: int, root: str = "theirs") -> Example:
    """A generator of that many bytes is announced, and a file of a small run comes."""

    def download(*_: object, local_dir: str, **__: object) -> str:
        made = generator()
        path = Path(local_dir) / FILE
        path.write_bytes(
            parcel.write(made, {"item_shape": list(made.item_shape), "class_names": list("0123456789")}, 0)
        )
        return str(path)

    def pulled(folder: Path, patch: pytest.MonkeyPatch) -> object:
        described = {"item_shape": [1, 16, 16], "class_names": list("0123456789")}
        announced = size or len(parcel.write(generator(), described, 0))
        return hub.pull(hub.Found("me/digits", "c0ffee", FILE, announced), Path(root))

    client = thing(hf_hub_download=download)
    return where({"gansmith.trained.hub.library": lambda: (None, client)}, pulled)


def was_pulled(run: RunFolder) -> None:
    """The run says so."""
    write_json(run.pulled, {"source": "hub:me/digits@c0ffee"})


def of_file(**named: np.ndarray) -> Example:
    """Latents of an .npz with these arrays."""
    return after(arrays("mine.npz", **named), lambda folder, patch: drawn.of_file(generator(), Path("mine.npz")))


TRAINED: tuple[Example, ...] = (
    with_run(lambda *_: load_discriminator(RunFolder(Path("run")), generator()), spoil=was_pulled),
    after(text("bad.safetensors", "no"), call(parcel.read, Path("bad.safetensors"))),
    where(
        {"gansmith.trained.hub.library": lambda: (None, thing(model_info=fails(OSError("no network"))))},
        call(hub.find, "me/digits"),
    ),
    holding(model__bin=5),
    holding(generator__safetensors=0),
    after(text("theirs/mine.txt", ""), call(hub.pull, hub.Found("me/digits", "c0ffee", FILE, 9), Path("theirs"))),
    sent(9),
    sent(0, "/dev/null/theirs"),
    call(drawn.parse_seeds, "9-3"),
    lambda folder, patch: drawn.between(generator(), 0, 1, 1),
    after(text("mine.npz", "no"), lambda folder, patch: drawn.of_file(generator(), Path("mine.npz"))),
    of_file(z=np.zeros((2, 6))),
    of_file(latents=np.zeros((2, 5))),
    of_file(latents=np.zeros((2, 6)), labels=np.array(["a", "b"])),
)
RUNS: tuple[Example, ...] = (with_run(call(resume, "run"), spoil=was_pulled),)
