"""Each mistake shows its picture: what the numbers of a game do when it is made on purpose."""

from __future__ import annotations

from typing import Any

import pytest
from learn_page import load

RULES = {"latent": 0, "loss": "non-saturating", "gamma": 0.1, "turnsD": 1, "turnsG": 1, "rateD": 2e-3, "rateG": 2e-3}

PLAY = """([rules, seed, updates]) => {
    const game = new Game(DISTRIBUTIONS.ring.mixture, rules, seed);
    const view = new View(game);
    const [g, d] = [game.g, game.d].map((player) => player.weights.flat.slice());
    for (let update = 0; update < updates; update++) game.step();
    const made = view.made();
    const moved = (player, before) => {
        let [change, size] = [0, 0];
        player.weights.flat.forEach((value, at) => { change += (value - before[at]) ** 2; size += before[at] ** 2; });
        return Math.sqrt(change / size);
    };
    const hints = Math.max(...view.hints(made).map(Math.abs));
    const farthest = Math.sqrt(made.reduce((sum, value) => sum + value * value, 0) / made.length);
    return { ...game.report, ...found(game.mixture, made), g: moved(game.g, g), d: moved(game.d, d), hints, farthest };
}"""


@pytest.fixture(scope="module")
def engine(browser: Any) -> Any:
    page = browser.new_context(offline=True).new_page()
    page.set_default_timeout(600_000)
    load(page, "engine/views.js", "engine/game.js")
    return page


@pytest.fixture(scope="module")
def after(engine: Any) -> dict[str, dict[str, float]]:
    """Name of the mistake -> the numbers after 200 updates on the ring."""
    names = ("none", "never-frozen", "never-trained", "labels", "dropped-rate")
    return {name: engine.evaluate(PLAY, [{**RULES, "fault": name}, 0, 200]) for name in names}


def test_a_right_game_has_left_its_start(after: dict[str, dict[str, float]]):
    """What the mistakes are compared with: points among the heaps, and both players moved."""
    right = after["none"]
    assert right["near"] > 0.15
    assert right["farthest"] < 1.5
    assert right["g"] > 0.3
    assert right["d"] > 0.2


def test_a_bribed_judge_sends_the_points_away(after: dict[str, dict[str, float]]):
    faulty = after["never-frozen"]
    assert faulty["near"] < 0.02
    assert faulty["farthest"] > 3


def test_a_judge_that_never_trains_is_pleased_for_nothing(after: dict[str, dict[str, float]]):
    """G's loss is all but zero, as if it had won."""
    faulty = after["never-trained"]
    assert faulty["d"] == 0
    assert faulty["lossG"] < 0.1
    assert faulty["near"] < 0.02
    assert faulty["farthest"] > 3


def test_labels_have_no_gradient(after: dict[str, dict[str, float]]):
    faulty = after["labels"]
    assert faulty["hints"] == 0
    assert faulty["g"] == 0
    assert faulty["d"] > 0.1
    assert faulty["fake"] < 0.45 < after["none"]["fake"]


def test_a_dropped_rate_stands_still(after: dict[str, dict[str, float]]):
    faulty = after["dropped-rate"]
    assert faulty["hints"] > 0
    assert 0 < faulty["g"] < after["none"]["g"] / 10
    assert 0 < faulty["d"] < after["none"]["d"] / 10


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_eight_heaps_are_found(seed: int, engine: Any):
    """With the page's own settings."""
    made = engine.evaluate(PLAY, [{**RULES, "fault": "none"}, seed, 800])
    assert made["modes"] == 8
    assert made["near"] > 0.5


def test_a_judge_that_learns_alone_comes_to_the_best_verdict(engine: Any):
    """p / (p + q), with G frozen, on a line."""
    gap = engine.evaluate(
        """([rules, steps]) => {
            const game = new Game(DISTRIBUTIONS.hill.mixture, rules, 0);
            const view = new View(game);
            const [side, reach] = [150, 1.5];
            const places = Float64Array.from({ length: side }, (_, k) => ((k + 0.5) / side) * 2 * reach - reach);
            const { p, q } = view.densities(side, reach);
            const best = bestVerdict(p, q, 1);
            const mean = () => {
                const verdicts = view.verdicts(places);
                const total = p.reduce((sum, value, at) => sum + value + q[at], 0);
                return p.reduce((sum, value, at) => sum + (value + q[at]) * Math.abs(verdicts[at] - best[at]), 0) / total;
            };
            const before = mean();
            for (let step = 0; step < steps; step++) for (const part of game.alone("turnOfD")) void part;
            return [before, mean()];
        }""",
        [{**RULES, "gamma": 0, "rateD": 5e-3, "fault": "none"}, 300],
    )
    assert gap[0] > 0.3
    assert gap[1] < 0.1


def test_densities_are_densities(engine: Any):
    """Both sum to one where all is in sight, and p is the mixture's own, a little blurred."""
    sums = engine.evaluate(
        """(rules) => {
            const game = new Game(DISTRIBUTIONS.ring.mixture, rules, 0);
            const { p, q } = new View(game).densities(48, 1.5);
            const cell = (3 / 48) ** 2;
            return [p, q].map((values) => values.reduce((sum, value) => sum + value, 0) * cell);
        }""",
        {**RULES, "fault": "none"},
    )
    assert sums == pytest.approx([1, 1], abs=0.02)
