"""Items given from Python: arrays, tensors, data sets of pictures, functions that yield them. They become a file.

The file lies in the cache and is named after its content, so the same items are written once, and a run that is resumed or
copied from cell to cell finds them by a path as it finds any other source. It holds the items as they were given: the
reader of files decides on layout, range and channels, and says so.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from gansmith.data import cache
from gansmith.ground.errors import DataError, counted
from gansmith.ground.files.whole import part_of
from gansmith.kinds.table.reading import of_records

if TYPE_CHECKING:
    from PIL.Image import Image

NAMES = ("image", "img", "picture", "pixel_values", "x"), ("label", "labels", "target", "class", "y")
"""Keys of an entry that is a mapping, as Hugging Face's data sets yield."""
FOLDER = "given"


def source(data: Any, labels: Any = None) -> str:
    """The source that `data` is: a name or path as it is; anything else is written to a file in the cache first.

    data: an array or tensor of all items; a torch Dataset, a DataLoader or another iterable of items or of (item, label); a
    function without arguments that returns or yields such; a pandas DataFrame or an array of records (N,), which are tables; or a
    list of strings, which are lines of text. An item is an array, a tensor or a PIL picture. labels: of each item, with an array or
    with items that have none. Raises DataError.
    """
    if isinstance(data, str | os.PathLike):
        if labels is not None:
            raise DataError("labels= goes with items from Python: for a file or folder they are read from there")
        return os.fspath(data)
    if callable(data) and not hasattr(data, "__getitem__") and not hasattr(data, "__array__"):
        data = data()
    if hasattr(data, "batch_sampler") and hasattr(data, "dataset"):
        data = data.dataset  # pyright: ignore - a DataLoader: its order and batches are the training's own affair
    text = _table_text(data)
    if text is not None:
        if labels is not None:
            raise DataError("labels= goes with arrays and pictures: a table has its classes as a column")
        return str(_table(text))
    if isinstance(data, list | tuple) and data and all(isinstance(one, str) for one in data):
        data = np.array(data)
    array = _array(data)
    if array is not None and array.ndim and not array.dtype.hasobject:
        return str(_kept([array], labels))
    items, found = _gathered(data)
    if labels is None:
        labels = found
    elif found is not None:
        raise DataError("the items come with labels, and labels= gives others: leave one of the two out")
    return str(_kept(items, labels))


def _array(value: Any) -> np.ndarray | None:
    """An array or tensor as a NumPy array; None for anything else."""
    if isinstance(value, np.ndarray):
        return value
    if hasattr(value, "detach") and hasattr(value, "numpy"):  # a tensor, on any device, in any precision
        tensor = value.detach().cpu()
        return tensor.float().numpy() if str(tensor.dtype) == "torch.bfloat16" else tensor.numpy()
    if _is_pillow(value):
        return None
    return np.asarray(value) if hasattr(value, "__array__") else None


def _is_pillow(value: Any) -> TypeGuard[Image]:
    """Whether a value is one of Pillow's pictures: there is none where nobody has imported Pillow."""
    module = sys.modules.get("PIL.Image")
    return module is not None and isinstance(value, module.Image)


def _gathered(data: Any) -> tuple[list[np.ndarray], list[Any] | None]:
    """All items, as blocks (n, ...) of equal ones or as single pictures, and their labels if they have any."""
    items: list[np.ndarray] = []
    labels: list[Any] = []
    for entry in _entries(data):
        item, label = _pair(entry)
        if label is not None:
            values = _array(label)
            labels += [label] if values is None else values.tolist() if values.ndim else [values.item()]
        items.append(_item(item, len(items)))
    if not items:
        raise DataError("the data set from Python is empty: it yields no item")
    batched = items[0].ndim == 4
    count = sum(len(item) for item in items) if batched else len(items)
    if labels and len(labels) != count:
        raise DataError(f"{counted(len(labels), 'label')} for {counted(count, 'item')}: give each item one, or none")
    if batched or len({(item.shape, item.dtype) for item in items}) > 1:
        return items, labels or None
    return [np.stack(items)], labels or None


def _entries(data: Any) -> Iterator[Any]:
    """The entries of a data set with a length and indices, or of any iterable."""
    if hasattr(data, "__len__") and hasattr(data, "__getitem__") and not isinstance(data, Mapping):
        return (data[index] for index in range(len(data)))
    if isinstance(data, Iterable) and not isinstance(data, Mapping):
        return iter(data)
    raise DataError(
        f"data is {type(data).__name__}: give a path or a name, an array, a DataFrame, a list of strings, a torch Dataset, or an "
        "iterable of pictures or of (picture, label)"
    )


def _pair(entry: Any) -> tuple[Any, Any]:
    """The item and the label of an entry; None for a missing label."""
    if isinstance(entry, Mapping):
        found = [next((entry[name] for name in names if name in entry), None) for names in NAMES]
        if found[0] is None:
            raise DataError(f"an entry of the data set holds {', '.join(map(str, entry))}: name its picture 'image'")
        return found[0], found[1]
    if isinstance(entry, tuple | list):
        return entry[0], entry[1] if len(entry) > 1 else None
    return entry, None


