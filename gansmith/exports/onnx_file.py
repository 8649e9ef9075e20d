"""`gansmith export RUN onnx`: latents and labels in, pictures out, for any number at a time; tried before it is written."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from gansmith.exports.options import PIXELS, Onnx
from gansmith.exports.task import Made, Task
from gansmith.ground import alpha, pixels
from gansmith.ground.errors import RunError, brief, nearest
from gansmith.ground.process.extras import need
from gansmith.nets.own import OwnNetwork
from gansmith.trained import parcel
from gansmith.trained.generator import Generator

BATCHES = (1, 7, 64)  # at which the file is tried
MOST = 1e-4  # difference of a number up to 1, larger ones in proportion: built-in networks differ by some 1e-6, and the deepest
# by more than 1e-5 where their sums are large; a grey level is 8e-3
MOST_LEVELS = 1  # of 255: where a number lies between two bytes, its last bit decides


class Exported(nn.Module):
    """A generator with what a program needs around it: bytes, or its source's units, instead of the network's numbers."""

    def __init__(self, generator: Generator, as_bytes: bool) -> None:
        super().__init__()
        network: Any = generator.network()
        self.network = network.module if isinstance(network, OwnNetwork) else network
        self.takes_labels = network.takes_labels if isinstance(network, OwnNetwork) else bool(generator.classes)
        self.pixels = generator.recipe.data.pixels if as_bytes else None
        self.transparent = has_alpha(generator)
        affine = generator.kind.affine(generator.units)
        self.scaled = affine is not None
        offset, factor = (np.zeros(1), np.ones(1)) if affine is None else affine
        self.register_buffer("offset", torch.as_tensor(offset, dtype=torch.float32))
        self.register_buffer("factor", torch.as_tensor(factor, dtype=torch.float32))

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """(N, dim), int64 (N,) -> uint8 (N, H, W, C), or float32 (N, C, H, W) or (N, D).

        Bytes of four channels have straight colours, as files have them; floats are premultiplied, as the network makes them.
        Vectors are in the units of their source.
        """
        made = (self.network(latents, labels) if self.takes_labels else self.network(latents)).float()
        if self.scaled:
            made = made * self.factor + self.offset
        if self.pixels is None:
            return made
        factor, offset = pixels.SCALE[self.pixels]
        levels = torch.round((made.permute(0, 2, 3, 1) - offset) / factor)
        levels = torch.clamp(levels, 0, 255)
        return (straight(levels) if self.transparent else levels).to(torch.uint8)


def straight(levels: Tensor) -> Tensor:
    """`alpha.straight` of premultiplied levels (N, H, W, 4): whole numbers as floats."""
    colour, alpha = levels[..., :3], levels[..., 3:]
    colour = (255 * torch.minimum(colour, alpha) + torch.floor(alpha / 2)) / torch.clamp(alpha, min=1)
    return torch.cat([torch.floor(colour), alpha], dim=-1)


def has_alpha(generator: Generator) -> bool:
    """Whether it makes pictures with transparency."""
    return generator.kind.pixels and generator.item_shape[0] == alpha.RGBA


def make(task: Task, options: Onnx) -> Made:
    """The file's bytes. Raises GansmithError where it cannot be written, or differs from the run's own pictures."""
    if options.pixels not in PIXELS:
        raise RunError(f"pixels are {' or '.join(PIXELS)}, not {options.pixels!r}{nearest(options.pixels, PIXELS)}")
    onnx, _, runtime = need("onnx", "onnx", "onnxscript", "onnxruntime")
    generator = task.generator
    as_bytes = generator.kind.pixels and options.pixels == "uint8"
    model = written(generator, as_bytes)
    model.producer_name = "gansmith"
    onnx.helper.set_model_props(model, about(task, options))
    data = model.SerializeToString()
    differs = tried(runtime, data, generator, as_bytes)
    shape = "H, W, C" if as_bytes else "C, H, W" if generator.kind.pixels else ", ".join(map(str, generator.item_shape))
    notes = [
        f"in: latents float32 (N, {generator.latent_dim}){', labels int64 (N,)' if generator.classes else ''}; out: "
        f"{'uint8' if as_bytes else 'float32'} (N, {shape})",
        f"onnxruntime differs from the run by {differs:.2g}{' of 255 levels' if as_bytes else ''} at most, in batches of "
        f"{', '.join(map(str, BATCHES))}",
    ]
    if generator.kind.affine(generator.units) is not None:
        notes.append("the numbers are in the units of the data")
    elif generator.units:
        many = generator.kind.many
        notes.append(f"the numbers are the network's own, and no {many}: `gansmith sample` makes {many} of them")
    if has_alpha(generator):
        notes.append(
            "channels are red, green, blue and alpha; "
            + ("colours are straight, as files have them" if as_bytes else "colours are premultiplied by alpha")
        )
    return Made(data, tuple(notes))


def written(generator: Generator, as_bytes: bool) -> Any:
    """The network as an ONNX model, whose first axis may be of any length. Raises RunError where it cannot be written."""
    module = Exported(generator, as_bytes).eval()
    latents, labels = generator.latents(3), generator.labels(3)
    inputs = {"latents": torch.as_tensor(latents)} | ({} if labels is None else {"labels": torch.as_tensor(labels)})
    axes = {name: {0: torch.export.Dim("batch", min=1, max=1 << 30)} for name in inputs}
    try:
        with torch.no_grad(), quiet():
            # first traced alone: there a batch that would be fixed is an error, and not a file for batches of 3
            traced = torch.export.export(module, tuple(inputs.values()), dynamic_shapes=axes)
            out = [generator.kind.many]
            program = torch.onnx.export(traced, dynamo=True, verbose=False, input_names=list(inputs), output_names=out)
        assert program is not None
        return named_batch(program.model_proto)
    except Exception as error:  # the exporter's errors have no common base class, and code of the user's runs in it
        raise RunError(
            f"this network cannot be written as ONNX ({brief(error)}): export safetensors instead, or write its forward "
            "with operations that ONNX has, and with x.shape[0] for len(x)"
        ) from None


def named_batch(model: Any) -> Any:
    """The model with its free axis called "batch", and not by the exporter's number."""
    values = (*model.graph.input, *model.graph.output, *model.graph.value_info)
    free = model.graph.input[0].type.tensor_type.shape.dim[0].dim_param
    for axis in (axis for value in values for axis in value.type.tensor_type.shape.dim):
        if axis.dim_param == free:
            axis.dim_param = "batch"
    return model


