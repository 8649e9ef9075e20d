"""Commands of the tests are forked where they can be: otherwise each imports everything anew, for two seconds, unseen."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from forked_commands import LEFT_OUT, ended, forking

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are forked on Linux alone")


def test_no_library_that_is_imported_there_begins_a_thread() -> None:
    assert forking() is not None, f"name in LEFT_OUT, beside {LEFT_OUT}, what now begins one while it is imported"


def test_what_was_left_out_can_be_imported_by_a_command(tmp_path: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed: install the extra dev")
    parquet = pytest.importorskip("pyarrow.parquet")
    widths = [float(row % 7) for row in range(20)]
    table = pyarrow.table({"width": widths, "height": [each / 2 + row for row, each in enumerate(widths)]})
    parquet.write_table(table, tmp_path / "sizes.parquet")
    done = ended("data", "info", tmp_path / "sizes.parquet", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["count"] == 20
