"""Every refusal of the package has an example that provokes it, and is one short line."""

from __future__ import annotations

from pathlib import Path

import pytest
from places import PACKAGE, Place, places, recorded, unreached
from table import EXAMPLES

from gansmith.cli.parser import Refused
from gansmith.ground.errors import GansmithError


def test_every_room_is_in_the_table() -> None:
    assert set(EXAMPLES) == {path.parent.name for path in PACKAGE.glob("*/__init__.py")}


@pytest.mark.parametrize("room", EXAMPLES)
def test_every_refusal_has_an_example(room: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with recorded() as reached:
        for number, example in enumerate(EXAMPLES[room]):
            folder = tmp_path / str(number)
            folder.mkdir()
            before = len(reached)
            with monkeypatch.context() as patch:
                patch.chdir(folder)
                try:
                    ended = example(folder, patch)
                except (GansmithError, Refused):
                    ended = 1
            assert ended == 1, f"example {number} of {room} is not refused"
            assert len(reached) > before, f"example {number} of {room} provokes what an earlier one does"
    missing = [f"{place.file}:{place.first}: {place.words!r}" for place in unreached(room, reached)]
    assert not missing, "no example provokes\n" + "\n".join(missing)
    for message in reached.values():
        assert "\n" not in message
        assert 10 < len(message) < 500


def test_places_are_found_as_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    room = tmp_path / "room"
    room.mkdir()
    text = """def f(x):
    if x:
        raise RunError(
            f"{x} is no number: "
            "give one"
        )
    raise ValueError("none")
"""
    (room / "one.py").write_text(text)
    monkeypatch.setattr("places.PACKAGE", tmp_path)
    found = list(places("room"))
    assert found == [Place("room/one.py", 3, 6, "f", "is no number: give one")]
    assert unreached("room", {("room/one.py", 5): ""}) == []
    assert unreached("room", {("room/one.py", 7): ""}) == found
