"""Real or generated? The studio keeps the answers, and says each after its guess.

All pictures are made before the first is asked for, and are files of one length: nothing about a picture but what it shows
tells what it is.
"""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
import sys
import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Any

from gansmith.ground.errors import counted
from gansmith.ground.files.runfolder import RunFolder, append_row, read_rows
from gansmith.studio.children import Jobs
from gansmith.studio.errors import StudioError

QUESTIONS = 10
MOST_QUESTIONS = 40
KEPT = 32  # quizzes that are remembered at a time
KEPT_BYTES = 2**28  # of all their pictures; the newest quiz is kept however large it is
MOST_SCORES = 100  # that are told: the newest
SECONDS = 300  # in which the pictures have to be made
SAID = ("real", "generated")


@dataclass
class Quiz:
    """One quiz: what each picture is, and what was guessed so far."""

    run: RunFolder
    real: list[bool]
    pictures: list[bytes]
    logits: list[float] | None
    labels: list[str] | None
    threshold: float | None
    facts: dict[str, Any]  # of the data, and whether a logit is that of a probability
    guesses: dict[int, str] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def size(self) -> int:
        """The bytes of all pictures."""
        return sum(len(picture) for picture in self.pictures)

    def picture(self, number: int) -> bytes:
        """The PNG of a question. Raises StudioError 404."""
        self._need(number)
        return self.pictures[number]

    def guess(self, number: int, guess: object) -> dict[str, Any]:
        """The answer to a question, once and for all. Raises StudioError."""
        self._need(number)
        if guess not in SAID:
            raise StudioError(400, f"a guess is one of {' and '.join(SAID)}")
        with self.lock:
            if number in self.guesses:
                raise StudioError(409, "this picture was guessed already: the first guess counts")
            self.guesses[number] = str(guess)
            if len(self.guesses) == len(self.real):
                self._note()
        return self._answer(number)

    def score(self) -> dict[str, Any]:
        """What was guessed so far; after the last guess also which kinds fooled the person, what the discriminator said, and
        earlier scores."""
        answers = {number: self._answer(number) for number in self.guesses}
        right = sum(answer["right"] for answer in answers.values())
        told: dict[str, Any] = {"count": len(self.real), "asked": len(answers), "right": right, **self.facts}
        if len(answers) < len(self.real):
            return told
        return told | {
            "answers": [answers[number] for number in range(len(self.real))],
            "kinds": kinds(list(answers.values())),
            "discriminator": self._discriminator(answers),
            "scores": scores(self.run),
        }

    def _need(self, number: int) -> None:
        if not 0 <= number < len(self.real):
            raise StudioError(404, f"this quiz has {counted(len(self.real), 'picture')}, numbered from 0")

    def _answer(self, number: int) -> dict[str, Any]:
        was, guess = SAID[not self.real[number]], self.guesses[number]
        logit = None if self.logits is None else self.logits[number]
        said = None if logit is None or self.threshold is None else SAID[logit <= self.threshold]
        label = None if self.labels is None else self.labels[number]
        return {"right": guess == was, "was": was, "guess": guess, "logit": logit, "said": said, "label": label}

    def _discriminator(self, answers: dict[int, dict[str, Any]]) -> dict[str, Any] | None:
        if self.logits is None:
            return None
        said = [answer["said"] == answer["was"] for answer in answers.values()]
        return {"right": sum(said), "threshold": self.threshold}

    def _note(self) -> None:
        """Keep the score with the run."""
        answers = [self._answer(number) for number in range(len(self.real))]
        row = {"time": round(time.time()), "count": len(answers), "right": sum(answer["right"] for answer in answers)}
        append_row(self.run.quizzes, row)


def kinds(answers: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each kind of picture (real or generated, of a class where there are classes) how many there were and how many of
    them were guessed wrong; those that fooled most come first."""
    found: dict[tuple[str, str | None], list[bool]] = {}
    for answer in answers:
        found.setdefault((answer["was"], answer["label"]), []).append(not answer["right"])
    rows = [
        {"was": was, "label": label, "count": len(wrong), "fooled": sum(wrong)} for (was, label), wrong in found.items()
    ]
    return sorted(rows, key=lambda row: (-row["fooled"], row["count"], row["was"], row["label"] or ""))


def scores(run: RunFolder) -> list[dict[str, int]]:
    """The scores of the last quizzes of a run, oldest first."""
    numbers = ("time", "count", "right")
    rows = (row for row in read_rows(run.quizzes) if all(isinstance(row.get(name), int) for name in numbers))
    return list(deque(rows, maxlen=MOST_SCORES))


class Quizzes:
    """All quizzes of a studio. They are forgotten with it; the scores stay with the runs."""

    def __init__(self, jobs: Jobs) -> None:
        self.jobs = jobs
        self.all: OrderedDict[str, Quiz] = OrderedDict()
        self.making = threading.Lock()  # of one at a time

    def begin(self, run: RunFolder, count: object = QUESTIONS) -> str:
        """Make the pictures of a quiz; returns its name. Raises StudioError."""
        if not isinstance(count, int) or isinstance(count, bool) or not 1 <= count <= MOST_QUESTIONS:
            raise StudioError(400, f"a quiz has 1 to {MOST_QUESTIONS} pictures")
        if not self.making.acquire(blocking=False):
            raise StudioError(429, "the pictures of another quiz are being made: try again in a moment")
        try:
            real = [bool(secrets.randbits(1)) for _ in range(count)]
            found = asked(
                self.jobs, {"run": str(run.root), "checkpoint": "last", "seed": secrets.randbits(31), "real": real}
            )
        finally:
            self.making.release()
        pictures = [base64.b64decode(one) for one in found["pictures"]]
        facts = {name: found[name] for name in ("data", "seen", "probability")}
        name = secrets.token_urlsafe(12)
        self.all[name] = Quiz(run, real, pictures, found["logits"], found["labels"], found["threshold"], facts)
        self._forget()
        return name

    def _forget(self) -> None:
        """Drop the oldest quizzes where there are too many, or too much."""
        while len(self.all) > KEPT or (len(self.all) > 1 and sum(quiz.size for quiz in self.all.values()) > KEPT_BYTES):
            self.all.popitem(last=False)

    def get(self, name: str) -> Quiz:
        """A quiz by its name. Raises StudioError 404."""
        if name not in self.all:
            raise StudioError(404, "this quiz is over: the studio was started again, or it was long ago; begin another")
        return self.all[name]


def asked(jobs: Jobs, request: dict[str, Any]) -> dict[str, Any]:
    """What the process that makes the pictures answers; it tells nobody else. Raises StudioError."""
    command = [sys.executable, "-m", "gansmith.studio.steering.questions"]
    try:
        done = jobs.answer(command, json.dumps(request).encode(), seconds=SECONDS)
    except subprocess.TimeoutExpired:
        raise StudioError(
            500, f"the pictures were not made in {SECONDS} seconds: try again when less is running"
        ) from None
    try:
        found = json.loads(done.stdout)
    except ValueError:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or [f"code {done.returncode}"]
        raise StudioError(500, f"the pictures could not be made ({last[0][:300]})") from None
    if "error" in found:
        raise StudioError(400, found["error"])
    return found
