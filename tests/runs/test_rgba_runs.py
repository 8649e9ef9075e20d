"""A training on pictures with transparency, from the folder to what is made of the run."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gansmith
from gansmith import cli
from gansmith.data.store import open_store
from gansmith.ground import alpha, pixels
from gansmith.ground.files.runfolder import RunFolder
from gansmith.runs.run import resume
from gansmith.trained.generator import load
from gansmith.training import checkpoint
from miniatures import assert_same_arrays

COUNT, HALF, END = 40, 5, 10
SETTINGS = {
    "data.channels": 4, "data.labels": "none", "generator.widths": [8, 4], "discriminator.widths": [4, 8], "latent.dim": 4,
    "generator.conditioning": "concat", "discriminator.conditioning": "concat", "generator.norm": "none",
    "data.batch": 8, "threads": 1, "device": "cpu", "precision.name": "float32", "augment.name": "mirror+diffaugment",
    "watch.samples": 4, "watch.judge": 0, "watch.diagnose": 0, "watch.checkpoint_every": HALF, "watch.keep": 9,
}  # fmt: skip
IN_NUMPY = {
    "engine": "numpy",
    "augment.name": "mirror",
    "regularizer.name": "none",
    "ema.recalibrate": 0,
    "loss.name": "hinge",
}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Discs of a colour with soft edges on nothing, 16x16."""
    folder = tmp_path_factory.mktemp("discs") / "discs"
    folder.mkdir()
    rng = np.random.default_rng(0)
    down, across = np.mgrid[:16, :16]
    for index in range(COUNT):
        middle = rng.uniform(6, 9, 2)
        distance = np.hypot(down - middle[0], across - middle[1])
        picture = np.empty((16, 16, 4), np.uint8)
        picture[..., :3] = rng.integers(0, 256, 3)
        picture[..., 3] = 255 * np.clip(rng.uniform(3, 6) - distance, 0, 1)
        Image.fromarray(picture).save(folder / f"{index:02}.png")
    return folder


