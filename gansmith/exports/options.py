"""The options of each kind of export: one dataclass each, whose fields are the command line's options."""

from __future__ import annotations

from dataclasses import dataclass

from gansmith.explore.options import option

WEIGHTS = ("fp16", "int8", "fp32")


@dataclass(frozen=True)
class Html:
    """One page that makes pictures in any browser, without a network: to send to a friend."""

    weights: str = option(
        "fp16", "how weights are written: int8 makes half the file, fp32 twice the file", choices=WEIGHTS
    )
    title: str = option("", "the page's heading (default: from the name of the data)")
    licence: str = option("", "the licence of the data, as the page shall tell it (default: not stated)")
    with_real: int = option(0, "put so many real pictures into a quiz: all who have the page can copy them (default 0)")
    consent: bool = option(False, "with --with-real: these pictures may be published (a terminal asks for it)")


Options = Html
