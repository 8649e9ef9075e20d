"""A generator in plain NumPy, from the file of `gansmith export RUN safetensors`: Gansmith is not needed.

    python examples/generator_in_numpy.py digits.safetensors 7 seven.png [LABEL]

The header tells how the layers follow one another; arrays are named "<layer>.<name>". A seed's picture is that of `gansmith
sample RUN --seeds 7 --label LABEL`, where classes go by their positions.
"""

import hashlib
import json
import sys

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image
from safetensors import safe_open

FUNCTIONS = {
    "relu": lambda x, _: np.maximum(x, 0),
    "leaky": lambda x, slope: np.where(x > 0, x, np.float32(slope) * x),
    "tanh": lambda x, _: np.tanh(x),
    "sigmoid": lambda x, _: 0.5 + 0.5 * np.tanh(x / 2),
    "arctan": lambda x, _: np.arctan(x),
    "linear": lambda x, _: x,
}
STYLE = {}  # of a pass, for its norms
LAYERS = {  # f: the layer's fields, a: its arrays, x: what comes in, y: the labels
    "Linear": lambda f, a, x, y: x @ a["weight"].T + a.get("bias", 0),
    "Conv": lambda f, a, x, y: convolved(grown(x, f["padding"]), a["weight"], f["stride"]) + bias(a),
    "ConvTranspose": lambda f, a, x, y: transposed(x, a["weight"], f["stride"], f["crop"]) + bias(a),
    "BatchNorm": lambda f, a, x, y: normal(f, a, x) * maps(a["scale"][None], x) + maps(a["shift"][None], x),
    "ConditionalBatchNorm": lambda f, a, x, y: normal(f, a, x) * maps(a["scale"][y], x) + maps(a["shift"][y], x),
    "Style": lambda f, a, x, y: STYLE.setdefault("w", x),
    "StyledNorm": lambda f, a, x, y: styled(f, a, x, y),
    "Activation": lambda f, a, x, y: FUNCTIONS[f["function"]](x, f["slope"]),
    "Dropout": lambda f, a, x, y: x,
    "Reshape": lambda f, a, x, y: x.reshape(len(x), *f["shape"]),
    "ConcatLabels": lambda f, a, x, y: np.concatenate([x, hot(f["classes"], x, y)], 1),
    "Upsample": lambda f, a, x, y: larger(x, f["factor"])[:, :, : f["size"][0], : f["size"][1]],
    "ToPixels": lambda f, a, x, y: to_pixels(x, f["factor"]),
    "Residual": lambda f, a, x, y: (
        run(f["shortcut"], a, x, y, "shortcut.") + f["scale"] * run(f["body"], a, x, y, "body.")
    ),
}


def maps(features, x):  # (N, C) as constant maps, if x are pictures
    return features.reshape(*features.shape, *[1] * (x.ndim - 2))


def hot(classes, x, y):
    return np.broadcast_to(maps(np.eye(classes, dtype=x.dtype)[y], x), (len(x), classes, *x.shape[2:]))


def larger(x, factor):
    return x.repeat(factor, 2).repeat(factor, 3)


def bias(a):
    return a["bias"][:, None, None] if "bias" in a else 0


def grown(x, sides):  # by rows and columns of zeros
    return np.pad(x, ((0, 0), (0, 0), *sides))


def convolved(x, weight, stride):
    windows = sliding_window_view(x, weight.shape[2:], (2, 3))[:, :, ::stride, ::stride]
    return np.einsum("nchwij,ocij->nohw", windows, weight, optimize=True)


def transposed(x, weight, stride, crop):  # a convolution of pixels with zeros between them, by the kernel turned round
    edge, (down, across) = weight.shape[2] - 1, ((size - 1) * stride + 1 for size in x.shape[2:])
    spread = np.zeros((*x.shape[:2], down, across), x.dtype)
    spread[:, :, ::stride, ::stride] = x
    full = convolved(grown(spread, [(edge, edge)] * 2), weight.swapaxes(0, 1)[:, :, ::-1, ::-1], 1)
    (top, bottom), (left, right) = crop
    full = grown(full, [(0, max(-bottom, 0)), (0, max(-right, 0))])
    return full[:, :, top : full.shape[2] - max(bottom, 0), left : full.shape[3] - max(right, 0)]


def to_pixels(x, factor):
    count, channels, height, width = x.shape
    split = x.reshape(count, channels // factor**2, factor, factor, height, width)
    return split.transpose(0, 1, 4, 2, 5, 3).reshape(count, -1, height * factor, width * factor)


def normal(f, a, x):
    return (x - maps(a["mean"][None], x)) / np.sqrt(maps(a["variance"][None] + np.float32(f["epsilon"]), x))


def styled(f, a, x, y):  # factors and constants from the style, and those of the label or of all
    scale, shift = np.split(STYLE["w"] @ a["weight"].T, 2, 1)
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
            matrix = a["weight"].reshape(len(a["weight"]), -1)
            right = matrix.T @ a["left"]
            a["weight"] = a["weight"] / np.linalg.norm(matrix @ (right / np.linalg.norm(right)))
        x = LAYERS[layer["kind"]](layer, a, x, y)
    return x


def load(path):  # -> what the header tells, the arrays
    with safe_open(path, "np") as file:
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
    return z * 2 - 1 if law == "uniform" else z


def in_units(told, x):  # (N, D) -> vectors in the units of the data
    of = told["units"] or {"offset": 0.0, "factor": 1.0}
    return x * np.array(of["factor"]) + np.array(of["offset"])


def pictures(told, x):  # (N, C, H, W) -> uint8 (N, H, W, C)
    low, high = told["pixels"]["low"], told["pixels"]["high"]
    x = np.clip(np.rint((x.transpose(0, 2, 3, 1) - low) / (high - low) * 255), 0, 255)
    if told["alpha"]:  # colours are multiplied by it, and files have them as they are
        x[..., :3] = np.rint(255 * np.minimum(x[..., :3], x[..., 3:]) / np.maximum(x[..., 3:], 1))
    return x.astype(np.uint8)


if __name__ == "__main__":
    path, seed, out, label = (*sys.argv[1:], "0")[:4]
    told, arrays = load(path)
    made = run(told["plan"], arrays, latents(told, 1, seed), np.array([int(label)]))
    if not told["pixels"]:
        np.savetxt(out, in_units(told, made), delimiter=",")
        raise SystemExit
    picture = pictures(told, made)[0]
    Image.fromarray(picture[:, :, 0] if picture.shape[2] == 1 else picture).save(out)
