"""recipe.toml of a run, edited by hand: what may change is said and recorded, what may not is refused."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import gansmith
from gansmith.ground.errors import RecipeError, RunError
from gansmith.ground.files import stored_recipe
from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.choose_recipe import Budget
from gansmith.runs.diagnose import diagnose
from gansmith.runs.run import resume

SMALL: dict[str, Any] = {
    "data.batch": 8, "latent.dim": 6, "device": "cpu", "precision.name": "float32", "generator.widths": [8, 4],
    "generator.kernels": [4], "generator.strides": [2], "discriminator.widths": [4, 8], "discriminator.kernels": [4],
    "discriminator.strides": [2], "watch.judge": 0, "watch.diagnose": 0, "watch.samples": 4, "watch.stats_every": 2,
    "schedule.rate": "cosine", "schedule.factor": 0.02, "optimizer.generator.rate": 0.001,
}  # fmt: skip


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of four updates."""
    root = tmp_path_factory.mktemp("edited") / "run"
    return gansmith.train("digits", out=root, updates=4, settings=SMALL, say=lambda line: None).folder.root


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> RunFolder:
    """A copy of it."""
    return RunFolder(shutil.copytree(trained, tmp_path / "run"))


def edit(run: RunFolder, old: str, new: str) -> None:
    """Change the first such words of its recipe, as an editor does."""
    text = run.recipe.read_text(encoding="utf-8")
    assert old in text
    run.recipe.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_nothing_is_edited_after_a_training_and_a_resume(run: RunFolder):
    assert run.edited() == {}
    resume(run.root, budget=Budget(updates=2, more=True))
    assert run.edited() == {}


def test_another_order_or_spelling_is_no_edit(run: RunFolder):
    edit(run, "batch = 8", "batch     = 8  # small")
    assert run.edited() == {}


def test_a_batch_that_was_edited_is_refused_with_both_values(run: RunFolder):
    edit(run, "batch = 8", "batch = 32")
    assert run.edited() == {"data.batch": [8, 32]}
    before = run.stats.read_bytes()
    with pytest.raises(
        RunError, match=r"edited by hand \(data\.batch 8 -> 32\), and data\.batch cannot .* old value back"
    ):
        resume(run.root, budget=Budget(updates=2, more=True))
    assert run.stats.read_bytes() == before
    edit(run, "batch = 32", "batch = 8")
    resume(run.root, budget=Budget(updates=2, more=True))


def test_a_rate_that_was_edited_goes_on_and_is_recorded(run: RunFolder):
    edit(run, "rate = 0.001", "rate = 0.01")
    said: list[str] = []
    resume(run.root, budget=Budget(updates=2, more=True), say=said.append)
    assert "from update 4 on, as recipe.toml was edited: optimizer.generator.rate 0.001 -> 0.01" in said
    assert not any("--polish" in line for line in said)
    row = list(read_rows(run.changes))[-1]
    assert row["change"] == {"optimizer.generator.rate": [0.001, 0.01]}
    assert row["reason"] == "the user edited recipe.toml"
    assert run.edited() == {}


def test_a_rate_that_was_asked_for_is_no_fault_of_the_schedule(run: RunFolder):
    said: list[str] = []
    resume(run.root, settings={"optimizer.generator.rate": 0.01}, budget=Budget(updates=2, more=True), say=said.append)
    assert not any("--polish" in line for line in said)


def test_a_length_that_was_edited_is_the_length(run: RunFolder):
    edit(run, "updates = 4", "updates = 6")
    assert resume(run.root).recipe.budget.updates == 6
    assert max(row["update"] for row in read_rows(run.stats)) == 6


def test_the_doctor_says_that_it_reads_an_edited_recipe(run: RunFolder):
    edit(run, "batch = 8", "batch = 32")
    assert any("edited by hand (data.batch 8 -> 32)" in remark for remark in diagnose(run.root, recorded=True).remarks)


def test_a_kill_between_the_two_writes_is_no_edit(run: RunFolder, monkeypatch: pytest.MonkeyPatch):
    recipe = run.load_recipe()
    real = stored_recipe.write_text
    monkeypatch.setattr(
        stored_recipe, "write_text", lambda path, text: real(path, text) if path == run.written else None
    )
    run.store_recipe(recipes.override(recipe, {"data.batch": 16}))
    assert run.load_recipe().data.batch == 8
    assert run.edited() == {}


def test_an_older_run_without_the_copy_is_as_it_was(run: RunFolder):
    run.written.unlink()
    edit(run, "batch = 8", "batch = 32")
    assert run.edited() == {}


@pytest.mark.parametrize("text", ["", "name = 'x'\n", "[data]\nsize = '16'\n"])
def test_a_recipe_that_was_emptied_says_so(text: str, run: RunFolder):
    run.recipe.write_text(text, encoding="utf-8")
    for use in (resume, gansmith.load):
        with pytest.raises(RunError, match=r"recipe\.toml is empty, or has lost data\.source.*is in .*\.recipe\.toml"):
            use(run.root)
    shutil.copy(run.written, run.recipe)
    assert isinstance(run.load_recipe(), Recipe)
    assert run.edited() == {}


def test_a_recipe_that_is_no_toml_is_refused_by_name(run: RunFolder):
    run.recipe.write_text("=", encoding="utf-8")
    with pytest.raises(RecipeError, match="not valid TOML"):
        resume(run.root)
