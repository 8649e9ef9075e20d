"""A set in which most items are of one class: what is measured of a run is drawn in the data's shares."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.datasets import load_digits

import gansmith
from gansmith.cli import main
from gansmith.ground.files.runfolder import RunFolder
from gansmith.metrics.feature_networks import classifier
from gansmith.runs.evaluation import evaluate
from gansmith.runs.quality import COUNT, MeasureOnBudget
from gansmith.runs.setup import set_up_again
from gansmith.trained.generator import labelling_in, load

COUNTS = (30, 180, 30)
SETTINGS = {
    "data.batch": 16, "latent.dim": 4, "threads": 1, "device": "cpu", "data.labels": "classes", "precision.name": "float32",
    "generator.net": "dense", "generator.widths": [8], "discriminator.net": "dense", "discriminator.widths": [8],
    "generator.conditioning": "concat", "discriminator.conditioning": "concat", "watch.samples": 6, "watch.judge": 0,
    "watch.diagnose": 0,
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("uneven")
    rows, labels = load_digits(return_X_y=True)
    chosen = np.concatenate([np.flatnonzero(labels == label)[:count] for label, count in enumerate(COUNTS)])
    images = (rows[chosen].reshape(-1, 8, 8, 1) * (255 / 16)).astype(np.uint8)
    np.savez(folder / "data.npz", images=images, labels=labels[chosen].astype(np.int64))
    gansmith.train("digits", data=str(folder / "data.npz"), updates=2, settings=SETTINGS, out=folder / "run")
    return folder / "run"


def test_a_run_knows_how_often_each_class_comes(run: Path):
    about = json.loads((run / "data.json").read_text())
    assert about["class_counts"] == list(COUNTS)
    assert load(run).labelling.frequencies == COUNTS
    assert set_up_again(RunFolder(run)).labelling.frequencies == COUNTS
    del about["class_counts"]  # a run of an earlier version
    assert labelling_in(about, RunFolder(run).load_recipe()).frequencies == ()


def test_it_is_measured_in_the_data_s_shares(run: Path, monkeypatch: pytest.MonkeyPatch, capsys):
    monkeypatch.setattr(classifier, "UPDATES", 30)
    found = evaluate(run, count=200, per_class=True)
    assert [each.due for each in found.classes] == pytest.approx([0.125, 0.75, 0.125])
    assert not any("mixed in other shares" in note for note in found.notes)
    assert [each.name for each in found.per_class] == ["0", "1", "2"]
    assert found["agreement_worst"].count in (25, 150)
    assert found.verdict is not None
    assert json.loads((run / "evaluation.json").read_text())["verdict"]["state"] == found.verdict.state
    assert main(["evaluate", str(run), "--count", "200", "--per-class"]) == 0
    told = " ".join(capsys.readouterr().out.split())  # as one line, however wide the window is
    assert "each class against its own real items" in told
    assert told.endswith(found.verdict.text)


def test_older_runs_are_measured_alike(run: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(classifier, "UPDATES", 30)
    new = evaluate(run, count=200)
    about = json.loads((run / "data.json").read_text())
    (run / "data.json").write_text(json.dumps({key: value for key, value in about.items() if key != "class_counts"}))
    old = evaluate(run, count=200)
    (run / "data.json").write_text(json.dumps(about))
    assert old.figures == new.figures


def test_the_judge_asks_for_classes_in_the_data_s_shares(run: Path):
    folder, asked = RunFolder(run), []
    setup = set_up_again(folder)
    judge = MeasureOnBudget(folder, setup.recipe, setup.labelling)

    def sample(latents: np.ndarray, labels: np.ndarray) -> np.ndarray:
        asked.append(labels)
        return np.zeros((len(latents), *setup.store.items.shape[1:]), np.uint8)

    assert judge._measure(SimpleNamespace(game=SimpleNamespace(sample=sample))) is not None  # pyright: ignore[reportArgumentType]
    assert np.bincount(asked[0]).tolist() == [COUNT // 8, 6 * COUNT // 8, COUNT // 8]
