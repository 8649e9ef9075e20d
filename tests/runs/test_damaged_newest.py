"""A run whose newest checkpoint is damaged: the one before is used, and every command says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import gansmith
from gansmith import cli
from gansmith.explore import explore, options
from gansmith.exports import export
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.runs.diagnose import diagnose
from gansmith.runs.run import resume
from gansmith.training import checkpoint

SMALL = {
    "data.batch": 8, "latent.dim": 6, "device": "cpu", "precision.name": "float32", "generator.widths": [8, 4],
    "generator.kernels": [4], "generator.strides": [2], "discriminator.widths": [4, 8], "discriminator.kernels": [4],
    "discriminator.strides": [2], "watch.judge": 0, "watch.samples": 4, "watch.checkpoint_every": 2, "watch.keep": 9,
}  # fmt: skip
TOLD = "00000004 is damaged (ValueError: its weights are not those that were written): taking that of update 2 instead"


def spoil(folder: RunFolder, update: int) -> None:
    """Change a number in the middle of the weights, as a bad disk does."""
    path = folder.checkpoint(update) / checkpoint.WEIGHTS
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A run with checkpoints of updates 2 and 4, of which the newer is damaged."""
    root = tmp_path_factory.mktemp("damaged") / "run"
    folder = gansmith.train("digits", out=root, updates=4, settings=SMALL, say=lambda line: None).folder
    spoil(folder, 4)
    return folder


@pytest.fixture
def run(trained: RunFolder, tmp_path: Path) -> RunFolder:
    """A copy of it."""
    return RunFolder(shutil.copytree(trained.root, tmp_path / "run"))


def test_load_says_it_to_the_logger_or_to_a_function(run: RunFolder, caplog: pytest.LogCaptureFixture):
    said: list[str] = []
    assert gansmith.load(run.root, say=said.append).update == 2
    assert [line.endswith(TOLD) for line in said] == [True]
    assert not caplog.records
    gansmith.load(run.root)
    assert TOLD in caplog.text


def test_sample_says_it_on_standard_error(run: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert cli.main(["sample", str(run.root), "--seed", "1", "--out", str(tmp_path / "a.png")]) == 0
    assert TOLD in capsys.readouterr().err


def test_evaluate_explore_and_export_note_it(run: RunFolder, tmp_path: Path):
    found = gansmith.evaluate(run.root, count=64, features="pixels")
    assert any(TOLD in note for note in found.notes)
    assert TOLD in run.evaluation.read_text(encoding="utf-8")
    assert any(TOLD in note for note in explore(run.root, "grid", options.Grid(columns=2)).notes)
    assert any(TOLD in note for note in export(run.root, "safetensors", tmp_path / "a.safetensors").notes)


def test_diagnose_probes_the_whole_ones(run: RunFolder):
    remarks = diagnose(run.root).remarks
    assert any("00000004 is damaged" in remark and remark.endswith("it is left out") for remark in remarks)
    assert any(remark.startswith("probed afresh: 1 checkpoint,") for remark in remarks)


def test_a_training_from_its_weights_says_it(run: RunFolder, tmp_path: Path):
    said: list[str] = []
    more = {"start.source": str(run.root)}
    gansmith.train("digits", out=tmp_path / "b", updates=1, settings=SMALL | more, say=said.append)
    assert any(TOLD in line for line in said)


def test_where_none_is_whole_all_say_the_same_way_out(run: RunFolder):
    spoil(run, 2)
    for use in (gansmith.load, resume):
        with pytest.raises(RunError, match=r"holds no whole checkpoint, as .*00000004 is damaged .*: start a new run"):
            use(run.root)
    shutil.rmtree(run.checkpoints)
    with pytest.raises(RunError, match=r"holds no checkpoint: train longer, or go on by `gansmith resume "):
        gansmith.load(run.root)
