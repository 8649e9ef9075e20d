"""What to change first, for a state and its recipe. The first remedy is the one that `--remedy auto` applies."""

from __future__ import annotations

from collections.abc import Callable

from gansmith.diagnosis.findings import Remedy, State
from gansmith.ground.recipes.settings import Recipe
from gansmith.losses import LOSSES

GENERATOR, DISCRIMINATOR = "optimizer.generator.rate", "optimizer.discriminator.rate"
USUAL_RATE = 2e-4  # Adam's in DCGAN (Radford et al. 2016)
HIGHEST_RATE = 1e-3  # that the built-in recipes use, with R1

R1 = "Mescheder et al. 2018"
DCGAN = "Radford et al. 2016"
TTUR = "Heusel et al. 2017"
ORIGINAL = "Goodfellow et al. 2014"
CONDITIONAL = "Mirza and Osindero 2014"
INITIAL = "He et al. 2015"
AVERAGES = "Lotter et al. 2016"
LARGE_BATCH = "Brock et al. 2019"
FEW_ITEMS = "Karras et al. 2020"
AUGMENTED = "Zhao et al. 2020"


def lower_rates(recipe: Recipe) -> Remedy:
    """Both rates halved."""
    rates = recipe.optimizer
    return Remedy(
        {GENERATOR: rates.generator.rate / 2, DISCRIMINATOR: rates.discriminator.rate / 2},
        "steps that are too large end in numbers too large",
        DCGAN,
    )


def _divergence(recipe: Recipe) -> tuple[Remedy, ...]:
    rates = recipe.optimizer
    high = max(rates.generator.rate, rates.discriminator.rate) > HIGHEST_RATE
    first = _rate_too_high(recipe)[0] if high else lower_rates(recipe)
    return (first, *_stronger_penalty(recipe))


def _sigmoid(recipe: Recipe) -> tuple[Remedy, ...]:
    change = {"discriminator.output": "linear"} | _without(recipe, "sigmoid-as-logits")
    return (
        Remedy(change, "the loss takes the sigmoid itself; a second one caps the verdict between .5 and .73", ORIGINAL),
    )


def _pixel_range(recipe: Recipe) -> tuple[Remedy, ...]:
    pixels = "unit" if recipe.generator.output == "sigmoid" else "symmetric"
    change = {"data.pixels": pixels} | _without(recipe, "wrong-pixel-range")
    return (Remedy(change, f"the generator's {recipe.generator.output} and the data must share one range", DCGAN),)


def _rate_too_high(recipe: Recipe) -> tuple[Remedy, ...]:
    rates = recipe.optimizer
    lowered = {GENERATOR: rates.generator.rate, DISCRIMINATOR: rates.discriminator.rate}
    lowered = {name: min(rate / 10, HIGHEST_RATE) for name, rate in lowered.items()}
    return (Remedy(lowered, "each step rewrites the weights: a tenth of the rate, and at most 1e-3", DCGAN),)


def _rate_too_low(recipe: Recipe) -> tuple[Remedy, ...]:
    rates = recipe.optimizer
    raised = {GENERATOR: max(USUAL_RATE, rates.generator.rate * 10)}
    raised[DISCRIMINATOR] = max(USUAL_RATE, rates.discriminator.rate * 10)
    return (Remedy(raised, "the weights hardly move: ten times the rate, and at least DCGAN's 2e-4", DCGAN),)


def _discriminator_still(recipe: Recipe) -> tuple[Remedy, ...]:
    if "never-trained" in recipe.faults:
        return (Remedy(_without(recipe, "never-trained"), "freeze it in the generator's turn only", ORIGINAL),)
    rate = max(recipe.optimizer.generator.rate, USUAL_RATE)
    why = "it learns nothing: give it the generator's rate, and check what is frozen"
    return (Remedy({DISCRIMINATOR: rate}, why, ORIGINAL),)


def _generator_still(recipe: Recipe) -> tuple[Remedy, ...]:
    if recipe.feedback.name != "alternating":
        return (Remedy({"feedback.name": "alternating"}, "a verdict passed on as a number has no gradient", ORIGINAL),)
    rate = max(recipe.optimizer.discriminator.rate, USUAL_RATE)
    why = "no gradient arrives, or no step is taken: check what is detached or frozen"
    return (Remedy({GENERATOR: rate}, why, ORIGINAL),)


def _pulled(recipe: Recipe) -> tuple[Remedy, ...]:
    change = {"feedback.name": "alternating"} | _without(recipe, "never-frozen", "never-trained")
    return (Remedy(change, "the discriminator's weights must not move in the generator's turn", ORIGINAL),)


def _one_picture(recipe: Recipe) -> tuple[Remedy, ...]:
    change = {
        "data.batch": max(recipe.data.batch, 64),
        "generator.initial_scale": 1.0,
        "discriminator.initial_scale": 1.0,
        "schedule.rate": "constant",
    }
    why = "batches, weights of their usual size, and a rate that is not cut"
    return (Remedy(change | _without(recipe), why, INITIAL),)


def _mean(recipe: Recipe) -> tuple[Remedy, ...]:
    why = "fitted to real items directly, the best answer is their mean"
    return (Remedy({"feedback.name": "alternating"}, why, AVERAGES), *_stronger_penalty(recipe))


def _collapse(recipe: Recipe) -> tuple[Remedy, ...]:
    why = "a larger batch shows the discriminator more of the modes"
    more = Remedy({"data.batch": recipe.data.batch * 2}, why, LARGE_BATCH)
    slower = Remedy({GENERATOR: recipe.optimizer.generator.rate / 2}, "the discriminator keeps up better", TTUR)
    return (*_stronger_penalty(recipe), slower, more)


