"""Inpainting: the missing part of a picture is taken from the generated picture that fits the rest (Yeh et al. 2017).

The search minimises the absolute difference on known pixels plus .1 x -log D. Known pixels are never changed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.ground.errors import RunError
from gansmith.ground.progress import Progress
from gansmith.latent import space
from gansmith.latent.decoder import Decoder
from gansmith.latent.inversion import hmc, masks, search
from gansmith.latent.inversion.projection import PictureFunction, check_shape, realism
from gansmith.latent.inversion.search import Objective, SearchResult, SearchSettings, Term, as_targets
from gansmith.latent.pictures import to_bytes

REALISM = 0.1  # weight of -log D against the summed absolute difference on known pixels
GOOD = 1.5  # a variant may start at restarts whose loss is at most so many times the best one's
NOISE = 0.1  # standard deviation of variants from known pixels, which are in [0, 1]


@dataclass(frozen=True)
class Inpainted:
    """P completed pictures."""

    pictures: np.ndarray  # uint8 (P, H, W, C): known pixels as given
    search: SearchResult


@dataclass(frozen=True)
class Variants:
    """V completions of each of P pictures."""

    pictures: np.ndarray  # uint8 (P, V, H, W, C)
    acceptance: float  # of the proposals, 0 to 1
    latents: np.ndarray  # float32 (P, V, dim)


def inpaint(
    generator: Decoder,
    pictures: np.ndarray,
    known: np.ndarray,
    settings: SearchSettings,
    labels: np.ndarray | None = None,
    logits: PictureFunction | None = None,
    blended: bool = False,
    low_resolution: bool = False,
    progress: Progress = lambda done, total: None,
    terms: Sequence[tuple[float, Term]] = (),
) -> Inpainted:
    """Complete pictures uint8 (P, H, W, C) where `known` bool (H, W) is False.

    logits: the discriminator's; None = without -log D. low_resolution: no pixel is known, but the means of 8 x 8 blocks
    are. terms: more losses with their weights, as from `seen.looks_alike`. Raises RunError for a mask of another size, and
    for one with no known pixel.
    """
    check_shape(generator, pictures)
    if known.shape != pictures.shape[1:3]:
        raise RunError(
            f"the mask is {known.shape[1]}x{known.shape[0]}, the pictures are {pictures.shape[2]}x{pictures.shape[1]}: "
            "bring both to one size"
        )
    if not known.any() and not low_resolution:
        raise RunError("the mask leaves no pixel known: there is nothing to complete from, so leave some pixels white")
    targets = as_targets(pictures)
    if low_resolution:
        objective = Objective(block_means(targets), block_means, power=1)
    else:
        objective = Objective(targets.flatten(1), weights=pixel_weights(generator, known), power=1)
    if logits is not None:  # the loss is a mean over the targets' numbers, not a sum
        terms = [(REALISM / objective.targets.shape[1], realism(logits)), *terms]
    objective = replace(objective, terms=terms)
    found = search.search(generator, objective, settings, labels, progress)
    return Inpainted(fill(pictures, to_bytes(found.pictures), known, blended), found)


def pixel_weights(generator: Decoder, known: np.ndarray) -> Tensor:
    """bool (H, W) as the weight of each number of a picture, float32 (1, C x H x W)."""
    return torch.as_tensor(known).expand(generator.item_shape).flatten()[None].float()


def block_means(pictures: Tensor) -> Tensor:
    """Means of 8 x 8 blocks: pictures (B, C, H, W) -> (B, C x 64)."""
    return F.adaptive_avg_pool2d(pictures, masks.BLOCKS).flatten(1)


def fill(pictures: np.ndarray, made: np.ndarray, known: np.ndarray, blended: bool = False) -> np.ndarray:
    """Pictures with their unknown pixels from `made`, both uint8 (P, H, W, C); known bool (H, W)."""
    inside = blend(pictures, made, known) if blended else made
    return np.where(known[None, :, :, None], pictures, inside)


def blend(pictures: np.ndarray, made: np.ndarray, known: np.ndarray) -> np.ndarray:
    """`made` shifted smoothly inside each hole so that it meets the known pixels (Perez et al. 2003: Poisson editing).

    The shift solves Laplace's equation in the hole, with the known difference around it: the gradients of `made` stay.
    A hole without known pixels around it stays as it is.
    """
    from scipy.sparse import eye, identity, kron, vstack
    from scipy.sparse.linalg import splu

    height, width = known.shape
    if known.all() or not known.any():
        return made
    down, right = (eye(side - 1, side, k=1) - eye(side - 1, side) for side in (height, width))
    differences = vstack([kron(down, identity(width)), kron(identity(height), right)]).tocsr()
    laplacian = (differences.T @ differences).tocsr()
    seen = known.ravel()
    inside = laplacian[~seen][:, ~seen] + 1e-9 * identity((~seen).sum())
    gap = (pictures.astype(np.float64) - made).transpose(1, 2, 0, 3).reshape(height * width, -1)
    shift = np.zeros_like(gap)
    shift[~seen] = splu(inside.tocsc()).solve(-(laplacian[~seen][:, seen] @ gap[seen]))
    moved = made + shift.reshape(height, width, len(made), -1).transpose(2, 0, 1, 3)
    return to_bytes(np.clip(np.rint(moved), 0, 255).astype(np.uint8))


def variants(
    generator: Decoder,
    pictures: np.ndarray,
    known: np.ndarray,
    completed: Inpainted,
    count: int,
    seed: int = 0,
    blended: bool = False,
    noise: float = NOISE,
    progress: Progress = lambda done, total: None,
    watch: Callable[[np.ndarray], None] | None = None,
) -> Variants:
    """`count` different completions of each picture, drawn from the posterior by Hamiltonian Monte Carlo.

    Density: the latent distribution times a normal one of known pixels around the generated ones, with deviation
    `noise`. Each picture has `count` chains. They start at the good restarts of its completion, which may be of other
    classes; the last sample of each chain is its draw. watch: is shown the completions uint8 (P x V, H, W, C) on their way.
    """
    distribution = generator.recipe.latent.law
    targets = as_targets(pictures).flatten(1).repeat_interleave(count, dim=0)
    weights = pixel_weights(generator, known)
    begin, labels = good_restarts(completed.search, count)

    def potential(position: Tensor) -> Tensor:
        made = search.decode(generator, position, labels).flatten(1)
        misfit = (((made - targets) ** 2) * weights).sum(dim=1) / (2 * noise**2)
        return misfit + (position**2).sum(dim=1) / 2

    def completed_at(latents: Tensor) -> np.ndarray:
        made = to_bytes(search.make(generator, latents, labels))
        return fill(np.repeat(pictures, count, axis=0), made, known, blended)

    def look(position: Tensor) -> None:
        if watch is not None:
            watch(completed_at(space.from_gaussian(position, distribution)))

    start = space.to_gaussian(begin, distribution)
    positions, acceptance = hmc.sample(potential, start, seed, progress=progress, watch=look)
    latents = space.from_gaussian(torch.as_tensor(positions[-1]), distribution)
    filled = completed_at(latents)
    shape = len(pictures), count
    return Variants(filled.reshape(*shape, *filled.shape[1:]), acceptance, latents.numpy().reshape(*shape, -1))


def good_restarts(found: SearchResult, count: int) -> tuple[Tensor, Tensor | None]:
    """`count` latents for each of P pictures, of its restarts with at most `GOOD` times the least loss.

    Best first, and repeated when they are few: (P x count, dim), and their labels (P x count,).
    """
    order = np.argsort(found.restart_losses, axis=1, kind="stable")
    good = (found.restart_losses <= GOOD * found.losses[:, None]).sum(axis=1).clip(1)
    picked = np.stack([row[np.arange(count) % most] for row, most in zip(order, good, strict=True)])  # (P, count)
    latents = np.take_along_axis(found.restart_latents, picked[:, :, None], axis=1)
    flat = torch.as_tensor(latents.reshape(-1, latents.shape[2]))
    if found.restart_labels is None:
        return flat, None
    return flat, torch.as_tensor(np.take_along_axis(found.restart_labels, picked, axis=1).ravel())


def hole_errors(made: np.ndarray, pictures: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Mean squared error on pixels in [0, 1] where `known` is False (everywhere when nothing is missing), (P,)."""
    hole = ~known if not known.all() else known
    difference = (made.astype(np.float32) - pictures) / np.float32(255)
    return (difference[:, hole] ** 2).reshape(len(made), -1).mean(axis=1)


def mean_fill(pictures: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Each picture's hole filled with the mean of its own known pixels, per channel: the simplest completion."""
    seen = known if known.any() else ~known
    mean = np.rint(pictures[:, seen].mean(axis=1)).astype(np.uint8)[:, None, None]  # (P, 1, 1, C)
    return np.where((known & ~known.all())[None, :, :, None], pictures, mean)
