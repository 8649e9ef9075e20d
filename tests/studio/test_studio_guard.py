"""Who may ask the studio, and what for: everything else is refused in one line, and the studio goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from served_pages import TOKEN, Page, Served
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gansmith.studio.errors import StudioError
from gansmith.studio.guard import Guard, is_loopback
from gansmith.studio.places import cleaned, inside

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
        served.refused("GET", f"/api/jobs/{quoted}/file")
    assert list(private.iterdir()) == []
    served.refused("POST", "/api/upload?into=gathered&path=../../private/x", b"x")
    found, _, _ = served.ask("POST", "/api/upload?name=../../private/x", b"x")
    assert found == 200  # under its last name, in a folder of its own
    assert list(private.iterdir()) == []


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
    assert not is_loopback("0.0.0.0")
    assert is_loopback("::1")


def test_names_are_cleaned():
    assert cleaned("../../etc/passwd", "x") == "passwd"
    assert cleaned("my pictures (1).zip", "x") == "my-pictures-1-.zip"
    assert cleaned("..", "x") == "x"
    assert cleaned("C:\\a\\b.png", "x") == "b.png"
