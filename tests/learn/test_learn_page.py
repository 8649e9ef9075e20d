"""The explainer as a person uses it, in Chromium, from a file, without a network."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gansmith.learn import document

STATIONS = range(1, 9)
Opened = Callable[..., Any]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("learn") / "learn.html"
    path.write_text(document(), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def pages(browser: Any) -> dict[str, list[Any]]:
    """Pages that tests have opened, by their settings: a page that is loaded anew is cheaper than a new one."""
    return defaultdict(list)


@pytest.fixture
def opened(browser: Any, file: Path, pages: dict[str, list[Any]]) -> Iterator[Opened]:
    """Opens the page with a hash. Errors of the page, and requests, fail the test."""
    used: list[tuple[str, Any]] = []
    wrong: list[str] = []

    def watch(page: Any) -> Any:
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: wrong.append(request.url) if foreign(request.url) else None)
        return page

    def open_page(text: str = "", **settings: Any) -> Any:
        key = repr(sorted(settings.items()))
        page = pages[key].pop() if pages[key] else browser.new_context(offline=True, **settings).new_page()
        page.set_default_timeout(300_000)  # a busy machine is no failure
        used.append((key, watch(page)))
        page.goto(file.as_uri() + text)
        return page

    yield open_page
    for key, page in used:
        page.goto("about:blank")  # or it would play on
        pages[key].append(page)
    assert wrong == []


def foreign(url: str) -> bool:
    """Whether a request leaves this machine's disk."""
    return not url.startswith(("file:", "about:", "data:", "blob:"))


