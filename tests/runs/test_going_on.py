"""A run that goes on longer, on data that moved or grew, or at the rates that it ended with: what is done, and what is said."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

import gansmith
from gansmith import cli
from gansmith.ground.errors import DataError, GansmithError, RunError
from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.ground.pixels import write_png
from gansmith.ground.recipes.settings import OptimizerName
from gansmith.runs.choose_recipe import Budget
from gansmith.runs.diagnose import diagnose
from gansmith.runs.result import Run
from gansmith.runs.run import resume
from gansmith.training import checkpoint

SMALL: dict[str, Any] = {
    "data.batch": 8, "latent.dim": 6, "device": "cpu", "precision.name": "float32", "generator.widths": [8, 4],
    "generator.kernels": [4], "generator.strides": [2], "discriminator.widths": [4, 8], "discriminator.kernels": [4],
    "discriminator.strides": [2], "watch.judge": 0, "watch.diagnose": 0, "watch.samples": 4, "watch.stats_every": 2,
    "schedule.rate": "cosine", "schedule.factor": 0.02,
}  # fmt: skip


def pictures(folder: Path, first: int, last: int) -> Path:
    """Grey pictures of 16x16, each another one; their names are in another order than their numbers."""
    folder.mkdir(exist_ok=True)
    for number in range(first, last):
        pixels = np.random.default_rng(number).integers(0, 256, (16, 16, 3), dtype=np.uint8)
        write_png(folder / f"{number * 7 % 50:02d}.png", pixels)
    return folder


def trained(folder: Path, data: str | Path = "digits", updates: int = 4, **settings: Any) -> Run:
    """A small run."""
    labels = {} if "data.labels" in settings else {"data.labels": "none"}
    return gansmith.train("digits", str(data), out=folder, updates=updates, settings=SMALL | labels | settings)


def rates(run: Run) -> dict[int, float]:
    """The generator's learning rate of every row."""
    return {row["update"]: row["rate.generator"] for row in read_rows(run.folder.stats)}


def test_rates_that_rise_again_are_told_and_can_stay_low(tmp_path: Path):
    run = trained(tmp_path / "a", updates=10)
    shutil.copytree(run.folder.root, tmp_path / "b")
    said: list[str] = []
    rising = resume(run.folder.root, budget=Budget(updates=20), say=said.append)
    before, after = rates(run)[10], rates(rising)[12]
    assert after > 5 * before
    line = next(line for line in said if "rise again" in line)
    assert f"from {before:.3g} to " in line
    assert "--polish" in line
    assert "cosine schedule now ends after 20 updates" in line
    said.clear()
    polished = resume(tmp_path / "b", budget=Budget(updates=20), polish=True, say=said.append)
    end = SMALL["schedule.factor"] * polished.recipe.optimizer.generator.rate
    assert all(rate == pytest.approx(end) for update, rate in rates(polished).items() if update > 10)
    assert not any("rise again" in line for line in said)
    said.clear()
    resume(
        tmp_path / "b", budget=Budget(updates=5, more=True), say=said.append
    )  # which keeps it so, without asking again
    assert rates(polished)[24] == pytest.approx(end)
    assert not any("rise again" in line for line in said)


def test_a_run_that_was_cut_says_nothing_of_its_rates(tmp_path: Path):
    run = trained(tmp_path / "a", updates=10, **{"watch.checkpoint_every": 5, "watch.keep": 9})
    shutil.rmtree(run.folder.checkpoint(10))
    said: list[str] = []
    resume(run.folder.root, say=said.append)
    assert not any("rise again" in line for line in said)
    assert "going on from update 5, to 10 updates in all, 5 more" in said


def test_rows_that_are_damaged_are_dropped_with_a_word(tmp_path: Path):
    run = trained(tmp_path / "a")
    rows = run.folder.stats.read_text(encoding="utf-8").splitlines()
    run.folder.stats.write_text("\n".join([rows[0], "{oops", *rows[1:]]) + "\n", encoding="utf-8")
    said: list[str] = []
    resume(run.folder.root, budget=Budget(updates=2, more=True), say=said.append)
    assert "left out of stats.jsonl: 1 line that cannot be read as rows" in said


@pytest.mark.parametrize(
    ("budget", "end"),
    [
        (Budget(updates=9), 9),
        (Budget(updates=5, more=True), 9),
        (Budget(images=72), 9),
        (Budget(images=40, more=True), 9),
        (Budget(epochs=4.5), 9),
        (Budget(epochs=2.5, more=True), 9),
    ],
)
def test_budgets_are_in_all_or_more(budget: Budget, end: int, tmp_path: Path):
    """20 pictures in batches of 8: two updates an epoch. The run has had 4 updates, 32 images, 2 epochs."""
    run = trained(tmp_path / "a", pictures(tmp_path / "mine", 0, 20))
    resume(run.folder.root, budget=budget)
    assert checkpoint.saved_updates(run.folder)[-1] == end


