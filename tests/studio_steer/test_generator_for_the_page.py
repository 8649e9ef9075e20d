"""The generator that the page gets: its table, its arrays, and what its sliders add."""

from __future__ import annotations

import base64
import json
import re
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import small_runs
from gansmith.exports import export
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.latent.steering import directions, layers
from gansmith.studio.errors import StudioError
from gansmith.studio.steering import generator
from gansmith.trained.generator import load


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run without directions and styles."""
    return small_runs.make(tmp_path_factory.mktemp("plain") / "small")


def opened(data: bytes) -> tuple[dict[str, Any], bytes]:
    (length,) = struct.unpack("<I", data[:4])
    return json.loads(data[4 : 4 + length]), data[4 + length :]


def test_the_table_says_where_the_arrays_are(plain: RunFolder):
    table, arrays = opened(generator.as_bytes(plain))
    assert {row["format"] for row in table["arrays"]} == {"fp32"}
    last = max(table["arrays"], key=lambda row: row["at"])
    assert last["at"] + 4 * int(np.prod(last["shape"])) == len(arrays)
    assert table["latent"] == {"dim": 6, "law": "normal"}
    assert table["classes"] == [str(digit) for digit in range(10)]
    assert (table["update"], table["checkpoints"]) == (7, [7])


def test_a_picture_saved_by_an_exported_page_is_known(plain: RunFolder, tmp_path: Path):
    """Both name the generator by its own numbers, whatever they are rounded to."""
    text = export(plain.root, "html", tmp_path / "page.html").path.read_text(encoding="utf-8")
    exported = re.search(r'"id": ?"([0-9a-f]{16})"', text)
    assert exported is not None
    assert opened(generator.as_bytes(plain))[0]["id"] == exported[1]


def test_the_server_needs_no_torch_for_it(plain: RunFolder):
    program = (
        "import sys; from pathlib import Path; from gansmith.ground.files.runfolder import RunFolder\n"
        "from gansmith.studio.steering import generator\n"
        f"generator.as_bytes(RunFolder(Path({str(plain.root)!r})))\n"
        "print('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout.strip() == "False"


@pytest.mark.parametrize("labels", ["classes", "none"])
def test_without_directions_the_first_layer_gives_some(labels: str, tmp_path: Path):
    conditioning = "concat" if labels == "none" else "concat+norm"
    folder = small_runs.make(tmp_path / "run", data__labels=labels, generator__conditioning=conditioning)
    table, _ = opened(generator.as_bytes(folder))
    wanted = directions.factorise(layers.weights(load(folder.root)), generator.FACTORISED)
    assert [row["name"] for row in table["directions"]] == list(wanted)
    for row in table["directions"]:
        vector = np.frombuffer(base64.b64decode(row["vector"]), "<f4")
        assert abs(float(vector @ wanted[row["name"]].vector)) > 0.999


def test_the_newest_of_each_name_is_taken_and_damage_is_told(tmp_path: Path):
    folder = small_runs.explored(small_runs.make(tmp_path / "run"))
    newer = directions.Direction(np.full(6, 0.5, np.float32), 1, 1, "principal")
    directions.save({"ink": newer, "new": newer}, folder.new_exploration("directions").directions)
    damaged = folder.new_exploration("average").styles
    damaged.write_bytes(b"nothing")
    table, _ = opened(generator.as_bytes(folder))
    kinds = {row["name"]: row["kind"] for row in table["directions"]}
    assert kinds == {"ink": "principal", "new": "principal", "slant": "regression"}
    assert [row["name"] for row in table["styles"]] == ["thick", "thin", "typical"]
    assert [str(damaged) in note for note in table["notes"]] == [True]


def test_networks_of_ones_own_and_vectors_are_refused(tmp_path: Path):
    own = small_runs.make(tmp_path / "own")
    own.recipe.write_text(own.recipe.read_text().replace('net = "dcgan"', 'net = "own"'))
    with pytest.raises(StudioError, match="no browser runs: use `gansmith explore`"):
        generator.as_bytes(own)
    ring = small_runs.make(
        tmp_path / "ring",
        data__source="ring",
        data__labels="none",
        generator__net="dense",
        discriminator__net="dense",
        generator__conditioning="concat",
        generator__output="linear",
    )
    with pytest.raises(RunError, match="steering needs pictures"):
        generator.as_bytes(ring)
    with pytest.raises(RunError, match="no checkpoint '99'"):
        generator.as_bytes(small_runs.make(tmp_path / "other"), "99")
