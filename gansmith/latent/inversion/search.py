"""From pictures back to latents: descent on latents, all pictures and restarts in one batch.

A search first looks at a bank of random latents (of every class, in a labelled generator), starts at the nearest ones,
and walks downhill with Adam in gaussian coordinates. Restart k starts at the k-th nearest of the bank, whatever the
number of restarts: more restarts never end with a larger loss.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import cos, pi

import numpy as np
import torch
from torch import Tensor

from gansmith.ground import streams
from gansmith.ground.errors import RunError
from gansmith.ground.pixels import to_unit
from gansmith.latent import space
from gansmith.latent.decoder import Decoder, need_pictures, spread_labels

ROWS = 512  # latents in a pass without gradients: bounds memory
DESCENT = 32  # latents that walk together: their activations stay within the processor's cache
Progress = Callable[[int, int], None]
Observe = Callable[[Tensor], Tensor]  # pictures (B, C, H, W) in [0, 1] -> (B, m)
Term = Callable[[Tensor, Tensor | None, Tensor], Tensor]
"""Pictures (B, C, H, W) in [0, 1], labels (B,), and the row of the goal that each is for (B,) -> a loss each (B,)."""


@dataclass(frozen=True)
class Goal:
    """What is known of P pictures, and what a good latent is.

    loss = mean of weights x |observed - target|^power + the terms + prior x |u|^2 / dim, u in gaussian coordinates.
    """

    targets: Tensor  # float32 (P, m)
    observe: Observe = lambda pictures: pictures.flatten(1)
    weights: Tensor | None = None  # (P, m) or (1, m); None = all 1
    power: int = 2
    prior: float = 0.0  # 0 = none
    terms: Sequence[tuple[float, Term]] = ()  # weight, loss


@dataclass(frozen=True)
class Settings:
    """How a search goes."""

    restarts: int = 3
    steps: int = 500  # of Adam, each restart
    rate: float = 0.1  # Adam's, at the start; falls to a twentieth as a cosine
    bank: int = 2_000  # random latents looked at first
    seed: int = 0
    half: bool = False  # bfloat16 for all but the last tenth of the steps
    frames: int = 0  # pictures kept of the way, 0 = none


@dataclass(frozen=True)
class Found:
    """The best latent for each of P pictures."""

    latents: np.ndarray  # float32 (P, dim)
    labels: np.ndarray | None  # int64 (P,): given, or found
    losses: np.ndarray  # (P,) of the best restart
    every: np.ndarray  # (P, restarts): the loss of each
    pictures: np.ndarray  # float32 (P, H, W, C) in [0, 1]: what the generator makes of the latents
    ends: np.ndarray  # float32 (P, restarts, dim): where each restart ended
    end_labels: np.ndarray | None  # int64 (P, restarts)
    frames: list[np.ndarray] = field(default_factory=list)  # uint8 (P, H, W, C) each: the best restart's way


def search(
    generator: Decoder,
    goal: Goal,
    settings: Settings,
    labels: np.ndarray | None = None,
    progress: Progress = lambda done, total: None,
) -> Found:
    """Find latents for a goal's P pictures. labels (P,): their classes; None in a labelled generator: found too."""
    need_pictures(generator, "a search for latents")
    if settings.restarts < 1 or settings.steps < 1 or settings.bank < settings.restarts:
        raise RunError("a search needs at least 1 restart, 1 step, and a bank as large as the restarts")
    starts, classes = nearest_of_bank(generator, goal, settings, labels)  # (P, K, dim), (P, K) | None
    count, restarts, dim = starts.shape
    rows = torch.arange(count).repeat_interleave(restarts)  # row of the targets that each latent aims at
    asked = None if classes is None else classes.reshape(-1)
    flat = starts.reshape(-1, dim)
    parts = range(0, len(flat), DESCENT)
    chunks: list[_Way] = []
    for index, start in enumerate(parts):
        part = slice(start, start + DESCENT)
        some = None if asked is None else asked[part]

        def tell(step: int, index: int = index) -> None:
            progress(index * settings.steps + step, len(parts) * settings.steps)

        chunks.append(_descend(generator, goal, settings, flat[part], rows[part], some, tell))
    place = torch.cat([chunk.place for chunk in chunks])
    losses = torch.cat([chunk.losses for chunk in chunks]).reshape(count, restarts)
    best = losses.argmin(dim=1)
    pick = torch.arange(count) * restarts + best
    law = generator.recipe.latent.law
    ends = space.from_gaussian(place, law)
    latents = ends[pick]
    found_labels = None if asked is None else asked[pick]
    frames = [np.concatenate(whole)[pick.numpy()] for whole in zip(*(chunk.frames for chunk in chunks), strict=True)]
    return Found(
        latents.numpy(),
        None if found_labels is None else found_labels.numpy(),
        losses.gather(1, best[:, None])[:, 0].numpy(),
        losses.numpy(),
        make(generator, latents, found_labels),
        ends.reshape(starts.shape).numpy(),
        None if classes is None else classes.numpy(),
        frames,
    )


