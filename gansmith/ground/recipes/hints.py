"""What somebody meant who typed a setting that there is not: names of other programs, names without their table, slips.

A hint is the end of an error message: `; did you mean 'data.batch'?`.
"""

from __future__ import annotations

from collections.abc import Sequence

from gansmith.ground.errors import nearest, similar, squeezed

RATES = ("optimizer.generator.rate", "optimizer.discriminator.rate")
DECAYS = {name: (f"optimizer.generator.{name}", f"optimizer.discriminator.{name}") for name in ("beta1", "beta2")}

FOREIGN: dict[tuple[str, ...], tuple[str, ...]] = {
    ("batchsize", "bs", "minibatch", "minibatchsize", "batchsz", "batchgpu"): ("data.batch",),
    ("imagesize", "imgsize", "imsize", "resolution", "res", "finesize", "loadsize", "outputheight"): ("data.size",),
    ("dataset", "dataroot", "datapath", "datadir", "traindata", "inputdir", "imagedir"): ("--data SOURCE",),
    ("nc", "numchannels", "imagechannels", "colordim", "cdim"): ("data.channels",),
    ("centercrop", "centrecrop", "cropsize"): ("data.crop",),
    ("maximages", "numsamplesused", "maxdatasetsize", "limit"): ("data.first",),
    ("cond", "conditional", "classconditional"): ("data.labels",),
    ("lr", "learningrate", "alpha", "glr", "dlr", "lrg", "lrd"): RATES,
    ("beta1", "b1", "betas", "adambeta1"): DECAYS["beta1"],
    ("b2", "adambeta2"): DECAYS["beta2"],
    ("nz", "zdim", "latentdim", "latentsize", "noisedim", "zsize", "dimz", "noisesize"): ("latent.dim",),
    ("ngf", "gdim", "gfdim", "gchannels", "generatorfeatures"): ("generator.widths",),
    ("ndf", "ddim", "dfdim", "dchannels", "discriminatorfeatures"): ("discriminator.widths",),
    ("minutes",): ("--minutes M",),
    ("epoch", "epochs", "nepochs", "numepochs", "niter", "maxepochs"): ("--epochs N",),
    ("updates", "iters", "iterations", "niters", "maxiter", "maxiters", "numsteps", "steps", "totalsteps"): ("--updates N",),
    ("images", "nimages", "nimg"): ("--images N",),
    ("kimg", "totalkimg"): ("--images N (1 kimg is 1,000)",),
    ("gpu", "gpus", "gpuid", "gpuids", "cuda", "usecuda", "ngpu", "cpu"): ("--device NAME",),
    ("nthreads", "numthreads"): ("threads",),
    ("workers", "numworkers", "nworkers"): ("gansmith data prepare SOURCE STORE --workers N",),
    ("resume", "continue", "continuetrain", "load", "pretrained"): ("gansmith resume RUN",),
    ("manualseed", "randomseed", "rngseed", "randomstate"): ("--seed N",),
    ("outdir", "outputdir", "savedir", "logdir", "outf", "resultsdir", "expdir"): ("--out DIR",),
    ("ganmode", "gantype", "losstype", "advloss", "criterion"): ("loss.name",),
    ("labelsmoothing", "smooth", "smoothing", "softlabels"): ("loss.real",),
    ("gp", "gpweight", "lambdagp", "gplambda", "gradientpenalty", "r1", "r1gamma"): (
        "regularizer.name", "regularizer.gamma",
    ),
    ("ncritic", "ndis", "criticiters", "dsteps", "diters", "numdis", "numcritic"): ("feedback.discriminator_turns",),
    ("gsteps", "giters", "ngen"): ("feedback.generator_turns",),
    ("sn", "specnorm", "spectral"): ("generator.spectral_norm", "discriminator.spectral_norm"),
    ("batchnorm", "bn", "normlayer"): ("generator.norm", "discriminator.norm"),
    ("flip", "mirror", "hflip", "xflip", "aug", "diffaug"): ("augment.name",),
    ("emadecay", "emabeta", "emakimg", "emahalflife"): ("ema.half_life",),
    ("savefreq", "saveinterval", "snap", "snapshotfreq", "saveevery", "checkpointfreq"): ("watch.checkpoint_every",),
    ("sampleinterval", "samplefreq", "sampleevery", "displayfreq"): ("watch.samples_every",),
    ("nsamples", "numsamples", "samplesize"): ("watch.samples",),
    ("loginterval", "logfreq", "printfreq", "logevery"): ("watch.stats_every",),
    ("tensorboard", "wandb", "trackio", "mlflow", "tracker", "logger", "reportto", "logwith"): ("watch.track",),
    ("amp", "fp16", "bf16", "mixedprecision", "half", "dtype"): ("precision.name",),
}  # fmt: skip
"""Names that people know from other programs, squeezed, and what they are called here: settings, options, commands."""

