"""The rules by which weights move: torch's own steps, as functions of arrays and of what is remembered of each.

torch's classes of optimisers import its compiler, which would take a second at every start of a training.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.optim.adam import adam
from torch.optim.rmsprop import rmsprop
from torch.optim.sgd import sgd

Rate = float | Tensor
"""A learning rate; a tensor () where it is one of a graph's inputs."""
Memory = dict[str, Tensor]
"""What a rule remembers of an array, by torch's names."""


class Rule(Protocol):
    """How arrays move along their gradients."""

    def begun(self, weight: Tensor) -> Memory:
        """What is remembered of an array before its first step."""
        ...

    def step(self, weights: list[Tensor], gradients: list[Tensor], memories: Sequence[Memory], rate: Rate) -> None:
        """Move the arrays, and remember."""
        ...


@dataclass(frozen=True)
class Adam:
    """Adam (Kingma and Ba 2015), with `decay` of the weights apart from their gradients (Loshchilov and Hutter 2019).

    fused: one pass over all arrays. Otherwise the roundings are those of a step for each.
    """

    beta1: float
    beta2: float
    epsilon: float = 1e-8
    decay: float = 0.0
    fused: bool = True

    def begun(self, weight: Tensor) -> Memory:
        """Number of steps (), mean gradient and mean square."""
        steps = torch.zeros((), dtype=torch.float32, device=weight.device)
        return {"step": steps, "exp_avg": torch.zeros_like(weight), "exp_avg_sq": torch.zeros_like(weight)}

    def step(self, weights: list[Tensor], gradients: list[Tensor], memories: Sequence[Memory], rate: Rate) -> None:
        """Along the mean gradient over the root of the mean square."""
        first, second, steps = ([memory[name] for memory in memories] for name in ("exp_avg", "exp_avg_sq", "step"))
        adam(
            weights,
            gradients,
            first,
            second,
            [],
            steps,
            fused=self.fused or None,
            capturable=weights[0].is_cuda,
            decoupled_weight_decay=self.decay > 0,
            amsgrad=False,
            beta1=self.beta1,
            beta2=self.beta2,
            lr=rate,
            weight_decay=self.decay,
            eps=self.epsilon,
            maximize=False,
        )


@dataclass(frozen=True)
class Sgd:
    """Gradient descent with heavy-ball momentum."""

    momentum: float

    def begun(self, weight: Tensor) -> Memory:
        """Nothing: the first step makes the buffer."""
        return {}

    def step(self, weights: list[Tensor], gradients: list[Tensor], memories: Sequence[Memory], rate: Rate) -> None:
        """Along the gradients that fade by `momentum`."""
        buffers = [memory.get("momentum_buffer") for memory in memories] if self.momentum else []
        sgd(
            weights,
            gradients,
            buffers,
            fused=True,
            weight_decay=0.0,
            momentum=self.momentum,
            lr=rate,  # pyright: ignore[reportArgumentType]
            dampening=0.0,
            nesterov=False,
            maximize=False,
        )
        for memory, buffer in zip(memories if self.momentum else (), buffers, strict=True):
            assert buffer is not None
            memory["momentum_buffer"] = buffer


@dataclass(frozen=True)
class RmsProp:
    """Gradients over the root of their running mean square (Tieleman and Hinton 2012), with momentum."""

    alpha: float
    epsilon: float
    momentum: float

    def begun(self, weight: Tensor) -> Memory:
        """Number of steps (), mean square, and the buffer where there is momentum."""
        steps = torch.zeros((), dtype=torch.float32, device=weight.device)
        buffer = {"momentum_buffer": torch.zeros_like(weight)} if self.momentum else {}
        return {"step": steps, "square_avg": torch.zeros_like(weight), **buffer}

    def step(self, weights: list[Tensor], gradients: list[Tensor], memories: Sequence[Memory], rate: Rate) -> None:
        """Along the gradient over the root of the mean square."""
        rmsprop(
            weights,
            gradients,
            [memory["square_avg"] for memory in memories],
            [],
            [memory["momentum_buffer"] for memory in memories] if self.momentum else [],
            [memory["step"] for memory in memories],
            foreach=True,
            capturable=weights[0].is_cuda,
            lr=rate,  # pyright: ignore[reportArgumentType]
            alpha=self.alpha,
            eps=self.epsilon,
            weight_decay=0.0,
            momentum=self.momentum,
            centered=False,
        )


class Steps:
    """A rule at work on some arrays, with what it remembers of each (`state`)."""

    def __init__(self, rule: Rule, weights: Iterable[Tensor]) -> None:
        self.rule, self.weights = rule, list(weights)
        self.state: dict[Tensor, Memory] = {}

    @torch.no_grad()
    def step(self, rate: Rate) -> None:
        """Move those that have a gradient along it."""
        moving = [weight for weight in self.weights if weight.grad is not None]
        for weight in moving:
            if weight not in self.state:
                self.state[weight] = self.rule.begun(weight)
        if moving:
            gradients = [weight.grad for weight in moving]
            self.rule.step(moving, gradients, [self.state[weight] for weight in moving], rate)  # pyright: ignore[reportArgumentType]
