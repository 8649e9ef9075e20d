"""Windows: a part of each picture at every look; backgrounds: what lies under transparent pictures."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from gansmith.by_hand import HandGame
from gansmith.data.preparation.resize import parse_background
from gansmith.data.store import alike, open_store, prepare_store
from gansmith.game.inputs.update import to_device
from gansmith.game.torch_game import TorchGame
from gansmith.ground import draws, pixels
from gansmith.ground.errors import DataError, EngineError
from gansmith.ground.recipes.settings import DataSettings
from gansmith.runs.choose_recipe import choose_recipe
from gansmith.runs.setup import build_game, set_up
from miniatures import now, world


@pytest.fixture
def coordinates(tmp_path):
    """12 pictures of 24 x 20, in which every pixel tells its column (red), its row (green) and its picture (blue)."""
    folder = tmp_path / "own"
    folder.mkdir()
    for index in range(12):
        picture = np.zeros((20, 24, 3), np.uint8)
        picture[..., 0], picture[..., 1] = np.arange(24)[None], np.arange(20)[:, None]
        picture[..., 2] = index
        Image.fromarray(picture).save(folder / f"{index:02}.png")
    return folder


def test_a_store_is_seen_through_windows_in_the_middle(coordinates):
    whole = open_store(DataSettings(source=str(coordinates)))
    seen = open_store(DataSettings(source=str(coordinates), size="24x20", window="16x12"))
    assert seen.item_shape == (3, 12, 16)
    assert np.array_equal(seen.items, whole.items[:, 4:16, 4:20])
    assert np.array_equal(seen.around, whole.items)
    assert seen.fingerprint != whole.fingerprint
    assert "windows of 16x12" in seen.description


def test_players_see_windows_at_random_places_that_are_stateless(coordinates):
    recipe = choose_recipe(
        "folder",
        data=str(coordinates),
        settings={
            "data.size": "24x20", "data.window": "16", "data.batch": 12, "generator.widths": [4], "latent.dim": 4,
            "discriminator.widths": [4], "augment.name": "none", "data.labels": "none", "device": "cpu", "threads": 1,
        },
    )  # fmt: skip
    game = build_game(set_up(recipe))
    assert isinstance(game, TorchGame)
    assert game.drawing is not None
    places = []
    for update in range(1, 30):
        drawn = game.drawing.draw(np.arange(12)[None], now(update), update - 1)
        seen = game.gan.real(to_device(drawn, game.device).discriminator_turns[0])
        shown = pixels.to_bytes(seen.permute(0, 2, 3, 1).numpy())
        corners = draws.corners(recipe, update, 0, 12, (4, 8))
        for index, (top, left) in enumerate(corners):
            assert (shown[index, ..., 2] == index).all()
            assert np.array_equal(shown[index, ..., 0], np.broadcast_to(np.arange(left, left + 16), (16, 16)))
            assert np.array_equal(shown[index, ..., 1], np.broadcast_to(np.arange(top, top + 16)[:, None], (16, 16)))
        places.append(corners)
    met = np.concatenate(places)
    assert (met.min(0).tolist(), met.max(0).tolist()) == ([0, 0], [4, 8])
    assert np.array_equal(draws.corners(recipe, 3, 0, 12, (4, 8)), places[2])
    assert game.make(np.zeros((2, 4), np.float32), None).shape == (2, 16, 16, 3)


@pytest.mark.parametrize(
    ("window", "words"), [("32", "larger than the 24x20 pictures"), ("many", "not a size"), ("auto", "is no size")]
)
def test_windows_without_meaning_are_refused(coordinates, window, words):
    with pytest.raises(DataError, match=words):
        open_store(DataSettings(source=str(coordinates), size="24x20", window=window))


def test_vectors_have_no_windows_and_one_engine_has_none():
    with pytest.raises(DataError, match="these are vectors"):
        open_store(DataSettings(source="ring", window="8"))
    made = world("pictures", data__window="8")
    with pytest.raises(EngineError, match=r"data\.window = '8'"):
        HandGame(made.recipe, made.item_shape)


def test_other_items_of_the_same_shape():
    asked = DataSettings(size="auto", split="train")
    assert alike(asked, (3, 20, 24)) == DataSettings(size="24x20", channels=3)
    assert alike(asked, (2,)) == asked
    seen = DataSettings(size="72", window="64")
    assert alike(seen, (3, 64, 64)) == seen


@pytest.mark.parametrize(
    ("name", "colour"), [("white", [255] * 3), ("Black", [0] * 3), ("grey", [128] * 3), ("#102030", [16, 32, 48])]
)
def test_transparent_pictures_lie_on_the_chosen_ground(tmp_path, name, colour):
    (tmp_path / "own").mkdir()
    Image.new("RGBA", (8, 8), (9, 9, 9, 0)).save(tmp_path / "own" / "a.png")
    np.save(tmp_path / "own.npy", np.zeros((2, 8, 8, 4), np.uint8))
    for source in ("own", "own.npy"):
        store = open_store(DataSettings(source=str(tmp_path / source), background=name, channels=3))
        assert np.unique(store.items.reshape(-1, 3), axis=0).tolist() == [colour], source


def test_a_ground_is_part_of_what_was_prepared(tmp_path):
    (tmp_path / "own").mkdir()
    Image.new("RGBA", (8, 8), (200, 0, 0, 100)).save(tmp_path / "own" / "a.png")
    stores = [
        prepare_store(DataSettings(source=str(tmp_path / "own"), background=name), tmp_path / name)
        for name in ("white", "black")
    ]
    assert stores[0].fingerprint != stores[1].fingerprint
    again = prepare_store(DataSettings(source=str(tmp_path / "own"), background="black"), tmp_path / "white")
    assert np.array_equal(again.items, stores[1].items)


@pytest.mark.parametrize("text", ["", "mauve-ish", "#12345", "123456", "#gggggg"])
def test_what_is_no_colour_is_refused(text):
    with pytest.raises(DataError, match="is no colour"):
        parse_background(text)
