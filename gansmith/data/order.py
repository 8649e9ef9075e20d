"""Which rows of a store each discriminator turn uses: seeded, stateless, the same for any number of ranks."""

from __future__ import annotations

import numpy as np

from gansmith.ground import streams
from gansmith.ground.errors import RecipeError, counted


class Order:
    """Every epoch is a new permutation of the rows, cut into global batches; each rank takes its share of a batch.

    The last rows of an epoch that do not fill a batch are dropped (60,000 rows at batch 128: 468 batches). A store
    smaller than the batch makes one batch an epoch, of several permutations in a row. There is no state but a cache:
    resuming needs the number of the turn only.
    """

    def __init__(self, count: int, batch: int, seed: int, rank: int = 0, world: int = 1) -> None:
        """`count` rows; `batch` rows per turn over all ranks; this is `rank` of `world`. Raises RecipeError."""
        if count < 1 or batch < 1:
            raise RecipeError(f"an order needs rows and a batch, not {counted(count, 'row')} at data.batch = {batch}")
        if not 0 <= rank < world:
            raise RecipeError(f"rank {rank} is not one of {world}: ranks count from 0")
        if batch % world:
            raise RecipeError(f"data.batch = {batch} cannot be shared by {world} ranks: choose a multiple of {world}")
        self.count = count
        self.batch = batch
        self.seed = seed
        self.share = batch // world  # rows per turn of this rank
        self.first = rank * self.share  # of the global batch
        self.batches_per_epoch = max(1, count // batch)
        self._epoch = -1
        self._permutation = np.empty(0, np.int64)

    def rows(self, turn: int) -> np.ndarray:
        """This rank's rows, int64 (batch / world,), at a discriminator turn, counted from 0 over the run."""
        epoch, position = divmod(turn, self.batches_per_epoch)
        start = position * self.batch + self.first
        return self.permutation(epoch)[start : start + self.share].copy()

    def turns(self, update: int, discriminator_turns: int) -> np.ndarray:
        """This rank's rows, int64 (discriminator_turns, batch / world), at an update, counted from 1."""
        start = (update - 1) * discriminator_turns
        return np.stack([self.rows(start + turn) for turn in range(discriminator_turns)])

    def permutation(self, epoch: int) -> np.ndarray:
        """The order of the rows in an epoch, int64 (at least max(count, batch),); the last epoch's is kept."""
        if epoch != self._epoch:
            passes = -(-self.batch // self.count)  # rounded up
            drawn = [streams.generator(self.seed, "order", epoch, n).permutation(self.count) for n in range(passes)]
            self._permutation = np.concatenate(drawn).astype(np.int64, copy=False)
            self._epoch = epoch
        return self._permutation
