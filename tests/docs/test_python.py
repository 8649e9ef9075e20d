"""Every Python program in README and the documentation runs, and every sentence about Python in it holds."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from fences import DOCS, PAGES, ROOT, blocks, shortened

import gansmith
from gansmith import recipes
from gansmith.cli import main
from gansmith.ground.errors import GansmithError
from gansmith.ground.recipes.recipe import assigned, override
from gansmith.ground.recipes.settings import Recipe
from gansmith.latent.appearance.traits import select
from gansmith.latent.steering.survey import measure_latents

pytestmark = pytest.mark.usefixtures("quick_processes")
AS_IT_COMES = recipes.load

WITH_PYTHON = [page for page in PAGES if blocks(page, "python")]

NOT_RUN: dict[str, str] = {}
"""A page with the number of its program, "guide/scale 2", to the reason why no test can run it."""


def inception_file() -> dict[str, Any]:
    """The file of weights that the page converts: another one, of the same kind."""
    torch.save({"a": torch.ones(2, 3), "count": torch.tensor(1)}, "pt_inception-2015-12-05-6726825d.pth")
    return {}


def arrays() -> dict[str, Any]:
    """What a program that measures has: items of its own, and real ones."""
    rng = np.random.default_rng(0)
    real, heldout, made = (rng.integers(0, 256, (count, 8, 8, 1), np.uint8) for count in (60, 40, 40))
    labels = [np.arange(len(items)) % 2 for items in (real, heldout, made)]
    return {
        "fingerprint": "1", "items": real, "labels": labels[0], "test_items": heldout, "test_labels": labels[1],
        "pictures": made, "asked_labels": labels[2], "cache_folder": Path("cache"),
    }  # fmt: skip


def run_of_drawn_digits(name: str) -> Callable[[], dict[str, Any]]:
    """A small run of them under the name that a page uses."""

    def make() -> dict[str, Any]:
        arguments = shortened(["train", "glyphs"])
        assert main([*arguments, "--out", f"runs/{name}", "--quiet"]) == 0
        return {}

    return make


GIVEN: dict[str, Callable[[], dict[str, Any]]] = {
    "guide/measure 2": inception_file,
    "guide/measure 3": arrays,
    "guide/steer 1": run_of_drawn_digits("mnist-001"),
    "guide/python 7": run_of_drawn_digits("glyphs-001"),
}
"""What a program of a page needs beside a run of `digits`: files are written, names are returned."""


def named(page: Path) -> str:
    """A page's name in the tables above."""
    return page.relative_to(DOCS if DOCS in page.parents else ROOT).with_suffix("").as_posix()


def narrow(name: str) -> Recipe:
    """A recipe as it comes, but that of digits has the networks that its commands have in these tests."""
    recipe = AS_IT_COMES(name)
    widths = [word for word in shortened(["train", "digits"]) if "widths" in word]
    return override(recipe, assigned(widths)) if name == "digits" else recipe


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of two updates."""
    out = tmp_path_factory.mktemp("digits") / "digits-001"
    assert main([*shortened(["train", "digits"]), "--out", str(out), "--quiet"]) == 0
    return out


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, digits: Path, hasty_judges: None) -> Path:
    """A folder with a run of `digits`, whose recipe has narrow networks; measuring networks are trained for two updates."""
    monkeypatch.setattr("gansmith.recipes.load", narrow)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs").mkdir()
    shutil.copytree(digits, tmp_path / "runs" / "digits-001")
    return tmp_path


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize("page", WITH_PYTHON, ids=named)
def test_every_program_of_the_page_runs(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each alone, as a reader copies it; only the length of a training and the widths of `digits` are others."""
    for number, program in enumerate(blocks(page, "python"), 1):
        name = f"{named(page)} {number}"
        if name in NOT_RUN:
            continue
        short = re.sub(r"\b(updates|minutes)=[\d.]+", r"updates=2", program)
        given = GIVEN[name]() if name in GIVEN else {}
        exec(compile(short, name, "exec"), {"__name__": page.stem, **given})


