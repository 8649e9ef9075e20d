"""From figures to a verdict: one function per claim, its thresholds named constants. Article 000 has a file of its own.

A rule sees figures only, no pictures. It has two tests with a margin between them: one that the claim holds, one that it
does not. Where neither is met the claim is open at this budget, and the rule says what would decide it. What is asked of
every training by itself must be so under every seed, of three at least. Two variants are compared by the interval of
their ratio or difference over the seeds (`intervals.py`), the whole of which must lie beyond the margin.
"""

from __future__ import annotations

import math

from gansmith.articles.evidence import Evidence
from gansmith.articles.intervals import LEAST
from gansmith.articles.seeds import BETTER, above, always, below, listed, more_seeds, never, percent
from gansmith.articles.studies import STUDIES
from gansmith.articles.verdict import NOT_RUN, Verdict, decide

COLLAPSED_SHARE = 0.5  # of all samples that show the largest class
COVERED = 8  # of 10 classes: nearly all
FORMS = 0.8  # a digit forms if a classifier sees it in this share of the samples generated for it
NEVER_FORMS = 0.5  # and does not form if it does so in less than this share
FIRST_PICTURE = 0.9  # correlation of the mean sample with one training picture
CLEARER = 0.05  # by which one such correlation is clearly above another
ONE_PICTURE = 1e-6  # standard deviation over the latents, of raw output
MANY_PICTURES = 1e-2  # the same, where samples differ to the eye
WEAKER = 0.05  # area under the ROC curve by which a discriminator is weaker than another
WINS = 0.9  # share of items that a winning discriminator gets right
STYLED = 0.8  # share of pictures that show the requested style
NOT_STYLED = 0.5  # and where that many do not, the style is not what was asked (by chance a quarter does)
NEAR = 0.1  # of the way from real items to random ones: a distribution is learned
FAR = 0.5  # and is not
KINDS_TRIED = tuple(STUDIES["002-kinds"].variants)
WITH_LAW = KINDS_TRIED[1:]  # of pictures no law is known
LAWFUL = 0.8  # share of items that the law behind the data can make
PUBLISHED_001 = (40, 100)  # epochs of the labelled and of the plain network in article 001


def plain_collapses(evidence: Evidence) -> Verdict:
    """Does the plain net come to draw mostly 1s, and does the labelled one cover the classes?"""
    if not evidence.has("plain", "labelled"):
        return NOT_RUN
    shares, classes = evidence.values("plain", "largest_share"), evidence.values("plain", "largest_class")
    modes, cured = evidence.values("labelled", "modes"), evidence.values("labelled", "largest_share")
    largest = ", ".join(f"{share:.0%} (the {label:.0f})" for share, label in zip(shares, classes, strict=True))
    words = (
        f"the largest class has {largest} of the plain net's samples after {evidence.median('plain', 'update'):,.0f} "
        f"updates, which cover {listed(evidence, 'plain', 'modes')} classes; the labelled net's cover "
        f"{listed(evidence, 'labelled', 'modes')} after {evidence.median('labelled', 'update'):,.0f}"
    )
    cause = (
        "A generator is given the class, and the discriminator knows it too: so drawing another class is punished, and "
        "all classes must be drawn. Within a class the generator may still collapse."
    )
    labelled, plain = PUBLISHED_001
    holds = (
        above(shares, COLLAPSED_SHARE)
        and set(classes) == {1.0}
        and above(modes, COVERED)
        and below(cured, COLLAPSED_SHARE)
    )
    fails = below(modes, COVERED) and evidence.median("labelled", "epoch") >= labelled
    stays = below(shares, COLLAPSED_SHARE) and evidence.median("plain", "epoch") >= plain
    return decide(
        holds=holds,
        refuted=not holds and (fails or stays),
        because=words,
        cause=cause if holds else "",
        needs=f"the published lengths, {plain} epochs of the plain net and {labelled} of the labelled one, with "
        f"{LEAST} seeds that agree",
    )


def labels_speed_it_up(evidence: Evidence) -> Verdict:
    """Is the labelled net ahead after every number of updates at which both were measured?

    Both have leaky ReLU: the plain net of the article has ReLU, and would be judged by its activation too.
    """
    labelled, plain = "labelled", "plain, leaky ReLU"
    if not evidence.has(labelled, plain):
        return NOT_RUN
    measured = [
        {int(key[3:]) for key in cell.figures if key.startswith("fd@")} for cell in evidence.of(labelled, plain)
    ]
    updates = sorted(set.intersection(*measured) - {0})
    ratios = [evidence.ratio(labelled, plain, f"fd@{update}") for update in updates]
    words = "; ".join(
        f"after {update:,} updates the distance is {evidence.median(labelled, f'fd@{update}'):.0f} labelled and "
        f"{evidence.median(plain, f'fd@{update}'):.0f} plain, {ratio} times as large"
        for update, ratio in zip(updates, ratios, strict=True)
    )
    undecided = [u for u, ratio in zip(updates, ratios, strict=True) if ratio.low <= BETTER <= ratio.high]
    return decide(
        holds=bool(updates) and all(ratio.high < BETTER for ratio in ratios),
        refuted=bool(updates) and all(ratio.low > BETTER for ratio in ratios),
        because=words or "the two were never measured after as many updates",
        needs=", ".join(f"after {u:,} updates {more_seeds(evidence, labelled, plain, f'fd@{u}')}" for u in undecided)
        or "measurements after as many updates, which agree",
    )


