"""What a person sees while training: a live table in a terminal, a line now and then elsewhere, JSON for programs."""

from __future__ import annotations

import json
import sys
import time
from types import TracebackType
from typing import Any

import numpy as np
from PIL import Image
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from gansmith.ground.errors import StoppedByUser
from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.ground.pixels import half_blocks
from gansmith.runs.run import Run
from gansmith.training.events import Request, UpdateEvent

SHOWN = ("loss.discriminator", "loss.generator", "probability.real", "probability.fake")
PLAIN_SECONDS = 10.0  # between lines where there is no terminal


class Display:
    """A watcher that shows; it also says the remarks of a run as they come."""

    def __init__(self, folder: RunFolder, *, as_json: bool, quiet: bool, preview: bool) -> None:
        self.folder, self.as_json, self.quiet, self.preview = folder, as_json, quiet, preview
        self.console = Console(stderr=True)
        self.live: Live | None = None
        self.said_at = 0.0
        self.first = True
        if self.console.is_terminal and not (as_json or quiet):
            self.live = Live(console=self.console, refresh_per_second=4, transient=True)

    def __enter__(self) -> Display:
        if self.live:
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.live:
            self.live.stop()

    def say(self, text: str) -> None:
        """A remark for the person."""
        if not (self.quiet or self.as_json):
            self.console.print(text, highlight=False, soft_wrap=True)

    def after(self, event: UpdateEvent) -> Request | None:
        """Show the newest row."""
        if self.first:
            self.first = False
            self._introduce(event)
        row = event.row
        if row is None:
            return None
        if self.as_json:
            print(
                json.dumps({key: value for key, value in row.items() if key not in ("histograms", "layers")}),
                flush=True,
            )
        elif self.live:
            self.live.update(self._panel(row, event))
        elif not self.quiet and (time.monotonic() - self.said_at > PLAIN_SECONDS or event.last):
            self.said_at = time.monotonic()
            self.say(line(row, event))
        return None

    def _introduce(self, event: UpdateEvent) -> None:
        recipe = event.clock.recipe
        where = f"{recipe.engine} engine on {recipe.device}, {recipe.precision.name}, {recipe.threads} threads"
        self.say(f"training {recipe.name} in {self.folder.root} ({where}); Ctrl-C saves and stops")

    def _panel(self, row: dict[str, Any], event: UpdateEvent) -> Group:
        table = Table(box=None, show_header=False, pad_edge=False)
        for name, text in cells(row, event).items():
            table.add_row(Text(name, style="dim"), text)
        if state := newest_state(self.folder):
            table.add_row(Text("doctor", style="dim"), state)
        parts: list[Any] = [table]
        sheet = newest_sheet(self.folder) if self.preview else None
        if sheet is not None:
            parts.append(Text.from_ansi(half_blocks(strip(sheet, self.console.width))))
        return Group(*parts)


def cells(row: dict[str, Any], event: UpdateEvent) -> dict[str, str]:
    """What is worth looking at in a row, in words."""
    value = {name: row.get(name, float("nan")) for name in SHOWN}
    return {
        "update": f"{row['update']:,} · {row['images_seen']:,} images seen · epoch {row['epoch']:.2f}",
        "speed": f"{row['images_per_second']:,.0f} images/s · {time_left(event)}",
        "losses": f"D {value['loss.discriminator']:.3f} · G {value['loss.generator']:.3f}",
        "verdict": f"D(real) {value['probability.real']:.2f} · D(fake) {value['probability.fake']:.2f}",
    }


def line(row: dict[str, Any], event: UpdateEvent) -> str:
    """A row as one line."""
    return " | ".join(f"{name} {text}" for name, text in cells(row, event).items())


def time_left(event: UpdateEvent) -> str:
    """Minutes and seconds until the budget's end, at the pace so far."""
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
    sheets = sorted(folder.samples.glob("*.png")) if folder.samples.is_dir() else []
    if not sheets:
        return None
    with Image.open(sheets[-1]) as picture:
        return np.asarray(picture.convert("RGB"))


def newest_state(folder: RunFolder) -> str:
    """What the doctor said last, in a word or two; "" where it said nothing."""
    state = ""
    for row in read_rows(folder.findings):
        state = str(row.get("state"))
        if row.get("severity") == "alarm":
            state += f" since update {row.get('since_update')}"
    return state


def strip(sheet: np.ndarray, columns: int) -> np.ndarray:
    """The upper part of a sheet, small enough for a terminal of so many columns: at most 40 pixels high."""
    width = max(8, min(columns - 1, sheet.shape[1]))
    height = round(sheet.shape[0] * width / sheet.shape[1])
    picture = Image.fromarray(sheet).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(picture)[:40]


def conclude(run: Run, *, quiet: bool) -> int:
    """The last lines; exit code 0, or 130 (by StoppedByUser) when the user stopped it."""
    root = run.folder.root
    if run.ended == "interrupted":
        raise StoppedByUser(f"everything is saved; go on with `gansmith resume {root}`")
    if not quiet:
        print(f"done: {root} holds the samples, the checkpoints and {run.folder.report.name}", file=sys.stderr)
        print(f"next: gansmith sample {root} --count 64 --seed 1 --out sheet.png", file=sys.stderr)
    return 0
