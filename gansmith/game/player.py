"""A player: one network that goes down the loss that a step returns. `backward` and the optimiser step are here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from gansmith.game.gan import Gan
from gansmith.game.inputs import TurnInputs
from gansmith.game.lazy import by_rows
from gansmith.game.optimizer import Optimizer
from gansmith.game.step import Losses
from gansmith.ground.settings import OptimizerSettings
from gansmith.nets.network import Network
from gansmith.nets.ranks import Ranks

Step = Callable[[Gan, TurnInputs], Losses]


@dataclass
class Turn:
    """What is known of a turn when it is over, for statistics. Tensors without a graph; nothing waits for the device."""

    player: str
    adapts: bool = False  # as in its inputs
    numbers: list[dict[str, Tensor]] = field(default_factory=list)  # one entry a micro-batch
    logits: list[tuple[Tensor, Tensor]] = field(
        default_factory=list
    )  # of the discriminator's turn: real (B,), fake (B,)
    measured: dict[str, Tensor] = field(default_factory=dict)
    layers: dict[str, dict[str, Tensor]] = field(default_factory=dict)

    def add(self, losses: Losses) -> None:
        """Note what a step returned for a micro-batch."""
        self.numbers.append({name: value.detach() for name, value in losses.numbers.items()})
        if losses.on_real is not None and losses.on_fake is not None:
            self.logits.append((losses.on_real.logits.detach(), losses.on_fake.logits.detach()))


class Player:
    """A network and its optimiser. name: whose learning rate it takes, "generator" or "discriminator"."""

    def __init__(
        self, gan: Gan, name: str, network: Network, settings: OptimizerSettings, alias: str | None = None
    ) -> None:
        self.gan, self.name, self.network = gan, name, network
        self.optimizer = Optimizer(alias or name, network, settings, gan.process_group)
        self.parameters = list(self.optimizer.named.values())
        self.flat = None if gan.process_group is None else FlatGradients(self.parameters)

    def minimise(self, step: Step, x: TurnInputs, *, move: bool = True) -> Turn:
        """One optimiser step down the total that `step` returns, its gradient taken over all rows of the batch.

        move = False: everything but the step.
        """
        turn = Turn(self.name, x.adapts)
        for part in micro_batches(self.gan, x):
            with self.gan.autocast():
                losses = step(self.gan, part)
            if move:
                # not the discriminator's: its penalty is differentiated twice, and bfloat16 is too coarse for that
                with self.gan.autocast(self.name == "generator"):
                    self.add_gradient(losses.total * share(part, x))
            turn.add(losses)
        if move:
            self.descend(x, turn)
        return turn

    def add_gradient(self, loss: Tensor, *, keep_graph: bool = False) -> None:
        """Add the loss's gradient with respect to this player's weights, and no others; 0 where it does not depend on
        them. keep_graph: another player needs the graph."""
        if not loss.requires_grad:
            for parameter in self.parameters:
                parameter.grad = torch.zeros_like(parameter)
            return
        # not autograd.grad: a fused step takes gradients in their weight's memory layout, which `backward` sees to
        loss.backward(inputs=self.parameters, retain_graph=keep_graph)

    def descend(self, x: TurnInputs, turn: Turn) -> None:
        """One optimiser step along the gradient that was added up, averaged over all processes."""
        if self.flat and self.gan.process_group:
            self.flat.average(self.gan.process_group)
        rate = x.rates[self.name]
        if x.measured:
            before = {name: self.optimizer.named[name].detach().clone() for name in self.optimizer.rows}
            sizes = [parameter.detach().norm() for parameter in self.parameters]
            self.optimizer.step(rate)
            self._measure(before, sizes, turn)
        else:
            self.optimizer.step(rate)
        self.optimizer.forget_gradients()

    def _measure(self, before: Mapping[str, Tensor], sizes: Sequence[Tensor], turn: Turn) -> None:
        """Note the L2 norm of gradients, and of steps over that of the weights: of all arrays and of each layer's."""
        gradients, changes = [], []
        for (name, parameter), size in zip(self.optimizer.named.items(), sizes, strict=True):
            gradient = parameter.new_zeros(()) if parameter.grad is None else nonzero(parameter.grad)
            gradients.append(gradient.norm())
            lazy = self.optimizer.lazy.get(name)
            changes.append((lazy.change if lazy else parameter.detach() - before[name]).norm())
            if name.endswith(("weight", "scale")):
                entry = {"gradient": gradients[-1], "step": changes[-1] / size.clamp_min(1e-12)}
                turn.layers[name.rpartition(".")[0]] = entry
        length = torch.stack(list(sizes)).norm().clamp_min(1e-12)
        turn.measured[f"gradient.{self.name}"] = torch.stack(gradients).norm()
        turn.measured[f"step.{self.name}"] = torch.stack(changes).norm() / length


@dataclass(frozen=True)
class Players:
    """Everyone who takes steps. combined: the optimiser of a combined model that moves the discriminator too."""

    gan: Gan
    generator: Player
    discriminator: Player
    combined: Player | None = None

    def made_once(self, x: TurnInputs) -> Tensor | None:
        """The items of a discriminator's turn with their graph, if the generator's turn uses them again; None if they
        are made when they are needed, as where memory is short."""
        return self.gan.generate(x) if x.used_again and len(x.micro_batches(self.gan.micro_batch)) == 1 else None

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
                player.add_gradient(losses.total * share(part, x), keep_graph=player is not players[-1])
                turn.add(losses)
    for player, turn in zip(players, turns, strict=True):
        player.descend(x, turn)
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
    if snapshot and x.used_again:  # the same items are to be made once more
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


class FlatGradients:
    """One buffer for all gradients of a player: what processes exchange is one message."""

    def __init__(self, parameters: list[nn.Parameter]) -> None:
        self.parameters = parameters
        self.buffer = torch.zeros(
            sum(p.numel() for p in parameters), dtype=parameters[0].dtype, device=parameters[0].device
        )
        self.places: list[Tensor] = []
        first = 0
        for parameter in parameters:  # laid out as the parameter is, so that copies are plain
            self.places.append(self.buffer.as_strided(parameter.shape, parameter.stride(), first))
            first += parameter.numel()

    @torch.no_grad()
    def average(self, process_group: Ranks) -> None:
        """Replace each gradient by its mean over the processes. Who has none here has none anywhere."""
        pairs = [(place, p.grad) for place, p in zip(self.places, self.parameters, strict=True) if p.grad is not None]
        places, gradients = [place for place, _ in pairs], [gradient for _, gradient in pairs]
        torch._foreach_copy_(places, gradients)  # pyright: ignore[reportPrivateImportUsage]
        process_group.all_reduce(self.buffer)
        self.buffer.div_(process_group.size)
        torch._foreach_copy_(gradients, places)  # pyright: ignore[reportPrivateImportUsage]


def nonzero(gradient: Tensor) -> Tensor:
    """The numbers of a gradient that need not be 0."""
    return by_rows(gradient)[1] if gradient.is_sparse else gradient
