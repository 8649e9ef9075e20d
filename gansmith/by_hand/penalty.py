"""R1 and R2 by hand: the penalty on the discriminator's gradient (Mescheder et al. 2018).

The penalty is gamma/2 x mean over items of |g_i|^2 with g_i = dD(x_i)/dx_i, so its gradient with respect to the
weights is a derivative of a derivative. Three passes through the network compute it:

1. backward:  s = dD/dy for the output y of every layer, down to g = dD/dx: the usual backward pass, from dD/dD = 1.
2. forward:   hold t = gamma/B g fixed. Then the penalty's gradient is that of t . g, and t . g is how much D changes,
              to first order, when x changes by t. So take x's change t through the layers: each has a `tangent`.
3. backward:  through pass 2. A weight W of y = x W^T + b multiplies the change t (gradient s^T t), and it also shapes
              the x at which later activations take their derivative (gradient d^T x). d is the gradient with respect to
              a layer's output; it starts at 0, and each activation adds s t f''(x) to it. A convolution does the same with
              unfolded t and x.

For ReLU and leaky ReLU f'' is 0, so d stays 0, and s^T t is all.
"""

from __future__ import annotations

import numpy as np

from gansmith.by_hand.arrays import Array, Arrays
from gansmith.by_hand.network import Network


def gradient_penalty(network: Network, logits: Array, w: Arrays, gamma: float, into: Arrays) -> float:
    """gamma/2 x mean |dD/dx|^2 at the items of the last forward pass, which gave `logits` (B, 1).

    `into` receives its gradient with respect to the weights.
    """
    into.trained.fill(0)
    gradients = backward_by_layer(network, np.ones_like(logits), w)
    g = gradients[0]
    changes = forward_by_layer(network, g * (gamma / len(g)), w)
    d = np.zeros_like(logits)
    for index in reversed(range(len(network.layers))):
        s, t = gradients[index + 1], changes[index]
        d = network.layers[index].backward_through_tangent(s, t, d, w.of[index], into.of[index])
    return gamma / 2 * float(np.square(g).sum(dtype=np.float64)) / len(g)


def backward_by_layer(network: Network, dy: Array, w: Arrays) -> list[Array]:
    """Pass 1: dD/dx of every layer, and dy last. Entry i is with respect to what goes into layer i."""
    gradients = [dy]
    for layer, arrays in zip(reversed(network.layers), reversed(w.of), strict=True):
        gradients.insert(0, layer.backward(gradients[0].copy(), arrays, None))
    return gradients


def forward_by_layer(network: Network, t: Array, w: Arrays) -> list[Array]:
    """Pass 2: how much what goes into each layer changes, to first order, when the network's input changes by t."""
    changes = [t]
    for layer, arrays in zip(network.layers, w.of, strict=True):
        changes.append(layer.tangent(changes[-1], arrays))
    return changes
