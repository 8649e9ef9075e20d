"""Pictures with transparency: read with their alpha from every kind of source, premultiplied; or offered to be."""

from __future__ import annotations

import dataclasses
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gansmith.cli import main
from gansmith.data import given
from gansmith.data.comparable import read_items
from gansmith.data.preparation.resize import Frame, framed
from gansmith.data.store import open_store, prepare_store
from gansmith.data.store_files import Store
from gansmith.data.survey import survey
from gansmith.ground import alpha
from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings

WHITE, BLACK_7, GREY = (
    "d8c5567eaad44c00",
    "9632f02717fa4f92",
    "69e401556742cdf9",
)  # of fingerprints, without transparency
OFFER = "--set data.channels=4 (data info and data prepare: --channels 4)"


def drawn(count: int = 6, side: int = 12) -> np.ndarray:
    """Straight pictures (count, side, side, 4): a coloured square with soft sides on nothing, whose colour is loud."""
    rng = np.random.default_rng(0)
    pictures = np.zeros((count, side, side, 4), np.uint8)
    pictures[..., :3] = (255, 0, 255)
    for index, picture in enumerate(pictures):
        at = 1 + index % 4
        picture[at : at + 6, 2:9] = (*rng.integers(0, 256, 3), 120)
        picture[at + 1 : at + 5, 3:8, 3] = 255
    return pictures


STRAIGHT = drawn()


def folder(path: Path, pictures: np.ndarray = STRAIGHT) -> Path:
    path.mkdir()
    for index, picture in enumerate(pictures):
        Image.fromarray(picture).save(path / f"{index:02}.png")
    return path


def opened(source: object, **settings: object) -> Store:
    return open_store(DataSettings(source=str(source), **settings), workers=1)  # pyright: ignore[reportArgumentType]


def sources(tmp_path: Path) -> dict[str, str]:
    """The same pictures in every kind of source."""
    made = folder(tmp_path / "own")
    with zipfile.ZipFile(tmp_path / "own.zip", "w") as archive:
        for path in sorted(made.iterdir()):
            archive.write(path, path.name)
    np.save(tmp_path / "own.npy", STRAIGHT)
    np.savez(tmp_path / "first.npz", images=STRAIGHT.transpose(0, 3, 1, 2))
    pillow = [Image.open(path) for path in sorted(made.iterdir())]
    return {name: str(tmp_path / name) for name in ("own", "own.zip", "own.npy", "first.npz")} | {
        "pillow": given.source(pillow),
        "array": given.source(STRAIGHT),
    }


def test_every_kind_of_source_gives_the_same_premultiplied_pictures(tmp_path: Path):
    found = {name: opened(source, channels=4) for name, source in sources(tmp_path).items()}
    for name, store in found.items():
        assert np.array_equal(store.items, alpha.premultiplied(STRAIGHT)), name
        assert store.item_shape == (4, 12, 12)
        assert "colour pictures with transparency" in store.description
        assert any("6 pictures have transparent parts" in line and "premultiplied" in line for line in store.remarks)
    assert len({store.fingerprint for store in found.values()}) == 1


def test_pictures_without_transparency_are_opaque_and_so_it_is_said(tmp_path: Path):
    colours = np.random.default_rng(1).integers(0, 256, (5, 8, 8, 3), dtype=np.uint8)
    store = opened(folder(tmp_path / "rgb", colours), channels=4)
    assert np.array_equal(store.items[..., :3], colours)
    assert (store.items[..., 3] == 255).all()
    assert any("no picture has transparent parts" in line for line in store.remarks)
    grey = opened(folder(tmp_path / "grey", colours[..., 0]), channels=4)
    assert np.array_equal(grey.items, alpha.opaque(colours[..., :1].repeat(3, 3)))
    assert (opened("digits", channels=4, first=20).items[..., 3] == 255).all()


def test_16_bit_and_palette_pictures_keep_their_alpha(tmp_path: Path):
    (tmp_path / "own").mkdir()
    keyed = Image.fromarray(np.array([[0, 1], [1, 0]], np.uint8).repeat(4, 0).repeat(4, 1), "P")
    keyed.putpalette([9, 9, 9, 200, 100, 0])
    keyed.save(tmp_path / "own" / "keyed.png", transparency=0)
    Image.fromarray(np.full((8, 8, 2), (90, 51), np.uint8), "LA").save(tmp_path / "own" / "soft.png")
    made = opened(tmp_path / "own", channels=4).items
    assert made[0, 0, 0].tolist() == [0, 0, 0, 0]
    assert made[0, 0, 7].tolist() == [200, 100, 0, 255]
    assert made[1, 0, 0].tolist() == [18, 18, 18, 51]


@pytest.mark.parametrize("side", [5, 8, 31])
def test_a_resized_edge_has_no_fringe(side: int):
    """Of a white shape on nothing that is black, or loud, every pixel is white as far as it is seen."""
    for hidden in (0, 255):
        straight = np.zeros((16, 16, 4), np.uint8)
        straight[..., 0] = hidden
        straight[3:11, 5:12] = 255
        made = framed(alpha.premultiplied(straight), Frame(side, side, 4, 0, "crop"))
        assert (made[..., :3] == made[..., 3:]).all()
        seen = made[..., 3] > 0
        assert seen.any()
        assert (alpha.straight(made)[seen][:, :3] == 255).all()


