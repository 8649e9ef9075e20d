"""The verb `sense`: pictures from few linear measurements."""

from __future__ import annotations

from functools import cache

import numpy as np

from gansmith.explore.finding import Targets, search_settings, target_pictures
from gansmith.explore.options import Sense
from gansmith.explore.session import Session
from gansmith.ground.errors import RunError, counted, nearest
from gansmith.latent.measurements import baselines, learned_operator, operators, sensing
from gansmith.latent.measurements.operators import Operator, unflat
from gansmith.latent.measurements.sensing import Method
from gansmith.latent.pictures import to_bytes

GENERATOR = "generator"  # the name of our own method
SHOWN = 8  # pictures on a sheet
LARGE = 4_000_000  # numbers of a matrix whose pseudo-inverse would take minutes


def sense(session: Session, options: Sense) -> None:
    """Error curves, a sheet of pictures for each number of measurements, and an animation of one recovery."""
    from gansmith.report.error_curves import write_error_curves

    generator, shape = session.generator, session.generator.item_shape
    targets = target_pictures(session, options)
    pictures = targets.pictures
    for count in options.measurements:
        operators.check_count(shape, count)
    methods = recovery_methods(session, options, targets)
    draw = cache(lambda count: draw_operator(session, options, count))
    points, made = sensing.curve(
        pictures, draw, options.measurements, options.noise, methods, options.seed, session.count("recovering")
    )
    noise = options.noise[0]
    for count in options.measurements:
        measured = draw(count).measure(pictures, noise, options.seed)
        rows = [pictures, backprojection(draw(count), measured, shape)]
        rows += [to_bytes(made[count, noise, name]) for name in methods]
        session.sheet(f"measured-{count:05d}", np.stack(rows)[:, :SHOWN])
    operator = draw(options.measurements[-1])
    measured = operator.measure(pictures[:SHOWN], noise, options.seed)
    labels = None if targets.labels is None else targets.labels[:SHOWN]
    found = sensing.recover(generator, operator, measured, search_settings(options), labels, options.prior)
    session.animation("recovery", np.stack(found.frames))
    session.record(write_error_curves(points, session.folder.picture("curve")))
    sparse = {count: baselines.k_sparse(pictures, shape, count) for count in options.measurements}
    session.figures |= {
        "origin": targets.origin,
        "operator": options.operator,
        "points": [
            {
                "method": point.method,
                "measurements": point.measurements,
                "noise": point.noise,
                "error": point.mean,
                "interval": point.interval,
                "pictures": len(point.errors),
            }
            for point in points
        ],
        "error_of_as_many_wavelet_coefficients": {
            count: ((rows - operators.flat(pictures)) ** 2).mean() for count, rows in sparse.items()
        },
    }
    session.notes.append(f"rows of a sheet: original, measured, {', '.join(methods)}")
    for start in range(0, len(points), len(methods)):  # the points of one operator and one noise
        ours, *others = points[start : start + len(methods)]
        rest = ", ".join(f"{other.method} {other.mean:.4f}" for other in others)
        session.notes.append(
            f"{counted(ours.measurements, 'measurement')}: {GENERATOR} {ours.mean:.4f} ± {ours.interval:.4f}; {rest}"
        )


def recovery_methods(session: Session, options: Sense, targets: Targets) -> dict[str, Method]:
    """The generator's method first, then the chosen baselines. Raises RunError for an unknown one."""
    shape = session.generator.item_shape
    names = () if options.methods == ("none",) else options.methods
    for name in names:
        if name not in baselines.METHODS:
            raise RunError(f"unknown method {name!r}{nearest(name, baselines.METHODS)}")
    settings = search_settings(options, frames=0)

    def ours(operator: Operator, measured: np.ndarray) -> np.ndarray:
        return sensing.recover(session.generator, operator, measured, settings, targets.labels, options.prior).pictures

    def baseline(name: str) -> Method:
        return lambda operator, measured: unflat(baselines.METHODS[name](operator, measured, shape), shape)

    return {GENERATOR: ours} | {name: baseline(name) for name in names}


def draw_operator(session: Session, options: Sense, count: int) -> Operator:
    """A random operator, or one learned from the generator."""
    if options.operator == "learned":
        progress = session.count(f"learning {counted(count, 'measurement')}")
        return learned_operator.learn(session.generator, count, options.noise[0], options.seed, progress=progress)
    return operators.make(options.operator, session.generator.item_shape, count, options.seed)


def backprojection(operator: Operator, measured: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Measurements as pictures uint8 (P, H, W, C): the smallest ones that have them.

    With large matrices, which take long to invert, the transpose times the measurements.
    """
    if operator.matrix.size > LARGE:
        rows = measured @ operator.matrix
    else:
        rows = measured.astype(np.float64) @ np.linalg.pinv(operator.matrix.astype(np.float64)).T
    return to_bytes(unflat(rows.astype(np.float32), shape))
