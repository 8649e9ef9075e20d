"""`gansmith diagnose`, on real trainings of some seconds, on foreign files, on nothing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import gansmith
from gansmith.cli import main
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder, append_row, read_rows
from gansmith.runs.diagnose import diagnose

from .histories import probe, row

SMALL: dict[str, Any] = {
    "threads": 1,
    "precision.name": "float32",
    "data.batch": 32,
    "watch.samples": 9,
    "watch.judge": 0.0,
    "watch.checkpoint_every": 100,
    "generator.widths": [16, 16, 8],
    "discriminator.widths": [8, 16, 16],
}


def train(out: Path, updates: int, said: list[str] | None = None, **settings: Any) -> RunFolder:
    say = [].append if said is None else said.append
    return gansmith.train("digits", out=out, updates=updates, settings={**SMALL, **settings}, say=say).folder


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """Article 000's combined model whose discriminator was frozen for good."""
    faulty = {"feedback.name": "stacked", "faults": ["never-trained"], "regularizer.name": "none"}
    return train(tmp_path_factory.mktemp("frozen") / "run", 300, **faulty)


def test_a_frozen_discriminator_is_named_while_training(frozen: RunFolder):
    first = next(row for row in read_rows(frozen.findings) if row["severity"] == "alarm")
    assert first["state"] == "discriminator never moves"
    assert first["article"] == "000"
    assert first["remedy"][0]["set"] == {"faults": []}
    found = diagnose(frozen.root)
    assert found.leading.state == "discriminator never moves"
    assert (frozen.root / found.leading.picture).is_file()
    assert found.looks >= 4


def test_a_rate_far_too_high_is_named_and_mended(tmp_path: Path):
    said: list[str] = []
    rates = {"optimizer.generator.rate": 1.0, "optimizer.discriminator.rate": 1.0, "watch.remedy": "auto"}
    folder = train(tmp_path / "run", 250, said, **rates)
    assert any("rate too high" in line for line in said)
    (change,) = read_rows(folder.changes)
    assert change["change"]["optimizer.generator.rate"] == [1.0, 1e-3]
    found = diagnose(folder.root)
    assert not found.leading.is_alarm
    assert found.changes == (change,)
    assert not folder.load_recipe().faults


def test_article_003s_picture_is_named(mnist: Path, tmp_path: Path):
    """Its published demonstration is 10 updates long: one look at the end is enough."""
    run = gansmith.train("article-003-trick", data=str(mnist), out=tmp_path / "run", settings={"watch.judge": 0.0})
    found = diagnose(run.folder.root)
    assert found.leading.state == "one picture memorised"
    assert found.leading.article == "003"
    assert found.leading.evidence["stamp"] > 0.9
    assert (run.folder.root / found.leading.picture).is_file()


def test_article_003s_failed_nets_are_named(mnist: Path, tmp_path: Path):
    """Weights of .002: before the first update no latent reaches a sample."""
    settings = {"watch.judge": 0.0, "threads": 1}
    run = gansmith.train("article-003-failure-1", data=str(mnist), out=tmp_path / "run", updates=100, settings=settings)
    found = diagnose(run.folder.root)
    assert (found.leading.state, found.leading.article) == ("latents lost", "003")
    assert found.leading.evidence["spread at first"] < 1e-6
    assert found.leading.remedy[0].settings["generator.initial_scale"] == 1.0


def test_the_command_explains(frozen: RunFolder, capsys: pytest.CaptureFixture[str]):
    assert main(["diagnose", str(frozen.root)]) == 0
    text = capsys.readouterr().out
    assert "DISCRIMINATOR NEVER MOVES since update 50 (the failure of article 000)" in text
    assert "try first  --set 'faults=[]'" in text
    assert "evidence" in text
    assert "discriminator-never-moves.png" in text
    page = frozen.report.read_text(encoding="utf-8")
    assert "discriminator never moves" in page
    assert "--set &#x27;faults=[]&#x27;" in page


