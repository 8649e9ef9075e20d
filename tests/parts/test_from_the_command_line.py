"""`--with FILE` on every command: a training with parts of one's own, killed, resumed, measured, steered, compared."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from checkpoint_arrays import PATIENCE, Done, equal, typed, until, weights
from forked_commands import start
from gansmith.ground.errors import RecipeError
from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.metrics.feature_networks import classifier, self_supervised
from gansmith.parts.file import digest, run_file, said
from gansmith.runs.choose_recipe import choose_recipe

pytestmark = pytest.mark.usefixtures("quick_processes")

FILE = Path(__file__).parent.parent.parent / "examples" / "own_parts.py"
SMALL = (
    *("--set", "data.first=128", "--set", "data.batch=16", "--set", "data.labels=none", "--set", "threads=1"),
    *("--set", "watch.samples=4", "--set", "precision.name=float32", "--device", "cpu"),
)
EVERY = ("--set", "watch.checkpoint_every=5", "--set", "watch.stats_every=5", "--set", "schedule.rate=constant")
AS_SAID = f"runs {FILE}: networks small, loss huber, regularizer steps, augmentation brighter, metric brightness, callback Watch"
NAMED = "networks small, loss huber, regularizer steps, augmentation brighter of yours"


@pytest.fixture(scope="module", autouse=True)
def _small_feature_networks():
    """The networks that `evaluate` and `compare` measure with are trained for two updates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(classifier, "UPDATES", 2)
        patch.setattr(self_supervised, "UPDATES", 2)
        yield


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 40 updates that was never stopped."""
    out = tmp_path_factory.mktemp("own") / "whole"
    done = typed("train", "digits", "--with", FILE, *SMALL, *EVERY, "--updates", 40, "--out", out)
    assert AS_SAID in done.stderr
    assert f"--out sheet.png --with {out / 'parts.py'}\n" in done.stderr  # what to type next works as it is
    return out


def newest(run: Path) -> int:
    """The update of the newest checkpoint; 0 where there is none."""
    return max((int(path.name) for path in (run / "checkpoints").glob("*") if path.name.isdigit()), default=0)


def test_killed_and_resumed_it_is_bit_equal_by_its_file_and_by_the_kept_copy(tmp_path: Path) -> None:
    out = tmp_path / "killed"
    process = start("train", "digits", "--with", FILE, *SMALL, *EVERY, "--updates", 400, "--out", out, "--quiet")
    until(lambda: newest(out) >= 10 or process.poll() is not None)
    process.kill()
    process.communicate(timeout=PATIENCE)
    reached = newest(out)
    assert 10 <= reached < 400
    typed("resume", out, "--updates", reached + 10, "--with", FILE, "--quiet")
    typed("resume", out, "--updates", reached + 20, "--with", out / "parts.py", "--quiet")
    whole = tmp_path / "whole"
    typed("train", "digits", "--with", FILE, *SMALL, *EVERY, "--updates", reached + 20, "--out", whole, "--quiet")
    assert equal(weights(whole, reached + 20), weights(out, reached + 20))
    logged = [[row["update"] for row in read_rows(RunFolder(each).log)] for each in (whole, out)]
    assert logged[0] == logged[1]


def test_its_file_is_kept_with_its_hash_and_no_recipe_names_it(run: Path) -> None:
    assert (run / "parts.py").read_bytes() == FILE.read_bytes()
    about = json.loads((run / "parts.json").read_text())
    assert about["sha256"] == digest(FILE.read_bytes())
    assert about["names"]["loss"] == ["huber"]
    assert "own_parts" not in (run / "recipe.toml").read_text()


def test_without_the_file_it_is_not_resumed_and_one_line_says_how(run: Path) -> None:
    done = typed("resume", run, "--updates", 999, code=1)
    assert done.stderr.count("\n") == 1
    assert NAMED in done.stderr
    assert f"--with {run / 'parts.py'} runs the copy that it kept" in done.stderr


@pytest.mark.parametrize("command", [("sample", "--seed", 1), ("evaluate",), ("explore", "truncate")])
def test_without_the_file_nothing_is_generated_and_one_line_says_how(run: Path, command: tuple[object, ...]) -> None:
    done = typed(command[0], run, *command[1:], code=1)
    assert (
        f"was trained with networks small of yours: give them with --with FILE (--with {run / 'parts.py'}"
        in done.stderr
    )


def test_with_the_file_it_is_sampled(run: Path, tmp_path: Path) -> None:
    for count in (5, 10):
        typed("sample", run, "--with", FILE, "--count", count, "--seed", 7, "--out", tmp_path / f"{count}.npz")
    five, ten = (np.load(tmp_path / f"{count}.npz")["images"] for count in (5, 10))
    assert np.array_equal(five, ten[:5])


def test_with_the_file_it_is_measured_by_one_s_own_metric(run: Path) -> None:
    found = figures(typed("evaluate", run, "--with", FILE, "--count", 64, "--json"))
    assert found["brightness"]["better"] == "lower"
    assert found["brightness"]["floor"] < found["brightness"]["noise"]
    kept = json.loads((run / "evaluation.json").read_text())
    assert "brightness" in {figure["key"] for figure in kept["figures"]}
    assert "brightness" in typed("evaluate", run, "--with", FILE, "--count", 64).stdout


def figures(done: Done) -> dict[str, dict]:
    """The figures of `evaluate --json`, by their keys."""
    return {figure["key"]: figure for figure in json.loads(done.stdout)["figures"]}


def test_another_program_s_pictures_are_measured_by_it_too(run: Path, tmp_path: Path) -> None:
    typed("sample", run, "--with", FILE, "--count", 16, "--seed", 7, "--out", tmp_path / "made.npz")
    found = figures(typed("evaluate", tmp_path / "made.npz", "--data", "digits", "--with", FILE, "--json"))
    assert "brightness" in found


def test_with_the_file_it_is_steered(run: Path) -> None:
    done = typed("explore", run, "truncate", "--levels", 1, 0.5, "--with", FILE, "--json")
    assert json.loads(done.stdout)["files"]


def test_with_the_file_its_checkpoints_are_probed(run: Path) -> None:
    assert "probed afresh" in typed("diagnose", run, "--with", FILE).stdout
    said = typed("diagnose", run).stdout
    assert "its checkpoints could not be probed" in said
    assert "--with FILE" in said


def test_its_page_needs_no_file_and_tells_whose_parts_they_were(run: Path) -> None:
    typed("report", run)
    page = (run / "report.html").read_text(encoding="utf-8")
    assert "networks small, loss huber" in page
    typed("report", run, "--with", FILE)


def test_a_dry_run_counts_its_weights() -> None:
    done = typed("train", "digits", "--with", FILE, *SMALL, "--dry-run", "--json")
    facts = json.loads(done.stdout)
    assert facts["discriminator"]["trained"] == 16 * 16 + 16 + 32 * 16 * 16 + 32 + 32 * 16 + 1
    assert facts["generator"]["batch_statistics"] == 2 * 32 + 2 * 16 + 2
    assert facts["operations_per_update"] is None


def test_a_dry_run_tells_what_it_would_start_from(run: Path) -> None:
    done = typed("train", "digits", "--with", FILE, *SMALL, "--from", run, "--dry-run", "--json")
    begun = json.loads(done.stdout)["start"]
    assert begun["drawn_afresh"] == []
    assert begun["optimiser_memory"] == {"generator": "all", "discriminator": "all"}


def test_settings_that_fit_a_part_are_taken_together_with_it() -> None:
    own = run_file(FILE)
    chosen = choose_recipe("mnist", parts=own, settings=["regularizer.sigma=0"])
    assert (chosen.regularizer.name, chosen.regularizer.sigma) == ("own", 0)
    assert chosen.given == ("regularizer.sigma",)  # what parts set is not the user's


def test_another_file_is_refused_by_resume_and_said_by_the_others(run: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text(FILE.read_text().replace("0.4 * change", "0.3 * change"))
    done = typed("resume", run, "--updates", 999, "--with", other, code=1)
    assert f"{other} is not the file that {run} was trained with" in done.stderr
    assert f"`gansmith resume {run} --with {run / 'parts.py'}`" in done.stderr
    done = typed("sample", run, "--seed", 1, "--with", other, "--out", tmp_path / "a.png")
    assert f"note: {other} is not the file" in done.stderr


POINTS = """
import gansmith
from torch import nn

