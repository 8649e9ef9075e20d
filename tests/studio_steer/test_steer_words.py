"""What Steer and Quiz say and show beside the pictures, in Chromium, before a studio that serves small runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from served_studio import Served
from steer_in_chromium import Opened, says, until

import small_runs


def test_the_picture_stays_in_sight(opened: Opened):
    """Also where the window is too low for all that stands below it."""
    page = opened(viewport={"width": 1280, "height": 500})
    stage = page.locator(".steer .stage")
    assert stage.evaluate("(one) => one.scrollHeight > one.clientHeight")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    stage.evaluate("(one) => one.scrollTo(0, one.scrollHeight)")
    box = page.locator("canvas.large").bounding_box()
    assert box["y"] >= 0
    assert box["y"] + box["height"] <= 500
    assert page.get_by_label("As a text").evaluate(
        "(one) => document.elementFromPoint(...[one.getBoundingClientRect()].map((b) => [b.x + 5, b.y + 5])[0]) === one"
    )


def test_rows_and_columns_of_the_grid_have_names(opened: Opened):
    page = opened()
    assert page.locator(".row-heads").inner_text().split() == [str(digit) for digit in range(10)]
    tops = page.locator(".column-heads span")
    assert tops.all_inner_texts() == [f"seed {seed}" for seed in range(10)]
    page.get_by_label("Styles of the columns").select_option("named styles")
    assert tops.all_inner_texts() == ["thick", "thin", "typical"]
    column, picture = tops.nth(2).bounding_box(), page.locator(".grid-frame button").nth(2).bounding_box()
    assert abs(column["x"] - picture["x"]) < 1


def test_enlarging_says_what_goes_in_and_what_comes_out(opened: Opened):
    page = opened()
    page.get_by_role("button", name="take the picture shown").click()
    says(page, "In goes your picture at 8 × 8 pixels", ".doing")
    says(page, "Out comes one of 16 × 16", ".doing")
    page.get_by_label("From which size").select_option("from 4 × 4")
    says(page, "In goes your picture at 4 × 4 pixels", ".doing")


def test_the_command_names_the_run(opened: Opened, served: Served):
    says(opened(), f"gansmith sample {served.folder}/small --count 1 --seed 0", ".command")


def test_groups_are_called_groups(opened: Opened, served: Served):
    if not Path(served.folder / "grouped").exists():
        run = small_runs.make(served.folder / "grouped", data__labels="clusters", data__clusters=3)
        np.save(run.groups, np.arange(40) % 3)
    page = opened(run="grouped")
    assert page.locator(".actions h2").inner_text() == "Group"
    says(page, "· group ")
    assert page.locator(".row-heads span").all_inner_texts() == ["group 0", "group 1", "group 2"]
    assert "lass" not in page.locator(".steer").inner_text()
    page = opened("quiz", run="grouped")
    page.get_by_role("button", name="Begin").click()
    says(page, "Picture 1 of 10", ".quiz .head")
    page.keyboard.press("r")
    says(page, ", group ", ".said")


def test_a_verdict_shows_its_picture_and_mistakes_are_shown_at_the_end(opened: Opened):
    page = opened("quiz")
    page.get_by_role("button", name="Begin").click()
    seen: list[str] = []
    for number in range(10):
        says(page, f"Picture {number + 1} of 10", ".quiz .head")
        until(lambda: page.get_by_role("button", name="Real").is_enabled(), "a question")
        if number:
            says(page, f"Picture {number} was ", ".said")
            assert page.locator(".said img").get_attribute("src") == seen[-1]
        seen.append(page.locator("img.question").get_attribute("src"))
        page.keyboard.press("r")
    says(page, "of 10 times", ".afterwards")
    wrong = page.locator(".afterwards tbody tr", has_text="real ✗")
    mistakes = page.locator(".mistakes figure")
    assert mistakes.count() == wrong.count()
    for number in range(mistakes.count()):
        assert "generated" in mistakes.nth(number).inner_text()
        assert mistakes.nth(number).locator("img").evaluate("(one) => one.decode().then(() => one.naturalWidth)") == 16
