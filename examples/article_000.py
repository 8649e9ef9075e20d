"""Article 000, walked through: one dense network, and the ways in which a verdict can reach its generator.

    python examples/article_000.py [--data digits] [--updates 2000] [--out article-000]

The article tries a gradient tape, a combined model and labels, and finds that only the tape works. Here all of them
train the same network from the same weights, the combined model with its two classic mistakes as well. For each one a
line says what the generator's gradient was and whether the samples differ; `feedbacks.png` has a row of samples for
each. `gansmith articles 000` does this with all three networks, over seeds, at full length.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import gansmith
from gansmith.ground.pixels import grid, to_float, write_png

FEEDBACKS: dict[str, dict[str, object]] = {
    "the gradient tape": {"feedback.name": "joint"},
    "a combined model, D frozen in G's turn": {"feedback.name": "stacked"},
    "the same, D never frozen": {"feedback.name": "stacked", "faults": ["never-frozen"]},
    "the same, D frozen before it was compiled": {"feedback.name": "stacked", "faults": ["never-trained"]},
    "D's verdict as a number": {"feedback.name": "labels"},
    "real pictures as labels": {"feedback.name": "labels", "feedback.labels": "regression"},
}
SAMPLES = 16


def try_out(name: str, data: str, updates: int, out: Path) -> tuple[np.ndarray, float, float]:
    """Train with one of the feedbacks: samples uint8 (SAMPLES, H, W, C), G's last gradient, and the samples' standard
    deviation over the latents, mean over pixels in [-1, 1]."""
    settings = FEEDBACKS[name] | {"watch.judge": 0, "watch.diagnose": 0}
    run = gansmith.train("article-000-dense", data, out=out, updates=updates, settings=settings)
    samples = run.generator().sample(SAMPLES, seed=1)
    return samples, run.stats[-1]["gradient.generator"], float(to_float(samples).std(axis=0).mean())


def main(arguments: list[str] | None = None) -> None:
    """Try every feedback, and draw what came of it."""
    parser = argparse.ArgumentParser(description="article 000: who gets which gradient")
    parser.add_argument("--data", default="digits", help="digits, or the folder of MNIST's files")
    parser.add_argument("--updates", type=int, default=2000)
    parser.add_argument("--out", type=Path, default=Path("article-000"))
    options = parser.parse_args(arguments)
    rows: list[np.ndarray] = []
    for number, name in enumerate(FEEDBACKS):
        samples, gradient, spread = try_out(name, options.data, options.updates, options.out / f"run-{number}")
        print(f"{name:45}  gradient {gradient:8.2g}   std over z {spread:.3f}")
        rows.append(samples)
    write_png(options.out / "feedbacks.png", grid(np.concatenate(rows), SAMPLES, zoom=2))


if __name__ == "__main__":
    main()
