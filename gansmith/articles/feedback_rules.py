"""From figures to a verdict: the rules of article 000, on networks and feedbacks. See `rules.py`."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gansmith.articles.evidence import Evidence
from gansmith.articles.seeds import BETTER, always, learned, more_seeds, never
from gansmith.articles.verdict import NOT_RUN, Verdict, decide

THE_MEAN = 0.99  # correlation of the mean sample with the data's mean
PUBLISHED_000 = (1000, 199)  # article 000's epochs, of Keras and of PyTorch
NETWORKS = ("dense", "encoder-decoder", "DCGAN")


def only_the_tape(evidence: Evidence) -> Verdict:
    """Of the networks that were trained: does the tape learn, and nothing else?"""
    ways = ("joint", "stacked", "labels: regression")
    networks = [name for name in NETWORKS if evidence.has(*(f"{name}, {way}" for way in ways))]
    if not networks:
        return NOT_RUN
    tape, *others = ([f"{name}, {way}" for name in networks] for way in ways)
    words = (
        f"the tape learned in {learned(evidence, tape)} trainings ({_by_network(evidence, networks, 'joint')}), the "
        f"combined model in {learned(evidence, others[0])} ({_by_network(evidence, networks, 'stacked')}), labels in "
        f"{learned(evidence, others[1])}"
    )
    cause = (
        "A combined model whose discriminator is frozen in the generator's turn, and only there, takes the same "
        "gradient through the same discriminator. What cannot work is the discriminator's output passed on as a number."
    )
    rivals = [name for names in others for name in names]
    refuted = any(always(evidence, name) for name in rivals)
    return decide(
        holds=all(always(evidence, name) for name in tape) and all(never(evidence, name) for name in rivals),
        refuted=refuted,
        because=words,
        cause=cause if refuted else "",
        needs="trainings so long that every network learns by the tape under every seed, and as long ones without it",
    )


def combined_model(evidence: Evidence) -> Verdict:
    """Does the combined model fail when it is right, or only with one of its two classic mistakes?"""
    networks = [name for name in NETWORKS if evidence.has(f"{name}, stacked", f"{name}, joint")]
    faulty = ("dense, stacked, never frozen", "dense, stacked, never trained")
    if not networks or not evidence.has(*faulty):
        return NOT_RUN
    right = [f"{name}, stacked" for name in networks]
    words = (
        f"frozen rightly it learned in {learned(evidence, right)} trainings ({_by_network(evidence, networks, 'stacked')}"
        f"); never frozen in {learned(evidence, faulty[:1])}, never trained in {learned(evidence, faulty[1:])}"
    )
    cause = (
        "The order of freezing. Where the generator's step moves the discriminator too, it learns to call fakes real, "
        f"and all samples become one picture (std over z {evidence.median(faulty[0], 'sensitivity'):.2g}); where it was "
        "frozen before it was compiled it never learns at all. Either looks like success in the generator's loss."
    )
    return decide(
        holds=all(never(evidence, name) for name in right)
        and any(always(evidence, f"{name}, joint") for name in networks),
        refuted=any(always(evidence, name) for name in right),
        because=words,
        cause=cause if all(never(evidence, name) for name in faulty) else "",
        needs="trainings so long that a network learns by the tape under every seed, and as long ones of the combined model",
    )


def verdicts_as_labels(evidence: Evidence) -> Verdict:
    """Does anything reach the generator through labels?"""
    number, regression = "dense, labels: verdict", [f"{name}, labels: regression" for name in NETWORKS]
    regression = [name for name in regression if evidence.has(name)]
    if not evidence.has(number) or not regression:
        return NOT_RUN
    most = max(evidence.values(number, "gradient_most"), default=math.nan)
    likeness = min((v for name in regression for v in evidence.values(name, "mean_correlation")), default=math.nan)
    words = (
        f"it learned in {learned(evidence, [number, *regression])} trainings; the generator's gradient was {most:g} "
        "with the discriminator's output as a number; regressed on pictures, its mean output correlates "
        f"{likeness:.3f} or more with the data's mean"
    )
    cause = (
        "A number has no gradient, so none reaches the generator, however long it is trained. Fitted to real pictures "
        "whose latents it does not know, the generator draws their mean: the article's impression of a digit."
    )
    return decide(
        holds=all(never(evidence, name) for name in (number, *regression)) and most == 0 and likeness > THE_MEAN,
        refuted=any(always(evidence, name) for name in (number, *regression)),
        because=words,
        cause=cause,
        needs="longer trainings: none reached the data's mean picture, or not every seed says the same",
    )


def dense_by_framework(evidence: Evidence) -> Verdict:
    """Does the dense net learn nothing in the article's length of Keras, and draw digits in PyTorch's?"""
    keras, course = "dense, joint", "course net"
    changes = {
        "PyTorch's defaults": "dense, PyTorch's defaults",
        "batch norm": "dense, batch norm in G",
        "twice the updates": "dense, twice the updates",
    }
    if not evidence.has(keras, course, *changes.values()):
        return NOT_RUN
    gains = ", ".join(f"{what} by {evidence.ratio(keras, name, 'fd')}" for what, name in changes.items())
    updates = evidence.median(keras, "update")
    passes = {name: evidence.median(name, "epoch") for name in (keras, course)}
    words = (
        f"the dense net learned in {learned(evidence, [keras])} trainings of {updates:,.0f} updates, which are "
        f"{passes[keras]:.1f} passes, the course's in {learned(evidence, [course])} of {passes[course]:.1f} passes; what "
        f"the distance is divided by: {gains}"
    )
    longest, shorter = PUBLISHED_000
    return decide(
        holds=never(evidence, keras) and passes[keras] >= longest and always(evidence, course) and passes[course] >= shorter,
        refuted=(always(evidence, keras) and updates <= longest) or (never(evidence, course) and passes[course] >= shorter),
        because=words,
        needs=f"{shorter} passes of the course's net, and of the other {longest:,} passes, unless one of its epochs was one "
        f"batch: then {longest:,} updates",
    )  # fmt: skip


def encoder_decoder_is_best(evidence: Evidence) -> Verdict:
    """By the Frechet distance after equal updates, under the gradient tape, each network at its better beta1."""
    names = [f"{name}, joint" for name in NETWORKS]
    if not evidence.has(*names):
        return NOT_RUN
    best, *others = sorted(names, key=lambda name: name != "encoder-decoder, joint")
    by_distance = sorted(names, key=lambda name: evidence.median(name, "fd"))
    ratios = {name: evidence.ratio(best, name, "fd") for name in others}
    words = (
        "by distance: "
        + " < ".join(f"{name.split(',')[0]} ({evidence.median(name, 'fd'):.0f})" for name in by_distance)
        + "; the encoder-decoder's is "
        + ", ".join(f"{ratio} times the {name.split(',')[0]}'s" for name, ratio in ratios.items())
    )
    undecided = [name for name, ratio in ratios.items() if ratio.high >= BETTER]
    return decide(
        holds=not undecided and always(evidence, best),
        refuted=any(ratio.low > BETTER for ratio in ratios.values()),
        because=words,
        needs=", ".join(
            f"beside the {name.split(',')[0]} {more_seeds(evidence, best, name, 'fd')}" for name in undecided
        )
        or "longer trainings, in which the encoder-decoder learns under every seed",
    )


def _by_network(evidence: Evidence, networks: Sequence[str], feedback: str) -> str:
    return ", ".join(f"{name} {learned(evidence, [f'{name}, {feedback}'])}" for name in networks)
