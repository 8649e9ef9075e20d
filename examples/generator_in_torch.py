"""A generator in plain PyTorch, from the file of `gansmith export RUN safetensors`: Gansmith is not needed.

    python examples/generator_in_torch.py digits.safetensors 7 seven.png [LABEL]

The header tells how the layers follow one another; arrays are named "<layer>.<name>". A seed's picture is that of `gansmith
sample RUN --seeds 7 --label LABEL`, where classes go by their positions.
"""

import hashlib
import json
import sys

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from safetensors import safe_open

# "leaky" has a slope of its own
FUNCTIONS = {"relu": F.relu, "tanh": torch.tanh, "sigmoid": torch.sigmoid, "arctan": torch.atan, "linear": lambda x: x}
STYLE = {}  # of a pass, for its norms
LAYERS = {  # f: the layer's fields, a: its arrays, x: what comes in, y: the labels
    "Linear": lambda f, a, x, y: F.linear(x, *product(a)),
    "Conv": lambda f, a, x, y: F.conv2d(grown(x, f["padding"], 1), *product(a), f["stride"]),
    "ConvTranspose": lambda f, a, x, y: grown(F.conv_transpose2d(x, *product(a), f["stride"]), f["crop"], -1),
    "BatchNorm": lambda f, a, x, y: normal(f, a, x) * maps(a["scale"][None], x) + maps(a["shift"][None], x),
    "ConditionalBatchNorm": lambda f, a, x, y: normal(f, a, x) * maps(a["scale"][y], x) + maps(a["shift"][y], x),
    "Style": lambda f, a, x, y: STYLE.setdefault("w", x),
    "StyledNorm": lambda f, a, x, y: styled(f, a, x, y),
    "Activation": lambda f, a, x, y: FUNCTIONS.get(f["function"], lambda x: F.leaky_relu(x, f["slope"]))(x),
    "Dropout": lambda f, a, x, y: x,
    "Reshape": lambda f, a, x, y: x.reshape(len(x), *f["shape"]),
    "ConcatLabels": lambda f, a, x, y: torch.cat([x, hot(f["classes"], x, y)], 1),
    "Upsample": lambda f, a, x, y: F.interpolate(x, scale_factor=f["factor"])[:, :, : f["size"][0], : f["size"][1]],
    "ToPixels": lambda f, a, x, y: F.pixel_shuffle(x, f["factor"]),
    "Residual": lambda f, a, x, y: (
        run(f["shortcut"], a, x, y, "shortcut.") + f["scale"] * run(f["body"], a, x, y, "body.")
    ),
}


def product(a):
    return a["weight"], a.get("bias")


def maps(features, x):  # (N, C) as constant maps, if x are pictures
    return features.reshape(*features.shape, *[1] * (x.ndim - 2))


def hot(classes, x, y):
    return maps(torch.eye(classes)[y], x).expand(-1, -1, *x.shape[2:])


def grown(x, sides, sign):  # by rows and columns of zeros, or without them
    return F.pad(x, [sign * side for pair in sides[::-1] for side in pair])


def normal(f, a, x):
    return (x - maps(a["mean"][None], x)) / maps(a["variance"][None] + f["epsilon"], x).sqrt()


def styled(f, a, x, y):  # factors and constants from the style, and those of the label or of all
    scale, shift = F.linear(STYLE["w"], a["weight"]).chunk(2, 1)
    own = y if f["classes"] else [0] * len(x)
    scale, shift = (
        scale + a["scale"].reshape(-1, f["features"])[own],
        shift + a["shift"].reshape(-1, f["features"])[own],
    )
    return normal(f, a, x) * maps(scale, x) + maps(shift, x)


def run(layers, arrays, x, y, place=""):
    if not place:
        STYLE.clear()
    for number, layer in enumerate(layers):
        start = f"{place}{number}."
        a = {name.removeprefix(start): array for name, array in arrays.items() if name.startswith(start)}
        if layer.get("spectral"):  # over the largest singular value
            matrix = a["weight"].flatten(1)
            a["weight"] = a["weight"] / (matrix @ F.normalize(matrix.T @ a["left"], dim=0)).norm()
        x = LAYERS[layer["kind"]](layer, a, x, y)
    return x


def load(path):  # -> what the header tells, the arrays
    with safe_open(path, "pt") as file:
        told = {name: json.loads(text) for name, text in file.metadata().items()}
        return told, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping


def latents(told, count, seed):
    key = int.from_bytes(hashlib.sha256(f"{seed}/samples".encode()).digest()[:16], "little")
    rng, law, shape = (
        np.random.Generator(np.random.Philox(key=key)),
        told["latent"]["law"],
        (count, told["latent"]["dim"]),
    )
    z = rng.standard_normal(shape, np.float32) if law == "normal" else rng.random(shape, np.float32)
    return torch.from_numpy(z * 2 - 1 if law == "uniform" else z)


def in_units(told, x):  # (N, D) -> vectors in the units of the data
    of = told["units"] or {"offset": 0.0, "factor": 1.0}
    return x * torch.tensor(of["factor"]) + torch.tensor(of["offset"])


def pictures(told, x):  # (N, C, H, W) -> uint8 (N, H, W, C)
    low, high = told["pixels"]["low"], told["pixels"]["high"]
    x = ((x.permute(0, 2, 3, 1) - low) / (high - low) * 255).round().clamp(0, 255)
    if told["alpha"]:  # colours are multiplied by it, and files have them as they are
        x[..., :3] = (255 * x[..., :3].minimum(x[..., 3:]) / x[..., 3:].clamp(1)).round()
    return x.to(torch.uint8).numpy()


if __name__ == "__main__":
    path, seed, out, label = (*sys.argv[1:], "0")[:4]
    told, arrays = load(path)
    made = run(told["plan"], arrays, latents(told, 1, seed), torch.tensor([int(label)]))
    if not told["pixels"]:
        np.savetxt(out, in_units(told, made).numpy(), delimiter=",")
        raise SystemExit
    picture = pictures(told, made)[0]
    Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture).save(out)
