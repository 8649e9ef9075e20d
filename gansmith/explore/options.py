"""The options of each verb of `explore`: one dataclass each, whose fields are the command line's options."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def option(default: Any, about: str, *, positional: bool = False, choices: tuple[str, ...] = ()) -> Any:
    """A field with its explanation."""
    return field(default=default, metadata=explained(about, positional=positional, choices=choices))


def explained(about: str, *, positional: bool = False, choices: tuple[str, ...] = ()) -> dict[str, Any]:
    """What the command line reads of a field."""
    return {"about": about, "positional": positional, "choices": choices}


@dataclass(frozen=True)
class Options:
    """The options of every verb."""

    seed: int = option(0, "the seed of the latents")
    space: str = field(
        default="auto",
        kw_only=True,
        metadata=explained(
            "z, what the generator is given; or w, the styles behind its mapping network; auto: w where it has one",
            choices=("auto", "z", "w"),
        ),
    )


@dataclass(frozen=True)
class Grid(Options):
    """Every class in every style."""

    columns: int = option(10, "how many styles; each column is one random latent")
    truncation: float = option(1.0, "below 1: pictures are more typical and less varied")


@dataclass(frozen=True)
class Truncate(Options):
    """The same latents, scaled towards 0 row by row: pictures become more typical and less varied."""

    columns: int = option(10, "how many latents; each column is one")
    levels: tuple[float, ...] = option((1.0, 0.8, 0.6, 0.4, 0.2), "factors on the latents; each row is one")
    label: str = option("", "with labels: the class that is shown (default: all in turn)")


@dataclass(frozen=True)
class Mix(Options):
    """Style mixing: one class, or sample, for the coarse layers, another for the fine ones."""

    after: int = option(0, "how many layers, or stages, get what the row has; the others get the column's (0: half)")
    labels: tuple[str, ...] = option(
        (), "the classes to mix (default: all, at most 20); with --samples the one that is shown"
    )
    samples: int = option(
        0, "mix so many samples instead of classes, with a mapping network (without labels and with 0: 6)"
    )


@dataclass(frozen=True)
class Interpolate(Options):
    """An animation that goes through random latents and back to the first."""

    stations: int = option(5, "how many random latents it goes through")
    steps: int = option(12, "frames from one latent to the next")
    way: str = option("spherical", "on the shell, or on a straight line", choices=("spherical", "linear"))
    label: str = option("", "with labels: the class that is shown")


@dataclass(frozen=True)
class Traverse(Options):
    """Move one coordinate of the latent at a time, with all others at 0."""

    dims: tuple[int, ...] = option((), "coordinates to draw, each in files of its own (default: all on one sheet)")
    steps: int = option(9, "pictures for each coordinate")
    reach: float = option(2.0, "how far to move to each side, in standard deviations")
    label: str = option("", "with labels: the class that is shown")


@dataclass(frozen=True)
class Average(Options):
    """Sort latents by traits of their pictures (thick, thin ...), and store the mean of each category as a style."""

    traits: tuple[str, ...] = option(
        (),
        "traits (default: two that vary: thickness and slant of strokes, else brightness and saturation or contrast)",
    )
    count: int = option(2000, "how many random latents are measured")
    share: float = option(1 / 3, "a category takes this outer share of each trait's values")
    labels: tuple[str, ...] = option((), "with labels: the classes that are shown")
    data: str = option("", "learn one more trait for each class of this source")
    attributes: str = option("", "learn one more trait for each column of this CSV file (picture's path, numbers)")
    liked: str = option("", "a folder of pictures that you like: with --disliked it makes the trait `liked`")
    disliked: str = option("", "a folder of pictures that you do not like")


@dataclass(frozen=True)
class Scale(Options):
    """Make stored styles stronger, weaker and reversed."""

    styles: tuple[str, ...] = option((), "names of stored styles (default: all)", positional=True)
    first: float = option(2.0, "the first factor")
    last: float = option(-2.0, "the last factor")
    frames: int = option(50, "pictures from the first to the last")
    shell: bool = option(False, "give latents the length that they had in training; means of latents are short")
    labels: tuple[str, ...] = option((), "with labels: the classes that are shown")


@dataclass(frozen=True)
class Arithmetic(Options):
    """Add and subtract stored styles."""

    expression: str = option("", "for example 'thick-straight + thin-right'", positional=True)
    shell: bool = option(False, "give the result the length that latents had in training")
    save: str = option("", "store the result as a style with this name")
    labels: tuple[str, ...] = option((), "with labels: the classes that are shown")


@dataclass(frozen=True)
class Directions(Average):
    """Find directions in latent space that change one thing: from traits, activations or weights."""

    method: str = option(
        "regression",
        "regression of traits; principal components of the first layer's activations (GANSpace); or its weights (SeFa)",
        choices=("regression", "principal", "factorised"),
    )
    number: int = option(8, "principal, factorised: how many directions")
    apart: bool = option(False, "regression: remove from each direction what changes the other traits")
    reach: float = option(3.0, "how far the sheet moves to each side")


@dataclass(frozen=True)
class Control(Options):
    """Change random latents until their pictures have the given traits, and change little else."""

    asked: tuple[str, ...] = option((), "traits and their values, for example thickness=3.5 slant=0.2", positional=True)
    samples: int = option(10, "how many random latents")
    count: int = option(2000, "how many random latents are measured first, to learn the directions")
    rounds: int = option(6, "how many corrections; 1 = no correction after the regression")
    label: str = option("", "with labels: the class of all pictures (default: all in turn)")


@dataclass(frozen=True)
class Search(Options):
    """The options of every search: which pictures, and how long to search."""

    pictures: tuple[str, ...] = option((), "files or folders (default: test pictures of --data)", positional=True)
    data: str = option("", "take pictures from this source (default: the data of the run)")
    count: int = option(10, "how many pictures are taken from the source")
    samples: bool = option(False, "take the generator's own samples instead; for these an exact latent exists")
    labels: tuple[str, ...] = option((), "the classes of the pictures, one for all or one each (default: searched)")
    restarts: int = option(3, "how many searches for each picture; the best is kept")
    steps: int = option(500, "steps of Adam in each search")
    rate: float = option(0.1, "learning rate of Adam at the start")
    each_stage: bool = field(
        default=False, kw_only=True, metadata=explained("with a mapping network: search a style for each stage")
    )


@dataclass(frozen=True)
class Project(Search):
    """Find the latents of given pictures."""

    perceptual: float = option(0.0, "weight of the difference in the features of the discriminator")
    seen: float = option(0.0, "weight of how unlike they look to a network that knows photographs (extra `features`)")
    realism: float = option(0.0, "weight of -log D, which prefers pictures that the discriminator takes for real")
    prior: float = option(0.0, "weight of the squared length of the latent")


@dataclass(frozen=True)
class Inpaint(Search):
    """Complete pictures of which a part is missing."""

    mask: tuple[str, ...] = option(
        ("centre",), "random, centre, left, full, fourth, low-resolution, or a picture file: white pixels are known"
    )
    seam: str = option("raw", "blended: shift pixels smoothly to fit the edge of the hole", choices=("raw", "blended"))
    realism: bool = option(True, "also use the discriminator's -log D, with weight .1 (--no-realism: do not)")
    seen: float = option(
        0.0, "weight of how unlike known pixels look to a network that knows photographs (extra `features`)"
    )
    variants: int = option(0, "how many different completions, by Hamiltonian Monte Carlo")
    noise: float = option(0.1, "variants: how far completions may differ from known pixels, which are in [0, 1]")


@dataclass(frozen=True)
class Sense(Search):
    """Compressed sensing: recover pictures from a few linear measurements, beside LASSO and OMP."""

    measurements: tuple[int, ...] = option((25, 50, 100, 200), "how many measurements; several numbers are compared")
    operator: str = option(
        "gaussian", "random sums, single pixels, or learned sums", choices=("gaussian", "subsample", "learned")
    )
    noise: tuple[float, ...] = option((0.1,), "expected length of the noise on the measurements")
    methods: tuple[str, ...] = option(
        ("lasso-pixels", "lasso-dct", "lasso-wavelets", "omp"), "methods to compare with; `none`: no comparison"
    )
    prior: float = option(-1.0, "weight of the latent's squared length; below 0: from the number of measurements")


@dataclass(frozen=True)
class Upscale(Search):
    """Enlarge small pictures to the generator's size."""

    factor: int = option(4, "pictures of the source are first made smaller by this factor")
    exact: bool = option(False, "add what the generator cannot match: made smaller, the result is the small picture")
