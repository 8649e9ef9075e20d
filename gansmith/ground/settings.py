"""The settings of a recipe: typed tables, one dataclass each, every field with its unit and its meaning.

Names of choices are Literals; a test keeps them equal to the tables that implement them. Settings travel whole.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

EngineName = Literal["torch", "numpy"]
NetName = Literal["dense", "dcgan", "subpixel", "encdec", "hourglass", "resnet", "own"]
ConditioningName = Literal["concat", "maps", "norm", "concat+norm", "projection", "classifier"]
LossName = Literal["non-saturating", "minimax", "hinge", "least-squares", "wasserstein", "relativistic"]
RegularizerName = Literal["none", "r1", "r2", "r1+r2", "gradient-penalty"]
FeedbackName = Literal["alternating", "joint", "stacked", "labels"]
OptimizerName = Literal["adam", "sgd", "rmsprop"]
RateSchedule = Literal["constant", "linear", "cosine", "step"]
ActivationName = Literal["relu", "leaky", "tanh", "arctan", "sigmoid", "linear"]
OutputName = Literal["tanh", "sigmoid", "linear"]
InitialName = Literal["pytorch", "keras", "normal", "he"]
AugmentName = Literal["none", "mirror", "diffaugment", "mirror+diffaugment", "ada", "mirror+ada"]
AugmentOperation = Literal["colour", "translation", "cutout", "zoom"]
LatentLaw = Literal["normal", "uniform", "unit"]
LabelsName = Literal["none", "classes", "clusters"]
PixelRangeName = Literal["symmetric", "unit"]
PrecisionName = Literal["auto", "float32", "float64", "bfloat16"]
FaultName = Literal[
    "sigmoid-as-logits",  # probabilities where the loss expects logits
    "wrong-pixel-range",  # a tanh generator against pixels in [0, 1]
    "never-frozen",  # feedback "stacked": the generator's turn trains the discriminator too
    "never-trained",  # feedback "stacked": the discriminator was frozen for good
    "constant-bias-correction",  # article 003: Adam's correction of its first step, at every step
    "squared-last-gradient",  # article 003: the last layer's gradient, squared
]


@dataclass(frozen=True)
class DataSettings:
    """[data]: which items are learned from, and how they are prepared."""

    source: str = "digits"  # a built-in name, a path (folder, pattern, zip, tar, .npz, .npy, IDX, store), hf:NAME, or
    # stacked:SOURCE, three grey pictures of a labelled source in three channels
    batch: int = 64  # items per turn of a player, over all ranks
    micro_batch: int = 0  # items that are computed at a time, where memory is short; 0 = the whole batch
    size: str = "auto"  # pictures: "28", "48x64" (width x height), "auto" = as found
    channels: int = 0  # pictures: 1 grey, 3 colour, 0 = as found
    crop: int = 0  # pictures: cut out the centre square of so many pixels first; 0 = off
    fit: Literal["crop", "squeeze"] = "crop"  # other proportions: centre crop, or squeeze the whole picture
    window: str = ""  # pictures: cut a window of this size out of each, at random whenever it is seen; "" = off
    background: str = "white"  # under transparent pictures: white, black, grey or "#rrggbb"
    split: Literal["train", "test", "all"] = "train"  # of sources that have one
    first: int = 0  # take the first n items only; 0 = all
    attribute: str = ""  # the two classes "not ATTRIBUTE" and "ATTRIBUTE" instead of the source's own, as "Smiling"
    labels: LabelsName = "none"  # what both players see of an item: its class, or the group of like ones that it is in
    clusters: int = 0  # "clusters": how many groups; 0 = by the count of items
    pixels: PixelRangeName = "symmetric"  # [-1, 1] for tanh, [0, 1] for sigmoid


@dataclass(frozen=True)
class LatentSettings:
    """[latent]: what the generator starts from."""

    dim: int = 64  # numbers per item
    law: LatentLaw = "normal"  # N(0,1), U(-1,1) or U(0,1)
    classes_drawn: int = 0  # labelled: draw classes 0 .. n-1 only; 0 = all (article 001 published 9 of 10)


@dataclass(frozen=True)
class NetSettings:
    """[generator] and [discriminator]: one network. Both players have the same fields, so one explains the other."""

    net: NetName = "dcgan"
    widths: tuple[int, ...] = (64, 32)  # features or channels of the hidden layers, in the order data flows
    kernels: tuple[int, ...] = (4,)  # pictures: kernel of each convolution; one value serves all
    strides: tuple[int, ...] = (2,)  # pictures: stride of each convolution; one value serves all
    dense: tuple[int, ...] = ()  # dcgan: dense layers before the lowest picture, or after the flat features
    bottleneck: int = 0  # encdec, hourglass: numbers in the code in the middle
    activation: ActivationName = "leaky"
    activations: tuple[ActivationName, ...] = ()  # one per hidden layer, where they differ
    slope: float = 0.2  # of "leaky" (Keras .3, TensorFlow .2, PyTorch .01)
    norm: Literal["none", "batch"] = "none"  # after every hidden layer, but a dcgan discriminator's first
    norm_momentum: float = 0.1  # share of the new batch in the running statistics (Keras .01, PyTorch .1)
    norm_epsilon: float = 1e-5  # Keras 1e-3, PyTorch 1e-5
    norm_first: bool = False  # dcgan discriminator: normalise its first layer too
    norm_flat: bool = False  # dcgan generator: first norm per feature (as Keras tutorials do), not per channel
    bias: bool = True  # hidden layers that are followed by a norm never need one
    output: OutputName = "linear"  # generator: tanh or sigmoid for pictures; discriminator: linear = a logit
    dropout: float = 0.0  # share of the features set to zero while training
    initial: InitialName = "pytorch"  # law of the initial weights
    initial_scale: float = 1.0  # "normal": the standard deviation; else a factor on the law
    conditioning: ConditioningName = "concat"  # labelled: how this network learns of the label; see nets/blocks.py
    label_after: int = 0  # "concat", dense: the one-hot label joins after so many hidden layers
    spectral_norm: bool = False  # divide each weight by its largest singular value (Miyato et al. 2018)


@dataclass(frozen=True)
class LossSettings:
    """[loss]: what the players minimise. Targets are drawn from U(low, high) per item and turn."""

    name: LossName = "non-saturating"
    real: tuple[float, float] = (1.0, 1.0)  # discriminator's target on real items
    fake: tuple[float, float] = (0.0, 0.0)  # discriminator's target on generated items
    generator: tuple[float, float] = (1.0, 1.0)  # generator's target
    discriminator_scale: float = 1.0  # factor on (real + fake); the PyTorch course uses .5
    classifier: float = 1.0  # weight of an auxiliary classifier's cross-entropy, for both players


@dataclass(frozen=True)
class RegularizerSettings:
    """[regularizer]: a penalty in the discriminator's turn."""

    name: RegularizerName = "none"
    gamma: float = 1.0  # r1, r2: gamma/2 x mean of |gradient|^2; gradient-penalty: gamma x mean of (|gradient| - 1)^2
    interval: int = 1  # lazy: taken every so many discriminator turns, times the interval (StyleGAN2)
    sigma: float = 0.0  # r1, r2: 0 = the exact gradient; else the slope along a random step of N(0, sigma) a number


