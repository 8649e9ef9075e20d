"""A player: a network and its optimiser. `Player.minimise` takes the gradient of what a step returns, and moves the weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from gansmith.game.inputs.update import TurnInputs
from gansmith.game.step import Gan, Losses, frozen
from gansmith.game.weights.optimizer import Lengths, Optimizer
from gansmith.ground.recipes.settings import OptimizerSettings
from gansmith.nets.network import Network

Step = Callable[[Gan, TurnInputs], Losses]


@dataclass
class Turn:
    """What is known of a turn when it is over, for statistics. Tensors without a graph; nothing waits for the device."""

    player: str
    adapts: bool  # as in its inputs
    numbers: list[dict[str, Tensor]] = field(default_factory=list)  # one entry a micro-batch
    logits: list[tuple[Tensor, Tensor]] = field(
        default_factory=list
    )  # of the discriminator's turn: real (B,), fake (B,)
    lengths: Lengths = field(default_factory=dict)  # of gradients and steps, where they are wanted

    def add(self, losses: Losses) -> None:
        """Note what a step returned for a micro-batch."""
        self.numbers.append({name: value.detach() for name, value in losses.numbers.items()})
        if losses.on_real is not None and losses.on_fake is not None:
            self.logits.append((losses.on_real.logits.detach(), losses.on_fake.logits.detach()))


class Player:
    """A network and its optimiser. name: whose learning rate it takes, "generator" or "discriminator"; alias: its
    optimiser's name in a checkpoint, if that is another."""

    def __init__(
        self, gan: Gan, name: str, network: Network, settings: OptimizerSettings, alias: str | None = None
    ) -> None:
        self.gan, self.name = gan, name
        self.opponent = gan.discriminator if network is gan.generator else gan.generator
        self.optimizer = Optimizer(alias or name, network, settings, gan.ranks)
        self.parameters = list(self.optimizer.named.values())

    def minimise(self, step: Step, x: TurnInputs, *, move: bool = True) -> Turn:
        """One optimiser step down the total that `step` returns, its gradient taken over all rows of the batch.

        move = False: only the forward pass and its statistics.
        """
        turn = Turn(self.name, x.adapts)
        for part in micro_batches(self.gan, x):
            with frozen(self.opponent):
                with self.gan.autocast():
                    losses = step(self.gan, part)
                if move:
                    # the backward pass of the discriminator runs in float32 where it can: it holds second derivatives
                    with self.gan.autocast(self.name == "generator"):
                        self.add_gradient(losses, share(part, x))
            turn.add(losses)
        if move:
            turn.lengths = self.optimizer.step(x.rates[self.name], measure=x.measure)
        return turn

    def add_gradient(self, losses: Losses, share: float, *, keep_graph: bool = False) -> None:
        """Add `share` of the total's gradient with respect to this player's weights, and no others. keep_graph: another
        player needs the graph."""
        if losses.is_number:
            for parameter in self.parameters:
                parameter.grad = torch.zeros_like(parameter)
            return
        # not autograd.grad: a fused step takes gradients in their weight's memory layout, which `backward` sees to
        (losses.total * share).backward(inputs=self.parameters, retain_graph=keep_graph)


@dataclass(frozen=True)
class Players:
    """Everyone who takes steps. combined: the optimiser of a combined model that moves the discriminator too."""

    gan: Gan
    generator: Player
    discriminator: Player
    combined: Player | None = None

    def fakes_for_both(self, x: TurnInputs) -> Tensor | None:
        """The generated items of a discriminator's turn, with their graph, if the generator's turn uses them too. None if
        each turn makes its own: with fresh latents, and in micro-batches."""
        return (
            self.gan.generate(x) if x.reused_by_generator and len(x.micro_batches(self.gan.micro_batch)) == 1 else None
        )

    def __iter__(self) -> Iterator[Player]:
        return iter([self.generator, self.discriminator, *([self.combined] if self.combined else [])])


def minimise_together(
    players: Sequence[Player], step: Callable[[Gan, TurnInputs], Sequence[Losses]], x: TurnInputs
) -> list[Turn]:
    """Each player one optimiser step down its own loss of those that `step` returns, in the order of the players: all
    gradients are taken before anyone moves."""
    gan, turns = players[0].gan, [Turn(player.name, x.adapts) for player in players]
    for part in micro_batches(gan, x):
        with gan.autocast():
            every = step(gan, part)
            for player, losses, turn in zip(players, every, turns, strict=True):
                player.add_gradient(losses, share(part, x), keep_graph=player is not players[-1])
                turn.add(losses)
    for player, turn in zip(players, turns, strict=True):
        turn.lengths = player.optimizer.step(x.rates[player.name], measure=x.measure)
    return turns


def micro_batches(gan: Gan, x: TurnInputs) -> Iterator[TurnInputs]:
    """A turn in parts that fit into memory. The gradient of a mean is added up from them.

    What the networks keep besides their weights (singular vectors) is put back before each part, so that all of them
    meet the same networks, and in the end has moved once.
    """
    parts = x.micro_batches(gan.micro_batch)
    snapshot = BufferSnapshot(gan.generator, gan.discriminator) if len(parts) > 1 else None
    for part in parts:
        if snapshot:
            snapshot.put_back()
        yield part
    if snapshot and x.reused_by_generator:  # the same items are to be made once more
        snapshot.put_back(gan.generator)


def share(part: TurnInputs, x: TurnInputs) -> float:
    """What the mean over a part's rows adds to the mean over all rows of the turn."""
    return part.rows.count / x.rows.count


class BufferSnapshot:
    """The arrays of networks that no optimiser moves, as they were."""

    def __init__(self, *networks: Network) -> None:
        self.arrays = {
            network: [
                (array, array.clone()) for name, array in network.arrays().items() if name not in network.weights()
            ]
            for network in networks
        }

    @torch.no_grad()
    def put_back(self, *networks: Network) -> None:
        """Undo what passes through these networks, or through all, did to them."""
        for network in networks or self.arrays:
            for array, value in self.arrays[network]:
                array.copy_(value)
