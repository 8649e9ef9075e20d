"""The studio's page as a person uses it, in Chromium, before a server that the test plays."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from played_server import FINDING, Played, card, png, row

from gansmith.studio.starting.uploads import GATHERED

Opened = Callable[..., Any]


def until(page: Any, condition: Callable[[], bool]) -> None:
    """Wait for what the test sees from outside; the page goes on meanwhile."""
    for _ in range(6000):
        if condition():
            return
        page.wait_for_timeout(20)
    raise AssertionError("never true")


def says(page: Any, place: str, words: str) -> None:
    """Wait until a place of the page says this, among other words."""
    page.locator(place, has_text=words).first.wait_for()


def go(page: Any, place: str) -> None:
    page.evaluate("(place) => { location.hash = place; }", place)


# ---- the token


def test_the_token_leaves_the_address(opened: Opened):
    page = opened()
    assert "token" not in page.url
    page.reload()
    page.locator(".card").first.wait_for()


def test_without_a_token_it_is_asked_for(opened: Opened):
    page = opened(token="")
    page.get_by_label("Address or token").fill("http://127.0.0.1:9/#token=right")
    page.get_by_role("button", name="Open").click()
    page.locator(".card").first.wait_for()


def test_a_wrong_token_is_asked_for_again(opened: Opened):
    page = opened(token="wrong")
    says(page, "section", "does not know this tab")


def test_the_studio_of_one_run_opens_it(opened: Opened):
    page = opened(token="right&open=first", place="#/run/first")
    says(page, "h1", "first")
    assert page.url.endswith("#/run/first")


# ---- home


def test_cards_say_state_finding_and_progress(opened: Opened):
    page = opened()
    first = page.locator(".card").first
    first.locator("img:visible").wait_for()
    text = first.inner_text()
    for words in ("first", "training", "update 200 of 400", "50 %", "640 items/s", FINDING["line"]):
        assert words in text
    assert first.get_by_role("button").all_inner_texts() == ["Pause"]
    assert page.locator(".card").nth(1).get_by_role("button").all_inner_texts() == ["Resume", "Delete"]


def test_an_empty_folder_says_how_to_begin(opened: Opened, played: Played):
    played.cards = []
    says(opened(), ".first", "Start a first training")


def test_buttons_ask_the_server(opened: Opened, played: Played):
    page = opened()
    page.get_by_role("button", name="Pause first").click()
    says(page, "#notice", "Asked first to pause")
    page.get_by_role("button", name="Resume second/of two").click()
    says(page, "#notice", "goes on from its newest checkpoint")
    assert played.asked == [("runs/first/ask", {"kind": "pause"}), ("runs/second/of two/resume", {})]


def test_what_is_refused_is_said(opened: Opened, played: Played):
    played.refusals["runs/first/ask"] = "it has just ended: resume it"
    page = opened()
    page.get_by_role("button", name="Pause first").click()
    says(page, "#notice", "it has just ended: resume it")
    assert page.get_by_role("button", name="Pause first").is_enabled()


def test_a_deleted_run_can_be_brought_back(opened: Opened, played: Played):
    page = opened()
    before = played.cards
    page.get_by_role("button", name="Delete second/of two").click()
    says(page, "#notice", "is in the trash folder")
    assert page.locator(".card").count() == 1
    played.cards = before
    page.get_by_role("button", name="Undo").click()
    says(page, "#notice", "second/of two is back")
    assert page.locator(".card").count() == 2
    assert played.asked[-1] == ("trash/undo", {"name": "second/of two"})


def test_cards_follow_the_socket_and_keep_the_focus(opened: Opened, played: Played):
    page = opened()
    until(page, lambda: len(played.sockets) == 1)
    page.get_by_role("button", name="Pause first").focus()
    played.change("first", update=300, share=0.75)
    says(page, ".card", "update 300 of 400")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Pause first"


def test_names_are_text(opened: Opened, played: Played):
    name = "<img src=x onerror=alert(1)>"
    played.cards = [card(name, finding={**FINDING, "line": "<b>bold</b>", "text": "<b>bold</b>"})]
    page = opened()
    assert page.locator(".card h2").inner_text() == name
    page.locator(".card h2 a").click()
    says(page, "h1", name)
    says(page, ".finding", "<b>bold</b>")


# ---- what is gone, and comes back


def test_a_studio_that_is_gone_is_said_and_comes_back(opened: Opened, played: Played):
    page = opened()
    until(page, lambda: len(played.sockets) == 1)
    played.leave()
    says(page, "#gone", "The studio is gone")
    played.cards = [card("another")]
    played.is_gone = False
    says(page, ".card", "another")
    assert page.locator("#gone").inner_text() == ""


def test_a_training_that_is_gone_is_said_on_every_page(opened: Opened, played: Played):
    page = opened("#/new")
    until(page, lambda: len(played.sockets) == 1)
    played.change("first", state="failed", reason="it was killed", can=["resume", "delete"])
    says(page, "#notice", "first has failed: it was killed")
    go(page, "#/run/first")
    says(page, ".run-head", "failed")
    assert page.get_by_role("button", name="Resume").is_visible()


def test_a_pause_that_was_asked_for_is_no_news(opened: Opened, played: Played):
    page = opened()
    until(page, lambda: len(played.sockets) == 1)
    page.get_by_role("button", name="Pause first").click()
    says(page, "#notice", "Asked first to pause")
    played.change("first", state="paused", can=["resume"])
    says(page, ".card", "paused")
    assert "Asked first" in page.locator("#notice").inner_text()


def test_a_hidden_page_says_so(opened: Opened, played: Played):
    page = opened()
    until(page, lambda: {"hidden": False} in played.heard)
    page.evaluate(
        """() => {
            Object.defineProperty(document, "hidden", {value: true, configurable: true});
            document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    until(page, lambda: {"hidden": True} in played.heard)


# ---- a run


def watched(page: Any, played: Played, name: str = "first") -> None:
    """Wait until a run's page listens."""
    page.locator(".chart").first.wait_for()
    until(page, lambda: {"watch": name} in played.heard and bool(played.sockets))


def test_curves_grow_and_go_back(opened: Opened, played: Played):
    page = opened("#/run/first")
    watched(page, played)
    losses = page.locator(".chart", has_text="Losses")
    says(page, ".chart", "0.7")
    played.say({"kind": "rows", "name": "first", "rows": [row(200, 0.444)]})
    says(page, ".chart", "0.444")
    played.say({"kind": "rows", "name": "second/of two", "rows": [row(250, 0.999)]})
    played.say({"kind": "rows", "name": "first", "rows": [row(50, 0.555)], "afresh": True})
    says(page, ".chart", "0.555")
    assert "0.999" not in losses.inner_text()
    assert losses.locator("canvas").count() == 1
    played.say({"kind": "judgement", "name": "first", "row": {"update": 200, "metric": "SWD", "value": 7.25}})
    says(page, ".chart", "7.25")


def test_samples_form_live_and_time_can_be_gone_back(opened: Opened, played: Played):
    page = opened("#/run/first")
    watched(page, played)
    says(page, ".caption", "update 100 · after 33 s · 6,400 items seen · the newest")
    played.say({"kind": "sheets", "name": "first", "sheets": [{"update": 150, "images_seen": 9600, "seconds": 50}]})
    played.say_sheet("first", 150, png(200))
    says(page, ".caption", "update 150")
    slider = page.get_by_label("Time of the samples")
    slider.focus()
    page.keyboard.press("Home")
    says(page, ".caption", "update 0 ·")
    played.say({"kind": "sheets", "name": "first", "sheets": [{"update": 200}]})
    played.say_sheet("first", 200, png(220))
    until(page, lambda: slider.get_attribute("max") == "4")
    says(page, ".caption", "update 0 ·")
    page.get_by_role("button", name="Newest").click()
    says(page, ".caption", "update 200 · the newest")
    page.get_by_role("button", name="Real items").click()
    says(page, ".caption", "Real items of the training data")


def test_the_remedy_is_applied_by_one_press(opened: Opened, played: Played):
    page = opened("#/run/first")
    says(page, ".remedies", "0.02 → 0.0002")
    says(page, ".remedies", "goes back to the newest checkpoint from before update 100")
    page.get_by_role("button", name="Apply: optimizer.generator.rate = 0.0002").click()
    until(page, lambda: bool(played.asked))
    assert played.asked == [("runs/first/ask", {"kind": "change", "change": {"optimizer.generator.rate": 0.0002}})]


def test_a_paused_run_offers_no_change(opened: Opened, played: Played):
    played.cards[0] = card("first", finding=FINDING, state="paused", can=["resume", "delete"])
    page = opened("#/run/first")
    says(page, ".remedies", "0.02 → 0.0002")
    assert page.get_by_role("button", name="Apply").count() == 0


def test_a_change_of_a_healthy_run_loses_nothing(opened: Opened, played: Played):
    played.cards[0] = card("first")
    page = opened("#/run/first")
    page.get_by_text("Change one setting", exact=True).click()
    page.get_by_label("Setting", exact=True).select_option("loss.name")
    page.get_by_label("loss.name").select_option("non-saturating")
    says(page, "details", "This saves a checkpoint and trains on from it, so that nothing is lost")


def test_what_loses_a_training_asks_first(opened: Opened, played: Played):
    remedy = {"set": {"data.batch": 32}, "why": "it is too large", "source": ""}
    played.cards[0] = card("first", finding={**FINDING, "remedy": [remedy]})
    page = opened("#/run/first")
    page.get_by_role("button", name="Apply: data.batch = 32").press("Enter")
    says(page, ".remedies", "All that this training has learnt is lost")
    page.keyboard.press("Enter")  # once more: "No" has the focus
    assert page.locator(".asking").count() == 0
    page.get_by_role("button", name="Stop at once").click()
    says(page, ".asking", "What came after its newest checkpoint is lost")
    page.keyboard.press("Escape")
    assert played.asked == []
    page.get_by_role("button", name="Stop at once").click()
    page.get_by_role("button", name="Stop it").click()
    page.get_by_role("button", name="Apply: data.batch = 32").click()
    page.get_by_role("button", name="Begin again").click()
    until(page, lambda: len(played.asked) == 2)
    change = {"kind": "change", "change": {"data.batch": 32}}
    assert played.asked == [("runs/first/stop-at-once", {}), ("runs/first/ask", change)]


def test_a_change_is_asked_for_by_the_first_press_after_typing(opened: Opened, played: Played):
    """Pressing takes the focus from the field, which tells of its change: the button must stay where it is."""
    page = opened("#/run/first")
    page.get_by_text("Change one setting", exact=True).click()
    page.get_by_label("data.batch").fill("32")
    page.get_by_role("button", name="Change it").click()
    says(page, ".asking", "All that this training has learnt is lost")
    assert played.asked == []


def test_a_remedy_without_a_checkpoint_to_go_back_to_asks_first(opened: Opened, played: Played):
    played.checkpoints = [100, 150]  # the trouble began at 100
    page = opened("#/run/first")
    page.get_by_role("button", name="Apply: optimizer.generator.rate = 0.0002").click()
    says(page, ".remedies", "There is no checkpoint from before update 100")
    assert played.asked == []
    page.get_by_role("button", name="Begin again").click()
    until(page, lambda: len(played.asked) == 1)


def test_a_change_of_two_settings_is_taken_back_where_it_is_said(opened: Opened, played: Played):
    pairs = {"optimizer.generator.rate": [0.2, 0.02], "loss.name": ["minimax", "hinge"]}
    played.changes = [{"at": 90, "back_to": 50, "by": "user", "change": pairs}]
    page = opened("#/run/first")
    says(page, ".changed-last", "optimizer.generator.rate 0.2 → 0.02, loss.name minimax → hinge")
    page.locator(".changed-last button").click()
    says(page, ".changed-last", "What was learnt since update 50 is lost")
    page.get_by_role("button", name="Take it back").click()
    until(page, lambda: bool(played.asked))
    change = {"optimizer.generator.rate": 0.2, "loss.name": "minimax"}
    assert played.asked == [("runs/first/ask", {"kind": "change", "change": change})]
    played.changes.append({"at": 95, "back_to": 50, "by": "user", "change": {k: v[::-1] for k, v in pairs.items()}})
    played.say({"kind": "change", "name": "first"})
    page.locator(".changed-last").wait_for(state="hidden")


def test_a_change_that_takes_the_last_one_back_says_what_is_lost(opened: Opened, played: Played):
    played.changes = [{"at": 90, "back_to": 50, "change": {"loss.name": ["non-saturating", "hinge"]}}]
    page = opened("#/run/first")
    page.get_by_text("Change one setting", exact=True).click()
    page.get_by_label("Setting", exact=True).select_option("loss.name")
    page.get_by_label("loss.name").select_option("non-saturating")
    says(page, "details", "it goes back to update 50, where that was made, and all that was learnt since is removed")


def test_a_dropped_folder_has_a_name_that_the_server_takes(opened: Opened):
    page = opened("#/new")
    for name in ("cats", "a" * 200, "\u0436", "a b (c)", "."):
        assert GATHERED.fullmatch(page.evaluate("name => folderName(`${name}/1.png`)", name))


def test_a_change_says_first_what_it_does(opened: Opened, played: Played):
    page = opened("#/run/first")
    page.get_by_text("Change one setting", exact=True).click()
    button = page.get_by_role("button", name="Change it")
    assert button.is_disabled()
    page.get_by_label("data.batch").fill("32")
    says(page, "details", "begins the training again at update 0")
    page.get_by_label("Setting", exact=True).select_option("loss.name")
    page.get_by_label("loss.name").select_option("non-saturating")
    says(
        page,
        "details",
        "loss.name becomes non-saturating in place of hinge. This goes back to the newest checkpoint from before",
    )
    played.refusals["runs/first/ask"] = "no: this loss needs another network"
    button.click()
    says(page, "#notice", "no: this loss needs another network")
    assert played.asked == [("runs/first/ask", {"kind": "change", "change": {"loss.name": "non-saturating"}})]


def test_the_log_tells_changes_and_findings(opened: Opened, played: Played):
    page = opened("#/run/first")
    says(page, ".log", "went back to update 50, with loss.name: hinge → minimax (asked)")
    says(page, ".log", "saved")
    played.say({"kind": "log", "name": "first", "row": {"update": 170, "text": "a word of the training"}})
    says(page, ".log li:first-child", "a word of the training")


def test_a_change_is_told_once(opened: Opened, played: Played):
    row = {"at": 90, "back_to": 50, "by": "user", "reason": "asked for: loss.name hinge -> minimax"}
    played.changes = [{**row, "change": {"loss.name": ["hinge", "minimax"]}}]
    text = "going back to update 50 and changing loss.name hinge -> minimax"
    changed = {**FINDING, "state": "changed course", "severity": "course", "text": text, "line": text, "remedy": []}
    played.cards[0] = card("first", finding=changed)
    page = opened("#/run/first")
    says(page, ".log", "went back to update 50, with loss.name: hinge → minimax (asked for)")
    says(page, "section", "It has not looked since the last change.")
    assert text not in page.locator("main").inner_text()


def test_a_finished_run_goes_on_for_as_long_as_is_said(opened: Opened, played: Played):
    played.cards[0] = card("first", state="finished", share=1.0, update=400)
    page = opened("#/run/first")
    page.get_by_label("How much longer").fill("300")
    page.get_by_label("Unit of the amount").select_option("updates")
    page.get_by_role("button", name="Go on").click()
    until(page, lambda: bool(played.asked))
    assert played.asked == [("runs/first/resume", {"updates": "+300"})]


def test_an_export_is_made_and_downloaded(opened: Opened, played: Played):
    page = opened("#/run/first")
    page.locator("summary", has_text="Export").click()
    page.get_by_label("Kind of file").select_option("onnx")
    assert not page.locator("#export-weights").is_visible()
    page.get_by_role("button", name="Make the file").click()
    says(page, "details", "Asked for the file")
    assert played.asked == [("runs/first/export", {"kind": "onnx", "options": {}})]
    played.say({"kind": "job", "job": "other", "done": True, "result": {"file": "no.onnx"}})
    played.exported = [{"name": "mine.onnx", "bytes": 2048}]
    told = {"bytes": 2048, "notes": ["pictures are grey", "the licence of the data is not stated"]}
    played.say({"kind": "job", "job": "7", "done": True, "result": told})
    says(page, "details", "mine.onnx (2 kB) is ready")
    assert page.locator("details li", has_text="not stated").is_visible()
    go(page, "#/")
    page.locator(".cards").wait_for()
    go(page, "#/run/first")
    page.locator("summary", has_text="Export").click()
    says(page, ".exported", "mine.onnx")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download mine.onnx").click()
    assert download.value.suggested_filename == "mine.onnx"


def test_the_picture_of_a_finding_says_what_it_shows(opened: Opened, played: Played):
    played.cards[0] = card("first", finding={**FINDING, "picture": "diagnosis/00000150-rate-too-high.png"})
    page = opened("#/run/first")
    says(page, "figcaption", "What the doctor saw at update 150. Left: samples of the generator. Right: real items")
    finding = {**FINDING, "state": "memorised pictures", "update": 300, "picture": "diagnosis/00000300-memorised.png"}
    played.change("first", finding=finding)
    says(page, "figcaption", "at update 300. Left: samples of the generator. Right: the training item that is nearest")
    assert page.locator(".seen-by-doctor").count() == 1


def test_facts_are_words(opened: Opened):
    page = opened("#/run/first")
    page.locator("summary", has_text="Facts").click()
    text = page.locator("details", has_text="Facts").locator("visible=true").first.inner_text()
    for words in ("8x8 pixels, grey", "0, 1", "processes that train together", "player: generator, layers: 3", "yes"):
        assert words in text
    assert not any(sign in text for sign in '[]{}"')


def test_a_run_that_is_opened_by_its_address_is_followed(opened: Opened, played: Played):
    page = opened("#/run/first")
    watched(page, played)
    page.reload()
    page.locator(".chart").first.wait_for()
    until(page, lambda: len(played.sockets) > 1)
    played.change("first", update=345)
    says(page, ".run-head", "update 345")


def test_a_run_that_cannot_be_read_at_first_is_read_again(opened: Opened, played: Played):
    played.failures["runs/first"] = 1
    page = opened("#/run/first")
    says(page, "#notice", "a file is being replaced")
    watched(page, played)
    assert not played.failures["runs/first"]


def test_a_run_that_is_not_there_is_said(opened: Opened):
    page = opened("#/run/nothing")
    says(page, "section", "there is no such run")


# ---- a new training


def test_a_training_is_started_with_what_was_changed(opened: Opened, played: Played):
    page = opened("#/new")
    says(page, "section", "digits: 40 grey pictures")
    says(page, "section", "broken.png: it is cut off")
    says(page, "section", "data.batch = 64 as there is room")
    assert page.get_by_label("How long").input_value() == "2"
    page.get_by_label("data.batch").fill("32")
    page.get_by_text("[generator]").click()
    page.get_by_label("generator.bias").uncheck()
    until(page, lambda: any(path == "check" and given["settings"] for path, given in played.asked))
    page.get_by_label("Name of the training").fill("mine")
    page.get_by_role("button", name="Start the training").click()
    says(page, "h1", "first")
    _path, given = next(one for one in reversed(played.asked) if one[0] == "train")
    assert given["settings"] == {"data.batch": "32", "generator.bias": "false"}
    assert (given["recipe"], given["minutes"], given["name"]) == ("digits", "2", "mine")


def test_what_the_networks_see_is_looked_at_again(opened: Opened, played: Played):
    page = opened("#/new")
    says(page, "section", "digits: 40 grey pictures")
    page.get_by_label("data.batch").fill("32")  # changes nothing of what is seen
    page.get_by_label("data.size").fill("16")
    surveys = [{"source": "digits", "settings": {"data.size": size}} for size in ("auto", "16")]
    until(page, lambda: [given for path, given in played.asked if path == "survey"] == surveys)


def test_refused_choices_are_greyed_and_say_why(opened: Opened, played: Played):
    played.check = {
        "refusal": "data.batch: 0 is too small",
        "remarks": [],
        "refused": {"loss.name": {"relativistic": "it needs pairs of items"}},
        "summary": {},
    }
    page = opened("#/new")
    says(page, ".refused", "Not possible here: relativistic")
    greyed = page.get_by_label("loss.name").locator("option:disabled").all_inner_texts()
    assert greyed == ["relativistic: it needs pairs of items"]
    says(page, ".error", "0 is too small")
    assert page.get_by_role("button", name="Start the training").is_disabled()


DROP = """(files) => {
    const transfer = new DataTransfer();
    for (const [name, type] of files) transfer.items.add(new File(["abc"], name, {type}));
    document.querySelector(".drop").dispatchEvent(new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true}));
}"""


def test_dropped_pictures_become_the_data(opened: Opened, played: Played):
    page = opened("#/new")
    says(page, "section", "digits: 40 grey pictures")
    names = [["labels.csv", "text/csv"], ["a.png", "image/png"], ["notes.txt", "text/plain"], ["b.jpg", "image/jpeg"]]
    page.evaluate(DROP, names)
    says(page, ".drop", "Copied. 1 file left out: nothing that can be learned from.")
    sent = [path for path, _ in played.asked if path.startswith("upload")]
    assert [path.partition("&")[0] for path in sent] == [
        "upload?name=a.png",
        "upload?name=b.jpg",
        "upload?name=labels.csv",
    ]
    assert len({path.partition("into=")[2].partition("&")[0] for path in sent}) == 1
    assert page.get_by_label("A ready recipe").input_value() == "folder"
    until(page, lambda: any(path == "survey" and given["source"] == ".uploads/mine" for path, given in played.asked))


def test_a_dropped_table_is_sent_whole(opened: Opened, played: Played):
    page = opened("#/new")
    says(page, "section", "digits: 40 grey pictures")
    page.evaluate(DROP, [["people.csv", "text/csv"]])
    says(page, ".drop", "Copied.")
    assert [path for path, _ in played.asked if path.startswith("upload")] == ["upload?name=people.csv"]


@pytest.mark.parametrize(
    ("names", "words"),
    [(["notes.pdf"], "Nothing here to learn from"), (["a.csv", "b.csv"], "Several tables or lists of words")],
)
def test_files_that_are_no_data_are_refused(opened: Opened, names: list[str], words: str):
    page = opened("#/new")
    page.evaluate(DROP, [[name, "text/plain"] for name in names])
    says(page, ".drop", words)


# ---- two runs


def test_two_runs_are_compared(opened: Opened, played: Played):
    page = opened()
    page.locator(".card").nth(0).get_by_label("Compare").check()
    says(page, ".title", "To compare, tick two trainings.")
    page.locator(".card").nth(1).get_by_label("Compare").check()
    page.get_by_role("link", name="Compare first and second/of two").click()
    says(page, "section", "None: both have the same settings.")
    page.locator(".sheets img:visible").nth(1).wait_for()
    says(page, ".chart", "second/of two")
    played.recipe = {"loss.name": "minimax"}
    assert page.get_by_label("First run").input_value() == "first"


# ---- for everybody


@pytest.mark.parametrize("place", ["#/", "#/new", "#/run/first", "#/compare"])
def test_nothing_is_wider_than_the_window(place: str, opened: Opened):
    page = opened(place, size={"width": 360, "height": 640})
    page.locator(".card, .setting, .chart").first.wait_for()
    open_all(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def open_all(page: Any) -> None:
    page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    page.wait_for_timeout(100)


@pytest.mark.parametrize("place", ["#/", "#/new", "#/run/first", "#/compare"])
def test_the_keyboard_alone_reaches_everything(place: str, opened: Opened):
    page = opened(place)
    page.locator(".card, .setting, .chart").first.wait_for()
    page.locator("#notice:empty").wait_for(state="attached")
    open_all(page)
    controls = "button, input, select, a[href], summary"
    wanted = page.evaluate(
        """(controls) => [...document.querySelectorAll(controls)]
            .filter((one) => one.checkVisibility() && !one.disabled && one.tabIndex !== -1).length""",
        controls,
    )
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    seen = set()
    for _ in range(wanted + 8):  # regions that scroll are stopped at too
        page.keyboard.press("Tab")
        seen.add(page.evaluate("(c) => [...document.querySelectorAll(c)].indexOf(document.activeElement)", controls))
    assert len(seen - {-1}) == wanted


def test_axe_finds_nothing(opened: Opened):
    """Every page with every part open; by day and by night, wide and narrow."""
    axe = os.environ.get("GANSMITH_AXE")
    if axe is None:
        pytest.skip("no axe-core here: name its axe.min.js in GANSMITH_AXE")
    source = Path(axe).read_text(encoding="utf-8")
    for scheme, width in (("light", 1280), ("dark", 360)):
        for place in ("#/", "#/new", "#/run/first", "#/compare"):
            page = opened(place, scheme=scheme, size={"width": width, "height": 800})
            page.locator(".card, .setting, .chart").first.wait_for()
            open_all(page)
            page.evaluate(source)
            found = page.evaluate(
                "axe.run().then(({violations}) => violations.map((v) => [v.impact, v.id, v.nodes[0].html]))"
            )
            assert found == [], (place, scheme)
