"""`gansmith export RUN safetensors`: the averaged generator and its plan."""

from __future__ import annotations

from gansmith.exports.facts import minutes
from gansmith.exports.options import Safetensors
from gansmith.exports.task import Made, Task
from gansmith.ground.errors import counted
from gansmith.trained import parcel


def make(task: Task, options: Safetensors) -> Made:
    """The file's bytes, as `trained.parcel` describes them."""
    generator = task.generator
    data = parcel.write(generator, task.data, minutes(task) * 60, options.licence)
    numbers = sum(array.size for array in generator.arrays.values())
    notes = [
        f"the averaged generator of update {generator.update or 0:,}: {counted(len(generator.arrays), 'array')}, {numbers:,} numbers"
    ]
    if generator.recipe.generator.net == "own":
        notes.append("networks of your own have no plan: who uses the file needs your code, as in --with FILE")
    return Made(data, tuple(notes))
