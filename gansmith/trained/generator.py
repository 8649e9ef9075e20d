"""A trained generator alone: loaded without its discriminator and without any training code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gansmith.ground import pixels, streams
from gansmith.ground.errors import RunError, nearest
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.labelling import UNLABELLED, Labelling
from gansmith.ground.networks.plan import Shape
from gansmith.ground.recipes.settings import Recipe
from gansmith.training import checkpoint as checkpoints

if TYPE_CHECKING:
    import torch

    from gansmith.by_hand import HandGame
    from gansmith.nets import NetPair
    from gansmith.nets.network import Network

Labels = int | str | np.ndarray | list[int] | None


class Generator:
    """Samples from a run's averaged generator.

    Latents are float32 (N, latent_dim), labels int64 (N,), pictures uint8 (N, H, W, C), vectors float32 (N, D).
    """

    def __init__(
        self,
        recipe: Recipe,
        item_shape: Shape,
        class_names: tuple[str, ...],
        arrays: dict[str, np.ndarray],
        nets: NetPair | None = None,
        labelling: Labelling | None = None,
    ) -> None:
        """labelling: the classes that have names by default."""
        self.recipe, self.item_shape, self.class_names = recipe, item_shape, class_names
        named = Labelling(len(class_names) if recipe.data.labels == "classes" else 0)
        self.labelling = named if labelling is None else labelling
        self.classes = self.labelling.classes  # labels that can be asked for; 0 = unlabelled
        self.arrays, self.nets = arrays, nets
        self._network: Network | None = None
        self._hand: HandGame | None = None

    @property
    def latent_dim(self) -> int:
        """Numbers in a latent."""
        return self.recipe.latent.dim

    def latents(self, count: int, seed: int = 0, truncation: float = 1.0) -> np.ndarray:
        """Latents (count, latent_dim) of a seed, under the recipe's law; the first 5 of 10 are the 5 of 5.

        truncation in (0, 1]: see `truncate`.
        """
        if not count > 0:
            raise RunError(f"count is {count}: it must be at least 1")
        if not 0 < truncation <= 1:
            raise RunError(f"truncation is {truncation}: it must be above 0 and at most 1")
        values = streams.latents(streams.generator(seed, "samples"), self.recipe.latent.law, (count, self.latent_dim))
        return values if truncation == 1 else truncate(values, self.recipe.latent.law, truncation)

    def labels(self, count: int, asked: Labels = None, seed: int = 0) -> np.ndarray | None:
        """Labels (count,): the one asked (a number, or a class's name), the array given, or each in its share."""
        if not self.classes:
            if asked is not None:
                raise RunError("this generator is unlabelled: leave the label out")
            return None
        if asked is None:
            return self.labelling.spread(count, int(streams.generator(seed, "sample-labels").integers(self.classes)))
        if isinstance(asked, str):
            asked = self.label_number(asked)
        labels = np.broadcast_to(np.asarray(asked, np.int64), (count,)).copy()
        if labels.min() < 0 or labels.max() >= self.classes:
            raise RunError(
                f"label {int(labels.max())} is none of this generator's {self.classes} classes: 0 to {self.classes - 1}"
            )
        return labels

    def label_names(self, most: int | None = None) -> list[str]:
        """What its labels are called, or the first `most` of them: its classes' names, or its groups' numbers."""
        return list(self.class_names or map(str, range(self.classes)))[:most]

    def label_number(self, name: str) -> int:
        """The class that a name or a number in text stands for."""
        if name in self.class_names:
            return self.class_names.index(name)
        if name.lstrip("-").isdigit():
            return int(name)
        if self.labelling.counts:
            raise RunError(
                f"label {name!r}: this generator knows groups of its own finding, 0 to {self.classes - 1}; to ask by name, "
                "train with --set data.labels=classes"
            )
        raise RunError(f"label {name!r} is none of this generator's classes{nearest(name, self.class_names)}")

    def sample(self, count: int, seed: int = 0, labels: Labels = None, truncation: float = 1.0) -> np.ndarray:
        """Pictures uint8 (count, H, W, C), or vectors float32 (count, D), of a seed."""
        return self.images(self.latents(count, seed, truncation), self.labels(count, labels, seed))

    def images(self, latents: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """The items of given latents, as bytes for pictures."""
        raw = self.raw(latents, labels)
        return pixels.to_bytes(raw, self.recipe.data.pixels) if raw.ndim == 4 else raw

    def raw(self, latents: np.ndarray, labels: np.ndarray | None = None) -> np.ndarray:
        """The network's output float32 (N, H, W, C) or (N, D), in the recipe's pixel range."""
        if self.recipe.engine == "numpy":
            return self._by_hand().make(latents, labels)
        import torch

        from gansmith.nets.inference import run_in_chunks

        return run_in_chunks(self.network(), latents, labels, torch.device("cpu"), torch.float32)

    def decode(self, latents: torch.Tensor, labels: torch.Tensor | None = None) -> torch.Tensor:
        """Differentiable: latents (N, latent_dim) -> pictures (N, C, H, W) or vectors (N, D), raw range."""
        return self.network()(latents, labels)

    def _by_hand(self) -> HandGame:
        """The generator in NumPy: a NumPy run is sampled without torch."""
        if self._hand is None:
            from gansmith.by_hand.game import HandGame
            from gansmith.by_hand.player import load_arrays

            self._hand = HandGame(self.recipe, self.item_shape, self.classes)
            load_arrays(self._hand.averaged, {f"ema/{name}": array for name, array in self.arrays.items()}, "ema/")
        return self._hand

    def network(self) -> Network:
        """The generator as a torch module in inference mode, frozen; weights of a NumPy run are copied into it."""
        if self._network is None:
            from gansmith.nets.build import build_generator, own_players
            from gansmith.nets.inference import load_arrays

            if self.recipe.generator.net == "own" and self.nets is None:
                raise RunError("this run trained networks of your own: load it from Python with nets=NetPair(...)")
            import torch

            network = (
                own_players(self.recipe, self.item_shape, self.classes, self.nets, torch.float32)[0]
                if self.nets is not None
                else build_generator(self.recipe, self.item_shape, self.classes)
            )
            load_arrays(network, {f"ema/{name}": array for name, array in self.arrays.items()}, "ema")
            self._network = network.requires_grad_(False)
        return self._network


def load(run: str | Path, nets: NetPair | None = None, checkpoint: str = "last") -> Generator:
    """The averaged generator of a run. checkpoint: "last", "best" or an update's number. Raises RunError."""
    folder = RunFolder(Path(run))
    recipe = folder.load_recipe()
    data = read_data(folder)
    labelling = labelling_in(data, recipe)
    names = () if labelling.counts else tuple(data.get("class_names", ()))
    if checkpoint == "last":
        arrays = _newest(folder)
    else:
        arrays = checkpoints.load_network(folder, find_update(folder, checkpoint), "ema")
    return Generator(recipe, tuple(data["item_shape"]), names, arrays, nets, labelling)


def read_data(folder: RunFolder) -> dict[str, Any]:
    """data.json of a run."""
    try:
        return json.loads(folder.data.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise RunError(f"{folder.data} is missing or damaged: the shape of this run's items is unknown") from None


def labelling_in(data: dict[str, Any], recipe: Recipe) -> Labelling:
    """What the players of a run were told of its items, by its data.json."""
    if recipe.data.labels == "none":
        return UNLABELLED
    groups = tuple(int(count) for count in data.get("groups", ()))
    return Labelling(len(groups) or len(data.get("class_names", ())), groups)


def find_update(folder: RunFolder, name: str) -> int:
    """The update of a checkpoint by its name: "best" or a number."""
    saved = checkpoints.saved_updates(folder)
    if name == "best":
        best = checkpoints.best_update(folder)
        if best is None:
            raise RunError(f"{folder.root} knows no best checkpoint: it was not evaluated while training; use last")
        return best
    if not name.isdigit() or int(name) not in saved:
        raise RunError(
            f"{folder.root} has no checkpoint {name!r}; it has: last, {', '.join(map(str, saved)) or 'none'}"
        )
    return int(name)


def _newest(folder: RunFolder) -> dict[str, np.ndarray]:
    for update in reversed(checkpoints.saved_updates(folder)):
        try:
            return checkpoints.load_network(folder, update, "ema")
        except RunError:
            continue
    raise RunError(f"{folder.root} holds no whole checkpoint: train longer, or resume it")


def truncate(values: np.ndarray, law: str, truncation: float) -> np.ndarray:
    """Latents nearer to the middle of their law: more typical, less varied (Brock et al. 2019).

    Normal: folded into [-2t, 2t] by the inverse of the distribution, smoothly, so that a seed keeps its character.
    Uniform laws: shrunk towards their middle.
    """
    if law == "normal":
        from scipy.stats import norm

        bound = norm.cdf(2 * truncation)
        return norm.ppf((1 - bound) + norm.cdf(values) * (2 * bound - 1)).astype(np.float32)
    middle = np.float32(0.5 if law == "unit" else 0.0)
    return middle + (values - middle) * np.float32(truncation)
