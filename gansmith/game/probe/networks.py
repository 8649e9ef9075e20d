"""Networks of the user's own are tried: shapes, types, ranges, gradients, what depends on what, what is drawn."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from gansmith.game.limits import uses_batch_norm
from gansmith.game.probe.trial import COUNT, Trial, check_numbers, trying, untouched
from gansmith.game.step import Gan
from gansmith.ground.errors import RecipeError, counted
from gansmith.nets.network import Network

FAR = 1.5  # times the range of pixels: outputs beyond it are far outside


def networks(trial: Trial, name: str) -> list[str]:
    """Shapes, types, ranges, gradients; what depends on what; what is drawn."""
    gan, remarks = trial.gan, []
    with torch.no_grad():
        made = _generated(trial, f"the generator of {name}")
        _verdicts(trial, f"the discriminator of {name}", made)
        remarks += _range(trial, made)
        remarks += trying(f"a pass through {name}", lambda: _dependence(trial, name, made))
    remarks += _batch_norm(gan, name)
    return remarks + trying(f"a backward pass through {name}", lambda: _gradients(trial, name))


def _labels_hint(trial: Trial) -> str:
    if trial.classes:
        return f" (it is given labels int64 ({COUNT},) of {counted(trial.classes, 'class', 'classes')})"
    return " (it is given no labels, as data.labels = 'none')"


def _generated(trial: Trial, who: str) -> Tensor:
    z, shape = trial.z, trial.item_shape
    made = trying(
        f"{who}, given latents {tuple(z.shape)},", lambda: trial.run(trial.gan.generator, z), _labels_hint(trial)
    )
    if not isinstance(made, Tensor) or tuple(made.shape) != (COUNT, *shape):
        found = tuple(made.shape) if isinstance(made, Tensor) else type(made).__name__
        raise RecipeError(
            f"{who} returns {found} for {COUNT} latents: items here are {(COUNT, *shape)}, so return those"
        )
    check_numbers(trial, who, made)
    return made


def _verdicts(trial: Trial, who: str, made: Tensor) -> None:
    network = trial.gan.discriminator
    given = f"{who}, given items {tuple(made.shape)},"
    found = [
        trying(given, lambda items=items: trial.run(network, items), _labels_hint(trial))
        for items in (trial.real, made)
    ]
    for out in found:
        if not isinstance(out, Tensor) or tuple(out.shape) not in ((COUNT,), (COUNT, 1)):
            what = tuple(out.shape) if isinstance(out, Tensor) else type(out).__name__
            raise RecipeError(
                f"{who} returns {what} for {COUNT} items: a verdict is one logit an item, ({COUNT},) or ({COUNT}, 1); take the "
                "mean of a map"
            )
        check_numbers(trial, who, out)
    if "sigmoid-as-logits" in trial.gan.recipe.faults:
        return
    try:
        wide = [*found, *(trial.run(network, scale * trial.real) for scale in (100, -100))]
    except Exception:  # it refuses items that are far from the data: then it shows what it can
        wide = found
    joined = torch.cat([out.flatten() for out in wide])
    if bool(((joined >= 0) & (joined <= 1)).all()) and float(joined.max() - joined.min()) > 0:
        raise RecipeError(
            f"{who} returns numbers in 0..1 whatever it sees, as if they were probabilities: the loss takes logits, so leave the "
            "sigmoid at its end out"
        )


def _range(trial: Trial, made: Tensor) -> list[str]:
    """Pictures against the range of pixels."""
    if not trial.pixels:
        return []
    low, high, least = float(made.min()), float(made.max()), trial.low
    middle, half = (least + 1) / 2, (1 - least) / 2
    where = f"the generator's pixels reach from {low:.2g} to {high:.2g}, and those of the data from {least:g} to 1"
    if max(high - middle, middle - low) > FAR * half:
        return [f"{where}: let it end in {'a sigmoid' if least == 0 else 'tanh'}, or samples are cut off"]
    if least < 0 <= low:
        return [f"{where}: none is below 0; let it end in tanh, or set data.pixels=unit"]
    return []


def _dependence(trial: Trial, name: str, made: Tensor) -> list[str]:
    """On latents, on labels, on nothing that is drawn from elsewhere."""
    gan, remarks = trial.gan, []
    with torch.enable_grad():
        z = trial.z.clone().requires_grad_()
        out = gan.generator(z, trial.labels, trial.mode())
        slope = torch.autograd.grad(out.sum(), z, allow_unused=True)[0] if out.requires_grad else z
    if slope is None:
        raise RecipeError(
            f"the generator of {name} makes its items without its latents: let its output depend on its first argument"
        )
    if torch.equal(made, trial.run(gan.generator, trial.z.flip(0))):
        remarks.append(f"the generator of {name} makes the same items of other latents, before it is trained")
    for player, network, x in (("generator", gan.generator, trial.z), ("discriminator", gan.discriminator, trial.real)):
        once, again = (trial.run(network, x) for _ in range(2))
        if not torch.equal(once, again):
            remarks.append(
                f"the {player} of {name} is not repeatable: it draws from something else than torch's generator, or counts its "
                "calls; a resumed run will not be bit-equal"
            )
        elif _draws(trial, network, x):
            remarks.append(
                f"the {player} of {name} draws random numbers outside training too: they are drawn alike for every 64 items, so "
                "that a seed gives the same samples"
            )
        if trial.classes > 1 and _ignores_labels(trial, network, x):
            remarks.append(
                f"the {player} of {name} does not look at the labels: its output is the same for every class"
            )
    return remarks


def _draws(trial: Trial, network: Any, x: Tensor) -> bool:
    """Whether torch's generator moves in a pass outside training."""
    network.module.eval()
    devices = [trial.device] if trial.device.type == "cuda" else []
    with torch.random.fork_rng(devices), untouched(network.module):
        out = []
        for seed in (1, 2):
            torch.manual_seed(seed)
            out.append(network.module(*((x, trial.labels) if network.takes_labels else (x,))))
    return not torch.equal(*out)


