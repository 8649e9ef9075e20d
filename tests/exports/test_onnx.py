"""`gansmith export RUN onnx`: what onnxruntime makes of the file is what the run makes."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from generators import data, generator
from PIL import Image
from torch import Tensor, nn

import small_runs
from gansmith import cli
from gansmith.exports import export, onnx_file, options
from gansmith.exports.task import Task
from gansmith.ground.errors import EngineError, RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.nets import NetPair
from gansmith.trained.generator import load

runtime = pytest.importorskip("onnxruntime")
onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxscript")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_runs.make(tmp_path_factory.mktemp("export") / "small").root


def session(data: bytes) -> Any:
    return runtime.InferenceSession(data, providers=["CPUExecutionProvider"])


def test_one_seed_is_one_picture_as_typed(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["export", str(run), "onnx", "--licence", "CC BY 4.0"]) == 0
    said = capsys.readouterr().out
    assert "in: latents float32 (N, 6), labels int64 (N,); out: uint8 (N, H, W, C)" in said
    assert "in batches of 1, 7, 64" in said
    assert "--licence" not in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["MODEL_CARD.md", "small.onnx"]
    file = session((tmp_path / "small.onnx").read_bytes())
    assert cli.main(["sample", str(run), "--count", "1", "--seed", "11", "--label", "3", "--out", "s"]) == 0
    latents = load(run).latents(1, 11)
    (made,) = file.run(None, {"latents": latents, "labels": np.array([3])})
    with Image.open(next((tmp_path / "s").iterdir())) as picture:
        assert np.abs(np.asarray(picture).astype(int) - made[0, :, :, 0]).max() <= 1
    assert [(each.name, each.shape) for each in file.get_inputs()] == [("latents", ["batch", 6]), ("labels", ["batch"])]
    assert [(each.name, each.shape) for each in file.get_outputs()] == [("pictures", ["batch", 16, 16, 1])]
    told = {name: json.loads(text) for name, text in file.get_modelmeta().custom_metadata_map.items()}
    assert told["latent"] == {"dim": 6, "law": "normal"}
    assert told["classes"] == [str(digit) for digit in range(10)]
    assert told["pixels"] == {"range": "symmetric", "low": -1, "high": 1}
    assert told["licence"] == "CC BY 4.0"
    assert len(told["recipe_sha256"]) == 64


@pytest.mark.parametrize("kind", ["spectral", "resnet", "styled"])
def test_numbers_are_those_of_torch(kind: str):
    """To 1e-5, at every number of items."""
    made = generator(kind)
    task = Task(RunFolder(Path("none")), made, data(made))
    file = session(onnx_file.make(task, options.Onnx(pixels="float")).data)
    for count in (1, 5, 130):
        latents, labels = made.latents(count, 3), made.labels(count, seed=3)
        given = {"latents": latents} | ({} if labels is None else {"labels": labels})
        (found,) = file.run(None, given)
        np.testing.assert_allclose(found.transpose(0, 2, 3, 1), made.raw(latents, labels), atol=1e-5)


# ---- networks of one's own


class Own(nn.Module):
    """As a user writes one."""

    def __init__(self, dim: int, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = shape
        self.stack = nn.Sequential(nn.Linear(dim, 12), nn.BatchNorm1d(12), nn.ReLU(), nn.Dropout(0.5))
        self.last = nn.Linear(12, int(np.prod(shape)))

    def forward(self, z: Tensor) -> Tensor:
        return torch.tanh(self.last(self.stack(z))).view(-1, *self.shape)


class Counted(Own):
    """Asks for the length of a batch in Python."""

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z) * torch.ones(len(z), 1, 1, 1)


class Dicing(Own):
    """Draws numbers of its own."""

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z) * torch.rand(z.shape[0], 1, 1, 1)


def task_of(kind: type[Own]) -> Task:
    """A run of such a network, with its initial weights."""
    made = generator("dcgan")
    pair = NetPair("own", lambda dim, shape, classes: (kind(dim, shape), nn.Linear(4, 1)))
    torch.manual_seed(0)
    made.arrays = {name: array.numpy() for name, array in kind(6, (1, 16, 16)).state_dict().items()}
    made.nets = pair
    made.recipe = small_runs.override(made.recipe, {"generator.net": "own", "discriminator.net": "own"})
    return Task(RunFolder(Path("none")), made, data(made))


def test_networks_of_ones_own_are_written():
    task = task_of(Own)
    file = session(onnx_file.make(task, options.Onnx()).data)
    latents = task.generator.latents(9, 2)
    given = {each.name: {"latents": latents, "labels": np.zeros(9, np.int64)}[each.name] for each in file.get_inputs()}
    (found,) = file.run(None, given)
    assert np.abs(found.astype(int) - task.generator.images(latents)).max() <= 1


def test_networks_of_fixed_batches_are_refused():
    with pytest.raises(RunError, match=r"cannot be written as ONNX.*x\.shape\[0\] for len\(x\)"):
        onnx_file.make(task_of(Counted), options.Onnx())


def test_networks_that_draw_are_refused():
    with pytest.raises(RunError, match="onnxruntime makes other items of this network"):
        onnx_file.make(task_of(Dicing), options.Onnx())


# ---- what is refused


def test_a_missing_extra_is_named(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(EngineError, match=r"the extra `onnx`.*pip install 'gansmith\[onnx\]'"):
        export(run, "onnx", tmp_path / "g.onnx")
    assert list(tmp_path.iterdir()) == []


def test_what_differs_is_refused(monkeypatch: pytest.MonkeyPatch):
    """A file whose pictures are off by three levels, or are of another shape."""
    made = generator("dcgan")
    good = made.images(made.latents(1), made.labels(1))

    def fake(answer: np.ndarray) -> SimpleNamespace:
        each = SimpleNamespace(get_inputs=list, run=lambda *_: [answer])
        return SimpleNamespace(InferenceSession=lambda *_, **__: each)

    for answer, words in ((np.clip(good, 0, 252) + 3, "differ by 3 in a batch of 1"), (good[:, 1:], "differ by inf")):
        with pytest.raises(RunError, match=words):
            onnx_file.tried(fake(answer.astype(np.uint8)), b"", made, True)
