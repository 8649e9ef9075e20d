"""How the discriminator's output reaches the generator, and who moves when: each feedback plays one update.

Siblings share a signature: feedback(players, inputs) yields every turn when it is over, so that adaptive augmentation can
change before the next turn begins. Faults that are made on purpose are in `faults`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from gansmith.game.inputs.update import UpdateInputs
from gansmith.game.player import Players, Step, Turn, minimise_together
from gansmith.game.step import discriminator_step, generator_step, joint_step
from gansmith.ground.recipes.settings import FeedbackName

mixed_discriminator_step: Step = partial(discriminator_step, one_batch=True)
running_generator_step: Step = partial(generator_step, running=True)

Feedback = Callable[[Players, UpdateInputs], Iterator[Turn]]


def alternating(players: Players, inputs: UpdateInputs) -> Iterator[Turn]:
    """Discriminator turns, then generator turns against the discriminator as it is by then (Goodfellow et al. 2014).

    Passes of D: two a discriminator turn (real, fake; one over both where its plan has neither batch norm nor dropout),
    one a generator turn, and one more on the last real items for losses that compare. Batch statistics: each pass its
    own; D's running statistics move in its own turns only. Frozen in the generator's turn: D's weights, running
    statistics and power iteration. With the same latents, the last discriminator turn's items serve the first generator
    turn.
    """
    fake = None
    for x in inputs.discriminator_turns:
        fake = players.fakes_for_both(x)
        yield players.discriminator.minimise(discriminator_step, replace(x, fake=fake))
    for x in inputs.generator_turns:
        yield players.generator.minimise(generator_step, replace(x, fake=fake))
        fake = None  # after its step the generator makes others


def stacked(players: Players, inputs: UpdateInputs) -> Iterator[Turn]:
    """A combined model, G and then a frozen D, is trained towards "real" (article 000's feedback 2, article 001).

    Passes of D: one a discriminator turn, over real and fake items as one batch of 2B; one a generator turn.
    Batch statistics: of the mixed batch in D's turn; in the generator's turn a frozen D uses its running statistics, as
    a frozen Keras layer does. Frozen in the generator's turn: D's weights, running statistics and power iteration.
    """
    fake = None
    for x in inputs.discriminator_turns:
        fake = players.fakes_for_both(x)
        yield players.discriminator.minimise(mixed_discriminator_step, replace(x, fake=fake))
    for x in inputs.generator_turns:
        yield players.generator.minimise(running_generator_step, replace(x, fake=fake))
        fake = None


def joint(players: Players, inputs: UpdateInputs) -> Iterator[Turn]:
    """Both players move at once, each down its own gradient at the weights as they were: the gradient tape of the
    TensorFlow DCGAN tutorial (article 000's feedback 1, article 004).

    Passes of D: two an update (real, fake); both gradients come from them. Batch statistics: each pass its own; D's
    running statistics move in both. Frozen: nothing needs to be, as each player's gradient is taken with respect to its
    own weights, before either steps.
    """
    both = players.discriminator, players.generator
    yield from minimise_together(both, joint_step, inputs.discriminator_turns[0])


FEEDBACKS: dict[FeedbackName, Feedback] = {"alternating": alternating, "joint": joint, "stacked": stacked}
"""By their names in a recipe; "labels" is one of the `faults`."""
