"""Styles, directions and control on a bar whose thickness and slant are two known coordinates."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from scipy.stats import spearmanr

from gansmith.ground.errors import RunError
from gansmith.latent import space
from gansmith.latent.appearance import traits
from gansmith.latent.steering import control, directions, scaling, styles, survey
from gansmith.latent.steering.styles import TYPICAL, Style
from gansmith.latent.steering.survey import Survey

from .makers import BarMaker

WANTED = traits.select(["thickness", "slant"])


@pytest.fixture(scope="module")
def found() -> Survey:
    return survey.measure_latents(BarMaker(), WANTED, 600, seed=1)


@pytest.fixture(scope="module")
def four(found: Survey) -> dict[str, Style]:
    return styles.average(found, "normal", styles.categories(["thickness", "slant"]))


def test_a_survey_shows_every_class_equally_often_and_none_twice_for_one_latent() -> None:
    labels = survey.shown_in(20, 3, 10)
    assert labels is not None
    assert np.bincount(labels, minlength=10).tolist() == [6] * 10
    assert all(len(set(row)) == 3 for row in labels.reshape(20, 3))
    assert survey.shown_in(5, 1, 0) is None


def test_a_survey_measures_what_the_coordinates_do(found: Survey) -> None:
    assert found.pictures == 1800
    assert np.corrcoef(found.standard["thickness"], found.latents[:, 0])[0, 1] > 0.97
    assert np.corrcoef(found.standard["slant"], found.latents[:, 1])[0, 1] > 0.97
    assert abs(found.correlations()["thickness"]["slant"]) < 0.15
    scale = found.scales["thickness"]
    values, labels = scale.mean[[0, 2]] + scale.deviation[[0, 2]] * [1, -2], np.array([0, 2])
    assert scale.standard(values, labels) == pytest.approx([1, -2])


def test_categories_are_every_combination_by_name() -> None:
    names = styles.categories(["thickness", "slant"])
    assert sorted(names) == ["thick-right", "thick-straight", "thin-right", "thin-straight"]
    assert names["thick-straight"] == {"thickness": 1, "slant": -1}
    assert set(styles.categories(["mine"])) == {"low.mine", "high.mine"}


def test_means_lean_where_they_should_and_know_their_count_and_norm(found: Survey, four: dict[str, Style]) -> None:
    assert four["thick-straight"].vector[0] > 0.7
    assert four["thick-straight"].vector[1] < -0.7
    assert four["thin-right"].vector[0] < -0.7
    assert four["thin-right"].vector[1] > 0.7
    for style in four.values():
        assert style.count > 30
        assert np.abs(style.vector[2:]).max() < 0.4  # what no category asks for averages out
        assert style.norm == pytest.approx(np.linalg.norm(style.vector))
        assert style.norm < space.shell_radius("normal", 20)  # inside the shell, as any mean


@pytest.mark.parametrize("name", ["thick-right", "thick-straight", "thin-right", "thin-straight"])
def test_every_class_made_from_a_mean_is_of_its_category(found: Survey, four: dict[str, Style], name: str) -> None:
    one = scaling.study(BarMaker(), {name: four[name]}, four, found, WANTED, np.ones(1), range(3))[name]
    assert one.has_style(1, than_all=True).all()
    opposite = dataclasses.replace(one, signs={trait: -sign for trait, sign in one.signs.items()})
    assert not opposite.has_style(1, than_all=True).any()


def test_scaling_meets_at_zero_and_reverses(four: dict[str, Style]) -> None:
    factors = np.linspace(2, -2, 51)
    for style in four.values():
        offsets = styles.scale(style, factors)
        assert offsets[0] == pytest.approx(2 * style.vector)
        assert offsets[25] == pytest.approx(0, abs=1e-6)
        assert offsets[-1] == pytest.approx(-2 * style.vector)


@pytest.mark.parametrize("shell", [False, True])
def test_the_study_of_scaling_sees_what_the_bar_does(found: Survey, four: dict[str, Style], shell: bool) -> None:
    every = four | {TYPICAL: styles.typical(BarMaker(), found, WANTED)}
    factors = np.linspace(2, -2, 21)
    told = scaling.study(BarMaker(), four, every, found, WANTED, factors, [0, 2], shell)
    assert list(told) == list(four)
    for name, one in told.items():
        assert one.levels["slant"].shape == (21, 2)
        assert one.levels["slant"][10] == pytest.approx(one.at_zero["slant"])
        assert min(row.min() for row in one.rank_correlations().values()) > 0.9
        assert np.sign(one.at(2)["thickness"]).tolist() == [four[name].signs["thickness"]] * 2
        for than_all in (False, True):
            assert one.has_style(2, than_all).all()
            assert one.has_style(-2, than_all).all()  # on the other side, at a negative factor
    figures = scaling.summary(told)
    assert figures["opposite_side_of_all at -2"] == figures["own_side_of_middle at 1"] == 1


def test_the_study_sees_a_style_that_never_turns_round(found: Survey, four: dict[str, Style]) -> None:
    """The bar's thickness is held at 7 and at 1.5: with a middle as thin as the thinnest, less is no less."""

    class Thin(BarMaker):
        def unit(self, latents, labels):
            return super().unit(latents - 4 * (torch.arange(20) == 0), labels)

    thick = {"thick": Style(np.eye(20, dtype=np.float32)[0], 1, {"thickness": 1})}
    told = scaling.study(Thin(), thick, thick, found, WANTED, np.linspace(2, -2, 5), [1])["thick"]
    assert not told.has_style(-2, than_all=False).any()  # it is as thin at -2 as in the middle
    assert told.has_style(-2, than_all=True).all()
    assert not told.has_style(1, than_all=True).any()  # and never thick


