"""Article 002, walked through: a small GAN, its first and last sample, and what unscaled logits are good for.

    python examples/article_002.py [--data digits] [--updates 5000] [--out article-002]

1. The slope that reaches the generator from a discriminator that is sure, with three readings of its last layer.
2. The article's network is trained. It shows one sample of a new latent after each pass; here the first and the last
   picture are of the *same* latents (`first-and-last.png`), so that they can be compared.
3. How fast this processor trains, and so how long the published 55,000 updates take: time is all that it changes.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

import gansmith
from gansmith.ground.pixels import write_png

PUBLISHED_UPDATES = 55_000


def slopes(logit: float) -> dict[str, float]:
    """The derivative of the generator's loss with respect to the discriminator's last sum, where that is `logit`."""
    readings = {
        "a logit, in a loss that expects logits": lambda x: F.softplus(-x),
        "a probability, in a loss that expects probabilities": lambda x: -torch.log(torch.sigmoid(x)),
        "a probability, in a loss that expects logits": lambda x: F.softplus(-torch.sigmoid(x)),
    }
    found: dict[str, float] = {}
    for name, loss in readings.items():
        x = torch.tensor(logit, dtype=torch.float64, requires_grad=True)
        loss(x).backward()
        assert x.grad is not None
        found[name] = x.grad.item()
    return found


def side_by_side(run: Path) -> np.ndarray:
    """The first and the last sheet of a run's samples, which are of the same latents, (H, W, 3)."""
    sheets = sorted((run / "samples").glob("*.png"))
    pictures = [np.asarray(Image.open(path).convert("RGB")) for path in (sheets[0], sheets[-1])]
    return np.concatenate(pictures, axis=1)


def main(arguments: list[str] | None = None) -> None:
    """Look at the slopes, train, and draw the first and the last samples of the same latents."""
    parser = argparse.ArgumentParser(description="article 002: logits and time")
    parser.add_argument("--data", default="digits", help="digits, or the folder of MNIST's files")
    parser.add_argument("--updates", type=int, default=5000)
    parser.add_argument("--out", type=Path, default=Path("article-002"))
    asked = parser.parse_args(arguments)
    print("the generator's slope, where the discriminator's last sum is -6 (a sure \"fake\"):")
    for name, slope in slopes(-6).items():
        print(f"  {name:52} {slope:.4f}")
    run = gansmith.train("article-002", asked.data, out=asked.out / "run", updates=asked.updates)
    write_png(asked.out / "first-and-last.png", side_by_side(run.folder.root))
    last = run.stats[-1]
    pace = last["update"] / last["seconds"]
    print(
        f"{pace:.0f} updates a second on this machine: the published {PUBLISHED_UPDATES:,} take "
        f"{PUBLISHED_UPDATES / pace / 60:.0f} minutes"
    )
    print(
        f"the discriminator is right on {last['accuracy.real']:.0%} of real and {last['accuracy.fake']:.0%} of "
        "generated pictures"
    )


if __name__ == "__main__":
    main()
