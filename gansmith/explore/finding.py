"""The verbs that search latents for pictures: project, inpaint, upscale."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gansmith.explore import options
from gansmith.explore.session import Session
from gansmith.explore.stored import open_pictures, read_folder, read_picture
from gansmith.ground.errors import DataError, RunError
from gansmith.latent.decoder import need_pictures
from gansmith.latent.inversion import hmc, inpainting, masks, projection
from gansmith.latent.inversion.search import Found, Settings, as_targets
from gansmith.latent.measurements import upscaling
from gansmith.training import machine

FRAMES = 24  # of a recovery animation
MASKED = 96  # the grey that missing pixels are shown in


@dataclass(frozen=True)
class Given:
    """The pictures of a search: uint8 (P, H, W, C), their classes if they are known, and where they come from."""

    pictures: np.ndarray
    labels: np.ndarray | None
    origin: str


def given(session: Session, asked: options.Search) -> Given:
    """Pictures from files, from a source's test split, or the generator's own. Raises DataError, RunError."""
    generator = session.generator
    need_pictures(generator, session.verb)
    if asked.pictures:
        parts = [
            read_folder(Path(name), session)
            if Path(name).is_dir()
            else read_picture(Path(name), generator.item_shape)[None]
            for name in asked.pictures
        ]
        pictures, origin = np.concatenate(parts), ", ".join(asked.pictures)
    elif asked.samples:
        labels = generator.labels(asked.count, None, asked.seed)
        latents = generator.latents(asked.count, asked.seed + 1000)  # other ones than the search's bank
        pictures, origin = generator.images(latents, labels), "the generator's own samples"
    else:
        pictures, origin = held_out(session, asked)
    return Given(pictures, asked_labels(session, asked.labels, len(pictures)), origin)


def held_out(session: Session, asked: options.Search) -> tuple[np.ndarray, str]:
    """Test pictures of a source; its training pictures, and a note, where it has no test split."""
    store = open_pictures(session, asked.data, "test" if has_test(session, asked.data) else "train")
    if "test" not in store.splits:
        session.notes.append("the source has no test pictures: the generator may have learned from these")
    if store.count < asked.count:
        raise DataError(f"--count {asked.count}: the source holds {store.count} pictures")
    return np.asarray(store.items[: asked.count]), store.description


def has_test(session: Session, source: str) -> bool:
    """Whether a source has a test split."""
    return "test" in open_pictures(session, source, "train").splits


def asked_labels(session: Session, names: tuple[str, ...], count: int) -> np.ndarray | None:
    """Classes (count,) by name: one for all, or one each; None where none is given."""
    if not names:
        return None
    labels = [session.label(name) for name in names]
    if len(labels) not in (1, count):
        raise RunError(f"{len(labels)} labels for {count} pictures: give one for all, or one each")
    return np.resize(np.array(labels, np.int64), count)


def settings(asked: options.Search, frames: int = FRAMES) -> Settings:
    """How to search; bfloat16 where the processor has it, as in training."""
    half = machine.choose_precision("auto", "cpu") == "bfloat16"
    return Settings(asked.restarts, asked.steps, asked.rate, max(2000, asked.restarts), asked.seed, half, frames)


def project(session: Session, asked: options.Project) -> None:
    """Rows: the pictures, and the generator's nearest."""
    what = given(session, asked)
    terms = []
    if asked.perceptual:
        terms.append((asked.perceptual, projection.perceptual(session.features(), what.pictures)))
    if asked.realism:
        terms.append((asked.realism, projection.realism(session.verdict())))
    found = projection.project(
        session.generator, what.pictures, settings(asked), what.labels, terms, asked.prior, session.tell("searching")
    )
    session.sheet("project", np.stack([what.pictures, as_bytes(found.pictures)]))
    report(session, what, found, projection.errors(found.pictures, what.pictures))


def inpaint(session: Session, asked: options.Inpaint) -> None:
    """Rows: the pictures, what is known of them, the completion, and more of them where asked."""
    what = given(session, asked)
    height, width = what.pictures.shape[1:3]
    if asked.variants and masks.LOW_RESOLUTION in asked.mask:
        raise RunError(f"--variants needs known pixels: {masks.LOW_RESOLUTION} has none")
    known = {name: masks.make(name, height, width, asked.seed) for name in asked.mask}
    verdict = session.verdict() if asked.realism else None
    how = settings(dataclasses.replace(asked, restarts=max(asked.restarts, asked.variants)))
    seam: inpainting.Seam = "blended" if asked.seam == "blended" else "raw"
    told = {}
    for name, mask in known.items():
        low = name == masks.LOW_RESOLUTION
        done = inpainting.inpaint(
            session.generator, what.pictures, mask, how, what.labels, verdict, seam, low,
            session.tell(f"completing {Path(name).stem}"),
        )  # fmt: skip
        rows = [what.pictures, masked(what.pictures, mask, low), done.pictures]
        figures = hole_figures(session, what, done.pictures, done.found, mask)
        if asked.variants:
            several = inpainting.variants(
                session.generator, what.pictures, mask, done, asked.variants, hmc.Chain(seed=asked.seed), seam,
                asked.noise, session.tell("drawing variants"),
            )  # fmt: skip
            rows += list(several.pictures.swapaxes(0, 1))
            figures["acceptance"] = several.acceptance
            figures["spread_in_hole"] = several.pictures[:, :, ~mask].std(axis=1).mean() / 255 if not mask.all() else 0
        session.sheet(f"inpaint-{Path(name).stem}", np.stack(rows))
        session.animation(f"inpaint-{Path(name).stem}", completing(what.pictures, done.found, mask, low))
        told[name] = figures
    session.figures |= {"origin": what.origin, "masks": told}
    worst = max(told.values(), key=lambda figures: figures["error"] / max(figures["error_of_mean_fill"], 1e-12))
    session.notes.append(
        f"error in the hole {worst['error']:.4f}; filled with the mean {worst['error_of_mean_fill']:.4f}, with a random "
        f"sample {worst['error_of_random_sample']:.4f} (the hardest mask)"
    )


