"""The table of rules. Causes come before their effects, so the first active finding is the one to act on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gansmith.diagnosis import remedies
from gansmith.diagnosis.findings import Finding, Remedy, State
from gansmith.diagnosis.history import History
from gansmith.diagnosis.ruleset import balance, classes, collapse, memory, outputs, rates, real, surface
from gansmith.ground.recipes.settings import Recipe


@dataclass(frozen=True)
class Rule:
    """How a state is found in a history, and what to change then."""

    find: Callable[[History], Finding | None]
    remedies: Callable[[Recipe], list[Remedy]]
    times: int = 2  # checks in a row that must find it before the finding is active


RULES: dict[State, Rule] = {
    "data not scaled": Rule(real.data_not_scaled, remedies.not_scaled, times=1),
    "divergence": Rule(outputs.divergence, remedies.divergence, times=1),
    "blank data": Rule(real.blank_data, remedies.real_data, times=1),
    "repeated data": Rule(real.repeated_data, remedies.real_data, times=1),
    "sigmoid as logits": Rule(outputs.sigmoid_as_logits, remedies.sigmoid_as_logits),
    "wrong pixel range": Rule(outputs.wrong_pixel_range, remedies.pixel_range),
    "rate too high": Rule(rates.rate_too_high, remedies.rate_too_high),
    "rate too low": Rule(rates.rate_too_low, remedies.rate_too_low),
    "discriminator never moves": Rule(rates.discriminator_never_moves, remedies.discriminator_still),
    "generator never moves": Rule(rates.generator_never_moves, remedies.generator_still),
    "discriminator pulled along": Rule(balance.discriminator_pulled_along, remedies.pulled_along),
    "one picture memorised": Rule(memory.one_picture_memorised, remedies.one_picture, times=1),
    "latents lost": Rule(memory.latents_lost, remedies.one_picture),
    "regression to the mean": Rule(memory.regression_to_the_mean, remedies.mean),
    "blank samples": Rule(surface.blank_samples, remedies.collapse),
    "mode collapse": Rule(collapse.mode_collapse, remedies.collapse),
    "memorised pictures": Rule(memory.memorised_pictures, remedies.memorised),
    "discriminator memorises": Rule(memory.discriminator_memorises, remedies.memorised),
    "cycling mode collapse": Rule(collapse.cycling_mode_collapse, remedies.collapse),
    "label-wise mode collapse": Rule(classes.labelwise_mode_collapse, remedies.collapse),
    "classes dropped": Rule(classes.classes_dropped, remedies.collapse),
    "partial mode collapse": Rule(collapse.partial_mode_collapse, remedies.collapse),
    "labels ignored": Rule(classes.labels_ignored, remedies.labels_ignored),
    "discriminator overpowers": Rule(balance.discriminator_overpowers, remedies.discriminator_too_strong),
    "generator overpowers": Rule(balance.generator_overpowers, remedies.discriminator_too_weak),
    "vanishing gradients": Rule(rates.vanishing_gradients, remedies.discriminator_too_strong),
    "exploding gradients": Rule(rates.exploding_gradients, remedies.divergence),
    "oscillation": Rule(balance.oscillation, remedies.oscillation),
    "checkerboard": Rule(surface.checkerboard, remedies.checkerboard),
    "grain": Rule(surface.grain, remedies.grain),
    "contrast lost": Rule(surface.contrast_lost, remedies.collapse),
    "colour lost": Rule(surface.colour_lost, remedies.collapse),
    "blurred": Rule(surface.blurred, remedies.blurred),
}
