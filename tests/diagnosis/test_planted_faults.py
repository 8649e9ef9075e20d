"""Faults planted into real trainings, as benchmarks/planted_faults.py does it: each is named as what it is.

The quick ones train for two or three seconds each. `pytest -m slow tests/diagnosis` plants all fourteen.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import gansmith
from gansmith.diagnosis.doctor import Doctor, replay
from gansmith.diagnosis.findings import Finding
from gansmith.diagnosis.history import History
from gansmith.diagnosis.probe import Probe
from gansmith.ground.files.runfolder import read_rows
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe
from gansmith.runs.diagnose import diagnose

sys.path.insert(0, str(Path(__file__).parent.parent.parent / "benchmarks"))

import planted_faults
import rescue
from planted_faults import FAULTS, HEALTHY, Case

QUICK = {
    "stacked, never frozen": 100,
    "D never trained": 80,
    "sigmoid as logits": 120,
    "[0,1] under tanh": 80,
    "rate x 100": 160,
    "rate / 100": 200,
    "NaN at 200": 240,
}
"""Updates after which it has been named, with a look every 20."""


def case_of(name: str, **changed: Any) -> Case:
    return dataclasses.replace(next(case for case in (*FAULTS, *HEALTHY) if case.name == name), **changed)


def data_for(case: Case, request: pytest.FixtureRequest) -> Path:
    """The data sets' folder, where the case needs it."""
    return request.getfixturevalue("data_folder") if case.data else Path()


def said(path: Path, **changed: Any) -> list[tuple[int, Finding]]:
    """What the doctor says of a record, of a recipe with some fields changed; remedies left out."""
    about, *events = read_rows(path)
    real, count, classes, names = about["about"]["known"]
    recipe = dataclasses.replace(override(Recipe(), about["about"]["recipe"]), **changed)
    probes = [probe for event in events if (probe := Probe.of_row(event.get("probe", {}))) is not None]
    doctor = Doctor(History(recipe, real, count, classes, tuple(names)))
    found = replay(doctor, [event["row"] for event in events if "row" in event], probes)
    return [(update, dataclasses.replace(finding, remedy=())) for update, finding in found]


ARTICLE_000: dict[str, dict[str, Any]] = {
    "generator never moves": {"feedback.name": "labels"},
    "regression to the mean": {"feedback.name": "labels", "feedback.labels": "regression"},
}
"""Settings that article 000 warns of, and that no planted fault has."""
PLANTED_TOO = {"discriminator never moves": "D never trained", "discriminator pulled along": "stacked, never frozen"}
"""The article's other failures, and the planted faults that are the same settings."""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The record of a quick fault. Two tests may ask of one, which is trained once."""

    @cache
    def record(name: str) -> Path:
        path = tmp_path_factory.mktemp("recorded") / "record.jsonl"
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(planted_faults, "EVERY", 20)
            if name not in PLANTED_TOO.values():  # those are read to their end
                patch.setattr(planted_faults, "AFTERWARDS", 0)
            planted_faults.record(case_of(name, updates=QUICK[name]), "digits", 0, Path(), path)
        return path

    return record


@pytest.mark.parametrize("name", QUICK)
def test_a_quick_fault_is_named_from_its_signature(name: str, recorded: Callable[[str], Path]):
    """And the recipe's name and its list of faults have no part in it. Most trainings end with the first alarm."""
    case, path = case_of(name, updates=QUICK[name]), recorded(name)
    verdict = planted_faults.judged(case, path)
    assert verdict.right, verdict.said
    assert case.start <= verdict.since <= verdict.at
    assert said(path, name="", faults=()) == said(path)


@pytest.mark.parametrize("state", ARTICLE_000)
def test_article_000s_failures_are_named_as_such(state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(planted_faults, "EVERY", 20)
    case = Case(state, (state,), {**ARTICLE_000[state], "regularizer.name": "none"}, updates=240)
    planted_faults.record(case, "digits", 1, Path(), tmp_path / "record.jsonl")
    _, newest = said(tmp_path / "record.jsonl")[-1]
    assert (newest.state, newest.article) == (state, "000")


@pytest.mark.parametrize("state", PLANTED_TOO)
def test_article_000s_failures_that_are_planted_too_are_named_as_such(state: str, recorded: Callable[[str], Path]):
    _, newest = said(recorded(PLANTED_TOO[state]))[-1]
    assert (newest.state, newest.article) == (state, "000")


def test_a_planted_fault_is_mended_by_itself(tmp_path: Path):
    """`--remedy auto`: named, one setting changed, begun again, and healthy at the end."""
    done = rescue.rescue(case_of("[0,1] under tanh"), 0, Path(), tmp_path / "run", updates=300)
    assert done.rescued, done
    assert done.named == "wrong pixel range"
    assert done.changes[0].startswith("data.pixels unit -> symmetric")
    assert gansmith.load(tmp_path / "run").sample(2, seed=0).shape[0] == 2
    assert not diagnose(tmp_path / "run").leading.is_alarm


def record_of(path: Path, case: str, states: list[tuple[int, str]]) -> Path:
    """A record in which the doctor's words are given: rows that hold the signature from an update on."""
    from .histories import probe, row

    events: list[dict[str, Any]] = [{"about": {"seconds": 1.0, "probing": 0.1, "seed": 0, "case": case,
                                               "recipe": {}, "known": [{}, 100, 10, []]}}]  # fmt: skip
    for update in range(50, 801, 50):
        numbers = {"step.discriminator": 0.0} if any(update >= start for start, _ in states) else {}
        events += [{"row": row(update, **numbers)}, {"probe": probe(update).as_row()}]
    path.write_text("".join(json.dumps(event) + "\n" for event in events), encoding="utf-8")
    return path


@pytest.mark.parametrize(("begins", "right"), [(100, False), (350, True), (9999, False)])
def test_a_name_counts_after_the_fault_began_and_in_time(begins: int, right: bool, tmp_path: Path):
    case = Case("planted", ("discriminator never moves",), start=300)
    path = record_of(tmp_path / "record.jsonl", "planted", [(begins, "discriminator never moves")])
    assert planted_faults.judged(case, path).right is right
    assert planted_faults.judged(dataclasses.replace(case, named=planted_faults.GOOD), path).right is (begins == 9999)


@pytest.mark.slow
@pytest.mark.parametrize("name", [case.name for case in FAULTS])
def test_every_planted_fault_is_named(name: str, tmp_path: Path, request: pytest.FixtureRequest):
    case, path = case_of(name), tmp_path / "record.jsonl"
    planted_faults.record(case, "digits", 0, data_for(case, request), path)
    verdict = planted_faults.judged(case, path)
    assert verdict.right, verdict.said
    assert said(path, name="", faults=()) == said(path)


@pytest.mark.slow
@pytest.mark.parametrize("name", rescue.RESCUED)
def test_every_mendable_fault_is_mended(name: str, tmp_path: Path):
    done = rescue.rescue(case_of(name), 0, Path(), tmp_path / "run")
    assert done.rescued, done