def test_json_for_programs(frozen: RunFolder, capsys: pytest.CaptureFixture[str]):
    assert main(["diagnose", str(frozen.root), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["leading"]["state"] == "discriminator never moves"
    assert found["leading"]["remedy"][0]["set"] == {"faults": []}
    assert found["update"] == 300


def test_a_run_without_probes_is_looked_at_now(frozen: RunFolder, tmp_path: Path):
    folder = RunFolder(shutil.copytree(frozen.root, tmp_path / "copy"))
    folder.probes.unlink()
    shutil.rmtree(folder.diagnosis)
    found = diagnose(folder.root)
    assert found.leading.state == "discriminator never moves"
    assert found.looks == len(list(folder.checkpoints.iterdir()))
    assert any("probed now" in remark for remark in found.remarks)
    again = diagnose(folder.root)
    assert again.looks == found.looks  # not probed twice


def test_a_killed_run_is_still_a_run(frozen: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Killed in the middle of a row: no report yet, every file torn at its end, the newest checkpoint too."""
    folder = RunFolder(shutil.copytree(frozen.root, tmp_path / "copy"))
    folder.report.unlink()
    for file in (folder.stats, folder.probes, folder.findings):
        file.write_bytes(file.read_bytes()[:-40])
    newest = sorted(folder.checkpoints.iterdir())[-1]
    for file in newest.iterdir():
        file.write_bytes(file.read_bytes()[:10])
    assert main(["diagnose", str(folder.root)]) == 0
    text = capsys.readouterr().out
    assert "DISCRIMINATOR NEVER MOVES since update 50" in text
    assert "at update 250" in text or "at update 300" in text
    assert folder.report.is_file()


def foreign(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(entry) + "\n" for entry in rows), encoding="utf-8")
    return path


def test_a_stats_file_alone_gives_what_it_can(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    pulled = {"accuracy.fake": 0.0, "verdict.fake": 2.9, "loss.generator": 0.05, "loss.discriminator": 3.1}
    stats = foreign(tmp_path / "stats.jsonl", [row(update, **pulled) for update in range(50, 501, 50)])
    for where in (stats, tmp_path):
        assert main(["diagnose", str(where)]) == 0
        text = capsys.readouterr().out
        assert "DISCRIMINATOR PULLED ALONG" in text
        assert "there are no samples" in text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["stats.jsonl"]  # a foreign folder is left alone


def test_few_numbers_are_enough(tmp_path: Path):
    """Another program may log two losses and nothing else."""
    rows = [
        {"update": update, "loss.discriminator": 1.2 - update / 1e5, "loss.generator": 0.8}
        for update in range(0, 2000, 100)
    ]
    assert diagnose(foreign(tmp_path / "stats.jsonl", rows)).leading.state == "balanced"
    rows += [{"update": 2000, "loss.discriminator": float("nan"), "loss.generator": float("inf")}]
    assert diagnose(foreign(tmp_path / "stats.jsonl", rows)).leading.state == "divergence"


def test_losses_that_never_change_in_any_digit_are_no_balance(tmp_path: Path):
    rows = [{"update": update, "loss.discriminator": 0.5, "loss.generator": 0.0} for update in range(0, 2000, 100)]
    found = diagnose(foreign(tmp_path / "stats.jsonl", rows)).leading
    assert (found.state, found.since_update) == ("generator never moves", 0)
    assert "(D 0.5, G 0)" in found.text
    assert diagnose(foreign(tmp_path / "stats.jsonl", rows[:9])).leading.state == "balanced"  # few rows are no proof


def test_rows_under_other_names_are_refused_and_not_called_balanced(tmp_path: Path):
    rows = [{"update": update, "d_loss": 0.5, "g_loss": 0.0} for update in range(0, 2000, 100)]
    with pytest.raises(RunError, match=r"'d_loss', 'g_loss', 'update', and no number .* loss.discriminator"):
        diagnose(foreign(tmp_path / "stats.jsonl", rows))


def test_rows_that_are_nonsense_are_passed_over(tmp_path: Path):
    junk: list[Any] = [
        {"update": "x"}, {"update": 3, "histograms": 7}, {"update": 4, "histograms": {"verdict.real": {"edges": ["a"]}}},
        {"update": 5, "loss.generator": [1, 2]}, {"update": 6, "step.generator": True}, {}, {"update": -5},
    ]  # fmt: skip
    rows = [*junk, *(row(update) for update in range(50, 400, 50)), *junk]
    assert not diagnose(foreign(tmp_path / "stats.jsonl", rows)).leading.is_alarm
    (tmp_path / "probes.jsonl").write_text(
        '{"update": 50, "numbers": {"spread": null}}\n{"a": 1}\n7\n', encoding="utf-8"
    )
    append_row(tmp_path / "probes.jsonl", probe(100).as_row())
    assert not diagnose(tmp_path).leading.is_alarm


@pytest.mark.parametrize("content", [None, "", "no json\n"])
def test_nothing_to_look_at(tmp_path: Path, content: str | None, capsys: pytest.CaptureFixture[str]):
    if content is not None:
        (tmp_path / "stats.jsonl").write_text(content, encoding="utf-8")
    with pytest.raises(RunError) as caught:
        diagnose(tmp_path)
    assert "\n" not in str(caught.value)
    assert main(["diagnose", str(tmp_path)]) == 1
    assert "stats.jsonl" in capsys.readouterr().err


def test_lines_of_statistics_that_are_no_rows_are_told(tmp_path: Path):
    path = tmp_path / "stats.jsonl"
    good = "".join(json.dumps(row(update)) + "\n" for update in range(100, 900, 100))
    path.write_text(good + "nonsense\n" + json.dumps(row(900)) + "\n")
    assert "left out of stats.jsonl: 1 line that cannot be read as rows" in diagnose(path).remarks
    path.write_text(good)
    assert not any("cannot be read as rows" in line for line in diagnose(path).remarks)
