"""What the rooms of runs and of trained generators refuse."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import of_hub
import of_studio
import of_tables
from example import Example, after, call, fails, full_disk, text, thing, where, without
from small import PLAIN, RECIPE, UPDATE, changed, with_run

from gansmith import recipes as cookbook
from gansmith.data.survey import survey
from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.ground.game import State
from gansmith.ground.labelling import UNLABELLED, Labelling
from gansmith.ground.recipes.recipe import to_table
from gansmith.ground.recipes.settings import AugmentSettings, DataSettings, Recipe, StartSettings
from gansmith.kinds import KINDS
from gansmith.metrics.reference import Reference
from gansmith.parts import NO_PARTS
from gansmith.runs import records
from gansmith.runs.choose_recipe import Budget, check_kind, choices, choose_recipe
from gansmith.runs.diagnose import diagnose
from gansmith.runs.drive import give_up
from gansmith.runs.evaluation import draw_copies, evaluate, probed
from gansmith.runs.from_python import train
from gansmith.runs.origins.starting import planned, start
from gansmith.runs.processes import alone, same_on_all, set_up_on_all
from gansmith.runs.quality import chosen_metric
from gansmith.runs.recovery.changes import Changes
from gansmith.runs.recovery.other_data import check_scale, more
from gansmith.runs.recovery.out_of_memory import shrink
from gansmith.runs.recovery.resume import same_data
from gansmith.runs.run import resume
from gansmith.runs.setup import build_game, read_clusters, resolve_machine, set_up, set_up_again
from gansmith.runs.sheets.source_sheets import draw
from gansmith.runs.watching.callbacks import Callbacks
from gansmith.trained.discriminator import features_function, load_discriminator
from gansmith.trained.generator import Generator, kind_in, load
from gansmith.trained.origin import find, read
from gansmith.trained.probe import probe
from gansmith.trained.styled import in_space
from gansmith.training import checkpoint
from gansmith.training.events import Outcome
from gansmith.training.process_group import SINGLE_PROCESS

RUN = RunFolder(Path("run"))
CLUSTERED = changed(data__labels="clusters", data__clusters=4)
NAN = State({"generator/0.weight": np.full(3, np.nan, np.float32)}, {})


def quiet(_: str) -> None:
    """Nobody listens."""


def labelled(classes: int, heldout: np.ndarray | None = None) -> Reference:
    """Real items of so many classes; labels of the held-out ones where they are given."""
    real = thing(name="mine", items=np.zeros((4, 2), np.float32), labels=np.arange(4))
    return thing(real=real, classes=classes, training_rows=np.arange(4), heldout=thing(labels=heldout))


def no_memory(recipe: Recipe = RECIPE, *batch_norm: str) -> Example:
    """The run of a recipe had too little memory; these players need the whole batch."""
    outcome = Outcome("out of memory", 3, 0.0, "cpu has no room for 8 items at a time: set data.micro_batch")
    return with_run(call(shrink, RUN, None, outcome, batch_norm, quiet), recipe)


def other_data_there(settings: Recipe) -> Example:
    """The second of two machines has other data."""

    def told(find: object) -> object:
        found = find()  # pyright: ignore[reportCallIssue]
        return [to_table(settings), "0" * 64] if isinstance(found, list) else found

    two = thing(size=2, rank=0, broadcast=told, run_on_all=lambda act: act(), device=lambda name: name)
    return call(set_up_on_all, two, settings)


def writes_on_a_full_disk() -> None:
    """Something of a run is written."""
    with records.one_line_errors(RUN):
        full_disk()


def draws(source: str, path: str, **options: object) -> Example:
    """A sheet of a source."""
    settings = DataSettings(source=source, first=8)
    return lambda folder, patch: draw(settings, survey(settings), Path(path), **options)  # pyright: ignore[reportArgumentType]


def trained_twice() -> None:
    """The lock of a run is asked for by two."""
    with alone(RUN, SINGLE_PROCESS), alone(RUN, SINGLE_PROCESS):
        pass


def bare(recipe: Recipe, names: tuple[str, ...] = (), labelling: Labelling | None = None) -> Generator:
    """A generator without weights."""
    return Generator(recipe, (1, 16, 16), names, {}, labelling=labelling)


def a_callback_that_fails() -> None:
    """The user's code raises something."""
    event = thing(update=3, images_seen=0, seconds=0.0, row=None, last=False)
    one = thing(before_first=fails(ValueError("no such thing")))
    Callbacks([one], RUN, RECIPE, UNLABELLED, quiet).after(event)


