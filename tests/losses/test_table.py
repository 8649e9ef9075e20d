"""The table of losses holds every loss that has a file."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from gansmith import losses


def test_every_file_with_a_record_is_in_the_table_under_its_name():
    stems = [path.stem for path in Path(losses.__file__).parent.glob("*.py") if path.stem != "__init__"]
    modules = {stem: import_module(f"gansmith.losses.{stem}") for stem in stems}
    records = {stem.replace("_", "-"): module.LOSS for stem, module in modules.items() if hasattr(module, "LOSS")}
    assert records == losses.LOSSES
