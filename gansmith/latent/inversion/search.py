"""From pictures to latents: gradient descent on latents, all pictures and restarts in one batch.

A search first compares a bank of random latents (of all classes, if the generator is labelled) with each target, starts
at the nearest ones, and minimises with Adam in gaussian coordinates. Restart k starts at the k-th nearest of the bank,
whatever the number of restarts: more restarts never end with a larger loss.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import cos, pi

import numpy as np
import torch
from torch import Tensor

from gansmith.game.weights.rules import Adam, Steps
from gansmith.ground import pixels, streams
from gansmith.ground.errors import RunError, counted
from gansmith.ground.progress import Progress
from gansmith.latent import space
from gansmith.latent.decoder import Decoder, need_pictures
from gansmith.latent.pictures import to_bytes, to_unit

ROWS = 512  # latents in a pass without gradients: bounds memory
WATCHED = 25  # steps from one look of `SearchSettings.watch` to the next
DESCENT = 32  # latents that are optimised together: their activations stay within the processor's cache
Observe = Callable[[Tensor], Tensor]
"""Pictures (B, C, H, W) in [0, 1] -> the numbers (B, m) that are compared with the target."""
Term = Callable[[Tensor, Tensor | None, Tensor], Tensor]
"""Pictures (B, C, H, W) in [0, 1], labels (B,), and the target's row of each (B,) -> a loss each (B,)."""
Watch = Callable[[np.ndarray, np.ndarray], None]
"""Is shown a search on its way: pictures uint8 (B, H, W, C) that are optimised together, and their losses (B,)."""


@dataclass(frozen=True)
class Objective:
    """The loss of a search for P pictures.

    loss = mean of weights x |observed - target|^power + the terms + prior x |u|^2 / dim, u in gaussian coordinates.
    """

    targets: Tensor  # float32 (P, m)
    observe: Observe = lambda pictures: pictures.flatten(1)
    weights: Tensor | None = None  # (1, m); None = all 1
    power: int = 2
    prior: float = 0.0  # 0 = none
    terms: Sequence[tuple[float, Term]] = ()  # weight, loss


@dataclass(frozen=True)
class SearchSettings:
    """How to search."""

    restarts: int = 3
    steps: int = 500  # of Adam, each restart
    rate: float = 0.1  # Adam's learning rate at the start; falls to a twentieth as a cosine
    bank: int = 2_000  # random latents compared first
    seed: int = 0
    half: bool = False  # bfloat16 for all but the last tenth of the steps
    frames: int = 0  # pictures kept of the descent, 0 = none
    watch: Watch | None = None  # is shown every `WATCHED`-th step


@dataclass(frozen=True)
class SearchResult:
    """The best latent for each of P pictures."""

    latents: np.ndarray  # float32 (P, dim)
    labels: np.ndarray | None  # int64 (P,): given, or found
    losses: np.ndarray  # (P,) of the best restart
    pictures: np.ndarray  # float32 (P, H, W, C) in [0, 1]: the generator's pictures of the latents
    restart_losses: np.ndarray  # (P, restarts)
    restart_latents: np.ndarray  # float32 (P, restarts, dim): where each restart ended
    restart_labels: np.ndarray | None  # int64 (P, restarts)
    frames: list[np.ndarray] = field(default_factory=list)  # uint8 (P, H, W, C) each: the best restart's descent


