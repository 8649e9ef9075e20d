"""What a page asks before a training, and its start: survey, form, check, train."""

from __future__ import annotations

import base64
import itertools
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from gansmith import recipes as cookbook
from gansmith.data.sources import SOURCES
from gansmith.ground.errors import nearest
from gansmith.studio.answers import Given, get, post, text_of, texts_of
from gansmith.studio.children import gansmith
from gansmith.studio.errors import StudioError
from gansmith.studio.places import LONGEST, cleaned
from gansmith.studio.starting.given_sources import source_of
from gansmith.studio.starting.lengths import length_words
from gansmith.studio.studio import Studio

SURVEY_SECONDS = 1800.0
READER = ("-m", "gansmith.studio.starting.reader")
READ_SECONDS = 600.0  # that a form or a check may take
MOST_SETTINGS = 500  # of a training; there are fewer


class Preparing:
    """The routes of the form. Surveys and checks run one at a time, as each reads whole folders, and never in this process."""

    def __init__(self, studio: Studio) -> None:
        self.studio = studio
        self.reader = studio.jobs.companion([sys.executable, *READER], seconds=READ_SECONDS)
        self.surveying, self.checking = threading.Lock(), threading.Lock()

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            post("/api/survey", self.survey),
            get("/api/form", self.form),
            post("/api/check", self.check),
            post("/api/train", self.train),
        ]

    def survey(self, _: Request, given: Given) -> dict[str, Any]:
        """What `gansmith data info --json` says, in a process of its own: a picture that takes all memory takes only that."""
        source = source_of(self.studio.folder, text_of(given, "source"))
        flags = survey_words(texts_of(given, "settings"))
        with one_at_a_time(self.surveying, "another folder is being looked at"), tempfile.TemporaryDirectory() as place:
            self.reader.ask({"do": "look", "source": source})
            sheet = Path(place) / "sheet.png"
            words = ["data", "info", source, "--json", f"--sheet={sheet}", *flags]
            found = self._json_of(words)
            picture = base64.b64encode(sheet.read_bytes()).decode("ascii") if sheet.is_file() else None
        return {**found, "sheet": picture}

    def _json_of(self, words: list[str]) -> dict[str, Any]:
        """What a command prints as JSON. Raises StudioError with its refusal."""
        try:
            done = self.studio.jobs.answer(gansmith(*words), seconds=SURVEY_SECONDS)
        except subprocess.TimeoutExpired:
            raise StudioError(
                400, "it takes longer than half an hour to read: prepare it by `gansmith data prepare`"
            ) from None
        found: Any = None
        with suppress(ValueError):
            found = json.loads(done.stdout)
        if done.returncode == 0 and isinstance(found, dict):
            return found
        said = [line for line in done.stderr.decode("utf-8", "replace").splitlines() if line.strip()]
        last = said[-1] if said else f"its process was ended ({done.returncode})"
        raise StudioError(400, last.removeprefix("gansmith: ")[:1000])

    def form(self, request: Request, _: Given) -> dict[str, Any]:
        """The fields of a recipe, with what the data asks for."""
        given = request.query_params
        name, source = recipe_named(given.get("recipe", "")), given.get("source", "")
        source = source_of(self.studio.folder, source) if source else ""
        with one_at_a_time(self.checking, "another form is being made"):
            return self.reader.ask({"do": "form", "recipe": name, "source": source})

    def check(self, _: Request, given: Given) -> dict[str, Any]:
        """Whether it would be refused."""
        wanted = self.wanted(given)
        with one_at_a_time(self.checking, "another check runs"):
            return self.reader.ask({"do": "check", **wanted})

    def train(self, _: Request, given: Given) -> dict[str, Any]:
        """Start it. Raises StudioError and GansmithError where it is refused."""
        wanted, length = self.wanted(given), length_words(given)
        with one_at_a_time(self.checking, "another check runs"):
            self.reader.ask({"do": "plan", **wanted})
        recipe, source = wanted["recipe"], wanted["source"]
        name = self._new_name(text_of(given, "name", "") or "", recipe)
        words = ["train", recipe, f"--out={self.studio.folder / name}", *length]
        words += [f"--data={source}"] if source else []
        words += [f"--set={key}={value}" for key, value in wanted["settings"].items()]
        try:
            self.studio.trainings.start(name, words, {"recipe": recipe, "words": words})
        except StudioError:
            (self.studio.folder / name).rmdir()
            raise
        return {"name": name}

    def wanted(self, given: Given) -> dict[str, Any]:
        """A training as a page describes it, for the reader. Raises StudioError."""
        name, source = recipe_named(text_of(given, "recipe")), text_of(given, "source", "") or ""
        if source:
            source = source_of(self.studio.folder, source)
        elif cookbook.load(name).data.source not in SOURCES:
            raise StudioError(400, f"recipe {name} has no data of its own: drop a folder or a zip")
        settings = texts_of(given, "settings")
        if len(settings) > MOST_SETTINGS:
            raise StudioError(400, f"at most {MOST_SETTINGS} settings are taken: reload the page")
        if any(len(key) > LONGEST or len(value) > 1000 for key, value in settings.items()):
            raise StudioError(400, "a setting is too long: give shorter values")
        length = {word[2:].partition("=")[0]: float(word.partition("=")[2]) for word in length_words(given)}
        return {"recipe": name, "source": source, "settings": settings, "length": length}

    def _new_name(self, asked: str, recipe: str) -> str:
        """The name of a new run, whose folder is made at once. Raises StudioError."""
        if asked and ("/" in asked or asked != cleaned(asked, "")):
            raise StudioError(400, f"{asked[:40]!r} is no name for a run: give letters, digits, hyphens and dots")
        names = [asked] if asked else (f"{recipe}-{number:03d}" for number in itertools.count(1))
        for name in names:
            try:
                (self.studio.folder / name).mkdir()
                return name
            except FileExistsError:
                continue
        raise StudioError(409, f"there is a run {asked!r} already: choose another name")