def nearest_of_bank(
    generator: Decoder, goal: Goal, settings: Settings, labels: np.ndarray | None
) -> tuple[Tensor, Tensor | None]:
    """The bank's latents that come nearest to each target, nearest first: gaussian coordinates (P, K, dim), and their
    labels (P, K)."""
    draw = streams.generator(settings.seed, "explore").standard_normal(
        (settings.bank, generator.latent_dim), dtype=np.float32
    )
    bank = torch.as_tensor(draw)
    spread = spread_labels(generator, settings.bank)
    every = None if spread is None else torch.as_tensor(spread)
    distances = torch.empty(len(goal.targets), settings.bank)
    with torch.no_grad():
        for start in range(0, settings.bank, ROWS):
            part = slice(start, start + ROWS)
            some = None if every is None else every[part]
            pictures = decode(generator, bank[part], some)
            distances[:, part] = _distances(goal, goal.observe(pictures))
    if every is not None and labels is not None:
        wrong = torch.as_tensor(labels)[:, None] != every[None]
        if int((~wrong).sum(dim=1).min()) < settings.restarts:
            raise RunError(f"{settings.restarts} restarts in each of {generator.classes} classes need a larger bank")
        distances[wrong] = torch.inf
    order = distances.argsort(dim=1, stable=True)[:, : settings.restarts]
    return bank[order], None if every is None else every[order]


def _distances(goal: Goal, observed: Tensor) -> Tensor:
    """Mean weighted |difference|^power between all targets (P, m) and all observations (B, m): (P, B)."""
    if goal.power == 2:
        weights = torch.ones(1, goal.targets.shape[1]) if goal.weights is None else goal.weights
        weighted = weights * goal.targets
        cross = weighted @ observed.T
        return ((weighted * goal.targets).sum(1)[:, None] - 2 * cross + weights @ (observed**2).T) / observed.shape[1]
    rows = []
    for index, target in enumerate(goal.targets):
        difference = (observed - target).abs() ** goal.power
        if goal.weights is not None:
            difference = difference * goal.weights[min(index, len(goal.weights) - 1)]
        rows.append(difference.mean(dim=1))
    return torch.stack(rows)


@dataclass(frozen=True)
class _Way:
    """Where a descent ended: its best places (B, dim), their losses (B,), and frames of uint8 pictures."""

    place: Tensor
    losses: Tensor
    frames: list[np.ndarray]


