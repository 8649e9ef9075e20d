"""Real or generated: nothing tells before the guess, everything afterwards."""

from __future__ import annotations

import base64
import dataclasses
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from served_studio import Served

import small_runs
from gansmith.data.store import open_store
from gansmith.ground.errors import DataError
from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.studio.errors import StudioError
from gansmith.studio.steering import questions, quiz
from gansmith.studio.steering.quiz import Quiz, Quizzes
from gansmith.studio.studio import Studio
from gansmith.trained.generator import load


@pytest.fixture(scope="module")
def begun(served: Served) -> dict[str, Any]:
    return served.told("runs/small/quiz", {"count": 12})


def test_nothing_tells_before_the_guess(served: Served, begun: dict[str, Any]):
    """The answer that begins it names no picture, and all pictures are files of one length with the same headers."""
    assert begun.keys() == {"quiz", "count"}
    answers = [served.ask(f"quiz/{begun['quiz']}/{number}") for number in range(12)]
    assert {status for status, _, _ in answers} == {200}
    same = ("content-length", "content-type", "cache-control")
    headers = [
        {name.lower(): value for name, value in told.items() if name.lower() != "date"} for _, told, _ in answers
    ]
    assert all(one == headers[0] for one in headers)
    assert set(same) <= headers[0].keys()
    forms = {
        (picture.size, picture.mode, tuple(picture.info))
        for _, _, data in answers
        if (picture := Image.open(io.BytesIO(data)))
    }
    assert forms == {((16, 16), "L", ())}
    assert served.told(f"quiz/{begun['quiz']}") == {
        "count": 12,
        "asked": 0,
        "right": 0,
        "data": "glyphs",
        "seen": False,
        "probability": True,
    }


def test_the_first_guess_counts_and_the_end_tells_all(served: Served, begun: dict[str, Any]):
    place = f"quiz/{begun['quiz']}"
    answers = [served.told(f"{place}/{number}", {"guess": "real"}) for number in range(11)]
    assert served.refusal(f"{place}/3", {"guess": "generated"})[0] == 409
    assert served.told(place).keys() == {"count", "asked", "right", "data", "seen", "probability"}
    answers.append(served.told(f"{place}/11", {"guess": "generated"}))
    told = served.told(place)
    assert told["answers"] == answers
    assert told["right"] == sum(answer["was"] == answer["guess"] for answer in answers)
    assert sum(kind["count"] for kind in told["kinds"]) == 12
    assert sum(kind["fooled"] for kind in told["kinds"]) == 12 - told["right"]
    assert all(answer["label"] in {f"class {digit}" for digit in range(10)} for answer in answers)
    said = [
        answer["said"] == ("real" if answer["logit"] > told["discriminator"]["threshold"] else "generated")
        for answer in answers
    ]
    assert all(said)
    assert told["discriminator"]["right"] == sum(answer["said"] == answer["was"] for answer in answers)
    assert [(row["count"], row["right"]) for row in told["scores"]] == [(12, told["right"])]
    assert list(read_rows(RunFolder(served.folder / "small").quizzes)) == told["scores"]


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("runs/small/quiz", {"count": 0}, 400),
        ("runs/small/quiz", {"count": 1000}, 400),
        ("runs/small/quiz", {"count": "ten"}, 400),
        ("runs/none/quiz", {}, 404),
        ("quiz/none", None, 404),
        ("quiz/none/0", None, 404),
        ("quiz/{quiz}/99", None, 404),
        ("quiz/{quiz}/99", {"guess": "real"}, 404),
        ("quiz/{quiz}/0", {"guess": "maybe"}, 400),
    ],
)
def test_what_is_refused(path: str, body: Any, status: int, served: Served, begun: dict[str, Any]):
    found, sentence = served.refusal(path.format(quiz=begun["quiz"]), body)
    assert (found, "\n" in sentence) == (status, False)


# ---- what the process makes


def asked_of(root: Path, real: list[bool], seed: int = 3) -> dict[str, Any]:
    told = io.StringIO()
    request = {"run": str(root), "checkpoint": "last", "seed": seed, "real": real}
    questions.write(io.StringIO(json.dumps(request)), told)
    return json.loads(told.getvalue())