def about(task: Task, options: Onnx) -> dict[str, str]:
    """The file's own words on what it is, as JSON: what goes in, what comes out, what it was trained on."""
    generator = task.generator
    told = parcel.header(generator, task.data)
    told |= {"classes": generator.label_names(), "licence": options.licence or None}
    told |= {"update": generator.update, "recipe_sha256": parcel.recipe_hash(generator.recipe)}
    if has_alpha(generator) and options.pixels == "uint8":
        told["alpha"] = "straight"
    del told["plan"]
    return {name: json.dumps(value, ensure_ascii=False) for name, value in told.items()}


def tried(runtime: Any, data: bytes, generator: Generator, as_bytes: bool) -> float:
    """The largest difference between what onnxruntime makes of the file and the run's own items. Raises RunError."""
    session = runtime.InferenceSession(data, providers=["CPUExecutionProvider"])
    largest = 0.0
    for count in BATCHES:
        latents, labels = generator.latents(count), generator.labels(count)
        given = {"latents": latents, "labels": labels}
        made = session.run(None, {each.name: given[each.name] for each in session.get_inputs()})[0]
        offset, factor = generator.kind.affine(generator.units) or (0.0, 1.0)
        if as_bytes:
            due = generator.images(latents, labels).astype(np.float64)
            made = alpha.premultiplied(made) if has_alpha(generator) else made
        else:
            due = generator.raw(latents, labels).astype(np.float64) * factor + offset
            made = made.transpose(0, 2, 3, 1) if made.ndim == 4 else made
        scale = 1.0 if as_bytes else np.maximum(np.maximum(1, factor), np.abs(due))
        found = float(np.max(np.abs(made - due) / scale)) if made.shape == due.shape else float("inf")
        if not found <= (MOST_LEVELS if as_bytes else MOST):
            raise RunError(
                f"onnxruntime makes other items of this network (they differ by {found:.2g} in a batch of {count}), so no "
                "file was written: export safetensors instead"
            )
        largest = max(largest, found)
    return largest


@contextmanager
def quiet() -> Iterator[None]:
    """Nothing of what the exporter says about packages that are not needed here, and about itself."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
