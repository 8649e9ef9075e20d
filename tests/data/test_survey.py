"""The survey: what it counts, what it advises, and the contact sheet."""

import numpy as np
import pytest

from gansmith.data.store import open_store
from gansmith.data.survey import contact_sheet, survey, training_size
from gansmith.ground.recipes.settings import DataSettings


@pytest.fixture
def folder(tmp_path, photo, encode):
    for index in range(6):
        path = tmp_path / "own" / ("cats" if index < 4 else "dogs") / f"{index}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(photo(index, 100 if index else 70, 90), "JPEG"))
    broken = tmp_path / "own" / "cats" / "cut.jpg"
    broken.write_bytes((tmp_path / "own" / "cats" / "1.jpg").read_bytes()[:-300])
    (tmp_path / "own" / "cats" / "text.jpg").write_text("no picture")
    (tmp_path / "own" / "dogs" / "readme.md").write_text("no picture by its name")
    return tmp_path / "own"


def test_a_folder_is_counted_measured_and_its_broken_pictures_named(folder):
    found = survey(DataSettings(source=str(folder)))
    assert found.kind.name == "picture"
    assert found.count == 6
    assert {name for name, _ in found.skipped} == {"cats/cut.jpg", "cats/text.jpg"}
    assert found.labels == {"cats": 4, "dogs": 2}
    assert list(found.sizes.items()) == [((100, 90), 6), ((70, 90), 1)]
    assert (found.grey, found.colour) == (0, 7)
    assert found.size == (64, 64)
    assert found.others == ("dogs/readme.md",)
    assert found.fingerprint == open_store(DataSettings(source=str(folder))).fingerprint


def test_headers_alone_are_quick_and_see_less(folder, own_cache):
    found = survey(DataSettings(source=str(folder)), complete=False)
    assert [name for name, _ in found.skipped] == ["cats/text.jpg"]  # the cut one has a sound header
    assert found.count == 7
    assert not (own_cache / "stores").exists()


def test_built_in_sources_can_be_surveyed():
    digits = survey(DataSettings())
    assert digits.count == 1797
    assert digits.sizes == {(8, 8): 1797}
    assert digits.size == (16, 16)
    assert digits.grey == 1797
    assert digits.labels["0"] == 178
    ring = survey(DataSettings(source="ring"))
    assert ring.kind.name == "vector"
    assert ring.size is None
    assert ring.sizes == {}


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [
        (48, 48, (48, 48)),
        (32, 48, (32, 48)),
        (37, 53, (37, 53)),
        (100, 100, (64, 64)),
        (256, 64, (128, 32)),
        (320, 180, (85, 48)),
        (178, 218, (64, 78)),
        (50, 70, (48, 67)),
        (20, 90, (16, 72)),
        (24, 400, (16, 267)),
        (16, 1000, (16, 16)),  # too narrow: cut, which is said
    ],
)
def test_the_advised_size_is_as_found_or_small_in_the_same_proportions(tmp_path, encode, width, height, size):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "a.png").write_bytes(encode(np.zeros((height, width), np.uint8)))
    *found, reason = training_size(survey(DataSettings(source=str(tmp_path / "own")), complete=False))
    assert tuple(found) == size
    assert reason


def test_contact_sheets_show_different_items_of_the_store():
    store = open_store(DataSettings(size="8"))
    sheet = contact_sheet(store, 9, seed=1)
    assert sheet.dtype == np.uint8
    assert sheet.shape == (3 * 65 + 1, 3 * 65 + 1, 3)
    shown = {
        sheet[1 + r * 65 : 65 + r * 65 : 8, 1 + c * 65 : 65 + c * 65 : 8, 0].tobytes()
        for r in range(3)
        for c in range(3)
    }
    assert len(shown) == 9
    assert shown <= {item.tobytes() for item in store.items}
    assert np.array_equal(contact_sheet(store, 9, seed=1), sheet)
    assert not np.array_equal(contact_sheet(store, 9, seed=2), sheet)


def test_a_sheet_of_vectors_is_a_scatter():
    sheet = contact_sheet(open_store(DataSettings(source="ring", first=4000)))
    assert sheet.shape == (512, 512, 3)
    assert sheet[248:264, 248:264].min() > 200  # nothing but lines in the middle of a ring
    assert 8 * 5 < (sheet[..., 2] < 100).sum() < 0.05 * 512 * 512
    line = contact_sheet(open_store(DataSettings(source="grid", first=500)))
    assert line.min() < 128
