"""A plan's layers in a row: forward from the first to the last, backward from the last to the first."""

from __future__ import annotations

from gansmith.by_hand import convolution, layers
from gansmith.by_hand.arrays import Array, Arrays
from gansmith.by_hand.layers import Layer, Pass
from gansmith.ground.networks import plan

LAYERS: dict[type[plan.Layer], type[Layer]] = {
    plan.Linear: layers.Dense,
    plan.Conv: convolution.Conv,
    plan.ConvTranspose: convolution.ConvTranspose,
    plan.BatchNorm: layers.BatchNorm,
    plan.Activation: layers.Activation,
    plan.Dropout: layers.Dropout,
    plan.GroupedSoftmax: layers.GroupedSoftmax,
    plan.PhaseShuffle: layers.PhaseShuffle,
    plan.Pack: layers.Pack,
    plan.Reshape: layers.Reshape,
    plan.Upsample: layers.Upsample,
    plan.ConcatLabels: layers.ConcatLabels,
}

INFERENCE = Pass()


class Network:
    """One player's network. It holds no weights: each pass is given them, so the averaged generator is the same network
    with other weights."""

    def __init__(self, network_plan: plan.Plan) -> None:
        self.plan = network_plan
        self.layers = [LAYERS[type(layer)](layer, index) for index, layer in enumerate(network_plan.layers)]
        weighted = [index for index, layer in enumerate(network_plan.layers) if layer.parameters()]
        self.first_weighted = min(weighted, default=0)

    def forward(self, x: Array, w: Arrays, mode: Pass = INFERENCE) -> Array:
        """y = layer_n( ... layer_1(x)). x (B, features) or (B, height, width, channels)."""
        for layer, arrays in zip(self.layers, w.of, strict=True):
            x = layer.forward(x, arrays, mode)
        return x

    def backward(self, dy: Array, w: Arrays, into: Arrays | None, need_dx: bool = True) -> Array:
        """dL/dy -> dL/dx by the chain rule; dy may be overwritten. `into` receives dL/dw; None: the weights are frozen.

        With need_dx = False the pass ends at the first layer with weights, and what comes back has no meaning.
        """
        for index in reversed(range(len(self.layers))):
            needed = need_dx or index > self.first_weighted
            dy = self.layers[index].backward(dy, w.of[index], into.of[index] if into else None, needed)
            if not needed:
                break
        return dy
