"""`train mnist` on a new machine: the set is downloaded, once, from the mirrors of a server in this process."""

from __future__ import annotations

import gzip
import hashlib
import http.server
import socket
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import gansmith
from gansmith.cli import main
from gansmith.data import fetch
from gansmith.ground.errors import DataError

TINY = [
    *("--updates", "2", "--quiet", "--set", "data.batch=16", "--set", "watch.samples=4", "--set", "threads=1"),
    *("--set", "generator.widths=[8,8]", "--set", "discriminator.widths=[8,8,8]", "--set", "watch.judge=0"),
]


def idx(items: np.ndarray) -> bytes:
    """An IDX file of unsigned bytes, gzipped."""
    head = bytes((0, 0, 8, items.ndim)) + struct.pack(f">{items.ndim}I", *items.shape)
    return gzip.compress(head + items.tobytes())


def files() -> dict[str, bytes]:
    """The four files of a small MNIST."""
    rng = np.random.default_rng(0)
    train, test = (rng.integers(0, 256, (count, 28, 28), np.uint8) for count in (40, 20))
    labels = [np.arange(len(items), dtype=np.uint8) % 10 for items in (train, test)]
    return dict(zip(fetch.FILES, map(idx, (train, labels[0], test, labels[1])), strict=True))


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A new machine, and a server that has both sets; the paths that it was asked for."""
    served, paths = files(), []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(served[self.path.rsplit("/", 1)[1]])

        def log_message(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
            pass

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GANSMITH_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    for name in ("GANSMITH_OFFLINE", "GANSMITH_DATA"):
        monkeypatch.delenv(name, raising=False)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        remotes = tuple(
            fetch.Remote(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in served.items()
        )
        for name in fetch.DOWNLOADS:
            mirror = f"http://127.0.0.1:{server.server_port}/{name}/"
            monkeypatch.setitem(fetch.DOWNLOADS, name, fetch.Download((mirror,), remotes))
        yield paths
        server.shutdown()


@pytest.mark.parametrize(("recipe", "name"), [("mnist", "mnist"), ("fashion", "fashion-mnist")])
def test_train_downloads_its_data_once(
    recipe: str, name: str, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    loud = [word for word in TINY if word != "--quiet"]
    assert main(["train", recipe, "--out", "first", *loud]) == 0
    lines = [line for line in capsys.readouterr().err.splitlines() if "fetching" in line]
    assert len(lines) == 1
    assert f"{name} is not on this machine: fetching 0.0 MB from 127.0.0.1:" in lines[0]
    assert str(fetch.home(name)) in lines[0]
    assert sorted(asked) == sorted(f"/{name}/{file}" for file in fetch.FILES)
    assert main(["train", recipe, "--out", "second", *loud]) == 0
    assert len(asked) == 4
    assert "fetching" not in capsys.readouterr().err


def test_python_and_stacks_download_too(asked: list[str], tmp_path: Path) -> None:
    said: list[str] = []
    settings = {"watch.samples": 4, "threads": 1, "data.first": 32, "watch.judge": 0.0, "data.batch": 16}
    gansmith.train("stacked-mnist", out=tmp_path / "run", updates=1, settings=settings, say=said.append)
    assert len(asked) == 4
    assert said[0].startswith("mnist is not on this machine: fetching")


@pytest.mark.parametrize("way", ["--offline", "GANSMITH_OFFLINE", "folder"])
def test_nothing_is_downloaded_that_need_not_be(
    way: str, asked: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    if way == "GANSMITH_OFFLINE":
        monkeypatch.setenv(way, "1")
    if way == "folder":
        own = tmp_path / "own"
        own.mkdir()
        for name, data in files().items():
            (own / name).write_bytes(data)
        assert main(["train", "mnist", "--data", "own", *TINY]) == 0
    else:
        assert main(["train", "mnist", *TINY, *(["--offline"] if way == "--offline" else [])]) == 1
        error = capsys.readouterr().err
        assert error.count("\n") == 1
        assert "mnist is not on this machine: run `gansmith data get mnist`, or put train-images-idx3" in error
        assert not (tmp_path / "runs").exists()
    assert asked == []


def test_no_network_is_one_line_and_no_run(
    asked: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with socket.socket() as silent:  # a port that is taken, and at which nobody listens
        silent.bind(("127.0.0.1", 0))
        dead = fetch.Download((f"http://127.0.0.1:{silent.getsockname()[1]}/",), fetch.DOWNLOADS["mnist"].files)
        monkeypatch.setitem(fetch.DOWNLOADS, "mnist", dead)
        assert main(["train", "mnist", *TINY]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert f"into {fetch.home('mnist')} by hand, or give a folder that holds them with --data" in error
    assert not (tmp_path / "runs").exists()


def test_two_trainings_at_once_download_once(asked: list[str]) -> None:
    places: list[Path] = []
    threads = [threading.Thread(target=lambda: places.append(fetch.ensure("mnist"))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert places == [fetch.home("mnist")] * 3
    assert len(asked) == 4


def test_a_download_that_was_cut_off_goes_on(asked: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The file by which a set is recognized comes last."""
    whole = fetch.DOWNLOADS["mnist"]
    lost = fetch.Remote(fetch.FILES[0], 5, "0" * 64)
    monkeypatch.setitem(fetch.DOWNLOADS, "mnist", fetch.Download(whole.mirrors, (lost, *whole.files[1:])))
    with pytest.raises(DataError, match="wrong checksum"):
        fetch.ensure("mnist")
    assert len(list(fetch.home("mnist").iterdir())) == 3
    monkeypatch.setitem(fetch.DOWNLOADS, "mnist", whole)
    fetch.ensure("mnist")
    assert asked.count(f"/mnist/{fetch.FILES[0]}") == 2
    assert len(asked) == 5
