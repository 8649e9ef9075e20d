"""Adam against gradient descent on one small problem, in NumPy.

    python examples/adam_against_sgd.py [--epochs 601] [--out adam-against-sgd.png]

One hidden layer of six sigmoid units tells 569 tumours of scikit-learn's breast cancer set apart, from 30 measurements
each, on the whole set at every step (the set-up of J. Rios' comparison, which used the Titanic's passengers). All
optimisers begin with the same weights and the same rate of .01. The fifth curve is the fourth with article 003's
mistake, a bias correction that never changes: up to twice too far for a hundred steps, in the end a third.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gansmith.by_hand.arrays import Arrays
from gansmith.by_hand.faults import ConstantCorrectionAdam
from gansmith.by_hand.network import Network
from gansmith.by_hand.optimizers import Adam, Optimizer, Sgd
from gansmith.ground.networks.plan import Activation, Linear, Plan
from gansmith.ground.recipes.settings import NetSettings, OptimizerSettings
from gansmith.losses.non_saturating import cross_entropy_numpy
from gansmith.nets.initial import initial_weights

PLAN = Plan("discriminator", (30,), (Linear(30, 6), Activation("sigmoid"), Linear(6, 1)))
FLOAT = np.dtype(np.float64)
SETTINGS = OptimizerSettings("adam", rate=0.01, beta1=0.9, beta2=0.99)
LONG_MEMORY = replace(SETTINGS, beta2=0.999)


def contestants() -> dict[str, Optimizer]:
    """The optimisers that are compared, all at the same rate."""
    return {
        "gradient descent": Sgd(SETTINGS, PLAN, FLOAT),
        "momentum .9": Sgd(replace(SETTINGS, momentum=0.9), PLAN, FLOAT),
        "Adam": Adam(SETTINGS, PLAN, FLOAT),
        "Adam, beta2 = .999": Adam(LONG_MEMORY, PLAN, FLOAT),
        "the same, constant correction": ConstantCorrectionAdam(LONG_MEMORY, PLAN, FLOAT),
    }


def problem() -> tuple[np.ndarray, np.ndarray]:
    """Measurements (569, 30), each of mean 0 and deviation 1, and diagnoses (569,) of 0 and 1."""
    from sklearn.datasets import load_breast_cancer

    data: Any = load_breast_cancer()
    x = np.asarray(data["data"], FLOAT)
    return (x - x.mean(0)) / x.std(0), np.asarray(data["target"], FLOAT)


def descend(optimizer: Optimizer, x: np.ndarray, target: np.ndarray, epochs: int) -> list[float]:
    """The loss at every epoch."""
    network, weights, gradient = Network(PLAN, FLOAT), Arrays(PLAN, FLOAT), Arrays(PLAN, FLOAT)
    start = initial_weights(PLAN, NetSettings(initial="keras"), seed=0)
    for name, array in weights.named():
        array[...] = start[name]
    losses: list[float] = []
    for _ in range(epochs):
        loss, d_logits = cross_entropy_numpy(network.forward(x, weights)[:, 0], target)
        network.backward(d_logits[:, None], weights, gradient, need_dx=False)
        optimizer.step(weights.trained, gradient.trained, SETTINGS.rate)
        losses.append(loss)
    return losses


def compare(epochs: int) -> dict[str, list[float]]:
    """The losses of every contestant."""
    x, target = problem()
    return {name: descend(optimizer, x, target, epochs) for name, optimizer in contestants().items()}


def draw(curves: dict[str, list[float]], out: Path) -> None:
    """The losses over the epochs, as a picture."""
    from matplotlib.figure import Figure

    figure = Figure((7, 4.5), layout="constrained")
    axes = figure.subplots()
    for name, losses in curves.items():
        axes.plot(losses, label=name)
    axes.set_yscale("log")
    axes.set_xlabel("steps on the whole set")
    axes.set_ylabel("cross-entropy")
    axes.legend()
    figure.savefig(out)


def main(arguments: list[str] | None = None) -> None:
    """Compare, print the last losses, draw."""
    parser = argparse.ArgumentParser(description="Adam against gradient descent, in NumPy.")
    parser.add_argument("--epochs", type=int, default=601)
    parser.add_argument("--out", type=Path, default=Path("adam-against-sgd.png"))
    options = parser.parse_args(arguments)
    curves = compare(options.epochs)
    for name, losses in curves.items():
        print(f"{name:30} {losses[-1]:.4f}")
    draw(curves, options.out)
    print(f"picture in {options.out}")


if __name__ == "__main__":
    main()
