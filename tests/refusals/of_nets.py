"""What the rooms of networks, of the games, of training, and of what is made of runs refuse."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from example import Example, Heard, after, call, fails, full_disk, text, thing, where, without
from small import RECIPE, UPDATE, changed, with_run
from torch import nn

from gansmith.articles.experiments import choose
from gansmith.by_hand import HandGame
from gansmith.by_hand.player import load_arrays as load_by_hand
from gansmith.compare import ray_cluster
from gansmith.compare.cell import work
from gansmith.compare.cells import Variant
from gansmith.compare.grid import compare, order_cells
from gansmith.game.limits import out_of_memory_as_error, refuse
from gansmith.game.recipe_limits import refuse_recipe
from gansmith.ground.files.gridfolder import CellFolder, GridFolder
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.game import State
from gansmith.ground.process.launch import Launch
from gansmith.ground.recipes.settings import Recipe
from gansmith.kinds import KINDS
from gansmith.nets import NetPair, plan_discriminator, plan_generator, trunk
from gansmith.nets.build import own_players
from gansmith.nets.inference import load_arrays
from gansmith.parts import NO_PARTS, Parts
from gansmith.report.animation import animate
from gansmith.report.page import write_report
from gansmith.training import checkpoint, machine, watchers
from gansmith.training.distributed import Distributed, join
from gansmith.training.tracking import table
from mistakes import REFUSED, start

RUN = RunFolder(Path("run"))
WEIGHTS = f"run/checkpoints/{UPDATE:08d}/{checkpoint.WEIGHTS}"
ONE_ARRAY = thing(arrays=lambda: {"0.weight": torch.zeros(3)}, named=lambda: [("0.weight", np.zeros(3))])
VARIANT = Variant("small", RECIPE)


def tracker_without_account(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """A tracker refuses to start."""
    patch.setitem(sys.modules, "wandb", thing(setup=fails(RuntimeError("no service"))))
    with table.tracked(changed(watch__track=("wandb",)), RunFolder(folder / "run"), 0, lambda line: None):
        pass


# ---- networks


def generator(*shape: int, classes: int = 0, **settings: object) -> Example:
    """A generator of items of this shape is planned."""
    return call(plan_generator, of("generator", settings), shape or (1, 16, 16), classes)


def discriminator(*shape: int, classes: int = 0, **settings: object) -> Example:
    """A discriminator of items of this shape is planned."""
    return call(plan_discriminator, of("discriminator", settings), shape or (1, 16, 16), classes)


def of(player: str, settings: dict[str, object]) -> Recipe:
    """The recipe with other settings of a player."""
    return changed(**{f"{player}__{name}": value for name, value in settings.items()})


def built(name: str) -> Example:
    """A pair of one's own is built."""
    (parts, _), _ = REFUSED[name]
    return call(own_players, RECIPE, (1, 8, 8), 0, parts.nets, torch.float32)


NETS: tuple[Example, ...] = (
    call(plan_generator, changed(generator__net="own", discriminator__net="own"), (1, 16, 16), 0),
    call(load_arrays, ONE_ARRAY, {}, "ema"),
    call(NetPair, "mine", (nn.Linear(2, 2), nn.Linear(2, 1))),
    *(built(name) for name in ("build fails", "build returns one", "nothing to train")),
    generator(classes=3, conditioning="projection"),
    generator(classes=3, conditioning="norm"),
    generator(mapping=2),
    generator(mapping=2, norm="batch", net="dense"),
    generator(kernels=[1]),
    generator(activations=["relu"]),
    generator(strides=[2, 2, 2]),
    generator(widths=[]),
    generator(1, 4, 4),
    generator(2),
    generator(net="dense", label_after=3, conditioning="concat", classes=3),
    generator(6, net="dense", output="softmax", groups=[2, 3]),
    generator(net="encdec"),
    generator(net="hourglass", bottleneck=4),
    discriminator(net="hourglass", bottleneck=4, dropout=0.5),
    discriminator(net="resnet", norm="batch"),
    discriminator(net="resnet", dropout=0.5),
    discriminator(1, 7, 7, net="subpixel"),
    discriminator(phase_shuffle=2),
    discriminator(net="projected"),
    discriminator(3, 32, 32, net="projected", classes=3),
    discriminator(3, 32, 32, net="projected", widths=[]),
    after(text("x.pth", "no"), call(trunk.read, Path("x.pth"))),
    call(trunk.read, Path("none.pth")),
)


