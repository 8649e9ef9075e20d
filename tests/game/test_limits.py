"""What is refused where a batch is dealt out, and what is not: each condition alone, on networks that are only named."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from gansmith.game.limits import NO_MEMORY, out_of_memory_as_error, refuse, uses_batch_norm
from gansmith.game.recipe_limits import ARITHMETIC_FAULTS, refuse_recipe
from gansmith.ground.errors import EngineError, OutOfMemory, RecipeError
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe
from gansmith.kinds import KINDS
from gansmith.nets.own import OwnNetwork
from gansmith.parts import NO_PARTS, Augmentation, Parts, Regularizer
from miniatures import PICTURES

TWO: Any = SimpleNamespace(size=2, rank=0)


def changed(**settings: Any) -> Recipe:
    """Settings with "__" for the dot, on a batch of 8."""
    return override(PICTURES, {name.replace("__", "."): value for name, value in settings.items()})


def networks(*mixing: str, own: str = "", scripted: str = "") -> dict[str, Any]:
    """Two networks; mixing: those with batch norm; own: those without a plan."""
    made: dict[str, Any] = {}
    for name in ("generator", "discriminator"):
        plan = None if name in own else SimpleNamespace(has_batch_norm=name in mixing)
        module = torch.jit.ScriptModule() if name in scripted else nn.Module()
        layers = [nn.BatchNorm1d(2)] if name in mixing else [nn.Linear(2, 2)]
        made[name] = SimpleNamespace(plan=plan, module=module, modules=lambda layers=layers: layers)
    return made


BOTH = "generator discriminator"
TAKEN: dict[str, tuple[dict[str, Any], dict[str, Any], Any]] = {  # settings, networks, ranks
    "micro-batches": ({"data__micro_batch": 4}, networks(), None),
    "all at once": ({"data__micro_batch": 8}, networks(), None),
    "batch norm": ({}, networks("generator", "discriminator"), None),
    "own batch norm": ({}, networks("generator", "discriminator", own=BOTH), None),
    "packs": ({"discriminator__pack": 8, "discriminator__net": "dense"}, networks(), None),
    "packs over ranks": ({"discriminator__pack": 4, "discriminator__net": "dense"}, networks(), TWO),
    "micro-batches over ranks": ({"data__micro_batch": 4}, networks(), TWO),
    "batch norm over ranks": ({}, networks("generator", "discriminator"), TWO),
    "own ones over ranks": ({}, networks(own=BOTH), TWO),
    "own ones beside batch norm over ranks": ({}, networks("generator", own="discriminator"), TWO),
    "penalty over ranks": ({"regularizer__name": "r1"}, networks("generator"), TWO),
    "penalty and batch norm": ({"regularizer__name": "r1"}, networks("discriminator"), None),
    "steps": ({"regularizer__name": "r1", "regularizer__sigma": 0.1}, networks("generator"), None),
    "steps of nothing": ({"regularizer__sigma": 0.1}, networks("discriminator"), None),
    "steps, stacked": (
        {"regularizer__name": "r1", "regularizer__sigma": 0.1, "feedback__name": "stacked"},
        networks(own="generator"),
        None,
    ),
    "steps of own ones": ({"regularizer__name": "r1", "regularizer__sigma": 0.1}, networks(own=BOTH), None),
    "own ones, stacked": ({"regularizer__name": "r1", "feedback__name": "stacked"}, networks(own=BOTH), None),
    "scripted": ({"ema__recalibrate": 2}, networks("discriminator", own=BOTH, scripted=BOTH), None),
    "scripted, copied": ({"ema__recalibrate": 0}, networks("generator", own=BOTH, scripted=BOTH), None),
    "recalibrated": ({"ema__recalibrate": 2}, networks("generator", own=BOTH, scripted="discriminator"), None),
}
REFUSED: dict[str, tuple[dict[str, Any], dict[str, Any], Any, str]] = {
    "packs": ({"discriminator__pack": 3, "discriminator__net": "dense"}, networks(), None, "judges so many"),
    "packs over ranks": ({"discriminator__pack": 8, "discriminator__net": "dense"}, networks(), TWO, "judges so many"),
    "uneven": ({"data__micro_batch": 3}, networks(), None, r"does not divide data\.batch = 8: choose one of 1, 2, 4, 8"),
    "larger": ({"data__micro_batch": 16}, networks(), None, "does not divide"),
    "uneven over ranks": ({"data__micro_batch": 8}, networks(), TWO, r"8 / 2 ranks = 4: choose one of 1, 2, 4"),
    "generator": ({"data__micro_batch": 4}, networks("generator"), None, r"set generator\.norm=none"),
    "discriminator": ({"data__micro_batch": 4}, networks("discriminator"), None, r"set discriminator\.norm=none"),
    "steps": (
        {"regularizer__name": "r1", "regularizer__sigma": 0.1}, networks("discriminator", own=BOTH), None, "itself, moved"
    ),
    "steps, stacked": (
        {"regularizer__name": "r1", "regularizer__sigma": 0.1, "feedback__name": "stacked"},
        networks(own="discriminator"),
        None,
        "the same dropout",
    ),
    "own generator": ({}, networks("generator", own="generator"), TWO, "your own generator"),
    "own discriminator": ({}, networks("discriminator", own="discriminator"), TWO, "your own discriminator"),
    "penalty": ({"regularizer__name": "r1"}, networks("discriminator"), TWO, "the slope at each item"),
    "scripted": ({"ema__recalibrate": 2}, networks("generator", own=BOTH, scripted="generator"), None, "a scripted"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_what_a_whole_batch_would_do_too_is_taken(name: str):
    settings, players, ranks = TAKEN[name]
    mixing = [player for player, network in players.items() if uses_batch_norm(network)]
    assert refuse(changed(**settings), players, ranks) == tuple(mixing)


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_be_another_training_is_refused(name: str):
    settings, players, ranks, words = REFUSED[name]
    with pytest.raises(RecipeError, match=words):
        refuse(changed(**settings), players, ranks)


def test_batch_norm_is_found_in_networks_of_one_s_own():
    assert uses_batch_norm(OwnNetwork(nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))))
    assert not uses_batch_norm(OwnNetwork(nn.Linear(2, 2)))


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA"), MemoryError(), *(RuntimeError(f"so: {words}!") for words in NO_MEMORY)]
)
@pytest.mark.parametrize(
    ("micro", "words"), [(0, "8 items at a time: set data.micro_batch=4"), (2, "2 items .*=1"), (1, "1 item at .*=1")]
)
def test_a_full_device_is_one_line_with_half_the_items(error: Exception, micro: int, words: str):
    with pytest.raises(OutOfMemory, match=words), out_of_memory_as_error(changed(data__micro_batch=micro)):
        raise error


def test_other_errors_stay_what_they_are():
    with pytest.raises(RuntimeError, match=r"^shapes do not fit$"), out_of_memory_as_error(PICTURES):
        raise RuntimeError("shapes do not fit")


# ---- by the recipe alone

OWN_PENALTY = Parts(regularizer=Regularizer("mine", lambda judge, real, fake, generator: judge(real).mean()))
OWN_VIEW = Parts(augmentation=Augmentation("mine", lambda items, generator: items))
PROJECTED = {"discriminator__net": "projected"}


@pytest.mark.parametrize(
    ("settings", "kind", "parts"),
    [
        ({}, "vector", NO_PARTS),
        ({"augment__name": "ada"}, "picture", NO_PARTS),
        ({"augment__name": "own"}, "vector", OWN_VIEW),
        ({"regularizer__name": "own"}, "vector", OWN_PENALTY),
        (PROJECTED, "picture", NO_PARTS),
        ({"data__pixels": "unit", "generator__output": "sigmoid"}, "picture", NO_PARTS),
    ],
)
def test_what_this_engine_can_do_is_taken(settings: dict[str, Any], kind: str, parts: Parts):
    refuse_recipe(changed(**settings), KINDS[kind], parts)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("settings", "kind", "parts", "words"),
    [
        ({"augment__name": "ada"}, "vector", NO_PARTS, "changes pictures, these items are vectors"),
        ({"augment__name": "own"}, "picture", OWN_PENALTY, r"augment\.name = 'own' .*parts=Parts\(augmentation"),
        ({"regularizer__name": "own"}, "picture", OWN_VIEW, r"regularizer\.name = 'own' .*parts=Parts\(regularizer"),
        ({**PROJECTED, "data__pixels": "unit", "generator__output": "sigmoid"}, "picture", NO_PARTS, "in .-1, 1."),
    ],
)
def test_what_it_cannot_do_is_refused_by_name(settings: dict[str, Any], kind: str, parts: Parts, words: str):
    with pytest.raises(RecipeError, match=words):
        refuse_recipe(changed(**settings), KINDS[kind], parts)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("fault", ARITHMETIC_FAULTS)
def test_faults_of_arithmetic_are_made_by_hand(fault: str):
    with pytest.raises(EngineError, match=f"'{fault}' is made by hand"):
        refuse_recipe(changed(faults=[fault]), KINDS["vector"], NO_PARTS)
