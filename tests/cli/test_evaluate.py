"""`gansmith evaluate` as it is typed: another program's pictures, copies drawn, stacks of digits, a run's own seed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gansmith import cli
from gansmith.data.store import open_store
from gansmith.ground.recipes.settings import DataSettings
from gansmith.metrics.feature_networks import classifier
from gansmith.metrics.table import METRICS
from gansmith.runs import evaluation
from gansmith.runs.evaluation import real_items


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A classifier of a few seconds, in a cache of its own."""
    monkeypatch.setattr(classifier, "UPDATES", 60)
    monkeypatch.setenv("GANSMITH_CACHE", str(tmp_path / "cache"))


def told(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict:
    """What a command prints as JSON."""
    capsys.readouterr()
    assert cli.main(["evaluate", *map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_copies_are_drawn_above_their_originals(tmp_path, capsys):
    store = open_store(DataSettings(size="8"))
    made = np.random.default_rng(0).integers(0, 256, (300, 8, 8, 1), np.uint8)
    made[100:120] = store.items[500:520]
    np.savez(tmp_path / "made.npz", images=made)
    found = told(capsys, tmp_path / "made.npz", "--data", "digits", "--copies", tmp_path / "copies.png")
    assert len(found["copies"]) == 8
    assert all(copy["training"] - copy["item"] == 400 and copy["distance"] == 0 for copy in found["copies"])
    rate = next(figure for figure in found["figures"] if figure["key"] == "copies")
    assert rate["value"] == pytest.approx(20 / 300, abs=0.02)
    sheet = np.asarray(Image.open(tmp_path / "copies.png"))  # two rows of eight, 8 times enlarged, one pixel between
    assert sheet.shape == (2 * 65 + 1, 8 * 65 + 1, 3)
    assert np.array_equal(sheet[1:65], sheet[66:130])
    assert np.array_equal(sheet[1:65:8, 1:65:8, 0], store.items[found["copies"][0]["training"]][..., 0])


def test_a_place_where_copies_cannot_be_drawn_is_named(tmp_path, capsys):
    np.savez(tmp_path / "made.npz", images=open_store(DataSettings(size="8")).items[:50])
    place = tmp_path / "nowhere" / "copies.png"
    assert cli.main(["evaluate", str(tmp_path / "made.npz"), "--data", "digits", "--copies", str(place)]) == 1
    assert f"cannot write {place}" in capsys.readouterr().err


def test_stacks_of_another_program_against_a_thousand_modes(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(evaluation, "STACKED_COUNT", 6000)  # of which chance alone leaves out two or three modes
    monkeypatch.setattr("gansmith.metrics.table.METRICS", {"classes": METRICS["classes"]})  # the others take a minute
    real = open_store(DataSettings(source="stacked:digits", size="8", first=6005), seed=9)
    np.savez(tmp_path / "all.npz", images=real.items)
    np.savez(tmp_path / "grey.npz", images=np.repeat(real.items[:1000, ..., :1], 3, axis=3))
    found = told(capsys, tmp_path / "all.npz", "--data", "stacked:digits")
    assert found["count"] == 6000
    assert found["features"].startswith("stacked-digits-classifier@")
    figures = {figure["key"]: figure for figure in found["figures"]}
    assert figures["modes"]["value"] > 980
    assert figures["modes"]["floor"] > 980
    assert figures["class_kl"]["value"] == pytest.approx(figures["class_kl"]["floor"], rel=0.2)
    assert figures["class_kl"]["value"] < 0.15  # 999 / 12,000, and what is misread
    figures = {f["key"]: f for f in told(capsys, tmp_path / "grey.npz", "--data", "stacked:digits")["figures"]}
    assert figures["modes"]["value"] < 60  # 000, 111 ... and what is misread
    assert figures["class_kl"]["value"] > 3


def test_a_run_s_copies_are_looked_for_among_its_own_items():
    settings = DataSettings(source="stacked:digits", size="8", first=50)
    ours, other = real_items(settings), real_items(settings, seed=3)
    assert ours.shown is None
    assert np.array_equal(other.items, ours.items)
    assert np.array_equal(other.shown, open_store(DataSettings(source="stacked:digits", size="8"), seed=3).items)
    assert real_items(DataSettings(), seed=3).shown is None  # the same digits under every seed


def test_a_run_holds_its_figures_and_its_copies(tmp_path, capsys):
    out = tmp_path / "run"
    small = ["generator.widths=[8,4,4]", "discriminator.widths=[4,4,4]", "watch.diagnose=0", "watch.judge=0"]
    flags = [word for setting in small for word in ("--set", setting)]
    assert cli.main(["train", "digits", "--out", str(out), "--updates", "3", "--quiet", *flags]) == 0
    found = told(capsys, out, "--count", 64)
    assert json.loads((out / "evaluation.json").read_text()) == found
    assert (out / "copies.png").stat().st_size > 100
    assert cli.main(["report", str(out)]) == 0
    assert "Below: those training pictures" in (out / "report.html").read_text()
