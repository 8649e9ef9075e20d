"""The rows that a player's turn is computed on: all of a batch at once, or a portion of it at a time.

A turn's gradient is a mean over rows, so it may be added up from portions that fit into memory (micro-batches), and
averaged over ranks that have rows of their own. Every portion knows which rows of the global batch it is, and is given
what was drawn for them; the same numbers come of it, to rounding, however the rows are dealt out.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from gansmith.game.feedback import Batch, Items, Later
from gansmith.nets.network import Network


def at_once(batch: Batch | None) -> Items:
    """A batch that is there, or all of one that is not. None stands for no items."""
    if isinstance(batch, Later):
        return batch.make(slice(0, batch.count), True)
    return batch if batch is not None else NOTHING


NOTHING = Items(torch.zeros(0), None)


def portions(
    size: int, network: Network, batches: tuple[Batch | None, ...], *, graph: bool
) -> Iterator[tuple[Items, ...]]:
    """The batches side by side, `size` rows at a time; 0 = all at once. graph: the items are to carry theirs.

    network is the one that looks at them: what it keeps besides its parameters (singular vectors) is put back before
    each portion, so that all of them meet the same network, and is moved once.
    """
    counts = [batch.count for batch in batches if isinstance(batch, Later)]
    if not counts:
        yield tuple(at_once(batch) for batch in batches)
        return
    kept = Kept(network)
    for start in range(0, counts[0], size):
        if start:
            kept.put_back()
        portion = slice(start, start + size)
        yield tuple(batch.make(portion, graph) if isinstance(batch, Later) else at_once(batch) for batch in batches)


class Kept:
    """A network's arrays that no optimiser moves, as they were."""

    def __init__(self, network: Network) -> None:
        trained = network.weights()
        self.arrays = [(array, array.clone()) for name, array in network.arrays().items() if name not in trained]

    @torch.no_grad()
    def put_back(self) -> None:
        """Undo what passes through the network did to them."""
        for array, value in self.arrays:
            array.copy_(value)
