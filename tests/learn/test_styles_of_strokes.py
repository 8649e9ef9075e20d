"""Article 001's arithmetic on pen strokes, with a generator that the page has trained."""

from __future__ import annotations

from typing import Any

import pytest
from learn_page import load

RULES = {
    "latent": 0, "loss": "non-saturating", "gamma": 0.1, "turnsD": 1, "turnsG": 1, "rateD": 2e-3, "rateG": 2e-3,
    "fault": "none",
}  # fmt: skip

GATHER = """([rules, seed]) => {
    const game = new Game(DISTRIBUTIONS.strokes.mixture, rules, seed);
    const view = new View(game);
    for (let update = 0; update < 400; update++) game.step();
    const latents = view.latents.slice(0, 800);
    const styles = sortedByStyle(latents, view.made(latents));
    const point = (latent) => [...view.made(Float64Array.from(latent))];
    const of = (factor) => Object.fromEntries(
        Object.entries(styles).map(([name, { latent }]) => [name, point(scaled(latent, factor))]));
    const [thick, thin] = [styles["thick straight"].latent, styles["thin right"].latent];
    const right = styles["thick right"].latent;
    return {
        counts: Object.values(styles).map(({ count }) => count), zero: of(0), one: of(1), two: of(2), minus: of(-1),
        sum: point(plus(thick, thin)), difference: point(plus(right, thick, -1)),
    };
}"""


@pytest.fixture(scope="module", params=[0, 1])
def made(request: pytest.FixtureRequest, browser: Any) -> dict[str, Any]:
    """Strokes (slant, thickness) of styles, scaled and added."""
    page = browser.new_context(offline=True).new_page()
    load(page, "engine/views.js", "tour/arithmetic.js", "engine/game.js")
    return page.evaluate(GATHER, [RULES, request.param])


def test_each_style_makes_its_own_strokes(made: dict[str, Any]):
    middle = made["zero"]["thick straight"]
    for name, (slant, thickness) in made["one"].items():
        assert (slant > middle[0]) == name.endswith("right"), name
        assert (thickness > middle[1]) == name.startswith("thick"), name
    assert min(made["counts"]) > 40


def test_at_zero_all_are_one_and_below_each_is_its_opposite(made: dict[str, Any]):
    assert len({tuple(stroke) for stroke in made["zero"].values()}) == 1
    middle = made["zero"]["thick straight"]
    for name, (slant, thickness) in made["minus"].items():
        assert (slant > middle[0]) != name.endswith("right"), name
        assert (thickness > middle[1]) != name.startswith("thick"), name


def test_twice_a_style_is_exaggerated(made: dict[str, Any]):
    middle = made["zero"]["thick straight"]

    def far(stroke: list[float]) -> float:
        return abs(stroke[0] - middle[0]) + abs(stroke[1] - middle[1])

    assert all(far(made["two"][name]) > far(made["one"][name]) for name in made["one"])


def test_sums_and_differences_are_what_their_names_say(made: dict[str, Any]):
    """thick straight + thin right lies between them; thick right - thick straight leans right and is no longer thick."""
    one = made["one"]
    assert made["sum"][0] > one["thick straight"][0]
    assert made["sum"][1] > one["thin right"][1]
    assert made["difference"][0] > made["zero"]["thick right"][0]
    assert made["difference"][1] < one["thick right"][1]
