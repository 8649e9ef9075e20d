"""What the articles claim, and which figures and which rule decide each claim."""

from __future__ import annotations

from dataclasses import dataclass

from gansmith.articles import feedback_rules, rules
from gansmith.articles.verdict import Rule

TITLES: dict[str, str] = {
    "000": "three architectures, three ways of feedback",
    "001": "labels, collapse, and arithmetic on styles",
    "002": "a small GAN in TensorFlow",
    "003": "a GAN and Adam in nothing but NumPy",
    "004": "a DCGAN, and two generator updates for one",
}
"""The articles, by their numbers in this project."""


@dataclass(frozen=True)
class Claim:
    """One sentence of an article, reworded, and the figures that decide it."""

    article: str
    says: str
    variants: tuple[str, ...]  # rows of its table, by their names in the studies
    figures: tuple[str, ...]  # columns of its table
    rule: Rule
    pictures: tuple[str, ...] | None = None  # variants on its picture of samples; None: all, (): no picture
    stretched: tuple[str, ...] = ()  # variants shown again with the contrast of each sample stretched

    @property
    def name(self) -> str:
        """In articles.json and of its picture: the name of its rule, as "the-nine"."""
        return self.rule.__name__.replace("_", "-")


JOINT = ("dense, joint", "encoder-decoder, joint", "DCGAN, joint")
STACKED = ("dense, stacked", "encoder-decoder, stacked", "DCGAN, stacked")
REGRESSED = ("dense, labels: regression", "encoder-decoder, labels: regression", "DCGAN, labels: regression")
NUMBER = "dense, labels: verdict"
FAULTY = ("dense, stacked, never frozen", "dense, stacked, never trained")
LEARNING = ("fd_untrained", "fd_quarter", "fd", "sensitivity", "modes", "accuracy", "learns")

CLAIMS: tuple[Claim, ...] = (
    Claim(
        "000",
        "Only each network's own loss, differentiated with a gradient tape, trains the pair.",
        (*JOINT, *STACKED, *REGRESSED, NUMBER),
        LEARNING,
        feedback_rules.only_the_tape,
    ),
    Claim(
        "000",
        "Joining generator and discriminator in one model gives background only.",
        (*STACKED, *FAULTY, *JOINT),
        (*LEARNING, "gradient"),
        feedback_rules.combined_model,
        ("dense, stacked", *FAULTY),
    ),
    Claim(
        "000",
        "Feeding the discriminator's output to the generator as labels gives the impression of a digit at most.",
        (NUMBER, *REGRESSED),
        ("fd_untrained", "fd", "sensitivity", "gradient", "gradient_most", "mean_correlation", "learns"),
        feedback_rules.verdicts_as_labels,
    ),
    Claim(
        "000",
        "The dense network learns nothing in 1,000 epochs of Keras, and draws digits after 199 epochs of PyTorch.",
        (
            "dense, joint",
            "dense, PyTorch's defaults",
            "dense, batch norm in G",
            "dense, twice the updates",
            "course net",
        ),
        ("update", "epoch", "fd_untrained", "fd_quarter", "fd", "modes", "sensitivity", "learns"),
        feedback_rules.dense_by_framework,
    ),
    Claim(
        "000",
        "Of the three networks the encoder-decoder does best.",
        JOINT,
        ("fd_untrained", "fd", "modes", "sensitivity", "learns"),
        feedback_rules.encoder_decoder_is_best,
    ),
    Claim(
        "001",
        "The plain network comes to draw mostly 1s; labels keep it from collapsing.",
        ("plain", "labelled", "labelled, ReLU"),
        ("update", "epoch", "fd", "modes", "largest_share", "largest_class", "sensitivity"),
        rules.plain_collapses,
    ),
    Claim(
        "001",
        "Labels make the network learn faster.",
        ("plain, leaky ReLU", "labelled", "plain", "labelled, ReLU"),
        ("fd@4680", "fd@9360", "fd@18720", "modes", "agreement", "label_minded", "label_moves"),
        rules.labels_speed_it_up,
        (),
    ),
    Claim(
        "001",
        "The 9 never forms, though epoch 40 has brought other digits.",
        ("labelled, as published", "labelled", "labelled, ReLU"),
        ("epoch", "agreement", "agreement_least", "agreement_9", "fd", "modes"),
        rules.the_nine,
    ),
    Claim(
        "001",
        "A style scaled by 2 is exaggerated, and scaled by −2 it becomes the opposite style.",
        ("labelled", "labelled, ReLU"),
        ("same_at_2", "opposite_at_-2", "trend", "style_norm"),
        rules.scaling,
        (),
    ),
    Claim(
        "002",
        "The poor digits are the processor's fault: a GAN needs a GPU.",
        ("as published: unscaled logits, smoothed", "two threads", "bfloat16", "on a GPU"),
        ("updates_per_second", "fd", "modes", "sensitivity"),
        rules.the_processor,
    ),
    Claim(
        "002",
        "Unscaled logits, and smoothed labels, keep the discriminator from overpowering the generator.",
        ("as published: unscaled logits, smoothed", "unscaled logits", "scaled: a sigmoid before the loss"),
        ("told_apart", "gradient", "fd", "modes", "sensitivity"),
        rules.unscaled_logits,
    ),
    Claim(
        "002",
        "A GAN can learn any distribution: pictures, music, speech, prose.",
        rules.KINDS_TRIED,
        ("update", "fd_untrained", "fd", "way", "lawful", "learns"),
        rules.any_distribution,
        (),
    ),
    Claim(
        "003",
        "After an extreme drop of the learning rate a digit appears, the same from every latent.",
        ("as published", "as published, no drop", "mended, 4,000 updates", "mended, with the drop, 1,000 updates"),
        ("first_correlation", "raw_spread", "modes", "sensitivity"),
        rules.the_rate_drop,
        stretched=("as published",),
    ),
    Claim(
        "004",
        "Two generator updates for each of the discriminator's keep the discriminator from winning.",
        ("1 : 1", "2 : 1"),
        ("accuracy", "told_apart", "fd", "modes", "sensitivity"),
        rules.two_to_one,
    ),
)
