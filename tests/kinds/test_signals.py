"""Signals are read, stored, come back in their own units, and are written."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import numpy as np
import pytest
from scipy.io import wavfile

from gansmith.cli import main
from gansmith.data.store import open_store
from gansmith.data.toys import tones
from gansmith.ground.errors import DataError
from gansmith.ground.recipes.settings import DataSettings, Recipe
from gansmith.kinds import KINDS, Shown
from gansmith.kinds.signal import kind, reading, sounds
from gansmith.recipes import load as load_recipe
from gansmith.runs.evaluation import evaluate
from gansmith.trained.generator import load

SIGNAL = KINDS["signal"]
RNG = np.random.default_rng(0)


def sine(rate: int, seconds: float = 1.0, hertz: float = 440.0) -> np.ndarray:
    return 0.5 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)


def stored(source: Path, **settings: object):
    return open_store(DataSettings(source=str(source), **settings))  # pyright: ignore[reportArgumentType]


# ---- sound files


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "float32", "float64"])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_width_is_read_as_the_same_sound(dtype: str, channels: int, tmp_path: Path):
    x = sine(8000)[:, None].repeat(channels, axis=1)
    steps = {"uint8": 128, "int16": 2**15, "int32": 2**31}.get(dtype, 1)
    values = x * steps + (128 if dtype == "uint8" else 0)
    wavfile.write(tmp_path / "a.wav", 8000, (np.rint(values) if steps > 1 else values).astype(dtype))
    found, rate = sounds.load(tmp_path / "a.wav")
    assert (rate, found.shape) == (8000, x.shape)
    np.testing.assert_allclose(found, x, atol=1 / 128 if dtype == "uint8" else 1e-4)


def test_24_bits_are_read(tmp_path: Path):
    x = np.rint(sine(8000) * 2**23).astype("<i4")
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(3)
        file.setframerate(8000)
        file.writeframes(x.view(np.uint8).reshape(-1, 4)[:, :3].tobytes())
    np.testing.assert_allclose(sounds.load(tmp_path / "a.wav")[0][:, 0], sine(8000), atol=1e-6)


def test_a_folder_of_unlike_files_is_one_set(tmp_path: Path):
    """Rates, channels, silence, broken files; folders are classes; every line is said once."""
    for name, rate, channels, seconds in (
        ("a/1", 8000, 1, 1),
        ("a/2", 8000, 2, 1),
        ("b/3", 44100, 1, 1),
        ("b/4", 8000, 1, 0.2),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        values = np.rint(2**15 * sine(rate, seconds)).astype(np.int16)[:, None].repeat(channels, axis=1)
        wavfile.write(tmp_path / f"{name}.wav", rate, values)
    wavfile.write(tmp_path / "a" / "silence.wav", 8000, np.zeros(8000, np.int16))
    (tmp_path / "b" / "broken.wav").write_bytes(b"RIFFxxxxWAVE nothing")
    (tmp_path / "b" / "empty.wav").write_bytes(b"")
    store = stored(tmp_path)
    assert store.kind is SIGNAL
    assert store.items.shape == (3 * 2 + 1, 1, 4096, 1), "two windows of a second, and the short file filled up"
    assert store.class_names == ("a", "b")
    assert store.units["rate"] == 8000
    heard = kind.spectra.pitch(store.items[:, 0]) * 8000
    np.testing.assert_allclose(heard, 440, atol=3)
    said = "\n".join([*store.said(), store.description])
    for words in ("resampled to 8,000", "mixed down", "silence", "broken"):
        assert words in said, (words, said)


def test_a_folder_without_a_sound_that_can_be_used_is_one_line(tmp_path: Path):
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    with pytest.raises(DataError, match=r"no sound that can be used, of 1 file; the first: a\.wav"):
        stored(tmp_path)
    with pytest.raises(DataError, match="holds no sounds"):
        SIGNAL.read(tmp_path / "none", DataSettings())


def test_what_needs_soundfile_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sounds, "find_spec", lambda name: None)
    (tmp_path / "a.flac").write_bytes(b"fLaC")
    with pytest.raises(DataError, match="need the package soundfile"):
        stored(tmp_path)


def test_resampling_keeps_pitch_and_loudness():
    made = sounds.resampled(sine(44100), 44100, 8000)
    assert len(made) == 8000
    np.testing.assert_allclose(made[500:-500], sine(8000)[500:-500], atol=2e-3)


@pytest.mark.parametrize(
    ("count", "length", "shape", "short"),
    [(100, 40, (3, 40), True), (80, 40, (2, 40), False), (90, 40, (2, 40), False), (7, 40, (1, 40), True)],
)
def test_windows(count: int, length: int, shape: tuple[int, int], short: bool):
    x = np.arange(1.0, count + 1)
    cut, padded = reading.windows(x, length)
    assert (cut.shape, padded) == (shape, short)
    kept = cut.ravel()[: min(count, cut.size)]
    assert np.array_equal(kept, x[: len(kept)])


# ---- arrays


@pytest.mark.parametrize(
    ("shape", "layout", "item"),
    [((50, 64), "NL", (1, 1, 64)), ((50, 3, 64), "NCL", (3, 1, 64)), ((50, 64, 3), "NLC", (3, 1, 64))],
)
def test_arrays_come_back_in_their_own_units_and_order(
    shape: tuple[int, ...], layout: str, item: tuple[int, ...], tmp_path: Path
):
    x = (RNG.normal(size=shape) * 300 + 1000).astype(np.float32)
    np.save(tmp_path / "x.npy", x)
    store = stored(tmp_path / "x.npy", kind="signal")
    assert (store.item_shape, store.units["layout"]) == (item, layout)
    assert abs(float(store.items.mean())) < 1e-3
    assert abs(float(store.items.std()) - 1) < 1e-3
    back = store.kind.in_units(store.items, store.units)
    np.testing.assert_allclose(back, x, rtol=1e-6, atol=1e-3)
    assert back.shape == x.shape
    assert json.loads(json.dumps(store.units)) == store.units


def test_one_long_series_is_cut(tmp_path: Path):
    np.save(tmp_path / "x.npy", RNG.normal(size=6400))
    assert stored(tmp_path / "x.npy", kind="signal").items.shape == (64, 1, 100, 1)
    assert stored(tmp_path / "x.npy", kind="signal", length=640).items.shape == (10, 1, 640, 1)


HOSTILE = {
    "text": (np.array(["a", "b"]), "signals are of numbers"),
    "complex": (np.ones((4, 16), complex), "signals are of numbers"),
    "too many axes": (np.zeros((2, 3, 4, 5)), "reshape it"),
    "too short": (np.zeros((9, 4)), "at least 8"),
    "missing": (np.full((9, 16), np.nan), "not finite"),
    "nothing": (np.zeros((0, 16)), "empty"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_signal_is_refused_in_one_line(name: str):
    array, words = HOSTILE[name]
    assert SIGNAL.prepare is not None
    with pytest.raises(DataError, match=words) as error:
        SIGNAL.prepare(array, DataSettings(kind="signal"), "x.npy")
    assert "\n" not in str(error.value)


def test_constant_channels_come_back(tmp_path: Path):
    x = np.stack([RNG.normal(size=(20, 32)), np.full((20, 32), 7.0)], axis=1)
    assert SIGNAL.prepare is not None
    made = SIGNAL.prepare(x, DataSettings(), "x")
    np.testing.assert_allclose(SIGNAL.in_units(made.items, made.units), x, atol=1e-5)


def test_other_scales_and_rates_are_compared_in_one(tmp_path: Path):
    assert SIGNAL.prepare is not None
    x = RNG.normal(size=(30, 40))
    one, two = (SIGNAL.prepare(x * factor, DataSettings(rate=100), "x") for factor in (1, 5))
    moved = SIGNAL.rescaled(one.items, one.units, two.units)
    np.testing.assert_allclose(SIGNAL.in_units(moved, two.units), x, atol=1e-5)
    other = {**two.units, "rate": 200}
    with pytest.raises(DataError, match=r"data\.rate=200"):
        SIGNAL.rescaled(one.items, one.units, other)


# ---- recipes, drawings, files


@pytest.mark.parametrize(
    ("length", "net", "layers"),
    [
        (24, "dense", 2),
        (127, "dense", 2),
        (128, "dcgan", 2),
        (512, "dcgan", 3),
        (4096, "dcgan", 4),
        (16384, "dcgan", 5),
    ],
)
def test_the_recipe_suits_any_length(length: int, net: str, layers: int):
    recipe = load_recipe("signal")
    fitted = SIGNAL.suited(recipe, {"length": length})
    assert (fitted.generator.net, len(fitted.generator.widths), len(fitted.discriminator.widths)) == (
        net,
        layers,
        layers,
    )
    assert SIGNAL.suited(fitted, {"length": length}) == fitted
    if length == 512:
        assert fitted == recipe
    assert SIGNAL.suited(Recipe(given=("generator.widths", "discriminator.net")), {"length": 24}) == Recipe()


def test_a_sheet_shows_waveforms_over_spectrograms():
    items = tones.sounds(6, 0)[0][:, None, :, None]
    sheet = SIGNAL.sheet(items, {}, Shown(3, 64))
    assert sheet.dtype == np.uint8
    assert sheet.shape == (2 * 68 + 4, 3 * 132 + 4, 3)
    ink = np.asarray((sheet[4 + 26 : 68, 4:132] < 200).any(axis=(1, 2)))
    assert ink[len(ink) // 2 :].sum() > ink[: len(ink) // 2].sum(), "low frequencies are below"
    SIGNAL.sheet(np.full((3, 1, 9, 2), np.nan, np.float32), {}, Shown())


def test_a_wav_is_the_signal_again(tmp_path: Path):
    x = tones.sounds(5, 0)[0][:, None, :, None]
    units = {"rate": 4000}
    assert SIGNAL.write is not None
    SIGNAL.write(tmp_path / "all.wav", x, units, None, ())
    rate, values = wavfile.read(tmp_path / "all.wav")
    assert rate == 4000
    clipped = np.clip(x[:, 0, :, 0], -1, 32767 / 32768)
    np.testing.assert_allclose(values.reshape(5, -1)[:, :512] / 32768, clipped, atol=1e-4)
    SIGNAL.write(tmp_path / "each", x, units, ["A", "A#", "B", "C", "C#"], ())
    assert sorted(file.name for file in (tmp_path / "each").iterdir())[:2] == ["00000-A.wav", "00001-A_.wav"]
    with pytest.raises(DataError, match=r"data\.rate"):
        SIGNAL.write(tmp_path / "b.wav", x, {}, None, ())


# ---- a run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tones") / "run"
    flags = ["data.batch=8", "data.first=96", "watch.samples=4", "watch.judge=0", "device=cpu", "generator.widths=[8,4,4]",
             "discriminator.widths=[4,4,4]", "discriminator.phase_shuffle=2"]  # fmt: skip
    words = [word for flag in flags for word in ("--set", flag)]
    assert main(["train", "tones", "--updates", "6", "--out", str(folder), "--quiet", *words]) == 0
    return folder


def test_a_run_on_tones_is_trained_sampled_measured_and_heard(run: Path, tmp_path: Path):
    generator = load(run)
    assert (generator.kind, generator.units["rate"]) == (SIGNAL, tones.RATE)
    made = generator.sample(5)
    assert (made.shape, made.dtype) == ((5, 512), np.float32)
    assert main(["sample", str(run), "--count", "5", "--seed", "0", "--out", str(tmp_path / "a.npy")]) == 0
    np.testing.assert_array_equal(np.load(tmp_path / "a.npy"), made)
    assert main(["sample", str(run), "--count", "5", "--out", str(tmp_path / "a.wav")]) == 0
    keys = {figure.key: figure for figure in evaluate(run, count=64).figures}
    assert {"fd", "autocorrelation", "spectrum", "peaks", "pitches"} <= set(keys)
    assert "log-mel" in keys["fd"].name
    newest = sorted((run / "samples").glob("*.wav"))[-1]
    assert wavfile.read(newest)[0] == wavfile.read(run / "real.wav")[0] == tones.RATE


def test_the_report_plays_it(run: Path):
    assert main(["report", str(run)]) == 0
    text = (run / "report.html").read_text()
    assert text.count("<audio controls") == 2
    assert "data:audio/wav;base64," in text


def test_data_info_says_what_there_is(capsys: pytest.CaptureFixture[str]):
    assert main(["data", "info", "tones"]) == 0
    said = capsys.readouterr().out
    assert "6,000 signals of 512 samples, 4,000 a second" in said
    assert "loudest frequencies of 90%" in said
