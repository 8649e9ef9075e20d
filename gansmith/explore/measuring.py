"""The verb `sense`: pictures from few linear measurements."""

from __future__ import annotations

import numpy as np

from gansmith.explore import options
from gansmith.explore.finding import Given, as_bytes, given, settings, without_frames
from gansmith.explore.session import Session
from gansmith.ground.errors import RunError, nearest
from gansmith.latent.measurements import baselines, learned_operator, operators, sensing
from gansmith.latent.measurements.operators import Operator, unflat
from gansmith.latent.measurements.sensing import Method, Point

OURS = "generator"
SHOWN = 8  # pictures of the matrix
LARGE = 4_000_000  # numbers of a matrix whose pseudo-inverse would take minutes


def sense(session: Session, asked: options.Sense) -> None:
    """Error curves, a matrix of pictures for each number of measurements, and the way of one recovery."""
    shape = session.generator.item_shape
    what = given(session, asked)
    for count in asked.measurements:
        operators.check_count(shape, count)
    methods = chosen_methods(session, asked, what)
    drawn: dict[int, Operator] = {}

    def draw(count: int) -> Operator:
        if count not in drawn:
            drawn[count] = draw_operator(session, asked, count)
        return drawn[count]

    points, made = sensing.curve(
        what.pictures, draw, asked.measurements, asked.noise, methods, asked.seed, session.tell("recovering")
    )
    noise = asked.noise[0]
    for count in asked.measurements:
        measured = draw(count).measure(what.pictures, noise, asked.seed)
        rows = [what.pictures, seen(draw(count), measured, shape)]
        rows += [as_bytes(made[count, noise, name]) for name in methods]
        session.sheet(f"measured-{count:05d}", np.stack(rows)[:, :SHOWN])
    animate(session, asked, what, draw(asked.measurements[-1]), noise)
    from gansmith.report.error_curves import write_error_curves

    session.kept(write_error_curves(points, session.place.picture("curve")))
    sparse = {count: k_sparse_error(session, what, count) for count in asked.measurements}
    session.figures |= {
        "origin": what.origin,
        "operator": asked.operator,
        "points": [as_row(point) for point in points],
        "error_of_as_many_wavelet_coefficients": sparse,
    }
    session.notes.append(f"rows of a matrix: original, measured, {', '.join(methods)}")
    for point in points:
        if point.method == OURS:
            rest = [f"{other.method} {other.mean:.4f}" for other in points if same(other, point)]
            session.notes.append(
                f"{point.measurements} measurements: {OURS} {point.mean:.4f} ± {point.interval:.4f}; {', '.join(rest)}"
            )


def chosen_methods(session: Session, asked: options.Sense, what: Given) -> dict[str, Method]:
    """The generator's method first, then the baselines that were asked for."""
    generator, shape = session.generator, session.generator.item_shape
    names = () if asked.methods == ("none",) else asked.methods
    for name in names:
        if name not in baselines.METHODS:
            raise RunError(f"unknown method {name!r}{nearest(name, baselines.METHODS)}")
    prior = None if asked.prior < 0 else asked.prior

    def ours(operator: Operator, measured: np.ndarray) -> np.ndarray:
        quiet = without_frames(settings(asked))
        return sensing.recover(generator, operator, measured, quiet, what.labels, prior).pictures

    def baseline(name: str) -> Method:
        return lambda operator, measured: unflat(baselines.METHODS[name](operator, measured, shape), shape)

    return {OURS: ours} | {name: baseline(name) for name in names}


def draw_operator(session: Session, asked: options.Sense, count: int) -> Operator:
    """A drawn operator, or one learned from the generator."""
    if asked.operator == "learned":
        lesson = learned_operator.Lesson(seed=asked.seed)
        tell = session.tell(f"learning {count} measurements")
        return learned_operator.learn(session.generator, count, lesson, asked.noise[0], tell)
    return operators.make(asked.operator, session.generator.item_shape, count, asked.seed)


def animate(session: Session, asked: options.Sense, what: Given, operator: Operator, noise: float) -> None:
    """The way of a recovery from the most measurements."""
    few = what.pictures[:SHOWN]
    labels = None if what.labels is None else what.labels[:SHOWN]
    prior = None if asked.prior < 0 else asked.prior
    measured = operator.measure(few, noise, asked.seed)
    found = sensing.recover(session.generator, operator, measured, settings(asked), labels, prior)
    session.animation("recovery", np.stack(found.frames))


def seen(operator: Operator, measured: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """What measurements look like: the smallest picture that has them, uint8 (P, H, W, C); with large matrices, what
    is carried back by their transpose."""
    if operator.matrix.size > LARGE:
        rows = measured @ operator.matrix
    else:
        rows = measured.astype(np.float64) @ np.linalg.pinv(operator.matrix.astype(np.float64)).T
    return as_bytes(unflat(rows.astype(np.float32), shape))


def k_sparse_error(session: Session, what: Given, count: int) -> float:
    """The error of pictures that keep their `count` largest wavelet coefficients: what sparsity could do at best."""
    kept = baselines.k_sparse(what.pictures, session.generator.item_shape, count)
    return float(((kept - operators.flat(what.pictures)) ** 2).mean())


def same(one: Point, other: Point) -> bool:
    """Whether two points of different methods belong side by side."""
    return (one.measurements, one.noise) == (other.measurements, other.noise) and one.method != other.method


def as_row(point: Point) -> dict[str, float | int | str]:
    """A point as JSON holds it."""
    return {
        "method": point.method,
        "measurements": point.measurements,
        "noise": point.noise,
        "error": point.mean,
        "interval": point.interval,
        "pictures": len(point.errors),
    }