def test_real_ones_are_of_the_data_with_their_own_classes(tmp_path: Path):
    run = small_runs.make(tmp_path / "run")
    store = open_store(dataclasses.replace(small_runs.RECIPE.data, split="test", first=0))
    known = {
        picture.tobytes(): f"class {label}"
        for picture, label in zip(np.asarray(store.items), store.labels, strict=True)
    }
    real = [True, False, True, True, False, False]
    found = asked_of(run.root, real)
    shown = [np.asarray(Image.open(io.BytesIO(base64.b64decode(text)))).tobytes() for text in found["pictures"]]
    assert [picture in known for picture in shown] == real
    assert [label for label, is_real in zip(found["labels"], real, strict=True) if is_real] == [
        known[picture] for picture, is_real in zip(shown, real, strict=True) if is_real
    ]
    assert len(found["logits"]) == 6


def test_a_loss_without_a_threshold_gets_one_between_the_two_kinds(tmp_path: Path):
    run = small_runs.make(tmp_path / "run", loss__name="wasserstein", discriminator__spectral_norm=True)
    found = asked_of(run.root, [True] * 10 + [False] * 10)
    assert isinstance(found["threshold"], float)
    assert found["probability"] is False


def test_unlabelled_runs_have_kinds_without_classes(tmp_path: Path):
    run = small_runs.make(tmp_path / "run", data__labels="none", generator__conditioning="concat")
    found = asked_of(run.root, [True, False])
    assert found["labels"] is None
    assert len(found["logits"]) == 2


def test_too_few_real_pictures_are_told(tmp_path: Path):
    run = small_runs.make(tmp_path / "run")
    real = questions.Real(run, load(run.root))
    with pytest.raises(DataError, match=r"pictures, fewer than a quiz shows: ask for fewer questions"):
        real.some(10**6, 0)


# ---- the score


def quiz_of(root: Path, real: list[bool], **changes: Any) -> Quiz:
    count = len(real)
    given = {"logits": [1.0] * count, "labels": None, "threshold": 0.0, "facts": {}} | changes
    return Quiz(RunFolder(root), real, [b""] * count, **given)


def test_kinds_that_fooled_most_come_first(tmp_path: Path):
    one = quiz_of(tmp_path, [True, False, False, True], labels=["a", "a", "b", "b"])
    for number, guess in enumerate(("real", "real", "real", "generated")):
        one.guess(number, guess)
    rows = one.score()["kinds"]
    assert [(row["was"], row["label"], row["fooled"]) for row in rows] == [
        ("generated", "a", 1),
        ("generated", "b", 1),
        ("real", "b", 1),
        ("real", "a", 0),
    ]
    assert one.score()["discriminator"] == {"right": 2, "threshold": 0.0}


def test_without_a_discriminator_nothing_is_said_of_it(tmp_path: Path):
    one = quiz_of(tmp_path, [True], logits=None, threshold=None)
    assert one.guess(0, "real")["said"] is None
    assert one.score()["discriminator"] is None


def test_so_many_pictures_of_quizzes_are_kept_and_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    picture = base64.b64encode(b"x" * 100).decode()
    found = dict.fromkeys(("data", "seen", "probability", "logits", "labels", "threshold"))
    monkeypatch.setattr(quiz, "asked", lambda _, request: found | {"pictures": [picture] * len(request["real"])})
    monkeypatch.setattr(quiz, "KEPT_BYTES", 1000)
    quizzes = Quizzes(Studio(tmp_path).jobs)
    names = [quizzes.begin(RunFolder(tmp_path), count) for count in (4, 4, 4, 40)]
    assert [name in quizzes.all for name in names] == [False, False, False, True]
    names = [quizzes.begin(RunFolder(tmp_path), 5) for _ in range(3)]
    assert [name in quizzes.all for name in names] == [False, True, True]


def test_a_failing_process_is_one_line_and_frees_the_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(quiz, "sys", type("Sys", (), {"executable": "/bin/false"}))
    quizzes = Quizzes(Studio(tmp_path).jobs)
    for _ in range(2):
        with pytest.raises(StudioError, match="could not be made"):
            quizzes.begin(RunFolder(tmp_path))
