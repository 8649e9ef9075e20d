"""The files of a run: written whole or not at all, readable after a kill at any byte."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gansmith import recipes
from gansmith.ground.errors import RunError
from gansmith.ground.files import runfolder
from gansmith.ground.files.runfolder import Entry, RunFolder, append_row, cut_rows, damaged_rows, read_rows, write_json
from gansmith.ground.files.whole import write_text
from gansmith.ground.recipes.settings import Recipe


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "runs" / "one")


def test_a_new_run_holds_its_recipe(folder: RunFolder):
    folder.create(recipes.load("mnist"))
    assert folder.load_recipe() == recipes.load("mnist")
    assert folder.samples.is_dir()
    assert folder.checkpoints.is_dir()


def test_an_empty_folder_is_as_good_as_none(folder: RunFolder):
    folder.root.mkdir(parents=True)
    folder.create(Recipe())
    assert folder.load_recipe() == Recipe()


def test_another_run_is_never_overwritten(folder: RunFolder):
    folder.create(Recipe())
    with pytest.raises(RunError, match="already holds a run") as caught:
        folder.create(recipes.load("mnist"))
    assert "gansmith resume" in str(caught.value)
    assert folder.load_recipe() == Recipe()


def test_other_files_are_in_the_way(folder: RunFolder):
    folder.root.mkdir(parents=True)
    (folder.root / "thesis.doc").write_text("important")
    with pytest.raises(RunError, match="not an empty folder"):
        folder.create(Recipe())
    assert [path.name for path in folder.root.iterdir()] == ["thesis.doc"]


def test_a_file_is_in_the_way(folder: RunFolder, tmp_path: Path):
    folder.root.parent.mkdir()
    folder.root.write_text("a file")
    with pytest.raises(RunError, match="not an empty folder"):
        folder.create(Recipe())
    with pytest.raises(RunError, match="cannot be made"):
        RunFolder(folder.root / "below").create(Recipe())


def test_a_full_disk_at_the_first_file_is_one_line(folder: RunFolder, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RunError, match="No space left on device"):
        folder.create(Recipe())


def test_what_cannot_be_written_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    runfolder.write_text(tmp_path / "rows", "old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left on device"):
        runfolder.write_text(tmp_path / "rows", "new, and longer")
    assert [path.name for path in tmp_path.iterdir()] == ["rows"]
    assert (tmp_path / "rows").read_text() == "old"


def test_a_directory_that_is_no_run(tmp_path: Path):
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(RunError, match="is not a run"):
            RunFolder(path).load_recipe()


def test_every_file_lies_in_the_run_and_has_its_own_name(folder: RunFolder):
    names = [name for name, value in vars(RunFolder).items() if isinstance(value, Entry)]
    paths = [getattr(folder, name) for name in names] + [folder.sample_sheet(25), folder.checkpoint(25)]
    assert len(set(paths)) == len(paths) == len(names) + 2
    assert all(folder.root in path.parents for path in paths)
    assert folder.sample_sheet(25).name == "00000025.png"
    assert sorted([folder.checkpoint(100), folder.checkpoint(99)])[0] == folder.checkpoint(99)


def test_text_is_replaced_in_one_move(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "file.json"
    write_text(path, "old")

    def fails(*_: object) -> None:
        raise OSError(5, "Input/output error")

    for step in ("fsync", "replace"):
        with monkeypatch.context() as patch:
            patch.setattr(os, step, fails)
            with pytest.raises(OSError, match="Input/output"):
                write_text(path, "new, and much longer")
        assert path.read_text() == "old"
    write_text(path, "new")
    assert path.read_text() == "new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.json"]


def test_the_disk_has_the_bytes_before_the_name_moves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    calls: list[str] = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (calls.append("fsync"), fsync(handle))[1])
    monkeypatch.setattr(os, "replace", lambda a, b: (calls.append("replace"), replace(a, b))[1])
    write_json(tmp_path / "x.json", {"a": [1, 2.5, None]})
    assert calls == ["fsync", "replace"]
    assert json.loads((tmp_path / "x.json").read_text()) == {"a": [1, 2.5, None]}


ROWS = [{"update": update, "loss": update / 3, "note": "é\n{"} for update in (50, 100, 150)]


@pytest.fixture
def stats(tmp_path: Path) -> Path:
    path = tmp_path / "stats.jsonl"
    for row in ROWS:
        append_row(path, row)
    return path


def test_rows_come_back(stats: Path):
    assert list(read_rows(stats)) == ROWS
    assert stats.read_bytes().count(b"\n") == 3


def test_no_file_has_no_rows(tmp_path: Path):
    assert list(read_rows(tmp_path / "absent.jsonl")) == []
    cut_rows(tmp_path / "absent.jsonl", 5)
    assert not (tmp_path / "absent.jsonl").exists()


def test_a_kill_at_any_byte_loses_the_last_row_only(stats: Path):
    whole = stats.read_bytes()
    second = whole.index(b"\n", whole.index(b"\n") + 1) + 1
    for end in range(second, len(whole)):
        stats.write_bytes(whole[:end])
        assert list(read_rows(stats))[:2] == ROWS[:2]
        cut_rows(stats, 100)
        append_row(stats, ROWS[2])
        assert list(read_rows(stats)) == ROWS


@given(st.binary(max_size=40))
def test_damage_is_passed_over(tmp_path_factory: pytest.TempPathFactory, damage: bytes):
    path = tmp_path_factory.mktemp("damaged") / "stats.jsonl"
    path.write_bytes(b'{"update": 1}\n' + damage.replace(b"{", b"") + b'\n{"update": 2}\n')
    assert list(read_rows(path)) == [{"update": 1}, {"update": 2}]


@pytest.mark.parametrize(("update", "left"), [(0, 0), (49, 0), (50, 1), (149, 2), (150, 3), (999, 3)])
def test_rows_after_a_checkpoint_are_cut(stats: Path, update: int, left: int):
    cut_rows(stats, update)
    assert list(read_rows(stats)) == ROWS[:left]


def test_cutting_is_atomic(stats: Path, monkeypatch: pytest.MonkeyPatch):
    def killed(*_: object) -> None:
        raise OSError(4, "killed")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", killed)
        with pytest.raises(OSError, match="killed"):
            cut_rows(stats, 50)
    assert list(read_rows(stats)) == ROWS


def test_rows_are_appended_in_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Two writes could be torn apart by another writer, or leave a row without its end."""
    written: list[str] = []

    class Recorder:
        def __enter__(self) -> Recorder:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def write(self, text: str) -> None:
            written.append(text)

    monkeypatch.setattr(runfolder, "open", lambda *_, **__: Recorder(), raising=False)
    append_row(tmp_path / "stats.jsonl", {"update": 1})
    assert written == ['{"update": 1}\n']


