"""The GAN in nothing but NumPy: every layer's forward and backward pass written out, side by side.

    activations, layers, convolution    y = f(x), and dL/dx from dL/dy
    network                             layers in a row: the chain rule
    losses, penalty                     where the gradients begin
    optimizers                          where they end
    player, game                        two networks that play, as `ground.game.Game`

`docs/by-hand.md` walks through one update with shapes and formulas. Nothing here imports torch.
"""

from gansmith.by_hand.game import HandGame

__all__ = ["HandGame"]
