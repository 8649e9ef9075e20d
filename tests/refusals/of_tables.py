"""What the kind `table` refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from example import Example, after, call, text, where

from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds.table import kind, reading, understanding, wanted
from gansmith.kinds.table.columns import to_units
from gansmith.kinds.table.notation import Notation
from gansmith.kinds.table.reading import Text
from gansmith.trained import drawn

NAMES = ("age", "sex")
TEXT = Text(NAMES, NAMES, (tuple(str(30 + number % 7) for number in range(28)), ("F", "M") * 14))
COLUMNS = understanding.understand(TEXT).columns
UNITS = to_units(COLUMNS, ",")
ITEMS = np.zeros((3, 3), np.float32)


def reads(name: str, written: str) -> Example:
    """A file of these characters is read."""
    return after(text(name, written), call(reading.read, Path(name)))


def parquet(rows: int) -> Callable[[], None]:
    """A parquet file of so many rows."""

    def prepare() -> None:
        import pyarrow as pa
        from pyarrow import parquet

        parquet.write_table(pa.table({"a": list(range(rows))}), "few.parquet")

    return prepare


def asks(where: str) -> Example:
    """Rows are drawn where a condition holds."""
    return call(wanted.wanted, ITEMS, UNITS, where)


def corrects(written: str) -> Example:
    """Columns are corrected."""
    return lambda folder, patch: understanding.understand(TEXT, understanding.corrections(written, NAMES))


EXAMPLES: tuple[Example, ...] = (
    call(reading.read, Path("none.csv")),
    reads("empty.csv", " \n"),
    after(lambda: Path("x.csv").write_bytes(bytes(range(256))), call(reading.read, Path("x.csv"))),
    where({"gansmith.kinds.table.reading.LONGEST_CELL": 3}, reads("x.csv", "a,b\nlonger,1\n")),
    reads("x.csv", "a,b\n1,2\n"),
    reads("no.parquet", "nothing"),
    call(kind.prepare, np.zeros((20, 8, 8)), DataSettings(), "stack.npy"),
    after(parquet(3), call(reading.read, Path("few.parquet"))),
    corrects("agee:whole"),
    corrects("age:number"),
    corrects("age:date"),
    call(understanding.understand, replace(TEXT, cells=(("1",) * 28, ("",) * 28))),
    asks("age"),
    asks("agee=3"),
    asks("age=old"),
    asks("sex>F"),
    asks("sex=X"),
    call(kind.rescaled, ITEMS, to_units(COLUMNS[:1], ","), UNITS),
    call(
        kind.rescaled, np.zeros((3, 4), np.float32), to_units((replace(COLUMNS[1], name="age"), COLUMNS[1]), ","), UNITS
    ),
    call(
        kind.rescaled,
        ITEMS,
        to_units((replace(COLUMNS[0], notation=Notation(date="%Y-%m-%d")), COLUMNS[1]), ","),
        UNITS,
    ),
    after(
        text("words.csv", "\n".join(["word", *map(chr, range(97, 122))])),
        call(kind.read, Path("words.csv"), DataSettings()),
    ),
)


def conditional(kind: object, where: str) -> Example:
    """Rows of a generator that always gives the same."""
    from types import SimpleNamespace

    made = SimpleNamespace(
        kind=kind, units=UNITS, classes=0, latents=lambda count, *_: np.zeros((count, 1)),
        labels=lambda *_: None, items=lambda latents, _: np.zeros((len(latents), 3), np.float32),
    )  # fmt: skip
    return call(drawn.of_condition, made, 2, 0, where)


TRAINED: tuple[Example, ...] = (
    conditional(kind.KIND, "age>99"),
    conditional(replace(kind.KIND, wanted=None), "age>99"),
)
