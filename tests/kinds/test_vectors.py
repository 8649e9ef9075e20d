"""Vectors in units of their own: scaled in the store, and back wherever a person meets them."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from gansmith.cli import main
from gansmith.data.store import open_store, prepare_store
from gansmith.data.store_files import MANIFEST
from gansmith.data.survey import survey
from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds import KINDS
from gansmith.runs.evaluation import evaluate
from gansmith.runs.setup import set_up_again
from gansmith.trained.generator import load

QUICK = ("watch.judge=0", "watch.diagnose=0", "data.labels=none", "device=cpu", "data.batch=64")


def incomes(count: int = 1500, seed: int = 0) -> np.ndarray:
    """Age, income in dollars, a share, 0 or 1: float64 (count, 4)."""
    rng = np.random.default_rng(seed)
    rich = rng.random(count) < 0.3
    income = np.where(rich, rng.normal(120_000, 15_000, count), rng.normal(35_000, 6_000, count))
    return np.column_stack([rng.uniform(18, 90, count), income, rng.beta(2, 8, count), rich])


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("table") / "people.npy"
    np.save(path, incomes())
    return path


@pytest.fixture(scope="module")
def run(table: Path) -> Path:
    """A run of 150 updates on the table, without any flag that scales it."""
    folder = table.with_name("run")
    settings = [word for setting in QUICK for word in ("--set", setting)]
    assert (
        main(["train", "folder", "--data", str(table), "--updates", "150", "--out", str(folder), "--quiet", *settings])
        == 0
    )
    return folder


def test_the_store_is_scaled_and_says_so(table: Path):
    store = open_store(DataSettings(source=str(table)))
    np.testing.assert_allclose(np.asarray(store.items).mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(np.asarray(store.items).std(0), 1, atol=1e-5)
    assert store.kind is KINDS["vector"]
    np.testing.assert_allclose(store.kind.in_units(store.items, store.units), incomes(), rtol=1e-5, atol=1e-6)
    assert any("scaled to mean 0" in line for line in store.remarks)
    found = survey(DataSettings(source=str(table)))
    assert len(found.facts) == 4
    assert found.facts[3].startswith("column 4: 0 .. 1,")


def test_samples_are_in_the_source_s_units(run: Path, tmp_path: Path):
    generator = load(run)
    made = generator.sample(500, 1)
    assert made.dtype == np.float32
    assert 30_000 < made[:, 1].mean() < 100_000
    np.testing.assert_array_equal(
        made, generator.kind.in_units(generator.items(generator.latents(500, 1)), generator.units)
    )
    for name in ("a.csv", "a.npy", "a.npz", "a.png"):
        assert main(["sample", str(run), "--count", "500", "--seed", "1", "--out", str(tmp_path / name)]) == 0
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), made)
    np.testing.assert_array_equal(np.load(tmp_path / "a.npz")["vectors"], made)
    np.testing.assert_array_equal(np.loadtxt(tmp_path / "a.csv", np.float32, delimiter=","), made)


def test_figures_are_in_one_scale(run: Path, table: Path, tmp_path: Path):
    """A run, its samples as another program would give them, and the data itself."""
    own = {figure.key: figure for figure in evaluate(run, count=400).figures}
    generator = load(run)
    np.save(tmp_path / "samples.npy", generator.sample(400))
    other = {figure.key: figure for figure in evaluate(tmp_path / "samples.npy", str(table), count=400).figures}
    assert own["fd"].value < 10  # of columns with deviation 1, not 40,000
    assert other["fd"].value == pytest.approx(own["fd"].value, rel=0.2)
    np.save(tmp_path / "real.npy", incomes(400, seed=3))
    real = {figure.key: figure for figure in evaluate(tmp_path / "real.npy", str(table), count=400).figures}
    assert real["fd"].value < 0.1


def test_a_run_from_before_stays_as_it_was(run: Path, tmp_path: Path):
    """Without units in data.json its vectors are its network's numbers, and its data is opened unscaled."""
    import shutil

    old = RunFolder(shutil.copytree(run, tmp_path / "old"))
    data = json.loads(old.data.read_text())
    raw = open_store(dataclasses.replace(old.load_recipe().data, scale="none"))
    write_json(
        old.data, {**{k: v for k, v in data.items() if k != "units"}, "kind": "vectors", "fingerprint": raw.fingerprint}
    )
    generator = load(old.root)
    assert generator.kind is KINDS["vector"]
    assert np.array_equal(generator.sample(5), generator.raw(generator.latents(5)))
    assert old.load_recipe().data.scale == "none"
    assert set_up_again(old).store.fingerprint == raw.fingerprint


def test_fingerprints_of_unscaled_vectors_and_of_pictures_are_what_they_were(tmp_path: Path):
    """SHA-256 of type, shape and bytes, as in every version before."""
    arrays = {"p.npy": np.arange(7 * 8 * 9, dtype=np.uint8).reshape(7, 8, 9), "v.npy": incomes(50).astype(np.float32)}
    for name, array in arrays.items():
        np.save(tmp_path / name, array)
        store = open_store(DataSettings(source=str(tmp_path / name), scale="none"))
        stored = array[..., None] if array.ndim == 3 else array
        due = hashlib.sha256(f"{stored.dtype.str} {stored.shape}".encode() + stored.tobytes()).hexdigest()
        assert store.fingerprint == due
        assert store.units == {}
    assert open_store(DataSettings(source="ring", first=100)).units == {}


def test_a_store_of_before_that_was_never_scaled_is_made_again_only_in_the_cache(tmp_path: Path, table: Path):
    settings = DataSettings(source=str(table))
    folder = tmp_path / "mine"
    prepare_store(dataclasses.replace(settings, scale="none"), folder)
    told = json.loads((folder / MANIFEST).read_text())
    for name in ("kind", "units"):
        del told[name]
    (folder / MANIFEST).write_text(json.dumps(told))
    again = open_store(dataclasses.replace(settings, source=str(folder)))
    assert again.kind is KINDS["vector"]
    assert again.units == {}  # it stays the user's: what is in it is trained on


def test_unscaled_data_is_told_before_the_training_and_by_the_doctor(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    folder = tmp_path / "raw"
    settings = [word for setting in (*QUICK, "data.scale=none", "watch.diagnose=0.5") for word in ("--set", setting)]
    assert main(["train", "folder", "--data", str(table), "--updates", "100", "--out", str(folder), *settings]) == 0
    assert "data not scaled" in "".join(capsys.readouterr())
    assert main(["diagnose", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "DATA NOT SCALED" in said
    assert "data.scale" in said
