"""Steer and Quiz as a person uses them, in Chromium, before a studio that serves a small run."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from served_studio import Served
from steer_in_chromium import Opened, cell, close, of_seed, says, shown, slide, until

from gansmith.studio.steering.lines import as_png
from gansmith.trained.generator import Generator, load
from gansmith.web import scripts


@pytest.fixture(scope="module")
def generator(served: Served) -> Generator:
    return load(served.folder / "small")


# ---- the palette and the numbers of a latent


def test_hovering_shows_clicking_keeps_and_a_copied_latent_is_the_same_picture(opened: Opened, generator: Generator):
    page = opened()
    cell(page, 5).hover()
    says(page, "seed 5")
    assert f"{generator.latents(1, 5)[0, 0]:.2f}" in page.locator(".chosen").inner_text()
    page.locator("h2", has_text="Palette").hover()
    says(page, "seed 0")
    cell(page, 8).click()
    says(page, "Kept seed 8", ".message")
    page.get_by_role("button", name="Copy").click()
    says(page, "Copied.", ".message")
    before = shown(page)
    assert close(before, of_seed(generator, 8))
    page.get_by_role("button", name="Random").click()
    until(lambda: "seed 8 ·" not in page.inner_text(".caption"), "another picture")  # whose seed may begin with 8
    text = page.get_by_label("As a text")
    text.fill("")
    text.focus()
    page.keyboard.press("Control+V")
    page.keyboard.press("Enter")
    says(page, "seed 8")
    says(page, "Restored seed 8", ".message")
    until(lambda: (shown(page) == before).all(), "the same picture")
    text.fill("no latent")
    page.keyboard.press("Enter")
    says(page, "This latent is damaged.", ".message")


def test_a_number_of_the_latent_is_changed_by_keyboard(opened: Opened, generator: Generator):
    page = opened()
    page.locator(".zpad").focus()
    for key in ("ArrowRight", "ArrowRight", "+", "+", "PageDown"):
        page.keyboard.press(key)
    says(page, "seed 0, edited")
    latent = generator.latents(1, 0)
    latent[0, 2] += np.float32(0.2 - 0.5)
    until(
        lambda: close(shown(page), generator.images(latent, generator.labels(1, None, 0))[0, :, :, 0]),
        "the edited picture",
    )


def test_a_slider_is_answered_by_the_page_alone(opened: Opened, generator: Generator):
    page = opened()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    slide(page, "slant", 2)
    says(page, "seed 0, changed")
    latent = generator.latents(1, 0)
    latent[0, 0] += np.float32(2)
    until(
        lambda: close(shown(page), generator.images(latent, generator.labels(1, None, 0))[0, :, :, 0]),
        "the changed picture",
    )
    assert [url for url in asked if url.startswith("http")] == []


# ---- the address


def test_the_address_holds_what_is_shown(opened: Opened):
    page = opened()
    cell(page, 3).click()
    cell(page, 4).click()
    page.get_by_role("button", name="Keep", exact=True).click()
    slide(page, "ink", -1.5)
    page.get_by_role("button", name="Add the style thick").click()
    slide(page, "Scale of thick", 0.5)
    slide(page, "slant", 1)
    until(lambda: "slant%3A1" in page.evaluate("location.hash"), "the address")
    hash_ = page.evaluate("location.hash")
    before = shown(page)
    again = opened(state="?" + hash_.split("?", 1)[1])
    assert again.locator(".kept li").count() == 2
    assert again.inner_text(".caption") == page.inner_text(".caption")
    until(lambda: (shown(again) == before).all(), "the same picture")
    assert float(again.get_by_label("slant", exact=True).input_value()) == 1
    assert float(again.get_by_label("Scale of thick").input_value()) == 0.5


def test_an_address_of_nonsense_opens_the_first_picture(opened: Opened):
    page = opened(state="?seed=x&looks=%7B&move=directions/none:5&move=&class=77")
    says(page, "seed 0")


# ---- sums, children


def test_styles_and_pictures_are_dragged_and_scaled(opened: Opened, generator: Generator):
    page = opened()
    zone = page.get_by_role("group", name="Terms of the sum")
    page.get_by_role("button", name="Add the style thin").drag_to(zone)
    page.get_by_label("As long as in training").uncheck()
    slide(page, "Scale of thin", -2)
    says(page, "-2.0 × thin")
    wanted = np.zeros((1, 6), np.float32)
    wanted[0, 2] = 2  # thin is minus the third number
    label = generator.labels(1, None, 0)
    until(lambda: close(shown(page), generator.images(wanted, label)[0, :, :, 0]), "the scaled style")
    cell(page, 7).focus()
    page.keyboard.press("+")
    assert page.locator(".terms li").count() == 2
    page.get_by_label("Average").check()
    mean = (wanted + generator.latents(1, 7)) / 2
    until(lambda: close(shown(page), generator.images(mean, generator.labels(1, None, 7))[0, :, :, 0]), "the mean")
    page.get_by_role("button", name="Remove thin from the sum").click()
    assert page.locator(".terms li").count() == 1


def test_children_remember_their_parents(opened: Opened):
    page = opened()
    cell(page, 3).click()
    cell(page, 4).click()
    for number in (1, 2):
        page.get_by_role("button", name=f"Kept picture {number} as a parent").click()
    slide(page, "Diversity", 0)
    children = page.get_by_role("group", name="Children").get_by_role("button")
    children.nth(1).click()
    says(page, "child")
    rows = page.locator(".generation")
    assert rows.count() == 2
    rows.nth(1).get_by_role("button", name="Parents: show seed 4").click()
    says(page, "seed 4")
    assert "no parents" in page.locator(".tree").inner_text()


def test_diversity_is_the_share_of_new_numbers(blank: Any):
    blank.add_script_tag(content=scripts.joined("page/looks.js"))
    made = blank.evaluate(
        """() => [0, 0.3, 1].map((diversity) => {
            const parent = (v) => ({latent: new Float32Array(4000).fill(v), label: null});
            const one = child(parent(5), parent(7), new Stream(1, "explore"), "x", {diversity, law: "uniform"});
            return one.latent.filter((value) => value < 2).length / 4000;
        })"""
    )
    assert made[0] == 0
    assert made[1] == pytest.approx(0.3, abs=0.03)
    assert made[2] == 1


# ---- files, and pictures of one's own


DROP = """([bytes, name]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(bytes)], name, {type: "image/png"}));
    const place = document.querySelector(".steer .tools");
    place.dispatchEvent(new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true}));
}"""


def test_a_saved_picture_is_restored_when_it_is_dropped(opened: Opened):
    page = opened()
    cell(page, 21).click()
    says(page, "seed 21")
    with page.expect_download() as download:
        page.get_by_role("button", name="Save").click()
    data = Path(download.value.path()).read_bytes()
    assert json.loads(Image.open(io.BytesIO(data)).info["gansmith-latent"])["seed"] == "21"
    page.get_by_role("button", name="Random").click()
    page.evaluate(DROP, [list(data), "mine.png"])
    says(page, "Restored seed 21 from mine.png.", ".message")


def test_a_hole_is_painted_by_keyboard_and_filled(opened: Opened, generator: Generator):
    page = opened()
    page.get_by_role("button", name="7", exact=True).click()
    page.evaluate(DROP, [list(as_png(generator.sample(1, 5, "7")[0])), "own.png"])
    says(page, "Took own.png", ".message")
    fill = page.get_by_role("button", name="Fill the hole")
    assert fill.is_disabled()
    easel = page.locator(".easel")
    easel.focus()
    for key in ("Space", "ArrowLeft", "ArrowLeft", "Space"):
        page.keyboard.press(key)
    painted = shown(page, ".easel") != generator.sample(1, 5, "7")[0, :, :, 0]
    assert painted[8, 8]
    assert not painted[0].any()
    fill.click()
    says(page, "On the way", ".results")
    says(page, "Filled:", ".results")
    known = ~painted
    known[7:10, 4:11] = False  # and the keyboard's own mark
    for nth in range(4):
        made = shown(page, ".results canvas", nth)
        assert (made[known] == generator.sample(1, 5, "7")[0, :, :, 0][known]).all()
    page.get_by_role("button", name="Go on from the latent of variant 2").click()
    says(page, "variant 2 · 7")


def test_a_job_is_cancelled_from_the_page(opened: Opened):
    page = opened()
    page.get_by_role("button", name="take the picture shown").click()
    page.get_by_role("button", name="Nearest picture").click()
    page.get_by_role("button", name="Cancel").locator("visible=true").click()
    says(page, "Cancelled.", ".doing .message")
    assert page.get_by_role("button", name="Nearest picture").is_enabled()


# ---- the quiz


def test_the_quiz_is_taken_by_keyboard(opened: Opened):
    page = opened("quiz")
    page.get_by_role("button", name="Begin").focus()
    page.keyboard.press("Enter")
    for number in range(10):
        says(page, f"Picture {number + 1} of 10", ".quiz .head")
        until(lambda: page.get_by_role("button", name="Real").is_enabled(), "a question")
        if number == 0:
            said = page.locator(".quiz").inner_text()
            assert "it was" not in said
            assert "logit" not in said
        page.keyboard.press("r" if number % 2 else "g")
    says(page, "of 10 times", ".afterwards")
    assert "It was right" in page.locator(".afterwards").inner_text()
    assert page.locator(".afterwards tbody tr").count() == 10


# ---- for everybody


def test_nothing_is_wider_than_a_phone(opened: Opened):
    page = opened(viewport={"width": 360, "height": 640})
    cell(page, 1).click()
    page.get_by_role("button", name="take the picture shown").click()
    page.get_by_role("button", name="Add the style thick").click()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.get_by_label("slant", exact=True).focus()
    frame, slider = page.locator("canvas.large").bounding_box(), page.get_by_label("slant", exact=True).bounding_box()
    assert 0 <= frame["y"] < frame["y"] + frame["height"] <= slider["y"] <= 640


def test_the_keyboard_alone_reaches_everything(opened: Opened):
    page = opened()
    for nth in (1, 2):
        cell(page, nth).click()
    page.get_by_role("button", name="take the picture shown").click()
    page.get_by_role("button", name="Add the style thick").click()
    inside = ", ".join(f".steer {one}" for one in ("button", "input", "select", "a[href]", "summary", "[tabindex]"))
    wanted = page.evaluate(
        """(controls) => [...document.querySelectorAll(controls)]
            .filter((one) => one.checkVisibility() && !one.disabled && one.tabIndex >= 0).length""",
        inside,
    )
    page.evaluate("document.querySelector('h1').focus()")
    seen: set[int] = set()
    for _ in range(wanted + 12):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate(
                "(controls) => [...document.querySelectorAll(controls)].indexOf(document.activeElement)", inside
            )
        )
    assert len(seen - {-1}) == wanted


def test_axe_finds_nothing(opened: Opened):
    axe = os.environ.get("GANSMITH_AXE")
    if axe is None:
        pytest.skip("no axe-core here: name its axe.min.js in GANSMITH_AXE")
    source = Path(axe).read_text(encoding="utf-8")
    for part, scheme, width in (
        ("steer", "light", 1280),
        ("steer", "dark", 360),
        ("quiz", "light", 1280),
        ("quiz", "dark", 360),
    ):
        page = opened(part, color_scheme=scheme, viewport={"width": width, "height": 800})
        if part == "steer":
            cell(page, 1).click()
            page.get_by_role("button", name="take the picture shown").click()
            page.get_by_role("button", name="Add the style thick").click()
        page.wait_for_timeout(200)
        page.evaluate(source)
        found = page.evaluate(
            "axe.run().then(({violations}) => violations.map((v) => [v.impact, v.id, v.nodes[0].html]))"
        )
        assert found == []
