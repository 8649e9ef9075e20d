"""A generator seen from behind its mapping network: the same pictures, standard coordinates, and every verb."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from gansmith.cli import main
from gansmith.explore import explore, options
from gansmith.explore.options import Options
from gansmith.explore.session import Result
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.latent.steering import directions, layers
from gansmith.trained.generator import Generator, load
from gansmith.trained.styled import EACH_STAGE, Styled, in_space
from small_runs import make


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return make(tmp_path_factory.mktemp("styled") / "run", generator__mapping=2)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return make(tmp_path_factory.mktemp("plain") / "run")


@pytest.fixture(scope="module")
def generator(folder: RunFolder) -> Generator:
    return load(folder.root)


@pytest.fixture(scope="module")
def styled(generator: Generator) -> Styled:
    made = in_space(generator, "auto")
    assert isinstance(made, Styled)
    return made


@pytest.fixture(scope="module")
def each(generator: Generator) -> Styled:
    made = in_space(generator, "w", each_stage=True)
    assert isinstance(made, Styled)
    return made


def test_seeds_make_the_same_pictures_in_every_space(generator: Generator, styled: Styled, each: Styled):
    wanted = generator.sample(5, 3).astype(int)
    assert wanted.std() > 5
    for other in (styled, each):
        assert np.abs(other.sample(5, 3) - wanted).max() <= 1
    assert (styled.space, each.space) == ("w", EACH_STAGE)
    assert each.latent_dim == 2 * styled.latent_dim == 2 * generator.latent_dim


def test_coordinates_are_standard(styled: Styled):
    rows = styled.latents(8_192)
    np.testing.assert_allclose(rows.mean(0), 0, atol=1e-3)
    np.testing.assert_allclose(np.cov(rows, rowvar=False), np.eye(6), atol=1e-3)
    w = styled.styles(styled.of.latents(4))
    np.testing.assert_allclose(styled.latents(4) @ styled.factor + styled.mean, w, atol=1e-4)


def test_truncation_goes_to_the_mean_style(styled: Styled):
    np.testing.assert_allclose(styled.latents(4, 1, 0.5), styled.latents(4, 1) / 2, atol=1e-6)
    with pytest.raises(RunError, match="truncation is 2"):
        styled.latents(4, 1, 2)


def test_it_can_be_decoded_with_gradients(styled: Styled):
    rows = torch.as_tensor(styled.latents(3)).requires_grad_(True)
    made = styled.decode(rows, torch.tensor([0, 1, 2]))
    made.sum().backward()
    assert rows.grad is not None
    assert rows.grad.abs().sum() > 0


def test_directions_of_the_weights_are_those_of_all_norms(styled: Styled, generator: Generator):
    matrix = layers.weights(styled)
    arrays = generator.arrays
    stacked = np.concatenate([arrays[name] for name in sorted(arrays) if arrays[name].shape in ((16, 6), (8, 6))])
    assert matrix.shape == stacked.shape
    found = directions.factorise(matrix, 6)
    length = max(np.linalg.norm(stacked @ styled.factor @ row) for row in np.eye(6))
    assert np.linalg.norm(matrix @ next(iter(found.values())).vector) >= length * (1 - 1e-4)


def test_mixed_rows_have_the_coarse_stages_of_the_row_and_the_fine_ones_of_the_column():
    rows = np.arange(12.0).reshape(2, 6)  # two samples, three stages
    mixed = layers.mixed_styles(rows, 3, 1)
    np.testing.assert_array_equal(mixed[0, 1], [0, 1, 8, 9, 10, 11])
    np.testing.assert_array_equal(mixed[1, 0], [6, 7, 2, 3, 4, 5])
    for index in range(2):
        np.testing.assert_array_equal(mixed[index, index], rows[index])
    with pytest.raises(RunError, match="3 stages, so give 1 to 2"):
        layers.mixed_styles(rows, 3, 3)


FEW = {"count": 2, "samples": True, "steps": 6, "restarts": 1}
VERBS: dict[str, tuple[str, Options]] = {
    "grid": ("grid", options.Grid(columns=2)),
    "truncate": ("truncate", options.Truncate(columns=2)),
    "mix classes": ("mix", options.Mix()),
    "mix samples": ("mix", options.Mix(samples=3)),
    "interpolate": ("interpolate", options.Interpolate(stations=2, steps=2)),
    "traverse": ("traverse", options.Traverse(steps=2)),
    "average": ("average", options.Average(count=60, traits=("ink",))),
    "scale": ("scale", options.Scale(frames=3, shell=True)),
    "arithmetic": ("arithmetic", options.Arithmetic(expression="full - faint", save="sum")),
    "regression": ("directions", options.Directions(count=60, traits=("ink", "width"))),
    "principal": ("directions", options.Directions(count=60, method="principal", number=2)),
    "factorised": ("directions", options.Directions(method="factorised", number=2)),
    "control": ("control", options.Control(asked=("ink=30",), samples=2, count=60, rounds=1)),
    "project": ("project", options.Project(**FEW)),
    "project each stage": ("project", options.Project(**FEW, each_stage=True)),
    "inpaint": ("inpaint", options.Inpaint(**FEW, realism=False)),
}


@pytest.fixture(scope="module")
def results(folder: RunFolder) -> dict[str, Result]:
    return {name: explore(folder.root, verb, asked) for name, (verb, asked) in VERBS.items()}


def test_every_verb_works_in_w_and_says_so(results: dict[str, Result]):
    for name, result in results.items():
        space = EACH_STAGE if name == "project each stage" else "w"
        assert result.notes[0].startswith(f"latents are {space}, behind the mapping network"), name
        assert all((result.folder / file).stat().st_size for file in result.files), name


def test_what_is_stored_keeps_the_spaces_apart(folder: RunFolder, results: dict[str, Result]):
    assert "styles-w.safetensors" in results["average"].files
    assert "directions-w.safetensors" in results["regression"].files
    with pytest.raises(RunError, match=r"no styles of z yet.*--space z"):
        explore(folder.root, "scale", options.Scale(space="z"))


def test_latents_that_were_found_are_sampled_in_their_space(
    results: dict[str, Result], folder: RunFolder, tmp_path: Path
):
    for name in ("project", "project each stage"):
        out = tmp_path / "made.npz"
        main(["sample", str(folder.root), "--latents", str(results[name].folder / "latents.npz"), "--out", str(out)])
        found = np.load(results[name].folder / "latents.npz")
        each = name != "project"
        seen = in_space(load(folder.root), "w", each_stage=each)
        wanted = seen.images(found["latents"], found["labels"])
        np.testing.assert_array_equal(np.load(out)["images"], wanted)


def test_samples_of_a_seed_are_taken_from_z_unless_they_are_truncated(
    folder: RunFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    def said(*more: str) -> str:
        main(["sample", str(folder.root), "--count", "3", "--seed", "0", "--out", str(tmp_path / "s.png"), *more])
        return capsys.readouterr().out

    assert "in w" not in said()
    assert "in w" in said("--truncation", "0.5")
    assert "in w" not in said("--truncation", "0.5", "--space", "z")


def test_runs_without_a_mapping_network_are_as_before(plain: RunFolder):
    generator = load(plain.root)
    assert in_space(generator, "auto") is generator
    assert not any("mapping" in note for note in explore(plain.root, "grid", options.Grid(columns=2)).notes)


@pytest.mark.parametrize(
    "asked",
    [("grid", options.Grid(space="w")), ("project", options.Project(each_stage=True)), ("mix", options.Mix(samples=2))],
)
def test_what_needs_one_is_refused_without_one(asked: tuple[str, Options], plain: RunFolder):
    with pytest.raises(RunError, match=r"no mapping network.*generator\.mapping=4"):
        explore(plain.root, *asked)


def test_z_has_no_stages(folder: RunFolder):
    with pytest.raises(RunError, match="--space z has none"):
        explore(folder.root, "project", options.Project(space="z", each_stage=True))
