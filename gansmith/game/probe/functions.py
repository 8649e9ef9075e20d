"""A loss, a regularizer and an augmentation of the user's own are tried."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gansmith.game.limits import uses_batch_norm
from gansmith.game.probe.trial import COUNT, Trial, check_numbers, trying
from gansmith.game.step import Gan, discriminator_loss, generator_loss, mean
from gansmith.ground.errors import RecipeError, counted
from gansmith.losses import Targets
from gansmith.nets.network import DiscriminatorOutput


def loss(trial: Trial, name: str) -> None:
    """One finite number or one a logit, with a gradient; a mean over items where a batch is dealt out."""
    gan, kind = trial.gan, trial.gan.loss
    real, fake = (torch.linspace(low, low + 3, COUNT, device=trial.device).requires_grad_() for low in (-1.4, -2.3))

    def raw() -> tuple[Any, Any]:
        return kind.discriminator(real, fake, Targets()), kind.generator(fake, real if kind.paired else None, Targets())

    for value in trying(f"loss {name}", raw, "; see gansmith.Loss for what its functions get"):
        if not isinstance(value, Tensor):
            raise RecipeError(
                f"loss {name} returns {type(value).__name__}: return a tensor, one number or one for each logit"
            )

    def both(rows: slice) -> tuple[Tensor, Tensor]:
        on_real, on_fake = (DiscriminatorOutput(logits[rows]) for logits in (real, fake))
        return (
            discriminator_loss(kind, on_real, on_fake, Targets()),
            generator_loss(kind, on_fake, on_real if kind.paired else None, Targets()),
        )

    half = COUNT // 2
    whole = both(slice(None))
    for player, value, logits in zip(("discriminator", "generator"), whole, ((real, fake), (fake,)), strict=True):
        _one_number(f"loss {name} of the {player}", value)
        if any(each is None for each in torch.autograd.grad(value, logits, allow_unused=True)):
            raise RecipeError(f"loss {name} of the {player} does not depend on the logits: no gradient would come back")
    if gan.ranks is None and not gan.micro_batch:
        return
    parts = [both(slice(0, half)), both(slice(half, None))]
    for value, one, other in zip(whole, *parts, strict=True):
        _mean_of_parts(gan, f"loss {name}", value, one, other)


def _one_number(who: str, value: Any) -> None:
    if not isinstance(value, Tensor) or value.numel() != 1 or not value.dtype.is_floating_point:
        found = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise RecipeError(f"{who} returns {found}: return a tensor with one number")
    if not bool(torch.isfinite(value)):
        raise RecipeError(f"{who} returns {float(value.detach())}: it must be finite")
    if not value.requires_grad:
        raise RecipeError(f"{who} returns a number without a gradient: compute it in torch, from the arguments")


def _mean_of_parts(gan: Gan, who: str, whole: Tensor, one: Tensor, other: Tensor) -> None:
    if torch.allclose(mean(whole), (mean(one) + mean(other)) / 2, rtol=1e-4, atol=1e-6):
        return
    how = f"{counted(gan.ranks.size, 'process', 'processes')}" if gan.ranks else f"data.micro_batch = {gan.micro_batch}"
    raise RecipeError(
        f"{who} of a batch is not the mean of those of its halves, and {how} would compute it part by part: make it a mean over "
        "items, or train in one process with whole batches"
    )


def regularizer(trial: Trial, name: str) -> None:
    """One finite number, with a gradient for the discriminator; a mean over items where a batch is dealt out."""
    gan, who = trial.gan, f"regularizer {name}"
    own = gan.penalty.own
    assert own is not None
    with torch.no_grad():
        fake = trial.generate()

    def at(rows: slice) -> tuple[Tensor, bool]:
        real, made = (items[rows].detach().clone().requires_grad_() for items in (trial.real, fake))
        labels = None if trial.labels is None else trial.labels[rows]
        generator = torch.Generator(trial.device).manual_seed(1)
        before = generator.get_state()
        judge = lambda items: gan.discriminator.discriminate(items, labels, trial.mode()).overall  # noqa: E731
        value = own.penalty(judge, real, made, generator)
        return value, not torch.equal(before, generator.get_state())

    value, draws = trying(who, lambda: at(slice(None)), "; see gansmith.Regularizer for its arguments")
    _one_number(who, value)
    weights = [weight for weight in gan.discriminator.weights().values() if weight.requires_grad]
    if all(each is None for each in torch.autograd.grad(value, weights, allow_unused=True)):
        raise RecipeError(
            f"{who} does not depend on the discriminator: use judge(items), with create_graph=True for gradients"
        )
    if (gan.ranks is not None or gan.micro_batch) and not draws and not uses_batch_norm(gan.discriminator):
        half = COUNT // 2
        _mean_of_parts(gan, who, value, at(slice(0, half))[0], at(slice(half, None))[0])


def augmentation(trial: Trial, name: str) -> None:
    """The same shape and type, finite, repeatable, with a gradient that comes back."""
    see, who = trial.gan.augmenter.see_own, f"augmentation {name}"
    items = trial.real.clone().requires_grad_()
    seen = trying(who, lambda: see(items, 1), "; see gansmith.Augmentation for its arguments")
    if not isinstance(seen, Tensor) or seen.shape != items.shape:
        found = tuple(seen.shape) if isinstance(seen, Tensor) else type(seen).__name__
        raise RecipeError(f"{who} returns {found} for items {tuple(items.shape)}: return the same shape")
    check_numbers(trial, who, seen)
    gradient = torch.autograd.grad(seen.sum(), items, allow_unused=True)[0] if seen.requires_grad else None
    if gradient is None:
        raise RecipeError(f"{who} lets no gradient through, so that the generator could not learn: compute it in torch")
    if not torch.equal(seen, see(items, 1)):
        raise RecipeError(f"{who} is not repeatable: draw with the generator that it is given, and from nothing else")