def search(
    generator: Decoder,
    objective: Objective,
    settings: SearchSettings,
    labels: np.ndarray | None = None,
    progress: Progress = lambda done, total: None,
) -> SearchResult:
    """Find latents for an objective's P pictures.

    labels (P,): their classes; None: in a labelled generator the class is searched too. Raises RunError.
    """
    need_pictures(generator, "a search for latents")
    if settings.restarts < 1 or settings.steps < 1 or settings.bank < settings.restarts:
        raise RunError("a search needs at least 1 restart, 1 step, and a bank as large as the restarts")
    starts, start_labels = nearest_of_bank(generator, objective, settings, labels)  # (P, K, dim), (P, K) | None
    count, restarts, dim = starts.shape
    rows = torch.arange(count).repeat_interleave(restarts)  # the target's row of each latent
    flat, flat_labels = starts.reshape(-1, dim), None if start_labels is None else start_labels.reshape(-1)
    parts = range(0, len(flat), DESCENT)
    chunks: list[tuple[Tensor, Tensor, list[np.ndarray]]] = []
    for index, start in enumerate(parts):
        part = slice(start, start + DESCENT)

        def report(step: int, index: int = index) -> None:
            progress(index * settings.steps + step, len(parts) * settings.steps)

        some = None if flat_labels is None else flat_labels[part]
        chunks.append(_descend(generator, objective, settings, flat[part], rows[part], some, report))
    positions, losses, frames = zip(*chunks, strict=True)
    losses = torch.cat(losses).reshape(count, restarts)
    best = losses.argmin(dim=1)
    pick = torch.arange(count) * restarts + best
    ends = space.from_gaussian(torch.cat(positions), generator.recipe.latent.law)
    found_labels = None if flat_labels is None else flat_labels[pick]
    return SearchResult(
        ends[pick].numpy(),
        None if found_labels is None else found_labels.numpy(),
        losses.gather(1, best[:, None])[:, 0].numpy(),
        make(generator, ends[pick], found_labels),
        losses.numpy(),
        ends.reshape(starts.shape).numpy(),
        None if start_labels is None else start_labels.numpy(),
        [np.concatenate(parts)[pick.numpy()] for parts in zip(*frames, strict=True)],
    )


def nearest_of_bank(
    generator: Decoder, objective: Objective, settings: SearchSettings, labels: np.ndarray | None
) -> tuple[Tensor, Tensor | None]:
    """The latents of the bank with the least loss for each target, best first.

    Gaussian coordinates (P, K, dim) and labels (P, K). Raises RunError for a bank with too few latents of a class.
    """
    rng = streams.generator(settings.seed, "explore")
    bank = torch.as_tensor(rng.standard_normal((settings.bank, generator.latent_dim), dtype=np.float32))
    bank_labels = spread_labels(generator, settings.bank)
    distances = torch.empty(len(objective.targets), settings.bank)
    with torch.no_grad():
        for start in range(0, settings.bank, ROWS):
            part = slice(start, start + ROWS)
            pictures = decode(generator, bank[part], None if bank_labels is None else bank_labels[part])
            distances[:, part] = _distances(objective, objective.observe(pictures))
    if bank_labels is not None and labels is not None:
        wrong = torch.as_tensor(labels)[:, None] != bank_labels[None]
        if int((~wrong).sum(dim=1).min()) < settings.restarts:
            raise RunError(
                f"{counted(settings.restarts, 'restart')} in each of {counted(generator.classes, 'class', 'classes')} "
                "need a larger bank: give fewer --restarts"
            )
        distances[wrong] = torch.inf
    order = distances.argsort(dim=1, stable=True)[:, : settings.restarts]
    return bank[order], None if bank_labels is None else bank_labels[order]


def _distances(objective: Objective, observed: Tensor) -> Tensor:
    """Mean weighted |difference|^power between all targets (P, m) and all observations (B, m): (P, B)."""
    targets = objective.targets
    weights = torch.ones(1, targets.shape[1]) if objective.weights is None else objective.weights
    if objective.power == 2:  # as matrix products
        weighted = weights * targets
        cross = weighted @ observed.T
        return ((weighted * targets).sum(1)[:, None] - 2 * cross + weights @ (observed**2).T) / observed.shape[1]
    rows = [((observed - target).abs() ** objective.power * weights).mean(dim=1) for target in targets]
    return torch.stack(rows)


