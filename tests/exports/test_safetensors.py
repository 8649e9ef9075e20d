"""`gansmith export RUN safetensors`: read back by Gansmith, and by plain PyTorch and NumPy."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from generators import KINDS, data, generator
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import save

import small_runs
from gansmith import cli
from gansmith.exports import export
from gansmith.ground import alpha
from gansmith.ground.errors import RunError
from gansmith.ground.networks.plan import Activation, Conv, Residual
from gansmith.ground.recipes import recipe as recipes
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import StartSettings
from gansmith.nets import plan_generator
from gansmith.trained import parcel
from gansmith.trained.origin import read
from walks import example


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_runs.make(tmp_path_factory.mktemp("export") / "small").root


def told(path: Path) -> dict:
    with safe_open(path, "np") as file:
        return {name: json.loads(text) for name, text in file.metadata().items()}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("library", ["torch", "numpy"])
def test_the_examples_make_the_same_pictures(library: str, kind: str, tmp_path: Path):
    made, path = generator(kind), tmp_path / "made.safetensors"
    path.write_bytes(parcel.write(made, data(made), 0))
    walk = example(f"generator_in_{library}")
    header, arrays = walk.load(path)
    latents, labels = made.latents(6, seed=5), made.labels(6, seed=5)
    z = walk.latents(header, 6, 5)
    assert np.array_equal(np.asarray(z), latents)
    y = torch.as_tensor(labels) if library == "torch" and labels is not None else labels
    found = walk.run(header["plan"], arrays, z, y)
    np.testing.assert_allclose(np.asarray(found).transpose(0, 2, 3, 1), made.raw(latents, labels), atol=2e-5)
    levels = walk.pictures(header, found).astype(int) - made.images(latents, labels)
    assert np.abs(levels).max() <= 1


@pytest.mark.parametrize("library", ["torch", "numpy"])
def test_the_examples_know_transparency(library: str, tmp_path: Path):
    made, path = generator("odd", (4, 16, 16)), tmp_path / "made.safetensors"
    path.write_bytes(parcel.write(made, data(made), 0))
    walk = example(f"generator_in_{library}")
    header, arrays = walk.load(path)
    found = walk.pictures(header, walk.run(header["plan"], arrays, walk.latents(header, 6, 5), None))
    levels = alpha.premultiplied(found).astype(int) - made.sample(6, 5)
    assert np.abs(levels).max() <= 1


@pytest.mark.parametrize("library", ["torch", "numpy"])
def test_one_seed_is_one_picture_as_typed(library: str, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    done = export(run, "safetensors", tmp_path / "g.safetensors")
    walk = example(f"generator_in_{library}")
    header, arrays = walk.load(done.path)
    label = torch.tensor([3]) if library == "torch" else np.array([3])
    found = walk.pictures(header, walk.run(header["plan"], arrays, walk.latents(header, 1, "11"), label))
    assert (
        cli.main(["sample", str(run), "--count", "1", "--seed", "11", "--label", "3", "--out", str(tmp_path / "s")])
        == 0
    )
    with Image.open(next((tmp_path / "s").iterdir())) as picture:
        assert np.abs(np.asarray(picture).astype(int) - found[0, :, :, 0]).max() <= 1


def test_the_header_tells_what_is_needed(run: Path, tmp_path: Path):
    found = told(export(run, "safetensors", tmp_path / "g.safetensors").path)
    assert found["gansmith"] == 1
    assert found["latent"] == {"dim": 6, "law": "normal"}
    assert found["pixels"] == {"range": "symmetric", "low": -1, "high": 1}
    assert found["data"]["item_shape"] == [1, 16, 16]
    assert found["trained"]["update"] == 7
    assert found["licence"] is None


def test_layers_are_told_by_kind_and_fields():
    layers = (
        Residual((Conv(1, 2, 3, 1, ((1, 1), (1, 2))),), (Activation("leaky", 0.1),), 0.5),
        Activation("tanh"),
    )
    assert parcel.table_of(layers) == [
        {
            "kind": "Residual",
            "scale": 0.5,
            "body": [
                {
                    "kind": "Conv",
                    "inputs": 1,
                    "outputs": 2,
                    "kernel": 3,
                    "stride": 1,
                    "padding": ((1, 1), (1, 2)),
                    "bias": True,
                    "spectral": False,
                    "even": 0,
                }
            ],
            "shortcut": [{"kind": "Activation", "function": "leaky", "slope": 0.1}],
        },
        {"kind": "Activation", "function": "tanh", "slope": 0.2},
    ]


def test_places_on_this_machine_stay_here():
    for source, sent in (
        ("digits", "digits"),
        ("hf:user/name", "hf:user/name"),
        ("/home/ann/my-pictures", parcel.ELSEWHERE + "my-pictures"),
        ("stacked:/home/ann/mnist", "stacked:" + parcel.ELSEWHERE + "mnist"),
    ):
        recipe = override(small_runs.RECIPE, {"data.source": source, "start.source": source})
        assert parcel.shareable(recipe).data.source == parcel.shareable(recipe).start.source == sent
        assert parcel.shareable(parcel.shareable(recipe)) == parcel.shareable(recipe)


def test_nothing_of_this_machine_is_in_a_file(tmp_path: Path):
    made = generator("dcgan")
    made.recipe = override(made.recipe, {"data.source": str(tmp_path / "holiday")})
    written = parcel.write(made, data(made) | {"skipped": [["ann.png", "broken"]]}, 0)
    assert b"holiday" in written
    assert str(tmp_path).encode() not in written
    assert b"ann.png" not in written
    assert b"file:" not in written


def test_what_is_written_is_read(run: Path, tmp_path: Path):
    path = export(run, "safetensors", tmp_path / "g.safetensors").path
    found = parcel.read(path)
    assert found.recipe == small_runs.RECIPE
    assert found.update == 7
    assert found.data["class_names"] == [str(digit) for digit in range(10)]


def spoilt(path: Path, arrays: dict | None = None, **header: object) -> Path:
    """The file with other arrays and other fields in its header."""
    with safe_open(path, "np") as file:
        known = file.metadata() | {name: json.dumps(value) for name, value in header.items() if value is not None}
        was = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    kept = {name: text for name, text in known.items() if name not in header or header[name] is not None}
    path.write_bytes(save({**was, **(arrays or {})}, kept))
    return path


@pytest.mark.parametrize(
    ("arrays", "header", "words"),
    [
        ({"9.extra": np.zeros(1, np.float32)}, {}, "9.extra is no array of its plan"),
        ({"1.bias": np.zeros(5, np.float32)}, {}, "1.bias"),
        ({"1.weight": np.zeros((1, 1), np.float32)}, {}, r"1.weight has shape \(1, 1\), and its plan has"),
        ({}, {"gansmith": 9}, "it is of format 9"),
        ({}, {"gansmith": None}, "no header of a generator"),
        ({}, {"recipe": None}, "its header lacks 'recipe'"),
        ({}, {"recipe": {"loss": 3}}, "its recipe"),
        ({}, {"recipe": [3]}, "no generator"),
        ({}, {"data": {"item_shape": [0, 4, 4]}}, "item_shape is"),
        ({}, {"data": {}}, "its header lacks 'item_shape'"),
        ({}, {"data": {"item_shape": "wide"}}, "no generator"),
        ({}, {"trained": {}}, "its header lacks 'update'"),
    ],
)
def test_other_files_are_refused_in_a_line(arrays: dict, header: dict, words: str, run: Path, tmp_path: Path):
    path = spoilt(export(run, "safetensors", tmp_path / "g.safetensors").path, arrays, **header)
    with pytest.raises(RunError, match=words) as refused:
        parcel.read(path)
    assert "\n" not in str(refused.value)


def test_a_damaged_file_is_refused(run: Path, tmp_path: Path):
    path = export(run, "safetensors", tmp_path / "g.safetensors").path
    whole = path.read_bytes()
    for part in (b"", b"PK\x03\x04", whole[:50], whole[:-9]):
        path.write_bytes(part)
        assert not parcel.is_parcel(path)
        with pytest.raises(RunError, match="no generator"):
            parcel.read(path)


def test_numbers_that_are_none_are_refused(run: Path, tmp_path: Path):
    path = export(run, "safetensors", tmp_path / "g.safetensors").path
    with safe_open(path, "np") as file:
        first = sorted(file.keys())[0]
        array = file.get_tensor(first)
    array.flat[0] = np.nan
    with pytest.raises(RunError, match="NaN or infinity"):
        parcel.read(spoilt(path, {first: array}))


def test_recipes_have_one_hash_wherever_they_were_trained():
    one, other = (override(small_runs.RECIPE, {"data.source": f"/{place}/mine"}) for place in ("a", "b"))
    assert parcel.recipe_hash(one) == parcel.recipe_hash(other)
    assert parcel.recipe_hash(one) != parcel.recipe_hash(override(one, {"seed": 1}))
    assert recipes.to_table(parcel.shareable(one))["data"]["source"].startswith(parcel.ELSEWHERE)


def test_a_training_that_starts_from_a_file_knows_its_plan(run: Path, tmp_path: Path):
    path = export(run, "safetensors", tmp_path / "g.safetensors").path
    found = read(StartSettings(str(path)))
    assert found.update == 7
    assert found.plans["generator"] == plan_generator(small_runs.RECIPE, (1, 16, 16), 10)
    assert all(name.startswith("ema/") for name in found.arrays)
    assert found.data["class_names"][3] == "3"
