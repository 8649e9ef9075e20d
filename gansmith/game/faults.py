"""Mistakes that tutorials make or warn of, played on purpose so that their effect can be seen.

never-frozen     the generator's turn trains the discriminator too (feedback "stacked")
never-trained    the discriminator was frozen before it was compiled: its own turn moves nothing (feedback "stacked")
verdict          the discriminator's output reaches the generator as a number, which has no gradient (feedback "labels")
regression       the generator is fitted to the real items of its batch (feedback "labels")
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import torch

from gansmith.game.feedbacks import Feedback, mixed_discriminator_step, running_generator_step
from gansmith.game.inputs.update import TurnInputs, UpdateInputs
from gansmith.game.player import Players, Turn, minimise_together
from gansmith.game.step import Gan, Losses, discriminator_step, generator_losses


def never_frozen(players: Players, inputs: UpdateInputs) -> Iterator[Turn]:
    """As "stacked", but the combined model's own optimiser moves D too, towards calling fakes real, and D's batch
    statistics with it."""
    assert players.combined is not None
    fake = None
    for x in inputs.discriminator_turns:
        fake = players.fakes_for_both(x)
        yield players.discriminator.minimise(mixed_discriminator_step, replace(x, fake=fake))
    for x in inputs.generator_turns:
        both = players.generator, players.combined
        yield minimise_together(both, unfrozen_generator_step, replace(x, fake=fake))[0]
        fake = None


def unfrozen_generator_step(gan: Gan, x: TurnInputs) -> tuple[Losses, Losses]:
    """The generator's loss, for the generator and for the discriminator: nothing is frozen."""
    on_fake = gan.discriminate(gan.augmented(gan.generate(x), x, "fake"), x, "fake")
    losses = generator_losses(gan, x, on_fake, None)
    return losses, losses


def never_trained(players: Players, inputs: UpdateInputs) -> Iterator[Turn]:
    """As "stacked", but D was frozen for good: its turn computes a loss and moves nothing."""
    idle_step = partial(discriminator_step, one_batch=True, running=True)
    fake = None
    for x in inputs.discriminator_turns:
        fake = players.fakes_for_both(x)
        yield players.discriminator.minimise(idle_step, replace(x, fake=fake), move=False)
    for x in inputs.generator_turns:
        yield players.generator.minimise(running_generator_step, replace(x, fake=fake))
        fake = None


def verdict(players: Players, inputs: UpdateInputs) -> Iterator[Turn]:
    """D's output is handed on as a number, and a number has no gradient: G's gradient is exactly 0.

    Passes of D: one a discriminator turn, over real and fake items as one batch of 2B; one a generator turn, whose batch
    statistics are the fakes' own and are not remembered.
    """
    for x in inputs.discriminator_turns:
        yield players.discriminator.minimise(mixed_discriminator_step, x)
    for x in inputs.generator_turns:
        yield players.generator.minimise(detached_verdict_step, x)


@torch.no_grad()
def detached_verdict_step(gan: Gan, x: TurnInputs) -> Losses:
    """The generator's loss as a number: it can be read, and has no gradient."""
    on_fake = gan.discriminate(gan.augmented(gan.generate(x), x, "fake"), x, "fake", track=False)
    return replace(generator_losses(gan, x, on_fake, None), is_number=True)


def regression(players: Players, inputs: UpdateInputs) -> Iterator[Turn]:
    """G is fitted to the real items of its batch, row by row. It cannot know which item is meant, and learns their mean.

    Passes of D: one a discriminator turn, over real and fake items as one batch of 2B; none in the generator's turn.
    """
    for x in inputs.discriminator_turns:
        yield players.discriminator.minimise(mixed_discriminator_step, x)
    for x in inputs.generator_turns:
        yield players.generator.minimise(regression_step, x)


def regression_step(gan: Gan, x: TurnInputs) -> Losses:
    """The mean squared error between each generated item and the real item of its row, over all numbers."""
    real = gan.real(x)
    loss = (gan.generate(x).to(real.dtype) - real).square().mean()
    return Losses(loss, {"loss.generator": loss})


STACKED: dict[str, Feedback] = {"never-frozen": never_frozen, "never-trained": never_trained}
LABELS: dict[str, Feedback] = {"verdict": verdict, "regression": regression}