def test_minutes_are_in_all_or_more_and_a_run_that_is_over_says_both(tmp_path: Path):
    run = gansmith.train("digits", out=tmp_path / "a", minutes=1e-5, settings=SMALL | {"data.labels": "none"})
    with pytest.raises(
        RunError, match=r"1e-05 minutes count from its beginning; for as much again, --minutes .* or .*\+1e-05"
    ):
        resume(run.folder.root, budget=Budget(minutes=1e-5))
    with pytest.raises(RunError, match=r"0\.001 epochs count from its beginning.*--epochs \+0\.001"):
        resume(run.folder.root, budget=Budget(epochs=1e-3))
    before = checkpoint.saved_updates(run.folder)[-1]
    said: list[str] = []
    resume(run.folder.root, budget=Budget(minutes=1e-5, more=True), say=said.append)
    assert checkpoint.saved_updates(run.folder)[-1] > before
    assert any("1e-05 more" in line for line in said)


def test_data_that_moved_goes_on_where_it_is(tmp_path: Path):
    run = trained(
        tmp_path / "a", pictures(tmp_path / "mine", 0, 20), 6, **{"watch.checkpoint_every": 3, "watch.keep": 9}
    )
    expected = checkpoint.load(run.folder, 6).state.arrays
    shutil.rmtree(run.folder.checkpoint(6))
    (tmp_path / "mine").rename(tmp_path / "elsewhere")
    moved = (
        r"the data of .* is no longer at .*mine: put it back, or give the place .*, as in `gansmith resume .* --data"
    )
    for use in (resume, gansmith.evaluate):
        with pytest.raises(RunError, match=moved):
            use(run.folder.root)
    assert any("is no longer at" in remark for remark in diagnose(run.folder.root).remarks)
    with pytest.raises(DataError, match=r"no data source .*elsewere.*did you mean .*elsewhere"):
        resume(run.folder.root, data=str(tmp_path / "elsewere"))
    resume(run.folder.root, data=str(tmp_path / "elsewhere"))
    found = checkpoint.load(run.folder, 6).state.arrays
    assert all(np.array_equal(found[name], array) for name, array in expected.items())
    assert run.recipe.data.source == str(tmp_path / "elsewhere")
    assert "before" not in json.loads(run.folder.data.read_text())


def test_a_finished_run_notes_where_its_data_is(tmp_path: Path):
    run = trained(tmp_path / "a", pictures(tmp_path / "mine", 0, 20), 2)
    (tmp_path / "mine").rename(tmp_path / "elsewhere")
    saved, said = checkpoint.saved_updates(run.folder), []
    assert resume(run.folder.root, data=str(tmp_path / "elsewhere"), say=said.append).ended == "finished"
    assert said[-1].endswith(f"is finished; its data is looked for at {tmp_path / 'elsewhere'} from now on")
    assert checkpoint.saved_updates(run.folder) == saved
    assert gansmith.evaluate(run.folder.root, count=16, features="pixels").data == "elsewhere"


@pytest.mark.parametrize("labels", ["none", "clusters"])
def test_more_pictures_go_on_and_are_recorded(labels: str, tmp_path: Path):
    clustered = {"generator.conditioning": "concat", "discriminator.conditioning": "projection"}
    more = {"data.labels": labels, "data.clusters": 3} | clustered if labels == "clusters" else {"data.labels": "none"}
    run = trained(tmp_path / "a", pictures(tmp_path / "mine", 0, 20), **more)
    old = json.loads(run.folder.data.read_text())
    groups = np.load(run.folder.groups) if labels == "clusters" else None
    pictures(tmp_path / "mine", 20, 32)
    with pytest.raises(
        RunError, match=r"if items were added, go on with all of them by `gansmith resume .* --data .*mine`"
    ):
        resume(run.folder.root, budget=Budget(updates=8))
    said: list[str] = []
    resume(run.folder.root, budget=Budget(updates=8), data=str(tmp_path / "mine"), say=said.append)
    assert any(line.startswith("20 items as before and 12 more, 32 in all") for line in said)
    new = json.loads(run.folder.data.read_text())
    assert (new["count"], new["before"]) == (
        32, [{"description": old["description"], "fingerprint": old["fingerprint"], "count": 20, "until_update": 4}],
    )  # fmt: skip
    if groups is not None:
        names = [sorted(number * 7 % 50 for number in range(count)) for count in (20, 32)]
        places = [names[1].index(name) for name in names[0]]
        assert np.array_equal(np.load(run.folder.groups)[places], groups)
    resume(run.folder.root, budget=Budget(updates=10))  # on the new data, as a matter of course


def test_other_pictures_are_refused_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    run = trained(tmp_path / "a", pictures(tmp_path / "mine", 0, 20))
    other = str(pictures(tmp_path / "other", 5, 30))
    way = r"start a new run: `gansmith train .*recipe.toml --data .*other --from .*a`"
    with pytest.raises(RunError, match=f"5 of the 20 items of .* are not in other.*{way}"):
        resume(run.folder.root, budget=Budget(updates=8), data=other)
    with pytest.raises(RunError, match=r"digits has items of shape \[1, 16, 16\], and .* is on \[3, 16, 16\]"):
        resume(run.folder.root, budget=Budget(updates=8), data="digits")
    monkeypatch.setenv("GANSMITH_CACHE", str(tmp_path / "empty"))
    with pytest.raises(RunError, match="is not in the cache here, so they cannot be compared"):
        resume(run.folder.root, budget=Budget(updates=8), data=other)


