"""`gansmith sample` by several seeds, by latents of a file, on the way between two seeds, and as a film."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import small_runs
from gansmith.cli import main
from gansmith.ground.errors import RunError
from gansmith.trained import drawn
from gansmith.trained.generator import Generator, load


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_runs.make(tmp_path_factory.mktemp("sample") / "small").root


@pytest.fixture(scope="module")
def generator(run: Path) -> Generator:
    return load(run)


def images(*typed: object) -> np.ndarray:
    """What the command writes as out.npz in the current folder."""
    assert main(["sample", *map(str, typed), "--out", "out.npz"]) == 0
    return np.load("out.npz")["images"]


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("text", "seeds"),
    [("7", [7]), ("0-3", [0, 1, 2, 3]), ("3, 9,20-21", [3, 9, 20, 21]), ("5-5", [5])],
)
def test_seeds_are_read(text: str, seeds: list[int]):
    assert drawn.parse_seeds(text) == seeds


@pytest.mark.parametrize("text", ["", "a", "3-", "9-3", "-3", "1..3", "0-100000", "0-99999,5", "1-2-3", "3,,4"])
def test_other_seeds_are_refused(text: str):
    with pytest.raises(RunError, match="write them as 0-99"):
        drawn.parse_seeds(text)


def test_each_seed_gives_its_own_first_picture(run: Path):
    several = images(run, "--seeds", "3,8-9")
    alone = [images(run, "--seed", seed, "--count", 1)[0] for seed in (3, 8, 9)]
    assert np.array_equal(several, np.stack(alone))


def test_files_are_called_after_their_seeds(run: Path):
    assert main(["sample", str(run), "--seeds", "8-9", "--label", "4", "--out", "some"]) == 0
    assert sorted(path.name for path in Path("some").iterdir()) == ["seed-8-4.png", "seed-9-4.png"]


def test_latents_come_from_a_file(run: Path, generator: Generator):
    latents, labels = generator.latents(5, 2), np.array([1, 1, 0, 9, 4])
    np.savez("mine.npz", latents=latents, labels=labels)
    assert np.array_equal(images(run, "--latents", "mine.npz"), generator.images(latents, labels))
    assert np.array_equal(images(run, "--latents", "mine.npz", "--label", 7), generator.images(latents, np.full(5, 7)))
    np.savez("plain.npz", latents=latents.astype(np.float64))
    assert np.array_equal(images(run, "--latents", "plain.npz"), generator.images(latents, generator.labels(5)))


@pytest.mark.usefixtures("hasty_judges")
def test_latents_of_an_exploration_make_its_pictures(run: Path):
    assert main(["explore", str(run), "project", "--count", "2", "--restarts", "1", "--steps", "2"]) == 0
    (file,) = run.glob("explore/*-project/latents.npz")
    assert len(images(run, "--latents", file)) == 2


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"z": np.zeros((2, 6))}, "holds no array `latents`, but z"),
        ({"latents": np.zeros((2, 5))}, r"takes finite numbers of shape \(N, 6\)"),
        ({"latents": np.zeros(6)}, r"its latents are float64 \(6,\)"),
        ({"latents": np.zeros((0, 6))}, "takes finite numbers"),
        ({"latents": np.full((2, 6), np.nan)}, "takes finite numbers"),
        ({"latents": np.full((2, 6), 1e300)}, "takes finite numbers"),
        ({"latents": np.full((2, 6), "a")}, "takes finite numbers"),
        ({"latents": np.zeros((2, 6)), "labels": np.array([1])}, "1 label for 2 samples"),
        ({"latents": np.zeros((2, 6)), "labels": np.array([1, 10])}, "label 10 is none of"),
        ({"latents": np.zeros((2, 6)), "labels": np.array(["1", "2"])}, "they must be whole numbers"),
    ],
)
def test_other_files_are_refused(arrays: dict, words: str, generator: Generator):
    np.savez("mine.npz", **arrays)
    with pytest.raises(RunError, match=words):
        drawn.of_file(generator, Path("mine.npz"))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no archive", b"\x93NUMPY"])
def test_what_is_no_archive_is_refused(data: bytes, generator: Generator):
    Path("mine.npz").write_bytes(data)
    with pytest.raises(RunError, match=r"cannot be read as an \.npz"):
        drawn.of_file(generator, Path("mine.npz"))
    np.save("one.npy", np.zeros((2, 6)))
    with pytest.raises(RunError, match=r"cannot be read as an \.npz"):
        drawn.of_file(generator, Path("one.npy"))


def test_the_way_begins_and_ends_at_its_seeds(run: Path, generator: Generator):
    way = images(run, "--between", 3, 8, "--frames", 5, "--label", 2)
    ends = [images(run, "--seed", seed, "--count", 1, "--label", 2)[0] for seed in (3, 8)]
    assert len(way) == 5
    assert np.array_equal(way[[0, -1]], np.stack(ends))
    latents = drawn.between(generator, 3, 8, 5).latents
    lengths = np.linalg.norm(latents, axis=1)
    np.testing.assert_allclose(lengths, np.linspace(lengths[0], lengths[-1], 5), rtol=1e-5)  # on the shell


def test_the_way_through_even_latents_is_straight(tmp_path: Path):
    made = load(small_runs.make(tmp_path / "even", latent__law="uniform").root)
    latents = drawn.between(made, 0, 1, 3).latents
    np.testing.assert_allclose(latents[1], (latents[0] + latents[2]) / 2, atol=1e-6)


def test_the_way_keeps_the_class_of_its_first_seed(generator: Generator):
    found = drawn.between(generator, 3, 8, 4)
    label = generator.labels(1, seed=3)
    assert label is not None
    assert found.labels.tolist() == [label[0]] * 4
    assert f"all of class {label[0]}" in found.told


def test_films_hold_every_frame(run: Path, capsys: pytest.CaptureFixture):
    assert main(["sample", str(run), "--between", "3", "8", "--frames", "4"]) == 0
    assert "4 pictures from seed 3 to seed 8" in capsys.readouterr().out
    with Image.open("between-3-8.webp") as film:
        assert getattr(film, "n_frames", 1) == 4
        assert film.size == (256, 256)


def test_films_of_odd_sides_are_made_even():
    av = pytest.importorskip("av")
    from gansmith.report.animation import animate

    frames = [np.full((21, 33, 3), level, np.uint8) for level in (0, 120, 250)]
    animate(frames, Path("film.mp4"), 40)
    with av.open("film.mp4") as film:
        stream = film.streams.video[0]
        shown = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    assert (stream.width, stream.height, stream.average_rate) == (34, 22, 25)
    assert [frame.shape for frame in shown] == [(22, 34, 3)] * 3
    assert [abs(int(frame.mean()) - level) <= 3 for frame, level in zip(shown, (0, 120, 250), strict=True)] == [
        True
    ] * 3


def test_a_film_without_its_extra_is_refused_before_it_is_made(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    monkeypatch.setitem(sys.modules, "av", None)
    assert main(["sample", str(run), "--between", "3", "8", "--out", "film.mp4"]) == 1
    assert "pip install 'gansmith[video]'" in capsys.readouterr().err
    assert not Path("film.mp4").exists()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("--seeds 0-3 --count 5", "--count goes with --seed"),
        ("--seeds 0-3 --seed 5", "not allowed with"),
        ("--seed 3 --frames 5", "--frames goes with --between"),
        ("--between 3 8 --frames 1", "the two seeds need at least 2"),
        ("--latents none.npz", "cannot be read as an .npz"),
        ("--latents none.npz --truncation .5", "leave --truncation out"),
        ("--seeds 9-3", "the smaller one first"),
        ("--between 3 8 --out film.avi", "give a name that ends in .png, .npz, .webp, .gif, .mp4, or a folder"),
    ],
)
def test_what_makes_no_sense_is_one_line(typed: str, words: str, run: Path, capsys: pytest.CaptureFixture):
    assert main(["sample", str(run), *typed.split()]) == 1
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1
