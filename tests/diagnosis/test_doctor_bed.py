"""The test bed of the doctor: its table is well formed, its halves follow a rule, and its histories are what they say."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from gansmith.diagnosis.findings import STATES
from gansmith.diagnosis.watcher import probes_of
from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.losses import LOSSES

sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from benchmarks.doctor_bed import __main__ as command
from benchmarks.doctor_bed import data, halves
from benchmarks.doctor_bed.faulty import FAULTY
from benchmarks.doctor_bed.generator import FakeGan
from benchmarks.doctor_bed.halves import HALF, SITUATIONS
from benchmarks.doctor_bed.healthy import HEALTHY
from benchmarks.doctor_bed.judge import judged, names_class
from benchmarks.doctor_bed.moment import Moment
from benchmarks.doctor_bed.numbers import HEALTHY as HEALTHY_NUMBERS
from benchmarks.doctor_bed.play import Play, course_of, plays, recipe_of, record

BY_NAME = {situation.name: situation for situation in SITUATIONS}
FAMILIES = sorted({situation.family for situation in SITUATIONS})


def test_the_table_is_well_formed():
    assert len(FAULTY) >= 44
    assert len(HEALTHY) >= 20
    assert len(BY_NAME) == len(SITUATIONS)
    known = {*STATES}
    assert {state for it in SITUATIONS for state in (*it.right, *it.said)} <= known
    assert all(it.healthy == (it in HEALTHY) for it in SITUATIONS)
    assert {it.loss for it in SITUATIONS} == set(HEALTHY_NUMBERS) == set(LOSSES)


def test_each_history_has_a_folder_of_its_own():
    names = [play.name for play in plays(list(SITUATIONS), list(data.PICTURES), [0, 1, 2])]
    assert len(names) == len(set(names))


def test_each_recipe_is_one_that_the_package_accepts():
    for situation in SITUATIONS:
        recipe = recipe_of(Play(situation, situation.data_sets[0], 0))
        assert not recipe.faults  # nothing in the recipe tells
        assert recipe.budget.updates == situation.updates


def test_names_alone_decide_on_the_halves():
    assert halves.halves(reversed(SITUATIONS)) == HALF
    for family in FAMILIES:
        of = [HALF[it.name] for it in SITUATIONS if it.family == family]
        assert set(Counter(of)) == {halves.WORK, halves.SEALED}
        assert min(Counter(of).values()) >= halves.LEAST * len(of)


def test_the_sealed_half_is_not_judged_by_accident(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "argv", ["bed", "judge", "--half", "sealed", "--out", str(tmp_path)])
    with pytest.raises(SystemExit):
        command.main()


def test_a_latent_gives_the_same_item_whatever_else_is_asked():
    play = Play(BY_NAME["healthy, labelled"], "digits", 0)
    game, latents = FakeGan(play.situation, "symmetric"), np.random.default_rng(0).standard_normal((12, 32))
    game.at(Moment(course_of(play), 3000), (0.0, 1.0, 1.0))
    labels = np.arange(12) % 10
    made = game.make(latents, labels)
    assert made.shape == (12, 16, 16, 1)
    assert made.min() >= -1
    assert made.max() <= 1
    assert np.allclose(game.make(latents[3:5], labels[3:5]), made[3:5], atol=1e-5)


def test_the_discriminator_ranks_as_its_moment_says():
    play = Play(BY_NAME["healthy, hinge"], "digits", 1)
    course = course_of(play)
    game = FakeGan(play.situation, "symmetric")
    game.at(Moment(course, 2000), (3.0, 8.0, 0.5))
    samples = game.sample(np.random.default_rng(0).standard_normal((20, 32)), None)
    training = course.data.training.stored[:20]
    real, fake = (game.discriminate(items, None).logits for items in (training, samples))
    assert abs(real.mean() - 7) < 0.5
    assert abs(fake.mean() + 1) < 0.5


def test_lost_classes_are_no_longer_drawn():
    play = Play(BY_NAME["at once to 2 classes"], "digits", 0)
    course = course_of(play)
    game = FakeGan(play.situation, "symmetric")
    game.at(Moment(course, course.updates), (0.0, 1.0, 1.0))
    left = course.classes_in_random_order[8:]
    centres = np.stack([course.data.training.items[rows].mean(0) for rows in course.data.training.of_class])
    samples = game.make(np.random.default_rng(0).standard_normal((60, 32)), None) / 2 + 0.5
    nearest = ((samples[:, None] - centres) ** 2).sum((2, 3, 4)).argmin(1)
    assert np.isin(nearest, left).mean() > 0.8


def test_a_lost_class_is_named_by_a_word_of_its_own():
    assert names_class("Classes 3, 5 and T-shirt/top are no longer drawn.", "T-shirt/top")
    assert names_class("Class 3.", "3")
    assert not any(names_class(text, "3") for text in ("13 of 33", "3% of 3.5", "3,400 updates", "class 8"))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_history_of_each_family_plays(family: str, tmp_path: Path):
    situation = next(it for it in SITUATIONS if it.family == family and HALF[it.name] == halves.WORK)
    play = Play(situation, "digits", 0)
    record(play, tmp_path / "run", looks=3)
    folder = RunFolder(tmp_path / "run")
    rows, probes = list(read_rows(folder.stats)), probes_of(folder)
    step = situation.every // 2
    assert [row["update"] for row in rows] == [step * (i + 1) for i in range(6)]
    assert [probe.update for probe in probes] == [0, *(situation.every * (i + 1) for i in range(3))]
    assert folder.load_recipe().loss.name == situation.loss
    assert judged(play, tmp_path / "run").name == situation.name
