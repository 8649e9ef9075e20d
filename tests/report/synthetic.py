"""Run folders made up for the report's tests: plausible curves, sheets that go from noise to drawn strokes."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.ground import pixels
from gansmith.ground.files.runfolder import RunFolder, append_row, write_json
from gansmith.ground.recipes.settings import BudgetSettings, Recipe

LAYERS = {"generator": ("0", "3", "6", "10"), "discriminator": ("0", "2", "5")}
UPDATES = (0, 25, 50, 75, 100, 150, 200, 300, 400, 600, 800, 1200, 1600, 2000)


def strokes(count: int = 16, side: int = 8) -> np.ndarray:
    """Pictures uint8 (count, side, side, 1): a bright bar each, at its own angle."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    angles = np.linspace(0, math.pi, count, endpoint=False)
    across = np.abs(np.outer(np.sin(angles), x) - np.outer(np.cos(angles), y))
    return np.clip(255 * (1.6 - across), 0, 255).astype(np.uint8).reshape(count, side, side, 1)


def stats_row(update: int, last: int = 2000) -> dict[str, Any]:
    """One row as training writes it."""
    rng = np.random.default_rng(update)
    share = update / last
    real, fake = 2.5 - 2 * share + 0.2 * rng.standard_normal(), -2.5 + 2.2 * share + 0.2 * rng.standard_normal()
    counts = {
        name: np.histogram(rng.normal(mean, 1.2, 500), np.linspace(-8, 8, 33))[0].tolist()
        for name, mean in (("verdict.real", real), ("verdict.fake", fake))
    }
    return {
        "update": update,
        "images_seen": update * 64,
        "epoch": update * 64 / 1500,
        "seconds": update * 0.03,
        "images_per_second": 2100 + 80 * rng.standard_normal(),
        "rate.generator": 2e-4,
        "rate.discriminator": 2e-4,
        "ema.decay": 0.99,
        "loss.discriminator": 0.3 + share + 0.05 * rng.standard_normal(),
        "loss.generator": 2.5 - 1.5 * share + 0.1 * rng.standard_normal(),
        "loss.penalty": 0.02 + 0.004 * rng.random(),
        "verdict.real": real,
        "verdict.fake": fake,
        "probability.real": 1 / (1 + math.exp(-real)),
        "probability.fake": 1 / (1 + math.exp(-fake)),
        "accuracy.real": 0.95 - 0.3 * share,
        "accuracy.fake": 0.97 - 0.35 * share,
        "gradient.generator": math.exp(-1 - share + 0.3 * rng.standard_normal()),
        "gradient.discriminator": math.exp(-2 + 0.3 * rng.standard_normal()),
        "augment.probability": 0.4 * share,
        "augment.sign": 0.3 + 0.4 * share,
        "step.generator": 1e-3 * math.exp(-share),
        "step.discriminator": 8e-4,
        "histograms": {name: {"edges": np.linspace(-8, 8, 33).tolist(), "counts": c} for name, c in counts.items()},
        "layers": {
            player: {
                name: {
                    "gradient": 0.1 * (1 + index) * math.exp(0.2 * rng.standard_normal()),
                    "step": 1e-3 / (1 + index),
                }
                for index, name in enumerate(names)
            }
            for player, names in LAYERS.items()
        },
    }


def picture_run(root: Path, *, real: np.ndarray | None = None, every: int = 20, name: str = "digits-test") -> RunFolder:
    """A whole run of pictures: 14 sheets, rows up to update 2000, findings."""
    folder = RunFolder(root)
    folder.create(Recipe(name=name, budget=BudgetSettings(updates=2000)))
    items = strokes() if real is None else real
    count, height, width, channels = items.shape
    write_json(folder.environment, {"gansmith": "0.1.0", "python": "3.11", "threads": 2, "processor": "made up"})
    write_json(
        folder.data,
        {
            "description": "bars at all angles",
            "fingerprint": "0123abcd",
            "count": 1500,
            "item_shape": [channels, height, width],
            "class_names": None,
            "skipped": 0,
            "kind": "pictures",
        },
    )
    for update in range(every, 2001, every):
        append_row(folder.stats, stats_row(update))
    zoom = pixels.display_zoom(height, width)
    pixels.write_png(folder.real_sheet, pixels.grid(items, zoom=zoom))
    pixels.write_png(folder.copies, pixels.grid(np.concatenate([items[:4], items[:4]]), 4, zoom=zoom))
    noise = np.random.default_rng(0).integers(0, 256, items.shape)
    for update in UPDATES:
        share = 1 - math.exp(-update / 500)
        made = np.clip(items[::-1] * share + noise * (1 - share), 0, 255).astype(np.uint8)
        pixels.write_png(folder.sample_sheet(update), pixels.grid(made, zoom=zoom))
        verdicts = (-4 + 4.4 * share + 0.4 * np.sin(np.arange(count))).tolist()
        row = {"update": update, "images_seen": update * 64, "seconds": update * 0.03, "verdicts": verdicts}
        append_row(folder.sample_rows, {**row, "sensitivity": 0.2 + 0.5 * share})
    add_findings(folder)
    return folder


def add_findings(folder: RunFolder) -> None:
    """Two changes of the diagnosis."""
    finding = {"update": 300, "state": "discriminator wins", "text": "The discriminator is right on nearly every item."}
    append_row(
        folder.findings,
        {**finding, "evidence": {"accuracy.real": 0.97}, "remedy": [{"set": {}, "why": "Lower its learning rate."}]},
    )
    finding = {"update": 1200, "state": "healthy", "text": "Both players learn; no collapse is seen."}
    append_row(folder.findings, {**finding, "evidence": "accuracies near 0.7", "remedy": []})


def tear(path: Path, bytes_lost: int = 30) -> None:
    """Cut a file's end off, as a kill does."""
    data = path.read_bytes()
    path.write_bytes(data[: max(1, len(data) - bytes_lost)])


def write_rows(path: Path, rows: list[dict[str, Any]]) -> None:
    """Rows as Python's json writes them, NaN and Infinity included."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
