"""Gansmith beside the TensorFlow DCGAN tutorial's loop and article 001's Keras loop, at their published settings.

    python benchmarks/keras_loops.py --tensorflow PYTHON [--seconds 12] [--threads 2]

PYTHON is that of an environment of its own, with benchmarks/requirements-keras.txt installed. Both sides keep their
threads and take turns, a slice of time each, so whatever else the machine does strikes both. Prints a table, then JSON.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROUNDS = 8
WARM_UP = 5  # updates
ITEMS = 2048
CONTESTS = {"dcgan-28": 256, "dense-28": 128}
"""The published batches."""


# ---- what runs under TensorFlow


def tutorial_step(tf: Any, batch: int) -> Callable[[], None]:
    """The tutorial's update: one compiled function, both gradients taken by tapes, both players stepped."""
    layers = tf.keras.layers
    generator = tf.keras.Sequential([
        layers.Input((100,)), layers.Dense(7 * 7 * 256, use_bias=False), layers.BatchNormalization(), layers.LeakyReLU(),
        layers.Reshape((7, 7, 256)),
        layers.Conv2DTranspose(128, 5, 1, "same", use_bias=False), layers.BatchNormalization(), layers.LeakyReLU(),
        layers.Conv2DTranspose(64, 5, 2, "same", use_bias=False), layers.BatchNormalization(), layers.LeakyReLU(),
        layers.Conv2DTranspose(1, 5, 2, "same", use_bias=False, activation="tanh"),
    ])  # fmt: skip
    discriminator = tf.keras.Sequential([
        layers.Input((28, 28, 1)), layers.Conv2D(64, 5, 2, "same"), layers.LeakyReLU(), layers.Dropout(0.3),
        layers.Conv2D(128, 5, 2, "same"), layers.LeakyReLU(), layers.Dropout(0.3), layers.Flatten(), layers.Dense(1),
    ])  # fmt: skip
    error = tf.keras.losses.BinaryCrossentropy(from_logits=True)
    moves = [tf.keras.optimizers.Adam(1e-4) for _ in range(2)]

    @tf.function
    def update(pictures: Any) -> None:
        latents = tf.random.normal([batch, 100])
        with tf.GradientTape() as first, tf.GradientTape() as second:
            fakes = generator(latents, training=True)
            on_real, on_fake = discriminator(pictures, training=True), discriminator(fakes, training=True)
            advice = error(tf.ones_like(on_fake), on_fake)
            judgement = error(tf.ones_like(on_real), on_real) + error(tf.zeros_like(on_fake), on_fake)
        for tape, loss, player, move in zip(
            (first, second), (advice, judgement), (generator, discriminator), moves, strict=True
        ):
            move.apply_gradients(
                zip(tape.gradient(loss, player.trainable_variables), player.trainable_variables, strict=True)
            )

    batches = pictures_of(tf, batch)
    return lambda: update(next(batches))


def article_001_step(tf: Any, batch: int) -> Callable[[], None]:
    """Article 001's update: predict, a discriminator's step on one joint batch, a step of the combined model."""
    import numpy as np

    layers, models = tf.keras.layers, tf.keras.models
    generator = models.Sequential([
        layers.Input((100,)), *(layers.Dense(width, activation="relu") for width in (256, 512, 1024)),
        layers.Dense(784, activation="tanh"), layers.Reshape((28, 28, 1)),
    ])  # fmt: skip
    discriminator = models.Sequential([
        layers.Input((28, 28, 1)), layers.Flatten(),
        *(layers.Dense(width, activation="relu") for width in (1024, 512, 256)), layers.Dense(1, activation="sigmoid"),
    ])  # fmt: skip
    discriminator.compile(loss="binary_crossentropy", optimizer=tf.keras.optimizers.Adam(1e-4, 0.5))
    discriminator.trainable = False
    combined = models.Sequential([generator, discriminator])
    combined.compile(loss="binary_crossentropy", optimizer=tf.keras.optimizers.Adam(1e-4, 0.5))
    rng, batches = np.random.default_rng(0), pictures_of(tf, batch)

    def update() -> None:
        fakes = generator.predict(rng.standard_normal((batch, 100)), verbose=0)
        both = np.concatenate([next(batches), fakes])
        targets = np.concatenate([rng.uniform(0.9, 1, batch), rng.uniform(0, 0.1, batch)])
        discriminator.train_on_batch(both, targets)
        combined.train_on_batch(rng.standard_normal((batch, 100)), rng.uniform(0.9, 1, batch))

    return update