def the_nine(evidence: Evidence) -> Verdict:
    """Is there no 9 after 40 epochs as published, and does it form if the generator is trained on its label?"""
    published, same, shown = "labelled, as published", "labelled, ReLU", "labelled"
    if not evidence.has(published, shown):
        return NOT_RUN
    nines = evidence.values(published, "agreement_9")
    drawn = {name: evidence.values(name, "agreement_9") for name in (shown, same) if evidence.has(name)}
    epochs = evidence.median(published, "epoch")
    words = (
        f"asked for a 9, {percent(nines)} are one as published after {epochs:.0f} epochs; where it is drawn too, "
        + ", ".join(f"{percent(values)} ({name})" for name, values in drawn.items())
        + f"; of all digits {percent(evidence.values(published, 'agreement'))} are as asked as published"
    )
    cause = (
        "The published draw of classes excludes its upper bound: the generator never gets the label 9, while the "
        'discriminator sees real ones, for which "9" always means real.'
    )
    return decide(
        holds=below(nines, NEVER_FORMS) and epochs >= PUBLISHED_001[0],
        refuted=above(nines, FORMS),
        because=words,
        cause=cause if all(above(values, FORMS) for values in drawn.values()) else "",
        needs=f"{PUBLISHED_001[0]} epochs, with {LEAST} seeds that agree",
    )


def scaling(evidence: Evidence) -> Verdict:
    """Are styles exaggerated at 2 and opposite at -2?"""
    same, opposite = (evidence.values("labelled", figure) for figure in ("same_at_2", "opposite_at_-2"))
    if not same or not opposite:
        return NOT_RUN
    words = (
        f"at 2, {percent(same)} of the pictures are of their own style, at −2 {percent(opposite)} of the opposite "
        f"one (.25 by chance); factor and trait correlate {evidence.median('labelled', 'trend'):.2f} in rank"
    )
    cause = (
        f"Means of latents are short ({evidence.median('labelled', 'style_norm'):.1f}, where latents have a length near "
        "10). So close to the mean latent the network is nearly linear, and the opposite sign gives the opposite style. "
        "Styles are compared with the picture of the mean latent."
    )
    holds = above(same, STYLED) and above(opposite, STYLED)
    return decide(
        holds=holds,
        refuted=below(same, NOT_STYLED) or below(opposite, NOT_STYLED),
        because=words,
        cause=cause if holds else "",
        needs=f"longer trainings, whose seeds agree: the styles must be right in {STYLED:.0%} under each of {LEAST}",
    )


def the_processor(evidence: Evidence) -> Verdict:
    """Does a GPU give a better result after as many updates?"""
    processor, gpu = "as published: unscaled logits, smoothed", "on a GPU"
    if not evidence.has(processor):
        return NOT_RUN
    pace = max(evidence.values(processor, "updates_per_second"), default=math.nan)
    words = f"distances {listed(evidence, processor, 'fd')} on a processor, up to {pace:.0f} updates a second"
    for name in ("two threads", "bfloat16"):
        if evidence.has(name):
            words += f"; {listed(evidence, name, 'fd')} with {name}"
    if not evidence.has(gpu):
        needs = "the same trainings on a GPU; none was there"
        return decide(holds=False, refuted=False, because=f"no GPU was there; {words}", needs=needs)
    ratio = evidence.ratio(gpu, processor, "fd")
    cause = (
        "A processor computes the same sums, only later. And these nets are small: all 55,000 published updates take "
        f"{55_000 / pace / 60:.0f} minutes on a processor here."
    )
    return decide(
        holds=ratio.high < BETTER,
        refuted=ratio.low > BETTER,
        because=f"{words}; {listed(evidence, gpu, 'fd')} on a GPU, {ratio} times as large",
        cause=cause if ratio.low > BETTER else "",
        needs=more_seeds(evidence, gpu, processor, "fd"),
    )


