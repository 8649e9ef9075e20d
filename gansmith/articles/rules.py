"""From figures to a verdict: one function per claim, its thresholds named constants.

A rule sees figures only, no pictures. "Mostly" is more than half of the seeds. A variant is "below" another if it is so
under every seed that both have.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from gansmith.articles.evidence import Evidence
from gansmith.compare.grid import LEAST_FALL

Answer = Literal["holds", "does not hold", "holds for another reason", "open"]

COLLAPSED_SHARE = 0.5  # of all samples that show the largest class
COVERED = 8  # of 10 classes: nearly all
FORMS = 0.8  # a digit forms if a classifier sees it in this share of the samples generated for it
FIRST_PICTURE = 0.9  # correlation of the mean sample with one training picture
ONE_PICTURE = 1e-6  # standard deviation over the latents, of raw output
THE_MEAN = 0.99  # correlation of the mean sample with the data's mean
WEAKER = 0.05  # area under the ROC curve by which a discriminator is weaker than another
STYLED = 0.8  # share of pictures that show the requested style


@dataclass(frozen=True)
class Verdict:
    """What the figures say of a claim, and why it is so."""

    answer: Answer
    because: str
    cause: str = ""


Rule = Callable[[Evidence], Verdict]

OPEN = Verdict("open", "not all of its trainings have been run")
NETWORKS = ("dense", "encoder-decoder", "DCGAN")


def only_the_tape(evidence: Evidence) -> Verdict:
    """Of the networks that were trained: does the tape learn, and nothing else?"""
    networks = [name for name in NETWORKS if evidence.has(f"{name}, joint", f"{name}, stacked")]
    if not networks:
        return OPEN
    tape, stacked, labels = (
        _learned(evidence, [f"{name}, {feedback}" for name in networks])
        for feedback in ("joint", "stacked", "labels: regression")
    )
    words = (
        f"the tape learned in {_of(tape)} trainings ({_by_network(evidence, networks, 'joint')}), the combined model in "
        f"{_of(stacked)} ({_by_network(evidence, networks, 'stacked')}), labels in {_of(labels)}"
    )
    cause = (
        "A combined model whose discriminator is frozen in the generator's turn, and only there, takes the same "
        "gradient through the same discriminator. What cannot work is the discriminator's output passed on as a number."
    )
    return _decided(_mostly(tape) and not _mostly(stacked) and not _mostly(labels), words, cause)


def combined_model(evidence: Evidence) -> Verdict:
    """Does the combined model fail when it is right, or only with one of its two classic mistakes?"""
    right = [f"{name}, stacked" for name in NETWORKS if evidence.has(f"{name}, stacked")]
    faulty = ("dense, stacked, never frozen", "dense, stacked, never trained")
    if not right or not evidence.has(*faulty):
        return OPEN
    learned, wrong = _learned(evidence, right), [_learned(evidence, [name]) for name in faulty]
    words = (
        f"frozen rightly it learned in {_of(learned)} trainings; never frozen in {_of(wrong[0])}, "
        f"never trained in {_of(wrong[1])}"
    )
    cause = (
        "The order of freezing. Where the generator's step moves the discriminator too, it learns to call fakes real, "
        f"and all samples become one picture (std over z {evidence.median(faulty[0], 'sensitivity'):.2g}); where it was "
        "frozen before it was compiled it never learns at all. Either looks like success in the generator's loss."
    )
    explained = _mostly(learned) and not any(map(_mostly, wrong))
    return _decided(not _mostly(learned), words, cause if explained else "")


def verdicts_as_labels(evidence: Evidence) -> Verdict:
    """Does anything reach the generator through labels?"""
    number, regression = "dense, labels: verdict", [f"{name}, labels: regression" for name in NETWORKS]
    regression = [name for name in regression if evidence.has(name)]
    if not evidence.has(number) or not regression:
        return OPEN
    learned = _learned(evidence, [number, *regression])
    most = max(evidence.values(number, "gradient_most"), default=math.nan)
    likeness = min(value for name in regression for value in evidence.values(name, "mean_correlation"))
    words = (
        f"{'some' if any(learned) else 'none'} of it learned ({_of(learned)} trainings); the generator's gradient was "
        f"{most:g} with the discriminator's output as a number; regressed on pictures, its mean output correlates "
        f"{likeness:.3f} or more with the data's mean"
    )
    cause = (
        "A number has no gradient, so none reaches the generator. Fitted to real pictures whose latents it does not "
        "know, the generator draws their mean: the article's impression of a digit."
    )
    explained = not any(learned) and most == 0 and likeness > THE_MEAN
    return _decided(not any(learned), words, cause if explained else "")


def dense_by_framework(evidence: Evidence) -> Verdict:
    """Which changes a dense net more: the other framework's defaults, or batch norm, or more updates?"""
    keras, pytorch = "dense, joint", "dense, PyTorch's defaults"
    norm, longer = "dense, batch norm in G", "dense, 4,000 updates"
    if not evidence.has(keras, pytorch, norm, longer):
        return OPEN
    gains = {name: evidence.median(keras, "fd") / evidence.median(name, "fd") for name in (pytorch, norm, longer)}
    words = (
        f"at equal updates PyTorch's defaults divide the distance by {gains[pytorch]:.2f}; batch norm divides it by "
        f"{gains[norm]:.2f}, twice the updates by {gains[longer]:.2f}"
    )
    least = 1 / (1 - LEAST_FALL)
    if max(gains[norm], gains[longer]) > max(least, gains[pytorch]):
        cause = (
            'The epoch and the net. 1,000 of Keras-style "epochs" of one batch are 1,000 updates; 199 epochs of '
            "MNIST are 93,000. And the net that learned in PyTorch has batch norm."
        )
        return Verdict("holds for another reason", words, cause)
    return _decided(gains[pytorch] > least, words)


