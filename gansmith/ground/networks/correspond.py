"""Which arrays of one network can take their values from another: by layer, in order, from the side of the picture.

Two plans of the same settings correspond array by array. A plan for larger pictures has more layers: then the layers next
to the picture correspond (they know edges and colours), and those between them and the latents, or the logit, are the ones
that differ. Arrays that hold something for every label correspond except for their labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from gansmith.ground.networks import plan
from gansmith.ground.networks.plan import Layer, Plan, Shape

Arrays = Mapping[str, np.ndarray]
Rows = Sequence[int | None]
"""For each label, the other network's label that it is; None: a label of its own."""


@dataclass
class Unit:
    """A layer with arrays: what it must have in common with its counterpart, and where its labels are."""

    name: str
    kind: tuple[Any, ...]  # equal for layers that correspond
    output: Shape
    labels: Mapping[str, tuple[int, int]]  # array -> (axis, how many numbers at the axis' end belong to labels)
    folded: dict[str, Shape] = field(default_factory=dict)  # dense layers: the maps that are flattened before or after


def units(network: Plan) -> list[Unit]:
    """The layers of a plan that have arrays, from its input on."""
    found: list[Unit] = []
    _collect(network.layers, "", network.input_shape, found)
    return found


def _collect(layers: tuple[Layer, ...], prefix: str, shape: Shape, found: list[Unit], maps: Shape = ()) -> None:
    """Append the units of a stack. maps: the shape that was flattened last, where no dense layer has followed."""
    labels = numbers = 0  # appended just before: how many labels, and how many numbers of an input they are
    for index, layer in enumerate(layers):
        after, name = layer.shape_after(shape), f"{prefix}{index}"
        for stack, inner in layer.sublayers().items():
            _collect(inner, f"{name}.{stack}.", shape, found, maps)
            if isinstance(layer, plan.AuxiliaryHead) and layer.name == "classes":
                _is_a_head(found[-1])
        if layer.parameters():
            found.append(_unit(name, layer, labels, numbers, after))
            if isinstance(layer, (plan.Linear, plan.Projection)):
                found[-1].folded["before"], maps = maps, ()
        elif isinstance(layer, plan.ConcatLabels):
            labels = numbers = layer.classes
        elif isinstance(layer, plan.Reshape) and len(shape) > 1:
            maps, numbers = (shape[0] - labels, *shape[1:]), labels * prod(shape[1:])
        elif isinstance(layer, plan.Reshape):
            for unit in reversed(found):  # the dense layers that made these maps
                if unit.output != shape:
                    break
                unit.folded["after"] = after
        if not isinstance(layer, (plan.ConcatLabels, plan.Reshape, plan.Dropout)):
            labels = numbers = 0
        shape = after


def _unit(name: str, layer: Layer, classes: int, appended: int, output: Shape) -> Unit:
    """A layer with arrays; the last `appended` numbers of its input are those of `classes` labels."""
    place = tuple(part for part in name.split(".") if not part.isdigit())
    if isinstance(layer, plan.Norm):
        own = getattr(layer, "classes", 0)
        tables = dict.fromkeys(("scale", "shift"), (0, own)) if own else {}
        return Unit(name, (*place, "norm", layer.features), output, tables)
    if isinstance(layer, plan.Projection):
        tables: dict[str, tuple[int, int]] = {"embedding": (0, layer.classes), "left_embedding": (0, layer.classes)}
        return Unit(name, (*place, "dense", layer.inputs, 1), output, tables)
    if isinstance(layer, plan.DepthwiseConv):
        return Unit(name, (*place, "depthwise", layer.channels, layer.kernel, layer.stride), output, {})
    assert isinstance(layer, (plan.Linear, plan.Conv, plan.ConvTranspose))
    further = () if isinstance(layer, plan.Linear) else (type(layer).__name__, layer.kernel, layer.stride)
    tables = {"weight": (0 if isinstance(layer, plan.ConvTranspose) else 1, appended)} if classes else {}
    kind = "dense" if isinstance(layer, plan.Linear) else "maps"
    return Unit(name, (*place, kind, layer.inputs - appended, layer.outputs, *further), output, tables)


def _is_a_head(unit: Unit) -> None:
    """The unit names the class of an item: each output is one of the labels."""
    unit.kind = (*unit.kind[:-1], "classes")
    unit.labels = dict.fromkeys(("weight", "bias"), (0, unit.output[0]))


