"""A generator whose samples are unseen items, and a discriminator that knows what is real.

The package's prober asks this game as it asks a real one. The same latent gives the same item for a while; then, one
latent after another, items are replaced, as in a training. Samples are never quite as sharp and varied as the items.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from zlib import crc32

import numpy as np

from gansmith.ground import pixels
from gansmith.ground.game import DiscriminatorArrays

from .drawing import Choice
from .moment import Moment
from .pictures import blurred
from .situation import Situation

NUMBERS_A_LATENT = 8
LEARNED = 0.9  # of the way: before, copies are as blurred and rough as everything else


class FakeGan:
    """What a prober needs of `ground.game.Game`: `make`, `sample` and `discriminate`, at a moment that `at` sets."""

    def __init__(self, situation: Situation, pixel_range: str) -> None:
        self.situation, self.pixel_range = situation, pixel_range
        self.moment: Moment
        self.verdict = (0.0, 1.0, 1.0)  # level, gap and spread of the logits

    def at(self, moment: Moment, verdict: tuple[float, float, float]) -> None:
        """Go to a moment."""
        self.moment, self.verdict = moment, verdict

    def make(self, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """Raw samples float32 (N, H, W, C) in the pixels' range, or vectors (N, D)."""
        own = crc32(bytes(self.moment.course.rng_key)).to_bytes(4, "little")
        chosen = Choice.of(uniforms(latents, own), labels, self.moment, self.situation)
        if self.moment.data.training.items.ndim == 2:
            return vectors(chosen, self.moment)
        learned = still_learning(chosen, self.moment)
        exact = chosen.exact & (self.moment.learned > LEARNED)
        shown = np.where(exact[:, None, None, None], chosen.items, learned)
        for change in self.situation.pictures:
            shown = change(shown, chosen, self.moment)
        if self.situation.raw is not None:
            return self.situation.raw(shown, self.moment).astype(np.float32)
        return pixels.from_unit(np.clip(shown, 0, 1), self.pixel_range).astype(np.float32)  # type: ignore[arg-type]

    def sample(self, latents: np.ndarray, labels: np.ndarray | None) -> np.ndarray:
        """The samples as items."""
        made = self.make(latents, labels)
        return pixels.to_bytes(made, self.pixel_range) if made.ndim == 4 else made  # type: ignore[arg-type]

    def discriminate(self, items: np.ndarray, labels: np.ndarray | None) -> DiscriminatorArrays:
        """Logits (N,): training items around the upper level, samples around the lower one."""
        del labels
        level, gap, spread = self.verdict
        memorised = self.situation.memorised(self.moment)
        places = {"training": 0.5 * gap, "unseen": (0.5 - memorised) * gap - 0.03 * spread}
        digests = [crc32(item.tobytes()) for item in items]
        means = np.array([places.get(self.moment.data.kinds.get(digest, ""), -0.5 * gap) for digest in digests])
        noise = np.array([opinion(digest) for digest in digests])
        noise = noise @ [np.cos(self.moment.update / 800), np.sin(self.moment.update / 800)]  # opinions change slowly
        return DiscriminatorArrays((level + means + spread * noise).astype(np.float32))


@lru_cache(maxsize=20_000)
def opinion(digest: int) -> np.ndarray:
    """Two normal numbers: what this discriminator thinks of one item."""
    return np.random.default_rng(digest).standard_normal(2)


def uniforms(latents: np.ndarray, of_history: bytes) -> np.ndarray:
    """Numbers U(0, 1) (N, NUMBERS_A_LATENT) that belong to each latent: its bits and the history decide, nothing else."""
    size = 4 * NUMBERS_A_LATENT
    digests = [hashlib.blake2b(row.tobytes(), digest_size=size, salt=of_history).digest() for row in latents]
    return np.frombuffer(b"".join(digests), np.uint32).reshape(len(latents), -1) / 2.0**32


def still_learning(chosen: Choice, moment: Moment) -> np.ndarray:
    """Pictures of a generator that is on its way from grey noise to the chosen items.

    At the end a sample still is an item with a little of another one, softer, and its strokes are uneven: as near to
    training items as samples of small real trainings are, 1.2 to 1.5 times the distance of an unseen item.
    """
    items, learned = chosen.items, moment.learned
    own = np.abs(chosen.noise)[:, :, None, None, None].astype(np.float32)
    ghost = (0.08 + 0.2 * (1 - learned)) * own[:, 0]
    target = blurred((1 - ghost) * items + ghost * chosen.others, 0.3 + 3.5 * (1 - learned) ** 1.5)
    shown = min(1.0, 2 * learned)
    waves = 5 * blurred(chosen.field, 1.3)
    uneven = np.sqrt(np.clip(blurred(target, 1.0), 0, 1)) * (0.06 + 0.16 * own[:, 1])
    rough = 0.03 * (1 - learned) + 0.25 * shown * (1 - learned) + shown * uneven
    return shown * target + (1 - shown) * 0.5 + rough * waves + 0.1 * shown * (1 - learned) * chosen.field


def vectors(chosen: Choice, moment: Moment) -> np.ndarray:
    """Vectors of a generator on its way from one point to the chosen items."""
    learned, scale = moment.learned, chosen.items.std()
    return (learned * chosen.items + (1 - learned) * 0.4 * scale * chosen.noise[:, :2]).astype(np.float32)
