"""What to change in a recipe, for each finding. The first remedy is the one that `--remedy auto` applies."""

from __future__ import annotations

from gansmith.diagnosis.findings import Remedy
from gansmith.ground.recipes.settings import Recipe
from gansmith.losses import loss_of

GENERATOR, DISCRIMINATOR = "optimizer.generator.rate", "optimizer.discriminator.rate"
USUAL_RATE = 2e-4  # Adam's in DCGAN (Radford et al. 2016)
HIGHEST_RATE = 1e-3  # of the built-in recipes, with R1
EVENED = ("dcgan", "subpixel")  # networks whose kernels `generator.even` keeps even

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


def _rates(recipe: Recipe) -> tuple[float, float]:
    """The learning rates of generator and discriminator."""
    return recipe.optimizer.generator.rate, recipe.optimizer.discriminator.rate


def divergence(recipe: Recipe) -> list[Remedy]:
    """Smaller learning rates, a stronger penalty."""
    first = rate_too_high(recipe) if max(_rates(recipe)) > HIGHEST_RATE else [lower_rates(recipe)]
    return first + _stronger_penalty(recipe)


def lower_rates(recipe: Recipe) -> Remedy:
    """Both learning rates halved."""
    g, d = _rates(recipe)
    return Remedy({GENERATOR: g / 2, DISCRIMINATOR: d / 2}, "too large steps end in too large numbers", DCGAN)


def sigmoid_as_logits(recipe: Recipe) -> list[Remedy]:
    """A linear output."""
    change = {"discriminator.output": "linear"} | _without(recipe, "sigmoid-as-logits")
    why = "the loss computes the sigmoid itself; a second one limits the probability to .5 .. .73"
    return [Remedy(change, why, ORIGINAL)]


def pixel_range(recipe: Recipe) -> list[Remedy]:
    """One range for generator and data."""
    pixels = "unit" if recipe.generator.output == "sigmoid" else "symmetric"
    change = {"data.pixels": pixels} | _without(recipe, "wrong-pixel-range")
    return [Remedy(change, f"the generator's {recipe.generator.output} and the data must share one range", DCGAN)]


def rate_too_high(recipe: Recipe) -> list[Remedy]:
    """A tenth of the learning rates."""
    g, d = (min(rate / 10, HIGHEST_RATE) for rate in _rates(recipe))
    why = "each step rewrites the weights: a tenth of the rate, and at most 1e-3"
    return [Remedy({GENERATOR: g, DISCRIMINATOR: d}, why, DCGAN)]


def rate_too_low(recipe: Recipe) -> list[Remedy]:
    """Ten times the learning rates; where one alone is low, that one."""
    rates = dict(zip((GENERATOR, DISCRIMINATOR), _rates(recipe), strict=True))
    low = {name: rate for name, rate in rates.items() if rate < USUAL_RATE} or rates
    why = "the weights hardly move: ten times the rate, and at least DCGAN's 2e-4"
    return [Remedy({name: max(USUAL_RATE, rate * 10) for name, rate in low.items()}, why, DCGAN)]


def discriminator_still(recipe: Recipe) -> list[Remedy]:
    """Let the discriminator learn."""
    if "never-trained" in recipe.faults:
        return [Remedy(_without(recipe, "never-trained"), "freeze it in the generator's turn only", ORIGINAL)]
    why = "it learns nothing: give it the generator's rate, and check what is frozen"
    return [Remedy({DISCRIMINATOR: max(recipe.optimizer.generator.rate, USUAL_RATE)}, why, ORIGINAL)]


def generator_still(recipe: Recipe) -> list[Remedy]:
    """Let a gradient reach the generator."""
    if recipe.feedback.name != "alternating":
        return [Remedy({"feedback.name": "alternating"}, "an output passed on as a number has no gradient", ORIGINAL)]
    why = "no gradient arrives, or no step is taken: check what is detached or frozen"
    return [Remedy({GENERATOR: max(recipe.optimizer.discriminator.rate, USUAL_RATE)}, why, ORIGINAL)]


def pulled_along(recipe: Recipe) -> list[Remedy]:
    """Freeze the discriminator in the generator's turn."""
    change = {"feedback.name": "alternating"} | _without(recipe, "never-frozen", "never-trained")
    return [Remedy(change, "the discriminator's weights must not move in the generator's turn", ORIGINAL)]


def one_picture(recipe: Recipe) -> list[Remedy]:
    """The usual initial weights and batches."""
    change = {
        "data.batch": max(recipe.data.batch, 64),
        "generator.initial_scale": 1.0,
        "discriminator.initial_scale": 1.0,
        "schedule.rate": "constant",
    }
    why = "batches, initial weights of the usual size, and a constant learning rate"
    return [Remedy(change | _without(recipe), why, INITIAL)]


def mean(recipe: Recipe) -> list[Remedy]:
    """Let the generator imitate, not fit."""
    why = "trained to fit real items directly, the best answer is their mean"
    return [Remedy({"feedback.name": "alternating"}, why, AVERAGES), *_stronger_penalty(recipe)]


def collapse(recipe: Recipe) -> list[Remedy]:
    """A stronger penalty, a slower generator, a larger batch."""
    why = "a larger batch shows the discriminator more of the modes"
    larger = Remedy({"data.batch": recipe.data.batch * 2}, why, LARGE_BATCH)
    slower = Remedy({GENERATOR: recipe.optimizer.generator.rate / 2}, "the discriminator keeps up better", TTUR)
    return [*_stronger_penalty(recipe), slower, larger]


