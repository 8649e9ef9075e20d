"""The only place that reads and writes TOML: recipes to typed settings and back, with errors that help.

A recipe in a file names only what differs from the defaults; a run stores it resolved, every field written.
"""

from __future__ import annotations

import dataclasses
import math
import tomllib
import types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from gansmith.ground.errors import RecipeError, nearest
from gansmith.ground.recipes.settings import Recipe

FORMAT = 1

ALLOWED: dict[str, set[str]] = {}
"""Names that were added at run time, by the key that may say them: {"loss.name": {"mine"}}."""


def allow(key: str, name: str) -> None:
    """Let recipes of this process say `key = name`, beside the key's own choices."""
    ALLOWED.setdefault(key, set()).add(name)


def read(path: Path) -> Recipe:
    """Read a recipe file. Raises RecipeError with the file's name, the key and the way out."""
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecipeError(
            f"no recipe at {path}: give a file, or one of the names that `gansmith recipes` lists"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path} cannot be read as a recipe: {error}") from None
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{path} is not valid TOML: {error}") from None
    return from_table(table, str(path))


def from_table(table: dict[str, Any], origin: str = "recipe") -> Recipe:
    """Typed settings from a parsed TOML table; unknown keys and wrong types are refused by name."""
    version = table.get("format", FORMAT)
    if type(version) is not int or version < 1:
        raise RecipeError(f"{origin}: format = {version!r} is no format of a recipe: write format = {FORMAT}")
    if version > FORMAT:
        raise RecipeError(
            f"{origin} is of format {version}, this Gansmith reads format {FORMAT}: install a newer Gansmith"
        )
    recipe = _build(Recipe, table, "", origin)
    check(recipe)
    return recipe


def to_table(recipe: Recipe) -> dict[str, Any]:
    """Plain dictionaries, lists, strings and numbers, every field present."""
    return dataclasses.asdict(recipe, dict_factory=lambda items: {k: _plain(v) for k, v in items})


def flat(recipe: Recipe) -> dict[str, Any]:
    """Every value by its dotted name: {"data.batch": 64, ...}."""
    values: dict[str, Any] = {}

    def walk(table: dict[str, Any], prefix: str) -> None:
        for name, value in table.items():
            if isinstance(value, dict):
                walk(value, f"{prefix}{name}.")
            else:
                values[prefix + name] = value

    walk(to_table(recipe), "")
    return values


def to_toml(recipe: Recipe) -> str:
    """The recipe as TOML text, every field written: `from_table(tomllib.loads(text)) == recipe`."""
    import tomli_w  # a small writer, wanted only where a run is made

    return tomli_w.dumps(to_table(recipe))


def override(recipe: Recipe, assignments: dict[str, Any] | list[str]) -> Recipe:
    """A recipe with some values replaced: {"loss.name": "hinge"}, or the command line's ["loss.name=hinge"].

    Text is read as TOML (`0.5`, `true`, `[64, 32]`), and as a bare string where it is none (`hinge`).
    """
    if isinstance(assignments, list):
        assignments = dict(_split(assignment) for assignment in assignments)
    table = to_table(recipe)
    for dotted, value in assignments.items():
        here: Any = table
        *parents, last = dotted.split(".")
        for depth, name in enumerate([*parents, last]):
            if not isinstance(here, dict) or name not in here:
                known = here if isinstance(here, dict) else ()
                raise RecipeError(
                    f"unknown setting {dotted!r}{nearest(name, known)}{listed('.'.join(parents[:depth]))}"
                )
            if depth < len(parents):
                here = here[name]
        if isinstance(here[last], dict):
            raise RecipeError(
                f"{dotted!r} is a table: set one of its values, as in --set {dotted}.{next(iter(here[last]))}=..."
                f"{listed(dotted)}"
            )
        here[last] = value
    return from_table(table, "--set")


def listed(name: str) -> str:
    """The end of a refusal: the command that explains a key, or lists the keys of a table ("loss", "loss." or "")."""
    name = name.rstrip(".")
    return f" (`gansmith settings{' ' * bool(name)}{name}` {'explains it' if name in flat(Recipe()) else 'lists the keys'})"