def _descend(
    generator: Decoder,
    objective: Objective,
    settings: SearchSettings,
    start: Tensor,
    rows: Tensor,
    labels: Tensor | None,
    report: Callable[[int], None],
) -> tuple[Tensor, Tensor, list[np.ndarray]]:
    """The best positions (B, dim) of a descent, their losses (B,), and frames uint8 (B, H, W, C)."""
    position = start.clone().requires_grad_(True)
    steps = Steps(Adam(0.9, 0.99, fused=False), [position])
    best, best_loss = start.clone(), torch.full((len(start),), torch.inf)

    def keep_better(losses: Tensor) -> None:
        better = losses < best_loss
        best[better] = position.detach()[better]
        best_loss[better] = losses[better]

    frame_steps = _frame_steps(settings)
    frames: list[np.ndarray] = []
    exact = settings.steps - settings.steps // 10  # from here on every pass is in float32
    for step in range(settings.steps):
        share = step / settings.steps
        with torch.autocast("cpu", torch.bfloat16, enabled=settings.half and step < exact):
            pictures = decode(generator, position, labels)
        losses = loss_of(objective, pictures, position, rows, labels)
        (position.grad,) = torch.autograd.grad(losses.sum(), position)
        if not settings.half or step >= exact:
            keep_better(losses.detach())
        if step in frame_steps:
            frames.append(_as_frame(pictures))
        if settings.watch is not None and step % WATCHED == 0:
            settings.watch(_as_frame(pictures), losses.detach().numpy())
        steps.step(settings.rate * (0.05 + 0.95 * (1 + cos(pi * share)) / 2))
        report(step + 1)
    with torch.no_grad():
        keep_better(loss_of(objective, decode(generator, position, labels), position, rows, labels))
        if frame_steps:
            frames.append(_as_frame(decode(generator, best, labels)))
    return best, best_loss, frames


def _frame_steps(settings: SearchSettings) -> set[int]:
    """The steps whose pictures are kept: closer together at the start, where the descent is fast."""
    shares = np.linspace(0, 1, settings.frames, endpoint=False) ** 2
    return set((shares * settings.steps).astype(int).tolist())


def _as_frame(pictures: Tensor) -> np.ndarray:
    return to_bytes(pictures.detach().permute(0, 2, 3, 1).numpy())


def loss_of(objective: Objective, pictures: Tensor, position: Tensor, rows: Tensor, labels: Tensor | None) -> Tensor:
    """The loss of each latent: pictures (B, C, H, W) in [0, 1], position (B, dim), rows (B,) -> (B,)."""
    difference = (objective.observe(pictures) - objective.targets[rows]).abs() ** objective.power
    if objective.weights is not None:
        difference = difference * objective.weights
    losses = difference.mean(dim=1)
    if objective.prior:
        losses = losses + objective.prior * (position**2).mean(dim=1)
    for weight, term in objective.terms:
        losses = losses + weight * term(pictures, labels, rows)
    return losses


def spread_labels(generator: Decoder, count: int) -> Tensor | None:
    """Labels (count,), each in its share; None for an unlabelled generator."""
    labels = generator.labelling.spread(count)
    return None if labels is None else torch.as_tensor(labels)


def decode(generator: Decoder, position: Tensor, labels: Tensor | None) -> Tensor:
    """Pictures float32 (B, C, H, W) in [0, 1] of gaussian coordinates (B, dim); differentiable."""
    raw = generator.decode(space.from_gaussian(position, generator.recipe.latent.law), labels)
    return pixels.to_unit(raw.float(), generator.recipe.data.pixels)


@torch.no_grad()
def make(generator: Decoder, latents: Tensor, labels: Tensor | None) -> np.ndarray:
    """Pictures float32 (N, H, W, C) in [0, 1] of latents."""
    parts = [
        generator.decode(latents[start : start + ROWS], None if labels is None else labels[start : start + ROWS])
        for start in range(0, len(latents), ROWS)
    ]
    return pixels.to_unit(torch.cat(parts).float(), generator.recipe.data.pixels).permute(0, 2, 3, 1).numpy()


def as_targets(pictures: np.ndarray) -> Tensor:
    """Pictures (N, H, W, C), uint8 or float in [0, 1], as float32 (N, C, H, W) in [0, 1]."""
    return torch.as_tensor(np.ascontiguousarray(np.moveaxis(to_unit(pictures), 3, 1), np.float32))