def hole_figures(
    session: Session, what: Given, completed: np.ndarray, found: Found, known: np.ndarray
) -> dict[str, float]:
    """Errors in the hole beside those of the simplest completions."""
    made = completed if not known.all() else as_bytes(found.pictures)
    count = len(what.pictures)
    random = session.generator.sample(count, 77)
    return {
        "error": float(inpainting.hole_errors(made, what.pictures, known).mean()),
        "error_of_mean_fill": float(
            inpainting.hole_errors(inpainting.mean_fill(what.pictures, known), what.pictures, known).mean()
        ),
        "error_of_random_sample": float(inpainting.hole_errors(random, what.pictures, known).mean()),
    }


def masked(pictures: np.ndarray, known: np.ndarray, low: bool) -> np.ndarray:
    """What is known, as it is shown: missing pixels grey, or fields of means."""
    if not low:
        return np.where(known[None, :, :, None], pictures, np.uint8(MASKED))
    height, width, channels = pictures.shape[1:]
    means = inpainting.fields(as_targets(pictures)).numpy().reshape(-1, channels, masks.FIELDS, masks.FIELDS)
    rows, columns = (np.arange(side) * masks.FIELDS // side for side in (height, width))
    return as_bytes(np.moveaxis(means, 1, 3)[:, rows][:, :, columns])


def completing(pictures: np.ndarray, found: Found, known: np.ndarray, low: bool) -> np.ndarray:
    """The frames of a completion (F, P, H, W, C): known pixels as given, the rest on its way."""
    frames = [masked(pictures, known, low)]
    frames += [inpainting.fill(pictures, frame, known, "raw") for frame in found.frames]
    return np.stack(frames)


def upscale(session: Session, asked: options.Upscale) -> None:
    """Rows: the small pictures, bicubic, the generator's, and the originals where they are known."""
    generator = session.generator
    need_pictures(generator, "upscale")
    channels, height, width = generator.item_shape
    if asked.pictures:
        small = np.stack([read_small(Path(name), channels) for name in asked.pictures])
        what = Given(small, asked_labels(session, asked.labels, len(small)), ", ".join(asked.pictures))
        truth = None
    else:
        what = given(session, asked)
        truth = what.pictures
        small = upscaling.shrink(truth, asked.factor)
    done = upscaling.upscale(
        generator, small, settings(asked), what.labels, asked.exact, progress=session.tell("searching")
    )
    bicubic = upscaling.bicubic(small if small.dtype != np.uint8 else small / np.float32(255), height, width)
    factor = height // small.shape[1]
    rows = [as_bytes(small).repeat(factor, axis=1).repeat(factor, axis=2), as_bytes(bicubic), as_bytes(done.pictures)]
    session.sheet("upscale", np.stack(rows if truth is None else [*rows, truth]))
    session.animation("upscale", np.stack(done.found.frames))
    session.figures |= {"origin": what.origin, "factor": factor, "misfit": done.misfit.mean()}
    if truth is not None:
        session.figures |= {
            "error": projection.errors(done.pictures, truth).mean(),
            "error_of_bicubic": projection.errors(bicubic, truth).mean(),
        }
    session.notes.append("rows: small, bicubic, upscaled" + ("" if truth is None else ", original"))


def read_small(path: Path, channels: int) -> np.ndarray:
    """A picture file in its own size, uint8 (h, w, channels)."""
    from gansmith.data.preparation.decode import header

    try:
        with open(path, "rb") as file:
            about = header(file)
    except OSError as error:
        raise DataError(f"{path} cannot be read as a picture: {error}") from None
    return read_picture(path, (channels, about.height, about.width))


def report(session: Session, what: Given, found: Found, errors: np.ndarray) -> None:
    """What every search leaves: latents, the way as an animation, errors."""
    session.animation("search", np.stack(found.frames))
    arrays = {"latents": found.latents} if found.labels is None else {"latents": found.latents, "labels": found.labels}
    np.savez(session.kept(session.place.latents), **arrays)  # pyright: ignore[reportArgumentType]
    best = np.minimum.accumulate(found.every, axis=1).mean(axis=0)
    session.figures |= {
        "origin": what.origin,
        "count": len(errors),
        "error": errors.mean(),
        "errors": errors,
        "loss_by_restarts": best,
        "labels": found.labels,
    }
    session.notes.append(f"mean squared error {errors.mean():.4f} on pixels in [0, 1], {len(errors)} pictures")


def as_bytes(pictures: np.ndarray) -> np.ndarray:
    """Pictures in [0, 1] as uint8."""
    return pictures if pictures.dtype == np.uint8 else np.rint(np.clip(pictures, 0, 1) * 255).astype(np.uint8)


def without_frames(some: Settings) -> Settings:
    """The same search without an animation."""
    return dataclasses.replace(some, frames=0)
