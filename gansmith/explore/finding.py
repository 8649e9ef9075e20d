"""The verbs project, inpaint and upscale: they search latents for given pictures."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gansmith.explore.options import Inpaint, Project, Search, Upscale
from gansmith.explore.session import Session
from gansmith.explore.stored import open_pictures, read_folder, read_picture
from gansmith.ground.errors import DataError, RunError, counted
from gansmith.latent.inversion import inpainting, masks, projection
from gansmith.latent.inversion.inpainting import hole_errors
from gansmith.latent.inversion.search import SearchSettings, as_targets
from gansmith.latent.inversion.seen import looks_alike
from gansmith.latent.measurements import sensing
from gansmith.latent.pictures import to_bytes, to_unit
from gansmith.trained.discriminator import features_function, logits_function
from gansmith.training import machine

FRAMES = 24  # of a search's animation
MASKED = 96  # the grey in which missing pixels are shown


@dataclass(frozen=True)
class Targets:
    """The pictures to search for: uint8 (P, H, W, C), their classes (P,) if known, and where they come from."""

    pictures: np.ndarray
    labels: np.ndarray | None
    origin: str


def target_pictures(session: Session, options: Search) -> Targets:
    """Pictures from files, the generator's own, or test pictures of a source. Raises DataError, RunError."""
    generator = session.generator
    if options.pictures:
        paths = [Path(name) for name in options.pictures]
        parts = [
            read_folder(session, path) if path.is_dir() else read_picture(path, *generator.item_shape)[None]
            for path in paths
        ]
        pictures, origin = np.concatenate(parts), ", ".join(options.pictures)
    elif options.samples:
        labels = generator.labels(options.count, None, options.seed)
        latents = generator.latents(options.count, options.seed + 1000)  # none of the search's bank
        pictures, origin = generator.images(latents, labels), "the generator's own samples"
    else:
        store = open_pictures(session, options.data, "train")
        if "test" in store.splits:
            store = open_pictures(session, options.data, "test")
        else:
            session.notes.append("the source has no test pictures: the generator may have learned from these")
        if store.count < options.count:
            raise DataError(
                f"--count {options.count}: the source holds {counted(store.count, 'picture')}, so give that or fewer"
            )
        pictures, origin = np.asarray(store.items[: options.count]), store.description
    return Targets(pictures, named_labels(session, options.labels, len(pictures)), origin)


def named_labels(session: Session, names: tuple[str, ...], count: int) -> np.ndarray | None:
    """Classes (count,) by name: one for all pictures, or one each; None without names. Raises RunError."""
    if not names:
        return None
    labels = [session.label(name) for name in names]
    if len(labels) not in (1, count):
        raise RunError(
            f"{counted(len(labels), 'label')} for {counted(count, 'picture')}: give one for all, or one each"
        )
    return np.resize(np.array(labels, np.int64), count)


def search_settings(options: Search, frames: int = FRAMES) -> SearchSettings:
    """How to search; in bfloat16 if the processor has it, as in training."""
    half = machine.choose_precision("auto", "cpu") == "bfloat16"
    bank = max(2000, options.restarts)
    return SearchSettings(options.restarts, options.steps, options.rate, bank, options.seed, half, frames)


def project(session: Session, options: Project) -> None:
    """A sheet: the pictures, and below them the nearest that the generator makes."""
    generator, targets = session.generator, target_pictures(session, options)
    pictures, terms = targets.pictures, []
    if options.perceptual:
        features = features_function(session.run, generator)
        terms.append((options.perceptual, projection.perceptual(features, pictures)))
    if options.seen:
        terms.append((options.seen, looks_alike(pictures)))
    if options.realism:
        terms.append((options.realism, projection.realism(logits_function(session.run, generator))))
    settings, progress = search_settings(options), session.count("searching")
    found = projection.project(generator, pictures, settings, targets.labels, terms, options.prior, progress)
    session.sheet("project", np.stack([pictures, to_bytes(found.pictures)]))
    session.animation("search", np.stack(found.frames))
    session.latents(found.latents, found.labels)
    errors = projection.errors(found.pictures, pictures)
    session.figures |= {
        "origin": targets.origin,
        "count": len(errors),
        "error": errors.mean(),
        "errors": errors,
        "loss_by_restarts": np.minimum.accumulate(found.restart_losses, axis=1).mean(axis=0),
        "labels": found.labels,
    }
    session.notes.append(
        f"mean squared error {errors.mean():.4f} on pixels in [0, 1], {counted(len(errors), 'picture')}"
    )


