"""Sound files as numbers from -1 to 1, and back: .wav by SciPy; .flac, .ogg and others where soundfile is installed."""

from __future__ import annotations

import io
import warnings
import wave
from importlib.util import find_spec
from pathlib import Path

import numpy as np

WAV = (".wav", ".wave")
OTHERS = (".flac", ".ogg", ".oga", ".opus", ".aiff", ".aif", ".mp3")  # by soundfile
RATES = (100, 1_000_000)  # samples a second that are believed
PAUSE = 0.1  # seconds between sounds in one file


class Unreadable(Exception):
    """A sound file that cannot be used; `str(error)` is the reason."""


def is_sound(name: str) -> bool:
    """Whether a file's name ends as one of a sound."""
    return name.lower().endswith((*WAV, *OTHERS))


def load(path: Path) -> tuple[np.ndarray, int]:
    """A file's samples float64 (L, C), -1 to 1, and how many there are in a second. Raises Unreadable."""
    try:
        values, rate = _by_scipy(path) if path.suffix.lower() in WAV else _by_soundfile(path)
    except Unreadable:
        raise
    except MemoryError:
        raise Unreadable("too large for the memory") from None
    except Exception as error:  # readers of broken files raise anything
        raise Unreadable(
            f"no sound that can be read ({str(error).splitlines()[0][:80] if str(error) else 'broken'})"
        ) from None
    if not RATES[0] <= rate <= RATES[1]:
        raise Unreadable(f"says {rate} samples a second")
    if not len(values):
        raise Unreadable("no samples")
    if not np.isfinite(values).all():
        raise Unreadable("NaN or infinity among its samples")
    return values, rate


def _by_scipy(path: Path) -> tuple[np.ndarray, int]:
    from scipy.io import wavfile

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of chunks that are no samples
        rate, values = wavfile.read(path)
    values = values[:, None] if values.ndim == 1 else values
    if values.dtype == np.uint8:
        return (values.astype(np.float64) - 128) / 128, rate
    if values.dtype.kind == "i":
        return values / float(2 ** (8 * values.dtype.itemsize - 1)), rate
    return values.astype(np.float64), rate


def _by_soundfile(path: Path) -> tuple[np.ndarray, int]:
    if find_spec("soundfile") is None:
        raise Unreadable(f"{path.suffix} files need the package soundfile: pip install soundfile")
    import soundfile  # pyright: ignore[reportMissingImports]

    values, rate = soundfile.read(path, dtype="float64", always_2d=True)
    return values, int(rate)


def mixed(values: np.ndarray) -> np.ndarray:
    """The mean of all channels, (L, C) -> (L,)."""
    return values.mean(axis=1)


def resampled(values: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    """Samples (L,) at another rate, through a filter that keeps out what it cannot hold."""
    if rate == wanted:
        return values
    from scipy.signal import resample_poly

    return resample_poly(values, wanted, rate)


def wav(sounds: np.ndarray, rate: int) -> bytes:
    """Sounds (N, L), -1 to 1, one after the other with short pauses, as a .wav of 16 bits; louder ones are clipped."""
    gap = np.zeros((len(sounds), round(PAUSE * rate) if len(sounds) > 1 else 0), np.float32)
    values = np.concatenate([np.nan_to_num(sounds), gap], axis=1).ravel()
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(np.clip(np.rint(values * 32768.0), -32768, 32767).astype("<i2").tobytes())
    return file.getvalue()
