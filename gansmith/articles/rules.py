"""From figures to a verdict: one function per claim, its thresholds named constants.

A rule never looks at pictures and never knows what is hoped for. "Mostly" is more than half of the seeds. A variant is
"below" another where it is so under every seed that both have.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from gansmith.articles.evidence import Evidence
from gansmith.compare.grid import LEAST_FALL

Answer = Literal["holds", "does not hold", "holds for another reason", "open"]

COLLAPSED_SHARE = 0.5  # of all samples: one class has taken over
COVERED = 8  # of 10 classes: nearly all
FORMS = 0.8  # a digit forms when the judge sees the asked one in so many samples of it
STAMPED = 0.9  # correlation of the mean sample with one training picture
ONE_PICTURE = 1e-6  # standard deviation over the latents, of raw output
THE_MEAN = 0.99  # correlation of the mean sample with the data's mean
WEAKER = 0.05  # area under the ROC curve by which a discriminator is weaker than another
STYLED = 0.8  # share of pictures that show the style asked for


@dataclass(frozen=True)
class Verdict:
    """What the figures say of a claim, and why it is so."""

    answer: Answer
    because: str
    cause: str = ""


Rule = Callable[[Evidence], Verdict]

OPEN = Verdict("open", "not all of its trainings have been run")
NETS = ("dense", "encoder-decoder", "DCGAN")


def only_the_tape(seen: Evidence) -> Verdict:
    """Of the networks that were run: does the tape learn, and nothing else?"""
    nets = [net for net in NETS if seen.has(f"{net}, joint", f"{net}, stacked")]
    if not nets:
        return OPEN
    tape = _learned(seen, [f"{net}, joint" for net in nets])
    stacked = _learned(seen, [f"{net}, stacked" for net in nets])
    labels = _learned(seen, [f"{net}, labels: regression" for net in nets])
    words = (
        f"the tape learned in {_of(tape)} trainings ({_by_net(seen, nets, 'joint')}), the combined model in "
        f"{_of(stacked)} ({_by_net(seen, nets, 'stacked')}), labels in {_of(labels)}"
    )
    cause = (
        "A combined model whose discriminator is frozen in the generator's turn, and only there, takes the same "
        "gradient through the same discriminator. What cannot work is a verdict passed on as a number."
    )
    others_fail = not _mostly(stacked) and not _mostly(labels)
    return Verdict("holds" if _mostly(tape) and others_fail else "does not hold", words, cause)


def combined_model(seen: Evidence) -> Verdict:
    """Does the combined model fail when it is right, or only with one of its two classic mistakes?"""
    nets = [net for net in NETS if seen.has(f"{net}, stacked")]
    faulty = [name for name in ("dense, stacked, never frozen", "dense, stacked, never trained") if seen.has(name)]
    if not nets or len(faulty) < 2:
        return OPEN
    right, wrong = _learned(seen, [f"{net}, stacked" for net in nets]), [_learned(seen, [name]) for name in faulty]
    words = (
        f"frozen rightly it learned in {_of(right)} trainings; never frozen in {_of(wrong[0])}, "
        f"never trained in {_of(wrong[1])}"
    )
    if not _mostly(right):
        return Verdict("holds", words)
    cause = (
        "The order of freezing. Where the generator's step moves the discriminator too, it learns to call fakes real, "
        f"and all samples become one picture (std over z {seen.median(faulty[0], 'sensitivity'):.2g}); where it was "
        "frozen before it was compiled it never learns at all. Either looks like success in the generator's loss."
    )
    return Verdict("does not hold", words, "" if any(map(_mostly, wrong)) else cause)


def verdicts_as_labels(seen: Evidence) -> Verdict:
    """Does anything reach the generator through labels?"""
    number, regression = "dense, labels: verdict", [f"{net}, labels: regression" for net in NETS]
    regression = [name for name in regression if seen.has(name)]
    if not seen.has(number) or not regression:
        return OPEN
    learned = _learned(seen, [number, *regression])
    most = max(seen.values(number, "gradient_most"), default=math.nan)
    likeness = min(value for name in regression for value in seen.values(name, "mean_correlation"))
    words = (
        f"none of it learned ({_of(learned)} trainings); the generator's gradient was {most:g} with the verdict as a "
        f"number; regressed on pictures, its mean output correlates {likeness:.3f} or more with the data's mean"
    )
    cause = (
        "A number has no slope, so no gradient reaches the generator. Fitted to real pictures whose latents it does "
        "not know, it answers with their mean: the article's impression of a digit."
    )
    if any(learned):
        return Verdict("does not hold", words.replace("none of it learned", "some of it learned"))
    return Verdict("holds", words, cause if most == 0 and likeness > THE_MEAN else "")


def dense_by_framework(seen: Evidence) -> Verdict:
    """Which changes a dense net more: the other framework's defaults, or batch norm, or more updates?"""
    keras, pytorch = "dense, joint", "dense, PyTorch's defaults"
    norm, longer = "dense, batch norm in G", "dense, 4,000 updates"
    if not seen.has(keras, pytorch, norm, longer):
        return OPEN
    gains = {name: seen.median(keras, "fd") / seen.median(name, "fd") for name in (pytorch, norm, longer)}
    words = (
        f"at equal updates PyTorch's defaults divide the distance by {gains[pytorch]:.2f}; batch norm divides it by "
        f"{gains[norm]:.2f}, twice the updates by {gains[longer]:.2f}"
    )
    least = 1 / (1 - LEAST_FALL)
    if max(gains[norm], gains[longer]) > max(least, gains[pytorch]):
        cause = (
            'The epoch and the net. 1,000 of Keras-style "epochs" of one batch are 1,000 updates; 199 passes over '
            "MNIST are 93,000. And the net that learned in PyTorch has batch norm."
        )
        return Verdict("holds for another reason", words, cause)
    return Verdict("holds" if gains[pytorch] > least else "does not hold", words)