def test_a_kill_before_the_recipe_leaves_nothing_in_the_way(tmp_path: Path):
    folder = RunFolder(tmp_path / "run")
    with pytest.raises(KeyboardInterrupt):
        folder.create(Recipe(), _killed_after(folder))
    assert not folder.recipe.exists()
    folder.create(Recipe())
    assert folder.load_recipe() == Recipe()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("dear diary", encoding="utf-8")
    with pytest.raises(RunError, match="not an empty folder"):
        RunFolder(tmp_path / "other").create(Recipe())


def _killed_after(folder: RunFolder):
    def fill() -> None:
        folder.environment.write_text("{}", encoding="utf-8")
        folder.data.with_name("data.json.123-4.part").write_text("{", encoding="utf-8")
        raise KeyboardInterrupt

    return fill


def test_lines_that_are_no_rows_are_counted(tmp_path: Path):
    path = tmp_path / "stats.jsonl"
    assert damaged_rows(path) == ""
    path.write_text('{"update": 1}\n\n{"update": 2}\n{"upd')
    assert damaged_rows(path) == "", "a line that a kill cut off needs no word"
    path.write_text('{"update": 1}\nnonsense\n{"update": 2}\n[3]\n{"upd')
    assert damaged_rows(path) == "left out of stats.jsonl: 2 lines that cannot be read as rows"
    assert [row["update"] for row in read_rows(path)] == [1, 2]
