"""Vectors leave home in the units of their data: as ONNX, as safetensors, and through the two examples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from generators import data, generator

from gansmith.exports import onnx_file, options
from gansmith.exports.task import Task
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.kinds import KINDS
from gansmith.trained import parcel
from gansmith.trained.generator import Generator, kind_in
from walks import example

UNITS = {"means": [50.0, 61_041.0, 0.3, 17.0], "deviations": [20.0, 40_000.0, 0.2, 0.0]}


@pytest.fixture
def made() -> Generator:
    plain = generator("dense", (4,))
    return Generator(
        plain.recipe, (4,), plain.class_names, plain.arrays, labelling=plain.labelling, update=7, units=UNITS
    )


@pytest.mark.parametrize("library", ["torch", "numpy"])
def test_the_examples_give_the_units(made: Generator, library: str, tmp_path: Path):
    path = tmp_path / "made.safetensors"
    told = {**data(made), "kind": "vector", "units": UNITS}
    path.write_bytes(parcel.write(made, told, 0))
    walk = example(f"generator_in_{library}")
    header, arrays = walk.load(path)
    z, labels = walk.latents(header, 5, 3), made.labels(5, seed=3)
    if library == "torch":
        import torch

        labels = torch.as_tensor(labels)
    found = np.asarray(walk.in_units(header, walk.run(header["plan"], arrays, z, labels)))
    due = made.sample(5, 3)
    np.testing.assert_allclose(found, due, rtol=1e-3, atol=1e-3)
    assert (due[:, 3] == 17).all()
    kind, units = kind_in(parcel.read(path).data)
    assert (kind, units) == (KINDS["vector"], UNITS)


def test_a_file_whose_units_do_not_fit_is_refused(made: Generator, tmp_path: Path):
    path = tmp_path / "odd.safetensors"
    path.write_bytes(
        parcel.write(made, {**data(made), "kind": "vector", "units": {"means": [1, 2], "deviations": [1, 1]}}, 0)
    )
    with pytest.raises(RunError, match="no generator that can be used here"):
        parcel.read(path)


def test_onnx_gives_the_units(made: Generator):
    pytest.importorskip("onnxscript")
    runtime = pytest.importorskip("onnxruntime")
    task = Task(RunFolder(Path("none")), made, data(made))
    written = onnx_file.make(task, options.Onnx())
    session = runtime.InferenceSession(written.data, providers=["CPUExecutionProvider"])
    latents, labels = made.latents(9, 3), made.labels(9, seed=3)
    (found,) = session.run(None, {"latents": latents, "labels": labels})
    np.testing.assert_allclose(found, made.images(latents, labels), rtol=1e-4, atol=1e-2)
    assert "units of the data" in " ".join(written.notes)