@pytest.fixture(scope="module", params=["torch", "numpy"])
def run(request: pytest.FixtureRequest, source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp(request.param) / "run"
    settings = SETTINGS | (IN_NUMPY if request.param == "numpy" else {})
    gansmith.train("folder", data=str(source), updates=END, settings=settings, out=out)
    return out


@pytest.fixture(scope="module")
def by_torch(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "run"
    gansmith.train("folder", data=str(source), updates=END, settings=SETTINGS, out=out)
    return out


def test_a_resumed_run_is_bit_equal(run: Path, tmp_path: Path):
    halved = tmp_path / "halved"
    shutil.copytree(run, halved)
    shutil.rmtree(RunFolder(halved).checkpoint(END))
    resume(halved)
    found, due = (checkpoint.load(RunFolder(folder), END) for folder in (halved, run))
    assert_same_arrays(found.state.arrays, due.state.arrays)


def test_samples_have_alpha_in_every_form(run: Path, tmp_path: Path):
    out = tmp_path
    for name in ("s.png", "s.npz", "s.webp", "s"):
        assert cli.main(["sample", str(run), "--count", "3", "--seed", "5", "--out", str(out / name)]) == 0
    kept = load(run).sample(3, 5)
    assert kept.shape == (3, 16, 16, 4)
    assert (kept[..., :3] <= kept[..., 3:]).all()
    straight = alpha.straight(kept)
    assert np.array_equal(np.load(out / "s.npz")["images"], straight)
    for picture, path in zip(straight, sorted((out / "s").iterdir()), strict=True):
        with Image.open(path) as image:
            assert image.mode == "RGBA"
            assert np.array_equal(np.asarray(image), picture)
    with Image.open(out / "s.png") as sheet, Image.open(out / "s.webp") as film:
        assert sheet.mode == "RGBA"
        assert np.asarray(sheet)[0].max() == 0  # between the pictures is nothing
        assert (np.asarray(film.convert("RGBA"))[..., 3] == 255).all()  # on chequers


def test_sheets_of_a_run_lie_on_chequers(run: Path, source: Path):
    folder = RunFolder(run)
    zoom = pixels.display_zoom(16, 16, pixels.RUN_SHEET)
    with Image.open(folder.real_sheet) as sheet:
        shown = pixels.cut(np.asarray(sheet), 16, 16, zoom)
    store = open_store(folder.load_recipe().data)
    lying = alpha.on_chequers(np.asarray(store.items))
    assert len(shown) == 4
    assert all((one == lying).all(axis=(1, 2, 3)).any() for one in shown)
    with Image.open(folder.sample_sheet(END)) as sheet:
        assert sheet.mode == "RGB"


@pytest.mark.usefixtures("hasty_judges")
def test_it_is_measured_and_diagnosed(by_torch: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    run = tmp_path / "run"
    shutil.copytree(by_torch, run)
    assert cli.main(["evaluate", str(run), "--count", "40"]) == 0
    assert cli.main(["sample", str(run), "--count", "40", "--seed", "1", "--out", str(tmp_path / "s.npz")]) == 0
    source = RunFolder(run).load_recipe().data.source
    assert cli.main(["data", "prepare", source, str(tmp_path / "store"), "--channels", "4"]) == 0
    assert cli.main(["evaluate", str(tmp_path / "s.npz"), "--data", str(tmp_path / "store")]) == 0
    capsys.readouterr()
    assert cli.main(["diagnose", str(run)]) == 0


@pytest.mark.parametrize(
    "verb",
    [
        ["project", "DISC", "--restarts", "2"],
        ["inpaint", "--count", "2", "--mask", "left", "low-resolution", "--seam", "blended"],
        ["upscale", "--count", "2", "--factor", "2"],
        ["upscale", "SMALL"],
        ["sense", "--count", "1", "--measurements", "20", "--methods", "lasso-dct"],
        ["average", "--count", "400", "--traits", "brightness"],
    ],
)
def test_it_is_explored(by_torch: Path, source: Path, verb: list[str], tmp_path: Path):
    run = tmp_path / "run"
    shutil.copytree(by_torch, run)
    disc = next(source.iterdir())
    Image.open(disc).resize((8, 8)).save(tmp_path / "small.png")
    typed = [{"DISC": str(disc), "SMALL": str(tmp_path / "small.png")}.get(word, word) for word in verb]
    steps = [] if verb[0] == "average" else ["--steps", "4"]
    assert cli.main(["explore", str(run), *typed, *steps]) == 0
    (made,) = RunFolder(run).explorations()
    assert json.loads(made.result.read_text())["figures"]


def test_it_leaves_as_files_that_tell_of_alpha(by_torch: Path, tmp_path: Path, capsys: pytest.CaptureFixture):
    from safetensors import safe_open

    assert cli.main(["export", str(by_torch), "safetensors", "--out", str(tmp_path / "g.safetensors")]) == 0
    with safe_open(tmp_path / "g.safetensors", "np") as file:
        assert json.loads(file.metadata()["alpha"]) == "premultiplied"
    assert "colour pictures with transparency" in (tmp_path / "MODEL_CARD.md").read_text()
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    assert cli.main(["export", str(by_torch), "onnx", "--out", str(tmp_path / "g.onnx")]) == 0
    assert "colours are straight" in capsys.readouterr().out
    generator = load(by_torch)
    latents = generator.latents(4, 9)
    session = runtime.InferenceSession((tmp_path / "g.onnx").read_bytes(), providers=["CPUExecutionProvider"])
    (made,) = session.run(None, {"latents": latents})
    assert np.abs(alpha.premultiplied(made).astype(int) - generator.images(latents)).max() <= 1
    assert json.loads(session.get_modelmeta().custom_metadata_map["alpha"]) == "straight"


@pytest.mark.parametrize("channels", [3, 4])
def test_it_starts_from_a_run_with_transparency_and_from_one_without(channels: int, source: Path, tmp_path: Path):
    settings = SETTINGS | {"data.channels": channels}
    first = gansmith.train("folder", data=str(source), updates=1, settings=settings, out=tmp_path / "first")
    done = gansmith.train(
        "folder", data=str(source), updates=1, start=first.folder.root, settings=SETTINGS, out=tmp_path / "next"
    )
    assert load(done.folder.root).item_shape == (4, 16, 16)


def test_colour_runs_are_not_touched(source: Path, tmp_path: Path):
    """Without the setting, transparent pictures lie on white and the run has three channels, as ever."""
    settings = {key: value for key, value in SETTINGS.items() if key != "data.channels"}
    done = gansmith.train("folder", data=str(source), updates=1, settings=settings, out=tmp_path / "plain")
    assert load(done.folder.root).item_shape == (3, 16, 16)
    recipe = done.folder.load_recipe()
    white = open_store(dataclasses.replace(recipe.data, background="#ffffff"))
    assert white.fingerprint == json.loads(done.folder.data.read_text())["fingerprint"]
