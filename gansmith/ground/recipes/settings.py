"""The settings of a recipe: typed tables, one dataclass each, every field with its unit and its meaning.

The comment after a field says what it does, and why its default is what it is. `gansmith settings` prints these comments
(`ground/recipes/meanings.py` reads them), so they are written for users. Names of choices are Literals; a test keeps them equal
to the tables that implement them. Settings are passed on whole, not value by value.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

EngineName = Literal["torch", "numpy"]
NetName = Literal["dense", "dcgan", "subpixel", "encdec", "hourglass", "resnet", "projected", "own"]
ConditioningName = Literal["concat", "maps", "norm", "concat+norm", "projection", "classifier"]
LossName = Literal["non-saturating", "minimax", "hinge", "least-squares", "wasserstein", "relativistic", "own"]
RegularizerName = Literal["none", "r1", "r2", "r1+r2", "gradient-penalty", "own"]
FeedbackName = Literal["alternating", "joint", "stacked", "labels"]
OptimizerName = Literal["adam", "sgd", "rmsprop"]
RateSchedule = Literal["constant", "linear", "cosine", "step"]
ActivationName = Literal["relu", "leaky", "tanh", "arctan", "sigmoid", "linear"]
OutputName = Literal["tanh", "sigmoid", "linear", "softmax"]
InitialName = Literal["pytorch", "keras", "normal", "he"]
AugmentName = Literal["none", "mirror", "diffaugment", "mirror+diffaugment", "ada", "mirror+ada", "own"]
AugmentOperation = Literal["colour", "translation", "cutout", "zoom"]
DistributionName = Literal["normal", "uniform", "unit"]
LabelsName = Literal["none", "classes", "clusters"]
AlikeName = Literal["auto", "pixels", "imagenet"]
PixelRangeName = Literal["symmetric", "unit"]
PrecisionName = Literal["auto", "float32", "float64", "bfloat16"]
TrackerName = Literal["tensorboard", "trackio", "wandb", "mlflow"]
KindName = Literal["auto", "picture", "vector", "table", "signal", "text"]
ScaleName = Literal["auto", "columns", "whole", "none"]
NumbersName = Literal["quantiles", "mixture"]
FaultName = Literal[
    "sigmoid-as-logits",  # probabilities where the loss expects logits
    "wrong-pixel-range",  # a tanh generator against pixels in [0, 1]
    "never-frozen",  # feedback "stacked": the generator step trains the discriminator too
    "never-trained",  # feedback "stacked": the discriminator was frozen for good
    "constant-bias-correction",  # article 003: Adam's correction of its first step, at every step
    "squared-last-gradient",  # article 003: the last layer's gradient, squared
]


@dataclass(frozen=True)
class DataSettings:
    """[data]: the training data, and how it is prepared."""

    source: str = "digits"  # a built-in name, a path (folder, pattern, zip, tar, .npz, .npy, IDX, store), hf:NAME, or
    # stacked:SOURCE, three grey pictures of a labelled source in three channels
    kind: KindName = "auto"  # what the source holds; "auto" = what it shows
    batch: int = 64  # items in one step of a player, over all processes together
    micro_batch: int = 0  # items that are computed at a time, when memory is short; 0 = the whole batch
    size: str = "auto"  # pictures: "28", "48x64" (width x height), "auto" = as found
    channels: int = 0  # pictures: 1 grey, 3 colour, 4 colour and transparency, 0 = as found, on `background`
    crop: int = 0  # pictures: cut out the centre square of so many pixels first; 0 = off
    fit: Literal["crop", "squeeze"] = "crop"  # pictures of other proportions: cut out the centre, or squeeze the whole
    window: str = ""  # pictures: train on a part of this size, at a new random place each time a picture is used;
    # "" = off
    background: str = "white"  # the colour behind transparent pictures: white, black, grey or "#rrggbb"
    range: str = "auto"  # 16-bit, 32-bit and float pictures: the values that become black and white, "889..1512";
    # "auto" = found in the data, one range for all pictures
    split: Literal["train", "test", "all"] = "train"  # which part of a source that has a test split
    first: int = 0  # use the first n items only; 0 = all
    attribute: str = ""  # make the two classes "not ATTRIBUTE" and "ATTRIBUTE" instead of the source's own;
    # example: "Smiling"
    labels: LabelsName = "none"  # the label that both networks get with an item: none, its class,
    # or its cluster of similar items
    clusters: int = 0  # "clusters": how many; 0 = chosen by the number of items and the length of the training
    clusters_by: AlikeName = "auto"  # "clusters": alike in their "pixels" (or numbers), or in what an ImageNet network
    # sees (extra `features`); "auto" = that for up to 20,000 colour pictures where installed
    columns: str = ""  # tables: kinds of columns that were guessed wrong: "zip:category, nr:whole"; "" = none
    numbers: NumbersName = "quantiles"  # tables: numbers to N(0, 1) by their quantiles, or as a mode and a place in it,
    # "mixture" (CTGAN)
    rate: int = 0  # signals: samples a second, to which sounds are resampled; 0 = the files', at most 16,000
    length: int = 0  # signals: samples of a window, into which sounds are cut; 0 = as long as half of the files fill
    scale: ScaleName = "auto"  # vectors: to mean 0 and deviation 1, each column or the whole; samples come back in
    # the source's units; "none" = as they are
    pixels: PixelRangeName = "symmetric"  # the range of pixels: "symmetric" is [-1, 1], for a tanh generator;
    # "unit" is [0, 1], for sigmoid


@dataclass(frozen=True)
class LatentSettings:
    """[latent]: the random numbers that the generator turns into an item."""

    dim: int = 64  # how many numbers for one item
    law: DistributionName = "normal"  # their distribution: "normal": N(0, 1), "uniform": U(-1, 1), "unit": U(0, 1)
    classes_drawn: int = 0  # with labels: generate classes 0 .. n-1 only; 0 = all (article 001 published 9 of 10)


@dataclass(frozen=True)
class NetSettings:
    """[generator] and [discriminator]: one network. Both have the same keys, so one explains the other."""

    net: NetName = "dcgan"  # the kind of network; "projected": heads on a frozen ImageNet network (extra `features`);
    # "own": yours, given with --with FILE or from Python
    widths: tuple[int, ...] = (64, 32)  # features or channels of the hidden layers, from input to output
    kernels: tuple[int, ...] = (4,)  # pictures, signals: kernel size of each convolution; one value stands for all
    strides: tuple[int, ...] = (2,)  # pictures, signals: stride of each convolution; one value stands for all
    pack: int = 1  # dense discriminator: items that it judges together, against lost modes (PacGAN, Lin et al. 2018)
    phase_shuffle: int = 0  # signals, discriminator: move each layer's output by up to n places (WaveGAN); 0 = off
    dense: tuple[int, ...] = ()  # dcgan: dense layers, first in the generator, last in the discriminator
    residual: float = 0.1  # resnet: factor of each block's body (.3 in Gulrajani et al. 2017)
    bottleneck: int = 0  # encdec, hourglass: features of the narrowest layer, in the middle
    activation: ActivationName = "leaky"  # of all hidden layers
    activations: tuple[ActivationName, ...] = ()  # one for each hidden layer, when they differ; empty = `activation`
    slope: float = 0.2  # "leaky": the slope below 0 (Keras .3, TensorFlow .2, PyTorch .01)
    norm: Literal["none", "batch"] = "none"  # batch norm after every hidden layer,
    # except the first of a dcgan discriminator
    norm_momentum: float = 0.1  # batch norm: weight of the new batch in the running statistics (Keras .01, PyTorch .1)
    norm_epsilon: float = 1e-5  # batch norm: added to the variance (Keras 1e-3, PyTorch 1e-5)
    norm_first: bool = False  # dcgan discriminator: batch norm after its first layer too
    norm_flat: bool = False  # dcgan generator: its first batch norm is per feature (as in Keras tutorials),
    # not per channel
    bias: bool = True  # hidden layers have a bias; those before a batch norm never need one
    even: bool = False  # dcgan, subpixel: kernels that enlarge leave even areas even, so that pictures have no grid
    output: OutputName = "linear"  # the last activation. Generator: tanh or sigmoid for pictures;
    # softmax for categories; discriminator: linear, which gives logits
    groups: tuple[int, ...] = ()  # "softmax": channels of each group, 1 = a number; empty = one group of all
    gumbel: float = 0.0  # "softmax": temperature of Gumbel noise in training, for draws; 0 = no noise
    dropout: float = 0.0  # share of the features that are set to zero in training
    initial: InitialName = "pytorch"  # distribution of the initial weights
    initial_scale: float = 1.0  # "normal": the standard deviation; otherwise a factor on the initial weights
    conditioning: ConditioningName = "concat"  # with labels: how the label enters this network
    mapping: int = 0  # dcgan, subpixel, resnet generator: dense layers from the latent to a style w,
    # by which every batch norm scales and shifts (StyleGAN); 0 = none
    label_after: int = 0  # "concat", dense: the one-hot label is appended after so many hidden layers
    spectral_norm: bool = False  # divide each weight by its largest singular value (Miyato et al. 2018)


@dataclass(frozen=True)
class LossSettings:
    """[loss]: what the two networks minimise. Targets are drawn from U(low, high) for each item in each step."""

    name: LossName = "non-saturating"  # the loss of both networks; "own": yours, given with --with FILE or from Python
    real: tuple[float, float] = (1.0, 1.0)  # the discriminator's target for real items: [low, high];
    # [.9, 1] is one-sided label smoothing
    fake: tuple[float, float] = (0.0, 0.0)  # the discriminator's target for generated items: [low, high]
    generator: tuple[float, float] = (1.0, 1.0)  # the generator's target for its items: [low, high]; not for "minimax",
    # which has none
    discriminator_scale: float = 1.0  # factor on the discriminator's loss (real + fake); the PyTorch course uses .5
    classifier: float = 1.0  # conditioning "classifier": weight of the auxiliary classifier's cross-entropy,
    # for both networks


@dataclass(frozen=True)
class RegularizerSettings:
    """[regularizer]: a penalty on the gradient of the discriminator with respect to its input."""

    name: RegularizerName = "none"  # r1: at real items, r2: at generated ones (Mescheder et al. 2018);
    # gradient-penalty: WGAN-GP; own: yours, given with --with FILE or from Python
    gamma: float = 1.0  # weight. r1, r2: gamma/2 x mean of |gradient|^2;
    # gradient-penalty: gamma x mean of (|gradient| - 1)^2
    interval: int = 1  # compute it in every n-th discriminator step only, multiplied by n (lazy regularization,
    # StyleGAN2)
    sigma: float = 0.0  # r1, r2: 0 = the exact gradient; above 0 = estimate it from a random step, N(0,
    # sigma) for each pixel: faster


@dataclass(frozen=True)
class AugmentSettings:
    """[augment]: random changes to every picture before the discriminator sees it; for small data sets."""

    name: AugmentName = "none"  # "mirror": real pictures are flipped left to right half of the time;
    # "ada": the probability adapts; "own": yours, given with --with FILE or from Python
    operations: tuple[AugmentOperation, ...] = ("colour", "translation", "cutout")  # diffaugment, ada: which changes
    probability: float = 1.0  # diffaugment: the probability of each operation
    target: float = 0.6  # ada: the mean sign of the logits of real pictures that it aims at (Karras et al. 2020)
    ramp_images: float = 500_000  # ada: images that its probability needs to go from 0 to 1


@dataclass(frozen=True)
class FeedbackSettings:
    """[feedback]: how the generator learns from the discriminator, and how many steps each makes in an update."""

    name: FeedbackName = "alternating"  # "joint": both gradients before either step;
    # "stacked", "labels": see article 000
    discriminator_turns: int = 1  # discriminator steps in an update
    generator_turns: int = 1  # generator steps in an update
    latents: Literal["fresh", "same"] = "fresh"  # "same": the generator step uses the latents of the discriminator
    # step again
    labels: Literal["verdict", "regression"] = "verdict"  # "labels": outputs of D as labels (no gradient),
    # or real items


@dataclass(frozen=True)
class OptimizerSettings:
    """[optimizer.generator] and [optimizer.discriminator]: how each network is updated."""

    name: OptimizerName = "adam"  # the optimiser
    rate: float = 2e-4  # learning rate
    beta1: float = 0.5  # adam: decay of the mean of gradients (momentum); 0 with R1 (Mescheder et al. 2018)
    beta2: float = 0.999  # adam, rmsprop: decay of the mean of squared gradients (rmsprop: PyTorch .99, Keras .9)
    epsilon: float = 1e-8  # adam, rmsprop: added to the root of the mean square (Keras 1e-7)
    momentum: float = 0.0  # sgd, rmsprop: momentum


@dataclass(frozen=True)
class OptimizersSettings:
    """[optimizer]: one for each network."""

    generator: OptimizerSettings = field(default_factory=OptimizerSettings)
    discriminator: OptimizerSettings = field(default_factory=OptimizerSettings)


@dataclass(frozen=True)
class ScheduleSettings:
    """[schedule]: a factor on both learning rates, as training goes on."""

    rate: RateSchedule = "constant"  # how the factor falls: not at all, along a line, along a cosine, or in steps
    start: float = 0.0  # epochs at the full rate before "linear", "cosine" or the first "step" (0: the first step is
    # at `every`)
    factor: float = 0.1  # "step": the factor at each step; "linear", "cosine": the factor reached at the end
    until: float = 0.0  # "linear", "cosine": the epoch at which the factor is reached, and kept; 0 = the end of the run
    every: float = 0.0  # "step": epochs between further steps; 0 = one step only


@dataclass(frozen=True)
class StartSettings:
    """[start]: the trained run whose weights a training begins with."""

    source: str = ""  # a run's folder, a .safetensors file, or hub:NAME; "" = none, all weights are drawn
    checkpoint: str = "last"  # of a run: last, best, or the number of an update
    frozen: int = 0  # so many of the discriminator's lowest layers, next to the picture, keep their weights
    # (FreezeD, Mo et al. 2020); 0 = all move


@dataclass(frozen=True)
class EmaSettings:
    """[ema]: the exponential moving average of the generator's weights, which makes the samples."""

    half_life: float = 10_000  # images after which the weight of an old generator has halved; 0 = no averaging
    ramp_up: float = 0.05  # the half-life is at most this share of images_seen (StyleGAN2-ADA); 0 = no limit
    recalibrate: int = 0  # batch norm: batches to measure the averaged generator's own statistics on;
    # 0 = copy the generator's


