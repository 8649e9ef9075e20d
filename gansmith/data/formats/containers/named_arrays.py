"""HDF5 (.h5, .hdf5) and MATLAB (.mat): files of named arrays, read like an .npz.

MATLAB counts pictures in the last dimension: SVHN's X is (height, width, channels, count). Version 7.3 is HDF5 with the
dimensions in reverse.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.data.formats import arrays
from gansmith.data.formats.containers.library import library, readable, survives
from gansmith.data.formats.listing import Listing
from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings

ENDINGS = (".h5", ".hdf5", ".he5", ".mat")
HDF5 = b"\x89HDF\r\n\x1a\n"
PARTS = {"train": "train", "training": "train", "test": "test", "testing": "test"}  # groups of HDF5 -> split
PICTURES, CLASSES = ("x", "data", "images", "image", "imgs"), ("y", "label", "labels", "target", "targets")

TRIAL = "import sys; from scipy.io import loadmat; loadmat(sys.argv[1])"


def listing(path: Path, settings: DataSettings) -> Listing:
    """The items and labels of data.split. Raises DataError."""
    matlab = path.suffix.lower() == ".mat"
    try:
        with open(path, "rb") as file:
            packed = file.read(1024)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    found = _hdf5(path, matlab=matlab) if HDF5 in (packed[:8], packed[512:520]) else _matlab(path)
    return arrays.from_arrays(path, _renamed(found, matlab=matlab), settings.split, arrays.reading(settings))


def _hdf5(path: Path, *, matlab: bool) -> dict[str, np.ndarray]:
    h5py = library("h5py", path)
    found: dict[str, np.ndarray] = {}

    def visit(name: str, node: Any) -> None:
        if isinstance(node, h5py.Dataset) and node.shape and node.dtype.kind in "biufS" and not name.startswith("#"):
            array = np.asarray(node)
            array = np.char.decode(array, "utf-8") if array.dtype.kind == "S" else array
            found[name] = array.T if matlab else array

    with readable(path, "HDF5"), h5py.File(path, "r") as file:
        file.visititems(visit)
    return found


def _matlab(path: Path) -> dict[str, np.ndarray]:
    from scipy.io import loadmat

    survives(path, TRIAL)
    with readable(path, "a MATLAB file"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a name that is there twice
        for words in ("We do not support byte ordering", "Unreadable variable"):  # what it reads then is wrong
            warnings.filterwarnings("error", words)
        found = loadmat(path)
    return {
        name: array for name, array in found.items() if isinstance(array, np.ndarray) and array.dtype.kind in "biuf"
    }


def _renamed(found: dict[str, np.ndarray], *, matlab: bool) -> dict[str, np.ndarray]:
    """The arrays as an .npz would have them: usual names, pictures counted in the first dimension."""
    named: dict[str, np.ndarray] = {}
    for name, array in found.items():
        group, _, last = name.lower().rpartition("/")
        last = "x" if last in PICTURES else "y" if last in CLASSES else name
        array = np.moveaxis(array, -1, 0) if matlab and array.ndim in (3, 4) else array
        array = array.ravel() if matlab and array.ndim == 2 and 1 in array.shape else array
        if last == "y" and array.dtype.kind == "f" and (array == np.rint(array)).all():
            array = array.astype(np.int64)
        part = PARTS.get(group.rpartition("/")[2])
        named[f"{last}_{part}" if part and last in ("x", "y") else last] = array
    if len(named) != len(found):  # two arrays of one usual name: their own names tell more
        return found
    if "x" not in named and "x_train" not in named:  # one array of pictures by its shape, whatever its name
        shaped = [name for name, array in named.items() if array.ndim in (3, 4)]
        if len(shaped) == 1:
            named["x"] = named.pop(shaped[0])
            rows = [name for name, array in named.items() if array.shape == named["x"].shape[:1]]
            if len(rows) == 1 and rows[0] != "x":
                named["y"] = named.pop(rows[0])
    return named