def encoder_decoder_is_best(seen: Evidence) -> Verdict:
    """By the Frechet distance after equal updates, under the gradient tape."""
    names = [f"{net}, joint" for net in NETS]
    if not seen.has(*names):
        return OPEN
    order = sorted(names, key=lambda name: seen.median(name, "fd"))
    words = "by distance: " + " < ".join(f"{name.split(',')[0]} ({seen.median(name, 'fd'):.0f})" for name in order)
    best = "encoder-decoder, joint"
    first = all(_below(seen.pairs(best, name, "fd")) for name in names if name != best)
    return Verdict("holds" if first else "does not hold", words)


def plain_collapses(seen: Evidence) -> Verdict:
    """Does the plain net end on one class, and does the labelled one cover them?"""
    if not seen.has("plain", "labelled"):
        return OPEN
    shares, kinds = seen.values("plain", "largest_share"), seen.values("plain", "largest_class")
    collapsed = _mostly([share >= COLLAPSED_SHARE for share in shares])
    cured = _mostly([modes >= COVERED for modes in seen.values("labelled", "modes")])
    told = ", ".join(f"{share:.0%} (the {kind:.0f})" for share, kind in zip(shares, kinds, strict=True))
    words = (
        f"the largest class has {told} of the plain net's samples after {seen.median('plain', 'update'):,.0f} updates, which "
        f"cover {_listed(seen, 'plain', 'modes')} "
        f"classes; the labelled net's cover {_listed(seen, 'labelled', 'modes')} after "
        f"{seen.median('labelled', 'update'):,.0f}"
    )
    cause = (
        "A generator that is told the class, before a discriminator that is told it too, is punished for drawing "
        "another: variety over the classes is asked of it. Within a class it may still collapse."
    )
    return Verdict("holds" if collapsed and cured else "does not hold", words, cause if cured else "")