@dataclass(frozen=True)
class BudgetSettings:
    """[budget]: how long to train. Exactly one of updates, images, epochs and minutes is above 0."""

    updates: int = 0  # updates: in each, both networks make their steps
    images: int = 0  # real items that the discriminator has seen
    epochs: float = 0.0  # passes over the data
    minutes: float = 0.0  # of training, with the time for samples, measurements and checkpoints
    patience: int = 0  # stop after so many measurements of quality (watch.judge) without a better one; 0 = off
    target: float = 0.0  # stop once the measured quality is at least this good; 0 = off
    until: Literal["end", "converged"] = "end"  # "converged": stop when the doctor finds that nothing gets better
    estimated_images: tuple[int, ...] = ()  # written by a run in minutes: how many images it will see in all, as the
    # schedules need it; estimated after 50, 100, 200, 400 ... updates


@dataclass(frozen=True)
class PrecisionSettings:
    """[precision]: the number format of the computation."""

    name: PrecisionName = "auto"  # "auto": bfloat16 where the processor or GPU multiplies in it, otherwise float32


@dataclass(frozen=True)
class WatchSettings:
    """[watch]: what is measured and written during training."""

    stats_every: int = 50  # updates between rows of stats.jsonl
    samples: int = 64  # pictures on a sheet of samples
    samples_every: int = 0  # updates between sheets; 0 = after 1, 2, 3, 4, 6, 8, 12, 16, 24 ... x 25 updates
    checkpoint_minutes: float = 2.0  # minutes between checkpoints: the most that a crash can cost
    checkpoint_every: int = 0  # updates between checkpoints; 0 = by minutes only
    checkpoint_epochs: float = 0.0  # epochs between checkpoints; 0 = by minutes only
    keep: int = 2  # how many of the newest checkpoints are kept; the best one is kept too
    judge: float = 0.03  # share of the time for measuring quality, which finds the best checkpoint; 0 = none
    metric: str = ""  # what is measured: a figure of `gansmith evaluate` by its key (fd, kid, recall ...), or one of
    # yours; "" = a Frechet distance where a feature network is there, else a sliced Wasserstein distance
    diagnose: float = 0.03  # share of the time for the doctor, who checks samples and logits; 0 = none
    remedy: Literal["none", "auto"] = "none"  # "auto": if something is wrong, go back and change one setting
    track: tuple[TrackerName, ...] = ()  # also tell these trackers; each needs the extra of its name


