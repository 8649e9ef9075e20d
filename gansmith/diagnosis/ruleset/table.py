"""The table of rules. Causes come before their effects, so the first active finding is the one to act on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gansmith.diagnosis.findings import Finding, State
from gansmith.diagnosis.history import History
from gansmith.diagnosis.ruleset import collapse, players, samples


@dataclass(frozen=True)
class Rule:
    """A function that finds a state in a history, and how many times in a row it must before the finding is active."""

    find: Callable[[History], Finding | None]
    times: int = 2


RULES: dict[State, Rule] = {
    "divergence": Rule(players.divergence, times=1),
    "sigmoid as logits": Rule(players.sigmoid_as_logits),
    "wrong pixel range": Rule(samples.wrong_pixel_range),
    "rate too high": Rule(players.rate_too_high),
    "rate too low": Rule(players.rate_too_low),
    "discriminator never moves": Rule(players.discriminator_never_moves),
    "generator never moves": Rule(players.generator_never_moves),
    "discriminator pulled along": Rule(players.discriminator_pulled_along),
    "one picture memorised": Rule(samples.one_picture_memorised, times=1),
    "latents lost": Rule(samples.latents_lost),
    "regression to the mean": Rule(samples.regression_to_the_mean),
    "mode collapse": Rule(collapse.mode_collapse),
    "memorised pictures": Rule(samples.memorised_pictures),
    "discriminator memorises": Rule(samples.discriminator_memorises),
    "cycling mode collapse": Rule(collapse.cycling_mode_collapse),
    "partial mode collapse": Rule(collapse.partial_mode_collapse),
    "label-wise mode collapse": Rule(collapse.labelwise_mode_collapse),
    "labels ignored": Rule(collapse.labels_ignored),
    "discriminator overpowers": Rule(players.discriminator_overpowers),
    "generator overpowers": Rule(players.generator_overpowers),
    "vanishing gradients": Rule(players.vanishing_gradients),
    "exploding gradients": Rule(players.exploding_gradients),
    "oscillation": Rule(players.oscillation),
    "checkerboard": Rule(samples.checkerboard),
}
