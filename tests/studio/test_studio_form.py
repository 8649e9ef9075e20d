"""What a page asks before a training: the form, what would be refused, what a folder holds, and files that are dropped."""

from __future__ import annotations

import base64
import contextlib
import http.client
import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from served_pages import PATIENCE, TOKEN, Served, serving

from gansmith.studio.errors import StudioError
from gansmith.studio.making import option_words
from gansmith.studio.starting import preparing, uploads
from gansmith.studio.starting.given_sources import source_of
from gansmith.studio.starting.lengths import length_words


def pictures(count: int, size: int = 16) -> bytes:
    """A zip of pictures."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number in range(count):
            values = np.random.default_rng(number).integers(0, 256, (size, size, 3), np.uint8)
            one = io.BytesIO()
            Image.fromarray(values).save(one, "PNG")
            archive.writestr(f"{number}.png", one.getvalue())
    return file.getvalue()


@pytest.fixture(scope="module")
def dropped(served: Served) -> str:
    """A zip that was dropped on the page."""
    status, found, _ = served.ask("POST", "/api/upload?name=my%20pictures.zip", pictures(40))
    assert status == 200
    return found["source"]


def test_a_drop_is_surveyed(served: Served, dropped: str):
    assert dropped.startswith(".uploads/")
    assert dropped.endswith("/my-pictures.zip")
    found = served.post("/api/survey", {"source": dropped})
    assert (found["kind"], found["count"]) == ("pictures", 40)
    assert base64.b64decode(found["sheet"]).startswith(b"\x89PNG")
    chosen = {one["key"]: one for one in found["chosen"]}
    assert chosen["data.size"]["reason"]
    assert served.refused("POST", "/api/survey", {"source": dropped, "settings": {"data.size": "--out=x"}})[0] == 400


def test_a_long_name_of_a_file_can_be_used(served: Served):
    status, found, _ = served.ask("POST", f"/api/upload?name={'x' * 250}.zip", pictures(4))
    assert status == 200
    assert source_of(served.folder, found["source"]).endswith("x.zip")


def test_arrays_that_unpack_to_too_much_are_refused(served: Served):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("images.npy", "labels.npy"):
            archive.writestr(name, b"0" * 1000)
            archive.getinfo(name).file_size = 2**32 - 2  # as it says, and nobody is to try
    _, found, _ = served.ask("POST", "/api/upload?name=zeros.npz", file.getvalue())
    for path in ("/api/survey", "/api/check", "/api/train"):
        status, sentence = served.refused("POST", path, {"recipe": "folder", "source": found["source"]})
        assert status == 413
        assert "unpacks to" in sentence


def test_data_that_ends_its_reader_ends_nothing_else(served: Served, dropped: str, monkeypatch: pytest.MonkeyPatch):
    """A reader that dies of one file, as of one that takes all memory, and lives with every other."""
    code = (
        "import os, sys\nfrom gansmith.studio.starting import reader\nlook = reader.need_room\n"
        "reader.need_room = lambda source: os._exit(9) if 'deadly' in source else look(source)\n"
        "reader.work(sys.stdin, sys.stdout)"
    )
    monkeypatch.setattr(preparing, "READER", ("-c", code))
    with serving(served.folder) as other:
        source = other.ask("POST", "/api/upload?name=deadly.npy", b"x")[1]["source"]
        for path, more in (("/api/check", {}), ("/api/train", {}), ("/api/survey", {})):
            status, why = other.refused("POST", path, {"recipe": "folder", "source": source, **more})
            assert (status, "ended the process" in why) == (400, True)
        found = other.post("/api/check", {"recipe": "folder", "source": dropped, "updates": "10"})
        assert found["summary"]["updates"] == 10


def test_the_form_has_every_setting_with_its_meaning(served: Served, dropped: str):
    found = served.get(f"/api/form?recipe=folder&source={dropped}")
    fields = {field["key"]: field for group in found["groups"] for field in group["fields"]}
    assert fields["data.size"]["value"] == "16"
    assert fields["data.size"]["reason"]
    assert fields["loss.name"]["type"] == "choice"
    assert "hinge" in fields["loss.name"]["choices"]
    assert fields["regularizer.gamma"]["type"] == "number"
    assert fields["data.batch"]["type"] == "integer"
    assert fields["graphs"]["type"] == "yes-no"
    assert fields["generator.widths"]["type"] == "list"
    assert all(field["meaning"] for field in fields.values())
    assert "data.source" not in fields
    assert served.refused("GET", "/api/form?recipe=nothing")[0] == 400


def test_what_is_refused_is_said_for_each_choice(served: Served, dropped: str):
    wanted = {"recipe": "folder", "source": dropped, "settings": {"regularizer.name": "none"}, "updates": "10"}
    found = served.post("/api/check", wanted)
    assert found["refusal"] is None
    assert found["summary"]["item_shape"] == [3, 16, 16]
    assert found["summary"]["updates"] == 10
    assert "has no minimum unless" in found["refused"]["loss.name"]["wasserstein"]
    assert "--with FILE" in found["refused"]["loss.name"]["own"]
    assert "hinge" not in found["refused"]["loss.name"]
    wanted["settings"] = {"regularizer.name": "none", "loss.name": "wasserstein"}
    found = served.post("/api/check", wanted)
    assert "has no minimum unless" in found["refusal"]
    assert "gradient-penalty" not in found["refused"].get("regularizer.name", {})  # it would mend it
    assert served.refused("POST", "/api/train", wanted)[0] == 400
    assert [path.name for path in served.folder.iterdir() if path.name.startswith("folder")] == []


def test_a_recipe_without_data_asks_for_some(served: Served):
    assert "drop a folder" in served.refused("POST", "/api/check", {"recipe": "folder"})[1]
    assert "drop a folder" in served.refused("POST", "/api/check", {"recipe": "faces"})[1]


def test_a_dropped_folder_is_gathered(served: Served):
    for number in range(20):
        path = f"cats/{number}.png" if number % 2 else f"dogs%20and%20more/{number}.png"
        with zipfile.ZipFile(io.BytesIO(pictures(1))) as archive:
            status, found, _ = served.ask("POST", f"/api/upload?into=drop-1&path=mine/{path}", archive.read("0.png"))
        assert (status, found["source"]) == (200, ".uploads/drop-1")
    found = served.post("/api/check", {"recipe": "folder", "source": ".uploads/drop-1", "updates": "1"})
    assert found["summary"]["items"] == 20
    again = served.refused("POST", "/api/upload?into=drop-1&path=mine/cats/1.png", b"x")
    assert again[0] == 409


def test_a_large_upload_is_refused_and_leaves_nothing(served: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uploads, "MOST", 2**20)
    before = {path for path in (served.folder / ".uploads").rglob("*") if path.is_file()}
    assert served.refused("POST", "/api/upload?name=large.zip", b"x" * (3 * 2**20))[0] == 413
    assert {path for path in (served.folder / ".uploads").rglob("*") if path.is_file()} == before


def test_files_that_come_at_once_and_after_a_restart_are_one_drop(served: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uploads, "MOST", 3 * 2**20)
    large = b"x" * (2 * 2**20)
    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(served.ask, "POST", f"/api/upload?into=many&path={n}.bin", large) for n in range(3)]
        assert sorted(one.result()[0] for one in asked) == [200, 413, 413]
    with serving(served.folder) as other:  # which has not seen the first
        assert other.ask("POST", "/api/upload?into=many&path=later.bin", large)[0] == 413
        assert other.ask("POST", "/api/upload?into=many&path=small.bin", b"x")[0] == 200
    assert sum(path.stat().st_size for path in (served.folder / ".uploads" / "many").iterdir()) == 2 * 2**20 + 1


def test_an_upload_that_stalls_gives_its_place_to_another(served: Served, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uploads, "PATIENCE", 0.2)
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=PATIENCE)) as connection:
        headers = {"Authorization": f"Bearer {TOKEN}", "Content-Length": "5"}
        connection.request("POST", "/api/upload?name=slow.zip", b"x", headers)
        answer = connection.getresponse()
        assert answer.status == 408
        assert b"nothing came" in answer.read()


def test_a_bomb_and_a_huge_picture_are_refused_by_the_reader(served: Served, tmp_path: Path):
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.png", bytes(300 * 2**20))
    huge = io.BytesIO()
    with zipfile.ZipFile(huge, "w") as archive:
        one = io.BytesIO()
        Image.new("1", (50_000, 1000)).save(one, "PNG")
        archive.writestr("0.png", one.getvalue())
    for data in (bomb.getvalue(), huge.getvalue()):
        source = served.ask("POST", "/api/upload?name=one.zip", data)[1]["source"]
        status, found, _ = served.ask("POST", "/api/survey", {"source": source})
        assert status in (200, 400), found  # a picture that can be read is scaled down; one that cannot is named
        assert served.get("/api/home")


def test_an_export_is_made_and_fetched(served: Served):
    with served.page() as page:
        page.until("cards")
        job = served.post("/api/runs/small/export", {"kind": "safetensors", "options": {"licence": "CC0"}})
        done = page.until(lambda one: one["kind"] == "job" and ("done" in one or "error" in one))
        assert done.get("done"), done
        assert (done["result"]["file"], job["file"]) == ("small.safetensors", "small.safetensors")
        assert done["result"]["bytes"] > 1000
        assert not any(str(served.folder) in note for note in done["result"]["notes"])
        status, data, headers = served.ask("GET", "/api/runs/small/exports/small.safetensors")
        assert status == 200
        assert len(data) == done["result"]["bytes"]
        assert "small.safetensors" in headers["content-disposition"]
        files = served.get("/api/runs/small/exports")["files"]  # as another page, or another studio, finds them
        assert {"name": "small.safetensors", "bytes": len(data)} in files
        assert served.refused("GET", "/api/runs/small/exports/..%2Frecipe.toml")[0] == 404
        job = served.post("/api/runs/small/export", {"kind": "html", "options": {"with_real": 3}})
        done = page.until(lambda one: one["kind"] == "job" and ("done" in one or "error" in one))
        assert "--consent" in done["error"]
    assert served.refused("POST", "/api/runs/small/export", {"kind": "html", "options": {"title": "a\nb"}})[0] == 400


def test_lengths_and_options_are_words():
    assert length_words({"updates": "+1e3"}, resumed=True) == ["--updates=+1e3"]
    assert length_words({"minutes": 2.5, "updates": ""}) == ["--minutes=2.5"]
    for bad in (
        {"updates": "+3"},
        {"updates": "-1"},
        {"epochs": "x"},
        {"updates": "1", "minutes": "1"},
        {"updates": "1 --out x"},
    ):
        with pytest.raises(StudioError):
            length_words(bad)
    assert option_words("html", {"title": "--force", "consent": True, "weights": ""}) == [
        "--title=--force",
        "--consent",
    ]
    with pytest.raises(StudioError):
        option_words("html", {"force": True})


def test_a_dropped_table_is_trained_by_its_own_recipe(served: Served):
    rows = "".join(f"{number % 9},{'xy'[number % 2]}\n" for number in range(60))
    status, sent, _ = served.ask("POST", "/api/upload?name=people.csv", f"a,b\n{rows}".encode())
    assert status == 200
    found = served.get(f"/api/form?recipe=folder&source={sent['source']}")
    assert found["recipe"] == "table"
    fields = {field["key"]: field["value"] for group in found["groups"] for field in group["fields"]}
    told = {"data.kind": "table", "data.columns": "a:category"}
    assert "data.columns" in fields
    surveyed = served.post("/api/survey", {"source": sent["source"], "settings": told})
    assert surveyed["description"].startswith("people.csv: 60 rows of 2 columns (2 category)")
    asked = {"source": sent["source"], "settings": {}, "updates": 3}
    assert served.post("/api/check", {"recipe": "table", **asked})["refusal"] is None
    refusal = served.post("/api/check", {"recipe": "digits", **asked})["refusal"]
    assert "recipe digits is for others: train the recipe table instead" in refusal
