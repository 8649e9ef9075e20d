"""Augmentation: both players' pictures are changed before the discriminator looks, so that few pictures last longer.

mirror         real pictures are turned left to right half of the time
diffaugment    every picture that the discriminator sees, real or generated, passes through the operations below, and
               the generator's gradient comes back through them (Zhao et al. 2020)
ada            the same, each operation with a probability that adapts (Karras et al. 2020): it grows while the
               discriminator is too sure of real pictures, and shrinks when it is not

What is done to a picture is a function of numbers in [0, 1) that are drawn for it: siblings share a signature,
operation(pictures, chance (B, n), gate (B, 1)). Pictures (B, C, H, W) are centred: 0 is the middle of their range and
1 its half. gate is 1 where the operation is made, 0 where it is to change nothing.

Of pictures with transparency (C = 4, premultiplied) only colours change colour, as much as they are seen, and what comes
in from outside or is cut out is transparent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from math import log

import numpy as np
import torch
from torch import Tensor

from gansmith.ground.alpha import RGBA
from gansmith.ground.draws import OPERATION_NUMBERS
from gansmith.ground.pixels import SCALE
from gansmith.ground.recipes.settings import AugmentName, AugmentOperation, Recipe
from gansmith.nets.ranks import Ranks
from gansmith.parts import record as parts

ADAPT_EVERY = 4  # discriminator turns between two changes of the probability (Karras et al. 2020)
TRANSLATION = 1 / 8  # of a side, at most
CUTOUT = 1 / 2  # of a side
ZOOM, ASPECT = 1.25, 1.1  # largest factors; the smallest are their inverses


@dataclass(frozen=True)
class Augmentation:
    """What a name stands for."""

    mirror: bool = False  # of real pictures
    operates: bool = False  # on all that the discriminator sees
    adapts: bool = False  # with a probability that follows the verdicts
    own: bool = False  # the user's, on all that the discriminator sees


AUGMENTS: dict[AugmentName, Augmentation] = {
    "none": Augmentation(),
    "mirror": Augmentation(mirror=True),
    "diffaugment": Augmentation(operates=True),
    "mirror+diffaugment": Augmentation(mirror=True, operates=True),
    "ada": Augmentation(operates=True, adapts=True),
    "mirror+ada": Augmentation(mirror=True, operates=True, adapts=True),
    "own": Augmentation(own=True),
}


def constant(like: Tensor, *values: float) -> Tensor:
    """A row of numbers (1, n), of the type of another tensor and where it is. Sent once: a device may not be waited for
    while an update is captured."""
    return _constant(values, like.dtype, like.device)


@cache
def _constant(values: tuple[float, ...], dtype: torch.dtype, device: torch.device) -> Tensor:
    return torch.tensor([values], dtype=dtype, device=device)


def colour(pictures: Tensor, chance: Tensor, gate: Tensor) -> Tensor:
    """Brightness moved by -.5 to .5, saturation times 0 to 2, contrast times .5 to 1.5."""
    amount = torch.lerp(constant(chance, 0.0, 1.0, 1.0), chance * constant(chance, 1.0, 2.0, 1.0), gate)
    amount = amount + gate * constant(chance, -0.5, 0.0, 0.5)
    brightness, saturation, contrast = amount[:, :, None, None, None].unbind(1)  # each (B, 1, 1, 1)
    if pictures.shape[1] == RGBA:
        return _seen_colour(pictures, brightness, saturation, contrast)
    pictures = pictures + brightness
    if pictures.shape[1] > 1:
        grey = pictures.mean(1, keepdim=True)
        pictures = torch.lerp(grey, pictures, saturation)
    return torch.lerp(pictures.mean((1, 2, 3), keepdim=True), pictures, contrast)


def _seen_colour(pictures: Tensor, brightness: Tensor, saturation: Tensor, contrast: Tensor) -> Tensor:
    """The same of premultiplied pictures: a colour changes by its pixel's share of opacity, and alpha stays."""
    alpha = pictures[:, 3:]
    opacity = (alpha + 1) / 2
    colour = pictures[:, :3] + 1 - opacity + brightness * opacity  # 0 is the middle grey, as much of it as is seen
    colour = torch.lerp(colour.mean(1, keepdim=True), colour, saturation)
    weight = opacity.sum((1, 2, 3), keepdim=True).clamp_min(1)  # of a pixel at least: of nothing seen there is no mean
    mean = colour.mean(1, keepdim=True).sum((1, 2, 3), keepdim=True) / weight
    colour = torch.lerp(mean * opacity, colour, contrast)
    return torch.cat([colour + opacity - 1, alpha], 1)