def test_as_typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.chdir(tmp_path)
    trained(tmp_path / "run")
    assert cli.main(["resume", "run", "--updates", "4"]) == 1
    assert "--updates 8 in all, or --updates +4" in capsys.readouterr().err
    assert cli.main(["resume", "run", "--updates", "+3", "--polish"]) == 0
    assert "going on from update 4, to 7 updates in all, 3 more" in capsys.readouterr().err
    assert cli.main(["resume", "run", "--minutes", "+x"]) == 1
    recipe = RunFolder(Path("run")).load_recipe()
    assert (recipe.budget.updates, recipe.schedule.until > 0) == (7, True)


def test_from_python_as_from_the_command_line(tmp_path: Path):
    run = trained(tmp_path / "run", pictures(tmp_path / "here", 0, 24), **{"schedule.rate": "linear"})
    (tmp_path / "here").rename(tmp_path / "there")
    further = gansmith.resume(run.folder.root, updates=2, more=True, data=tmp_path / "there", polish=True)
    assert (further.stats[-1]["update"], further.recipe.budget.updates) == (6, 6)
    assert further.recipe.schedule.until > 0
    assert further.recipe.data.source == str(tmp_path / "there")
    with pytest.raises(DataError, match="labels= goes with data="):
        gansmith.resume(run.folder.root, labels=[1])


def test_rates_that_have_not_begun_to_fall_can_be_at_their_end_too(tmp_path: Path):
    run = trained(tmp_path / "run", **{"schedule.start": 50})
    further = rates(resume(run.folder.root, budget=Budget(updates=6), polish=True))
    assert further[6] == pytest.approx(further[2] * 0.02)


def test_a_setting_changes_from_here_on_and_the_run_records_it(tmp_path: Path):
    """Also that a doctor's three tries are its own: what the user changes does not count."""
    run = trained(tmp_path / "a", updates=4, **{"schedule.rate": "constant"})
    said: list[str] = []
    gone_on = resume(
        run.folder.root, budget=Budget(updates=8), settings={"optimizer.generator.rate": 1e-5}, say=said.append
    )
    assert rates(gone_on)[4] != 1e-5
    assert rates(gone_on)[6] == rates(gone_on)[8] == 1e-5
    assert any(line.startswith("from update 4 on: optimizer.generator.rate ") for line in said)
    (change,) = read_rows(run.folder.changes)
    assert (change["at"], change["back_to"], change["by"]) == (4, 4, "user")
    assert change["change"]["optimizer.generator.rate"][1] == 1e-5
    assert [row["state"] for row in read_rows(run.folder.findings)][-1] == "changed course"
    resume(
        run.folder.root, budget=Budget(updates=10), settings={"optimizer.generator.rate": 1e-5}
    )  # as it is: no change
    assert len(list(read_rows(run.folder.changes))) == 1


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        (
            "data.batch",
            16,
            r"data.batch cannot change in the middle of a run: where memory is short: --set data.micro_batch",
        ),
        ("generator.widths", [16], r"generator.widths cannot change .*--from RUN"),
        ("budget.updates", 9, r"budget.updates cannot change .*--updates"),
        ("seed", 1, r"seed cannot change"),
        ("optimizer.generator.rates", 1, r"unknown setting 'optimizer.generator.rates'.*did you mean"),
        ("optimizer.generator.rate", -1, r"rate"),
    ],
)
def test_what_cannot_change_is_refused_by_name(name: str, value: Any, told: str, tmp_path: Path):
    run = trained(tmp_path / "a")
    before = run.folder.recipe.read_bytes()
    with pytest.raises(GansmithError, match=told):
        resume(run.folder.root, budget=Budget(updates=8), settings={name: value})
    assert run.folder.recipe.read_bytes() == before


def test_a_run_from_another_device_goes_on_here(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    """The recipe's word stands in for a run that began where there is CUDA."""
    run = trained(tmp_path / "a")
    run.folder.store_recipe(dataclasses.replace(run.recipe, device="cuda:77"))
    assert cli.main(["resume", str(run.folder.root), "--updates", "6"]) == 1
    assert "--device auto or cpu" in capfd.readouterr().err
    assert cli.main(["resume", str(run.folder.root), "--updates", "6", "--device", "cpu"]) == 0
    assert run.recipe.device == "cpu"
    assert checkpoint.saved_updates(run.folder)[-1] == 6
    assert next(iter(read_rows(run.folder.changes)))["change"]["device"] == ["cuda:77", "cpu"]


def test_every_optimiser_can_take_over_from_another(tmp_path: Path):
    """The memory of one means nothing to another: it begins anew."""
    for name in get_args(OptimizerName):
        run = trained(tmp_path / name)
        gone_on = resume(run.folder.root, budget=Budget(updates=6), settings={"optimizer.generator.name": name})
        assert checkpoint.saved_updates(gone_on.folder)[-1] == 6
