"""Signals: sounds and series, float32 (N, 1, L, C) in the store, with mean 0 and deviation 1 over each channel's samples."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.ground.errors import DataError, counted
from gansmith.ground.files.whole import replacing
from gansmith.ground.recipes.settings import DataSettings, Recipe
from gansmith.kinds import scaling
from gansmith.kinds.record import Kind, Prepared, Shown, Units
from gansmith.kinds.signal import drawing, hearing, reading, sounds, spectra
from gansmith.kinds.signal.measuring import hertz, measures

SHORT = 128  # samples: a shorter series has a dense pair, unless generator.net is set
DENSE = (256, 256)  # its widths
LOWEST = 10  # samples at which convolutions of stride 4 should begin
WIDEST = 256  # channels of layers that are added for long signals


def claims(path: Path) -> bool:
    """A sound file, or a folder with one."""
    return bool(reading.files(path))


def read(path: Path, settings: DataSettings) -> Prepared:
    """Sound files as windows. Raises DataError."""
    if not claims(path):
        raise DataError(f"{path} holds no sounds: signals are read from .wav files, and from arrays (N, L) as .npy")
    return prepared(reading.read_files(path, settings), settings, path.name)


def prepare(array: np.ndarray, settings: DataSettings, title: str) -> Prepared:
    """Arrays of series. Raises DataError."""
    return prepared(reading.read_array(array, settings, title), settings, title)


def prepared(found: reading.Read, settings: DataSettings, title: str) -> Prepared:
    """Signals as stored: each channel less its mean, over its deviation."""
    count, length, channels = found.signals.shape
    items = np.empty((count, 1, length, channels), np.float32)
    means, deviations = [], []
    for channel in range(channels):
        rows = found.signals[:, :, channel]
        scale = scaling.found(rows, "none" if settings.scale == "none" else "whole", title)
        items[:, 0, :, channel] = scaling.scaled(rows, scale)
        means.append(0.0 if scale is None else float(scale.means[0]))
        deviations.append(1.0 if scale is None else float(scale.deviations[0]))
    units = {"rate": found.rate, "length": length, "layout": found.layout, "means": means, "deviations": deviations}
    return Prepared(
        items,
        units,
        labels=found.labels,
        class_names=found.class_names,
        skipped=found.skipped,
        left_out=found.left_out,
        remarks=found.remarks,
    )


def suited(recipe: Recipe, units: Units) -> Recipe:
    """A dense pair for short series; for long ones as many convolutions of stride 4 as lead from about LOWEST samples to theirs.

    What was set by hand stays.
    """
    length = int(units.get("length", 0))
    for player in ("generator", "discriminator"):
        net = getattr(recipe, player)
        if net.net != "dcgan" or {f"{player}.net", f"{player}.widths", f"{player}.strides"} & set(recipe.given):
            continue
        if 0 < length < SHORT:
            net = replace(net, net="dense", widths=DENSE, norm="none", phase_shuffle=0)
        elif net.strides == (4,):
            net = replace(net, widths=fitted(net.widths, length, lowest_first=player == "generator"))
        recipe = replace(recipe, **{player: net})
    return recipe


def fitted(widths: tuple[int, ...], length: int, *, lowest_first: bool) -> tuple[int, ...]:
    """Widths of as many layers as signals of `length` need: more near the lowest size, each twice as wide as its neighbour."""
    needed = max(1, round(np.log(max(length, 1) / LOWEST) / np.log(4)))
    up = widths[::-1] if lowest_first else widths  # from the signal down
    while len(up) < needed:
        up = (*up, max(up[-1], min(2 * up[-1], WIDEST)))
    up = up[:needed]
    return up[::-1] if lowest_first else up


def describe(items: np.ndarray, units: Units) -> str:
    """How many, how long, at which rate."""
    _, _, length, channels = items.shape
    more = f" in {counted(channels, 'channel')}" if channels > 1 else ""
    rate = f", {units['rate']:,} a second" if units.get("rate") else ""
    return f"{counted(len(items), 'signal')} of {counted(length, 'sample')}{more}{rate}"


def facts(items: np.ndarray, units: Units) -> list[str]:
    """Ranges of each channel, and where the loudest frequencies are."""
    made = _channels_last(items, units)
    names = [f"channel {n + 1}" for n in range(made.shape[2])] if made.shape[2] > 1 else ["samples"]
    lines = []
    for name, values in zip(names, np.moveaxis(made, 2, 0), strict=True):
        constant = f"always {values.flat[0]:.6g}" if np.ptp(values) == 0 else ""
        about = f"{values.min():.5g} .. {values.max():.5g}, mean {values.mean():.4g}, deviation {values.std():.4g}"
        lines.append(f"{name}: {constant or about}")
    low, high = np.percentile(spectra.pitch(items[: spectra.BLOCK, 0]), [5, 95])
    return [*lines, f"loudest frequencies of 90%: {hertz(low, units)} to {hertz(high, units)}"]


def warning(items: np.ndarray, units: Units) -> str | None:
    """A line where the numbers that networks get are far from 1."""
    return scaling.unscaled_warning(items[: spectra.BLOCK].reshape(-1, items.shape[3]))


def items_of(raw: np.ndarray, settings: DataSettings, units: Units) -> np.ndarray:
    """The numbers themselves."""
    return raw


def in_units(items: np.ndarray, units: Units) -> np.ndarray:
    """Signals in the source's units and in the order of its axes: float32 (N, L), (N, C, L) or (N, L, C)."""
    made = _channels_last(items, units)
    layout = units.get("layout", "NL")
    return made[:, :, 0] if layout == "NL" else np.moveaxis(made, 2, 1) if layout == "NCL" else made


