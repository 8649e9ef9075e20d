"""Inpainting: the missing part of a picture comes from the generator's picture that fits the rest (Yeh et al. 2017).

The search minimises the absolute difference on known pixels plus .1 x -log D. Known pixels are never changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.ground.errors import RunError
from gansmith.latent import space
from gansmith.latent.decoder import Decoder
from gansmith.latent.inversion import hmc, masks, search
from gansmith.latent.inversion.hmc import Chain
from gansmith.latent.inversion.projection import Verdict, check_shape, realism
from gansmith.latent.inversion.search import Found, Goal, Progress, Settings, as_targets

Seam = Literal["raw", "blended"]
REALISM = 0.1  # weight of -log D against the summed absolute difference on known pixels
GOOD = 1.5  # restarts whose loss is at most so many times the best one's may begin a variant
NOISE = 0.1  # how far, as a standard deviation on pixels in [0, 1], a completion may be from the known ones


@dataclass(frozen=True)
class Completed:
    """P completed pictures."""

    pictures: np.ndarray  # uint8 (P, H, W, C): known pixels as given
    found: Found


@dataclass(frozen=True)
class Variants:
    """Several completions of each of P pictures."""

    pictures: np.ndarray  # uint8 (P, V, H, W, C)
    acceptance: float  # of the proposals, 0 to 1
    latents: np.ndarray  # float32 (P, V, dim)


def inpaint(
    generator: Decoder,
    pictures: np.ndarray,
    known: np.ndarray,
    settings: Settings,
    labels: np.ndarray | None = None,
    verdict: Verdict | None = None,
    seam: Seam = "raw",
    low_resolution: bool = False,
    progress: Progress = lambda done, total: None,
) -> Completed:
    """Complete pictures uint8 (P, H, W, C) where `known` bool (H, W) is False. verdict: the discriminator's, or None.

    low_resolution: no pixel is known, and the means of 8 x 8 fields are what must fit.
    Raises RunError for a mask of another size, and for one that leaves nothing known.
    """
    check_shape(generator, pictures)
    check_mask(pictures, known, low_resolution)
    targets = as_targets(pictures)
    observe = fields if low_resolution else every_pixel
    wanted = observe(targets)
    seen = None if low_resolution else as_weights(generator, known)
    terms = [] if verdict is None else [(REALISM / wanted.shape[1], realism(verdict))]  # the loss is a mean, not a sum
    goal = Goal(wanted, observe, seen, power=1, terms=terms)
    found = search.search(generator, goal, settings, labels, progress)
    made = np.rint(np.clip(found.pictures, 0, 1) * 255).astype(np.uint8)
    return Completed(fill(pictures, made, known, seam), found)


def check_mask(pictures: np.ndarray, known: np.ndarray, low_resolution: bool) -> None:
    """Refuse masks that do not fit, or that leave nothing to go by."""
    if known.shape != pictures.shape[1:3]:
        raise RunError(
            f"the mask is {known.shape[1]}x{known.shape[0]}, the pictures are {pictures.shape[2]}x{pictures.shape[1]}"
        )
    if not known.any() and not low_resolution:
        raise RunError("the mask leaves no pixel known: there is nothing to complete from")


def every_pixel(pictures: Tensor) -> Tensor:
    """Pictures (B, C, H, W) as they are, (B, C x H x W)."""
    return pictures.flatten(1)


def as_weights(generator: Decoder, known: np.ndarray) -> Tensor:
    """bool (H, W) as the weight of each number of a picture, float32 (1, C x H x W)."""
    return torch.as_tensor(known).expand(generator.item_shape).flatten()[None].float()


def fields(pictures: Tensor) -> Tensor:
    """Means of 8 x 8 fields: pictures (B, C, H, W) -> (B, C x 64)."""
    return F.adaptive_avg_pool2d(pictures, masks.FIELDS).flatten(1)


def fill(pictures: np.ndarray, made: np.ndarray, known: np.ndarray, seam: Seam) -> np.ndarray:
    """Pictures with their unknown pixels from `made`, both uint8 (P, H, W, C); known bool (H, W)."""
    inside = made if seam == "raw" else blend(pictures, made, known)
    return np.where(known[None, :, :, None], pictures, inside)


def blend(pictures: np.ndarray, made: np.ndarray, known: np.ndarray) -> np.ndarray:
    """`made` shifted smoothly inside each hole so that it meets the known pixels (Perez et al. 2003: Poisson editing).

    The hole keeps made's gradients; at its rim the known pixels hold. Holes without a rim stay as made.
    """
    from scipy.sparse import coo_matrix, identity
    from scipy.sparse.linalg import splu

    height, width = known.shape
    hole = np.flatnonzero(~known.ravel())
    if not len(hole) or not known.any():
        return made
    index = np.full(height * width, -1)
    index[hole] = np.arange(len(hole))
    rows, columns, sides = [], [], np.zeros(len(hole))
    rim = np.zeros((len(hole), height * width))
    for down, right in ((-1, 0), (1, 0), (0, -1), (0, 1)):
        y, x = hole // width + down, hole % width + right
        inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
        there = (y * width + x)[inside]
        here = np.flatnonzero(inside)
        sides[here] += 1
        unknown = index[there] >= 0
        rows.append(here[unknown])
        columns.append(index[there[unknown]])
        rim[here[~unknown], there[~unknown]] += 1
    row, column = np.concatenate(rows), np.concatenate(columns)
    laplacian = coo_matrix((-np.ones(len(row)), (row, column)), (len(hole), len(hole))).tocsc()
    laplacian += coo_matrix((sides, (np.arange(len(hole)),) * 2), laplacian.shape).tocsc()
    solver = splu((laplacian + 1e-9 * identity(len(hole))).tocsc())
    gap = (pictures.astype(np.float64) - made).transpose(1, 2, 0, 3).reshape(height * width, -1)
    shift = np.zeros_like(gap)
    shift[hole] = solver.solve(rim @ gap)
    moved = made + shift.reshape(height, width, len(made), -1).transpose(2, 0, 1, 3)
    return np.clip(np.rint(moved), 0, 255).astype(np.uint8)


def variants(
    generator: Decoder,
    pictures: np.ndarray,
    known: np.ndarray,
    completed: Completed,
    count: int,
    chain: Chain,
    seam: Seam = "raw",
    noise: float = NOISE,
    progress: Progress = lambda done, total: None,
) -> Variants:
    """`count` different completions of each picture, drawn from the posterior by Hamiltonian Monte Carlo.

    Density: the latent law times a normal law of known pixels around the generator's, with deviation `noise`. Each
    picture has `count` chains, begun where the restarts of its completion ended that fit nearly as well as the best
    (and that may be of other classes); the last place of each chain is its draw.
    """
    law = generator.recipe.latent.law
    targets = as_targets(pictures).flatten(1).repeat_interleave(count, dim=0)
    seen = as_weights(generator, known)
    begin, labels = good_ends(completed.found, count)
    start = space.to_gaussian(begin, law)

    def energy(place: Tensor) -> Tensor:
        made = search.decode(generator, place, labels).flatten(1)
        misfit = (((made - targets) ** 2) * seen).sum(dim=1) / (2 * noise**2)
        return misfit + (place**2).sum(dim=1) / 2

    drawn = hmc.sample(energy, start, chain, progress)
    latents = space.from_gaussian(torch.as_tensor(drawn.places[-1]), law)
    made = np.rint(np.clip(search.make(generator, latents, labels), 0, 1) * 255).astype(np.uint8)
    whole = fill(np.repeat(pictures, count, axis=0), made, known, seam)
    shape = len(pictures), count
    return Variants(whole.reshape(*shape, *whole.shape[1:]), drawn.acceptance, latents.numpy().reshape(*shape, -1))


def good_ends(found: Found, count: int) -> tuple[Tensor, Tensor | None]:
    """For each of P pictures `count` latents where restarts ended, best first and over again when they are few:
    (P x count, dim), and their labels (P x count,). Ends with more than `GOOD` times the least loss are left out."""
    order = np.argsort(found.every, axis=1, kind="stable")
    good = (found.every <= GOOD * found.losses[:, None]).sum(axis=1).clip(1)
    picked = np.stack([row[np.arange(count) % most] for row, most in zip(order, good, strict=True)])  # (P, count)
    latents = np.take_along_axis(found.ends, picked[:, :, None], axis=1).reshape(-1, found.ends.shape[2])
    if found.end_labels is None:
        return torch.as_tensor(latents), None
    return torch.as_tensor(latents), torch.as_tensor(np.take_along_axis(found.end_labels, picked, axis=1).ravel())


def hole_errors(made: np.ndarray, pictures: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Mean squared error on pixels in [0, 1] where `known` is False (everywhere when nothing is missing), (P,)."""
    hole = ~known if not known.all() else known
    difference = (made.astype(np.float32) - pictures) / np.float32(255)
    return (difference[:, hole] ** 2).reshape(len(made), -1).mean(axis=1)


def mean_fill(pictures: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Each picture's hole filled with the mean of its own known pixels, per channel: the simplest completion."""
    seen = known if known.any() else ~known
    mean = np.rint(pictures[:, seen].mean(axis=1)).astype(np.uint8)  # (P, C)
    if known.all():
        return np.broadcast_to(mean[:, None, None], pictures.shape).copy()
    return np.where(known[None, :, :, None], pictures, mean[:, None, None])
