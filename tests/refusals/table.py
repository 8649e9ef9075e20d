"""For every refusal of a room, an example that provokes it: a Python call, settings as typed, or a command line."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import of_data
import of_explore
import of_exports
import of_metrics
import of_nets
import of_parts
import of_runs
import of_studio
import of_tables
import pytest
from example import Example, call, full_disk, sets, typed

from gansmith import cli, kinds, recipes
from gansmith.cli.results import sample
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.networks.frozen import frozen_arrays
from gansmith.ground.process import extras
from gansmith.ground.process.launch import launched
from gansmith.ground.recipes import meanings, recipe
from gansmith.ground.recipes.settings import NetName, NetSettings, Recipe, StartSettings


def table(**values: object) -> Example:
    """A recipe's file, as it is parsed."""
    return lambda folder, patch: recipe.from_table(dict(values))


def read(data: bytes, name: str = "mine.toml") -> Example:
    """A recipe's file, as it lies on a disk."""

    def example(folder: Path, patch: pytest.MonkeyPatch) -> None:
        (folder / name).write_bytes(data)
        recipe.read(folder / name)

    return example


def created(prepare: Callable[[RunFolder], object], fill: Callable[[], None] = lambda: None) -> Example:
    """A run's folder made where something is already."""

    def example(folder: Path, patch: pytest.MonkeyPatch) -> None:
        run = RunFolder(folder / "run")
        run.root.mkdir()
        prepare(run)
        run.create(Recipe(), fill)

    return example


