"""The smallest training there is: points of a ring, two networks of eight features."""

from __future__ import annotations

from typing import Any

TINY: dict[str, Any] = {
    "data.source": "ring", "data.first": 64, "data.batch": 8, "threads": 1, "device": "cpu", "precision.name": "float32",
    "latent.dim": 4, "generator.widths": [8], "discriminator.widths": [8], "watch.stats_every": 2, "watch.samples": 4,
    "watch.judge": 0, "watch.diagnose": 0,
}  # fmt: skip