def edited(run: RunFolder) -> None:
    """Somebody gave the recipe another batch."""
    text = run.recipe.read_text(encoding="utf-8")
    run.recipe.write_text(text.replace(f"batch = {RECIPE.data.batch}", "batch = 9", 1), encoding="utf-8")


def weights_are_damaged(run: RunFolder) -> None:
    """A checkpoint's weights are no weights any more."""
    (run.checkpoint(UPDATE) / checkpoint.WEIGHTS).write_bytes(b"no")


def moved(run: RunFolder) -> None:
    """The pictures of a run are no longer where they were."""
    elsewhere = DataSettings(source=str(Path("pictures").absolute()), size="16", labels="classes")
    run.store_recipe(dataclasses.replace(RECIPE, data=elsewhere))


def goes_on_with(recipe: Recipe) -> object:
    """The run, on what these settings give."""
    return more(RUN, set_up(recipe))


def starts(recipe: Recipe, **settings: object) -> object:
    """What a training would begin with."""
    named = {name.replace("__", "."): value for name, value in settings.items()}
    return planned(set_up(choose_recipe(recipe, settings=named)))


def starts_again(run: RunFolder) -> object:
    """A run without a checkpoint, whose origin.json is gone."""
    setup = set_up(choose_recipe(PLAIN, start=str(run.root)))
    return start(SINGLE_PROCESS, setup, build_game(setup), quiet, run)


OF_ITS_OWN = dataclasses.replace(KINDS["vector"], suits=None)

RUNS: tuple[Example, ...] = (
    call(train, np.zeros((9, 8, 8))),
    call(Budget(updates=1, epochs=1.0).apply, RECIPE),
    call(Budget(updates=0).apply, RECIPE),
    call(choose_recipe, "folder"),
    call(check_scale, thing(units={}), thing(units={"mean": 1}, kind=KINDS["vector"]), "rows", "start anew"),
    lambda folder, patch: choices(RECIPE, thing(kind=OF_ITS_OWN)),
    call(set_up, dataclasses.replace(RECIPE, data=DataSettings(source="ring"), augment=AugmentSettings("mirror"))),
    call(train, "digits", labels=[1]),
    call(check_kind, cookbook.load("digits"), KINDS["text"]),
    call(check_kind, changed(generator__net="dcgan"), KINDS["vector"]),
    with_run(call(trained_twice)),
    call(choose_recipe, RECIPE, settings={"budget.updates": 0}),
    call(diagnose, "none"),
    after(text("run/stats.jsonl", ""), call(diagnose, "run")),
    after(text("run/stats.jsonl", '{"step": 1, "d_loss": 0.5}\n' * 20), call(diagnose, "run")),
    where(
        {"gansmith.runs.drive.finish": lambda *_: None},
        call(
            give_up,
            thing(processes=SINGLE_PROCESS, folder=RUN, say=quiet),
            Outcome("rollback", 3, 0.0, "the loss is nan at update 3"),
        ),
    ),
    call(evaluate, "none"),
    call(evaluate, "none", "digits", probe=True),
    without("gansmith.trained.probe", call(probed, RUN, None, None, None)),
    call(
        draw_copies,
        Path("none/copies.png"),
        np.zeros((4, 8, 8, 1), np.uint8),
        thing(copies=[thing(item=0, training=0)]),
        thing(items=np.zeros((4, 8, 8, 1), np.uint8), shown=None),
    ),
    call(set_up_on_all, thing(size=2), changed(engine="numpy")),
    call(same_on_all, thing(broadcast=lambda _: "0" * 64, run_on_all=lambda act: act()), NO_PARTS),
    call(chosen_metric, "fid", ()),
    call(chosen_metric, "grain", ()),
    call(a_callback_that_fails),
    other_data_there(RECIPE),
    call(writes_on_a_full_disk),
    call(records.write_checkpoint, RUN, RECIPE, thing(game=thing(state=lambda: NAN), update=3)),
    where(
        {"gansmith.report.animation.write_progress": full_disk},
        call(records.finish, RUN, Outcome("finished", 7, 0.0), quiet),
    ),
    no_memory(RECIPE, "generator", "discriminator"),
    no_memory(changed(data__batch=1)),
    with_run(call(same_data, RUN, thing(), Changes()), spoil=lambda run: run.data.unlink()),
    with_run(call(same_data, RUN, thing(store=thing(fingerprint="0" * 64), recipe=RECIPE), Changes())),
    with_run(call(resume, "run"), spoil=edited),
    call(Changes(polish=True).at_once, RECIPE),
    with_run(call(goes_on_with, changed(data__size="20"))),
    with_run(call(goes_on_with, changed(data__first=30))),
    with_run(
        call(goes_on_with, changed(data__first=50)),
        spoil=lambda run: write_json(run.data, json.loads(run.data.read_text()) | {"fingerprint": "0" * 64}),
    ),
    with_run(call(resume, "run"), spoil=lambda run: run.report.write_text("its page")),
    call(set_up, changed(latent__classes_drawn=11)),
    call(set_up, changed(data__labels="clusters", data__clusters=99)),
    with_run(call(set_up_again, RUN), CLUSTERED, spoil=lambda run: np.save(run.groups, np.arange(3))),
    with_run(call(read_clusters, RUN), CLUSTERED),
    call(resolve_machine, changed(engine="numpy", device="cuda")),
    with_run(
        call(starts, PLAIN, start__source="run"),
        changed(
            latent__dim=9,
            generator__widths=(6,),
            discriminator__widths=(6,),
            data__labels="none",
            generator__conditioning="concat",
            data__size="24",
        ),
    ),
    with_run(call(starts, changed(discriminator__widths=(6, 8)), start__source="run", start__frozen=1)),
    with_run(call(starts_again, RUN)),
    call(build_game, thing(recipe=changed(engine="numpy"), item_shape=(1, 16, 16), classes=0), thing(nets=1)),
    draws("ring", "none/sheet.png"),
    draws("ring", "sheet.png", augmented=True, name="ada"),
)

