"""The running statistics under the names that this room uses."""

from __future__ import annotations

from torch import Tensor

from gansmith.game.statistics import TORCH, Places, gather, pack, unpack
from gansmith.ground.game import Report
from gansmith.ground.running_stats import RunningStats
from gansmith.nets.ranks import Ranks


class Ledger:
    """Running statistics of tensors; see `game.statistics`."""

    def __init__(self, threshold: float | None = 0.0) -> None:
        self.threshold, self.stats = threshold, RunningStats(threshold, TORCH)

    @property
    def layers(self) -> dict[str, dict[str, dict[str, Tensor]]]:
        """Numbers of each layer of each player."""
        return self.stats.layers

    @property
    def measured(self) -> dict[str, Tensor]:
        """Numbers that were measured in one update."""
        return self.stats.last

    def loss(self, name: str, value: Tensor) -> None:
        """Add a loss under `loss.<name>`."""
        self.stats.add(f"loss.{name}", value)

    def note(self, name: str, value: Tensor) -> None:
        """Add a number to a mean."""
        self.stats.add(name, value)

    def judged(self, who: str, verdicts: Tensor) -> None:
        """Add logits (B,) on "real" or "fake" items."""
        self.stats.add_logits(who, verdicts)

    def read(self, ranks: Ranks | None = None) -> Report:
        """The report over all ranks; these statistics are empty afterwards."""
        if ranks:
            gather(self.stats, ranks)
        return self.stats.read()

    def pack(self) -> tuple[Tensor, Places]:
        """See `statistics.pack`."""
        return pack(self.stats)

    def unpack(self, noted: Tensor, places: Places) -> None:
        """See `statistics.unpack`."""
        unpack(self.stats, noted, places)