def inpaint(session: Session, options: Inpaint) -> None:
    """For each mask a sheet: the pictures, what is known of them, the completion, and variants; and an animation."""
    targets = target_pictures(session, options)
    if options.variants and masks.LOW_RESOLUTION in options.mask:
        raise RunError(
            f"--variants needs known pixels, and the mask {masks.LOW_RESOLUTION} has none: choose another mask, or leave "
            "--variants out"
        )
    height, width = targets.pictures.shape[1:3]
    known = {name: masks.make(name, height, width, options.seed) for name in options.mask}
    figures = {name: complete(session, options, targets, name, mask) for name, mask in known.items()}
    session.figures |= {"origin": targets.origin, "masks": figures}
    worst = max(figures.values(), key=lambda one: one["error"] / max(one["error_of_mean_fill"], 1e-12))
    session.notes.append(
        f"error in the hole {worst['error']:.4f}; filled with the mean {worst['error_of_mean_fill']:.4f}, with a random "
        f"sample {worst['error_of_random_sample']:.4f} (the hardest mask)"
    )


def complete(session: Session, options: Inpaint, targets: Targets, name: str, known: np.ndarray) -> dict[str, float]:
    """The sheet, the animation and the figures of one mask."""
    generator, pictures = session.generator, targets.pictures
    low, stem = name == masks.LOW_RESOLUTION, Path(name).stem
    logits = logits_function(session.run, generator) if options.realism else None
    settings = search_settings(dataclasses.replace(options, restarts=max(options.restarts, options.variants)))
    blended = options.seam == "blended"
    progress = session.count(f"completing {stem}")
    terms = [(options.seen, looks_alike(pictures, known))] if options.seen and not low else []
    done = inpainting.inpaint(
        generator, pictures, known, settings, targets.labels, logits, blended, low, progress, terms
    )
    made = to_bytes(done.search.pictures) if known.all() else done.pictures
    mean, random = inpainting.mean_fill(pictures, known), generator.sample(len(pictures), 77)
    figures = {
        "error": float(hole_errors(made, pictures, known).mean()),
        "error_of_mean_fill": float(hole_errors(mean, pictures, known).mean()),
        "error_of_random_sample": float(hole_errors(random, pictures, known).mean()),
    }
    start = masked(pictures, known, low)
    rows = [pictures, start, done.pictures]
    if options.variants:
        progress = session.count("drawing variants")
        several = inpainting.variants(
            generator, pictures, known, done, options.variants, options.seed, blended, options.noise, progress
        )
        rows += list(several.pictures.swapaxes(0, 1))
        figures["acceptance"] = several.acceptance
        spread = several.pictures[:, :, ~known].std(axis=1)
        figures["spread_in_hole"] = float(spread.mean() / 255) if spread.size else 0.0
    session.sheet(f"inpaint-{stem}", np.stack(rows))
    frames = [inpainting.fill(pictures, frame, known) for frame in done.search.frames]
    session.animation(f"inpaint-{stem}", np.stack([start, *frames]))
    return figures


def masked(pictures: np.ndarray, known: np.ndarray, low: bool) -> np.ndarray:
    """What is known of pictures, for showing: missing pixels are grey; `low`: only the means of blocks."""
    if not low:
        missing = np.full(pictures.shape[3], MASKED, np.uint8)
        missing[3:] = 255  # alpha: what is missing is not what is transparent
        return np.where(known[None, :, :, None], pictures, missing)
    height, width, channels = pictures.shape[1:]
    means = inpainting.block_means(as_targets(pictures)).numpy().reshape(-1, channels, masks.BLOCKS, masks.BLOCKS)
    rows, columns = (np.arange(side) * masks.BLOCKS // side for side in (height, width))
    return to_bytes(np.moveaxis(means, 1, 3)[:, rows][:, :, columns])


def upscale(session: Session, options: Upscale) -> None:
    """A sheet: the small pictures, bicubic interpolation, the generator's, and the originals if known."""
    generator = session.generator
    channels, height, width = generator.item_shape
    if options.pictures:
        small = np.stack([read_picture(Path(name), channels) for name in options.pictures])
        labels, origin = named_labels(session, options.labels, len(small)), ", ".join(options.pictures)
        originals = None
    else:
        targets = target_pictures(session, options)
        labels, origin, originals = targets.labels, targets.origin, targets.pictures
        small = sensing.shrink(originals, options.factor)
    settings, progress = search_settings(options), session.count("searching")
    done = sensing.upscale(generator, small, settings, labels, options.exact, progress=progress)
    bicubic = sensing.bicubic(to_unit(small), height, width)
    factor = height // small.shape[1]
    rows = [to_bytes(small).repeat(factor, axis=1).repeat(factor, axis=2), to_bytes(bicubic), to_bytes(done.pictures)]
    session.figures |= {"origin": origin, "factor": factor, "misfit": done.misfit.mean()}
    if originals is not None:
        rows.append(originals)
        session.figures["error"] = projection.errors(done.pictures, originals).mean()
        session.figures["error_of_bicubic"] = projection.errors(bicubic, originals).mean()
    session.sheet("upscale", np.stack(rows))
    session.animation("upscale", np.stack(done.search.frames))
    session.notes.append("rows: small, bicubic, upscaled" + ("" if originals is None else ", original"))