def translation(pictures: Tensor, chance: Tensor, gate: Tensor) -> Tensor:
    """Moved by whole pixels, up to an eighth of each side; what comes in from outside is 0, or transparent."""
    sides = constant(chance, *pictures.shape[2:])
    most = torch.round(sides * TRANSLATION)
    shift = gate * (torch.floor(chance * (2 * most + 1)) - most)
    return resampled(pictures, torch.ones_like(shift), shift)


def cutout(pictures: Tensor, chance: Tensor, gate: Tensor) -> Tensor:
    """A rectangle of half of each side, which may reach over the border, becomes 0, or transparent."""
    holes = []
    for axis, side in enumerate(pictures.shape[2:]):
        places = torch.arange(side, device=pictures.device)
        size = max(1, round(side * CUTOUT))
        start = torch.floor(chance[:, axis : axis + 1] * (side + 1)) - size // 2  # (B, 1)
        holes.append((places >= start) & (places < start + size))  # (B, side)
    hole = holes[0][:, None, :, None] & holes[1][:, None, None, :] & (gate > 0)[:, :, None, None]
    return pictures.masked_fill(hole, outside(pictures))


def zoom(pictures: Tensor, chance: Tensor, gate: Tensor) -> Tensor:
    """Enlarged or made smaller about the middle, by up to a quarter, and one side a little more than the other."""
    power = gate * (2 * chance - 1) * constant(chance, log(ZOOM), log(ASPECT))
    factor = torch.exp(torch.stack([power.sum(1), power[:, 0] - power[:, 1]], 1))
    return resampled(pictures, factor, torch.zeros_like(factor))


OPERATIONS: dict[AugmentOperation, Callable[[Tensor, Tensor, Tensor], Tensor]] = {
    "zoom": zoom,
    "translation": translation,
    "colour": colour,
    "cutout": cutout,
}
"""In the order in which they are made."""


def outside(pictures: Tensor) -> float:
    """What is beyond a picture's border in every channel: 0, the middle grey; of one with transparency -1, which is nothing."""
    return -1.0 if pictures.shape[1] == RGBA else 0.0


def resampled(pictures: Tensor, factor: Tensor, shift: Tensor) -> Tensor:
    """Pictures (B, C, H, W) enlarged about their middle by factor (B, 2) and moved by shift (B, 2) pixels, down and to
    the right, between pixels linearly, `outside` of them as it says.

    Rows and columns are independent, so each is a product with a (side, side) matrix: differentiable twice, the same
    bits every time, and no index goes through the device's memory.
    """
    beyond = outside(pictures)
    if beyond:
        pictures = pictures - beyond
    for axis in (0, 1):
        side = pictures.shape[2 + axis]
        places = torch.arange(side, device=pictures.device, dtype=factor.dtype)
        middle = (side - 1) / 2
        source = (places - middle - shift[:, axis, None]) / factor[:, axis, None] + middle  # (B, side)
        matrix = (1 - (source[:, :, None] - places).abs()).clamp_min(0)[:, None]  # (B, 1, to, from)
        pictures = matrix @ pictures if axis == 0 else pictures @ matrix.mT
    return pictures + beyond if beyond else pictures


