"""Downloads, against a server in this process: checksums, mirrors, nothing twice, and no network at all."""

import hashlib
import http.server
import socket
import threading
from dataclasses import replace

import pytest

from gansmith.data import fetch, sources
from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings

FILES = {"a.gz": b"first" * 1000, "b.gz": b"second" * 500}


@pytest.fixture
def server(tmp_path, monkeypatch):
    """A good mirror below /good/, one that lies below /bad/; `asked` lists the paths that were asked for."""
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            data = FILES.get(self.path.rsplit("/", 1)[1])
            if data is None or "/none/" in self.path:
                self.send_error(404)
                return
            self.send_response(200)
            self.end_headers()
            self.wfile.write(data if "/good/" in self.path else data[::-1] + b"x" * 10**6)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{running.server_port}"
        remotes = tuple(fetch.Remote(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in FILES.items())
        made = fetch.Download((f"{base}/none/", f"{base}/bad/", f"{base}/good/"), remotes)
        monkeypatch.setitem(fetch.DOWNLOADS, "made", made)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        yield asked
        running.shutdown()


def test_the_first_mirror_that_is_right_serves_and_nothing_is_fetched_twice(server, tmp_path):
    heard = []
    folder = fetch.get("made", tmp_path / "here", lambda done, total: heard.append((done, total)))
    assert folder == tmp_path / "here"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES
    assert heard[-1] == (8000, 8000)
    assert len(server) == 6
    fetch.get("made", tmp_path / "here")
    assert len(server) == 6
    (folder / "b.gz").write_bytes(b"x" * 3000)  # damaged: fetched again
    fetch.get("made", tmp_path / "here")
    assert len(server) == 9
    assert (folder / "b.gz").read_bytes() == FILES["b.gz"]


def test_no_network_names_the_folder_and_the_files(server, tmp_path, monkeypatch):
    with socket.socket() as silent:  # a port that is taken, and at which nobody listens
        silent.bind(("127.0.0.1", 0))
        dead = replace(fetch.DOWNLOADS["made"], mirrors=(f"http://127.0.0.1:{silent.getsockname()[1]}/",))
        monkeypatch.setitem(fetch.DOWNLOADS, "made", dead)
        with pytest.raises(DataError) as caught:
            fetch.get("made", tmp_path / "here")
    text = str(caught.value)
    assert str(tmp_path / "here") in text
    assert "a.gz, b.gz" in text
    assert "\n" not in text
    assert list((tmp_path / "here").iterdir()) == []


def test_lies_are_never_kept(server, tmp_path, monkeypatch):
    lying = replace(fetch.DOWNLOADS["made"], mirrors=fetch.DOWNLOADS["made"].mirrors[1:2])
    monkeypatch.setitem(fetch.DOWNLOADS, "made", lying)
    with pytest.raises(DataError, match="wrong checksum"):
        fetch.get("made", tmp_path / "here")
    assert list((tmp_path / "here").iterdir()) == []


def test_a_server_that_speaks_no_http_is_one_line(server, tmp_path, monkeypatch):
    def answer(listening):
        link, _ = listening.accept()
        with link:
            link.recv(1000)
            link.sendall(b"welcome to this hotel\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=answer, args=(listening,), daemon=True).start()
        hotel = f"http://127.0.0.1:{listening.getsockname()[1]}/"
        monkeypatch.setitem(fetch.DOWNLOADS, "made", replace(fetch.DOWNLOADS["made"], mirrors=(hotel,)))
        with pytest.raises(DataError, match="welcome to this hotel"):
            fetch.get("made", tmp_path / "here")
    assert list((tmp_path / "here").iterdir()) == []


def test_unknown_names_are_refused():
    with pytest.raises(DataError, match="did you mean 'mnist'"):
        fetch.get("mnits")


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_mirrors_are_encrypted_and_checksums_are_the_files(name, shared):
    download = fetch.DOWNLOADS[name]
    assert all(mirror.startswith("https://") and mirror.endswith("/") for mirror in download.mirrors)
    for remote in download.files:
        assert fetch.is_intact(shared(name) / remote.name, remote)


def test_a_set_that_is_there_needs_no_network(shared, monkeypatch):
    monkeypatch.setattr(fetch.urllib.request, "urlopen", lambda *_, **__: pytest.fail("asked the network"))
    assert fetch.get("mnist", shared("mnist")) == shared("mnist")


def test_a_named_source_says_where_its_files_belong(own_cache, monkeypatch, write_idx):
    import numpy as np

    monkeypatch.delenv("GANSMITH_DATA", raising=False)
    with pytest.raises(DataError, match="gansmith data get mnist") as caught:
        sources.find(DataSettings(source="mnist"))
    home = fetch.home("mnist")
    assert str(home) in str(caught.value)
    home.mkdir(parents=True)
    write_idx(home / "train-images-idx3-ubyte.gz", np.zeros((3, 4, 4), np.uint8))
    assert len(sources.find(DataSettings(source="mnist")).read()) == 3
    shared = own_cache / "elsewhere"
    (shared / "mnist").mkdir(parents=True)
    write_idx(shared / "mnist" / "train-images-idx3-ubyte", np.zeros((2, 4, 4), np.uint8))
    monkeypatch.setenv("GANSMITH_DATA", str(shared))
    assert len(sources.find(DataSettings(source="mnist")).read()) == 2