SURVEYED = {
    "data.size": ("--size", "auto"),
    "data.channels": ("--channels", "0"),
    "data.crop": ("--crop", "0"),
    "data.background": ("--background", "white"),
    "data.range": ("--range", "auto"),
    "data.split": ("--split", "train"),
    "data.first": ("--first", "0"),
    "data.attribute": ("--attribute", ""),
}
"""Setting -> the flag of `data info` for it, and the value that needs none."""


READ_AS = {"data.kind": "auto", "data.columns": "", "data.scale": "auto", "data.rate": "0", "data.length": "0"}
"""Settings of data that are no pictures, and the value that needs no --set."""


def checked_text(settings: dict[str, str], key: str, plain: str) -> str:
    """A setting that becomes an argument of a command. Raises StudioError."""
    value = settings.get(key, plain).strip()
    if len(value) > LONGEST or not value.isprintable():
        raise StudioError(400, f"{key} is too long, or no plain text: give a shorter value")
    return value


def survey_words(settings: dict[str, str]) -> list[str]:
    """Settings of the data as flags of `data info`; others change nothing of what is seen. Raises StudioError."""
    words: list[str] = []
    for key, (flag, plain) in SURVEYED.items():
        value = checked_text(settings, key, plain)
        words += [f"{flag}={value}"] if value not in (plain, "") else []
    words += [
        f"--set={key}={value}"
        for key, plain in READ_AS.items()
        if (value := checked_text(settings, key, plain)) not in (plain, "")
    ]
    cropped = any(word.startswith("--crop=") for word in words)
    return words if settings.get("data.fit") != "squeeze" or cropped else [*words, "--crop=whole"]


@contextmanager
def one_at_a_time(lock: threading.Lock, what: str) -> Iterator[None]:
    """Hold a lock; raises StudioError 429 where it takes long to get it."""
    if not lock.acquire(timeout=60):
        raise StudioError(429, f"{what}: try again in a moment")
    try:
        yield
    finally:
        lock.release()


def recipe_named(name: str) -> str:
    """The name of a built-in recipe. Raises StudioError: a page names no file."""
    if name not in cookbook.names():
        raise StudioError(400, f"there is no recipe {name[:40]!r}{nearest(name[:40], cookbook.names())}")
    return name
