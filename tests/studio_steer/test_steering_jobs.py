"""Steering jobs, as the process does them and as the studio starts them."""

from __future__ import annotations

import base64
import io
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image
from served_studio import Served

import small_runs
from gansmith.ground import alpha
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe
from gansmith.latent.steering import directions, styles
from gansmith.studio.steering import asked, job, searching
from gansmith.studio.steering.lines import as_png
from gansmith.studio.studio import Studio
from gansmith.trained.generator import Generator, load


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return small_runs.make(tmp_path_factory.mktemp("jobs") / "small")


@pytest.fixture(scope="module")
def generator(run: RunFolder) -> Generator:
    return load(run.root)


def encoded(picture: np.ndarray) -> str:
    return base64.b64encode(as_png(picture)).decode()


def pictures_in(text: str, count: int) -> np.ndarray:
    """uint8 (count, H, W) of grey pictures side by side."""
    row = np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("L"))
    return np.stack(np.split(row, count, axis=1))


def done(run: RunFolder, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines of a job."""
    told = io.StringIO()
    job.work(io.StringIO(json.dumps(asked.read(body) | {"run": str(run.root)})), told)
    return [json.loads(line) for line in told.getvalue().splitlines()]


def latents_of(result: dict[str, Any]) -> np.ndarray:
    return np.stack([np.frombuffer(base64.b64decode(text), "<f4") for text in result["latents"]])


HALF = np.full((16, 16, 1), 255, np.uint8)
HALF[4:12, 4:12] = 0


def test_a_picture_with_transparency_keeps_it_and_its_colours():
    straight = np.random.default_rng(0).integers(0, 256, (4, 4, 4), np.uint8)
    kept = alpha.premultiplied(straight)
    generator = cast(Generator, SimpleNamespace(item_shape=(4, 4, 4)))
    sent = io.BytesIO()
    Image.fromarray(straight).save(sent, "PNG")
    assert np.array_equal(searching.in_size(generator, base64.b64encode(sent.getvalue()).decode())[0], kept)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(as_png(kept)))), alpha.straight(kept))


def test_what_a_request_waits_for_ends_with_the_studio(tmp_path: Path):
    jobs = Studio(tmp_path).jobs
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(jobs.answer, [sys.executable, "-c", "input()"], b"", seconds=300)
        assert waiting.result().returncode == 1  # nothing to read
        waiting = pool.submit(jobs.answer, [sys.executable, "-c", "import time; time.sleep(300)"], b"", seconds=300)
        while not jobs.waited_for:
            time.sleep(0.01)
        jobs.close()
        assert waiting.result().returncode != 0


def test_projecting_shows_a_picture_every_25_steps(run: RunFolder, generator: Generator):
    target = generator.sample(1, seed=9, labels="3")[0]
    options = {"steps": 75, "label": "3", "restarts": 2}
    lines = done(run, {"verb": "project", "picture": encoded(target), "options": options})
    shown = [line for line in lines if "picture" in line]
    assert [line["step"] for line in shown] == [0, 25, 50]
    assert pictures_in(shown[0]["picture"], 1).shape == (1, 16, 16)
    assert [line["step"] for line in lines if line.get("stage") == "searching" and "picture" not in line] == [
        25,
        50,
        75,
    ]
    result = lines[-1]["result"]
    assert (lines[-1]["done"], result["labels"]) == (True, [3])
    made = generator.images(latents_of(result), np.array([3]))
    assert (pictures_in(result["picture"], 1) == made[:, :, :, 0]).all()
    assert result["error"] == pytest.approx(float((((made[0] / 255.0) - target / 255.0) ** 2).mean()), rel=1e-3)


def test_filling_a_hole_leaves_every_other_pixel(run: RunFolder, generator: Generator):
    target = generator.sample(1, seed=4)[0]
    body = {"verb": "inpaint", "picture": encoded(target), "mask": encoded(HALF), "options": {"steps": 25}}
    lines = done(run, body)
    result = lines[-1]["result"]
    known = HALF[:, :, 0] == 255
    for line in (*[line for line in lines if "picture" in line], result):
        assert line["count"] == 4
        assert (pictures_in(line["picture"], 4)[:, known] == target[known][:, 0]).all()
    assert latents_of(result).shape == (4, 6)
    assert {line["stage"] for line in lines if "picture" in line} == {"searching", "drawing variants"}


def test_an_enlarged_picture_made_smaller_is_the_small_one(run: RunFolder, generator: Generator):
    large = generator.sample(1, seed=5)[0]
    small = large.reshape(4, 4, 4, 4).mean(axis=(1, 3)).round().astype(np.uint8)[:, :, None]
    result = done(run, {"verb": "upscale", "picture": encoded(small), "options": {"steps": 25}})[-1]["result"]
    made = pictures_in(result["picture"], 1)[0]
    inside = (made > 0) & (made < 255)  # clipped pixels cannot make up for what they lack
    blocks = inside.reshape(4, 4, 4, 4).all(axis=(1, 3))
    again = made.reshape(4, 4, 4, 4).mean(axis=(1, 3))
    assert blocks.any()
    assert np.abs(again - small[:, :, 0])[blocks].max() <= 1


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"verb": "upscale", "picture": encoded(HALF[:5, :5])}, "is no whole part of this generator's 16x16x1"),
        ({"verb": "inpaint", "picture": encoded(HALF), "mask": encoded(HALF[:8])}, "the mask is 16x8"),
        ({"verb": "inpaint", "picture": encoded(HALF), "mask": encoded(HALF * 0)}, "all is painted"),
        ({"verb": "inpaint", "picture": encoded(HALF), "mask": encoded(HALF | 255)}, "nothing is painted"),
        ({"verb": "project", "picture": encoded(HALF), "options": {"label": "thick"}}, "is none of this generator's"),
        ({"verb": "project", "picture": encoded(HALF), "checkpoint": "99"}, "no checkpoint '99'"),
    ],
)
def test_what_cannot_be_done_is_one_line(body: dict[str, Any], words: str, run: RunFolder):
    last = done(run, body)[-1]
    assert words in last["error"]
    assert "\n" not in last["error"]


def test_traits_directions_and_styles_are_stored_with_the_run(tmp_path: Path):
    run = small_runs.make(tmp_path / "run")
    found = {
        verb: done(run, {"verb": verb, "options": {"count": 200}})[-1]["result"]
        for verb in ("traits", "directions", "styles")
    }
    assert {row["kind"] for row in found["traits"]["directions"]} == {"regression"}
    assert [row["name"] for row in found["directions"]["directions"]] == [f"principal-{n}" for n in range(1, 7)]
    explored = {folder.root.name: folder for folder in run.explorations()}
    assert list(explored) == ["001-directions", "002-directions", "003-average"]
    assert set(directions.load(explored["001-directions"].directions, 6)) == {
        row["name"] for row in found["traits"]["directions"]
    }
    assert set(styles.load(explored["003-average"].styles, 6)) == {row["name"] for row in found["styles"]["styles"]}


# ---- through the studio


def test_a_job_is_started_followed_and_ends(served: Served):
    body = {"verb": "project", "picture": encoded(HALF), "options": {"steps": 25, "restarts": 1}}
    last = served.ended(served.told("runs/small/jobs", body)["job"])
    assert last["result"]["count"] == 1


def test_a_job_can_be_cancelled(served: Served):
    body = {
        "verb": "inpaint",
        "picture": encoded(HALF),
        "mask": encoded(HALF),
        "options": {"steps": 2000, "variants": 8},
    }
    name = served.told("runs/small/jobs", body)["job"]
    served.told(f"jobs/{name}/cancel", {})
    assert served.ended(name)["error"] == "cancelled"
    assert served.told("home")["runs"][0]["name"] == "small"


def test_no_name_leads_elsewhere(served: Served):
    for path in (
        "runs/..%2F..%2Fetc/generator",
        "runs/none/generator",
        "runs/none/jobs",
        "jobs/none",
        "jobs/none/cancel",
    ):
        status, sentence = served.refusal(path, {"verb": "traits"} if path.endswith(("jobs", "cancel")) else None)
        assert (status, "\n" in sentence) == (404, False)


def test_a_transparent_picture_keeps_its_opacity_where_the_generator_has_one():
    """Else it lies on the background that the run was trained with."""
    file = io.BytesIO()
    Image.new("RGBA", (16, 16), (255, 0, 0, 0)).save(file, "PNG")
    sent, recipe = base64.b64encode(file.getvalue()).decode(), override(Recipe(), {"data.background": "black"})
    clear, covered = (
        searching.in_size(SimpleNamespace(item_shape=(channels, 8, 8), recipe=recipe), sent)  # pyright: ignore[reportArgumentType]
        for channels in (4, 3)
    )
    assert (clear.shape, clear.max()) == ((1, 8, 8, 4), 0)
    assert (covered.shape, covered.max()) == ((1, 8, 8, 3), 0)