def labels_speed_it_up(seen: Evidence) -> Verdict:
    """Is the labelled net ahead after every number of updates at which both were measured?"""
    if not seen.has("plain", "labelled"):
        return OPEN
    both = set.intersection(
        *({key for key in cell.figures if key.startswith("fd@")} for cell in seen.all("plain", "labelled"))
    )
    marks = sorted(both, key=lambda key: int(key.partition("@")[2]))
    words = "; ".join(
        f"after {int(key.partition('@')[2]):,} updates the distance is {seen.median('labelled', key):.0f} labelled and "
        f"{seen.median('plain', key):.0f} plain"
        for key in marks
    )
    ahead = bool(marks) and all(_below(seen.pairs("labelled", "plain", key)) for key in marks)
    return Verdict("holds" if ahead else "does not hold", words)


def the_nine(seen: Evidence) -> Verdict:
    """Does the 9 form when it is drawn?"""
    if not seen.has("labelled", "labelled, as published"):
        return OPEN
    published = seen.values("labelled, as published", "agreement_9")
    drawn = seen.values("labelled", "agreement_9")
    words = f"asked for a 9, {_percent(published)} are one as published, and {_percent(drawn)} where it is drawn too"
    if _mostly([share >= FORMS for share in published]):
        return Verdict("does not hold", words)
    if not _mostly([share >= FORMS for share in drawn]):
        return Verdict("holds", words)
    cause = (
        "The published draw of classes excludes its upper bound: the generator is never asked for a 9, while the "
        'discriminator sees real ones, for which "9" always means real.'
    )
    return Verdict("holds for another reason", words, cause)


def scaling_by_minus_two(seen: Evidence) -> Verdict:
    """Are styles exaggerated at 2 and opposite at -2?"""
    same, opposite = seen.values("labelled", "same_at_2"), seen.values("labelled", "opposite_at_-2")
    if not same or not opposite:
        return OPEN
    words = (
        f"at 2, {_percent(same)} of the pictures are of their own style, at −2 {_percent(opposite)} of the opposite "
        f"one (.25 by chance); factor and trait correlate {seen.median('labelled', 'trend'):.2f} in rank"
    )
    holds = _mostly([value >= STYLED for value in same]) and _mostly([value >= STYLED for value in opposite])
    length = seen.median("labelled", "style_norm")
    cause = (
        f"Means of latents are short ({length:.1f} against a shell at 10), and so near the middle the network is nearly "
        "linear in its latents: the sign turns the style round. What is seen is beside the picture in the middle."
    )
    return Verdict("holds" if holds else "does not hold", words, cause if holds else "")


def the_processor_is_to_blame(seen: Evidence) -> Verdict:
    """Do threads or precision change the quality by more than a seed does?"""
    names = ["as published: unscaled logits, smoothed", "two threads", "bfloat16"]  # the first: float32, one thread
    if not seen.has(*names):
        return OPEN
    first = seen.values(names[0], "fd")
    alike = [_overlap(first, seen.values(name, "fd")) for name in names[1:]]
    pace = max(value for name in names for value in seen.values(name, "updates_per_second"))  # the least disturbed
    distances = ", ".join(f"{seen.median(name, 'fd'):.0f} ({name})" for name in names)
    words = f"distances {distances}; up to {pace:.0f} updates a second"
    cause = (
        "A processor computes the same sums, only later. And these nets are small: all 55,000 published updates take "
        f"{55_000 / pace / 60:.0f} minutes on a processor here."
    )
    return Verdict("does not hold", words, cause) if all(alike) else Verdict("holds", words)


def unscaled_logits(seen: Evidence) -> Verdict:
    """Do unscaled logits weaken the discriminator, or do they help in another way?"""
    raw, scaled, smoothed = (
        "unscaled logits",
        "scaled: a sigmoid before the loss",
        "as published: unscaled logits, smoothed",
    )
    if not seen.has(raw, scaled, smoothed):
        return OPEN
    words = "; ".join(
        f"{name}: tells {seen.median(name, 'told_apart'):.1%} of pairs apart, FD {seen.median(name, 'fd'):.0f}, "
        f"generator's gradient {seen.median(name, 'gradient'):.2g}"
        for name in (raw, smoothed, scaled)
    )
    weaker = seen.median(scaled, "told_apart") - seen.median(raw, "told_apart") >= WEAKER
    better = _below(seen.pairs(raw, scaled, "fd"))
    cause = (
        "A loss that expects logits and is given a sigmoid's probabilities squashes its slope twice, so a sure verdict "
        "hardly moves the generator: that is what unscaled logits prevent."
    )
    if not better:
        return Verdict("does not hold", words)
    if weaker:
        return Verdict("holds", words, f"{cause} What is never contradicted stays right.")
    return Verdict("holds for another reason", words, f"{cause} The discriminator is as strong with them.")