def encoder_decoder_is_best(evidence: Evidence) -> Verdict:
    """By the Frechet distance after equal updates, under the gradient tape."""
    names = [f"{name}, joint" for name in NETWORKS]
    if not evidence.has(*names):
        return OPEN
    distances = {
        name: evidence.median(name, "fd") for name in sorted(names, key=lambda name: evidence.median(name, "fd"))
    }
    words = "by distance: " + " < ".join(f"{name.split(',')[0]} ({fd:.0f})" for name, fd in distances.items())
    best = "encoder-decoder, joint"
    return _decided(all(_below(evidence, best, name, "fd") for name in names if name != best), words)


def plain_collapses(evidence: Evidence) -> Verdict:
    """Does the plain net end on one class, and does the labelled one cover them?"""
    if not evidence.has("plain", "labelled"):
        return OPEN
    shares, classes = evidence.values("plain", "largest_share"), evidence.values("plain", "largest_class")
    collapsed = _mostly([share >= COLLAPSED_SHARE for share in shares])
    cured = _mostly([modes >= COVERED for modes in evidence.values("labelled", "modes")])
    largest = ", ".join(f"{share:.0%} (the {label:.0f})" for share, label in zip(shares, classes, strict=True))
    words = (
        f"the largest class has {largest} of the plain net's samples after {evidence.median('plain', 'update'):,.0f} "
        f"updates, which cover {_listed(evidence, 'plain', 'modes')} classes; the labelled net's cover "
        f"{_listed(evidence, 'labelled', 'modes')} after {evidence.median('labelled', 'update'):,.0f}"
    )
    cause = (
        "A generator is given the class, and the discriminator knows it too: so drawing another class is punished, and "
        "all classes must be drawn. Within a class the generator may still collapse."
    )
    return _decided(collapsed and cured, words, cause if cured else "")