COMMANDS: dict[tuple[str, ...], str] = {
    ("info", "inspect", "survey", "describe"): "data info SOURCE",
    ("prepare", "preprocess", "convert"): "data prepare SOURCE STORE",
    ("get", "download", "fetch"): "data get NAME",
    ("help", "usage", "man"): "--help` or `gansmith COMMAND --help",
    ("version",): "--version",
    ("generate", "make", "draw", "infer", "predict"): "sample RUN",
    ("eval", "test", "score", "metrics", "fid"): "evaluate RUN",
    ("continue", "restart"): "resume RUN",
    ("run", "fit", "start", "learn"): "train RECIPE",
    ("list", "ls", "models"): "recipes",
    ("config", "options", "set"): "settings",
    ("ui", "gui", "web", "serve", "dashboard"): "studio",
}
"""Words that people try as commands, and what they are here."""

MEANT_COMMANDS = {name: here for names, here in COMMANDS.items() for name in names}
MEANT = {name: here for names, here in FOREIGN.items() for name in names}


def setting_hint(dotted: str, settings: Sequence[str]) -> str:
    """The end of the error for a setting that there is not. settings: all dotted names, "data.batch".

    The last part of the name decides, then the tables before it, then how the whole name is spelled.
    """
    found = _meant(dotted, settings)
    if not found:
        tables = {".".join(parts[:depth]) for parts in (name.split(".") for name in settings) for depth in (1, 2)}
        ends = {name.rpartition(".")[2]: name for name in reversed(settings)}
        close = similar(dotted, [*settings, *sorted(tables)]) or ends.get(similar(dotted, ends) or "")
        found = (close,) if close else ()
    if not found:
        return (
            f"; the tables are {', '.join(dict.fromkeys(name.partition('.')[0] for name in settings if '.' in name))}"
        )
    return f"; did you mean {' or '.join(repr(name) if ' ' not in name else f'`{name}`' for name in found)}?"


def command_hint(word: str, commands: Sequence[str]) -> str:
    """The end of the error for a command that there is not: `info` is an action of `data` here."""
    here = MEANT_COMMANDS.get(squeezed(word).strip("?"))
    return f"; here it is `gansmith {here}`" if here else nearest(word, commands)


def option_hint(flag: str, settings: Sequence[str], options: Sequence[str]) -> str:
    """The end of the error for an option that there is not: `--lr` is a setting here. options: those of the command."""
    found = _meant(flag, settings if "--set" in options else ())
    ways = [f"--set {name}=..." if name in settings else name for name in found]
    ways = [way for way in ways if way.partition(" ")[0] in options or way.startswith("gansmith ")]
    if ways:
        return f"; here it is {' or '.join(f'`{way}`' for way in ways)}"
    close = similar(flag, options)
    return f"; did you mean `{close}`?" if close else ""


def _meant(dotted: str, settings: Sequence[str]) -> tuple[str, ...]:
    """What another program calls by this name, or the settings of this last part: those that share the most tables."""
    *tables, last = (squeezed(part) for part in dotted.split("."))
    names = MEANT.get(last) or tuple(name for name in settings if squeezed(name.rpartition(".")[2]) == last)
    shared = {name: len(set(tables) & set(name.split(".")[:-1])) for name in names}
    found = tuple(name for name, count in shared.items() if count == max(shared.values()))
    return found if len(found) < 4 else ()  # a `name` has every table
