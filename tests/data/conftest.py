"""Every test has a cache of its own; made pictures and made sets come from here."""

from __future__ import annotations

import gzip
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GANSMITH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def shared(data_folder: Path):
    """`shared("mnist")`: a folder of the data sets that tests may read; skips by name where it is absent."""

    def folder(name: str) -> Path:
        if not (data_folder / name).exists():
            pytest.skip(f"no data set {name} in {data_folder}")
        return data_folder / name

    return folder


@pytest.fixture
def photo():
    """`photo(seed, width, height)`: smooth colours, uint8 (H, W, 3)."""

    def make(seed: int = 0, width: int = 60, height: int = 40) -> np.ndarray:
        rng = np.random.default_rng(seed)
        small = rng.integers(0, 256, (6, 5, 3), dtype=np.uint8)
        return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))

    return make


@pytest.fixture
def encode():
    """`encode(array or Pillow picture, "JPEG", **options)`: its bytes."""

    def make(picture, kind: str = "PNG", **options) -> bytes:
        image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
        file = BytesIO()
        image.save(file, kind, **options)
        return file.getvalue()

    return make


@pytest.fixture
def write_idx():
    """`write_idx(path, array)`: an IDX file of unsigned bytes, gzipped where the name ends so."""

    def make(path: Path, array: np.ndarray, promised: tuple[int, ...] | None = None) -> Path:
        shape = promised or array.shape
        data = bytes((0, 0, 8, len(shape))) + b"".join(n.to_bytes(4, "big") for n in shape) + array.tobytes()
        path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
        return path

    return make
