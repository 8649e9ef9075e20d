"""What the rooms of exploring and of latents refuse."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from example import Example, after, call, each, picture, text, thing
from small import changed, generator, with_run
from torch import nn

from gansmith.explore import explore, options
from gansmith.explore.options import Options
from gansmith.explore.steering import read_targets
from gansmith.explore.stored import need_traits
from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.networks.plan import Plan
from gansmith.kinds import KINDS
from gansmith.kinds.appearance import TRAITS
from gansmith.kinds.record import NO_TRAITS
from gansmith.latent import space
from gansmith.latent.appearance import learned_traits, traits
from gansmith.latent.decoder import need_labels, need_pictures, need_places
from gansmith.latent.inversion import inpainting, masks, search
from gansmith.latent.inversion.search import Objective, SearchSettings
from gansmith.latent.measurements import operators, sensing
from gansmith.latent.steering import control, directions, layers, styles, walks
from gansmith.latent.steering.directions import Direction, Regression
from gansmith.latent.steering.styles import Style
from gansmith.latent.steering.survey import Survey

PICTURES = np.zeros((2, 16, 16, 1), np.uint8)
STYLES = {"thick": Style(np.ones(6, np.float32), 3, {"thickness": 1})}
FOUR = each(*(picture(f"p/{name}.png") for name in "abcd"))


def explores(verb: str, asked: Options | None = None) -> Example:
    """A verb on the small run, beside which lie pictures."""
    return after(FOUR, with_run(call(explore, "run", verb, asked), spoil=with_styles))


def with_styles(run: RunFolder) -> None:
    """The run has styles."""
    styles.save(STYLES, run.new_exploration("average").styles)


def on_small(function: object, *arguments: object) -> Example:
    """A function of the small run's generator."""
    return lambda folder, patch: function(generator(), *arguments)  # pyright: ignore[reportCallIssue]


def searches(restarts: int, bank: int, labels: np.ndarray | None = None) -> Example:
    """A search for one picture."""
    target = Objective(torch.zeros(1, 256), lambda made: made.flatten(1))
    return on_small(search.search, target, SearchSettings(restarts, 1, 0.1, bank), labels)


def attributes(words: str) -> Example:
    """A file of attributes."""
    return after(text("a.csv", words), call(learned_traits.read_attributes, Path("a.csv")))


def mask(name: str, pixels: np.ndarray | None = None) -> Example:
    """A mask for pictures of 16x16, from a file if it has pixels."""
    made = call(masks.make, name, 16, 16)
    return made if pixels is None else after(picture(name, pixels), made)


class Still(nn.Module):
    """A network without weights."""

    def forward(self, latents: torch.Tensor, labels: torch.Tensor | None) -> torch.Tensor:
        return latents


DIRECTION = Direction(np.array([1, 0], np.float32), 1.0, 1.0, "regression")
SURVEY = Survey(np.zeros((6, 4), np.float32), {"ink": np.arange(6.0), "slant": np.arange(6.0)}, {}, 6)

EXPLORE: tuple[Example, ...] = (
    call(explore, "run", "grdi"),
    call(explore, "run", "grid", options.Mix()),
    explores("project", options.Project(data="p", count=9)),
    explores("project", options.Project(pictures=("p/a.png",), labels=("1", "2"))),
    explores("project", options.Project(pictures=("none.png",))),
    explores("inpaint", options.Inpaint(pictures=("p/a.png",), variants=2, mask=("low-resolution",))),
    explores("sense", options.Sense(pictures=("p/a.png",), methods=("lasoo",))),
    call(read_targets, ("thickness",)),
    call(read_targets, ()),
    with_run(call(explore, "run", "scale")),
    explores("average", options.Average(data="p")),
    explores("average", options.Average(liked="p")),
    explores("average", options.Average(liked="none", disliked="none")),
    explores("scale", options.Scale(frames=1)),
    explores("traverse", options.Traverse(steps=1)),
    call(need_traits, thing(verb="average", traits=NO_TRAITS, generator=thing(kind=KINDS["text"]))),
)

LATENT: tuple[Example, ...] = (
    call(learned_traits.learn, PICTURES, np.arange(2)),
    call(learned_traits.learn, PICTURES.repeat(4, 0), np.zeros(8)),
    lambda folder, patch: learned_traits.learn(np.eye(8, dtype=np.uint8)[..., None, None], np.arange(8))(PICTURES),
    call(learned_traits.read_attributes, Path("none.csv")),
    attributes("file\n"),
    attributes("file,old\na.png,1,2\n"),
    attributes("file,old\na.png,very\n"),
    call(traits.select, ["thikness"]),
    call(traits.need_spread, {"ink": TRAITS["ink"]}, PICTURES),
    call(need_pictures, thing(kind=KINDS["vector"]), "upscaling"),
    call(need_places, thing(kind=KINDS["vector"]), "walks"),
    call(need_labels, thing(classes=0), "mixing"),
    on_small(inpainting.inpaint, PICTURES, np.ones((8, 8), bool), SearchSettings()),
    on_small(inpainting.inpaint, PICTURES, np.zeros((16, 16), bool), SearchSettings()),
    on_small(inpainting.inpaint, PICTURES[:, :8], np.ones((8, 16), bool), SearchSettings()),
    mask("rigth"),
    after(text("no.png", "no picture"), mask("no.png")),
    mask("small.png", np.full((8, 8), 255, np.uint8)),
    mask("black.png", PICTURES[0, :, :, 0]),
    searches(0, 100),
    searches(5, 5, np.array([3])),
    call(operators.make, "gausian", (1, 16, 16), 5, 0),
    call(operators.make, "gaussian", (1, 16, 16), 0, 0),
    call(operators.blocks, (1, 16, 16), 3),
    on_small(sensing.operator_for, np.zeros((1, 7, 7, 1), np.uint8)),
    call(control.steer, None, Regression(("ink",), np.ones((1, 6)), np.ones(1)), None, {}, {"slant": 1}, None, None),
    call(directions.without, DIRECTION, [DIRECTION]),
    call(layers.front_of, Plan("generator", (6,), ())),
    call(layers.first_output, Still(), torch.zeros(1, 6), None),
    lambda folder, patch: layers.mix(generator(changed(generator__conditioning="concat")), *[np.zeros((1, 6))] * 3),
    on_small(layers.mix, np.zeros((1, 6)), np.zeros(1, int), np.zeros(1, int), 99),
    call(layers.mixed_styles, np.zeros((2, 6)), 3, 3),
    call(styles.average, SURVEY, "normal", {"thick-left": {"ink": 1, "slant": -1}}),
    call(styles.arithmetic, "thick + 2 *", STYLES),
    call(styles.find, "thik", STYLES),
    call(styles.on_shell, np.zeros((1, 6)), STYLES, "normal"),
    after(text("s.safetensors", "no"), call(styles.load, Path("s.safetensors"), 6)),
    after(lambda: styles.save(STYLES, Path("s.safetensors")), call(styles.load, Path("s.safetensors"), 7)),
    call(walks.interpolate, np.zeros((1, 6)), 1, space.spherical, "normal"),
    call(walks.traverse, [9], np.zeros(3), np.zeros(6)),
)
EXAMPLES = {"explore": EXPLORE, "latent": LATENT}
