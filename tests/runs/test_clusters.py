"""A training that puts its items into groups by itself, and all that is done with it afterwards."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import gansmith
from checkpoint_arrays import equal, weights
from gansmith.cli import main
from gansmith.ground.errors import GansmithError, RecipeError, RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.runs.choose_recipe import Budget, choose_recipe
from gansmith.runs.diagnose import diagnose
from gansmith.runs.evaluation import evaluate
from gansmith.runs.run import resume
from gansmith.runs.setup import set_up, set_up_again

GROUPS, END = 12, 8
SETTINGS = {
    "data.labels": "clusters", "data.clusters": GROUPS, "data.batch": 16, "latent.dim": 4, "threads": 1, "device": "cpu",
    "generator.widths": [8, 4], "generator.strides": [2], "generator.kernels": [4],
    "discriminator.widths": [4, 8], "discriminator.strides": [2], "discriminator.kernels": [4],
    "watch.samples": 6, "watch.judge": 0, "watch.checkpoint_every": 4, "watch.keep": 9, "precision.name": "float32",
}  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "grouped"
    gansmith.train("digits", updates=END, settings=SETTINGS, out=folder)
    return folder


def test_the_groups_are_stored_with_the_run(run: Path):
    groups = np.load(run / "groups.npy")
    about = json.loads((run / "data.json").read_text())
    assert groups.shape == (about["count"],)
    assert np.bincount(groups, minlength=GROUPS).tolist() == about["groups"]
    assert set_up_again(RunFolder(run)).classes == GROUPS


def test_it_goes_on_exactly_with_the_groups_it_began_with(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    halved = tmp_path / "halved"
    gansmith.train("digits", updates=END, settings=SETTINGS, out=halved)
    shutil.rmtree(halved / "checkpoints" / f"{END:08d}")  # as a kill after the first checkpoint leaves it
    monkeypatch.setattr("gansmith.data.clusters.cluster", lambda *_: pytest.fail("the groups were looked for again"))
    resume(halved)
    assert equal(weights(halved, END), weights(run, END))


def test_a_run_without_its_groups_cannot_go_on(tmp_path: Path):
    folder = tmp_path / "torn"
    gansmith.train("digits", updates=2, settings=SETTINGS, out=folder)
    (folder / "groups.npy").unlink()
    with pytest.raises(RunError, match=r"groups\.npy is missing or damaged"):
        resume(folder, budget=Budget(updates=4))


def test_samples_have_the_datas_mixture_of_groups(run: Path):
    generator = gansmith.load(run)
    assert (generator.classes, generator.class_names) == (GROUPS, ())
    shares = np.bincount(generator.labels(2000), minlength=GROUPS) / 2000
    due = np.bincount(np.load(run / "groups.npy"), minlength=GROUPS)
    np.testing.assert_allclose(shares, due / due.sum(), atol=0.005)
    assert generator.sample(3, labels=5).shape == (3, 16, 16, 1)
    with pytest.raises(RunError, match="none of this generator's"):
        generator.sample(1, labels=GROUPS)


@pytest.mark.usefixtures("hasty_judges")
def test_it_is_judged_as_unlabelled(run: Path):
    found = evaluate(run, count=60)
    assert "agreement" not in found
    assert "fd" in found
    assert diagnose(run).update == END


def test_a_run_whose_data_changed_is_not_looked_at(run: Path, tmp_path: Path):
    copy = tmp_path / "changed"
    shutil.copytree(run, copy)
    np.save(copy / "groups.npy", np.load(copy / "groups.npy")[:-1])
    with pytest.raises(RunError, match="put the old data back"):
        set_up_again(RunFolder(copy))


def test_a_run_that_was_killed_while_it_was_made_is_begun_again(run: Path, tmp_path: Path):
    torn = tmp_path / "torn"
    torn.mkdir()
    shutil.copy(run / "groups.npy", torn)
    gansmith.train("digits", updates=2, settings=SETTINGS, out=torn)
    assert np.array_equal(np.load(torn / "groups.npy"), np.load(run / "groups.npy"))


def test_the_latents_still_matter_in_its_rows(run: Path):
    """Hardly two of the watched samples are of one group, so their spread is that over all."""
    rows = [json.loads(line) for line in (run / "samples.jsonl").read_text().splitlines()]
    assert all(row["sensitivity"] > 0 for row in rows)


@pytest.mark.parametrize("words", ["grid", "directions --method factorised", "interpolate", "traverse"])
def test_it_can_be_steered(run: Path, words: str, capsys: pytest.CaptureFixture[str]):
    assert main(["explore", str(run), *words.split()]) == 0, capsys.readouterr().err


def test_its_samples_are_no_classes(run: Path, tmp_path: Path):
    assert main(["sample", str(run), "--count", "20", "--out", str(tmp_path / "x.npz")]) == 0
    with np.load(tmp_path / "x.npz") as arrays:
        assert set(arrays) == {"images", "groups"}


def test_equal_items_leave_no_group_empty(tmp_path: Path):
    pictures = np.zeros((30, 8, 8, 1), np.uint8)
    pictures[20:] = np.arange(10)[:, None, None, None] * 20
    np.savez(tmp_path / "few.npz", images=pictures)
    settings = SETTINGS | {"data.source": str(tmp_path / "few.npz"), "data.clusters": 20}
    made = set_up(choose_recipe("digits", budget=Budget(updates=1), settings=settings))
    assert made.labels is not None
    assert (np.bincount(made.labels) > 0).all()
    assert made.classes == made.labels.max() + 1


def test_both_engines_can(tmp_path: Path):
    settings = SETTINGS | {"generator.net": "dense", "discriminator.net": "dense"}
    gansmith.train("digits", engine="numpy", updates=3, settings=settings, out=tmp_path / "by-hand")
    assert gansmith.load(tmp_path / "by-hand").sample(2).shape == (2, 16, 16, 1)


def test_more_groups_than_items_are_refused(tmp_path: Path):
    with pytest.raises(RecipeError, match=r"data\.clusters = 9999: the data has 1,797 items"):
        gansmith.train("digits", updates=2, settings=SETTINGS | {"data.clusters": 9999}, out=tmp_path / "many")
    with pytest.raises(RecipeError, match=r"data\.clusters = 7 is for"):
        gansmith.train("digits", updates=2, settings={"data.clusters": 7, "data.labels": "none"}, out=tmp_path / "lost")
    settings = {"data.labels": "clusters", "latent.classes_drawn": 3}
    with pytest.raises(RecipeError, match="leaves classes out"):
        gansmith.train("digits", updates=2, settings=settings, out=tmp_path / "drawn")
    with pytest.raises(GansmithError, match=r"data\.clusters"):
        gansmith.train("digits", updates=2, settings=SETTINGS | {"data.clusters": -1}, out=tmp_path / "negative")
