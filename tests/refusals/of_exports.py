"""What the exports refuse."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from example import Example, after, call, fails, full_disk, thing, where
from small import RECIPE, generator, with_run

from gansmith.exports import export, onnx_file, options
from gansmith.exports.push import push
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.files.whole import write_text
from gansmith.ground.recipes import recipe
from gansmith.nets import NetPair

OUT = "page.html"
runtime = thing(InferenceSession=lambda *_, **__: thing(get_inputs=list, run=lambda *_: [np.zeros(3)]))
"""Stands for onnxruntime: it makes other pictures."""


def exports(
    asked: options.Options | None = None, out: str = OUT, spoil: Callable[[RunFolder], object] | None = None
) -> Example:
    """A page of the small run."""
    nets = NetPair("own", lambda *_: None) if spoil else None  # pyright: ignore[reportArgumentType]
    return with_run(call(export, "run", "html", out, asked, nets=nets), spoil=spoil)


def of_own_networks(run: RunFolder) -> None:
    """The run says that it trained networks from Python."""
    own = recipe.override(RECIPE, {"generator.net": "own", "discriminator.net": "own"})
    write_text(run.recipe, recipe.to_toml(own))


def taken_name() -> tuple[Any, Any]:
    """The Hub's package and client, where every name is taken."""

    class Taken(Exception):
        """As the package has it."""

        response = thing(status_code=409)

    package = thing(CommitOperationAdd=lambda *_: None, errors=thing(HfHubHTTPError=Taken))
    return package, thing(create_repo=fails(Taken()))


REAL = options.Html(with_real=3)
INT8 = options.Html(weights="int8")

EXAMPLES: dict[str, tuple[Example, ...]] = {
    "exports": (
        call(export, "run", "htm"),
        exports(out="."),
        exports(out="page.txt"),
        after(lambda: Path(OUT).write_text("mine"), exports()),
        where({"gansmith.ground.files.whole.os.replace": full_disk}, exports()),
        exports(spoil=of_own_networks),
        exports(options.Html(weights="fp8")),
        exports(options.Html(with_real=-1, consent=True)),
        exports(REAL),
        exports(dataclasses.replace(REAL, with_real=500, consent=True)),
        with_run(call(export, "run", "onnx", "g.onnx", options.Onnx(pixels="int8"))),
        where({"torch.export.export": fails(RuntimeError("no"))}, lambda *_: onnx_file.written(generator(), True)),
        lambda *_: onnx_file.tried(runtime, b"", generator(), True),
        where({"gansmith.trained.hub.library": taken_name}, with_run(call(push, "run", "me/digits"))),
    ),
    "web": (
        where({"gansmith.web.fidelity.MOST_LEVELS": 0.0}, exports(INT8)),
        where(
            {"gansmith.web.fidelity.MOST_LEVELS": 255.0, "gansmith.web.fidelity.distance_ratio": lambda *_: 2.0},
            exports(INT8),
        ),
    ),
}
