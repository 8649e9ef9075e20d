"""How many of this process's processors other processes leave free."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gansmith.ground.process.hardware import own_processors, processors

SHORTEST = 0.2  # seconds between two readings: the system counts in hundredths
SPARED = 0.4  # of a processor: other processes may use so much of one that counts as free
STAT = Path("/proc/stat")
TICKS = 100  # a second, on every Linux that Python runs on
COUNTED = 8  # columns of its lines, in ticks; further ones are counted in these
WAITING = (3, 4)  # of them: idle, and waiting for a disk


@dataclass(frozen=True)
class Reading:
    """Seconds since some start. busy: of the processors that this process may run on, together, by all processes."""

    at: float
    busy: float
    own: float  # of it, by this process and its finished children


Reader = Callable[[], Reading | None]


def read() -> Reading | None:
    """Now. None where the system does not tell; Linux does."""
    try:
        lines = [line.split() for line in STAT.read_text(encoding="ascii").splitlines() if line.startswith("cpu")]
        ticks = {name: [int(number) for number in numbers[:COUNTED]] for name, *numbers in lines}
        ours = [ticks[f"cpu{number}"] for number in own_processors()]
        busy = sum(sum(row) - sum(row[column] for column in WAITING) for row in ours)
        return Reading(time.monotonic(), busy / TICKS, sum(os.times()[:4]))
    except (OSError, ValueError, LookupError, AttributeError):
        return None


def used_by_others(before: Reading, now: Reading) -> float:
    """Processors, on average between two readings."""
    return max(0.0, (now.busy - before.busy - (now.own - before.own)) / max(now.at - before.at, 1e-9))


def free(used: float) -> int:
    """How many threads get a processor each, where other processes use `used` processors; at least 1."""
    return max(1, min(processors(), int(len(own_processors()) - used + SPARED)))


class Look:
    """A look at other processes, from its making on. Made before libraries are loaded, it costs no time of its own."""

    def __init__(self) -> None:
        self._before = read()

    def others(self, wait: Callable[[float], None] = time.sleep) -> float:
        """How many processors other processes have used since, over a fifth of a second at least. 0 where that cannot be
        told."""
        if self._before is None:
            return 0.0
        wait(max(0.0, SHORTEST - (time.monotonic() - self._before.at)))
        now = read()
        return 0.0 if now is None else used_by_others(self._before, now)
