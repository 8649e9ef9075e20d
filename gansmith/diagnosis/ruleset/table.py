"""The table of rules: causes before what they cause, so that the first finding that stands is the one to mend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gansmith.diagnosis.findings import Finding, State
from gansmith.diagnosis.history import History
from gansmith.diagnosis.ruleset import collapse, samples
from gansmith.diagnosis.ruleset import players as game


@dataclass(frozen=True)
class Rule:
    """finds: the state from a history, or None. looks: how often in a row before it is believed."""

    finds: Callable[[History], Finding | None]
    looks: int = 2


RULES: dict[State, Rule] = {
    "divergence": Rule(game.divergence, looks=1),
    "sigmoid as logits": Rule(game.sigmoid_as_logits),
    "wrong pixel range": Rule(samples.wrong_pixel_range),
    "rate too high": Rule(game.rate_too_high),
    "rate too low": Rule(game.rate_too_low),
    "discriminator never moves": Rule(game.discriminator_never_moves),
    "generator never moves": Rule(game.generator_never_moves),
    "discriminator pulled along": Rule(game.discriminator_pulled_along),
    "one picture memorised": Rule(samples.one_picture_memorised, looks=1),
    "latents lost": Rule(samples.latents_lost),
    "regression to the mean": Rule(samples.regression_to_the_mean),
    "mode collapse": Rule(collapse.mode_collapse),
    "memorised pictures": Rule(samples.memorised_pictures),
    "discriminator memorises": Rule(samples.discriminator_memorises),
    "cycling mode collapse": Rule(collapse.cycling_mode_collapse),
    "partial mode collapse": Rule(collapse.partial_mode_collapse),
    "label-wise mode collapse": Rule(collapse.labelwise_mode_collapse),
    "labels ignored": Rule(collapse.labels_ignored),
    "discriminator overpowers": Rule(game.discriminator_overpowers),
    "generator overpowers": Rule(game.generator_overpowers),
    "vanishing gradients": Rule(game.vanishing_gradients),
    "exploding gradients": Rule(game.exploding_gradients),
    "oscillation": Rule(game.oscillation),
    "checkerboard": Rule(samples.checkerboard),
}