# ---- games


def whole_batch(recipe: Recipe, *mixing: str, own: bool = False, ranks: int = 0) -> Example:
    """A game in which these players have batch norm."""

    def network(player: str) -> object:
        plan = None if own else thing(has_batch_norm=player in mixing)
        return thing(plan=plan, modules=lambda: [nn.BatchNorm1d(2)] if player in mixing else [])

    players = {player: network(player) for player in ("generator", "discriminator")}
    return call(refuse, recipe, players, thing(size=ranks) if ranks else None)


def out_of_memory() -> None:
    """An update on a device that is full."""
    with out_of_memory_as_error(RECIPE):
        raise torch.OutOfMemoryError


def mistaken(name: str) -> Example:
    """Parts of one's own with a mistake."""
    (parts, settings), _ = REFUSED[name]
    return call(start, parts, settings)


def scripted(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """The statistics of a scripted generator are to be measured."""
    module = torch.jit.ScriptModule()
    network = thing(plan=None, module=module, modules=lambda: [nn.BatchNorm1d(2)])
    refuse(changed(ema__recalibrate=2), {"generator": network, "discriminator": network}, None)


MISTAKES = (
    "loss is no number", "loss forgets one", "penalty of many", "loss is infinite", "loss is constant", "loss is no mean",
    "penalty of nothing", "view of another shape", "view without gradient", "view of other dice", "shape of items",
    "two verdicts", "probabilities", "latents unused", "batch norm", "no gradient", "loss raises", "bytes", "double numbers",
    "NaN",
)  # fmt: skip
SIGMA = {"regularizer__name": "r1", "regularizer__sigma": 0.1}

GAME: tuple[Example, ...] = (
    call(refuse_recipe, changed(faults=["constant-bias-correction"]), (2,), NO_PARTS),
    call(refuse_recipe, changed(augment__name="ada"), KINDS["vector"], NO_PARTS),
    call(
        refuse_recipe,
        changed(discriminator__net="projected", data__pixels="unit", generator__output="sigmoid"),
        KINDS["picture"],
        NO_PARTS,
    ),
    call(refuse_recipe, changed(augment__name="own"), KINDS["vector"], NO_PARTS),
    whole_batch(changed(data__micro_batch=8), "generator"),
    whole_batch(changed(data__micro_batch=7)),
    whole_batch(changed(discriminator__pack=64, discriminator__net="dense"), ranks=2),
    whole_batch(changed(**SIGMA), "discriminator", own=True),
    whole_batch(changed(**SIGMA, feedback__name="stacked"), own=True),
    whole_batch(RECIPE, "generator", own=True, ranks=2),
    whole_batch(changed(regularizer__name="r1"), "discriminator", ranks=2),
    scripted,
    *(mistaken(name) for name in MISTAKES),
    call(out_of_memory),
)

HAND = changed(engine="numpy", feedback__name="stacked")

BY_HAND: tuple[Example, ...] = (
    call(HandGame, HAND, (1, 16, 16), 0),
    call(load_by_hand, ONE_ARRAY, {}, "ema/"),
)


# ---- training


def of_two(act: Callable[[Distributed], object], **changes: object) -> Example:
    """One of two ranks on one machine; changes of torch, by names with "__" for the dot."""
    rank = Distributed(Launch(rank=1, size=2, local_rank=1, local_size=2))
    return where({name.replace("__", "."): thing for name, thing in changes.items()}, lambda *_: act(rank))


def gpus(count: int, example: Example) -> Example:
    """The example on a machine with so many GPUs."""
    return where({"torch.cuda.is_available": lambda: count > 0, "torch.cuda.device_count": lambda: count}, example)


def spoilt(example: Example) -> Example:
    """The example with a run whose only checkpoint is damaged."""
    return with_run(after(text(WEIGHTS, "no"), example))


SAVED = checkpoint.Checkpoint(8, State({}, {}), {})

TRAINING: tuple[Example, ...] = (
    where({"gansmith.training.checkpoint.write_json": full_disk}, call(checkpoint.save, RUN, SAVED)),
    spoilt(call(checkpoint.load_newest, RUN)),
    with_run(call(checkpoint.load_newest, RUN), spoil=lambda run: run.checkpoint(UPDATE).rename("elsewhere")),
    spoilt(call(checkpoint.load_network, RUN, UPDATE, "ema")),
    where({"torch.distributed.is_available": lambda: False}, lambda *_: join(Launch()).__enter__()),
    of_two(
        lambda rank: rank.all_reduce(torch.zeros(1)), torch__distributed__all_reduce=fails(RuntimeError("peer is gone"))
    ),
    of_two(lambda rank: rank.device("mps")),
    of_two(lambda rank: rank.device("cuda:0")),
    gpus(1, of_two(lambda rank: rank.device("cuda"))),
    of_two(
        lambda rank: rank.run_on_all(int),
        gansmith__training__distributed__Distributed___all_gather_text=lambda *_: ["mnist is not here", ""],
    ),
    gpus(0, call(machine.choose_device, "cuda")),
    gpus(1, call(machine.choose_device, "cuda:7")),
    where({"torch.backends.mps.is_available": lambda: False}, call(machine.choose_device, "mps")),
    call(machine.choose_device, "gpu"),
    call(machine.choose_precision, "float64", "mps"),
    without("torch.utils.tensorboard", call(table.need, ["tensorboard"])),
    tracker_without_account,
    call(watchers.StopOnNaN().after, thing(row={"loss.generator": float("nan")}, update=3)),
)


# ---- comparisons, reports, articles


def under_torchrun(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """A comparison started by a launcher of processes."""
    for name, value in {"RANK": "0", "WORLD_SIZE": "2"}.items():
        patch.setenv(name, value)
    compare([VARIANT], Path("grid"))


def ordered_twice() -> None:
    """The same folder, for other numbers of samples."""
    for count in (1000, 2000):
        order_cells([VARIANT], GridFolder(Path("grid")), 1, count)


def nobody_at_the_address(folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Ray finds no cluster."""
    patch.setitem(sys.modules, "ray", thing(init=fails(ConnectionError("no answer"))))
    ray_cluster.run_cells("ray://here", [], 1, print)


def cell_of_another_file() -> None:
    """A cell whose file of parts was exchanged after it was ordered."""
    mine = "import gansmith\nclass Mine(gansmith.Callback):\n    at_end = print\nparts = gansmith.Parts(callbacks=[Mine()])\n"
    text("parts.py", mine)()
    text("cell/order.json", '{"parts": "parts.py", "sha256": "0"}')()
    work(CellFolder(Path("cell")), 1)


COMPARE: tuple[Example, ...] = (
    under_torchrun,
    call(cell_of_another_file),
    call(compare, [VARIANT], Path("grid"), parts=Parts(callbacks=(Heard(),))),
    call(order_cells, [VARIANT, VARIANT], GridFolder(Path("grid")), 1, 1000),
    call(ordered_twice),
    after(text("grid", ""), call(order_cells, [VARIANT], GridFolder(Path("grid")), 1, 1000)),
    without("ray", call(ray_cluster.run_cells, "ray://here", [], 1, print)),
    nobody_at_the_address,
)

FRAMES = [np.zeros((8, 8, 3), np.uint8)]

REPORT: tuple[Example, ...] = (
    call(animate, FRAMES, Path("film.avi")),
    call(animate, FRAMES, Path("film.gif"), 1),
    call(animate, [FRAMES[0][:, :, :2]], Path("film.gif")),
    where(
        {"gansmith.report.page.write_text": full_disk, "gansmith.report.page._html": lambda *_: ""},
        with_run(call(write_report, RUN)),
    ),
)

EXAMPLES = {
    "nets": NETS,
    "game": GAME,
    "by_hand": BY_HAND,
    "training": TRAINING,
    "compare": COMPARE,
    "report": REPORT,
    "articles": (call(choose, ["999"]),),
}