def test_rank_correlation_by_hand() -> None:
    assert scaling.rank_correlation(np.array([1, 2, 3]), np.array([2.0, 30, 31])) == pytest.approx(1)
    assert scaling.rank_correlation(np.array([1, 2, 3]), np.array([3.0, 1, 2])) == pytest.approx(-0.5)
    assert scaling.rank_correlation(np.array([1, 2, 3]), np.ones(3)) == 0
    first, second = np.array([1, 2, 2, 3, 5, 5, 5]), np.array([2.0, 1, 4, 4, 7, 6, 7])
    assert scaling.rank_correlation(first, second) == pytest.approx(spearmanr(first, second)[0])


def test_on_the_shell_every_length_is_the_shells_and_zero_is_shared(found: Survey, four: dict[str, Style]) -> None:
    both = four | {TYPICAL: styles.typical(BarMaker(), found, WANTED)}
    factors = np.linspace(2, -2, 5)
    middles = []
    for style in four.values():
        offsets = styles.on_shell(styles.scale(style, factors), both, "normal")
        assert np.linalg.norm(offsets, axis=1) == pytest.approx(np.full(5, 20**0.5), rel=1e-4)
        assert np.sign(offsets[1] @ style.vector) == 1
        assert np.sign(offsets[3] @ style.vector) == -1
        middles.append(offsets[2])
    assert np.ptp(middles, axis=0).max() < 1e-5
    with pytest.raises(RunError, match="make them again"):
        styles.on_shell(np.zeros((1, 20)), four, "normal")


def test_arithmetic_by_hand() -> None:
    three = {name: Style(np.eye(3, dtype=np.float32)[i], 1, {}) for i, name in enumerate(["a-b", "c", "d"])}
    for text, vector in {
        "a-b + c": [1, 1, 0],
        "a-b - c": [1, -1, 0],
        "- d": [0, 0, -1],
        "2 * a-b - 0.5*c + .5 * d": [2, -0.5, 0.5],
        " c ": [0, 1, 0],
    }.items():
        assert styles.arithmetic(text, three).vector.tolist() == vector
    with pytest.raises(RunError, match="unknown style 'a-c'; did you mean 'c'"):
        styles.arithmetic("c + a-c", three)
    for broken in ("", "c +", "c c", "2 *", "c + + d"):
        with pytest.raises(RunError):
            styles.arithmetic(broken, three)