def the_rate_drop(seen: Evidence) -> Verdict:
    """What appears after the drop: digits, or one training picture?"""
    trick, still, mended, both = (
        "as published",
        "as published, no drop",
        "mended, 4,000 updates",
        "mended, with the drop, 1,000 updates",
    )
    if not seen.has(trick, still, mended, both):
        return OPEN
    stamps, spreads = seen.values(trick, "first_correlation"), seen.values(trick, "raw_spread")
    ghost = min(stamps) > STAMPED and max(spreads) < ONE_PICTURE
    found = sorted(set(seen.words(trick, "state")))
    words = (
        f"after the published 10 updates the one sample correlates {min(stamps):.3f} or more with the first training "
        f"picture (without the drop {_listed(seen, still, 'first_correlation', '.2f')}), std over z at most "
        f"{max(spreads):.1g}; the doctor's verdict: {', '.join(found)}. The same nets mended cover "
        f"{_listed(seen, mended, 'modes')} classes with a constant rate, {_listed(seen, both, 'modes')} with the drop"
    )
    if not ghost:
        learned = _mostly([modes >= COVERED for modes in seen.values(both, "modes")])
        return Verdict("holds" if learned else "does not hold", words)
    cause = (
        "One training picture is memorised. Seven layers of weights scaled by .002 lose the latents, so only the "
        "output's bias learns. With a batch of one, Adam's first step stamps the first picture into the "
        "discriminator; the drop freezes it there, and the bias follows."
    )
    return Verdict("holds for another reason", words, cause)


def two_to_one(seen: Evidence) -> Verdict:
    """Is the discriminator less often right with two generator turns?"""
    if not seen.has("1 : 1", "2 : 1"):
        return OPEN
    lower = _below(seen.pairs("2 : 1", "1 : 1", "accuracy"))
    words = (
        f"the discriminator is right on {_percent(seen.values('2 : 1', 'accuracy'))} of items at 2:1, on "
        f"{_percent(seen.values('1 : 1', 'accuracy'))} at 1:1; distance {seen.median('2 : 1', 'fd'):.0f} and "
        f"{seen.median('1 : 1', 'fd'):.0f}"
    )
    return Verdict("holds" if lower else "does not hold", words)


# ---- small parts


def _learned(seen: Evidence, names: Sequence[str]) -> list[bool]:
    return [value > 0.5 for name in names for value in seen.values(name, "learns")]


def _by_net(seen: Evidence, nets: Sequence[str], feedback: str) -> str:
    return ", ".join(f"{net} {_of(_learned(seen, [f'{net}, {feedback}']))}" for net in nets)


def _mostly(answers: Sequence[bool]) -> bool:
    return sum(answers) > len(answers) / 2


def _of(answers: Sequence[bool]) -> str:
    return f"{sum(answers)} of {len(answers)}"


def _below(pairs: Sequence[tuple[float, float]]) -> bool:
    return bool(pairs) and all(one < other for one, other in pairs)


def _overlap(one: Sequence[float], other: Sequence[float]) -> bool:
    return max(min(one), min(other)) <= min(max(one), max(other))


def _listed(seen: Evidence, name: str, figure: str, style: str = ".0f") -> str:
    return ", ".join(format(value, style) for value in seen.values(name, figure))


def _percent(values: Sequence[float]) -> str:
    return ", ".join(f"{value:.0%}" for value in values)