def labels_ignored(recipe: Recipe) -> list[Remedy]:
    """Check the labels, add them earlier."""
    check = Remedy({}, "check that labels and items belong together: gansmith data info SOURCE", CONDITIONAL)
    why = "add the label where it can still be compared with the item"
    return [check, Remedy({"discriminator.label_after": 0}, why, CONDITIONAL)]


def memorised(recipe: Recipe) -> list[Remedy]:
    """Augmentation, a stronger penalty, more items."""
    found, name = _stronger_penalty(recipe), recipe.augment.name
    if recipe.engine == "numpy" and name == "none":  # this engine has no other augmentation
        why = "twice the pictures, where left and right do not matter"
        found = [Remedy({"augment.name": "mirror"}, why, FEW_ITEMS), *found]
    elif recipe.engine != "numpy" and "diffaugment" not in name:
        why = "the discriminator never sees a picture in the same form twice, so it cannot memorise any"
        wanted = "mirror+diffaugment" if "mirror" in name else "diffaugment"
        found = [Remedy({"augment.name": wanted}, why, AUGMENTED), *found]
    return [*found, Remedy({}, "more items, or stop at the best checkpoint: few items are soon memorised", FEW_ITEMS)]


def discriminator_too_strong(recipe: Recipe) -> list[Remedy]:
    """Fewer turns, another loss, a stronger penalty, a lower rate."""
    found: list[Remedy] = []
    if recipe.feedback.discriminator_turns > 1:
        found.append(Remedy({"feedback.discriminator_turns": 1}, "one turn each", ORIGINAL))
    if loss_of(recipe).saturates:
        why = "its gradient does not vanish where the discriminator is sure"
        found.append(Remedy({"loss.name": "non-saturating"}, why, ORIGINAL))
    slower = Remedy({DISCRIMINATOR: recipe.optimizer.discriminator.rate / 4}, "let the generator catch up", TTUR)
    return [*found, *_stronger_penalty(recipe), slower]


def discriminator_too_weak(recipe: Recipe) -> list[Remedy]:
    """A higher rate, more turns."""
    g, d = _rates(recipe)
    faster = Remedy({DISCRIMINATOR: max(d * 2, g)}, "a discriminator that learns faster than the generator", TTUR)
    return [faster, Remedy({"feedback.discriminator_turns": 2}, "two turns for each of the generator's", ORIGINAL)]


def oscillation(recipe: Recipe) -> list[Remedy]:
    """A stronger penalty, no momentum, lower rates."""
    found = _stronger_penalty(recipe)
    if max(recipe.optimizer.generator.beta1, recipe.optimizer.discriminator.beta1) > 0:
        change = {"optimizer.generator.beta1": 0.0, "optimizer.discriminator.beta1": 0.0}
        found.append(Remedy(change, "momentum amplifies the rotation of a two-player game", "Gidel et al. 2019"))
    return [*found, lower_rates(recipe)]


def checkerboard(recipe: Recipe) -> list[Remedy]:
    """Kernels that leave even areas even; kernels that the stride divides."""
    even = Remedy({"generator.even": True}, "kernels that enlarge then reach all pixels alike", "Odena et al. 2016")
    why = "a kernel size divisible by the stride covers all pixels evenly"
    found = [even] if recipe.generator.net in EVENED and not recipe.generator.even else []
    return [*found, Remedy({"generator.kernels": [4]}, why, "Odena et al. 2016")]


def not_scaled(recipe: Recipe) -> list[Remedy]:
    """Scaled data, which is another training."""
    return [
        Remedy({}, "train again without data.scale=none: numbers of mean 0 and deviation 1; samples keep their units")
    ]


def real_data(recipe: Recipe) -> list[Remedy]:
    """Look at the data."""
    return [Remedy({}, "look at the pictures as they were prepared: gansmith data info SOURCE --sheet sheet.png")]


def grain(recipe: Recipe) -> list[Remedy]:
    """A stronger penalty; a slower generator."""
    slower = Remedy(
        {GENERATOR: recipe.optimizer.generator.rate / 2}, "smaller steps leave less noise in the weights", TTUR
    )
    return [*_stronger_penalty(recipe), slower]


def blurred(recipe: Recipe) -> list[Remedy]:
    """A weaker penalty; a discriminator that sees more."""
    found: list[Remedy] = []
    if recipe.regularizer.name != "none" and recipe.regularizer.gamma > 0.1:
        why = "a strong penalty keeps the discriminator from asking for fine detail"
        found.append(Remedy({"regularizer.gamma": recipe.regularizer.gamma / 10}, why, R1))
    d = recipe.optimizer.discriminator.rate
    return [*found, Remedy({DISCRIMINATOR: d * 2}, "a discriminator that learns faster finds finer differences", TTUR)]


def _stronger_penalty(recipe: Recipe) -> list[Remedy]:
    """R1 where there is no penalty, else ten times its weight; nothing from a weight of 100."""
    settings = recipe.regularizer
    if settings.name == "none":
        why = "a penalty on the discriminator's gradient at real items keeps the game stable"
        return [Remedy({"regularizer.name": "r1", "regularizer.gamma": 1.0, "regularizer.interval": 4}, why, R1)]
    if settings.gamma >= 100:
        return []
    return [Remedy({"regularizer.gamma": settings.gamma * 10}, "a smaller gradient of the discriminator", R1)]


def _without(recipe: Recipe, *faults: str) -> dict[str, object]:
    """The setting that removes these planted faults, or all where none is named; {} where the recipe has none."""
    if not recipe.faults:
        return {}
    return {"faults": [fault for fault in recipe.faults if faults and fault not in faults]}
