"""Article 003, walked through: a GAN in NumPy, and the trick that makes "digits" appear.

    python examples/article_003.py [--data digits] [--updates 3000] [--out article-003]

1. Backpropagation by hand through the discriminator into the generator, checked: the slope of the generator's loss
   along its own gradient, by central differences.
2. The trick as published: batches of one, weights scaled by .002, the rate dropped to a hundredth after one picture.
   `trick.png` shows the first training picture, then the one sample as it is (a grey square), then stretched from its
   own darkest to its own brightest pixel, as `imshow` does.
3. The same networks trained rightly, and the article's demonstration: a number, a picture (`seed-NUMBER.png`).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import gansmith
from gansmith.data.order import Order
from gansmith.data.store import open_store
from gansmith.ground.game import StepContext
from gansmith.ground.pixels import grid, to_bytes, write_png
from gansmith.runs.choose_recipe import choose_recipe
from gansmith.runs.setup import build_game, set_up


def slope_by_hand(data: str, step: float = 1e-5) -> tuple[float, float]:
    """The squared norm of G's gradient, in float64: as the hand-written backward pass has it, and as the loss falls and
    rises when G goes a little down and up along it, D standing still."""
    still = {"optimizer.generator.name": "sgd", "precision.name": "float64", "data.batch": 16}
    setup = set_up(choose_recipe("article-003", data=data, settings=still))
    game = build_game(setup)
    rows, start = setup.order().turns(1, 1), game.state()

    def numbers(*rates: float) -> dict[str, float]:
        """What the last of some steps at these rates of G's reports; every one is dealt the same dice."""
        game.restore(start)
        for rate in rates:
            game.report()
            game.step(rows, StepContext(1, 0, rate, 0.0, 0.0, True))
        return game.report().numbers

    norm = numbers(0.0)["gradient.generator"]
    down, up = (numbers(rate, 0.0)["loss.generator"] for rate in (step, -step))
    return norm**2, (up - down) / (2 * step)


def trick(data: str, out: Path) -> tuple[float, float]:
    """The published run, drawn: the one sample's correlation with the first training picture, and its standard
    deviation over the latents."""
    run = gansmith.train("article-003-trick", data, out=out / "trick")
    recipe = run.recipe
    store = open_store(recipe.data)
    first = np.asarray(store.items[Order(store.count, recipe.data.batch, recipe.seed).rows(0)[0]])
    generator = run.generator()
    made = generator.raw(generator.latents(100))
    sample = made.mean(axis=0)
    stretched = (sample - sample.min()) / max(float(np.ptp(sample)), 1e-12)
    shown = [first, to_bytes(sample, "unit"), to_bytes(stretched, "unit")]
    write_png(out / "trick.png", grid(np.stack(shown), 3, zoom=4))
    return float(np.corrcoef(sample.ravel(), first.ravel())[0, 1]), float(made.std(axis=0).max())


def main(arguments: list[str] | None = None) -> None:
    """Check the slope, play the trick, train rightly, and draw the picture of a number."""
    parser = argparse.ArgumentParser(description="article 003: NumPy alone")
    parser.add_argument("--data", default="digits", help="digits, or the folder of MNIST's files")
    parser.add_argument("--updates", type=int, default=3000)
    parser.add_argument("--number", type=int, default=42, help="any number: another one, another picture")
    parser.add_argument("--out", type=Path, default=Path("article-003"))
    asked = parser.parse_args(arguments)
    by_hand, by_differences = slope_by_hand(asked.data)
    print(f"the slope of G's loss along its gradient: {by_hand:.8g} by hand, {by_differences:.8g} by differences")
    likeness, spread = trick(asked.data, asked.out)
    print(f"the trick: correlation with the first training picture {likeness:.3f}, std over z {spread:.1g}")
    run = gansmith.train("article-003", asked.data, out=asked.out / "mended", updates=asked.updates)
    picture = run.generator().sample(1, seed=asked.number)
    write_png(asked.out / f"seed-{asked.number}.png", grid(picture, zoom=8))
    print(f"click me: {asked.out / f'seed-{asked.number}.png'}")


if __name__ == "__main__":
    main()
