"""R1 and R2 by hand: the penalty on the slope of the discriminator (Mescheder et al. 2018), for dense networks.

The penalty is gamma/2 x mean over items of |g_i|^2 with g_i = dD(x_i)/dx_i, so its gradient with respect to the
weights holds a derivative of a derivative. Three walks through the network give it, none harder than the others:

1. back:     s = dD/dy for the output y of every layer, down to g = dD/dx: an ordinary backward pass that begins with 1.
2. forth:    the penalty changes with the weights as t . g does when t = gamma/B g is held fixed, and t . g is how much
             D changes when x is moved by t. So move x by t, and note the change t of every layer's input.
3. back:     through walk 2. A weight W of y = x W^T + b carries the change on (s^T t), and shapes the x at which later
             activations take their slope (d^T x): d begins where an activation is bent, as s t f''(x).

For ReLU and leaky ReLU f'' is 0, d stays 0, and s^T t is all.
"""

from __future__ import annotations

import numpy as np

from gansmith.by_hand.arrays import Arrays
from gansmith.by_hand.layers import Activation, Dense
from gansmith.by_hand.network import Network


def gradient_penalty(network: Network, verdicts: np.ndarray, w: Arrays, gamma: float, into: Arrays) -> float:
    """gamma/2 x mean |dD/dx|^2 at the items of the last forward pass, which gave `verdicts` (B, 1).

    `into` receives its gradient with respect to the weights.
    """
    into.trained.fill(0)
    slopes = walk_back(network, np.ones_like(verdicts), w)
    g = slopes[0]
    changes = walk_forth(network, g * (gamma / len(g)), w)
    d = np.zeros_like(verdicts)
    for index in reversed(range(len(network.layers))):
        layer, s, t = network.layers[index], slopes[index + 1], changes[index]
        if isinstance(layer, Dense):
            into.of[index]["weight"][...] = s.T @ t + d.T @ layer.x
            if layer.plan.bias:
                into.of[index]["bias"][...] = d.sum(0)
        d = layer.backward(d, w.of[index], None).copy()
        if isinstance(layer, Activation):
            d += s * t * layer.bend()
    return gamma / 2 * float(np.square(g).sum(dtype=np.float64)) / len(g)


def walk_back(network: Network, dy: np.ndarray, w: Arrays) -> list[np.ndarray]:
    """dD/dx of every layer, and dy last: slopes[i] is with respect to what goes into layer i."""
    slopes = [dy]
    for layer, arrays in zip(reversed(network.layers), reversed(w.of), strict=True):
        slopes.insert(0, layer.backward(slopes[0].copy(), arrays, None).copy())
    return slopes


def walk_forth(network: Network, t: np.ndarray, w: Arrays) -> list[np.ndarray]:
    """The change of what goes into every layer when the network's input changes by t, to first order."""
    changes = [t]
    for layer, arrays in zip(network.layers, w.of, strict=True):
        changes.append(layer.tangent(changes[-1], arrays))
    return changes