class Augmenter:
    """What the discriminator sees instead of a picture, and how often it does."""

    def __init__(
        self, recipe: Recipe, device: torch.device, dtype: torch.dtype, own: parts.Augmentation | None = None
    ) -> None:
        self.own = own
        self.settings, self.what = recipe.augment, AUGMENTS[recipe.augment.name]
        self.batch, self.device, self.dtype = recipe.data.batch, device, dtype
        factor, offset = SCALE[recipe.data.pixels]
        self.half, self.middle = 127.5 * factor, 127.5 * factor + offset
        start = 0.0 if self.what.adapts else recipe.augment.probability
        self.probability = torch.tensor(start, device=device)  # of each operation; a device number: nobody waits for it
        self.signs = torch.tensor(0.0, device=device)  # sum of the turns' mean signs since the last change

    def see(self, pictures: Tensor, chances: Tensor | np.ndarray) -> Tensor:
        """Pictures (B, C, H, W) in the recipe's range as the discriminator sees them; chances (B, numbers) of
        `draws.chances`. Never in less than float32."""
        drawn = torch.as_tensor(chances).to(self.device, self.dtype)
        with torch.autocast(self.device.type, enabled=False):
            seen = (pictures.to(self.dtype) - self.middle) / self.half
            first = len(OPERATIONS)
            for index, (name, operation) in enumerate(OPERATIONS.items()):
                last = first + OPERATION_NUMBERS[name]
                if name in self.settings.operations:
                    gate = (drawn[:, index, None] < self.probability).to(self.dtype)
                    seen = operation(seen, drawn[:, first:last], gate)
                first = last
            seen = seen * self.half + self.middle
        return seen.contiguous(memory_format=torch.channels_last)

    def see_own(self, items: Tensor, seed: int) -> Tensor:
        """Items (B, ...) as the user's augmentation leaves them; all that it draws follows from the seed."""
        assert self.own is not None
        generator = torch.Generator(self.device).manual_seed(seed)
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.autocast(self.device.type, enabled=False), torch.random.fork_rng(devices):
            torch.manual_seed(seed)
            return self.own.see(items.to(self.dtype), generator)

    @torch.no_grad()
    def after_turn(self, logits: Sequence[tuple[Tensor, Tensor]], threshold: float | None) -> Tensor:
        """Hear the logits of a discriminator's turn: real (B,) and generated (B,), one pair a micro-batch. Returns the mean
        sign of those on real pictures, (micro-batches,): 1 where the discriminator is sure of all of them.

        threshold: the logit that is neither; None where logits are only compared: then each with the fake of its row.
        """
        signs = [
            torch.sign(real.float() - (fake.float() if threshold is None else threshold)).mean()
            for real, fake in logits
        ]
        if self.what.adapts:
            for sign in signs:
                self.signs += sign * (1 / len(signs))
        return torch.stack(signs)

    @torch.no_grad()
    def adapt(self, ranks: Ranks | None = None) -> None:
        """Change the probability, alike on all ranks."""
        signs = self.signs if ranks is None else ranks.all_gather(self.signs.reshape(1)).mean()
        step = self.batch * ADAPT_EVERY / self.settings.ramp_images
        self.probability += step * torch.sign(signs / ADAPT_EVERY - self.settings.target)
        self.probability.clamp_(0, 1)
        self.signs.zero_()

    def state(self) -> dict[str, np.ndarray]:
        """What a checkpoint has to hold."""
        if not self.what.adapts:
            return {}
        numbers = {"augment/probability": self.probability, "augment/signs": self.signs}
        return {name: value.cpu().numpy().reshape(1).copy() for name, value in numbers.items()}

    def restore(self, arrays: dict[str, np.ndarray]) -> None:
        """Go back to a state; one from before augmentation adapted begins at its beginning."""
        if self.what.adapts and "augment/probability" in arrays:
            self.probability.fill_(float(arrays["augment/probability"][0]))
            self.signs.fill_(float(arrays["augment/signs"][0]))
