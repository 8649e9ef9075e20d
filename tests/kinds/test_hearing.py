"""Traits of sounds against what is known of tones, and a generator of sounds that is steered by them."""

from __future__ import annotations

import json
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.stats import spearmanr

from gansmith import cli
from gansmith.data.store import open_store
from gansmith.data.toys import tones
from gansmith.explore import explore, options
from gansmith.game.torch_game import TorchGame
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.ground.labelling import UNLABELLED
from gansmith.ground.recipes.settings import (
    DataSettings,
    LatentSettings,
    NetSettings,
    PrecisionSettings,
    Recipe,
)
from gansmith.kinds import KINDS
from gansmith.kinds.signal import hearing
from gansmith.latent.appearance import learned_traits, traits
from gansmith.latent.steering import control, directions, styles, walks
from gansmith.latent.steering.survey import measure_latents
from gansmith.runs.setup import describe_data
from gansmith.training import checkpoint

UNITS = {"rate": tones.RATE, "length": tones.LENGTH, "layout": "NL", "means": [0.0], "deviations": [0.25]}
HEARD = hearing.traits(UNITS)
SIGNAL = KINDS["signal"]


def stored(count: int) -> tuple[np.ndarray, tones.Truth]:
    truth = tones.truth(count, 3)
    return (tones.play(truth) / 0.25)[:, None, :, None], truth


# ---- traits


def test_traits_of_tones_are_what_they_were_made_with():
    items, truth = stored(240)
    found = traits.measure(items, HEARD.measures)
    cents = 1200 * np.log2(found["pitch"] / tones.PITCHES[truth.labels])
    assert np.abs(cents).max() < 20
    np.testing.assert_allclose(found["decay"], 20 * np.log10(np.e) * truth.decay, rtol=0.05, atol=4)
    first = truth.labels == 0
    assert spearmanr(found["brightness"][first], truth.brightness[first])[0] > 0.97  # pyright: ignore
    np.testing.assert_allclose(found["loudness"], 0.25 * items[:, 0, :, 0].std(axis=1), rtol=1e-6)


def test_loudness_joins_channels_in_their_own_units():
    rng = np.random.default_rng(0)
    items = rng.standard_normal((5, 1, 400, 2)).astype(np.float32)
    units = {"means": [0.0, 7.0], "deviations": [3.0, 4.0]}
    made = hearing.loudness(items, units)
    np.testing.assert_allclose(
        made, np.sqrt((9 * items[:, 0, :, 0].var(1) + 16 * items[:, 0, :, 1].var(1)) / 2), rtol=1e-5
    )


def test_equal_sounds_vary_in_nothing():
    items = np.repeat(stored(1)[0], 20, axis=0)
    assert not any(traits.varies(one, items, HEARD) for one in HEARD.measures.values())
    with pytest.raises(RunError, match="no trait does"):
        traits.need_spread({"pitch": HEARD.measures["pitch"]}, items, HEARD)


def test_a_class_is_learned_from_examples():
    items, truth = stored(240)
    high = learned_traits.learn(items[:120], truth.labels[:120] > 5, HEARD)
    assert np.mean((high(items[120:]) > 0) == (truth.labels[120:] > 5)) > 0.9


# ---- a generator whose every sound is known