ABOVE_ZERO = (
    "data.batch",
    "latent.dim",
    "generator.norm_epsilon",
    "generator.initial_scale",
    "discriminator.norm_epsilon",
    "discriminator.initial_scale",
    "loss.discriminator_scale",
    "regularizer.interval",
    "augment.ramp_images",
    "feedback.discriminator_turns",
    "feedback.generator_turns",
    "optimizer.generator.rate",
    "optimizer.generator.epsilon",
    "optimizer.discriminator.rate",
    "optimizer.discriminator.epsilon",
    "watch.stats_every",
    "watch.samples",
    "watch.keep",
)
NOT_NEGATIVE = (
    "threads",
    "data.micro_batch",
    "data.channels",
    "data.crop",
    "data.first",
    "data.clusters",
    "latent.classes_drawn",
    "generator.slope",
    "discriminator.slope",
    "regularizer.gamma",
    "regularizer.sigma",
    "optimizer.generator.momentum",
    "optimizer.discriminator.momentum",
    "schedule.start",
    "schedule.factor",
    "schedule.every",
    "ema.half_life",
    "ema.ramp_up",
    "ema.recalibrate",
    "watch.samples_every",
    "watch.checkpoint_minutes",
    "watch.checkpoint_every",
    "watch.checkpoint_epochs",
)
SHARES = (
    "generator.dropout",
    "discriminator.dropout",
    "optimizer.generator.beta1",
    "optimizer.generator.beta2",
    "optimizer.discriminator.beta1",
    "optimizer.discriminator.beta2",
)


def check(recipe: Recipe) -> None:
    """Refuse values and combinations without meaning, whatever engine or data comes later."""
    values = flat(recipe)
    for name in ABOVE_ZERO:
        if not values[name] > 0:
            raise RecipeError(f"{name} is {values[name]}: it must be above 0")
    for name in NOT_NEGATIVE:
        if values[name] < 0:
            raise RecipeError(f"{name} is {values[name]}: it must be at least 0")
    for name in SHARES:
        if not 0 <= values[name] < 1:
            raise RecipeError(f"{name} is {values[name]}: it must be at least 0 and below 1")
    if not 0 <= recipe.augment.probability <= 1:
        raise RecipeError(f"augment.probability is {recipe.augment.probability}: it must be from 0 to 1")
    if not -1 < recipe.augment.target < 1:
        raise RecipeError(f"augment.target is {recipe.augment.target}: a mean sign lies between -1 and 1")
    for player in ("generator", "discriminator"):
        for name in ("widths", "kernels", "strides"):
            if min(values[f"{player}.{name}"], default=1) < 1:
                raise RecipeError(f"{player}.{name} is {values[f'{player}.{name}']}: each must be at least 1")
    for name in ("loss.real", "loss.fake", "loss.generator"):
        target = values[name]
        if len(target) != 2 or not 0 <= target[0] <= target[1] <= 1:
            raise RecipeError(f"{name} is {target}: a target is [low, high] between 0 and 1, as in [0.9, 1.0]")
    budgets = [n for n in ("updates", "images", "epochs", "minutes") if getattr(recipe.budget, n) != 0]
    if len(budgets) > 1 or any(getattr(recipe.budget, name) < 0 for name in budgets):
        raise RecipeError(
            f"budget has {', '.join(budgets)}: set exactly one of updates, images, epochs, minutes above 0"
        )
    _check_ranges(recipe)
    _check_labels(recipe)
    _check_game(recipe)


def _check_ranges(recipe: Recipe) -> None:
    """The last activations against the pixels' range and the loss."""
    generator, pixels = recipe.generator.output, recipe.data.pixels
    if generator == "sigmoid" and pixels == "symmetric":
        raise RecipeError(
            "generator.output = 'sigmoid' gives pixels in [0, 1] but data.pixels = 'symmetric' are in [-1, 1]: "
            "set generator.output=tanh or data.pixels=unit"
        )
    if generator == "tanh" and pixels == "unit" and "wrong-pixel-range" not in recipe.faults:
        raise RecipeError(
            "generator.output = 'tanh' gives pixels in [-1, 1] but data.pixels = 'unit' are in [0, 1]: "
            "set generator.output=sigmoid or data.pixels=symmetric"
        )
    if recipe.discriminator.output != "linear" and "sigmoid-as-logits" not in recipe.faults:
        raise RecipeError(
            f"discriminator.output = {recipe.discriminator.output!r} would feed probabilities to the loss "
            f"{recipe.loss.name!r}, which takes logits: set discriminator.output=linear"
        )


def _check_labels(recipe: Recipe) -> None:
    """What is said of labels, by what the players see."""
    labels = recipe.data.labels
    if recipe.data.clusters and labels != "clusters":
        raise RecipeError(
            f"data.clusters = {recipe.data.clusters} is for data.labels = 'clusters', and it is {labels!r}"
        )
    if recipe.latent.classes_drawn and labels == "clusters":
        raise RecipeError(
            f"latent.classes_drawn = {recipe.latent.classes_drawn} leaves classes out, and groups are asked for by their "
            "shares: set it to 0, or data.labels=classes"
        )