def _item(value: Any, place: int) -> np.ndarray:
    """One picture or vector, or a batch, as an array. Raises DataError."""
    if _is_pillow(value):
        if value.mode in ("L", "RGB", "RGBA", "1", "I;16", "F", "I"):
            return np.asarray(value)
        clear = value.mode in ("LA", "PA", "La", "RGBa") or "transparency" in value.info
        return np.asarray(value.convert("RGBA" if clear else "RGB"))
    array = _array(value)
    array = np.asarray(value) if array is None and isinstance(value, list | tuple) else array
    if array is None or array.dtype.hasobject or array.ndim == 0:
        raise DataError(
            f"item {place:,} of the data set is {type(value).__name__}: an item is an array, a tensor or a PIL picture"
        )
    return array


def _kept(items: list[np.ndarray], labels: Any) -> Path:
    """The file that holds the items, written if it is not there yet. Raises DataError."""
    words = None if labels is None else np.asarray(_array(labels) if _array(labels) is not None else labels)
    if words is not None and words.dtype == object:
        words = words.astype(str)
    if words is not None and words.dtype.hasobject:  # would be written as a pickle, which the reader refuses
        raise DataError(f"labels= is {words.dtype}: a label is a whole number, a word or a one-hot vector")
    alike = len({item.shape[1:] for item in items}) == 1 and (len(items) == 1 or items[0].ndim == 4)
    if alike:
        whole = np.concatenate(items) if len(items) > 1 else items[0]
        name = "lines" if whole.dtype.kind == "U" else "images"
        name = "vectors" if whole.ndim <= 2 and whole.dtype.kind == "f" else name
        arrays: dict[str, Any] = {name: whole} if words is None else {name: whole, "labels": words}
        return _written(_hash(arrays.values()), ".npz", lambda path: np.savez(path, **arrays))
    digest = _hash([*items, *([] if words is None else [words])])
    return _written(digest, ".zip", lambda path: _zip(path, items, words))


def _zip(path: Path, items: list[np.ndarray], labels: np.ndarray | None) -> None:
    """Pictures of different sizes as PNG files, with their labels as StyleGAN's dataset.json."""
    from PIL import Image

    names = [f"{index:08d}.png" for index in range(len(items))]
    with zipfile.ZipFile(path, "w") as archive:
        for name, item in zip(names, items, strict=True):
            if item.dtype != np.uint8 or item.ndim not in (2, 3):
                raise DataError(
                    f"the items differ in size, and {name[:-4]} is {item.dtype} of shape {item.shape}: give pictures uint8 "
                    "(height, width[, channels]), or make all of one size"
                )
            channels_first = item.ndim == 3 and item.shape[2] not in (1, 3, 4) and item.shape[0] in (1, 3, 4)
            picture = np.moveaxis(item, 0, 2) if channels_first else item
            file = io.BytesIO()
            Image.fromarray(picture.squeeze(-1) if picture.shape[-1] == 1 else picture).save(
                file, "PNG", compress_level=1
            )
            archive.writestr(name, file.getvalue())
        if labels is not None:
            pairs = list(zip(names, labels.tolist(), strict=True))
            archive.writestr("dataset.json", json.dumps({"labels": pairs}))


def _hash(arrays: Iterable[np.ndarray]) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


def _table_text(data: Any) -> str | None:
    """A pandas DataFrame, without its index, or an array of records as a .csv with a heading; None for anything else."""
    if hasattr(data, "to_csv") and hasattr(data, "columns"):
        return data.to_csv(index=False)
    if not isinstance(data, np.ndarray) or data.dtype.names is None or data.ndim != 1 or data.dtype.hasobject:
        return None
    table, lines = of_records(data), io.StringIO(newline="")
    csv.writer(lines).writerows([table.header, *zip(*table.cells, strict=True)])
    return lines.getvalue()


def _table(text: str) -> Path:
    """The lines of a .csv as a file."""
    table = text.encode("utf-8")
    return _written(hashlib.sha256(table).hexdigest()[:16], ".csv", lambda path: path.write_bytes(table))


def _written(digest: str, ending: str, write: Callable[[Path], object]) -> Path:
    """The file of this content. At every moment it is whole or not there. Raises DataError."""
    folder = cache.make(cache.folder() / FOLDER)
    path = folder / f"{digest}{ending}"
    if path.is_file():
        return path
    part = part_of(path).with_suffix(ending)
    try:
        write(part)
        os.replace(part, path)
    except OSError as error:
        reason = error.strerror or error
        raise DataError(f"cannot write the items to {folder} ({reason}): make room, or set GANSMITH_CACHE") from None
    finally:
        part.unlink(missing_ok=True)
    return path