class Sines:
    """z[0] makes the pitch higher, z[1] makes it louder; the other coordinates do nothing."""

    kind, units, classes, labelling = SIGNAL, UNITS, 0, UNLABELLED
    item_shape, latent_dim = (1, 1, 256), 8
    recipe = replace(Recipe(), latent=LatentSettings(dim=8))

    def latents(self, count: int, seed: int = 0, truncation: float = 1.0) -> np.ndarray:
        return np.random.default_rng(seed).standard_normal((count, 8)).astype(np.float32)

    def items(self, latents: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        time, low = np.arange(256) / tones.RATE, np.clip(latents[:, :2], -3, 3)
        waves = np.sin(2 * np.pi * (600 + 100 * low[:, :1]) * time) * (1 + 0.25 * low[:, 1:])
        return waves.astype(np.float32)[:, None, :, None]


def test_pitch_and_loudness_are_found_and_set():
    maker = Sines()
    wanted = traits.select(("pitch", "loudness"), of=HEARD)
    survey = measure_latents(maker, wanted, 400)  # pyright: ignore[reportArgumentType]
    found = directions.regress(survey)
    for row, name in enumerate(found.traits):
        assert (
            abs(found.coefficients[row] / np.linalg.norm(found.coefficients[row]))[("pitch", "loudness").index(name)]
            > 0.98
        )
    means = styles.average(survey, "normal", styles.categories(("pitch", "loudness"), HEARD))
    assert set(means) == {"high-loud", "high-quiet", "low-loud", "low-quiet"}
    assert means["high-quiet"].vector[0] > 0.5 > -0.5 > means["high-quiet"].vector[1]
    latents = maker.latents(12, 9)
    targets = {"pitch": np.full(12, 640.0), "loudness": np.full(12, 0.2)}
    moved = control.steer(maker, found, survey, wanted, targets, latents, None)  # pyright: ignore[reportArgumentType]
    made = traits.measure(maker.items(moved), wanted)
    assert np.abs(made["pitch"] - 640).mean() < 5
    assert np.abs(made["loudness"] - 0.2).mean() < 0.01
    walk = walks.pictures(maker, np.stack([latents, moved]))  # pyright: ignore[reportArgumentType]
    assert walk.shape == (2, 12, 1, 256, 1)


# ---- as a user types it


def make_run(root: Path, source: str, item_shape: tuple[int, ...], net: str = "dcgan", **data: object) -> Path:
    recipe = Recipe(
        device="cpu",
        data=DataSettings(source=source, **data),  # pyright: ignore[reportArgumentType]
        latent=LatentSettings(dim=4),
        generator=NetSettings(net=net, widths=(4,), kernels=(8,), strides=(4,), initial="normal", initial_scale=0.5),  # pyright: ignore[reportArgumentType]
        discriminator=NetSettings(net=net, widths=(4,), kernels=(8,), strides=(4,)),  # pyright: ignore[reportArgumentType]
        precision=PrecisionSettings("float32"),
    )
    store = open_store(recipe.data)
    folder = RunFolder(root)
    folder.create(recipe)
    write_json(folder.data, describe_data(store))
    game = TorchGame(recipe, item_shape, 0)
    checkpoint.save(folder, checkpoint.Checkpoint(3, game.state(), {"seconds": 0.0}))
    return root


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_run(tmp_path_factory.mktemp("runs") / "tones", "tones", (1, 1, 512), first=48, kind="signal")


TYPED: dict[str, tuple[list[str], set[str]]] = {
    "truncate": (["--columns", "3", "--levels", "1", "0.5"], {"truncate.png", "truncate-01.wav", "truncate-02.wav"}),
    "interpolate": (["--stations", "2", "--steps", "3"], {"walk.png", "walk.gif", "walk-02.wav"}),
    "traverse": (["--dims", "1", "--steps", "3"], {"traverse.png", "dim-001-01.wav"}),
    "average": (["--count", "60"], {"averages.png", "averages-01.wav", "styles.safetensors"}),
    "scale": (["--frames", "3"], {"scale.webp", "scale-01.wav"}),
    "arithmetic": (["loud - quiet"], {"arithmetic.png", "arithmetic-01.wav"}),
    "directions": (["--count", "60", "--traits", "pitch", "brightness"], {"directions.png", "directions-02.wav"}),
    "control": (["loudness=0.1", "--count", "60", "--samples", "2"], {"control.png", "control-02.wav", "latents.npz"}),
}


def test_every_verb_that_a_sound_has(run: Path, capsys: pytest.CaptureFixture[str]):
    """In turn, as scale and arithmetic take the styles of average."""
    for verb, (arguments, files) in TYPED.items():
        if verb == "scale":  # styles whose names are known
            explore(run, "average", options.Average(traits=("loudness",), count=60))
        assert cli.main(["explore", str(run), verb, *arguments]) == 0, capsys.readouterr().err
        folder = RunFolder(run).explorations()[-1].root
        made = set(json.loads((folder / "result.json").read_text(encoding="utf-8"))["files"])
        assert files <= made, verb
        for name in made:
            if name.endswith(".wav"):
                with wave.open(str(folder / name)) as file:
                    assert file.getframerate() == tones.RATE
                    assert file.getnframes() >= 2 * tones.LENGTH
            elif name.endswith(".png"):
                with Image.open(folder / name) as picture:
                    assert min(picture.size) > 64


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["project"], "project needs pictures, and this generator makes signals"),
        (["sense"], "sense needs pictures"),
        (["upscale"], "upscale needs pictures"),
        (["inpaint"], "inpaint needs pictures"),
        (["average", "--liked", "a", "--disliked", "b"], "learning traits from picture files needs pictures"),
        (["average", "--traits", "slant"], "unknown trait 'slant'"),
        (["control", "pich=300"], "unknown trait 'pich'; did you mean 'pitch'"),
    ],
)
def test_what_a_sound_does_not_have_is_one_line(
    arguments: list[str], words: str, run: Path, capsys: pytest.CaptureFixture[str]
):
    assert cli.main(["explore", str(run), *arguments]) == 1
    told = capsys.readouterr().err.strip()
    assert words in told
    assert len(told.splitlines()) == 1


def test_other_kinds_have_what_suits_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Lines of text are shown one by one and have no traits; points of a plot are not."""
    words = tmp_path / "words.txt"
    words.write_text("\n".join(f"word{number}" for number in range(40)), encoding="utf-8")
    store = open_store(DataSettings(source=str(words)))
    shape = (store.items.shape[3], 1, store.items.shape[2])
    text = make_run(tmp_path / "text", str(words), shape, "dense")
    assert cli.main(["explore", str(text), "interpolate", "--stations", "2", "--steps", "2"]) == 0
    assert cli.main(["explore", str(text), "directions", "--method", "factorised", "--number", "2"]) == 0
    capsys.readouterr()
    assert cli.main(["explore", str(text), "average"]) == 1
    assert "average needs traits, and none are measured on lines" in capsys.readouterr().err
    vectors = make_run(tmp_path / "ring", "ring", (2,), "dense", first=64)
    assert cli.main(["explore", str(vectors), "interpolate"]) == 1
    assert "interpolate shows items side by side, and vectors are shown together in one plot" in capsys.readouterr().err