def pictures_of(tf: Any, batch: int) -> Any:
    """Random pictures, shuffled and batched as both publications do."""
    import numpy as np

    pictures = np.random.default_rng(0).uniform(-1, 1, (ITEMS, 28, 28, 1)).astype(np.float32)
    data = tf.data.Dataset.from_tensor_slices(pictures).shuffle(ITEMS).batch(batch, drop_remainder=True)
    return iter(data.repeat().prefetch(1))


def work(threads: int) -> None:
    """Answer each line "CONTEST SECONDS" of standard input with the pictures a second that were reached."""
    import tensorflow as tf  # pyright: ignore[reportMissingImports] - of the other environment

    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    steps = {
        "dcgan-28": tutorial_step(tf, CONTESTS["dcgan-28"]),
        "dense-28": article_001_step(tf, CONTESTS["dense-28"]),
    }
    for step in steps.values():
        for _ in range(WARM_UP):
            step()
    print(json.dumps({"tensorflow": tf.__version__, "keras": tf.keras.__version__}), flush=True)
    for line in sys.stdin:
        name, seconds = line.split()
        print(pace(steps[name], CONTESTS[name], float(seconds)), flush=True)


# ---- what runs here


def pace(step: Callable[[], None], batch: int, seconds: float) -> float:
    """Pictures a second over about so many seconds."""
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        step()
        count += 1
    return count * batch / (time.perf_counter() - began)


def compare(python: str, seconds: float, threads: int) -> dict[str, Any]:
    """All contests, JSON-able."""
    import dataclasses

    from gansmith import bench
    from gansmith.training import machine

    machine.use_threads(threads)
    precision = machine.choose_precision("auto", "cpu")
    command = [python, str(Path(__file__).resolve()), "--worker", "--threads", str(threads)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as other:
        assert other.stdin
        assert other.stdout
        found: dict[str, Any] = {"versions": json.loads(other.stdout.readline()), "precision": precision}
        for name, batch in CONTESTS.items():
            contest = dataclasses.replace(bench.CONTESTS[name], batch=batch)
            step = bench.own_step(bench.recipe_of(contest, precision, "cpu"), contest.item_shape)
            for _ in range(WARM_UP):
                step()
            rows: list[tuple[float, float]] = []
            for _ in range(ROUNDS):
                other.stdin.write(f"{name} {seconds / ROUNDS}\n")
                other.stdin.flush()
                rows.append((float(other.stdout.readline()), pace(step, batch, seconds / ROUNDS)))
            theirs, ours = (statistics.median(column) for column in zip(*rows, strict=True))
            found[name] = {"batch": batch, "theirs": theirs, "ours": ours, "ratio": ours / theirs, "slices": rows}
        other.stdin.close()
    return found


def main() -> None:
    """Compare, or work for who compares."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument("--tensorflow", metavar="PYTHON", help="of the environment that has TensorFlow")
    parser.add_argument("--seconds", type=float, default=12.0, help="a contestant and contest")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(options.threads)
        return
    if not options.tensorflow:
        parser.error("--tensorflow PYTHON is needed: that of an environment with benchmarks/requirements-keras.txt")
    found = compare(options.tensorflow, options.seconds, options.threads)
    print(f"{'contest':<10} {'batch':>5} {'TensorFlow':>11} {'Gansmith':>9} {'ratio':>6}")
    for name in CONTESTS:
        row = found[name]
        print(f"{name:<10} {row['batch']:>5} {row['theirs']:>11,.0f} {row['ours']:>9,.0f} {row['ratio']:>6.2f}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
