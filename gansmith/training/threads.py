"""As many threads as other processes leave free, from update to update; what is chosen is recorded in the recipe.

Threads that share an operator wait for one another at its end. Where a thread has to share its processor with another
process, all wait for it, some thousand times an update: beside one busy process two threads on two processors are many
times slower than one. The number of threads decides how sums are rounded, so each change is written into the run's recipe
before it is made, and a resumed or repeated run makes the same changes after the same updates.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable
from dataclasses import dataclass

from gansmith.ground.files.runfolder import RunFolder
from gansmith.ground.process import blas, load
from gansmith.ground.process.hardware import processors
from gansmith.ground.process.launch import launched
from gansmith.ground.progress import Say
from gansmith.ground.recipes.settings import Recipe
from gansmith.training.events import UpdateEvent

WINDOW = 2.0  # seconds over which other processes are watched
CALM = 3  # windows in a row with free processors, before more threads are taken
STEP = 8  # a change is made where it is at least one thread, and this part of the threads


@dataclass(frozen=True)
class Record:
    """The setting `thread_changes`: pairs of an update and the number of threads that computes the updates after it."""

    pairs: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, recipe: Recipe) -> Record:
        """A recipe's own."""
        flat = recipe.thread_changes
        return cls(tuple(zip(flat[::2], flat[1::2], strict=True)))

    def after(self, update: int) -> int:
        """How many threads compute the updates after this one."""
        return next(count for since, count in reversed(self.pairs) if since <= update)

    def until(self, update: int) -> Record:
        """Without the changes after an update."""
        return Record(tuple(pair for pair in self.pairs if pair[0] <= update))

    @property
    def end(self) -> int:
        """The update of the last change."""
        return self.pairs[-1][0]

    def put(self, recipe: Recipe) -> Recipe:
        """A recipe with this record."""
        return dataclasses.replace(recipe, thread_changes=tuple(number for pair in self.pairs for number in pair))


class FitThreads:
    """A watcher that changes the number of threads between updates.

    It makes the recorded changes first. From the last of them on, it looks every two seconds how many processors other
    processes use: fewer threads are taken at once, more after six quiet seconds, and never more than `most`.
    """

    def __init__(
        self,
        folder: RunFolder,
        recipe: Recipe,
        use: Callable[[int], int],
        say: Say,
        *,
        most: int,
        start: int = 0,
        follow: bool = False,
        reader: load.Reader | None = None,
    ) -> None:
        """use: computes with so many threads from now on. start: the update at which the training begins. follow: make the
        recorded changes, and no others."""
        self.folder, self.use, self.say, self.most, self.follow = folder, use, say, most, follow
        self.record, self.reader, self.quiet = Record.of(recipe), reader or load.read, 0
        self.seen: load.Reading | None = None
        self.count, self.next_look = self.record.after(start), 0.0
        use(self.count)

    def after(self, event: UpdateEvent) -> None:
        """Change the number of threads where that is due."""
        recorded = self.record.after(event.update)
        if recorded != self.count:
            self._change(recorded)
        if self.follow or event.update <= self.record.end or event.seconds < self.next_look:
            return
        self.next_look = event.seconds + WINDOW
        used = self._used()
        if used is None:
            return
        wanted = min(self.most, load.free(used))
        self.quiet = self.quiet + 1 if wanted > self.count else 0
        if abs(wanted - self.count) < max(1, self.count // STEP) or 0 < self.quiet < CALM:
            return
        self.quiet = 0
        self._store(Record((*self.record.pairs, (event.update, wanted))))
        self.say(f"update {event.update:,}: {told(wanted, self.most, f'--set threads={self.most}')}")
        self._change(wanted)

    def _used(self) -> float | None:
        """How many processors other processes used since the last look; None at the first, and where that is unknown."""
        before, self.seen = self.seen, self.reader()
        return None if before is None or self.seen is None else load.used_by_others(before, self.seen)

    def _store(self, record: Record) -> None:
        """Keep the record before anything is computed by it."""
        self.record = record
        self.folder.store_recipe(record.put(self.folder.load_recipe()))

    def _change(self, count: int) -> None:
        self.count = count
        self.use(count)


def told(count: int, most: int, all_of_them: str) -> str:
    """A line on a choice of threads, of at most so many; all_of_them: how to take as many whatever happens."""
    if count == most:
        return f"{many(count)}: the processors are free again"
    return f"{many(count)} instead of {most}: other processes use the processors ({all_of_them} takes all the same)"


def many(count: int) -> str:
    """A number of threads in words."""
    return f"{count} thread{'s' * (count != 1)}"


def use(engine: str) -> Callable[[int], int]:
    """What sets the number of threads of an engine; 0 asks. It returns the number."""
    return blas.use_threads if engine == "numpy" else _use_in_torch


def _use_in_torch(count: int) -> int:
    """NumPy gets as many: the doctor computes with it, and its threads would wait for one another where torch's do not. Returns
    torch's number."""
    from gansmith.training import machine

    if count:
        blas.use_threads(count)
    return machine.use_threads(count)


def most(engine: str) -> int:
    """How many threads an engine takes on a quiet machine; 1 where their number cannot be set."""
    if engine == "numpy":
        return processors() if blas.takes_threads() else 1
    from gansmith.training import machine

    return min(machine.THREADS, processors())


def resolve(recipe: Recipe, device: str) -> tuple[int, tuple[int, ...]]:
    """The number of threads, and the beginning of their record; without a record the number stays.

    It stays where the recipe or OMP_NUM_THREADS gives it, on a GPU, and with several processes, which share a machine.
    """
    given = recipe.threads or "OMP_NUM_THREADS" in os.environ
    if given or device != "cpu" or launched().several or most(recipe.engine) == 1:
        return use(recipe.engine)(recipe.threads), recipe.thread_changes
    count = use(recipe.engine)(min(most(recipe.engine), load.free(load.Look().others())))
    return count, (0, count)


def remark(recipe: Recipe, given: Recipe) -> str | None:
    """A line where a resolved recipe computes with fewer threads than it could, or repeats the record that was given."""
    if given.thread_changes:
        return (
            f"{many(recipe.threads)}, changed after the same updates as in the run whose recipe this is (--set threads=0 chooses "
            "anew)"
        )
    if not recipe.thread_changes or recipe.threads >= most(recipe.engine):
        return None
    there = most(recipe.engine)
    return told(recipe.threads, there, f"--set threads={there}")


def take_free(say: Say) -> None:
    """Let PyTorch and NumPy compute with as many threads as other processes leave free, for as long as this process lives.

    With OMP_NUM_THREADS so many as it says.
    """
    there = processors()
    if "OMP_NUM_THREADS" in os.environ or there == 1:
        return
    look = load.Look()
    try:
        take = use("torch")
        take(0)  # PyTorch is loaded meanwhile
    except ImportError:  # figures of pixels and the NumPy engine need none
        take = use("numpy")
    count = take(min(there, load.free(look.others())))
    if count < there:
        say(told(count, there, f"OMP_NUM_THREADS={there}"))


def fitting(folder: RunFolder, recipe: Recipe, start: int, say: Say, *, follow: bool) -> list[FitThreads]:
    """The watcher of a training that chooses its threads; none otherwise. follow: only as recorded."""
    if not recipe.thread_changes or launched().several:
        return []
    most_here = most(recipe.engine)
    return [FitThreads(folder, recipe, use(recipe.engine), say, most=most_here, start=start, follow=follow)]