def labels_speed_it_up(evidence: Evidence) -> Verdict:
    """Is the labelled net ahead after every number of updates at which both were measured?"""
    if not evidence.has("plain", "labelled"):
        return OPEN
    measured = [
        {int(key[3:]) for key in cell.figures if key.startswith("fd@")} for cell in evidence.of("plain", "labelled")
    ]
    updates = sorted(set.intersection(*measured))
    words = "; ".join(
        f"after {update:,} updates the distance is {evidence.median('labelled', f'fd@{update}'):.0f} labelled and "
        f"{evidence.median('plain', f'fd@{update}'):.0f} plain"
        for update in updates
    )
    ahead = [_below(evidence, "labelled", "plain", f"fd@{update}") for update in updates]
    return _decided(bool(ahead) and all(ahead), words)


def the_nine(evidence: Evidence) -> Verdict:
    """Does the 9 form if the generator is trained on its label?"""
    if not evidence.has("labelled", "labelled, as published"):
        return OPEN
    published = evidence.values("labelled, as published", "agreement_9")
    drawn = evidence.values("labelled", "agreement_9")
    words = f"asked for a 9, {_percent(published)} are one as published, and {_percent(drawn)} where it is drawn too"
    if _mostly([share >= FORMS for share in published]):
        return Verdict("does not hold", words)
    if not _mostly([share >= FORMS for share in drawn]):
        return Verdict("holds", words)
    cause = (
        "The published draw of classes excludes its upper bound: the generator never gets the label 9, while the "
        'discriminator sees real ones, for which "9" always means real.'
    )
    return Verdict("holds for another reason", words, cause)


def scaling(evidence: Evidence) -> Verdict:
    """Are styles exaggerated at 2 and opposite at -2?"""
    same, opposite = (evidence.values("labelled", figure) for figure in ("same_at_2", "opposite_at_-2"))
    if not same or not opposite:
        return OPEN
    words = (
        f"at 2, {_percent(same)} of the pictures are of their own style, at −2 {_percent(opposite)} of the opposite "
        f"one (.25 by chance); factor and trait correlate {evidence.median('labelled', 'trend'):.2f} in rank"
    )
    holds = all(_mostly([value >= STYLED for value in values]) for values in (same, opposite))
    cause = (
        f"Means of latents are short ({evidence.median('labelled', 'style_norm'):.1f}, where latents have a length near "
        "10). So close to the mean latent the network is nearly linear, and the opposite sign gives the opposite style. "
        "Styles are compared with the picture of the mean latent."
    )
    return _decided(holds, words, cause if holds else "")


def the_processor(evidence: Evidence) -> Verdict:
    """Do threads or precision change the quality by more than a seed does?"""
    names = ["as published: unscaled logits, smoothed", "two threads", "bfloat16"]  # the first: float32, one thread
    if not evidence.has(*names):
        return OPEN
    first, *others = (evidence.values(name, "fd") for name in names)
    alike = all(max(min(first), min(other)) <= min(max(first), max(other)) for other in others)  # ranges overlap
    pace = max(value for name in names for value in evidence.values(name, "updates_per_second"))  # the least disturbed
    distances = ", ".join(f"{evidence.median(name, 'fd'):.0f} ({name})" for name in names)
    words = f"distances {distances}; up to {pace:.0f} updates a second"
    cause = (
        "A processor computes the same sums, only later. And these nets are small: all 55,000 published updates take "
        f"{55_000 / pace / 60:.0f} minutes on a processor here."
    )
    return _decided(not alike, words, cause if alike else "")