def emptied(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """A run's recipe was emptied, as a full disk leaves files."""
    run = RunFolder(folder / "run")
    run.create(Recipe())
    run.recipe.write_text("")
    run.load_recipe()


def no_room_to_explore(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """`explore` is a file."""
    (folder / "explore").write_text("")
    RunFolder(folder).new_exploration("grid")


def full_of_explorations(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """The last number is taken."""
    (folder / "explore" / "9999-grid").mkdir(parents=True)
    RunFolder(folder).new_exploration("grid")


def ranks(**variables: str) -> Example:
    """Started by a launcher that sets these variables."""
    return lambda folder, patch: launched(variables)


def written(name: str, items: np.ndarray) -> Example:
    """Samples written to a file of this name."""
    how = sample.Written(kinds.of_shape(items.shape[1:]), {})
    return lambda folder, patch: sample.write(folder / name, items, how)


def nobody_answers(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """The terminal is closed before a number is typed."""
    terminal = io.StringIO("")
    terminal.isatty = lambda: True
    for name in ("sys.stdin", "sys.stderr"):
        patch.setattr(name, terminal)
    sample.ask_seed()


def page_on_a_full_disk(folder: Path, patch: pytest.MonkeyPatch) -> int:
    """`report` cannot write the animation."""
    RunFolder(folder / "run").create(Recipe())
    patch.setattr("gansmith.report.animation.write_progress", full_disk)
    return cli.main(["report", str(folder / "run")])


def in_place_of_a_recipe(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """A folder."""
    recipes.load(str(folder))


def frozen(count: int, net: NetName = "dcgan") -> Example:
    """A discriminator of one layer, some of which are to be frozen."""
    settings = Recipe(start=StartSettings("run", frozen=count), discriminator=NetSettings(net))
    return lambda folder, patch: frozen_arrays(settings, {"0.weight": (1, 4)}, planned=True)


VECTORS, PICTURES = np.zeros((4, 2), np.float32), np.zeros((4, 8, 8, 1), np.uint8)

EXAMPLES: dict[str, tuple[Example, ...]] = {
    "ground": (
        call(extras.need, "hub", "no_such_package_of_the_hub"),
        no_room_to_explore,
        full_of_explorations,
        created(lambda run: run.recipe.write_text("")),
        created(lambda run: (run.root / "letter.txt").write_text("")),
        emptied,
        created(lambda run: None, full_disk),  # pyright: ignore[reportArgumentType]
        lambda folder, patch: RunFolder(folder / "none").load_recipe(),
        ranks(RANK="first", WORLD_SIZE="2"),
        ranks(RANK="5", WORLD_SIZE="2"),
        lambda folder, patch: meanings.find("los"),
        lambda folder, patch: recipe.read(folder / "none.toml"),
        lambda folder, patch: recipe.read(folder),
        read(b"seed = = 3"),
        read(b"name = '\xe4'"),
        table(format=0),
        table(format=9),
        table(loss=3),
        table(sed=3),
        sets("batch=16"),
        sets("optimizer=adam"),
        sets("data.batch=0"),
        sets("data.first=-1"),
        lambda folder, patch: recipe.data_with(Recipe().data, ["loss.name=hinge"]),
        sets("generator.dropout=1"),
        sets("augment.probability=2"),
        sets("augment.target=1"),
        sets("thread_changes=0,2,0,1"),
        sets("generator.widths=0"),
        sets("loss.real=1,0"),
        sets("budget.updates=5", "budget.minutes=1"),
        sets("budget.patience=5", "watch.judge=0"),
        sets("budget.until=converged", "watch.diagnose=0"),
        sets("start.frozen=1"),
        frozen(9),
        frozen(1, net="hourglass"),
        sets("generator.output=sigmoid"),
        sets("data.pixels=unit", "generator.output=tanh"),
        sets("discriminator.output=sigmoid"),
        sets("data.clusters=5"),
        sets("data.labels=clusters", "latent.classes_drawn=5"),
        sets("regularizer.name=gradient-penalty", "discriminator.norm=batch"),
        sets("generator.pack=2"),
        sets("discriminator.pack=2"),
        sets("discriminator.pack=5", "discriminator.net=dense"),
        sets("discriminator.pack=2", "discriminator.net=dense", "regularizer.name=gradient-penalty"),
        sets("regularizer.name=gradient-penalty", "regularizer.sigma=1"),
        sets("regularizer.name=r1", "regularizer.sigma=1", "discriminator.norm=batch"),
        sets("feedback.name=joint", "feedback.generator_turns=2"),
        sets("feedback.name=joint"),
        sets("generator.net=own"),
        sets("faults=never-frozen"),
        sets("data.batch"),
        sets("loss.name=hing"),
        sets(f"data.batch={2**63}"),
        sets("ema.half_life=nan"),
        sets("data.batch=many"),
    ),
    "recipes": (
        lambda folder, patch: recipes.text("digit"),
        lambda folder, patch: recipes.load("digit"),
        lambda folder, patch: recipes.load("celeba"),
        in_place_of_a_recipe,
        lambda folder, patch: recipes.load("https://example.org/x.toml"),
    ),
    "losses": (
        sets("loss.name=own"),
        sets("loss.name=hinge", "loss.real=.9,1"),
        sets("loss.name=minimax", "loss.generator=.9,1"),
        sets("loss.name=relativistic", "feedback.name=stacked"),
        sets("loss.name=wasserstein"),
    ),
    "cli": (
        typed("data info digits --crop half"),
        typed("train"),
        typed("trian digits"),
        page_on_a_full_disk,
        nobody_answers,
        typed("sample run --seeds 0-3 --count 5"),
        typed("sample run --seed 3 --frames 5"),
        typed("sample run --label 3 --where age>3"),
        typed("sample run --latents mine.npz --truncation .5"),
        typed("sample run --latents mine.npz --space w"),
        written("points.jpeg", VECTORS),
        written("/dev/null/sheet.png", PICTURES),
        typed("bench dcgan-82"),
        *of_studio.CLI,
    ),
    "kinds": (*of_data.KINDS, *of_tables.EXAMPLES),
    "data": of_data.EXAMPLES,
    "metrics": of_metrics.EXAMPLES,
    "parts": of_parts.EXAMPLES,
    **of_runs.EXAMPLES,
    **of_explore.EXAMPLES,
    **of_exports.EXAMPLES,
    **of_nets.EXAMPLES,
    "studio": of_studio.STUDIO,
    "notebook": of_studio.NOTEBOOK,
    "bench": (),
    "learn": (),
    "diagnosis": (),
}
"""Every room of the package, and the examples of its refusals."""
