"""What is heard in signals, against SciPy, sums written out, and tones whose truth is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import signal as scipy_signal

from gansmith.data.toys import tones
from gansmith.kinds.signal import measuring, spectra

RNG = np.random.default_rng(0)
UNITS = {"rate": tones.RATE, "length": tones.LENGTH, "layout": "NL", "means": [0.0], "deviations": [1.0]}


def test_powers_are_scipy_s():
    x = RNG.normal(size=(3, 300, 1))
    ours = spectra.frames(x, 64, 16)
    window = scipy_signal.get_window("hann", 64)
    for place, start in enumerate(range(0, 300 - 64 + 1, 16)):
        expected = np.abs(np.fft.rfft(x[:, start : start + 64, 0] * window)) ** 2 / (window**2).sum()
        np.testing.assert_allclose(ours[:, place], expected, rtol=1e-5, atol=1e-9)
    white = spectra.frames(RNG.normal(size=(200, 256, 1)), 64, 32).mean(axis=(0, 1))
    np.testing.assert_allclose(white[1:-1], 1, atol=0.15)


def test_autocorrelation_is_the_sum_over_lags():
    x = RNG.normal(size=(5, 40, 2)).cumsum(axis=1)
    sums = [sum((one[: 40 - lag] * one[lag:]).sum() for one in x) for lag in range(21)]
    np.testing.assert_allclose(spectra.autocorrelation(x), np.array(sums) / sums[0], rtol=1e-9)


def test_the_pitch_of_tones_is_their_fundamental():
    sounds, labels = tones.sounds(240, 5)
    heard = spectra.pitch(sounds[:, :, None]) * tones.RATE
    assert np.abs(1200 * np.log2(heard / tones.PITCHES[labels])).max() < 2  # cents


def test_brightness_follows_the_overtones():
    what = tones.truth(400, 0)
    heard = spectra.brightness(tones.play(what)[:, :, None])
    for pitch in range(12):
        mine = what.labels == pitch
        assert np.corrcoef(heard[mine], what.brightness[mine])[0, 1] > 0.95


@pytest.mark.parametrize("bins", [5, 17, 129])
def test_bands_cover_every_frequency_and_are_means(bins: int):
    bands = spectra.mel_bands(bins, min(spectra.BANDS, bins))
    np.testing.assert_allclose(bands.sum(axis=0), 1, rtol=1e-5)
    assert bands.min() >= 0
    middles = (np.arange(bins)[:, None] * bands).sum(axis=0)
    assert np.all(np.diff(middles) >= 0)


def test_the_front_end_hears_loudness_in_logarithms():
    x = tones.sounds(12, 0)[0][:, :, None]
    quiet, loud = spectra.log_mel(x * 10), spectra.log_mel(x * 20)
    strong = quiet > 0
    np.testing.assert_allclose((loud - quiet)[strong], np.log(4), atol=1e-3)
    assert spectra.log_mel(x).shape == (12, spectra.BANDS * spectra.PARTS)


@pytest.mark.parametrize("length", [8, 9, 31, 600])
def test_signals_of_any_length_have_all_figures(length: int):
    x = RNG.normal(size=(20, 1, length, 2)).astype(np.float32)
    rows = measuring.measures(x, x, {}, x)
    assert [row.key for row in rows] == ["autocorrelation", "spectrum", "peaks"]
    assert all(np.isfinite([row.value, row.floor]).all() for row in rows)
    assert np.isfinite(spectra.log_mel(x[:, 0])).all()


def figures(made: np.ndarray) -> dict[str, measuring.Row]:
    real, heldout = (tones.sounds(600, 0, part)[0][:, None, :, None] for part in (0, 1))
    return {row.key: row for row in measuring.measures(real, made[:, None, :, None], UNITS, heldout)}


def test_true_tones_reach_the_floor():
    rows = figures(tones.sounds(600, 3)[0])
    assert rows["pitches"].value == rows["pitches"].floor == 12
    assert rows["peaks"].value > 0.97
    assert rows["spectrum"].value < 0.5
    assert rows["autocorrelation"].value < 0.02


def test_what_is_missing_is_counted():
    what = tones.truth(1200, 3)
    low = what.labels < 7
    seven = tones.play(tones.Truth(what.labels[low], what.brightness[low], what.decay[low], what.loudness[low]))
    rows = figures(seven)
    assert rows["pitches"].value == 7
    assert rows["peaks"].value > 0.95
    noise = figures(RNG.normal(size=(600, tones.LENGTH)).astype(np.float32))
    assert noise["peaks"].value < 0.3
    assert noise["spectrum"].value > 5