def _channels_last(items: np.ndarray, units: Units) -> np.ndarray:
    """Signals in units, float32 (N, L, C)."""
    values = np.asarray(items[:, 0], np.float64)
    return (values * _of(units, "deviations", items, 1.0) + _of(units, "means", items, 0.0)).astype(np.float32)


def _of(units: Units, name: str, items: np.ndarray, usual: float) -> np.ndarray:
    return np.asarray(units.get(name, [usual] * items.shape[3]), np.float64)


def rescaled(items: np.ndarray, units: Units, other: Units) -> np.ndarray:
    """The same signals in another store's scale. Raises DataError where the rates differ."""
    rates = [one.get("rate", 0) for one in (units, other)]
    if all(rates) and rates[0] != rates[1]:
        raise DataError(
            f"these signals have {rates[0]:,} samples a second, and those that they are compared with {rates[1]:,}: set "
            f"data.rate={rates[1]}"
        )
    if dict(units) == dict(other):
        return items
    values = np.asarray(items, np.float64) * _of(units, "deviations", items, 1.0) + _of(units, "means", items, 0.0)
    spread = _of(other, "deviations", items, 1.0)
    return ((values - _of(other, "means", items, 0.0)) / np.where(spread > 0, spread, 1.0)).astype(np.float32)


def flat(items: np.ndarray, numbers: int) -> np.ndarray:
    """The fixed log-mel front end, of at most `numbers` numbers; channels are added up."""
    parts = max(1, min(spectra.PARTS, numbers // spectra.BANDS))
    return spectra.log_mel(items[:, 0], min(spectra.BANDS, numbers), parts)


def flat_name(shape: tuple[int, ...], numbers: int) -> str:
    """ "log-mel"."""
    return "log-mel"


def noise(like: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """White noise as loud as the real signals."""
    return (like.std() * rng.standard_normal((count, *like.shape[1:]))).astype(np.float32)


def sheet(items: np.ndarray, units: Units, how: Shown) -> np.ndarray:
    """Waveforms over spectrograms, in a grid."""
    return drawing.sheet(items, how.columns, how.side)


def sound(items: np.ndarray, units: Units) -> bytes | None:
    """Signals one after the other as a .wav; None where no rate is known. Series louder than 1 are made to fit."""
    if not units.get("rate"):
        return None
    made = _channels_last(items, units).mean(axis=2)
    return sounds.wav(made / max(1.0, float(np.nan_to_num(np.abs(made)).max(initial=0))), units["rate"])


def write(path: Path, items: np.ndarray, units: Units, labels: Sequence[Any] | None, names: Sequence[str]) -> None:
    """An array (.npy) in the source's units; all sounds in one .wav; or a folder with a .wav of each. Raises OSError, DataError."""
    if path.suffix == ".npy":
        with replacing(path, lasting=False) as file:
            np.save(file, in_units(items, units))
        return
    if not units.get("rate"):
        raise DataError(
            f"{path}: a .wav needs a rate, and these series have none: write .npy, or train with data.rate=N samples a second"
        )
    made = _channels_last(items, units).mean(axis=2)
    if path.suffix == ".wav":
        with replacing(path, lasting=False) as file:
            file.write(sounds.wav(made, units["rate"]))
        return
    path.mkdir(exist_ok=True)
    for index, one in enumerate(made):
        label = "" if labels is None else "-" + re.sub(r"[^\w.-]", "_", str(labels[index]))
        with replacing(path / f"{names[index] if names else f'{index:05d}'}{label}.wav", lasting=False) as file:
            file.write(sounds.wav(one[None], units["rate"]))


def named_by(units: Units) -> str:
    """Sounds are heard; a series without a rate is numbers."""
    return ".wav" if units.get("rate") else ".npy"


KIND = Kind(
    name="signal",
    one="signal",
    many="signals",
    array="signals",
    recipe="signal",
    ending=".npy",
    prepare=prepare,
    describe=describe,
    claims=claims,
    read=read,
    files=reading.files,
    shaped_by=("scale", "rate", "length"),
    suited=suited,
    warning=warning,
    facts=facts,
    items_of=items_of,
    in_units=in_units,
    rescaled=rescaled,
    flat=flat,
    flat_name=flat_name,
    noise=noise,
    sheet=sheet,
    endings=(".wav", ".npy", ""),
    named_by=named_by,
    write=write,
    sound=sound,
    traits=hearing.traits,
    measures=measures,
)
