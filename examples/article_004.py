"""Article 004, walked through: a DCGAN with everything that its notebook shows, and the 2 : 1 rule that it only quotes.

    python examples/article_004.py [--data digits] [--updates 1000] [--out article-004]

1. Before training: real pictures, the untrained generator's sample, and the untrained discriminator's opinion of it.
2. The pair of the TensorFlow tutorial, at a fraction of its widths, trained with one and with two generator turns in an
   update: how often is the discriminator right? The runs' folders hold sheets of fixed latents and `progress.gif`.
3. The generator alone, loaded again: the same latents, the same pictures. `samples.png` has both trainings' samples.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

import gansmith
from gansmith.ground import streams
from gansmith.ground.pixels import grid, write_png
from gansmith.runs.choose_recipe import choose_recipe
from gansmith.runs.setup import build_game, set_up

NARROW: dict[str, Any] = {
    "generator.widths": [64, 32, 16],
    "discriminator.widths": [16, 32],
    "feedback.name": "alternating",
    "watch.judge": 0,
}
SAMPLES = 8  # as published


def untrained(data: str, out: Path) -> float:
    """Draw real pictures above the untrained generator's; returns D's mean probability that the latter are real."""
    setup = set_up(choose_recipe("article-004-mnist", data=data, settings=NARROW))
    game = build_game(setup)
    latents = streams.latents(streams.generator(1, "samples"), "normal", (SAMPLES, setup.recipe.latent.dim))
    made = game.sample(latents, None)
    real = np.asarray(setup.store.items[:SAMPLES])
    write_png(out / "untrained.png", grid(np.concatenate([real, made]), SAMPLES, zoom=2))
    return float((1 / (1 + np.exp(-game.discriminate(made, None).logits))).mean())


def main(arguments: list[str] | None = None) -> None:
    """Look at the pair before, train it twice, and lay the results side by side."""
    parser = argparse.ArgumentParser(description="article 004: a DCGAN, and two for one")
    parser.add_argument("--data", default="digits", help="digits, a folder of pictures, or that of MNIST's files")
    parser.add_argument("--updates", type=int, default=1000)
    parser.add_argument("--out", type=Path, default=Path("article-004"))
    asked = parser.parse_args(arguments)
    asked.out.mkdir(parents=True, exist_ok=True)
    print(
        f"the untrained discriminator takes the untrained generator's pictures for real: "
        f"{untrained(asked.data, asked.out):.2f} of 1"
    )
    rows: list[np.ndarray] = []
    for turns in (1, 2):
        settings = NARROW | {"feedback.generator_turns": turns}
        folder = asked.out / f"{turns}-to-1"
        run = gansmith.train("article-004-mnist", asked.data, out=folder, updates=asked.updates, settings=settings)
        last = run.stats[-1]
        right = (last["accuracy.real"] + last["accuracy.fake"]) / 2
        print(f"{turns} : 1   the discriminator is right on {right:.0%} at the end")
        pictures = run.generator().sample(SAMPLES, seed=1)
        assert np.array_equal(pictures, gansmith.load(folder).sample(SAMPLES, seed=1)), (
            "the same run, the same pictures"
        )
        rows.append(pictures)
    write_png(asked.out / "samples.png", grid(np.concatenate(rows), SAMPLES, zoom=2))


if __name__ == "__main__":
    main()