def unscaled_logits(evidence: Evidence) -> Verdict:
    """Do unscaled logits weaken the discriminator, or do they help in another way?"""
    raw, smoothed = "unscaled logits", "as published: unscaled logits, smoothed"
    scaled = "scaled: a sigmoid before the loss"
    if not evidence.has(raw, scaled, smoothed):
        return OPEN
    words = "; ".join(
        f"{name}: tells {evidence.median(name, 'told_apart'):.1%} of pairs apart, FD {evidence.median(name, 'fd'):.0f}, "
        f"generator's gradient {evidence.median(name, 'gradient'):.2g}"
        for name in (raw, smoothed, scaled)
    )
    if not _below(evidence, raw, scaled, "fd"):
        return Verdict("does not hold", words)
    cause = (
        "A loss that expects logits and is given a sigmoid's probabilities applies the sigmoid twice, so a sure output "
        "hardly moves the generator: that is what unscaled logits prevent."
    )
    if evidence.median(scaled, "told_apart") - evidence.median(raw, "told_apart") >= WEAKER:
        return Verdict("holds", words, f"{cause} The discriminator is weaker with them, as the article says.")
    return Verdict("holds for another reason", words, f"{cause} The discriminator is as strong with them.")


def the_rate_drop(evidence: Evidence) -> Verdict:
    """What appears after the drop: digits, or one training picture?"""
    trick, constant = "as published", "as published, no drop"
    mended, both = "mended, 4,000 updates", "mended, with the drop, 1,000 updates"
    if not evidence.has(trick, constant, mended, both):
        return OPEN
    likeness, spreads = evidence.values(trick, "first_correlation"), evidence.values(trick, "raw_spread")
    states = sorted({str(cell.figures.get("state")) for cell in evidence.of(trick)})
    words = (
        f"after the published 10 updates the one sample correlates {min(likeness):.3f} or more with the first training "
        f"picture (without the drop {_listed(evidence, constant, 'first_correlation', '.2f')}), std over z at most "
        f"{max(spreads):.1g}; the diagnosis: {', '.join(states)}. The same nets mended cover "
        f"{_listed(evidence, mended, 'modes')} classes with a constant rate, {_listed(evidence, both, 'modes')} with the "
        "drop"
    )
    if min(likeness) <= FIRST_PICTURE or max(spreads) >= ONE_PICTURE:
        return _decided(_mostly([modes >= COVERED for modes in evidence.values(both, "modes")]), words)
    cause = (
        "One training picture is memorised. Seven layers of weights scaled by .002 lose the latents, so only the "
        "output's bias learns. With a batch of one, Adam's first step writes the first picture into the "
        "discriminator; the drop freezes it there, and the bias follows."
    )
    return Verdict("holds for another reason", words, cause)


def two_to_one(evidence: Evidence) -> Verdict:
    """Is the discriminator less often right with two generator turns?"""
    if not evidence.has("1 : 1", "2 : 1"):
        return OPEN
    words = (
        f"the discriminator is right on {_percent(evidence.values('2 : 1', 'accuracy'))} of items at 2:1, on "
        f"{_percent(evidence.values('1 : 1', 'accuracy'))} at 1:1; distance {evidence.median('2 : 1', 'fd'):.0f} and "
        f"{evidence.median('1 : 1', 'fd'):.0f}"
    )
    return _decided(_below(evidence, "2 : 1", "1 : 1", "accuracy"), words)


# ---- small parts


def _decided(holds: bool, because: str, cause: str = "") -> Verdict:
    return Verdict("holds" if holds else "does not hold", because, cause)


def _learned(evidence: Evidence, names: Sequence[str]) -> list[bool]:
    return [value > 0.5 for name in names for value in evidence.values(name, "learns")]


def _by_network(evidence: Evidence, networks: Sequence[str], feedback: str) -> str:
    return ", ".join(f"{name} {_of(_learned(evidence, [f'{name}, {feedback}']))}" for name in networks)


def _mostly(answers: Sequence[bool]) -> bool:
    return sum(answers) > len(answers) / 2


def _of(answers: Sequence[bool]) -> str:
    return f"{sum(answers)} of {len(answers)}"


def _below(evidence: Evidence, one: str, other: str, figure: str) -> bool:
    pairs = evidence.pairs(one, other, figure)
    return bool(pairs) and all(first < second for first, second in pairs)


def _listed(evidence: Evidence, name: str, figure: str, style: str = ".0f") -> str:
    return ", ".join(format(value, style) for value in evidence.values(name, figure))


def _percent(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.0%}" for value in values)