def test_the_tables_are_of_programs_that_are_there() -> None:
    there = {f"{named(page)} {number}" for page in WITH_PYTHON for number in range(1, len(blocks(page, "python")) + 1)}
    assert set(GIVEN) | set(NOT_RUN) <= there
    assert all(len(reason) > 20 for reason in NOT_RUN.values())


# ---- sentences


def draws_classes(run: Path) -> None:
    generator = gansmith.load(run)
    name = generator.class_names[3]
    one = generator.sample(4, seed=1, labels=name)
    assert np.array_equal(one, generator.sample(4, seed=1, labels=[name] * 4))
    assert np.array_equal(one, generator.sample(4, seed=1, labels=np.full(4, 3)))
    assert generator.class_names[generator.labels(4, name)[0]] == name  # pyright: ignore[reportOptionalSubscript]


def passes_gradients(run: Path) -> None:
    generator = gansmith.load(run)
    latents = torch.zeros(2, generator.latent_dim, requires_grad=True)
    labels = torch.zeros(2, dtype=torch.long)
    generator.decode(latents, labels).sum().backward()
    assert latents.grad is not None
    assert latents.grad.abs().sum() > 0


def measures_as_the_command(run: Path) -> None:
    """Both write their figures into the run."""
    assert main(["evaluate", str(run), "--count", "20", "--json"]) == 0
    command = (run / "evaluation.json").read_text(encoding="utf-8")
    found = gansmith.evaluate(run, count=20)
    assert f'"value": {found["fd"].value}' in command


def refuses_in_one_line(run: Path) -> None:
    for wrong in ({"loss.name": "hing"}, {"los.name": "hinge"}, {"data.batch": 0}):
        with pytest.raises(GansmithError) as caught:
            gansmith.train("digits", settings=wrong, updates=1, out=run.parent / "none")
        assert "\n" not in str(caught.value)


def takes_any_function_as_a_trait(run: Path) -> None:
    def redness(pictures: np.ndarray) -> np.ndarray:
        return pictures[..., 0].mean((1, 2)).astype(float)

    found = measure_latents(gansmith.load(run), select(["redness"], {"redness": redness}), 8)
    assert found.standard["redness"].shape == (8,)


def goes_on_from_the_command_line(run: Path) -> None:
    pictures, lines, mine = np.random.default_rng(0).random((40, 16, 16)), [], run.parent / "mine"
    gansmith.train("digits", pictures, updates=1, out=mine, settings={"data.labels": "none"}, say=lines.append)
    assert any("mapped from 0..1" in line for line in lines)
    assert main(["resume", str(mine), "--updates", "2", "--quiet"]) == 0


SENTENCES: dict[str, tuple[str, Callable[[Path], None]]] = {
    '`generator.sample(16, labels="cat")` draws one class by its name; a list gives a class each.': (
        "python",
        draws_classes,
    ),
    "`generator.decode(latents)` takes and returns torch tensors, and gradients go through it.": (
        "python",
        passes_gradients,
    ),
    "`gansmith.evaluate` measures as the command does.": ("python", measures_as_the_command),
    "Every mistake that you can repair is a `GansmithError` with one line that says how.": (
        "python",
        refuses_in_one_line,
    ),
    "a run finds them again when it is resumed, also from the command line.": ("python", goes_on_from_the_command_line),
    "What had to be found out about layout and range is among the lines that `say=print` shows.": (
        "python",
        goes_on_from_the_command_line,
    ),
    "In Python any function `uint8 (N, H, W, C) -> (N,)` is one.": ("steer", takes_any_function_as_a_trait),
}
"""A sentence of the guide, to its page and what shows that it holds."""


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_sentence_holds(sentence: str, place: Path) -> None:
    page, check = SENTENCES[sentence]
    text = " ".join((DOCS / "guide" / f"{page}.md").read_text(encoding="utf-8").split())
    assert sentence in text
    check(place / "runs" / "digits-001")
