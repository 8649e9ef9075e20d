"""What stops a run before its budget is used up: patience, a target, the doctor; it says why, and a resumed run goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ring import TINY

import gansmith
from gansmith.ground.errors import RecipeError
from gansmith.ground.files.runfolder import RunFolder, append_row, read_rows, write_json
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.choose_recipe import Budget
from gansmith.runs.quality import chosen_metric, forget_best, read_best
from gansmith.runs.run import resume
from gansmith.runs.watching.stopping import StopEarly
from gansmith.training.events import Request, UpdateEvent


class Measured:
    """A run that measures quality at every row; `look` is the answer at an update."""

    def __init__(self, root: Path, course: tuple[str, str] = ("still improving", "likely"), **budget: Any) -> None:
        self.folder, self.said = RunFolder(root), course
        settings = {f"budget.{name}": value for name, value in budget.items()}
        self.stop = StopEarly(self.folder, override(Recipe(), settings), lambda: self.said)

    def look(self, update: int, value: float | None = None, **more: Any) -> Request | None:
        if value is not None:
            append_row(self.folder.judgements, {"update": update, "metric": "FD", "value": value, **more})
        return self.stop.after(UpdateEvent(None, None, update, 0.0, {"update": update}))  # pyright: ignore


def answers(run: Measured, values: list[float], first: int = 1, **more: Any) -> list[bool]:
    """Whether it asks for the end at each of these measurements."""
    return [run.look(update, value, **more) is not None for update, value in enumerate(values, first)]


def test_patience_counts_measurements_without_a_better_one(tmp_path: Path) -> None:
    run = Measured(tmp_path, patience=2)
    assert answers(run, [9.0, 5.0, 6.0, 4.0, 4.0, 7.0]) == [False] * 5 + [True]
    (row,) = read_rows(run.folder.log)
    assert row["text"].startswith(
        "FD 4 of update 4 was not bettered in 2 measurements (budget.patience = 2); `gansmith resume"
    )


def test_a_resumed_run_has_new_patience(tmp_path: Path) -> None:
    assert answers(Measured(tmp_path, patience=2), [4.0, 5.0, 6.0])[-1]
    assert answers(Measured(tmp_path, patience=2), [5.0, 6.0], first=4) == [False, True]


def test_a_target_is_reached_once(tmp_path: Path) -> None:
    assert answers(Measured(tmp_path, target=5.0), [9.0, 5.0]) == [False, True]
    assert answers(Measured(tmp_path, target=5.0), [4.0, 3.0], first=3) == [False, False]
    assert answers(Measured(tmp_path, target=2.0), [1.5], first=5) == [True], "another target is another wish"


def test_where_more_is_better(tmp_path: Path) -> None:
    assert answers(Measured(tmp_path, target=0.8), [0.2, 0.9], better="higher") == [False, True]
    assert answers(Measured(tmp_path / "b", patience=1), [], better="higher") == []


def test_converged_stops_where_it_is_sure_and_once(tmp_path: Path) -> None:
    run = Measured(tmp_path, ("converged", "possible"), until="converged")
    assert run.look(1) is None
    run.said = "converged", "likely"
    found = run.look(2)
    assert found is not None
    assert "the doctor says converged, likely" in found.reason
    again = Measured(tmp_path, ("converged", "certain"), until="converged")
    assert again.look(3) is None
    again.said = "still improving", "likely"
    assert again.look(4) is None
    again.said = "converged", "likely"
    assert again.look(5) is not None


def test_nothing_is_asked_for_without_settings(tmp_path: Path) -> None:
    assert not Measured(tmp_path).stop.is_wanted
    assert answers(Measured(tmp_path), [1.0, 2.0, 3.0]) == [False] * 3


def spread(generated: np.ndarray, real: np.ndarray) -> float:
    """A metric that more is better of."""
    return float(generated.std())


def test_a_training_reaches_the_target_of_one_s_own_metric(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gansmith.runs.quality.FIRST_UPDATE", 2)
    parts = gansmith.Parts(metrics=[gansmith.Metric("spread", spread, better="higher")])
    wish = {"watch.judge": 0.99, "watch.metric": "spread", "budget.target": 1e-6}
    run = gansmith.train("ring", parts=parts, updates=50, settings=TINY | wish, out=tmp_path / "run")
    assert run.ended == "stopped"
    assert run.reason.startswith("stopped early: spread")
    (row, *_) = read_rows(run.folder.judgements)
    assert (row["metric"], row["better"]) == ("spread", "higher")
    assert row["value"] > 1e-6
    update = run.stats[-1]["update"]
    assert update < 50
    again = resume(run.folder.root, parts, budget=Budget(updates=update + 4))
    assert again.ended == "finished"


def test_a_figure_that_is_no_number_is_left_out_and_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gansmith.runs.quality.FIRST_UPDATE", 2)
    values = iter([float("nan"), float("nan"), *[1.0] * 20])
    parts = gansmith.Parts(metrics=[gansmith.Metric("odd", lambda generated, real: next(values))])
    wish, said = {"watch.judge": 0.999, "watch.metric": "odd"}, list[str]()
    run = gansmith.train("ring", parts=parts, updates=12, settings=TINY | wish, out=tmp_path / "run", say=said.append)
    assert {row["value"] for row in read_rows(run.folder.judgements)} <= {1.0}
    assert (read_best(run.folder) or {"value": 1.0})["value"] == 1.0
    assert len([line for line in said if "odd is nan" in line]) == 1


def test_the_best_of_those_that_are_left_is_the_largest_where_more_is_better(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for update, value in ((2, 0.7), (4, 0.9), (6, 0.8)):
        append_row(folder.judgements, {"update": update, "metric": "recall", "value": value, "better": "higher"})
        folder.checkpoint(update).mkdir(parents=True)
    write_json(folder.best, {"update": 8, "metric": "recall", "value": 0.95})
    forget_best(folder, 6)
    assert read_best(folder) == {"update": 4, "metric": "recall", "value": 0.9}


def test_what_is_no_measure_of_quality() -> None:
    own = [gansmith.Metric("grey", spread, better="as real")]
    assert chosen_metric("recall", ())[1] == "higher"
    for name, words in (("fid", "no figure of `gansmith evaluate`"), ("grey", "none is better")):
        with pytest.raises(RecipeError, match=words):
            chosen_metric(name, own)


def test_a_new_budget_keeps_what_stops_early() -> None:
    recipe = override(Recipe(), {"budget.updates": 5, "budget.patience": 3, "budget.until": "converged"})
    budget = Budget(epochs=2.0).apply(recipe).budget
    assert (budget.updates, budget.epochs, budget.patience, budget.until) == (0, 2.0, 3, "converged")
