"""`gansmith.train`: a training from Python."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gansmith.data import given
from gansmith.ground.errors import DataError
from gansmith.ground.progress import Say
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.choose_recipe import Budget, choose_recipe
from gansmith.runs.processes import new_folder
from gansmith.runs.result import Run
from gansmith.runs.run import begin
from gansmith.training.events import Watcher

if TYPE_CHECKING:
    from gansmith.nets import NetPair


def train(
    recipe: str | Path | Recipe,
    data: Any = None,
    nets: NetPair | None = None,
    *,
    labels: Any = None,
    out: str | Path | None = None,
    updates: int | None = None,
    images: int | None = None,
    epochs: float | None = None,
    minutes: float | None = None,
    engine: str | None = None,
    device: str | None = None,
    seed: int | None = None,
    start: str | Path | Run | None = None,
    settings: dict[str, Any] | None = None,
    watching: Sequence[Watcher] = (),
    say: Say = lambda _: None,
) -> Run:
    """Train a GAN and return its run.

    recipe: a built-in name, a .toml file or a Recipe. data: a source instead of the recipe's: a name, a path, or items from
    Python, with `labels` of each (see `data.given.source`): arrays and tensors (N, H, W), (N, H, W, C), (N, C, H, W) or
    (N, D), a torch Dataset, an iterable of pictures or of (picture, label). nets: your own pair of networks. settings:
    {"loss.name": "hinge", ...}. start: a trained run, its folder or a .safetensors file, whose weights the training begins
    with where layers fit; settings={"start.frozen": 2} freezes the discriminator's two lowest layers. out: the run's folder;
    runs/<recipe>-<number> by default.
    Raises GansmithError with one line that says what to do.
    """
    if data is None and labels is not None:
        raise DataError("labels= goes with data=: give the items too")
    data = None if data is None else given.source(data, labels)
    budget = Budget(updates, images, epochs, minutes)
    source = None if start is None else str(start.folder.root if isinstance(start, Run) else start)
    chosen = choose_recipe(
        recipe, data=data, budget=budget, engine=engine, device=device, seed=seed, start=source, settings=settings
    )
    with new_folder(chosen, Path(out) if out else None) as folder:
        return begin(chosen, folder, nets, watching=watching, say=say)
