"""What the exports refuse."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

from example import Example, after, call, full_disk, where
from small import RECIPE, with_run

from gansmith.exports import export, options
from gansmith.ground.files.runfolder import RunFolder, write_text
from gansmith.ground.recipes import recipe

OUT = "page.html"


def exports(
    asked: options.Options | None = None, out: str = OUT, spoil: Callable[[RunFolder], object] | None = None
) -> Example:
    """A page of the small run."""
    return with_run(call(export, "run", "html", out, asked), spoil=spoil)


def of_own_networks(run: RunFolder) -> None:
    """The run says that it trained networks from Python."""
    own = recipe.override(RECIPE, {"generator.net": "own", "discriminator.net": "own"})
    write_text(run.recipe, recipe.to_toml(own))


REAL = options.Html(with_real=3)
INT8 = options.Html(weights="int8")

EXAMPLES: dict[str, tuple[Example, ...]] = {
    "exports": (
        call(export, "run", "htm"),
        exports(out="."),
        exports(out="page.txt"),
        after(lambda: Path(OUT).write_text("mine"), exports()),
        where({"gansmith.ground.files.runfolder.os.replace": full_disk}, exports()),
        exports(spoil=of_own_networks),
        exports(options.Html(weights="fp8")),
        exports(options.Html(with_real=-1, consent=True)),
        exports(REAL),
        exports(dataclasses.replace(REAL, with_real=500, consent=True)),
    ),
    "web": (
        where({"gansmith.web.fidelity.MOST_LEVELS": 0.0}, exports(INT8)),
        where(
            {"gansmith.web.fidelity.MOST_LEVELS": 255.0, "gansmith.web.fidelity.distance_ratio": lambda *_: 2.0},
            exports(INT8),
        ),
    ),
}
