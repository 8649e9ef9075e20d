"""A discriminator that looks through a fixed network which knows photographs: a projected GAN (Sauer et al. 2021).

    picture -> frozen trunk -> maps at four scales, mixed by fixed random weights -> a small head each -> logits of places
                                                                        \\-> a head with the label -> one logit

`widths`: the channels that the heads look at, and those of the heads. The losses average the one logit and those of places,
as an hourglass's. The generator is a dcgan's. The trunk is no part of the plan: a checkpoint holds the heads alone.
"""

from __future__ import annotations

from gansmith.ground.errors import RecipeError, counted
from gansmith.ground.networks.plan import AuxiliaryHead, Beside, Seen
from gansmith.nets.pairs.blocks import Stack
from gansmith.nets.pairs.dcgan import check_pictures

SCALES = 4
LEAST = 32  # pixels of a side: the maps are up to 32 times smaller
PLACES = 4  # a head halves its maps until they have so many places a side


def discriminator(stack: Stack) -> None:
    """(1 or 3, height, width) -> a row of logits (1, 1, places), with the logit of the whole picture as an auxiliary head."""
    check_pictures(stack.shape)
    channels, *sides = stack.shape
    if channels not in (1, 3) or min(sides) < LEAST:
        size = f"{sides[1]}x{sides[0]} of {counted(channels, 'channel')}"
        raise RecipeError(
            f"discriminator.net = 'projected' looks at grey or colour pictures of {LEAST} pixels a side or more, and these are "
            f"{size}: set discriminator.net=dcgan, or data.size and data.channels"
        )
    if stack.conditioning in ("concat", "maps"):
        raise RecipeError(
            f"discriminator.conditioning = {stack.conditioning!r} appends labels to a picture, which a fixed network does not "
            "take: set discriminator.conditioning=projection"
        )
    if not stack.settings.widths:
        raise RecipeError("discriminator.widths is []: a projected discriminator needs one at least: [64, 64]")
    whole = _head(stack, SCALES - 1)
    whole.logit()
    branches: list[tuple] = []
    for scale in range(SCALES):
        head = _head(stack, scale)
        head.conv(1, 3)
        branches.append(tuple(head.layers))
    stack.add(AuxiliaryHead("logits", tuple(whole.layers)))
    stack.add(Beside(tuple(branches)))


def _head(stack: Stack, scale: int) -> Stack:
    """What one scale shows, halved until few places are left."""
    settings, head = stack.settings, stack.branch()
    head.add(Seen(scale, settings.widths[0]))
    head.conv(settings.widths[-1], 3)
    head.activate(None)
    while max(head.shape[1:]) > PLACES:
        head.conv(settings.widths[-1], 4, 2)
        head.activate(None)
    return head
