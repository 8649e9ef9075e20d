"""The trainings behind the articles' claims: grids of variants by seeds, as `compare` takes them.

Budgets suit a processor: articles 000 and 001 need about an hour of one quiet core each. Each study is one
`gansmith compare` command, which its page shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from gansmith.runs.choose_recipe import Budget

STACKED = "+feedback.name=stacked"
VERDICT = "+feedback.name=labels"
REGRESSION = "+feedback.name=labels+feedback.labels=regression"
PYTORCH = (
    "+generator.initial=pytorch+discriminator.initial=pytorch+generator.slope=0.01+discriminator.slope=0.01"
    "+optimizer.generator.epsilon=1e-8+optimizer.discriminator.epsilon=1e-8"
)
"""PyTorch's defaults in place of Keras': initial weights, the slope of leaky ReLU, Adam's epsilon."""
RELU = "+generator.activation=relu+discriminator.activation=relu"
LEAKY = "+generator.activation=leaky+discriminator.activation=leaky"
"""Article 001's code has ReLU, its text leaky ReLU, as has the recipe of the labelled network."""
COURSE = "article-000-dense-bn+budget.epochs=0+budget.updates=1000"
AT_ONCE = "+schedule.rate=step+schedule.start=1e-3+schedule.factor=0.01"
"""The rate falls to a hundredth after a thousandth of an epoch, which is one batch of 64."""
SCALED = '+discriminator.output=sigmoid+faults=["sigmoid-as-logits"]'
NARROW = "article-004-mnist+generator.widths=[64,32,16]+discriminator.widths=[16,32]+feedback.name=alternating"
"""Article 004's networks at a quarter of their widths, with alternating turns, to fit into the budget."""

ENCDEC = "article-000-encdec+generator.widths=[32,16]+discriminator.widths=[16,32]"
DCGAN = "article-000-dcgan+generator.widths=[64,32,16]+discriminator.widths=[16,32]"
"""Article 000 names no widths. These are a quarter of the recipes', so that an update costs about as much in each network."""

NETS = {"dense": "article-000-dense", "encoder-decoder": ENCDEC, "DCGAN": DCGAN}
BETAS = (0.5, 0.9)
BETA1 = {"dense": 0.5, "encoder-decoder": 0.5, "DCGAN": 0.5}
"""Of the two, the one with the smaller distance in the study 000-tuning, whose seed is not judged."""

GRID_SETTINGS = ("data.batch=64", "precision.name=bfloat16")
GRID_BUDGET = Budget(updates=1000)  # the article's 1,000 "epochs", if one of them was a batch


@dataclass(frozen=True)
class Study:
    """One grid: the name of each variant on the page, and its text for `compare`."""

    variants: Mapping[str, str]
    settings: tuple[str, ...] = ("precision.name=bfloat16",)  # of all variants
    budget: Budget = field(default_factory=Budget)  # of all variants; empty: each recipe's own
    probes: tuple[str, ...] = ()  # names in PROBES: what else is measured of a trained cell
    seeds: int = 3
    jobs: int = 0  # at the same time; 0 = one for each processor
    gpu: bool = False  # left out where there is none
    own_data: bool = False  # its recipes' built-in sets, whatever set the other studies are trained on


def tuned(network: str, beta1: float | None = None) -> str:
    """A network of article 000 with a beta1 of both players: by default the better one."""
    value = BETA1[network] if beta1 is None else beta1
    return f"{NETS[network]}+optimizer.generator.beta1={value}+optimizer.discriminator.beta1={value}"


def _feedbacks(network: str) -> Study:
    """Article 000's three ways of feedback."""
    ways = {"joint": "", "stacked": STACKED, "labels: regression": REGRESSION}
    variants = {f"{network}, {name}": tuned(network) + changes for name, changes in ways.items()}
    return Study(variants, GRID_SETTINGS, GRID_BUDGET, GRID_PROBES)


GRID_PROBES = ("kinds", "mean", "slope")

