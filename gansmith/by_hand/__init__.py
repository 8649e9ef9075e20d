"""The GAN in nothing but NumPy: every layer's forward and backward pass written out, side by side.

    activations, layers, convolution    y = f(x), and dL/dx from dL/dy
    network                             layers in a row: the chain rule
    gansmith.losses, penalty            where the gradients begin
    optimizers                          what is done with them
    player, game                        the two networks and one update, as `ground.game.Game`
    arrays                              memory
    faults, limits                      an article's mistakes; what this engine refuses

`docs/by-hand.md` walks through one update with shapes and formulas. Nothing here imports torch.
"""

from gansmith.by_hand.game import HandGame

__all__ = ["HandGame"]
