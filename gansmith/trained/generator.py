"""A trained generator alone: loaded from a run, without its discriminator."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gansmith import kinds
from gansmith.ground import streams
from gansmith.ground.errors import RunError, counted, nearest
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.labelling import UNLABELLED, Labelling, position
from gansmith.ground.networks.plan import Shape
from gansmith.ground.progress import Say, logged
from gansmith.ground.recipes.settings import Recipe
from gansmith.kinds import Kind, Units
from gansmith.parts.file import as_parts
from gansmith.parts.kept import how_to_give, noted
from gansmith.parts.record import in_words
from gansmith.training import checkpoint as checkpoints

if TYPE_CHECKING:
    import torch

    from gansmith.by_hand import HandGame
    from gansmith.nets import NetPair
    from gansmith.nets.network import Network
    from gansmith.parts import Parts

Labels = int | str | Sequence[int | str] | np.ndarray | None


class Generator:
    """Samples from a run's averaged generator.

    Latents are float32 (N, latent_dim), labels int64 (N,), pictures uint8 (N, H, W, C), vectors float32 (N, D) in the units of
    the data that it was trained on; other kinds are as `kind.in_units` says. Pictures of four channels have transparency:
    their colours are premultiplied (`ground.alpha.straight` makes them as files have them).
    """

    space = "z"  # of the latents; others are in `trained.styled`

    def __init__(
        self,
        recipe: Recipe,
        item_shape: Shape,
        class_names: tuple[str, ...],
        arrays: dict[str, np.ndarray],
        nets: NetPair | None = None,
        labelling: Labelling | None = None,
        update: int | None = None,
        kind: Kind | None = None,
        units: Units | None = None,
    ) -> None:
        """labelling: None = the named classes. update: of the checkpoint, if there is one. kind: of the items; None = what their
        shape says. units: of the items, as the kind wrote them when the data was prepared."""
        self.kind, self.units = kind or kinds.of_shape(item_shape), dict(units or {})
        self.recipe, self.item_shape, self.class_names = recipe, item_shape, class_names
        self.arrays, self.nets, self.update = arrays, nets, update
        named = Labelling(len(class_names) if recipe.data.labels == "classes" else 0)
        self.labelling = named if labelling is None else labelling
        self.classes = self.labelling.classes  # 0 = unlabelled

    @property
    def latent_dim(self) -> int:
        """Numbers in a latent."""
        return self.recipe.latent.dim

    def latents(self, count: int, seed: int = 0, truncation: float = 1.0) -> np.ndarray:
        """Latents (count, latent_dim) of a seed, in the recipe's distribution; the first 5 of 10 are the 5 of 5.

        truncation in (0, 1]: see `truncate`. Raises RunError.
        """
        check_drawn(count, truncation)
        distribution = self.recipe.latent.law
        values = streams.latents(streams.generator(seed, "samples"), distribution, (count, self.latent_dim))
        return values if truncation == 1 else truncate(values, distribution, truncation)

    def labels(self, count: int, labels: Labels = None, seed: int = 0) -> np.ndarray | None:
        """Labels (count,): of one class, of a list of classes, of an array, or without `labels` each in its share.

        A class is given by its name, or by its number where the names are no numbers; the values of an array, and those
        returned, are positions in `class_names`. None for an unlabelled generator. Raises RunError for a class that it
        does not know, and for a list of another length.
        """
        if not self.classes:
            if labels is not None:
                raise RunError("this generator is unlabelled: leave the label out")
            return None
        if labels is None:
            return self.labelling.spread(count, int(streams.generator(seed, "sample-labels").integers(self.classes)))
        if hasattr(labels, "detach"):  # a tensor
            labels = np.asarray(labels.detach().cpu())  # pyright: ignore
        if isinstance(labels, (str, int, np.integer)):
            positions = np.array(self._position(labels))
        elif isinstance(labels, np.ndarray):
            positions = labels
        else:
            positions = np.array([self._position(label) for label in labels], np.int64)
        if positions.ndim and len(positions) != count:
            raise RunError(
                f"{counted(len(positions), 'label')} for {counted(count, 'sample')}: give one for all, or one each"
            )
        numbers = np.broadcast_to(positions.astype(np.int64), (count,)).copy()
        wrong = numbers[(numbers < 0) | (numbers >= self.classes)]
        if len(wrong):
            raise RunError(
                f"label {wrong[0]} is none of this generator's {counted(self.classes, 'class', 'classes')}: 0 to {self.classes - 1}"
            )
        return numbers

    def label_names(self, most: int | None = None) -> list[str]:
        """The names of its labels, or the first `most`: class names, or numbers of groups."""
        return list(self.class_names or map(str, range(self.classes)))[:most]

    def _position(self, given: Any) -> int:
        """The position of a class, given by its name or its number. Raises RunError."""
        label = str(given)
        conditions = self._conditions_of(label) if isinstance(given, str) else []
        found = None if conditions else position(label, self.class_names, self.classes)
        if found is not None:
            return found
        if label.lstrip("-").isdecimal() and not conditions:
            named = ", ".join(self.class_names[:10]) + (", ..." if len(self.class_names) > 10 else "")
            known = f": {named}" if position("0", self.class_names, 1) is None else f": 0 to {self.classes - 1}"
            raise RunError(
                f"label {label} is none of this generator's {counted(self.classes, 'class', 'classes')}{known}"
            )
        if self.labelling.counts:
            raise RunError(
                f"label {label!r}: this generator knows groups that were found in the data, 0 to {self.classes - 1}; to "
                "use names, train with --set data.labels=classes"
            )
        meant = nearest(label, self.class_names)
        if conditions:
            meant = (
                f': give {" or ".join(map(repr, conditions))}, or leave --label out and give --where "{conditions[0]}"'
            )
        raise RunError(f"label {label!r} is none of this generator's classes{meant}")

    def _conditions_of(self, label: str) -> list[str]:
        """Of a table, whose classes are conditions ("rating=4"): those of a category, which is no class's number."""
        return [name for name in self.class_names if self.kind.wanted and name.partition("=")[2] == label]

    def sample(self, count: int, seed: int = 0, labels: Labels = None, truncation: float = 1.0) -> Any:
        """Items of a seed in people's units: pictures uint8 (count, H, W, C), vectors float32 (count, D), or what the kind has."""
        return self.images(self.latents(count, seed, truncation), self.labels(count, labels, seed))

    def images(self, latents: np.ndarray, labels: np.ndarray | None = None) -> Any:
        """The items of given latents in people's units, pictures as uint8."""
        return self.kind.in_units(self.items(latents, labels), self.units)

    def items(self, latents: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """The items of given latents as a store holds them: pictures as uint8, of other kinds the networks' numbers float32."""
        return self.kind.items_of(self.raw(latents, labels), self.recipe.data, self.units)

    def raw(self, latents: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """The network's output float32 (N, H, W, C) or (N, D), in the recipe's pixel range."""
        if self.recipe.engine == "numpy":
            return self._hand_game.make(latents, labels)
        import torch

        from gansmith.nets.inference import run_in_chunks

        return run_in_chunks(self._network, latents, labels, torch.device("cpu"), torch.float32)

    def decode(self, latents: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        """Differentiable: latents (N, latent_dim) -> pictures (N, C, H, W) or vectors (N, D), raw range."""
        return self._network(latents, labels)

    @cached_property
    def _hand_game(self) -> HandGame:
        """The generator in NumPy: a run of the NumPy engine is sampled without torch."""
        from gansmith.by_hand.game import HandGame
        from gansmith.by_hand.player import load_arrays

        game = HandGame(self.recipe, self.item_shape, self.classes)
        load_arrays(game.averaged, {f"ema/{name}": array for name, array in self.arrays.items()}, "ema/")
        return game

    def network(self) -> Network:
        """The generator as a torch module in inference mode, frozen; also of a NumPy run. Raises RunError."""
        return self._network

    @cached_property
    def _network(self) -> Network:
        from gansmith.nets.build import build_generator, own_players
        from gansmith.nets.inference import load_arrays

        if self.nets is not None:
            import torch

            network = own_players(self.recipe, self.item_shape, self.classes, self.nets, torch.float32)[0]
        else:
            network = build_generator(self.recipe, self.item_shape, self.classes)
        load_arrays(network, {f"ema/{name}": array for name, array in self.arrays.items()}, "ema")
        return network.requires_grad_(False)


def load(
    run: str | Path,
    nets: NetPair | None = None,
    checkpoint: str = "last",
    *,
    parts: Parts | str | Path | None = None,
    say: Say = logged,
) -> Generator:
    """The averaged generator of a run. checkpoint: "last" (the newest one that is whole), "best" or an update's number.

    parts: your own that the run was trained with, or the path of the file that defines them, which is run. nets: short for
    parts=Parts(nets=...). say: gets a line for each newer checkpoint that is damaged. Raises RunError.
    """
    folder = RunFolder(Path(run))
    recipe = folder.load_recipe()
    nets = nets or as_parts(parts).used_by(recipe).nets
    if recipe.generator.net == "own" and nets is None:
        whose = in_words({"networks": noted(folder).get("names", {}).get("networks", ["own"])})
        raise RunError(f"{folder.root} was trained with {whose} of yours: {how_to_give(folder)}")
    data = read_data(folder)
    labelling = labelling_in(data, recipe)
    names = () if labelling.counts else tuple(data.get("class_names", ()))
    update, arrays, remarks = _read_checkpoint(folder, checkpoint)
    for remark in remarks:
        say(remark)
    kind, units = kind_in(data)
    return Generator(recipe, tuple(data["item_shape"]), names, arrays, nets, labelling, update, kind, units)


def kind_in(data: Mapping[str, Any]) -> tuple[Kind, dict[str, Any]]:
    """The kind and the units of a run's data, from its data.json; runs of earlier versions have no units. Raises RunError."""
    kind = kinds.of_data(data)
    if kind is None:
        raise RunError(
            f"this run's data is of the kind {data.get('kind')!r}, which this version does not know: use the version, or add the "
            "kind, with which it was trained"
        )
    return kind, dict(data.get("units", {}))


def read_data(folder: RunFolder) -> dict[str, Any]:
    """data.json of a run. Raises RunError."""
    try:
        return json.loads(folder.data.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise RunError(
            f"{folder.data} is missing or damaged, and tells the shape of the items: put it back, or train again"
        ) from None


def trained_seconds(folder: RunFolder, update: int) -> float:
    """How long a run was trained until a checkpoint; 0 where nobody knows."""
    try:
        state = json.loads((folder.checkpoint(update) / checkpoints.STATE).read_text(encoding="utf-8"))
        return float(state["progress"]["seconds"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0


def labelling_in(data: dict[str, Any], recipe: Recipe) -> Labelling:
    """The labels of a run, from its data.json."""
    if recipe.data.labels == "none":
        return UNLABELLED
    groups, counts = (tuple(int(count) for count in data.get(name, ())) for name in ("groups", "class_counts"))
    if groups:
        return Labelling(len(groups), groups)
    classes = len(data.get("class_names", ()))
    frequencies = counts if len(counts) == classes else ()
    return Labelling(classes, frequencies=frequencies, natural=kind_in(data)[0].natural)


def _read_checkpoint(folder: RunFolder, name: str) -> tuple[int, dict[str, np.ndarray], list[str]]:
    """The update and the generator's arrays of a checkpoint, and a remark for each newer one that is damaged."""
    if name == "last":
        (update, arrays), remarks = checkpoints.newest_whole(
            folder, lambda update: (update, checkpoints.load_network(folder, update, "ema"))
        )
        return update, arrays, remarks
    update = named_update(folder, name)
    try:
        return update, checkpoints.load_network(folder, update, "ema"), []
    except RunError as error:
        raise RunError(f"{error}: use another one, as --checkpoint last does") from None


def named_update(folder: RunFolder, name: str) -> int:
    """The update of the checkpoint "best", or of the one with this number. Raises RunError."""
    saved = checkpoints.saved_updates(folder)
    if name == "best":
        update = checkpoints.best_update(folder)
        if update is None:
            raise RunError(f"{folder.root} knows no best checkpoint: it was not evaluated while training; use last")
    elif name.isdigit() and int(name) in saved:
        update = int(name)
    else:
        known = ", ".join(map(str, saved)) or "none"
        raise RunError(f"{folder.root} has no checkpoint {name!r}; it has: last, {known}")
    return update


def check_drawn(count: int, truncation: float) -> None:
    """Raise RunError for what no latents can be drawn of."""
    if not count > 0:
        raise RunError(f"count is {count}: it must be at least 1")
    if not 0 < truncation <= 1:
        raise RunError(f"truncation is {truncation}: it must be above 0 and at most 1")


def truncate(values: np.ndarray, distribution: str, truncation: float) -> np.ndarray:
    """Latents nearer to the centre of their distribution: more typical, less varied (Brock et al. 2019).

    Normal: mapped into [-2t, 2t] by the inverse of the distribution, smoothly, so that a seed's picture changes little.
    Uniform: shrunk towards the centre.
    """
    if distribution == "normal":
        from scipy.stats import norm

        bound = norm.cdf(2 * truncation)
        return norm.ppf((1 - bound) + norm.cdf(values) * (2 * bound - 1)).astype(np.float32)
    centre = np.float32(0.5 if distribution == "unit" else 0.0)
    return centre + (values - centre) * np.float32(truncation)
