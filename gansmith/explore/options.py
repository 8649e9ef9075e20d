"""What can be asked of each verb of `explore`: one dataclass each, whose fields are the command line's options."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


def option(default: Any, about: str, *, positional: bool = False, choices: tuple[str, ...] = ()) -> Any:
    """A field with its explanation."""
    return field(default=default, metadata={"about": about, "positional": positional, "choices": choices})


@dataclass(frozen=True)
class Options:
    """What every verb takes."""

    seed: int = option(0, "another seed, other latents")


@dataclass(frozen=True)
class Grid(Options):
    """Every class in every style."""

    columns: int = option(10, "styles: latents, one a column")
    truncation: float = option(1.0, "below 1: more typical, less varied")


@dataclass(frozen=True)
class Truncate(Options):
    """The same latents ever nearer to the middle of their law: more typical, less varied."""

    columns: int = option(10, "latents, one a column")
    levels: tuple[float, ...] = option((1.0, 0.8, 0.6, 0.4, 0.2), "truncations, one a row")
    label: str = option("", "the class that is shown (labelled generators; default: all in turn)")


@dataclass(frozen=True)
class Mix(Options):
    """Style mixing: coarse layers follow one class, fine ones another, where the net is told its class at several."""

    after: int = option(0, "places that follow the row's class before the column's takes over (0: half of them)")
    labels: tuple[str, ...] = option((), "classes that are mixed (default: all, 20 at most)")


@dataclass(frozen=True)
class Interpolate(Options):
    """A walk through random latents, there and back to the first."""

    stations: int = option(5, "random latents that the walk passes")
    steps: int = option(12, "frames from one station to the next")
    way: str = option("spherical", "on the shell, or straight through the inside", choices=("spherical", "linear"))
    label: str = option("", "the class that is shown (labelled generators)")


@dataclass(frozen=True)
class Traverse(Options):
    """One coordinate after the other, the rest in the middle: z = 0 is the average picture."""

    dims: tuple[int, ...] = option((), "coordinates, with files of their own; all of them on one sheet by default")
    steps: int = option(9, "pictures of each coordinate")
    reach: float = option(2.0, "how far to either side, in standard deviations")
    label: str = option("", "the class that is shown (labelled generators)")


@dataclass(frozen=True)
class Average(Options):
    """Sort latents by their traits into named categories, and store each category's mean as a style."""

    traits: tuple[str, ...] = option((), "what to sort by (default: thickness and slant, or brightness and saturation)")
    count: int = option(2000, "latents that are measured")
    share: float = option(1 / 3, "the outer share of a trait that counts as a clear case")
    labels: tuple[str, ...] = option((), "classes that are shown (labelled generators)")
    data: str = option("", "also learn a yes-or-no trait for each class of this source")
    attributes: str = option("", "also learn a trait for each column of this CSV: a picture's path, then numbers")
    liked: str = option("", "a folder of pictures that you like: makes the trait `liked`, with --disliked")
    disliked: str = option("", "a folder of pictures that you do not")


@dataclass(frozen=True)
class Scale(Options):
    """Exaggerate, weaken and reverse stored styles."""

    styles: tuple[str, ...] = option((), "names of stored styles; all by default", positional=True)
    first: float = option(2.0, "the first factor")
    last: float = option(-2.0, "the last factor")
    frames: int = option(50, "pictures from the first to the last")
    shell: bool = option(False, "stay on the shell that the generator was trained on")
    labels: tuple[str, ...] = option((), "classes that are shown (labelled generators)")


@dataclass(frozen=True)
class Arithmetic(Options):
    """Add and subtract stored styles."""

    expression: str = option("", "as in 'thick-straight + thin-right'", positional=True)
    shell: bool = option(False, "bring the result to the shell that the generator was trained on")
    save: str = option("", "store the result as a style of this name")
    labels: tuple[str, ...] = option((), "classes that are shown (labelled generators)")


@dataclass(frozen=True)
class Directions(Average):
    """Directions that change one thing: from traits, from activations, or from weights."""

    method: str = option(
        "regression",
        "of traits on latents; principal components of the first layer's activations (GANSpace); or a factorisation of "
        "its weights (SeFa)",
        choices=("regression", "principal", "factorised"),
    )
    number: int = option(8, "directions (principal, factorised)")
    apart: bool = option(False, "regression: take out of each direction what moves the other traits")
    reach: float = option(3.0, "how far the sheet goes to either side")


@dataclass(frozen=True)
class Control(Options):
    """Give random latents the traits that are asked for, and keep what else they are."""

    asked: tuple[str, ...] = option((), "as in thickness=3.5 slant=0.2", positional=True)
    samples: int = option(10, "latents")
    count: int = option(2000, "latents that are measured first")
    rounds: int = option(6, "corrections; 1 = the regression alone")
    label: str = option("", "the class of all of them (labelled generators; default: all in turn)")


@dataclass(frozen=True)
class Search(Options):
    """What every search takes: the pictures, and how hard to look."""

    pictures: tuple[str, ...] = option((), "files or folders; by default --data's test pictures", positional=True)
    data: str = option("", "take pictures from this source (default: what the run learned from)")
    count: int = option(10, "pictures taken from the source")
    samples: bool = option(False, "take the generator's own samples instead: they can be found")
    labels: tuple[str, ...] = option((), "the pictures' classes, one for all or one each (default: found too)")
    restarts: int = option(3, "searches for each picture; the best is kept")
    steps: int = option(500, "of Adam, each")
    rate: float = option(0.1, "Adam's, at the start")


@dataclass(frozen=True)
class Project(Search):
    """Find the latents of given pictures."""

    perceptual: float = option(0.0, "weight of the difference in the discriminator's first features")
    realism: float = option(0.0, "weight of -log D")
    prior: float = option(0.0, "weight of the latent's length")


@dataclass(frozen=True)
class Inpaint(Search):
    """Complete pictures of which a part is missing."""

    mask: tuple[str, ...] = option(
        ("centre",), "random, centre, left, full, fourth, low-resolution, or a picture: white is known"
    )
    seam: str = option("raw", "fill the hole as made, or blended into the rim", choices=("raw", "blended"))
    realism: bool = option(True, "also ask the discriminator, with weight .1 (--no-realism: do not)")
    variants: int = option(0, "several different completions, by Hamiltonian Monte Carlo")
    noise: float = option(0.1, "variants: how far they may be from known pixels, in [0, 1]")


@dataclass(frozen=True)
class Sense(Search):
    """Recover pictures from a few linear measurements, and compare with methods that know no pictures."""

    measurements: tuple[int, ...] = option((25, 50, 100, 200), "how many")
    operator: str = option("gaussian", "what is measured", choices=("gaussian", "subsample", "learned"))
    noise: tuple[float, ...] = option((0.1,), "expected length of the noise")
    methods: tuple[str, ...] = option(
        ("lasso-pixels", "lasso-dct", "lasso-wavelets", "omp"), "to compare with; `none` for none"
    )
    prior: float = option(-1.0, "weight of the latent's length; below 0: chosen by the number of measurements")


@dataclass(frozen=True)
class Upscale(Search):
    """Enlarge small pictures to the generator's size."""

    factor: int = option(4, "pictures of the source are first made so many times smaller")
    exact: bool = option(False, "add what the generator cannot match, so that shrinking gives the small picture back")
