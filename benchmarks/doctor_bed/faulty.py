"""The situations with a fault. Names never change: they decide which half a situation is in."""

from __future__ import annotations

import numpy as np

from . import data, drawing, pictures, players
from .drawing import Copies
from .moment import Moment
from .situation import Situation

DROPPED = ("classes dropped", "partial mode collapse")
CYCLING = ("cycling mode collapse", "partial mode collapse")
COPIED = ("memorised pictures",)
FINE = ("grain", "checkerboard")
START = (0.0, 0.0)
SLOWLY = {"updates": 5000, "onset": (0.2, 0.3)}
PENALTY = {"regularizer.name": "gradient-penalty", "regularizer.gamma": 10.0}
LOSSES = ("non-saturating", "minimax", "hinge", "least-squares", "wasserstein", "relativistic")


def settings_of(loss: str) -> dict[str, object]:
    """What a loss needs beside its name."""
    return PENALTY if loss == "wasserstein" else {}


# ---- samples that are all of one kind


def all_of_them(moment: Moment, classes: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """One sample after another becomes the same one, within 400 updates."""
    del classes
    return luck < moment.reach(400)


def half_of_them(moment: Moment, classes: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """The same, of every second one."""
    del classes
    return luck < 0.5 * moment.reach(400)


def those_of(count: int):
    """The same, of some classes."""

    def alike(moment: Moment, classes: np.ndarray, luck: np.ndarray) -> np.ndarray:
        some = moment.course.classes_in_random_order[:count]
        return np.isin(classes, some) & (luck < moment.reach(400))

    return alike


def _dropped(count: int, labelled: bool) -> Situation:
    name = f"slow loss of {count} of 10 classes" + (", labelled" if labelled else "")
    kept = drawing.lost(count, over=2000)
    return Situation(name, "collapse", DROPPED, lost=count, labelled=labelled, kept=kept, **SLOWLY)


COLLAPSE = (
    *(_dropped(count, labelled) for labelled in (False, True) for count in (5, 3, 1)),
    Situation("at once to 4 classes", "collapse", DROPPED, lost=6, kept=drawing.lost(6, over=1)),
    Situation("at once to 2 classes", "collapse", DROPPED, lost=8, kept=drawing.lost(8, over=1)),
    Situation("at once to 1 class", "collapse", (*DROPPED, "mode collapse"), lost=9, kept=drawing.lost(9, over=1)),
    Situation("rare class lost", "collapse", DROPPED, lost=1, rarest=True, variant=data.ONE_RARE,
              kept=drawing.lost(1, over=500, last=True)),
    *(Situation(f"swings between halves, period {looks}", "collapse", CYCLING, said=CYCLING[:1],
                kept=drawing.swinging(looks)) for looks in (2, 4, 8)),
    Situation("all samples become one item", "collapse", ("mode collapse", "partial mode collapse"),
              said=("mode collapse",), alike=all_of_them),
    Situation("half of the samples become one item", "collapse", ("mode collapse", "partial mode collapse"),
              alike=half_of_them),
)  # fmt: skip

COPYING = (
    Situation("60 pictures copied", "copies", COPIED, copies=Copies(60)),
    Situation("one training picture a class", "copies", (*COPIED, "partial mode collapse"), copies=Copies()),
    Situation("copies shifted by up to a pixel", "copies", COPIED, copies=Copies(60, shift=1)),
    Situation("copies with noise", "copies", COPIED, copies=Copies(60, noise=0.02)),
    Situation("mirrored copies", "copies", COPIED, copies=Copies(60, mirrored=True)),
    Situation("half of the samples are copies", "copies", COPIED, copies=Copies(60, share=0.5)),
    Situation("900 passes over ten pictures", "copies", (*COPIED, "discriminator memorises"), first=10, updates=900,
              every=20, pace=60, batch=10, onset=START, copies=Copies(10, over=1), memorised=lambda moment: moment.reach(300)),
    Situation("discriminator knows its items", "copies", ("discriminator memorises",),
              memorised=lambda moment: moment.reach(800), game=(players.lead(2.0, 0.5, 1.0),)),
)  # fmt: skip

GRAIN = (
    Situation("checks of two pixels, .15", "grain", FINE, pictures=(pictures.checks(0.15),)),
    Situation("checks of two pixels, .08", "grain", FINE, pictures=(pictures.checks(0.08),)),
    Situation("stripes of two pixels", "grain", FINE, pictures=(pictures.stripes(2, 0.12),)),
    Situation("stripes of three pixels", "grain", FINE, pictures=(pictures.stripes(3, 0.12),)),
    Situation("grid of four pixels", "grain", FINE, pictures=(pictures.lattice(4, 0.2),)),
    Situation("white noise, .2", "grain", FINE[:1], pictures=(pictures.white(0.2),)),
    Situation("white noise, .1", "grain", FINE[:1], pictures=(pictures.white(0.1),)),
    Situation("blur", "grain", ("blurred", "regression to the mean"), pictures=(pictures.smooth(1.8),)),
    Situation("contrast lost", "grain", ("contrast lost",), pictures=(pictures.contrast(0.3),)),
    Situation("colour lost", "grain", ("colour lost", "contrast lost"), variant=data.coloured,
              pictures=(pictures.colourless,)),
    Situation("blank samples", "grain", ("mode collapse", "blank samples", "contrast lost"),
              pictures=(pictures.blank(0.5),)),
)  # fmt: skip

EXPLODING = ("exploding gradients",)
GRADIENTS = (
    Situation("gradient of G x1.1 a row", "gradients", EXPLODING, game=(players.gradient_grows("g", 1.1),), updates=6000),
    Situation("gradient of D x1.1 a row", "gradients", EXPLODING, game=(players.gradient_grows("d", 1.1),), updates=6000),
    Situation("gradient of G x1.5 a row", "gradients", EXPLODING, game=(players.gradient_grows("g", 1.5),)),
    Situation("gradient of D x2 a row", "gradients", EXPLODING, game=(players.gradient_grows("d", 2.0),)),
    Situation("gradient of G jumps to 500", "gradients", EXPLODING, game=(players.after(players.gradient_jumps("g", 500)),)),
    Situation("gradient of D jumps to 500", "gradients", EXPLODING, game=(players.after(players.gradient_jumps("d", 500)),)),
    Situation("lone spikes of 1e4", "gradients", EXPLODING, game=(players.after(players.gradient_spikes("d", 1e4, 15)),)),
    Situation("gradient of G vanishes", "gradients", ("vanishing gradients",), game=(players.gradient_vanishes,),
              stops=True),
    Situation("NaN", "gradients", ("divergence",), game=(players.diverges,),
              pictures=(pictures.not_a_number,)),
)  # fmt: skip

EARLY = {"onset": (0.08, 0.2), "pace": 900.0, "stops": True}
BALANCE = (
    *(Situation(f"discriminator wins, {loss}", "balance",
                ("discriminator overpowers", *(("vanishing gradients",) if loss == "minimax" else ())), loss=loss,
                settings=settings_of(loss), game=(players.discriminator_wins(loss),), **EARLY) for loss in LOSSES),
    Situation("discriminator wins, hinge, no gradient left", "balance", ("discriminator overpowers",), loss="hinge",
              game=(players.discriminator_wins("hinge", blind=True),), **EARLY),
    *(Situation(f"generator wins, {loss}", "balance", ("generator overpowers",), loss=loss, settings=settings_of(loss),
                game=(players.generator_wins(loss),), pictures=(pictures.nonsense(0.35),), **EARLY) for loss in LOSSES),
    Situation("discriminator pulled along", "balance", ("discriminator pulled along",),
              settings={"feedback.name": "stacked", "regularizer.name": "none"},
              game=(players.after(players.pulled_along),), pictures=(pictures.nonsense(0.35),), **EARLY),
)  # fmt: skip

MOTION = (
    Situation("D never moves", "motion", ("discriminator never moves",), onset=START, stops=True,
              game=(players.stands_still("d"),), pictures=(pictures.nonsense(0.3),)),
    Situation("G never moves", "motion", ("generator never moves",), onset=START, stops=True,
              game=(players.stands_still("g"),), pictures=(pictures.never_learned,)),
    Situation("rates too high", "motion", ("rate too high",), onset=START, stops=True,
              game=(players.steps(25, 5), players.after(players.thrown_about)), pictures=(pictures.nonsense(0.9),)),
    Situation("rates too low", "motion", ("rate too low",), onset=START, stops=True,
              game=(players.steps(0.01), players.untaught), pictures=(pictures.never_learned,)),
    *(Situation(f"oscillation, period {rows}", "motion", ("oscillation",), game=(players.after(players.swings(rows)),),
                pictures=(pictures.breathing(rows, 50),)) for rows in (2, 4, 8, 16)),
)  # fmt: skip

IGNORED = ("labels ignored",)
LABELS = (
    Situation("labels ignored", "labels", IGNORED, labelled=True, ignored=1.0, onset=START),
    Situation("labels half ignored", "labels", IGNORED, labelled=True, ignored=0.5, onset=START),
    Situation("the next class is drawn", "labels", IGNORED, labelled=True, turned=1, onset=START),
    Situation("one label's samples all alike", "labels", ("label-wise mode collapse",), labelled=True, alike=those_of(1)),
    Situation("three labels' samples all alike", "labels", ("label-wise mode collapse",), labelled=True,
              alike=those_of(3)),
)  # fmt: skip


def tanh_for_unit(shown: np.ndarray, moment: Moment) -> np.ndarray:
    """Untrained around 0, which is black; later what is black in the data is somewhat below 0."""
    learned = moment.learned
    return np.clip((1 - learned) * (2 * shown - 1) + learned * (1.12 * shown - 0.12), -1, 1)


def sigmoid_for_symmetric(shown: np.ndarray, moment: Moment) -> np.ndarray:
    """Never below 0, which is grey."""
    del moment
    return np.clip(shown, 0, 1)


DATA = (
    Situation("a tanh for pixels in 0..1", "data", ("wrong pixel range",), onset=START, raw=tanh_for_unit,
              settings={"data.pixels": "unit", "generator.output": "linear"}),
    Situation("a sigmoid for pixels in -1..1", "data", ("wrong pixel range",), onset=START, raw=sigmoid_for_symmetric,
              settings={"generator.output": "linear"}),
    Situation("sigmoid as logits", "data", ("sigmoid as logits",), onset=START, game=(players.probabilities,)),
    Situation("latents lost", "data", ("latents lost", "one picture memorised"), onset=START,
              pictures=(pictures.one_training_item,)),
    Situation("mean picture", "data", ("regression to the mean",), onset=START, pictures=(pictures.mean_item,)),
    Situation("all training pictures are blank", "data", ("blank data",), variant=data.all_blank, onset=START),
    Situation("all training pictures are one", "data", ("blank data", "repeated data"), variant=data.all_the_same,
              onset=START),
    Situation("three pictures fill the data", "data", ("repeated data", "blank data"), variant=data.nearly_all_the_same,
              onset=START),
)  # fmt: skip

FAULTY = (*COLLAPSE, *COPYING, *GRAIN, *GRADIENTS, *BALANCE, *MOTION, *LABELS, *DATA)
