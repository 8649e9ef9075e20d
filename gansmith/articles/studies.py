"""The trainings behind the articles' claims: grids of variants by seeds, as `compare` takes them.

Budgets suit two processor cores, which need an evening for all of it. Each study is one `gansmith compare` command,
which its page shows.
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
"""As in article 001's code. Its text and the recipe have leaky ReLU."""
COURSE = "article-000-dense-bn+budget.epochs=0+budget.updates=2000"
AT_ONCE = "+schedule.rate=step+schedule.start=1e-3+schedule.factor=0.01"
"""The rate falls to a hundredth after a thousandth of an epoch, which is one batch of 64."""
SCALED = '+discriminator.output=sigmoid+faults=["sigmoid-as-logits"]'
NARROW = "article-004-mnist+generator.widths=[64,32,16]+discriminator.widths=[16,32]+feedback.name=alternating"
"""Article 004's networks at a quarter of their widths, with alternating turns, to fit into the budget."""

ENCDEC = "article-000-encdec+generator.widths=[64,32]+discriminator.widths=[32,64]"
DCGAN = "article-000-dcgan+generator.widths=[128,64,32]+discriminator.widths=[32,64]"
"""Article 000 names no widths; these are half of the recipes', so that nine trainings of each fit into the budget."""

GRID_SETTINGS = ("data.batch=64", "precision.name=bfloat16")
GRID_BUDGET = Budget(updates=2000)


@dataclass(frozen=True)
class Study:
    """One grid: the name of each variant on the page, and its text for `compare`."""

    variants: Mapping[str, str]
    settings: tuple[str, ...] = ("precision.name=bfloat16",)  # of all variants
    budget: Budget = field(default_factory=Budget)  # of all variants; empty: each recipe's own
    probes: tuple[str, ...] = ()  # names in PROBES: what else is measured of a trained cell
    seeds: int = 3
    jobs: int = 0  # at the same time; 0 = one for each processor


def _feedbacks(network: str, recipe: str) -> dict[str, str]:
    """Article 000's three ways of feedback."""
    feedbacks = {"joint": "", "stacked": STACKED, "labels: regression": REGRESSION}
    return {f"{network}, {name}": recipe + changes for name, changes in feedbacks.items()}


DENSE_FAULTS = {
    "dense, labels: verdict": "article-000-dense" + VERDICT,
    "dense, stacked, never frozen": "article-000-dense" + STACKED + '+faults=["never-frozen"]',
    "dense, stacked, never trained": "article-000-dense" + STACKED + '+faults=["never-trained"]',
}
GRID_PROBES = ("kinds", "mean", "slope")

STUDIES: dict[str, Study] = {
    "000-dense": Study(
        _feedbacks("dense", "article-000-dense") | DENSE_FAULTS, GRID_SETTINGS, GRID_BUDGET, GRID_PROBES
    ),
    "000-encdec": Study(_feedbacks("encoder-decoder", ENCDEC), GRID_SETTINGS, GRID_BUDGET, GRID_PROBES),
    "000-dcgan": Study(_feedbacks("DCGAN", DCGAN), GRID_SETTINGS, GRID_BUDGET, GRID_PROBES),
    "000-framework": Study(
        {
            "dense, PyTorch's defaults": "article-000-dense" + PYTORCH,
            "dense, batch norm in G": "article-000-dense+generator.norm=batch",
            "dense, 4,000 updates": "article-000-dense+budget.updates=4000",
            "course net": COURSE,
        },
        GRID_SETTINGS,
        probes=("kinds",),
    ),
    "001": Study(
        {
            "labelled": "article-001-labelled" + RELU,
            "labelled, leaky ReLU": "article-001-labelled",
            "labelled, as published": "article-001-labelled-as-published+budget.epochs=40",
            "plain": "article-001-plain+budget.epochs=20",
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
        Budget(epochs=10.0),
        ("kinds", "apart", "slope"),
    ),
    "002-machine": Study(
        {"two threads": "article-002+threads=2", "bfloat16": "article-002+precision.name=bfloat16"},
        (),
        Budget(epochs=10.0),
        ("kinds",),
        jobs=1,
    ),
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
