"""A kind that is added at run time is read, trained, sampled, shown, measured and written; no other room knows of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gansmith.cli import main
from gansmith.data.store import open_store
from gansmith.ground.recipes.settings import DataSettings
from gansmith.kinds import KINDS, Kind, Prepared, Row
from gansmith.runs.evaluation import evaluate
from gansmith.trained.generator import load

ENDING = ".angles"


def read(path: Path, settings: DataSettings) -> Prepared:
    """Degrees, a line each: stored as cosine and sine."""
    degrees = np.loadtxt(path)
    radians = np.deg2rad(degrees)
    return Prepared(np.column_stack([np.cos(radians), np.sin(radians)]).astype(np.float32), {"turn": 360})


def in_units(items: np.ndarray, units) -> np.ndarray:
    return np.mod(np.arctan2(items[:, 1], items[:, 0]) / (2 * np.pi), 1) * units["turn"]


def write(path: Path, items: np.ndarray, units, labels, names) -> None:
    np.savetxt(path, in_units(items, units))


ANGLE = Kind(
    name="angle",
    one="angle",
    many="angles",
    array="angles",
    recipe="folder",
    ending=ENDING,
    prepare=lambda array, settings, title: Prepared(array.astype(np.float32)),
    describe=lambda items, units: f"{len(items):,} angles",
    claims=lambda path: path.suffix == ENDING,
    read=read,
    facts=lambda items, units: [f"{in_units(items, units).mean():.0f} degrees on average"],
    suits=(
        *((f"{player}.net", "dense", "angles") for player in ("generator", "discriminator")),
        *((f"{player}.widths", [16], "angles") for player in ("generator", "discriminator")),
        ("augment.name", "none", "angles"),
        ("generator.output", "linear", "angles"),
    ),
    items_of=lambda raw, settings, units: raw / np.maximum(np.linalg.norm(raw, axis=1, keepdims=True), 1e-9),
    in_units=in_units,
    rescaled=lambda items, units, other: items,
    flat=lambda items, numbers: np.asarray(items, np.float32),
    flat_name=lambda shape, numbers: "directions",
    noise=lambda like, count, rng: rng.uniform(-1, 1, (count, 2)).astype(np.float32),
    sheet=lambda items, units, how: np.full((9, 11, 3), 77, np.uint8),
    lines=lambda items, units, most: [f"{angle:.0f} degrees" for angle in in_units(items[:most], units)],
    endings=(ENDING,),
    write=write,
    measures=lambda real, made, units, heldout: [
        Row("mean", "mean direction", 0.25, 0.0, "lower", "how far it is off")
    ],
)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setitem(KINDS, "angle", ANGLE)
    path = tmp_path / f"winds{ENDING}"
    np.savetxt(path, np.random.default_rng(0).normal(90, 20, 400))
    return path


def test_a_new_kind_is_at_home_everywhere(source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    store = open_store(DataSettings(source=str(source)))
    assert (store.kind, store.units) == (ANGLE, {"turn": 360})
    assert main(["data", "info", str(source), "--sheet", str(tmp_path / "sheet.png")]) == 0
    assert "degrees on average" in capsys.readouterr().out
    run = tmp_path / "run"
    settings = ("data.batch=32", "data.labels=none", "watch.samples=4", "device=cpu", "watch.judge=0")
    flags = [word for setting in settings for word in ("--set", setting)]
    assert (
        main(["train", "folder", "--data", str(source), "--updates", "20", "--out", str(run), "--quiet", *flags]) == 0
    )
    generator = load(run)
    assert generator.kind is ANGLE
    np.testing.assert_allclose(np.linalg.norm(generator.items(generator.latents(7)), axis=1), 1, rtol=1e-5)
    degrees = generator.sample(7)
    assert degrees.shape == (7,)
    assert main(["sample", str(run), "--count", "7", "--seed", "0", "--out", str(tmp_path / f"a{ENDING}")]) == 0
    np.testing.assert_allclose(np.loadtxt(tmp_path / f"a{ENDING}"), degrees)
    figures = {figure.key: figure for figure in evaluate(run, count=200).figures}
    assert figures["mean"].value == 0.25
    assert "directions" in figures["fd"].name
    assert main(["diagnose", str(run)]) == 0


def test_a_recipe_for_pictures_sends_a_kind_to_its_own(
    source: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    import dataclasses

    monkeypatch.setitem(KINDS, "angle", dataclasses.replace(ANGLE, suits=None, recipe="compass"))
    assert main(["train", "folder", "--data", str(source), "--updates", "5", "--out", str(source.with_name("no"))]) == 1
    said = capsys.readouterr().err
    assert "holds angles" in said
    assert "compass" in said
    assert said.count("\n") == 1
