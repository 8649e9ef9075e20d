"""The two sources that are downloaded: MNIST and Fashion-MNIST, from their mirrors, checked by hash.

Only `get` uses the network; `ensure` calls it, before a training, for what is not on this machine. Without a network, the
error names the folder for files that are copied by hand.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gansmith.data import cache
from gansmith.ground.errors import DataError, nearest
from gansmith.ground.files.whole import part_of
from gansmith.ground.progress import Progress, Say

TIMEOUT = 20  # seconds without a byte
BLOCK = 2**18  # bytes between two calls of `progress`


@dataclass(frozen=True)
class Remote:
    """One file of a download."""

    name: str
    size: int  # bytes
    sha256: str


@dataclass(frozen=True)
class Download:
    """The files of a data set, and the mirrors that have them."""

    mirrors: tuple[str, ...]  # addresses to which a file's name is added
    files: tuple[Remote, ...]  # the first one is downloaded last: where it is, all are

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(remote.size for remote in self.files)


FILES = (
    "train-images-idx3-ubyte.gz",
    "train-labels-idx1-ubyte.gz",
    "t10k-images-idx3-ubyte.gz",
    "t10k-labels-idx1-ubyte.gz",
)


def _files(*facts: tuple[int, str]) -> tuple[Remote, ...]:
    """The four files of a data set, of their sizes and hashes."""
    return tuple(Remote(name, size, sha256) for name, (size, sha256) in zip(FILES, facts, strict=True))


DOWNLOADS: dict[str, Download] = {
    "mnist": Download(  # 70,000 handwritten digits, 28x28 grey (LeCun, Cortes, Burges), CC BY-SA 3.0
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/"),
        _files(
            (9_912_422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609"),
            (28_881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c"),
            (1_648_877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6"),
            (4_542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6"),
        ),
    ),
    "fashion-mnist": Download(  # 70,000 pieces of clothing, 28x28 grey (Xiao, Rasul, Vollgraf 2017), MIT
        (
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ),
        _files(
            (26_421_880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84"),
            (29_515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845"),
            (4_422_102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073"),
            (5_148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5"),
        ),
    ),
}


def home(name: str) -> Path:
    """The folder into which a source is downloaded by default."""
    return cache.folder() / "downloads" / name


def downloaded(name: str) -> Path:
    """The folder that holds a downloaded source: $GANSMITH_DATA/<name>, or `home(name)`. Raises DataError."""
    shared = os.environ.get("GANSMITH_DATA")
    places = ([Path(shared).expanduser() / name] if shared else []) + [home(name)]
    first = DOWNLOADS[name].files[0].name
    for place in places:
        if (place / first).exists() or (place / first.removesuffix(".gz")).exists():
            return place
    raise DataError(
        f"{name} is not on this machine: run `gansmith data get {name}`, or put {expected(name)} into {places[-1]}, "
        "or give the folder that holds them with --data"
    )


def ensure(name: str, *, offline: bool = False, say: Say = lambda _: None, progress: Progress | None = None) -> Path:
    """The folder that holds a source, downloaded now if it is not on this machine. Raises DataError.

    offline, or $GANSMITH_OFFLINE: download nothing. `say` is told what is downloaded, and where from. Of several processes
    one downloads, and the others wait for it.
    """
    if offline or os.environ.get("GANSMITH_OFFLINE"):
        return downloaded(name)
    with suppress(DataError):
        return downloaded(name)
    download, folder = DOWNLOADS[name], home(name)
    with cache.claim(cache.make(folder.parent) / f"{name}.lock"):
        with suppress(DataError):  # another process was faster
            return downloaded(name)
        hosts = " or ".join(urlsplit(mirror).netloc for mirror in download.mirrors)
        say(
            f"{name} is not on this machine: fetching {download.size / 1e6:.1f} MB from {hosts} into {folder}, checked by "
            "SHA-256 (--offline: fetch nothing)"
        )
        return get(name, folder, progress)


def expected(name: str) -> str:
    """The names of a source's files, for an error."""
    return ", ".join(remote.name for remote in DOWNLOADS[name].files)


def get(name: str, folder: Path | None = None, progress: Progress | None = None) -> Path:
    """Download a source into a folder, `home(name)` by default, and return the folder.

    Files that are there with the right hash are not downloaded again. `progress` counts bytes. Raises DataError.
    """
    if name not in DOWNLOADS:
        raise DataError(f"nothing to download for {name!r}{nearest(name, DOWNLOADS)}")
    folder = cache.make(folder or home(name))
    first, *others = DOWNLOADS[name].files
    total, before = DOWNLOADS[name].size, 0
    report = progress or (lambda done, total: None)
    for remote in (*others, first):
        if not is_intact(folder / remote.name, remote):
            _fetch(name, remote, folder, lambda done, before=before: report(before + done, total))
        before += remote.size
        report(before, total)
    return folder


def is_intact(path: Path, remote: Remote) -> bool:
    """Whether a file is there, with the right size and hash."""
    if not path.is_file() or path.stat().st_size != remote.size:
        return False
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == remote.sha256


def _fetch(name: str, remote: Remote, folder: Path, progress: Callable[[int], object]) -> None:
    """Download one file from the first mirror that has it undamaged. Raises DataError."""
    part = part_of(folder / remote.name)
    failures: list[str] = []
    for mirror in DOWNLOADS[name].mirrors:
        try:
            done = 0
            with urllib.request.urlopen(mirror + remote.name, timeout=TIMEOUT) as answer, open(part, "wb") as file:
                while done <= remote.size and (block := answer.read(min(BLOCK, remote.size + 1 - done))):
                    file.write(block)
                    done += len(block)
                    progress(min(done, remote.size))
            if is_intact(part, remote):
                part.replace(folder / remote.name)
                return
            failures.append(f"{mirror}: {remote.name} arrived with a wrong checksum")
        except (http.client.HTTPException, OSError, ValueError) as error:  # a URLError is an OSError
            failures.append(f"{mirror}: {getattr(error, 'reason', None) or error}")
        finally:
            part.unlink(missing_ok=True)
    raise DataError(
        f"cannot download {name} ({'; '.join(failures)}): put {expected(name)} into {folder} by hand, "
        "or give a folder that holds them with --data"
    )