def until(page: Any, condition: str, seconds: float = 300) -> None:
    """Wait for a condition, an expression of JavaScript."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"never true: {condition}"
        page.wait_for_timeout(50)


def steps(page: Any, side: str = "a") -> list[int]:
    return page.evaluate(f"[sides.{side}.game.d.steps, sides.{side}.game.g.steps]")


def weights(page: Any, side: str = "a") -> np.ndarray:
    return np.array(page.evaluate(f"[...sides.{side}.game.g.weights.flat, ...sides.{side}.game.d.weights.flat]"))


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


# ---- the tour


def test_the_tour_goes_through_all_stations_by_keyboard(opened: Opened):
    page = opened()
    titles = []
    page.focus("#station-next")
    for number in STATIONS:
        assert page.inner_text("#station-number") == f"Station {number} of 8"
        titles.append(page.inner_text("#station-title"))
        assert "Look at:" in page.inner_text("#station-text")
        assert "Try:" in page.inner_text("#station-text")
        assert page.locator("#station-actions button").count() >= 1
        if number < 8:
            page.focus("#station-next")
            page.keyboard.press("Enter")
            assert page.evaluate("document.activeElement.id") == "station-title"
    assert len(set(titles)) == 8
    assert page.is_disabled("#station-next")
    assert page.is_visible("#workshop")


@pytest.mark.parametrize("number", [3, 6, 8])
def test_a_station_is_what_its_link_says(number: int, opened: Opened):
    """A link to a station sets the page up as the tour does."""
    linked, walked = opened(f"#station={number}"), opened()
    walked.get_by_role("button", name=f"Station {number}:").click()
    state = "JSON.stringify([state, layers, sides.a.game.d.steps, location.hash])"
    assert linked.evaluate(state) == walked.evaluate(state)
    assert linked.evaluate("location.hash") == f"#station={number}"


@pytest.mark.parametrize(("number", "fault"), [(0, "never-frozen"), (2, "labels")])
def test_a_mistake_of_the_tour_is_switched_on_and_explained(number: int, fault: str, opened: Opened):
    page = opened("#station=7")
    assert page.inner_text("#fault-told") == ""
    page.locator("#station-actions button").nth(number).click()
    assert page.input_value("#rule-fault") == fault
    assert len(page.inner_text("#fault-told")) > 80
    until(page, "sides.a.game.updates > 2")
    press(page, "Pause")


# ---- playing


def test_it_plays_and_answers(opened: Opened):
    """While it trains the page takes a press within the frame, and every update is one step of each player."""
    page = opened("#station=4")
    page.click("#play")
    until(page, "sides.a.game.updates > 5 && sides.a.history.rows.length > 5")
    press(page, "Pause")
    played = steps(page)
    page.wait_for_timeout(100)
    assert steps(page) == played
    assert played[0] == played[1] > 5
    assert page.inner_text("#message").startswith("Paused. Steps: D ")


def test_training_is_cut_into_slices(opened: Opened):
    """A frame trains for as long as its slice, however many updates that are, and no longer than one more."""
    page = opened("#station=4")
    lengths = page.evaluate(
        """() => {
            const clock = { now: 0 };
            performance.now = () => clock.now;
            const counts = [];
            for (const cost of [1, 4, 100]) {
                const before = sides.a.game.updates;
                const update = sides.a.update;
                sides.a.update = function () { clock.now += cost; this.game.updates += 1; };
                transport.playing = true;
                transport.drawn = Infinity; // nothing is drawn in between
                transport.frame(clock.now);
                transport.playing = false;
                sides.a.update = update;
                counts.push(sides.a.game.updates - before);
            }
            return counts;
        }"""
    )
    assert lengths == [11, 3, 1]


def test_steps_of_one_player_move_it_alone(opened: Opened):
    page = opened()
    both = "[sides.a.game.d, sides.a.game.g].map((player) => [...player.weights.flat])"
    before = page.evaluate(both)
    page.click("#step-d")
    between = page.evaluate(both)
    assert between[0] != before[0]
    assert between[1] == before[1]
    page.click("#step-g")
    after = page.evaluate(both)
    assert after[0] == between[0]
    assert after[1] != between[1]
    assert steps(page) == [1, 1]


def test_slow_motion_lights_each_part_in_turn(opened: Opened):
    page = opened("#station=5")
    page.click("#slow")
    seen = []
    for _ in range(11):
        page.click("#one")
        part = page.evaluate("transport.part")
        assert page.inner_text("#part") == page.evaluate(f"PARTS['{part}']")
        assert page.locator("#diagram .lit").count() >= 1
        seen.append(part)
    turn = ["latents", "make"]
    assert seen[:10] == [
        *turn, "real", "judge-real", "judge-fake", "move-d", *turn, "judge-fake", "hint",
    ]  # fmt: skip
    assert seen[10] == "move-g"
    page.click("#slow")
    assert steps(page) == [1, 1]
    assert not page.is_visible("#diagram-part")


def test_slow_motion_is_the_same_game(opened: Opened):
    """An update that is watched part by part, or left in the middle, moves the weights as any other."""
    watched, plain = opened("#station=5"), opened("#station=5")
    watched.click("#slow")
    for _ in range(15):
        watched.click("#one")
    watched.click("#slow")
    for _ in range(2):
        plain.click("#one")
    assert (weights(watched) == weights(plain)).all()


# ---- rules, sides, links


def test_a_link_is_one_game(opened: Opened):
    """Settings, drawing and seed go by the address, and the same address plays the same game."""
    page = opened("#station=6")
    page.fill("#seed", "12")
    page.press("#seed", "Enter")
    page.select_option("#rule-loss", "hinge")
    page.click("#edit-b")
    page.select_option("#rule-gamma", "0.3")
    page.select_option("#rule-turnsG", "2")
    address = page.evaluate("location.hash")
    other = opened(address)
    for one in (page, other):
        one.click("#restart")
        for _ in range(3):
            one.click("#one")
    assert page.evaluate("JSON.stringify(state)") == other.evaluate("JSON.stringify(state)")
    for side in ("a", "b"):
        assert (weights(page, side) == weights(other, side)).all()
    assert steps(page, "b") == [3, 6]


@pytest.mark.parametrize(
    "text", ["#station=99", "#seed=x&data=none", "#a.loss=constructor&a.toString=1", "#plane=zz&line=9x", "#%", "#b.x"]
)
def test_a_link_that_says_nonsense_is_the_first_station(text: str, opened: Opened):
    page = opened(text)
    assert page.evaluate("JSON.stringify(state) === JSON.stringify(fresh(1))")


def test_a_saved_page_holds_its_game(opened: Opened, browser: Any, tmp_path: Path):
    """Also where it is opened without an address, on another machine, and saved again."""
    page = opened("#station=6&seed=12&b.gamma=0.3")
    page.click("#play")
    page.click("#play")
    path = tmp_path / "saved.html"
    for _ in range(2):
        with page.expect_download() as download:
            page.click("#save")
        download.value.save_as(path)
        page = browser.new_context(offline=True).new_page()
        page.goto(path.as_uri())
        assert page.evaluate("[state.station, state.seed, state.b.gamma]") == [6, 12, 0.3]
        assert page.locator("#side-b canvas").count() == 1
    page.goto(path.as_uri() + "#station=2")
    assert page.evaluate("[state.station, state.seed]") == [2, 0]
    page.close()


def test_a_copied_link_says_where_it_opens(opened: Opened):
    page = opened()
    page.click("#copy")
    until(page, "document.getElementById('copied').textContent.includes('on this machine alone')")


def test_a_link_to_a_line_without_heights_has_one_column(opened: Opened):
    page = opened("#data=own-line&line=0000")
    assert page.evaluate("sides.a.game.mixture.centres.length") == 1
    page.click("#one")
    assert steps(page) == [1, 1]


def test_styles_are_of_the_game_that_is_played(opened: Opened):
    page = opened("#station=8")
    page.click("#gather")
    assert page.is_visible("#styles-made")
    page.click("#restart")
    assert not page.is_visible("#styles-made")
    page.select_option("#rule-latent", "1")
    assert not page.is_visible("#workshop")


def test_two_sides_begin_alike_and_differ_by_the_changed_rule(opened: Opened):
    page = opened("#station=5")
    page.check("#both")
    assert (weights(page, "a") == weights(page, "b")).all()
    page.click("#one")
    assert (weights(page, "a") == weights(page, "b")).all()
    page.select_option("#rule-rateG", "0.01")  # of side B, which is being edited
    page.click("#one")
    assert (weights(page, "a") != weights(page, "b")).any()
    page.click("#edit-a")
    assert page.input_value("#rule-rateG") == "0.002"


def test_every_choice_plays(opened: Opened):
    """Each distribution, loss and number of latents: two updates, drawn with every background, and all numbers finite."""
    page = opened()
    for data in page.evaluate("[...document.querySelectorAll('#data option')].map((one) => one.value)"):
        page.select_option("#data", data)
        for latent in ("1", "2"):
            page.select_option("#rule-latent", latent)
            page.click("#one")
            for background in page.evaluate("Object.keys(BACKGROUNDS[dim()])"):
                page.select_option("#background", background)
        for loss in page.evaluate("RULES.loss.choices"):
            page.select_option("#rule-loss", loss)
            page.click("#one")
        assert np.isfinite(weights(page)).all(), data


# ---- a distribution of one's own


def test_a_painted_distribution_is_played(opened: Opened):
    page = opened()
    page.click("summary")
    box = page.locator("#drawing").bounding_box()
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 120, box["y"] + 30, steps=12)
    page.mouse.up()
    painted = page.evaluate("state.plane.length / 2")
    assert painted >= 4
    page.click("#use")
    assert page.evaluate("[state.data, sides.a.game.dim]") == ["own-plane", 2]
    assert page.evaluate("sides.a.game.mixture.centres.length") == painted
    assert opened(page.evaluate("location.hash")).evaluate("sides.a.game.mixture.centres.length") == painted


def test_keys_alone_draw(opened: Opened):
    page = opened()
    page.focus("summary")
    page.keyboard.press("Enter")
    page.focus("#drawing")
    for key in ("Space", "ArrowRight", "Space", "ArrowUp", "Space", "Space"):
        page.keyboard.press(key)
    assert page.evaluate("[...cellsOf(state.plane)]") == [10 + 20 * 10, 11 + 20 * 10]
    assert page.inner_text("#drawing-told") == "Column 12, row 12 from below: empty."
    page.click("#draw-line")
    page.focus("#drawing")
    for key in ("ArrowUp", "ArrowUp", "ArrowRight", "ArrowUp", "ArrowDown", "ArrowDown"):
        page.keyboard.press(key)
    assert page.evaluate("heightsOf(state.line)[10]") == 2
    assert page.evaluate("heightsOf(state.line)[11]") == 0
    page.click("#use")
    assert page.evaluate("[state.data, sides.a.game.dim, sides.a.game.mixture.centres.length]") == ["own-line", 1, 1]


def test_presets_fill_the_drawing(opened: Opened):
    page = opened()
    page.click("summary")
    for kind in ("line", "plane"):
        page.click(f"#draw-{kind}")
        for name in page.evaluate("[...document.querySelectorAll('#preset option')].map((one) => one.value)")[1:]:
            page.select_option("#preset", name)
            assert page.evaluate(f"state.{kind}") != ""
            assert page.evaluate("fromHash(toHash(state))." + kind) == page.evaluate(f"state.{kind}")
            page.select_option("#preset", "")
        page.click("#empty")
        assert page.evaluate(f"state.{kind}") == ""


# ---- styles


def test_styles_are_gathered_scaled_and_added(opened: Opened):
    page = opened("#station=8")
    page.evaluate("for (let k = 0; k < 300; k++) sides.a.update()")
    page.click("#gather")
    assert page.locator("#style-cards canvas").count() == 4
    assert page.inner_text("#gathered").startswith("Averaged: ")
    page.locator("#factor").evaluate("(one) => { one.value = 0; one.dispatchEvent(new Event('input')); }")
    assert "average stroke" in page.inner_text("#factor-meaning")
    pictures = page.evaluate("[...document.querySelectorAll('#style-cards canvas')].map((one) => one.toDataURL())")
    assert len(set(pictures)) == 1
    page.select_option("#first", "thick right")
    page.select_option("#sign", "-1")
    page.select_option("#second", "thick straight")
    assert page.inner_text("#sum-told").startswith("thick right minus thick straight is")
    assert "leaning right" in page.inner_text("#sum-told")


# ---- looks


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_window(width: int, opened: Opened):
    page = opened(viewport={"width": width, "height": 640})
    for number in STATIONS:
        page.evaluate(f"goTo({number})")
        page.evaluate("transport.setSlow(true); byId('editor').open = true; workshop.gather()")
        assert page.evaluate("document.documentElement.scrollWidth") == width, number


def test_dark_mode_is_dark(opened: Opened):
    ground = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    corner = "[...sides.a.canvas.getContext('2d').getImageData(3, 3, 1, 1).data].slice(0, 3)"
    assert max(opened(color_scheme="dark").evaluate(ground)) < 60
    assert max(opened(color_scheme="dark").evaluate(corner)) < 60
    assert min(opened(color_scheme="light").evaluate(ground)) > 200


def test_the_keyboard_alone_reaches_everything(opened: Opened):
    page = opened("#station=8")
    page.evaluate(
        "transport.setSlow(true); byId('editor').open = true; workshop.gather(); document.activeElement.blur()"
    )
    every = "[...document.querySelectorAll('button, input, select, summary, a[href], [tabindex=\"0\"]')]"
    wanted = page.evaluate(f"{every}.filter((one) => one.checkVisibility() && !one.disabled).length")
    seen = set()
    for _ in range(wanted + 2):
        page.keyboard.press("Tab")
        seen.add(page.evaluate(f"{every}.indexOf(document.activeElement)"))
    assert len(seen - {-1}) == wanted


def test_axe_finds_nothing_in_the_explainer(opened: Opened):
    axe = os.environ.get("GANSMITH_AXE")
    if axe is None:
        pytest.skip("no axe-core here: name its axe.min.js in GANSMITH_AXE")
    source = Path(axe).read_text(encoding="utf-8")
    for scheme, width, number in (("light", 1280, 8), ("dark", 1280, 6), ("light", 360, 7), ("dark", 360, 8)):
        page = opened(f"#station={number}", color_scheme=scheme, viewport={"width": width, "height": 800})
        page.evaluate("transport.setSlow(true); byId('editor').open = true; workshop.gather()")
        page.select_option("#rule-fault", "labels")
        page.evaluate(source)
        found = page.evaluate(
            "axe.run().then(({violations}) => violations.map((v) => [v.impact, v.id, v.nodes[0].html]))"
        )
        assert found == []
