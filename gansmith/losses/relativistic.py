"""The relativistic loss in its paired form (Jolicoeur-Martineau 2019): each generated item against a real one.

Pairs are rows of a batch: real items in their random order, generated ones of labels that were drawn for themselves. So
with classes a pair is of one class by chance alone, and D is asked which of the two is real whatever they show, as in the
published form.

The NumPy engine has no such loss: its generator's step knows no real items.
"""

from __future__ import annotations

from gansmith.losses.logits import softplus_torch
from gansmith.losses.record import Loss, Targets, Tensor


def discriminator(real: Tensor, fake: Tensor, targets: Targets) -> Tensor:
    """-log sigmoid(D(x_i) - D(G(z_i))): a real item should have a larger logit than the generated item of its row."""
    return softplus_torch(fake - real).mean()


def generator(fake: Tensor, real: Tensor | None, targets: Targets) -> Tensor:
    """-log sigmoid(D(G(z_i)) - D(x_i)). Raises ValueError where there are no logits of real items."""
    if real is None:
        raise ValueError("a relativistic loss compares each generated item with a real one: give logits of real items")
    return softplus_torch(real - fake).mean()


LOSS = Loss(discriminator, generator, paired=True, threshold=None, sure_gap=2.6, guessing=0.693)
