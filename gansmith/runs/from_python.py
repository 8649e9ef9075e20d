"""`gansmith.train` and `gansmith.resume`: a training from Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gansmith.data import given, sources
from gansmith.ground.errors import DataError, RecipeError, StoppedByUser
from gansmith.ground.progress import Say, logged
from gansmith.ground.recipes.settings import Recipe
from gansmith.parts import Callback, Parts
from gansmith.parts.file import as_parts
from gansmith.runs import run as runs
from gansmith.runs.choose_recipe import Budget, choose_recipe
from gansmith.runs.processes import new_folder
from gansmith.runs.result import Run
from gansmith.training.events import Watcher

if TYPE_CHECKING:
    from gansmith.nets import NetPair


def train(
    recipe: str | Path | Recipe,
    data: Any = None,
    nets: NetPair | None = None,
    *,
    labels: Any = None,
    parts: Parts | str | Path | None = None,
    callbacks: Callback | Sequence[Callback] = (),
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
    offline: bool = False,
    watching: Sequence[Watcher] = (),
    say: Say = logged,
) -> Run:
    """Train a GAN and return its run.

    recipe: a built-in name, a .toml file or a Recipe. data: a source instead of the recipe's: a name, a path, or items from
    Python, with `labels` of each (see `data.given.source`): arrays and tensors (N, H, W), (N, H, W, C), (N, C, H, W) or
    (N, D), a torch Dataset, an iterable of pictures or of (picture, label). parts: your own networks, loss and so on, or the
    path of a file that defines them, which is run. nets, callbacks: short for parts=Parts(nets=..., callbacks=...). start: a
    trained run, its folder or a .safetensors file, whose weights the training begins with where layers fit;
    settings={"start.frozen": 2} freezes the discriminator's two lowest layers. settings: {"loss.name": "hinge", ...}; a
    built-in part that they choose is used instead of yours. out: the run's folder; runs/<recipe>-<number> by default.
    offline: do not download MNIST or Fashion-MNIST where they are missing.
    labels= makes the classes the players' labels (data.labels = "classes"), where settings say nothing else. say: gets a line
    for each choice and remark; the logger "gansmith" does by default. Raises GansmithError with one line that says what to
    do, and KeyboardInterrupt once all is saved, where Ctrl-C or SIGTERM stopped it.
    """
    if not isinstance(recipe, str | Path | Recipe):
        raise RecipeError(
            f"the first argument is a recipe, not {type(recipe).__name__}; the data is the second, as in "
            'gansmith.train("folder", data)'
        )
    budget = Budget(updates, images, epochs, minutes)
    if labels is not None:
        settings = {"data.labels": "classes"} | (settings or {})
    own = joined(parts, nets, callbacks)
    source = None if start is None else str(start.folder.root if isinstance(start, Run) else start)
    chosen = choose_recipe(
        recipe, data=_source(data, labels), budget=budget, engine=engine, device=device, seed=seed, start=source, settings=settings,
        parts=own,
    )  # fmt: skip
    sources.fetch_missing(chosen.data.source, offline=offline, say=say)
    with new_folder(chosen, Path(out) if out else None) as folder, stops_the_program():
        return uninterrupted(runs.begin(chosen, folder, own, watching=watching, say=say))


def resume(
    run: str | Path | Run,
    nets: NetPair | None = None,
    *,
    parts: Parts | str | Path | None = None,
    callbacks: Callback | Sequence[Callback] = (),
    updates: int | None = None,
    images: int | None = None,
    epochs: float | None = None,
    minutes: float | None = None,
    more: bool = False,
    data: Any = None,
    labels: Any = None,
    polish: bool = False,
    settings: dict[str, Any] | None = None,
    watching: Sequence[Watcher] = (),
    say: Say = logged,
) -> Run:
    """Go on with a run from its newest whole checkpoint, bit-equal to a run that was never stopped.

    nets, parts, callbacks: your own that it was trained with, as for `train`. updates, images, epochs, minutes: a new budget
    instead of the run's, counted from its beginning; more=True: so many more than it has had. data, labels: where its data is
    now, or the same items with more, as for `train`. polish: where learning rates fall, stay at their end rate. settings:
    with which it goes on, as in {"optimizer.generator.rate": 1e-4}; the run records them. Raises GansmithError with one line
    that says what to do.
    """
    with stops_the_program():
        gone_on = runs.resume(
            run,
            joined(parts, nets, callbacks),
            budget=Budget(updates, images, epochs, minutes, more),
            data=_source(data, labels),
            polish=polish,
            settings=settings,
            watching=watching,
            say=say,
        )
        return uninterrupted(gone_on)


def uninterrupted(run: Run) -> Run:
    """A run that ended by itself. Raises StoppedByUser for another."""
    if run.ended == "interrupted":
        raise StoppedByUser(f"everything is saved; go on with gansmith.resume({str(run.folder.root)!r})")
    return run


@contextmanager
def stops_the_program() -> Iterator[None]:
    """A stop by the user stops the user's program too, as Python's own does."""
    try:
        yield
    except StoppedByUser as stop:
        raise KeyboardInterrupt(str(stop)) from None


def _source(data: Any, labels: Any) -> str | None:
    """The source that data and labels are; None where none is given. Raises DataError."""
    if data is None and labels is not None:
        raise DataError("labels= goes with data=: give the items too")
    return None if data is None else given.source(data, labels)


def joined(parts: Parts | str | Path | None, nets: NetPair | None, callbacks: Callback | Sequence[Callback]) -> Parts:
    """Parts, and networks and callbacks that were given beside them."""
    own, more = as_parts(parts), [callbacks] if isinstance(callbacks, Callback) else callbacks
    return replace(own, nets=nets or own.nets, callbacks=(*own.callbacks, *more))