def _descend(
    generator: Decoder,
    goal: Goal,
    settings: Settings,
    start: Tensor,
    rows: Tensor,
    labels: Tensor | None,
    tell: Callable[[int], None],
) -> _Way:
    place = start.clone().requires_grad_(True)
    optimizer = torch.optim.Adam([place], settings.rate, betas=(0.9, 0.99))
    best, best_loss = start.clone(), torch.full((len(start),), torch.inf)
    keep = _frame_steps(settings)
    frames: list[np.ndarray] = []
    exact = settings.steps - settings.steps // 10  # from here on every pass is in float32
    for step in range(settings.steps):
        share = step / settings.steps
        optimizer.param_groups[0]["lr"] = settings.rate * (0.05 + 0.95 * (1 + cos(pi * share)) / 2)
        with torch.autocast("cpu", torch.bfloat16, enabled=settings.half and step < exact):
            pictures = decode(generator, place, labels)
        losses = loss_of(goal, pictures, place, rows, labels)
        (gradient,) = torch.autograd.grad(losses.sum(), place)
        if not settings.half or step >= exact:
            _keep_better(best, best_loss, place.detach(), losses.detach())
        if step in keep:
            frames.append(as_bytes(pictures))
        place.grad = gradient
        optimizer.step()
        tell(step + 1)
    with torch.no_grad():
        pictures = decode(generator, place, labels)
        _keep_better(best, best_loss, place, loss_of(goal, pictures, place, rows, labels))
        if keep:
            frames.append(as_bytes(decode(generator, best, labels)))
    return _Way(best, best_loss, frames)


def loss_of(goal: Goal, pictures: Tensor, place: Tensor, rows: Tensor, labels: Tensor | None) -> Tensor:
    """The goal's loss of each latent: pictures (B, C, H, W) in [0, 1], place (B, dim), rows (B,) -> (B,)."""
    difference = (goal.observe(pictures) - goal.targets[rows]).abs() ** goal.power
    if goal.weights is not None:
        difference = difference * (goal.weights[rows] if len(goal.weights) > 1 else goal.weights)
    losses = difference.mean(dim=1)
    if goal.prior:
        losses = losses + goal.prior * (place**2).mean(dim=1)
    for weight, term in goal.terms:
        losses = losses + weight * term(pictures, labels, rows)
    return losses


def decode(generator: Decoder, place: Tensor, labels: Tensor | None) -> Tensor:
    """Pictures float32 (B, C, H, W) in [0, 1] of gaussian coordinates (B, dim); differentiable."""
    raw = generator.decode(space.from_gaussian(place, generator.recipe.latent.law), labels)
    return to_unit(raw.float(), generator.recipe.data.pixels)


@torch.no_grad()
def make(generator: Decoder, latents: Tensor, labels: Tensor | None) -> np.ndarray:
    """Pictures float32 (N, H, W, C) in [0, 1] of latents."""
    parts = [
        generator.decode(latents[start : start + ROWS], None if labels is None else labels[start : start + ROWS])
        for start in range(0, len(latents), ROWS)
    ]
    return to_unit(torch.cat(parts).float(), generator.recipe.data.pixels).permute(0, 2, 3, 1).numpy()


def as_bytes(pictures: Tensor) -> np.ndarray:
    """Pictures (B, C, H, W) in [0, 1] as uint8 (B, H, W, C)."""
    return (pictures.detach().clamp(0, 1) * 255).round().to(torch.uint8).permute(0, 2, 3, 1).contiguous().numpy()


def as_targets(pictures: np.ndarray) -> Tensor:
    """Pictures uint8, or float in [0, 1], (N, H, W, C), as float32 (N, C, H, W) in [0, 1]."""
    values = pictures.astype(np.float32) / np.float32(255) if pictures.dtype == np.uint8 else pictures
    return torch.as_tensor(np.ascontiguousarray(np.moveaxis(values, 3, 1), np.float32))


def _keep_better(best: Tensor, best_loss: Tensor, place: Tensor, losses: Tensor) -> None:
    better = losses < best_loss
    best[better] = place[better]
    best_loss[better] = losses[better]


def _frame_steps(settings: Settings) -> set[int]:
    """Steps whose pictures are kept: thinned as squares, since a descent is fast at first and slow later."""
    if not settings.frames:
        return set()
    shares = np.linspace(0, 1, settings.frames, endpoint=False) ** 2
    return set(np.unique((shares * settings.steps).astype(int)).tolist())
