"""Recipes as TOML: read, written, changed and checked.

A recipe's file names only what differs from the defaults. A run stores the resolved recipe, with every key.
"""

from __future__ import annotations

import codecs
import dataclasses
import math
import tomllib
import types
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from gansmith.ground.errors import RecipeError, nearest
from gansmith.ground.recipes.hints import setting_hint
from gansmith.ground.recipes.settings import Recipe

FORMAT = 1
SCHEMA = Path(__file__).with_name("recipe.schema.json")  # as `schema.py` makes it
SCHEMA_LINE = f"#:schema {SCHEMA.as_uri()}\n"


def read(path: Path) -> Recipe:
    """Read a recipe file. Raises RecipeError with the file's name, the key and what to do."""
    try:
        table = tomllib.loads(_text(path.read_bytes()))
    except FileNotFoundError:
        raise RecipeError(
            f"no recipe at {path}: give a file, or one of the names that `gansmith recipes` lists"
        ) from None
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{path} is not valid TOML ({error}): mend it there") from None
    except UnicodeDecodeError:
        raise RecipeError(f"{path} is not text that can be read as a recipe: save it as UTF-8") from None
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or error
        raise RecipeError(f"{path} cannot be read as a recipe ({why}): give a .toml file") from None
    return from_table(table, str(path))


def _text(data: bytes) -> str:
    """A file's text. Editors and shells of Windows write a mark before it, in UTF-8 or UTF-16, and end lines with CR LF."""
    wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return data.decode("utf-16" if wide else "utf-8-sig").replace("\r\n", "\n")


def from_table(table: dict[str, Any], origin: str = "recipe") -> Recipe:
    """A recipe from a parsed TOML table. Raises RecipeError for unknown keys and wrong types."""
    version = table.get("format", FORMAT)
    if type(version) is not int or version < 1:
        raise RecipeError(f"{origin}: format = {version!r} is no format of a recipe: write format = {FORMAT}")
    if version > FORMAT:
        raise RecipeError(
            f"{origin} is of format {version}, this Gansmith reads format {FORMAT}: install a newer Gansmith"
        )
    recipe = _build(Recipe, _older(table), "", origin)
    check(recipe)
    return recipe


def _older(table: dict[str, Any]) -> dict[str, Any]:
    """The table with what older recipes say under another name: `watch.tensorboard = true` was the only tracker."""
    watch = table.get("watch")
    if not isinstance(watch, dict) or not isinstance(watch.get("tensorboard"), bool):
        return table
    kept = {name: value for name, value in watch.items() if name != "tensorboard"}
    return table | {"watch": ({"track": ["tensorboard"]} if watch["tensorboard"] else {}) | kept}


def to_table(settings: Any) -> dict[str, Any]:
    """A recipe, or one of its tables, as dictionaries, lists, strings and numbers, with every key."""
    plain = lambda items: {k: list(v) if isinstance(v, tuple) else v for k, v in items}  # noqa: E731
    return dataclasses.asdict(settings, dict_factory=plain)


def flat(recipe: Recipe) -> dict[str, Any]:
    """Every value by its dotted name: {"data.batch": 64, ...}."""
    return dict(_flat(to_table(recipe), ""))


