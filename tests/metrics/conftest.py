"""Real sets for the metrics' tests, read in a few lines, and a set so small that its classifier trains in seconds."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from gansmith.metrics.real import RealItems
from gansmith.metrics.reference import Reference, reference


@pytest.fixture(scope="session")
def idx_set(data_folder: Path) -> Callable[[str], RealItems]:
    """ "mnist" or "fashion-mnist" with its test split; skips where it is absent."""

    def read(folder: Path, name: str) -> np.ndarray:
        data = gzip.decompress((folder / f"{name}-ubyte.gz").read_bytes())
        if "images" in name:
            return np.frombuffer(data, np.uint8, offset=16).reshape(-1, 28, 28, 1)
        return np.frombuffer(data, np.uint8, offset=8).astype(np.int64)

    def load(name: str) -> RealItems:
        folder = data_folder / name
        if not folder.is_dir():
            pytest.skip(f"no {name} in {data_folder}")
        names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
        items, labels, test_items, test_labels = (read(folder, part) for part in names)
        return RealItems(name, name, items, labels, (), test_items, test_labels)

    return load


@pytest.fixture(scope="session")
def emoji(data_folder: Path) -> RealItems:
    """1,683 pictures of 64x64x3 without classes or a test split."""
    archive = data_folder / "emoji" / "noto-emoji-64.zip"
    if not archive.is_file():
        pytest.skip(f"no emoji in {data_folder}")
    with zipfile.ZipFile(archive) as file:
        names = sorted(name for name in file.namelist() if name.endswith(".png"))
        pictures = [np.asarray(Image.open(io.BytesIO(file.read(name))).convert("RGB")) for name in names]
    return RealItems("emoji", "emoji", np.stack(pictures))


@pytest.fixture(scope="session")
def digits() -> RealItems:
    """1,797 real digits of 8x8 that come with scikit-learn; no test split."""
    rows, labels = load_digits(return_X_y=True)
    items = (rows.reshape(-1, 8, 8, 1) * (255 / 16)).round().astype(np.uint8)
    return RealItems("digits", "digits", items, labels.astype(np.int64), tuple("0123456789"))


@pytest.fixture(scope="session")
def feature_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One cache for the whole session, so that each network is trained once."""
    return tmp_path_factory.mktemp("features")


@pytest.fixture(scope="session")
def digits_reference(digits: RealItems, feature_cache: Path) -> Reference:
    """The digits with a classifier of few updates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gansmith.metrics.feature_networks.classifier.UPDATES", 150)
        return reference(digits, feature_cache)