def unscaled_logits(evidence: Evidence) -> Verdict:
    """Do unscaled logits bring the generator nearer to the data, by a weaker discriminator?"""
    raw, smoothed = "unscaled logits", "as published: unscaled logits, smoothed"
    scaled = "scaled: a sigmoid before the loss"
    if not evidence.has(raw, scaled, smoothed):
        return NOT_RUN
    distance = evidence.ratio(smoothed, scaled, "fd")
    weaker = evidence.difference(smoothed, scaled, "told_apart")
    words = "; ".join(
        f"{name}: tells {evidence.median(name, 'told_apart'):.1%} of pairs apart, FD {evidence.median(name, 'fd'):.0f}, "
        f"generator's gradient {evidence.median(name, 'gradient'):.2g}"
        for name in (raw, smoothed, scaled)
    )
    words += (
        f"; as published the distance is {distance} times that of scaled ones, the share told apart differs by {weaker}"
    )
    cause = (
        "A loss that expects logits and is given a sigmoid's probabilities applies the sigmoid twice, so a sure output "
        "hardly moves the generator: that is what unscaled logits prevent."
    )
    return decide(
        holds=distance.high < BETTER and weaker.high < -WEAKER,
        refuted=distance.low > BETTER or weaker.low > -WEAKER,
        because=words,
        cause=cause if distance.high < BETTER else "",
        needs="more seeds, or longer trainings: the discriminators' verdicts differ between seeds as much as between the "
        "two losses",
    )


def any_distribution(evidence: Evidence) -> Verdict:
    """Are pictures, sounds, rows and words all learned, by what is known of each?"""
    names = KINDS_TRIED
    if not evidence.has(*names):
        return NOT_RUN
    words = "; ".join(_of_kind(evidence, name) for name in names)
    return decide(
        holds=all(always(evidence, name) and below(evidence.values(name, "way"), NEAR) for name in names)
        and all(above(evidence.values(name, "lawful"), LAWFUL) for name in WITH_LAW),
        refuted=any(never(evidence, name) or above(evidence.values(name, "way"), FAR) for name in names),
        because=f"{words}. Of tones the law asks for the pitch alone. Music, speech and prose were not tried: these are short sounds "
        "and single words",
        cause="Nothing in the game asks what the numbers mean. What differs is the ends: a softmax where a character or a "
        "category is chosen, kernels along the time of a sound.",
        needs=f"longer trainings: under each of {LEAST} seeds every kind within {NEAR:.0%} of the way to noise, and "
        f"{LAWFUL:.0%} of the items as the law behind the data allows",
    )


def _of_kind(evidence: Evidence, name: str) -> str:
    lawful = evidence.values(name, "lawful")
    told = f", {percent(lawful)} of the items as its law allows" if lawful else ""
    return f"{name}: the distance is {percent(evidence.values(name, 'way'))} of the way to noise{told}"


def the_rate_drop(evidence: Evidence) -> Verdict:
    """What appears after the drop: digits, or one training picture?"""
    trick, constant = "as published", "as published, no drop"
    mended, both = "mended, 4,000 updates", "mended, with the drop, 1,000 updates"
    if not evidence.has(trick, constant, mended, both):
        return NOT_RUN
    likeness, spreads = evidence.values(trick, "first_correlation"), evidence.values(trick, "raw_spread")
    clearer = evidence.difference(trick, constant, "first_correlation")
    states = sorted({str(cell.figures.get("state")) for cell in evidence.of(trick)})
    words = (
        f"after the published 10 updates the one sample correlates {min(likeness):.3f} or more with the first training "
        f"picture (without the drop {listed(evidence, constant, 'first_correlation', '.2f')}), std over z at most "
        f"{max(spreads):.1g}; the diagnosis: {', '.join(states)}. The same nets mended cover "
        f"{listed(evidence, mended, 'modes')} classes with a constant rate, {listed(evidence, both, 'modes')} with the "
        "drop"
    )
    cause = (
        "No digit is learned: one training picture is memorised. Seven layers of weights scaled by .002 lose the latents, "
        "so only the output's bias learns. With a batch of one, Adam's first step writes the first picture into the "
        "discriminator; the drop freezes it there, and the bias follows."
    )
    return decide(
        holds=below(spreads, ONE_PICTURE) and clearer.low > CLEARER,
        refuted=above(spreads, MANY_PICTURES) or clearer.high < CLEARER,
        because=words,
        cause=cause if above(likeness, FIRST_PICTURE) else "",
        needs=f"more seeds; the correlation differs by {clearer} from that without the drop",
    )


def two_to_one(evidence: Evidence) -> Verdict:
    """Does the discriminator win with one generator turn, and not with two?"""
    one, two = "1 : 1", "2 : 1"
    if not evidence.has(one, two):
        return NOT_RUN
    less, ratio = evidence.difference(two, one, "accuracy"), evidence.ratio(two, one, "fd")
    once, twice = evidence.values(one, "accuracy"), evidence.values(two, "accuracy")
    words = (
        f"the discriminator is right on {percent(twice)} of items at 2:1, on {percent(once)} at 1:1: the share differs "
        f"by {less}; distance {evidence.median(two, 'fd'):.0f} and {evidence.median(one, 'fd'):.0f}, {ratio} times as large"
    )
    return decide(
        holds=above(once, WINS) and below(twice, WINS) and less.high < 0,
        refuted=above(twice, WINS) or less.low > 0,
        because=words,
        needs=f"networks and a length with which the discriminator wins at 1:1 (is right on {WINS:.0%}) under every seed",
    )
