"""The table of rules. Causes come before their effects, so the first active finding is the one to act on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gansmith.diagnosis import remedies
from gansmith.diagnosis.findings import Finding, Remedy, State
from gansmith.diagnosis.history import History
from gansmith.diagnosis.ruleset import collapse, players, samples
from gansmith.ground.recipes.settings import Recipe


@dataclass(frozen=True)
class Rule:
    """How a state is found in a history, and what to change then."""

    find: Callable[[History], Finding | None]
    remedies: Callable[[Recipe], list[Remedy]]
    times: int = 2  # checks in a row that must find it before the finding is active


RULES: dict[State, Rule] = {
    "divergence": Rule(players.divergence, remedies.divergence, times=1),
    "sigmoid as logits": Rule(players.sigmoid_as_logits, remedies.sigmoid_as_logits),
    "wrong pixel range": Rule(samples.wrong_pixel_range, remedies.pixel_range),
    "rate too high": Rule(players.rate_too_high, remedies.rate_too_high),
    "rate too low": Rule(players.rate_too_low, remedies.rate_too_low),
    "discriminator never moves": Rule(players.discriminator_never_moves, remedies.discriminator_still),
    "generator never moves": Rule(players.generator_never_moves, remedies.generator_still),
    "discriminator pulled along": Rule(players.discriminator_pulled_along, remedies.pulled_along),
    "one picture memorised": Rule(samples.one_picture_memorised, remedies.one_picture, times=1),
    "latents lost": Rule(samples.latents_lost, remedies.one_picture),
    "regression to the mean": Rule(samples.regression_to_the_mean, remedies.mean),
    "mode collapse": Rule(collapse.mode_collapse, remedies.collapse),
    "memorised pictures": Rule(samples.memorised_pictures, remedies.memorised),
    "discriminator memorises": Rule(samples.discriminator_memorises, remedies.memorised),
    "cycling mode collapse": Rule(collapse.cycling_mode_collapse, remedies.collapse),
    "partial mode collapse": Rule(collapse.partial_mode_collapse, remedies.collapse),
    "label-wise mode collapse": Rule(collapse.labelwise_mode_collapse, remedies.collapse),
    "labels ignored": Rule(collapse.labels_ignored, remedies.labels_ignored),
    "discriminator overpowers": Rule(players.discriminator_overpowers, remedies.discriminator_too_strong),
    "generator overpowers": Rule(players.generator_overpowers, remedies.discriminator_too_weak),
    "vanishing gradients": Rule(players.vanishing_gradients, remedies.discriminator_too_strong),
    "exploding gradients": Rule(players.exploding_gradients, remedies.divergence),
    "oscillation": Rule(players.oscillation, remedies.oscillation),
    "checkerboard": Rule(samples.checkerboard, remedies.checkerboard),
}