@dataclass(frozen=True)
class Recipe:
    """Everything that is needed to repeat a training."""

    format: int = 1  # version of the recipe format
    name: str = "own"  # the recipe's name; a run's folder is named after it
    seed: int = 0  # all random numbers follow from it: the same seed gives the same training
    engine: EngineName = "torch"  # PyTorch, or NumPy with every gradient written by hand
    device: str = "auto"  # auto, cpu, cuda, cuda:N or mps; auto = a GPU if there is one
    threads: int = 0  # processor threads; 0 = as many as other processes leave free, or OMP_NUM_THREADS
    thread_changes: tuple[int, ...] = ()  # written by a run: update, threads, update, threads ..., as it chose them
    graphs: bool = True  # cuda: record each kind of update once as a CUDA graph and replay it: faster
    faults: tuple[FaultName, ...] = ()  # known mistakes, made on purpose, to study what they do
    given: tuple[str, ...] = field(
        default=(), compare=False
    )  # written by Gansmith: the keys that were set by hand, which
    # no automatic choice changes
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
    start: StartSettings = field(default_factory=StartSettings)
    ema: EmaSettings = field(default_factory=EmaSettings)
    budget: BudgetSettings = field(default_factory=BudgetSettings)
    precision: PrecisionSettings = field(default_factory=PrecisionSettings)
    watch: WatchSettings = field(default_factory=WatchSettings)
