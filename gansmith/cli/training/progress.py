"""What a training shows: a live table in a terminal, a line now and then elsewhere, or JSON for programs."""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

import numpy as np
from PIL import Image
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gansmith.ground.errors import StoppedByUser, typed
from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.ground.pixels import half_blocks
from gansmith.ground.process.launch import launched
from gansmith.kinds import made_file
from gansmith.losses import Loss, loss_of
from gansmith.parts.kept import option
from gansmith.runs.result import Run
from gansmith.trained.generator import read_data
from gansmith.training.events import Request, UpdateEvent
from gansmith.training.threads import many

PREVIEWED = 20  # samples that are lines of text
PLAIN_SECONDS = 10.0  # between lines without a terminal


class Display:
    """A watcher that shows the rows of statistics; `say` shows a run's remarks."""

    def __init__(self, folder: RunFolder, options: argparse.Namespace) -> None:
        """options: those of `parser.add_display`."""
        self.folder, self.as_json, self.preview = folder, options.json, options.preview
        self.quiet = options.quiet or options.json or not launched().first
        self.console = Console(stderr=True)
        self.printed_at = 0.0
        self.first = True
        show_live = self.console.is_terminal and not self.quiet
        self.live = Live(console=self.console, refresh_per_second=4, transient=True) if show_live else None

    def __enter__(self) -> Display:
        if self.live:
            self.live.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self.live:
            self.live.stop()

    def say(self, text: str) -> None:
        """Print a remark."""
        if not self.quiet:
            self.console.print(text, highlight=False, soft_wrap=True)

    def after(self, event: UpdateEvent) -> Request | None:
        if self.first:
            self.first = False
            self._introduce(event)
        row = event.row
        if row is None:
            return None
        if self.as_json:
            numbers = {key: value for key, value in row.items() if key not in ("histograms", "layers")}
            print(json.dumps(numbers), flush=True)
        elif self.live:
            self.live.update(self._panel(row, event))
        elif not self.quiet and (time.monotonic() - self.printed_at > PLAIN_SECONDS or event.last):
            self.printed_at = time.monotonic()
            self.say(line(row, event))
        return None

    def _introduce(self, event: UpdateEvent) -> None:
        recipe = event.clock.recipe
        where = f"{recipe.engine} engine on {recipe.device}, {recipe.precision.name}, {many(recipe.threads)}"
        self.say(f"training {recipe.name} in {self.folder.root} ({where}); Ctrl-C saves and stops")

    def _panel(self, row: dict[str, Any], event: UpdateEvent) -> Group:
        table = Table(box=None, show_header=False, pad_edge=False)
        for name, text in cells(row, event).items():
            table.add_row(Text(name, style="dim"), text)
        if state := newest_state(self.folder):
            table.add_row(Text("doctor", style="dim"), state)
        if self.preview and (lines := newest_lines(self.folder)):
            return Group(table, Text("\n".join(lines)))
        sheet = newest_sheet(self.folder) if self.preview else None
        if sheet is None:
            return Group(table)
        return Group(table, Text.from_ansi(half_blocks(strip(sheet, self.console.width))))


def cells(row: dict[str, Any], event: UpdateEvent) -> dict[str, str]:
    """The most important numbers of a row, as text."""
    missing = float("nan")
    d, g = row.get("loss.discriminator", missing), row.get("loss.generator", missing)
    return {
        "update": f"{row['update']:,} · {row['images_seen']:,} items seen · epoch {row['epoch']:.2f}",
        "speed": f"{row['images_per_second']:,.0f} items/s · {time_left(event)}",
        "losses": f"D {d:.3f} · G {g:.3f}",
        "verdict": verdict(row, loss_of(event.clock.recipe)),
    }


def verdict(row: dict[str, Any], loss: Loss) -> str:
    """What the discriminator says of both kinds of items, as far as it means something under the loss.

    Probabilities only where a sigmoid of its output is one. A loss without a threshold compares outputs, so that only
    their difference means something.
    """
    kind = "probability" if loss.probability else "verdict"
    real, fake = (row.get(f"{kind}.{items}", float("nan")) for items in ("real", "fake"))
    if loss.probability:
        return f"probability of real: D(real) {real:.2f} · D(fake) {fake:.2f}"
    if loss.threshold is None:
        return f"D(real) - D(fake) {real - fake:.3g}"
    return f"D(real) {real:.3g} · D(fake) {fake:.3g} · above {loss.threshold:g} it says real"


def line(row: dict[str, Any], event: UpdateEvent) -> str:
    """A row as one line."""
    return " | ".join(f"{name} {text}" for name, text in cells(row, event).items())


def time_left(event: UpdateEvent) -> str:
    """Minutes and seconds until the end of the budget, at the speed so far."""
    recipe, total = event.clock.recipe, event.clock.total_updates()
    if recipe.budget.minutes:
        seconds = recipe.budget.minutes * 60 - event.seconds
    elif total and event.update:
        seconds = event.seconds / event.update * (total - event.update)
    else:
        return "time left unknown"
    seconds = max(0, round(seconds))
    return f"{seconds // 60}:{seconds % 60:02d} left"


def newest_sheet(folder: RunFolder) -> np.ndarray | None:
    """The newest sheet of samples (H, W, 3)."""
    sheets = sorted(folder.samples.glob("*.png"))
    if not sheets:
        return None
    with Image.open(sheets[-1]) as picture:
        return np.asarray(picture.convert("RGB"))


def newest_lines(folder: RunFolder) -> list[str]:
    """The newest samples as text, the first PREVIEWED; [] where they are shown by a sheet."""
    texts = sorted(folder.samples.glob("*.txt"))
    return texts[-1].read_text(encoding="utf-8").splitlines()[:PREVIEWED] if texts else []


def newest_state(folder: RunFolder) -> str:
    """The doctor's newest finding in a few words; "" if there is none."""
    rows = list(read_rows(folder.findings))
    if not rows:
        return ""
    since = f" since update {rows[-1].get('since_update')}" if rows[-1].get("severity") == "alarm" else ""
    return f"{rows[-1].get('state')}{since}"


def strip(sheet: np.ndarray, columns: int) -> np.ndarray:
    """The upper part of a sheet for a terminal of so many columns: at most 40 pixels high."""
    width = max(8, min(columns - 1, sheet.shape[1]))
    height = round(sheet.shape[0] * width / sheet.shape[1])
    picture = Image.fromarray(sheet).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(picture)[:40]


def conclude(run: Run, *, quiet: bool) -> int:
    """Print the last lines, and return exit code 0. Raises StoppedByUser (exit code 130) if the user stopped it."""
    root = run.folder.root
    if run.ended == "interrupted":
        raise StoppedByUser(f"everything is saved; go on with `{typed('resume', root, *option(run.folder))}`")
    if not quiet:
        print(f"done: {root} holds the samples, the checkpoints and {run.folder.report.name}", file=sys.stderr)
        out = made_file(read_data(run.folder))
        sample = typed("sample", root, "--count", 64, "--seed", 1, "--out", out, *option(run.folder))
        print(f"next: {sample}", file=sys.stderr)
    return 0