@dataclass(frozen=True)
class AugmentSettings:
    """[augment]: what the discriminator sees of a picture instead of the picture; see game/augment.py."""

    name: AugmentName = "none"  # "mirror": real pictures are turned left to right half of the time
    operations: tuple[AugmentOperation, ...] = ("colour", "translation", "cutout")  # diffaugment, ada: on all pictures
    probability: float = 1.0  # diffaugment: with which each operation changes a picture
    target: float = 0.6  # ada: mean sign of the verdicts on real pictures that is held (Karras et al. 2020)
    ramp_images: float = 500_000  # ada: images in which its probability may go from 0 to 1


@dataclass(frozen=True)
class FeedbackSettings:
    """[feedback]: how the verdict reaches the generator, and how often each player moves in an update."""

    name: FeedbackName = "alternating"
    discriminator_turns: int = 1
    generator_turns: int = 1
    latents: Literal["fresh", "same"] = "fresh"  # "same": the generator's turn reuses the discriminator's latents
    labels: Literal["verdict", "regression"] = "verdict"  # "labels": pass the verdict on, or regress on real items


@dataclass(frozen=True)
class OptimizerSettings:
    """[optimizer.generator] and [optimizer.discriminator]."""

    name: OptimizerName = "adam"
    rate: float = 2e-4  # learning rate
    beta1: float = 0.5  # adam
    beta2: float = 0.999  # adam; rmsprop: the share that its mean of squares keeps (PyTorch .99, Keras .9)
    epsilon: float = 1e-8  # adam, rmsprop (Keras 1e-7)
    momentum: float = 0.0  # sgd, rmsprop