def test_no_colour_exceeds_alpha_after_resizing():
    noise = np.random.default_rng(0).integers(0, 256, (20, 20, 4), dtype=np.uint8)
    made = framed(alpha.premultiplied(noise), Frame(9, 33, 4, 0, "squeeze"))
    assert (made[..., :3] <= made[..., 3:]).all()


# ---- the offer


def test_transparency_is_offered_from_a_tenth_of_the_pictures_on(tmp_path: Path):
    opaque = STRAIGHT.copy()
    opaque[..., 3] = 255
    for clear in (1, 2):
        pictures = np.concatenate([STRAIGHT[:clear], opaque, opaque[: 4 - clear]])
        np.save(tmp_path / f"{clear}.npy", pictures)
        for source in (folder(tmp_path / str(clear), pictures), tmp_path / f"{clear}.npy"):
            (line,) = [line for line in opened(source).remarks if "transparent" in line]
            assert "on white (data.background)" in line
            assert (OFFER in line) == (clear == 2)


def test_the_offer_is_told_before_a_training_and_works_as_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    monkeypatch.chdir(tmp_path)
    folder(tmp_path / "icons")
    for command in (["data", "info", "icons"], ["train", "folder", "--data", "icons", "--dry-run"]):
        assert main(command) == 0
        assert OFFER in capsys.readouterr().out
    assert main(["data", "info", "icons", "--channels", "4", "--augmented", "--sheet", "s.png"]) == 0
    said = capsys.readouterr().out
    assert "6 pictures have transparent parts" in said
    assert OFFER not in said
    assert main(["data", "prepare", "icons", "made", "--channels", "4"]) == 0
    assert main(["train", "folder", "--data", "icons", "--set", "data.channels=4", "--dry-run"]) == 0
    assert OFFER not in capsys.readouterr().out


def test_grey_pictures_with_transparency_keep_it(tmp_path: Path):
    pictures = STRAIGHT.copy()
    pictures[..., :3] = 0
    found = survey(DataSettings(source=str(folder(tmp_path / "ink", pictures)), channels=4))
    assert found.channels == 4
    store = opened(tmp_path / "ink", channels=4)
    assert store.item_shape == (4, 12, 12)
    assert not any("nearly" in line or "equal" in line for line in found.remarks)  # black on nothing is something


# ---- without the setting all is as before


def test_stores_without_transparency_are_what_they_were(tmp_path: Path):
    """Fingerprints from before pictures could keep their transparency."""
    made = folder(tmp_path / "own")
    np.save(tmp_path / "own.npy", STRAIGHT)
    assert opened(made).fingerprint.startswith(WHITE)
    assert opened(tmp_path / "own.npy").fingerprint.startswith(WHITE)
    assert opened(made, channels=3, background="black", size="7").fingerprint.startswith(BLACK_7)
    assert opened(made, channels=1).fingerprint.startswith(GREY)


# ---- stores as sources, and other programs' pictures


def test_a_store_with_transparency_is_a_source_of_every_kind_of_pictures(tmp_path: Path):
    prepare_store(DataSettings(source=str(folder(tmp_path / "own")), channels=4), tmp_path / "store", workers=1)
    assert survey(DataSettings(source=str(tmp_path / "store")), complete=False).channels == 4  # of headers alone
    kept = alpha.premultiplied(STRAIGHT)
    assert np.array_equal(opened(tmp_path / "store").items, kept)
    smaller = opened(tmp_path / "store", size="6")
    assert smaller.item_shape == (4, 6, 6)
    assert np.array_equal(smaller.items[0], framed(kept[0], Frame(6, 6, 4, 0, "crop")))
    on_black = opened(tmp_path / "store", channels=3, background="black")
    assert np.array_equal(on_black.items, kept[..., :3])
    assert opened(tmp_path / "store", channels=1).item_shape == (1, 12, 12)
    assert survey(DataSettings(source=str(tmp_path / "store"))).channels == 4


def test_a_store_without_transparency_cannot_give_it_back(tmp_path: Path):
    prepare_store(DataSettings(source=str(folder(tmp_path / "own"))), tmp_path / "store", workers=1)
    with pytest.raises(DataError, match="prepare it again with --channels 4"):
        opened(tmp_path / "store", channels=4)


def test_other_programs_pictures_are_compared_with_their_alpha(tmp_path: Path):
    settings = DataSettings(source=str(folder(tmp_path / "own")), channels=4)
    np.savez(tmp_path / "made.npz", images=STRAIGHT)
    found = read_items(tmp_path / "made.npz", 100, settings)
    assert np.array_equal(found.items, alpha.premultiplied(STRAIGHT))
    plain = read_items(tmp_path / "made.npz", 100, dataclasses.replace(settings, channels=0))
    assert plain.items.shape == (6, 12, 12, 3)


def test_stacks_have_no_transparency_of_their_own():
    assert opened("stacked:digits", channels=4, first=5).item_shape[0] == 4