def pairs(new: Plan, old: Plan) -> Iterator[tuple[Unit, Unit]]:
    """The layers that correspond: as many as can, in order; among equals those nearer to the picture."""
    ours, theirs = units(new), units(old)
    if new.player == "discriminator":  # whose picture comes first: the walk below begins at the end
        ours, theirs = ours[::-1], theirs[::-1]
    fits = [[a.kind == b.kind and a.folded == b.folded for b in theirs] for a in ours]
    longest = np.zeros((len(ours) + 1, len(theirs) + 1), int)  # of the first i and the first j
    for i, row in enumerate(fits):
        for j, fit in enumerate(row):
            longest[i + 1, j + 1] = longest[i, j] + 1 if fit else max(longest[i, j + 1], longest[i + 1, j])
    i, j = len(ours), len(theirs)
    while i and j:
        if fits[i - 1][j - 1]:
            i, j = i - 1, j - 1
            yield ours[i], theirs[j]
        elif longest[i - 1, j] >= longest[i, j - 1]:
            i -= 1
        else:
            j -= 1


@dataclass
class Taken:
    """The arrays of a network with what another could give them."""

    arrays: dict[str, np.ndarray]
    whole: dict[str, str] = field(default_factory=dict)  # array -> the other's array of which it is a copy
    part: dict[str, str] = field(default_factory=dict)  # array -> what of it was not taken

    @property
    def fresh(self) -> list[str]:
        """The arrays that took nothing."""
        return [name for name in self.arrays if name not in self.whole and name not in self.part]


def take(new: Plan | None, old: Plan | None, drawn: Arrays, given: Arrays, rows: Rows) -> Taken:
    """The arrays `drawn` for a new network, with the values of the arrays `given` of an old one where these correspond.

    Without plans (networks of your own) arrays of the same name and shape correspond. rows: the old network's label for
    each label of the new one.
    """
    taken = Taken({name: np.array(array) for name, array in drawn.items()})
    if new is None or old is None:
        for name, array in drawn.items():
            if name in given and given[name].shape == array.shape:
                taken.arrays[name][...], taken.whole[name] = given[name], name
        return taken
    for ours, theirs in pairs(new, old):
        for name in [name for name in drawn if name.rpartition(".")[0] == ours.name]:
            which = name.rpartition(".")[2]
            source = f"{theirs.name}.{which}"
            if source in given:
                _fill(taken, name, source, given[source], (ours.labels.get(which), theirs.labels.get(which)), rows)
    return taken


def _fill(
    taken: Taken,
    name: str,
    source: str,
    given: np.ndarray,
    labels: tuple[tuple[int, int] | None, tuple[int, int] | None],
    rows: Rows,
) -> None:
    """Fill one array; what belongs to labels label by label. A label of its own begins as the mean of the others'."""
    target, (ours, theirs) = taken.arrays[name], labels
    axis = (ours or theirs or (0, 0))[0]
    if target.ndim < given.ndim:  # a norm loses its labels
        target[...], taken.part[name] = given.mean(axis), "the mean over the labels"
        return
    if target.ndim > given.ndim:  # a norm gets labels
        target[...], taken.part[name] = given, "the same for every label"
        return
    target, given = np.moveaxis(target, axis, 0), np.moveaxis(given, axis, 0)
    count, known = (ours or (0, 0))[1], (theirs or (0, 0))[1]
    each, per = len(rows), 1
    if count and each:
        per = count // each  # flattened maps of a label are several numbers
    body, ends = len(target) - count, len(given) - known
    if target[:body].shape != given[:ends].shape:
        return
    target[:body] = given[:ends]
    if not (count or known):
        taken.whole[name] = source
        return
    tables = given[ends:].reshape(known // per, per, *given.shape[1:]) if known and known % per == 0 else None
    if count and tables is not None:
        for label, row in enumerate(rows):
            place = slice(body + label * per, body + (label + 1) * per)
            target[place] = tables.mean(0) if row is None else tables[row]
    if count == known and list(rows) == list(range(each)):
        taken.whole[name] = source
    elif not count:
        taken.part[name] = "those of the run are left out"
    elif body or tables is not None:
        begin = "are drawn" if tables is None else f"begin as the mean of the run's {len(tables)}"
        taken.part[name] = f"{sum(row is None for row in rows)} of {each} are new and {begin}"