TRAINED: tuple[Example, ...] = (
    with_run(
        call(load, "run"), spoil=lambda run: run.store_recipe(changed(generator__net="own", discriminator__net="own"))
    ),
    call(kind_in, {"kind": "smell", "item_shape": [3]}),
    lambda folder, patch: find("nowhere"),
    after(text("bad.safetensors", "no"), call(read, StartSettings("bad.safetensors"))),
    lambda folder, patch: load_discriminator(RUN, bare(PLAIN)),
    where(
        {"gansmith.trained.discriminator.load_discriminator": lambda *_: thing(plan=None)},
        call(features_function, RUN, None),
    ),
    lambda folder, patch: in_space(bare(PLAIN), "w"),
    lambda folder, patch: in_space(bare(PLAIN), "z", each_stage=True),
    lambda folder, patch: bare(PLAIN).latents(0),
    lambda folder, patch: bare(PLAIN).latents(1, truncation=0),
    lambda folder, patch: bare(PLAIN).labels(1, "3"),
    lambda folder, patch: bare(RECIPE, ("cat", "dog")).labels(3, ["cat", "dog"]),
    lambda folder, patch: bare(RECIPE, ("cat", "dog")).labels(1, np.array([2])),
    lambda folder, patch: bare(RECIPE, ("cat", "dog")).labels(1, "2"),
    lambda folder, patch: bare(RECIPE, ("cat", "dog")).labels(1, "dgo"),
    lambda folder, patch: bare(CLUSTERED, (), Labelling(4, (1, 1, 1, 1))).labels(1, "cat"),
    with_run(call(load, "run"), spoil=lambda run: run.data.unlink()),
    with_run(call(evaluate, "run"), spoil=moved),
    with_run(call(load, "run", checkpoint=str(UPDATE)), spoil=weights_are_damaged),
    with_run(call(load, "run", checkpoint="best")),
    with_run(call(load, "run", checkpoint="8")),
    call(probe, RUN, None, labelled(0)),
    call(probe, RUN, None, labelled(1000)),
    call(probe, RUN, None, labelled(2)),
    where(
        {"gansmith.trained.probe.load_discriminator": lambda *_: thing(plan=None)},
        call(probe, RUN, None, labelled(2, np.arange(4))),
    ),
)
EXAMPLES = {"runs": (*RUNS, *of_hub.RUNS, *of_studio.ASKED), "trained": (*TRAINED, *of_hub.TRAINED, *of_tables.TRAINED)}