def _labels(recipe: Recipe) -> tuple[Remedy, ...]:
    why = "let the label join where it can still be compared with the item"
    earlier = Remedy({"discriminator.label_after": 0}, why, CONDITIONAL)
    look = Remedy({}, "see whether labels and items belong together: gansmith data info SOURCE", CONDITIONAL)
    return (look, earlier)


def _memorised(recipe: Recipe) -> tuple[Remedy, ...]:
    found, name = _stronger_penalty(recipe), recipe.augment.name
    if recipe.engine == "numpy":  # which can do no more than mirror
        why = "twice the pictures, where left and right do not matter"
        found = (Remedy({"augment.name": "mirror"}, why, FEW_ITEMS), *found) if name == "none" else found
    elif "diffaugment" not in name:
        why = "what the discriminator sees of a picture is another each time, so that none can be learned by heart"
        wanted = "mirror+diffaugment" if "mirror" in name else "diffaugment"
        found = (Remedy({"augment.name": wanted}, why, AUGMENTED), *found)
    more = Remedy({}, "more items, or stop at the best checkpoint: few items are learned by heart", FEW_ITEMS)
    return (*found, more)


def _d_strong(recipe: Recipe) -> tuple[Remedy, ...]:
    slower = Remedy({DISCRIMINATOR: recipe.optimizer.discriminator.rate / 4}, "let the generator catch up", TTUR)
    found: tuple[Remedy, ...] = (*_stronger_penalty(recipe), slower)
    if LOSSES[recipe.loss.name].saturates:
        why = "its gradient does not vanish where the discriminator is sure"
        found = (Remedy({"loss.name": "non-saturating"}, why, ORIGINAL), *found)
    if recipe.feedback.discriminator_turns > 1:
        found = (Remedy({"feedback.discriminator_turns": 1}, "one turn each", ORIGINAL), *found)
    return found


def _d_weak(recipe: Recipe) -> tuple[Remedy, ...]:
    rate = max(recipe.optimizer.discriminator.rate * 2, recipe.optimizer.generator.rate)
    faster = Remedy({DISCRIMINATOR: rate}, "a judge that learns faster than the forger", TTUR)
    return (faster, Remedy({"feedback.discriminator_turns": 2}, "two turns for each of the generator's", ORIGINAL))


def _oscillation(recipe: Recipe) -> tuple[Remedy, ...]:
    momentum = {"optimizer.generator.beta1": 0.0, "optimizer.discriminator.beta1": 0.0}
    calmer = Remedy(momentum, "momentum feeds the rotation of a two-player game", "Gidel et al. 2019")
    moving = max(recipe.optimizer.generator.beta1, recipe.optimizer.discriminator.beta1) > 0
    return (*_stronger_penalty(recipe), *((calmer,) if moving else ()), lower_rates(recipe))


def _checkerboard(recipe: Recipe) -> tuple[Remedy, ...]:
    return (Remedy({"generator.kernels": [4]}, "a kernel that its stride divides covers evenly", "Odena et al. 2016"),)


def _none(recipe: Recipe) -> tuple[Remedy, ...]:
    return ()


def _stronger_penalty(recipe: Recipe) -> tuple[Remedy, ...]:
    """R1 where there is none, else ten times as much of it."""
    settings = recipe.regularizer
    if settings.name == "none":
        why = "a penalty on the discriminator's slope at real items keeps the game from running away"
        return (Remedy({"regularizer.name": "r1", "regularizer.gamma": 1.0, "regularizer.interval": 4}, why, R1),)
    if settings.gamma >= 100:
        return ()
    return (Remedy({"regularizer.gamma": settings.gamma * 10}, "a gentler slope of the discriminator", R1),)


def _without(recipe: Recipe, *faults: str) -> dict[str, object]:
    """The setting that takes faults (all, where none is named) out of a recipe; nothing where there are none."""
    if not recipe.faults:
        return {}
    return {"faults": [fault for fault in recipe.faults if faults and fault not in faults]}


REMEDIES: dict[State, Callable[[Recipe], tuple[Remedy, ...]]] = {
    "divergence": _divergence,
    "sigmoid as logits": _sigmoid,
    "wrong pixel range": _pixel_range,
    "rate too high": _rate_too_high,
    "rate too low": _rate_too_low,
    "discriminator never moves": _discriminator_still,
    "generator never moves": _generator_still,
    "discriminator pulled along": _pulled,
    "one picture memorised": _one_picture,
    "latents lost": _one_picture,
    "regression to the mean": _mean,
    "mode collapse": _collapse,
    "cycling mode collapse": _collapse,
    "partial mode collapse": _collapse,
    "label-wise mode collapse": _collapse,
    "memorised pictures": _memorised,
    "discriminator memorises": _memorised,
    "labels ignored": _labels,
    "discriminator overpowers": _d_strong,
    "generator overpowers": _d_weak,
    "vanishing gradients": _d_strong,
    "exploding gradients": _divergence,
    "oscillation": _oscillation,
    "checkerboard": _checkerboard,
    "warming up": _none,
    "still improving": _none,
    "converged": _none,
    "balanced": _none,
}


def remedies(state: State, recipe: Recipe | None) -> tuple[Remedy, ...]:
    """What to try first and next; of a foreign run, as for a recipe with the defaults."""
    return REMEDIES[state](recipe or Recipe())
