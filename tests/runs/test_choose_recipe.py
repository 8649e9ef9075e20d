"""What recipes that leave their networks open get from the data's sizes and count."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gansmith import recipes
from gansmith.data import survey as surveys
from gansmith.data.survey import Survey
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.game import StepContext
from gansmith.ground.networks.cost import count
from gansmith.ground.recipes import recipe as recipe_files
from gansmith.ground.recipes.recipe import flat, override
from gansmith.kinds import KINDS
from gansmith.nets import plan_discriminator, plan_generator
from gansmith.runs.choose_recipe import choices, choose_networks, choose_recipe
from gansmith.runs.setup import build_game, set_up

PHOTOS = Survey(
    title="photos", kind=KINDS["picture"], count=2000, sizes={(64, 64): 2000}, grey=0, colour=2000, channels=3, labels={}, attributes={},
    splits=(), skipped=(), others=(), left_out=(), remarks=(), size=(64, 64), reason="as found", description="", fingerprint="",
)  # fmt: skip


def choicesd(recipe: str = "folder", *, settings: dict | None = None, **found: object) -> dict[str, object]:
    chosen = choices(override(recipes.load(recipe), settings or {}), dataclasses.replace(PHOTOS, **found))
    assert all(one.reason for one in chosen)
    override(recipes.load(recipe), {one.key: one.value for one in chosen})  # each can be set
    return {one.key: one.value for one in chosen}


@pytest.mark.parametrize(
    ("number", "batch", "augmentation"),
    [
        (300, 16, "mirror+diffaugment"),
        (499, 16, "mirror+diffaugment"),
        (2000, 32, "mirror+ada"),
        (15_000, 32, "mirror+ada"),
        (49_999, 64, "mirror+ada"),
        (200_000, 64, "mirror"),
    ],
)
def test_batch_and_augmentation_by_the_count(number: int, batch: int, augmentation: str):
    chosen = choicesd(count=number, sizes={(64, 64): number}, colour=number)
    assert (chosen["data.batch"], chosen["augment.name"]) == (batch, augmentation)


def test_pictures_without_colour_are_not_turned():
    chosen = choicesd(grey=2000, colour=0)
    assert chosen["augment.name"] == "ada"
    assert chosen["data.channels"] == 1


@pytest.mark.parametrize(("size", "gamma"), [("32", 0.5), ("64", 2.0), ("48x64", 1.5), ("128", 8.0)])
def test_gamma_by_the_pictures_area(size: str, gamma: float):
    assert choicesd(settings={"data.size": size})["regularizer.gamma"] == gamma


@pytest.mark.parametrize(
    ("size", "generator"),
    [
        ("32", [256, 128, 64]),
        ("64", [512, 256, 128, 64]),
        ("128", [512, 512, 256, 128, 64]),
        ("256", [512, 512, 512, 256, 128, 64]),
    ],
)
def test_the_recipe_for_faces_has_a_stage_for_every_doubling(size: str, generator: list[int]):
    chosen = choicesd("faces", settings={"data.size": size}, count=202_599)
    assert chosen["generator.widths"] == generator
    assert chosen["discriminator.widths"] == generator[::-1]
    assert "data.size" not in chosen
    recipe = override(recipes.load("faces"), {"data.size": size, **chosen})
    side = int(size)
    shape = (3, side, side)
    made, judged = plan_generator(recipe, shape, 0), plan_discriminator(recipe, shape, 0)
    assert made.output_shape == shape
    assert count(judged).batch_statistics == count(made).batch_statistics == 0
    assert 1e6 < count(made).total < 2e7


def test_what_the_user_set_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GANSMITH_CACHE", str(tmp_path / "cache"))
    (tmp_path / "own").mkdir()
    for index in range(20):
        pixels = np.random.default_rng(index).integers(0, 256, (32, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "own" / f"{index}.png")
    own = {"data.batch": 4, "regularizer.gamma": 7.0, "augment.name": "none", "discriminator.widths": []}
    setup = set_up(choose_recipe("folder", data=str(tmp_path / "own"), settings=own))
    values = flat(setup.recipe)
    assert {key: values[key] for key in own if key != "discriminator.widths"} == {
        "data.batch": 4, "regularizer.gamma": 7.0, "augment.name": "none",
    }  # fmt: skip
    assert values["generator.widths"] == [128, 64, 32]
    assert any(line.startswith("data.size = 32: ") for line in setup.remarks)
    assert not any(line.startswith("data.batch") for line in setup.remarks)


def test_one_network_of_the_user_leaves_the_other_to_be_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A discriminator without a hidden layer, which nobody asked for, would be trained against it."""
    monkeypatch.setenv("GANSMITH_CACHE", str(tmp_path / "cache"))
    (tmp_path / "own").mkdir()
    for index in range(5):
        pixels = np.random.default_rng(index).integers(0, 256, (16, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "own" / f"{index}.png")
    one = {"generator.widths": [16, 8]}
    setup = set_up(choose_recipe("folder", data=str(tmp_path / "own"), settings=one))
    values = flat(setup.recipe)
    assert (values["generator.widths"], values["discriminator.widths"]) == ([16, 8], [32, 64])
    assert values["augment.name"] == "mirror+diffaugment"
    assert "data.batch = 16: 5 pictures are fewer than one batch" in setup.remarks
    again = set_up(setup.recipe)
    assert (again.recipe, [line for line in again.remarks if " = " in line]) == (setup.recipe, [])
    linear = choose_recipe("ring", settings={"discriminator.widths": []})  # a recipe that leaves nothing open
    assert not flat(set_up(linear).recipe)["discriminator.widths"]


@pytest.fixture(scope="module")
def few_pictures(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder of 20 coloured pictures."""
    folder = tmp_path_factory.mktemp("few")
    for index in range(20):
        pixels = np.random.default_rng(index).integers(0, 256, (32, 32, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{index}.png")
    return str(folder)


def test_every_key_that_is_given_wins_also_with_the_recipes_own_value(few_pictures: str):
    """For each key that would be chosen: given as the recipe has it, it is not chosen, and all others are as before."""
    free = set_up(choose_recipe("folder", data=few_pictures))
    lines = [line for line in free.remarks if " = " in line.partition(":")[0]]
    keys = [line.partition(" = ")[0] for line in lines]
    assert set(keys) >= {"data.size", "data.batch", "augment.name", "regularizer.gamma", "generator.widths"}
    book = flat(recipes.load("folder"))
    for key in keys:
        value = [16, 8] if key.endswith("widths") else book[key]
        setup = set_up(choose_recipe("folder", data=few_pictures, settings={key: value}))
        assert flat(setup.recipe)[key] == value
        assert key in setup.recipe.given
        told = {line.partition(" = ")[0] for line in setup.remarks}
        assert {other for other in keys if other != key} <= told
        assert key not in told
        again = recipe_files.from_table(tomllib.loads(recipe_files.to_toml(setup.recipe)))
        assert again.given == setup.recipe.given  # as in the cell of a comparison
    typed = choose_recipe("folder", data=few_pictures, settings=["data.batch=32", "augment.name=mirror"])
    assert (set_up(typed).recipe.data.batch, set_up(typed).recipe.augment.name) == (32, "mirror")


def test_given_widths_of_both_players_say_what_is_not_chosen(few_pictures: str):
    both = {"generator.widths": [16, 8], "discriminator.widths": [8, 16], "data.batch": 4}
    setup = set_up(choose_recipe("folder", data=few_pictures, settings=both))
    line = setup.remarks[0]
    assert line.startswith(
        "generator.widths and discriminator.widths are given, so nothing else is chosen by the pictures"
    )
    assert ": data.channels = 0, augment.name = mirror, regularizer.gamma = 2.0 stay" in line
    assert "data.batch" not in line
    everything = both | {"data.size": "16", "data.channels": 3, "augment.name": "none", "regularizer.gamma": 1}
    silent = set_up(choose_recipe("folder", data=few_pictures, settings=everything))
    assert not any("are given" in line for line in silent.remarks)


@pytest.mark.parametrize("name", ["faces", "folder"])
def test_it_trains_as_it_is_choicesd(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GANSMITH_CACHE", str(tmp_path / "cache"))
    (tmp_path / "own").mkdir()
    for index in range(20):
        pixels = np.random.default_rng(index).integers(0, 256, (24, 16, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(tmp_path / "own" / f"{index}.png")
    small = {"data.size": "16x24", "data.crop": 0, "data.batch": 4, "device": "cpu"}
    setup = set_up(choose_recipe(name, data=str(tmp_path / "own"), settings=small))
    assert setup.recipe.augment.name == "mirror+diffaugment"
    game, order = build_game(setup), setup.order()
    for update in range(1, 4):
        game.step(order.turns(update, 1), StepContext(update, 4 * update, 2e-4, 2e-4, 0.9))
    numbers = game.report().numbers
    assert all(np.isfinite(value) for value in numbers.values())
    assert numbers["loss.penalty"] > 0
    asked = setup.labelling.spread(2) if setup.classes else None
    assert (asked is not None) == (name == "folder")  # which puts pictures into groups
    assert game.sample(np.zeros((2, 128), np.float32), asked).shape == (2, 24, 16, 3)


def test_vectors_get_dense_networks():
    chosen = choicesd(kind=KINDS["vector"], sizes={}, size=None)
    assert chosen["generator.net"] == "dense"
    assert chosen["augment.name"] == "none"


@pytest.mark.parametrize("size", ["128x32", "85x48", "64x78", "16x256", "250x16"])
@pytest.mark.parametrize("name", ["faces", "folder"])
def test_networks_are_built_for_pictures_that_are_not_square(name: str, size: str):
    width, height = map(int, size.split("x"))
    chosen = choicesd(name, settings={"data.size": size, "data.crop": 0})
    recipe = override(recipes.load(name), {"data.size": size, **chosen})
    shape = (3, height, width)
    assert plan_generator(recipe, shape, 0).output_shape == shape
    assert plan_discriminator(recipe, shape, 0).output_shape == (1,)


def test_wide_pictures_of_one_size_keep_their_proportions():
    chosen = choices(recipes.load("folder"), dataclasses.replace(PHOTOS, sizes={(256, 64): 40}, count=40))
    size = next(one for one in chosen if one.key == "data.size")
    assert size.value == "128x32"
    assert size.reason == "every picture is 256x64: the proportions are kept; enlarge when it works"
    cropped = override(recipes.load("folder"), {"data.crop": 60})
    assert {one.key: one.value for one in choices(cropped, dataclasses.replace(PHOTOS, sizes={(256, 64): 40}))}[
        "data.size"
    ] == "60"


@pytest.mark.parametrize(
    ("ratio", "name", "words"),
    [
        (1.01, "mirror+ada", "every picture is also shown mirrored: --set augment.name=ada if left and right matter"),
        (None, "mirror+ada", "every picture is also shown mirrored"),
        (1.3, "ada", "left and right differ in them, so none is mirrored (mirror+ada would)"),
    ],
)
def test_pictures_are_mirrored_only_where_left_and_right_are_alike(ratio: float | None, name: str, words: str):
    chosen = choices(recipes.load("folder"), dataclasses.replace(PHOTOS, mirror_ratio=ratio))
    found = next(one for one in chosen if one.key == "augment.name")
    assert found.value == name
    assert words in found.reason


def test_what_was_chosen_beside_networks_of_ones_own_stays_where_the_run_goes_on(
    few_pictures: str, monkeypatch: pytest.MonkeyPatch
):
    own = {"generator.net": "own", "discriminator.net": "own", "data.labels": "none", "data.batch": 32}
    first, remarks = choose_networks(choose_recipe("folder", data=few_pictures, settings=own))
    assert len(remarks) > 1
    survey = dataclasses.replace(surveys.survey(first.data), count=60_000)  # many more were added
    monkeypatch.setattr(surveys, "survey", lambda data: survey)
    assert choose_networks(recipe_files.from_table(recipe_files.to_table(first))) == (first, [])


def test_a_training_from_a_run_does_not_repeat_its_threads(tmp_path: Path):
    run = RunFolder(tmp_path / "run")
    run.create(override(recipes.load("ring"), ["threads=3", "thread_changes=0,3,40,1"]))
    assert choose_recipe(run.recipe).thread_changes == (0, 3, 40, 1)
    begun = choose_recipe(run.recipe, start=str(run.root))
    assert (begun.threads, begun.thread_changes) == (0, ())
    assert choose_recipe(run.recipe, start=str(run.root), settings=["threads=2"]).threads == 2
