"""The options of each kind of export: one dataclass each, whose fields are the command line's options."""

from __future__ import annotations

from dataclasses import dataclass

from gansmith.explore.options import option

WEIGHTS = ("fp16", "int8", "fp32")
PIXELS = ("uint8", "float")


@dataclass(frozen=True)
class Options:
    """The options of every kind."""

    licence: str = option("", "the licence of the data, as the file and its card shall tell it (default: not stated)")


@dataclass(frozen=True)
class Html(Options):
    """One page that makes pictures in any browser, without a network: to send to a friend."""

    weights: str = option(
        "fp16", "how weights are written: int8 makes half the file, fp32 twice the file", choices=WEIGHTS
    )
    title: str = option("", "the page's heading (default: from the name of the data)")
    with_real: int = option(0, "put so many real pictures into a quiz: all who have the page can copy them (default 0)")
    consent: bool = option(False, "with --with-real: these pictures may be published (a terminal asks for it)")


@dataclass(frozen=True)
class Onnx(Options):
    """A network for ONNX programs: latents and labels in, pictures out, any number at a time."""

    pixels: str = option(
        "uint8", "pictures as bytes (N, H, W, C), or as the network's float32 (N, C, H, W)", choices=PIXELS
    )


@dataclass(frozen=True)
class Safetensors(Options):
    """The averaged generator's arrays, and its plan in the header: for `gansmith pull`, `--from`, and programs of one's own."""