def _flat(table: dict[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def to_toml(recipe: Recipe) -> str:
    """The recipe as TOML text, with every key: `from_table(tomllib.loads(text)) == recipe`.

    Its first line names the schema, for editors.
    """
    import tomli_w  # late: only runs and comparisons write recipes

    return SCHEMA_LINE + tomli_w.dumps(to_table(recipe))


def assigned(assignments: Mapping[str, Any] | list[str]) -> dict[str, Any]:
    """Assignments as `override` takes them, by dotted name. Raises RecipeError."""
    if isinstance(assignments, list):
        return dict(_split(assignment) for assignment in assignments)
    return dict(assignments)


def override(recipe: Recipe, assignments: dict[str, Any] | list[str]) -> Recipe:
    """A recipe with some values replaced: {"loss.name": "hinge"}, or the command line's ["loss.name=hinge"].

    The command line's values are read as TOML (`0.5`, `true`, `[64, 32]`), anything else as text (`hinge`). The recipe
    remembers their names in `given`: no automatic choice changes them.
    """
    assignments = assigned(assignments)
    table, values = to_table(recipe), flat(recipe)
    for dotted, value in assignments.items():
        here: Any = table
        *parents, last = dotted.split(".")
        for depth, name in enumerate([*parents, last]):
            if not isinstance(here, dict) or name not in here:
                table_name = ".".join(parents[:depth])
                raise RecipeError(f"unknown setting {dotted!r}{setting_hint(dotted, list(values))}{listed(table_name)}")
            if depth < len(parents):
                here = here[name]
        if isinstance(here[last], dict):
            keys = [name for name in values if name.startswith(f"{dotted}.")]
            named = f"{dotted}.name={value}" if f"{dotted}.name" in keys else f"{keys[0]}=..."
            raise RecipeError(f"{dotted!r} is a table: set one of its values, as in --set {named}{listed(dotted)}")
        here[last] = value
    if "threads" in assignments and "thread_changes" not in assignments:
        table["thread_changes"] = []  # those of another run: the number that was given stays
    return dataclasses.replace(from_table(table, "--set"), given=tuple(sorted({*recipe.given, *assignments})))


def listed(name: str) -> str:
    """The end of an error message: the command that explains a key, or lists the keys of a table ("loss", "loss." or "")."""
    name = name.rstrip(".")
    return f" (`gansmith settings{' ' * bool(name)}{name}` {'explains it' if name in flat(Recipe()) else 'lists the keys'})"


def shown(value: Any) -> str:
    """A value for an error message: not longer than a line has room for."""
    text = "a huge number" if isinstance(value, int) and abs(value) >= 2**63 else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


KINDS = {int: "a whole number", float: "a number", str: "text, in quotes", bool: "true or false"}

ABOVE_ZERO = (
    "data.batch", "latent.dim", "*.norm_epsilon", "*.initial_scale", "loss.discriminator_scale", "regularizer.interval",
    "augment.ramp_images", "feedback.*_turns", "optimizer.*.rate", "optimizer.*.epsilon", "watch.stats_every",
    "watch.samples", "watch.keep",
)  # fmt: skip
NOT_NEGATIVE = (
    "threads", "data.micro_batch", "data.channels", "data.crop", "data.first", "data.clusters", "latent.classes_drawn",
    "*.slope", "regularizer.gamma", "regularizer.sigma", "optimizer.*.momentum", "schedule.start", "schedule.until", "schedule.factor",
    "schedule.every", "start.frozen", "ema.half_life", "ema.ramp_up", "ema.recalibrate", "budget.patience", "watch.samples_every",
    "watch.checkpoint_*",
)  # fmt: skip
SHARES = ("*.dropout", "optimizer.*.beta1", "optimizer.*.beta2")


@cache
def is_one_of(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether a dotted name is that of one of the patterns above."""
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def check(recipe: Recipe) -> None:
    """Raises RecipeError for values and combinations that make no sense with any engine or data."""
    values = flat(recipe)
    for name, value in values.items():
        if is_one_of(name, ABOVE_ZERO) and not value > 0:
            raise RecipeError(f"{name} is {value}: it must be above 0")
        if is_one_of(name, NOT_NEGATIVE) and value < 0:
            raise RecipeError(f"{name} is {value}: it must be at least 0")
        if is_one_of(name, SHARES) and not 0 <= value < 1:
            raise RecipeError(f"{name} is {value}: it must be at least 0 and below 1")
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
    if recipe.start.frozen and not recipe.start.source:
        raise RecipeError(
            f"start.frozen = {recipe.start.frozen} freezes layers that were trained: name the run that they are from, "
            "with --from RUN"
        )
    _check_ranges(recipe)
    _check_stopping(recipe)
    _check_labels(recipe)
    _check_game(recipe)
    _check_threads(recipe)


def _check_threads(recipe: Recipe) -> None:
    """The record of a run's threads: pairs, by rising updates, from update 0 and the setting `threads` on."""
    updates, counts = recipe.thread_changes[::2], recipe.thread_changes[1::2]
    if not recipe.thread_changes:
        return
    begins = updates[0] == 0 and counts[:1] == (recipe.threads,)
    if len(updates) != len(counts) or not begins or min(counts) < 1 or any(b <= a for a, b in pairwise(updates)):
        raise RecipeError(
            f"thread_changes is {list(recipe.thread_changes)}: it begins with 0 and `threads` ({recipe.threads}), and goes on "
            "with a later update and a number of threads for each change; set it to [] to choose anew"
        )


def _check_ranges(recipe: Recipe) -> None:
    """The last activations have to fit the range of the pixels and the loss."""
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


def _check_stopping(recipe: Recipe) -> None:
    """What stops a run early has to be measured."""
    budget, watch = recipe.budget, recipe.watch
    for name in ("patience", "target"):
        if getattr(budget, name) and not watch.judge:
            raise RecipeError(
                f"budget.{name} = {getattr(budget, name)} waits for measurements of quality, and watch.judge = 0 takes none: "
                "set watch.judge=0.03"
            )
    if budget.until == "converged" and not watch.diagnose:
        raise RecipeError(
            "budget.until = 'converged' waits for the doctor, and watch.diagnose = 0 calls none: set watch.diagnose=0.03"
        )


def _check_labels(recipe: Recipe) -> None:
    """Settings of clusters and classes have to fit `data.labels`."""
    labels = recipe.data.labels
    if recipe.data.clusters and labels != "clusters":
        raise RecipeError(
            f"data.clusters = {recipe.data.clusters} is for data.labels = 'clusters', and it is {labels!r}"
        )
    if recipe.latent.classes_drawn and labels == "clusters":
        raise RecipeError(
            f"latent.classes_drawn = {recipe.latent.classes_drawn} leaves classes out, and clusters are drawn by their "
            "sizes: set it to 0, or data.labels=classes"
        )


def _check_game(recipe: Recipe) -> None:
    """Regularizers, feedbacks and faults have to fit together; `losses.check` does the same for the loss."""
    feedback, regularizer = recipe.feedback, recipe.regularizer.name
    if regularizer == "gradient-penalty" and recipe.discriminator.norm == "batch":
        raise RecipeError(
            "regularizer.name = 'gradient-penalty' needs the gradient at each item alone, and batch norm mixes the "
            "items: set discriminator.norm=none"
        )
    if recipe.regularizer.sigma and regularizer not in ("none", "r1", "r2", "r1+r2"):
        raise RecipeError(
            f"regularizer.sigma is for r1 and r2, and regularizer.name is {regularizer!r}: set regularizer.sigma=0"
        )
    if recipe.regularizer.sigma and regularizer != "none" and recipe.discriminator.norm == "batch":
        raise RecipeError(
            f"regularizer.sigma = {recipe.regularizer.sigma} compares each item with itself, moved, and batch norm mixes "
            "the items: set regularizer.sigma=0 for the exact gradient, or discriminator.norm=none"
        )
    if feedback.name == "joint" and (feedback.discriminator_turns, feedback.generator_turns) != (1, 1):
        raise RecipeError(
            "feedback.name = 'joint' has one step for both players together: set both turns to 1, or "
            "feedback.name=alternating"
        )
    if feedback.name == "joint" and feedback.latents != "same":
        raise RecipeError("feedback.name = 'joint' has one batch of latents for both: set feedback.latents=same")
    if (recipe.generator.net == "own") != (recipe.discriminator.net == "own"):
        own, other = ("generator", "discriminator")[:: 1 if recipe.generator.net == "own" else -1]
        net = getattr(recipe, other).net
        raise RecipeError(
            f"{own}.net = 'own' and {other}.net = {net!r}: networks of yours are a pair; set both to 'own', or both to built-in "
            "ones"
        )
    for fault in ("never-frozen", "never-trained"):
        if fault in recipe.faults and feedback.name != "stacked":
            raise RecipeError(f"the fault {fault!r} is one of a combined model: set feedback.name=stacked")


def _split(assignment: str) -> tuple[str, Any]:
    name, equals, text = assignment.partition("=")
    if not equals or not name.strip():
        raise RecipeError(f"--set {shown(assignment)} is not of the form table.key=value")
    return name.strip(), _value(text.strip())


def _value(text: str) -> Any:
    """Text as TOML, or as people type it: `.5`, `2.`, `True`, `[relu, tanh]`, and strings without quotes."""
    try:
        value = tomllib.loads(f"value = {text}")["value"]
        return value if isinstance(value, (bool, int, float, str, list, dict)) else text
    except (ValueError, RecursionError):  # ValueError: no TOML, or more digits than Python reads
        pass
    if text in ("True", "False"):
        return text == "True"
    if text[:1] + text[-1:] in ("[]", "()"):
        return [_value(part.strip()) for part in text[1:-1].split(",") if part.strip()]
    try:
        return float(text)
    except ValueError:
        return text


def _build(kind: type, table: Any, path: str, origin: str) -> Any:
    """A settings object from a table; `path` is its place in the recipe, for errors."""
    if not isinstance(table, dict):
        raise RecipeError(f"{origin}: {path.rstrip('.')} must be a table")
    hints, defaults = _hints(kind), kind()
    values: dict[str, Any] = {}
    for name, value in table.items():
        if name not in hints:
            meant = setting_hint(path + name, list(flat(Recipe())))
            raise RecipeError(f"{origin}: unknown key {path + name!r}{meant}{listed(path)}")
        if dataclasses.is_dataclass(hints[name]):
            given = {**to_table(getattr(defaults, name)), **value} if isinstance(value, dict) else value
            values[name] = _build(hints[name], given, f"{path}{name}.", origin)  # pyright: ignore[reportArgumentType]
        else:
            values[name] = _coerce(value, hints[name], path + name, origin)
    return kind(**values)


@cache
def _hints(kind: type) -> dict[str, Any]:
    """The types of a settings class; finding them takes most of the time of reading a recipe."""
    return get_type_hints(kind)


def _coerce(value: Any, hint: Any, name: str, origin: str) -> Any:
    """`value` as the annotated type: 1 may stand for 1.0, 1.0 for 1, a list for a tuple, 28 for "28"."""
    kind = get_origin(hint)
    if kind is Literal:
        choices = get_args(hint)
        if value not in choices:
            meant = nearest(str(value), [str(choice) for choice in choices])
            raise RecipeError(f"{origin}: {name} = {shown(value)} is not one of its choices{meant}{listed(name)}")
        return value
    if kind is tuple:
        inner = get_args(hint)[0]
        if isinstance(value, str) and "," in value:  # typed without brackets: widths=16,8
            value = [_value(part.strip()) for part in value.split(",") if part.strip()]
        items = value if isinstance(value, (list, tuple)) else [value]
        return tuple(_coerce(item, inner, name, origin) for item in items)
    if kind in (Union, types.UnionType):
        return _coerce(value, get_args(hint)[0], name, origin)
    if isinstance(value, int) and abs(value) >= 2**63 and name != "seed":  # which may be any integer
        raise RecipeError(f"{origin}: {name} = {shown(value)}: a whole number must be below 2^63")
    if hint is float and isinstance(value, (int, float)) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise RecipeError(f"{origin}: {name} = {shown(value)} must be a finite number")
        return float(value)
    if hint is str and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if hint is int and isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise RecipeError(f"{origin}: {name} = {shown(value)} must be {KINDS[hint]}{listed(name)}")
    return value