STUDIES: dict[str, Study] = {
    "000-tuning": Study(
        {f"{network}, beta1 {beta1}": tuned(network, beta1) for network in NETS for beta1 in BETAS},
        (*GRID_SETTINGS, "seed=100"),
        GRID_BUDGET,
        seeds=1,
    ),
    "000-dense": _feedbacks("dense"),
    "000-encdec": _feedbacks("encoder-decoder"),
    "000-dcgan": _feedbacks("DCGAN"),
    "000-faults": Study(
        {
            "dense, labels: verdict": tuned("dense") + VERDICT,
            "dense, stacked, never frozen": tuned("dense") + STACKED + '+faults=["never-frozen"]',
            "dense, stacked, never trained": tuned("dense") + STACKED + '+faults=["never-trained"]',
        },
        GRID_SETTINGS,
        GRID_BUDGET,
        GRID_PROBES,
    ),
    "000-framework": Study(
        {
            "dense, PyTorch's defaults": tuned("dense") + "+budget.updates=1000" + PYTORCH,
            "dense, batch norm in G": tuned("dense") + "+budget.updates=1000+generator.norm=batch",
            "dense, twice the updates": tuned("dense") + "+budget.updates=2000",
            "course net": COURSE,
        },
        GRID_SETTINGS,
    ),
    "001": Study(
        {
            "labelled": "article-001-labelled",
            "labelled, ReLU": "article-001-labelled" + RELU,
            "labelled, as published": "article-001-labelled-as-published+budget.epochs=40",
            "plain": "article-001-plain+budget.epochs=20",
            "plain, leaky ReLU": "article-001-plain+budget.epochs=20" + LEAKY,
        },
        probes=("kinds", "asked", "scaling"),
    ),
    "002": Study(
        {
            "as published: unscaled logits, smoothed": "article-002",
            "unscaled logits": "article-002+loss.real=[1.0,1.0]",
            "scaled: a sigmoid before the loss": "article-002+loss.real=[1.0,1.0]" + SCALED,
        },
        (),
        Budget(epochs=5.0),
        ("kinds", "apart", "slope"),
    ),
    "002-machine": Study(
        {"two threads": "article-002+threads=2", "bfloat16": "article-002+precision.name=bfloat16"},
        (),
        Budget(epochs=5.0),
        ("kinds",),
        jobs=1,
    ),
    "002-kinds": Study(
        {
            "pictures: digits": "digits+budget.minutes=0+budget.updates=600",
            "sounds: tones": "tones+budget.minutes=0+budget.updates=1500",
            "rows: purchases": "table+data.source=purchases+budget.minutes=0+budget.updates=2000",
            "words: syllables": "text+data.source=syllables+budget.minutes=0+budget.updates=1500",
        },
        (),
        probes=("law",),
        own_data=True,
    ),
    "002-gpu": Study({"on a GPU": "article-002"}, ("device=cuda",), Budget(epochs=5.0), ("kinds",), gpu=True),
    "003": Study(
        {
            "as published": "article-003-trick",
            "as published, no drop": "article-003-trick+schedule.rate=constant",
            "mended, 4,000 updates": "article-003",
            "mended, with the drop, 1,000 updates": "article-003+budget.updates=1000" + AT_ONCE,
        },
        (),
        probes=("kinds", "stamp"),
    ),
    "004": Study(
        {
            "1 : 1": NARROW + "+budget.epochs=0+budget.updates=1000",
            "2 : 1": NARROW + "+budget.epochs=0+budget.updates=1000+feedback.generator_turns=2",
        },
        GRID_SETTINGS,
        probes=("kinds", "apart"),
    ),
}
"""By name; a study's name begins with its article's number."""

QUICK_COUNT = 40  # samples that --quick measures


def quickly(study: Study) -> Study:
    """A study under --quick: a few updates and one seed, to see that everything runs."""
    return replace(study, settings=(*study.settings, "watch.samples=4"), budget=Budget(updates=4), seeds=1)