@dataclass(frozen=True)
class OptimizersSettings:
    """[optimizer]: one for each player."""

    generator: OptimizerSettings = field(default_factory=OptimizerSettings)
    discriminator: OptimizerSettings = field(default_factory=OptimizerSettings)


@dataclass(frozen=True)
class ScheduleSettings:
    """[schedule]: the learning rates' factor, a function of images_seen."""

    rate: RateSchedule = "constant"
    start: float = 0.0  # epochs of full rate before "linear", "cosine" or the first "step" (0: the first is at `every`)
    factor: float = 0.1  # "step": the factor at each step; "linear", "cosine": the factor reached at the end
    every: float = 0.0  # "step": epochs between further steps; 0 = one step only


@dataclass(frozen=True)
class EmaSettings:
    """[ema]: the averaged generator, which is what samples show."""

    half_life: float = 10_000  # images after which a generator's share has halved; 0 = no averaging
    ramp_up: float = 0.05  # half-life is at most so many times images_seen (StyleGAN2-ADA); 0 = no ramp
    recalibrate: int = 0  # batch norm: batches over which the averaged generator's own statistics are taken; 0 = copied


@dataclass(frozen=True)
class BudgetSettings:
    """[budget]: how long to train; exactly one is above 0."""

    updates: int = 0
    images: int = 0  # images_seen
    epochs: float = 0.0
    minutes: float = 0.0  # of the loop with its watchers
    # with minutes: images_seen at the end, as estimated for the schedules after 50, 100, 200, 400 ... updates, then kept
    estimated_images: tuple[int, ...] = ()


@dataclass(frozen=True)
class PrecisionSettings:
    """[precision]."""

    name: PrecisionName = "auto"  # bfloat16 where the processor computes in it, else float32


@dataclass(frozen=True)
class WatchSettings:
    """[watch]: what is written while training."""

    stats_every: int = 50  # updates between rows of stats.jsonl
    samples: int = 64  # pictures on the watched sheet
    samples_every: int = 0  # updates between sheets; 0 = after 1, 2, 3, 4, 6, 8, 12, 16, 24 ... x 25 updates
    checkpoint_minutes: float = 2.0  # minutes between checkpoints
    checkpoint_every: int = 0  # updates between checkpoints; 0 = by minutes only
    checkpoint_epochs: float = 0.0  # epochs between checkpoints; 0 = by minutes only
    keep: int = 2  # newest checkpoints kept
    judge: float = 0.03  # share of the time for measuring quality, so that the best checkpoint is known; 0 = none
    diagnose: float = 0.03  # share of the time for the doctor's looks at samples and verdicts; 0 = none
    remedy: Literal["none", "auto"] = "none"  # "auto": go back and change one thing when something is wrong
    tensorboard: bool = False  # also write TensorBoard events (needs the extra `tensorboard`)


@dataclass(frozen=True)
class Recipe:
    """Everything needed to repeat a training."""

    format: int = 1
    name: str = "own"
    seed: int = 0
    engine: EngineName = "torch"
    device: str = "auto"  # auto, cpu, cuda, cuda:N, mps
    threads: int = 0  # of the processor; 0 = all, or OMP_NUM_THREADS
    graphs: bool = True  # cuda: an update is captured once and played back as one graph
    faults: tuple[FaultName, ...] = ()  # known mistakes, made on purpose
    data: DataSettings = field(default_factory=DataSettings)
    latent: LatentSettings = field(default_factory=LatentSettings)
    generator: NetSettings = field(default_factory=lambda: NetSettings(output="tanh"))
    discriminator: NetSettings = field(default_factory=NetSettings)
    loss: LossSettings = field(default_factory=LossSettings)
    regularizer: RegularizerSettings = field(default_factory=RegularizerSettings)
    augment: AugmentSettings = field(default_factory=AugmentSettings)
    feedback: FeedbackSettings = field(default_factory=FeedbackSettings)
    optimizer: OptimizersSettings = field(default_factory=OptimizersSettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    ema: EmaSettings = field(default_factory=EmaSettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    precision: PrecisionSettings = field(default_factory=PrecisionSettings)
    watch: WatchSettings = field(default_factory=WatchSettings)