def build(latent_dim, item_shape, classes):
    return nn.Linear(latent_dim, 2), nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))

hinge = gansmith.losses.LOSSES["hinge"]
parts = gansmith.Parts(
    nets=gansmith.NetPair("points", build),
    loss=gansmith.Loss(lambda real, fake, targets: (1 - real).relu() + (1 + fake).relu(), hinge.generator, name="mine"),
    metrics=gansmith.Metric("width", lambda made, real: abs(made.std() - real.std())),
)
"""


def test_it_is_compared_with_a_built_in_part(tmp_path: Path) -> None:
    """Each cell runs the file in a process of its own; a variant may choose a built-in part instead."""
    out, path = tmp_path / "grid", tmp_path / "points.py"
    path.write_text(POINTS)
    arguments = ["compare", "ring", "ring+loss.name=hinge", "--with", path, "--updates", 4, "--seeds", 1, "--count", 32]
    arguments += ["--set", "data.first=64", "--set", "watch.samples=4", "--set", "budget.patience=3", "--jobs", 1]
    done = typed(*arguments, "--out", out, "--json")
    assert "budget.patience and budget.target have no effect here" in done.stderr
    found = json.loads(done.stdout)
    assert found["metrics"] == ["width"]
    own, hinge = found["variants"]
    for each in (own, hinge):
        assert each["cells"][0]["status"] == "done", each["cells"][0].get("error")
        assert each["recipe"]["generator.net"] == "own"
    assert (own["recipe"]["loss.name"], hinge["recipe"]["loss.name"]) == ("own", "hinge")
    assert own["spread"]["width"]["median"] == hinge["spread"]["width"]["median"], "they are the same loss"
    assert ">width<" in (out / "comparison.html").read_text(encoding="utf-8")
    path.write_text(POINTS + "\n")
    assert "ordered with other settings" in typed(*arguments, "--out", out, code=1).stderr


WRONG = {
    "no file": (None, "cannot be read"),
    "no Python": ("x = (", r"parts.py, line 1, is not Python"),
    "an error": ("import gansmith\n\nraise KeyError('x')\n", r"parts.py, line 3, raised KeyError: 'x'"),
    "the end": ("raise SystemExit(3)\n", "line 1, raised SystemExit: 3"),
    "no parts": ("x = 1\n", "defines no `parts`"),
    "other parts": ("parts = 3\n", "defines `parts` as int"),
    "empty parts": ("import gansmith\nparts = gansmith.Parts()\n", "defines empty `parts`"),
    "a function": ("import gansmith\nparts = gansmith.Parts(loss=print)\n", "loss takes a gansmith.Loss, not"),
    "a class": (
        "import gansmith\nparts = gansmith.Parts(callbacks=[gansmith.Callback])\n",
        r"not the class Callback: make one, Callback\(\)",
    ),
    "no name": ("import gansmith\nparts = gansmith.Parts(loss=gansmith.Loss(print, print))\n", "a Loss needs a name"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_file_that_fails_is_one_line(name: str, tmp_path: Path) -> None:
    text, words = WRONG[name]
    path = tmp_path / "parts.py"
    if text is not None:
        path.write_text(text)
    done = typed("train", "digits", "--with", path, code=1)
    assert done.stderr.count("\n") == 1
    with pytest.raises(RecipeError, match=words):
        run_file(path)


def test_what_it_imports_beside_it_is_named_and_its_hash_is_kept(tmp_path: Path) -> None:
    (tmp_path / "my_sums.py").write_text("def mean(a, b):\n    return float(a.mean() - b.mean())\n")
    path = tmp_path / "mine.py"
    path.write_text(
        "import gansmith\nfrom my_sums import mean\n\nparts = gansmith.Parts(metrics=gansmith.Metric('m', mean))\n"
    )
    parts = run_file(path)
    assert said(parts) == f"runs {path}, and imports my_sums.py: metric m"
    assert parts.file is not None
    assert parts.file.beside == {"my_sums.py": digest((tmp_path / "my_sums.py").read_bytes())}
    done = typed("compare", "digits", "--with", path, "--updates", 1, "--out", tmp_path / "grid", code=1)
    assert "imports my_sums.py beside it: put all of it into one file" in done.stderr
    assert not list(tmp_path.glob("__pycache__/mine*"))


def test_nothing_is_chosen_for_parts_of_one_s_own(tmp_path: Path) -> None:
    """The recipe `folder` chooses widths and the strength of a penalty by the pictures: for its own kinds alone."""
    for number in range(24):
        pixels = np.random.default_rng(number).integers(0, 256, (32, 32, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    done = typed(
        "train", "folder", "--data", tmp_path, "--with", FILE, *SMALL[2:], "--updates", 2, "--out", tmp_path / "run"
    )
    assert "widths" not in done.stderr
    assert "and times regularizer.gamma = 2, as the recipe says" in done.stderr
    recipe = RunFolder(tmp_path / "run").load_recipe()
    assert (recipe.augment.name, recipe.regularizer.name, recipe.regularizer.gamma) == ("own", "own", 2.0)