def _ignores_labels(trial: Trial, network: Network, x: Tensor) -> bool:
    assert trial.labels is not None
    others = (trial.labels + 1) % trial.classes
    return torch.equal(trial.run(network, x, training=False), trial.run(network, x, others, training=False))


def _batch_norm(gan: Gan, name: str) -> list[str]:
    """Under a penalty on gradients, which are of each item alone."""
    penalty = gan.recipe.regularizer.name
    if penalty == "none" or not uses_batch_norm(gan.discriminator):
        return []
    if penalty == "gradient-penalty":
        raise RecipeError(
            f"regularizer.name = {penalty!r} needs the gradient at each item alone, and the batch norm in the discriminator of "
            f"{name} mixes the items: use another norm there, or set regularizer.name=none"
        )
    return [
        f"regularizer.name = {penalty!r} means the gradient at each item alone, and the batch norm in the discriminator of "
        f"{name} mixes the items: another norm there is safer"
    ]


def _gradients(trial: Trial, name: str) -> list[str]:
    """Which parameters have a gradient, and whether the generator's comes through the discriminator."""
    gan = trial.gan
    fake = trying(f"the generator of {name}", trial.generate)
    verdicts = trying(f"the discriminator of {name}", lambda: trial.judge(fake).logits)
    remarks: list[str] = []
    for player, network in (("generator", gan.generator), ("discriminator", gan.discriminator)):
        trained = {path: weight for path, weight in network.weights().items() if weight.requires_grad}
        found: tuple[Tensor | None, ...] = (None,)
        if verdicts.requires_grad:
            found = torch.autograd.grad(verdicts.sum(), list(trained.values()), retain_graph=True, allow_unused=True)
        still = [path for path, gradient in zip(trained, found, strict=False) if gradient is None]
        if all(gradient is None for gradient in found):
            raise RecipeError(
                f"no gradient comes from the verdicts to the {player} of {name}: look for detach(), .data, no_grad or NumPy in "
                "its forward"
            )
        if still:
            more = f" and {len(still) - 3} more" if len(still) > 3 else ""
            remarks.append(
                f"the {player} of {name} never uses {', '.join(still[:3])}{more}: no gradient comes there, and it stays as it is"
            )
    return remarks
