"""Who may ask the studio, and what for: everything else is refused in one line, and the studio goes on."""

from __future__ import annotations

import platform
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from served_pages import PATIENCE, TOKEN, Page, Served
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder, append_row
from gansmith.ground.pixels import write_png
from gansmith.studio.errors import StudioError
from gansmith.studio.guard import Guard, is_loopback
from gansmith.studio.places import LONGEST_PART, as_file, as_name, cleaned, inside
from gansmith.studio.server import Address, check_token
from gansmith.studio.starting import preparing

OUTSIDE = (
    "..", "../x", "a/../..", "a/..", ".", "./a", "/etc", "//etc", "a//b", "", "a/", ".trash/x", "a/.hidden", "a\\..\\b", "C:/x",
    "a\0b", "a\nb", "x" * 300, "~", "..%2f", "*", "a?b",
)  # fmt: skip


def test_the_page_needs_no_token_and_the_rest_does(served: Served):
    status, page, headers = served.ask("GET", "/", token="")
    assert status == 200
    assert b"<title>" in page
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe-inline" not in policy
    for token in ("", "wrong", TOKEN + "x", TOKEN[:-1]):
        assert served.ask("GET", "/api/home", token=token)[0] == 401
        assert served.ask("POST", "/api/runs/small/delete", {}, token=token)[0] == 401
    assert served.ask("GET", "/api/home")[0] == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1", "127.0.0.1:1", "", "10.0.0.1:{port}"]
)
def test_another_host_is_refused(served: Served, host: str):
    for path in ("/", "/api/home"):
        status, found, _ = served.ask("GET", path, headers={"Host": host.format(port=served.port)})
        assert status == 403
        assert "not the studio's" in found["error"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_its_own_names_are_not(served: Served, host: str):
    assert served.ask("GET", "/api/home", headers={"Host": f"{host}:{served.port}"})[0] == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1:{port}", "http://127.0.0.1:1"])
def test_another_page_is_refused(served: Served, origin: str):
    origin = origin.format(port=served.port)
    assert served.ask("GET", "/api/home", headers={"Origin": origin})[0] == 403
    with pytest.raises(InvalidStatus) as refused, served.page(origin=origin):
        pass
    assert refused.value.response.status_code == 403


def test_its_own_page_is_not(served: Served):
    with served.page(origin=f"http://127.0.0.1:{served.port}") as page:
        assert page.until("cards")["runs"]


def test_a_socket_without_the_token_is_closed(served: Served):
    for first in ({"token": "wrong"}, {"watch": "small"}, "no JSON", "[]", "[" * 60000, b"bytes"):
        with served.page(token="wrong") as page, pytest.raises(ConnectionClosed):
            _talk(page, first)


def _talk(page: Page, first: object):
    """The socket is closed at once, or when the answer is waited for."""
    page.send(first)
    page.hear()


def test_names_lead_nowhere_else(tmp_path: Path):
    (tmp_path / "served").mkdir()
    for name in (*OUTSIDE, None, 5, ["a"]):
        if name in ("..%2f", "~"):  # a plain name of a folder
            continue
        with pytest.raises(StudioError):
            inside(tmp_path / "served", name)
    assert inside(tmp_path / "served", "a/b") == tmp_path / "served" / "a" / "b"


def test_links_lead_nowhere_else(tmp_path: Path):
    (tmp_path / "served").mkdir()
    (tmp_path / "private").mkdir()
    try:
        (tmp_path / "served" / "link").symlink_to(tmp_path / "private")
    except OSError:
        pytest.skip("no links on this system")
    for name in ("link", "link/x"):
        with pytest.raises(StudioError):
            inside(tmp_path / "served", name)


def test_no_field_leads_out_of_the_folder(served: Served):
    private = served.folder.parent / "private"
    private.mkdir(exist_ok=True)
    for bad in ("../private", "..", str(private), ".trash", "small/../../private", "%2e%2e%2fprivate"):
        quoted = bad.replace("/", "%2F")
        for path in (f"/api/runs/{quoted}", f"/api/runs/{quoted}/real", f"/api/runs/small/picture/{quoted}"):
            assert served.refused("GET", path)[0] in (404, 405)
        for verb in ("resume", "delete", "stop-at-once", "export", "ask"):
            served.refused("POST", f"/api/runs/{quoted}/{verb}", {"kind": "pause", "options": {}})
        served.refused("POST", "/api/trash/undo", {"name": bad})
        served.refused("POST", "/api/survey", {"source": bad})
        served.refused("POST", "/api/check", {"recipe": "folder", "source": bad})
        served.refused("POST", "/api/check", {"recipe": bad, "source": "digits"})
        served.refused("POST", "/api/train", {"recipe": "digits", "name": bad, "updates": "1"})
        served.refused("POST", "/api/train", {"recipe": "digits", "source": bad, "updates": "1"})
        served.refused("POST", "/api/train", {"recipe": "digits", "settings": {"start.source": bad}})
        served.refused("POST", "/api/train", {"recipe": "digits", "settings": {"data.source": bad}})
        served.refused("POST", "/api/runs/small/export", {"kind": bad})
        served.refused("POST", "/api/runs/small/export", {"kind": "safetensors", "options": {"out": bad}})
        served.refused("POST", f"/api/upload?into={quoted}&path=x", b"x")
        served.refused("GET", f"/api/runs/small/exports/{quoted}")
    for key in (" data.source", "data.source ", f'data.source="{private}" #', "start.source=x"):
        for path in ("/api/check", "/api/train"):
            assert (
                "is no setting"
                in served.refused("POST", path, {"recipe": "digits", "settings": {key: str(private)}})[1]
            )
    assert list(private.iterdir()) == []
    served.refused("POST", "/api/upload?into=gathered&path=../../private/x", b"x")
    found, _, _ = served.ask("POST", "/api/upload?name=../../private/x", b"x")
    assert found == 200  # under its last name, in a folder of its own
    assert list(private.iterdir()) == []


def test_no_picture_is_a_link_out_of_its_run(served: Served):
    run = RunFolder(served.folder / "small")
    outside = served.folder / "outside.png"
    write_png(outside, np.zeros((2, 2, 3), np.uint8))
    try:
        run.sample_sheet(77).symlink_to(outside)
    except OSError:
        pytest.skip("no links on this system")
    assert served.refused("GET", "/api/runs/small/sheet/77")[0] == 404
    assert served.ask("GET", "/api/runs/small/sheet/0")[0] == 200


def test_files_that_somebody_changed_are_one_line(served: Served):
    shutil.copytree(served.folder / "small", served.folder / "changed")
    try:
        append_row(RunFolder(served.folder / "changed").findings, {"severity": "alarm", "since_update": "never"})
        status, found, _ = served.ask("GET", "/api/runs/changed")
        assert status == 500
        assert "this failed" in found["error"]
        assert served.card("changed")["state"] == "failed"
    finally:
        shutil.rmtree(served.folder / "changed")


def test_slow_requests_keep_no_other_from_its_answer(served: Served, monkeypatch: pytest.MonkeyPatch):
    gate = threading.Event()

    def slow(_: str) -> str:
        gate.wait(PATIENCE)
        raise StudioError(400, "it was slow")

    monkeypatch.setattr(preparing, "recipe_named", slow)
    with ThreadPoolExecutor(40) as pool:
        waiting = [pool.submit(served.refused, "GET", "/api/form?recipe=x") for _ in range(40)]
        try:
            assert served.get("/api/home")["runs"]
        finally:
            gate.set()
        assert {one.result() for one in waiting} == {(400, "it was slow")}


def test_a_run_may_be_called_by_a_word_of_the_addresses(served: Served):
    names = ("words/real", "words/generator", "words/sheet/5", "words/picture/x", "words/ask", "real", "sheet", "5")
    try:
        for name in names:
            shutil.copytree(served.folder / "small", served.folder / name)
        for name in names:
            assert served.get(f"/api/runs/{name}")["card"]["name"] == name
            assert served.ask("GET", f"/api/runs/{name}/sheet/0")[1].startswith(b"\x89PNG")
        assert served.refused("GET", "/api/runs/small/real")[0] == 404
    finally:
        for name in ("words", "real", "sheet", "5"):
            shutil.rmtree(served.folder / name, ignore_errors=True)


def test_large_and_broken_bodies_are_refused(served: Served):
    assert served.refused("POST", "/api/check", b"x" * (10 * 2**20))[0] == 413
    for body in (b"no JSON", b"[1]", b"[" * 100_000, b'{"recipe": 5}', b"\xff\xfe"):
        assert served.refused("POST", "/api/check", body)[0] == 400
    assert served.refused("GET", "/api/nothing")[0] == 404
    assert served.refused("PUT", "/api/home")[0] == 405


def test_served_on_all_addresses_no_name_but_its_own_is_its():
    guard = Guard(None, "0.0.0.0", 80, "t")  # pyright: ignore[reportArgumentType]
    assert guard.is_ours("192.168.1.5:80")
    assert not guard.is_ours("rebound.example:80")
    assert guard.is_ours(platform.node().lower() + ":80")
    for host in ("127.0.0.1", "[::1]", "LOCALHOST"):  # browsers leave port 80 out
        assert guard.is_ours(host)
        assert not Guard(None, "127.0.0.1", 81, "t").is_ours(host)  # pyright: ignore[reportArgumentType]
    assert not guard.is_token("\ud800")
    assert not is_loopback("0.0.0.0")
    assert is_loopback("::1")


def test_names_are_cleaned():
    assert cleaned("../../etc/passwd", "x") == "passwd"
    assert cleaned("my pictures (1).zip", "x") == "my-pictures-1-.zip"
    assert cleaned("..", "x") == "x"
    assert cleaned("C:\\a\\b.png", "x") == "b.png"
    long = cleaned("\u0436" * 300 + ".zip", "x")
    assert long.endswith("\u0436.zip")
    assert len(long.encode()) <= LONGEST_PART


def test_a_name_of_any_script_is_a_name_of_a_file():
    for name in ("a/b", "a%2Fb", "a%b", "\u732b" * 60):
        assert as_name(as_file(name)) == name
        assert "/" not in as_file(name)
        assert len(as_file(name).encode()) < 255 - len(".json")


def test_a_token_stands_in_an_address():
    for token in ("a&open=x", "a+b", "50%", "a#b", "\u0436"):
        with pytest.raises(RunError, match="give letters"):
            check_token(Address(token=token))
    check_token(Address(token="a-token_1"))