def _check_game(recipe: Recipe) -> None:
    """Regularizers, feedbacks and faults that have no meaning together; `losses.check` does the same for the loss."""
    feedback, regularizer = recipe.feedback, recipe.regularizer.name
    if regularizer == "gradient-penalty" and recipe.discriminator.norm == "batch":
        raise RecipeError(
            "regularizer.name = 'gradient-penalty' asks for the slope at each item alone, and batch norm mixes the "
            "items: set discriminator.norm=none"
        )
    if recipe.regularizer.sigma and regularizer not in ("none", "r1", "r2", "r1+r2"):
        raise RecipeError(
            f"regularizer.sigma is a way to take r1 and r2, and regularizer.name is {regularizer!r}: set "
            "regularizer.sigma=0"
        )
    if feedback.name == "joint" and (feedback.discriminator_turns, feedback.generator_turns) != (1, 1):
        raise RecipeError(
            "feedback.name = 'joint' moves both players once, at the same time: set both turns to 1, or "
            "feedback.name=alternating"
        )
    if feedback.name == "joint" and feedback.latents != "same":
        raise RecipeError("feedback.name = 'joint' has one batch of latents for both: set feedback.latents=same")
    for fault in ("never-frozen", "never-trained"):
        if fault in recipe.faults and feedback.name != "stacked":
            raise RecipeError(f"the fault {fault!r} is one of a combined model: set feedback.name=stacked")


def _split(assignment: str) -> tuple[str, Any]:
    name, equals, text = assignment.partition("=")
    if not equals or not name.strip():
        raise RecipeError(f"--set {assignment!r} is not of the form table.key=value")
    return name.strip(), _value(text.strip())


def _value(text: str) -> Any:
    """Text as TOML, or else as what people type: `.5`, `2.`, `[relu, tanh]`, and bare strings (dates are names)."""
    try:
        value = tomllib.loads(f"value = {text}")["value"]
        return value if isinstance(value, (bool, int, float, str, list, dict)) else text
    except tomllib.TOMLDecodeError:
        pass
    if text.startswith("[") and text.endswith("]"):
        return [_value(part.strip()) for part in text[1:-1].split(",") if part.strip()]
    try:
        return float(text)
    except ValueError:
        return text


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _build(kind: type, table: Any, path: str, origin: str) -> Any:
    """A settings dataclass from a table; `path` is where in the recipe we are, for errors."""
    if not isinstance(table, dict):
        raise RecipeError(f"{origin}: {path.rstrip('.')} must be a table")
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    defaults = {f.name: _default(f) for f in dataclasses.fields(kind)}
    for name, value in table.items():
        if name not in hints:
            raise RecipeError(f"{origin}: unknown key {path + name!r}{nearest(name, hints)}{listed(path)}")
        if dataclasses.is_dataclass(hints[name]):
            given = {**to_nested(defaults[name]), **value} if isinstance(value, dict) else value
            values[name] = _build(hints[name], given, f"{path}{name}.", origin)  # pyright: ignore[reportArgumentType]
        else:
            values[name] = _coerce(value, hints[name], path + name, origin)
    return kind(**values)


def _default(entry: dataclasses.Field[Any]) -> Any:
    return entry.default_factory() if entry.default_factory is not dataclasses.MISSING else entry.default


def to_nested(settings: Any) -> dict[str, Any]:
    """A settings object as plain nested dictionaries."""
    return dataclasses.asdict(settings, dict_factory=lambda items: {k: _plain(v) for k, v in items})


def _coerce(value: Any, hint: Any, name: str, origin: str) -> Any:
    """`value` as the annotated type; numbers widen (1 -> 1.0), lists become tuples, 28 may stand for "28"."""
    kind = get_origin(hint)
    if kind is Literal:
        choices = (*get_args(hint), *sorted(ALLOWED.get(name, ())))
        if value not in choices:
            hint_text = nearest(str(value), [str(choice) for choice in choices])
            raise RecipeError(f"{origin}: {name} = {value!r} is not one of its choices{hint_text}{listed(name)}")
        return value
    if kind is tuple:
        inner = get_args(hint)[0]
        items = value if isinstance(value, (list, tuple)) else [value]
        return tuple(_coerce(item, inner, name, origin) for item in items)
    if kind in (Union, types.UnionType):
        return _coerce(value, get_args(hint)[0], name, origin)
    if hint is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise RecipeError(f"{origin}: {name} = {value!r} must be a finite number")
        return float(value)
    if hint is str and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if hint is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise RecipeError(f"{origin}: {name} = {value!r} must be of type {hint.__name__}{listed(name)}")
    return value