def test_styles_come_back_from_the_disk(four: dict[str, Style], tmp_path: Path) -> None:
    styles.save(four, tmp_path / "s.safetensors")
    back = styles.load(tmp_path / "s.safetensors", 20)
    assert back.keys() == four.keys()
    for name, style in four.items():
        assert np.array_equal(back[name].vector, style.vector)
        assert (back[name].count, back[name].signs) == (style.count, style.signs)
    with pytest.raises(RunError, match=r"takes \(21,\)"):
        styles.load(tmp_path / "s.safetensors", 21)
    (tmp_path / "s.safetensors").write_bytes(b"no tensors")
    with pytest.raises(RunError, match="can be read"):
        styles.load(tmp_path / "s.safetensors", 20)


def test_an_empty_category_is_refused(found: Survey) -> None:
    few = Survey(found.latents[:3], {k: v[:3] for k, v in found.standard.items()}, found.scales, 9)
    with pytest.raises(RunError, match="measure more with --count"):
        styles.average(few, "normal", styles.categories(["thickness", "slant"]))


def test_regression_finds_the_coordinates(found: Survey) -> None:
    linear = directions.regress(found)
    made = directions.as_directions(linear)
    assert made["thickness"].vector[0] > 0.99
    assert made["slant"].vector[1] > 0.99
    assert linear.explained.min() > 0.9
    for one in made.values():
        assert np.linalg.norm(one.vector) == pytest.approx(1, abs=1e-5)
    predicted = found.latents @ linear.coefficients[linear.traits.index("slant")]
    assert np.corrcoef(predicted, found.standard["slant"])[0, 1] > 0.97


def test_regression_says_when_nothing_is_explained(found: Survey) -> None:
    noise = np.random.default_rng(0).standard_normal(len(found.latents))
    linear = directions.regress(Survey(found.latents, {"noise": noise}, {}, 0))
    assert linear.explained[0] < 0.1


def test_conditional_projection_keeps_the_others_still() -> None:
    def direction(*vector: float) -> directions.Direction:
        return directions.Direction(np.array(vector, np.float32), 2.0, 1.0, "regression")

    tilted, other = direction(0.6, 0.8, 0), direction(0, 1, 0)
    alone = directions.without(tilted, [other])
    assert alone.vector == pytest.approx([1, 0, 0])
    assert alone.strength == pytest.approx(1.2)
    assert directions.without(tilted, []) == tilted
    assert directions.cosines({"a": tilted, "b": other})["a"]["b"] == pytest.approx(0.8)
    with pytest.raises(RunError, match="nothing is left"):
        directions.without(other, [other])


def test_directions_are_stored_with_what_is_known_of_them(found: Survey, tmp_path: Path) -> None:
    made = directions.as_directions(directions.regress(found))
    directions.save(made, tmp_path / "d.safetensors")
    with safe_open(tmp_path / "d.safetensors", framework="numpy") as file:
        for name, one in made.items():
            assert np.array_equal(file.get_tensor(name), one.vector)
            about = json.loads(file.metadata()[name])
            assert about == {"strength": one.strength, "explained": one.explained, "kind": "regression"}


def test_full_control_meets_what_is_asked_in_every_class(found: Survey) -> None:
    maker, linear = BarMaker(), directions.regress(found)
    latents, labels = maker.latents(60, 77), np.arange(60) % 3
    random = np.random.default_rng(2)
    asked = {"thickness": random.uniform(2.5, 5.5, 60), "slant": random.uniform(-0.3, 0.3, 60)}
    misses = []
    for rounds, least in ((1, 0.8), (4, 0.97)):
        made = control.steer(maker, linear, found, WANTED, asked, latents, labels, rounds)
        measured = traits.measure(maker.images(made, labels), WANTED)
        for name in asked:
            assert np.corrcoef(asked[name], measured[name])[0, 1] > least
        assert np.linalg.norm(made, axis=1) == pytest.approx(np.linalg.norm(latents, axis=1), rel=1e-4)
        misses.append(np.abs(measured["slant"] - asked["slant"]).mean())
    assert misses[1] < misses[0]
    with pytest.raises(RunError, match="not measured"):
        control.steer(maker, linear, found, WANTED, {"ink": asked["slant"]}, latents, labels)
