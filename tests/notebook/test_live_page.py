"""The widget's page in a browser, before a model that a test plays: what it shows, what it asks, and what it leaves alone."""

from __future__ import annotations

import base64
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gansmith.notebook.module import PAGE, module, style
from gansmith.web import scripts

NAMES = re.compile(r"^(?:async )?(?:function\*?|class|const|let) (\w+)|^const \[([\w, ]+)\]", re.MULTILINE)

PLAY = """async ([source, state]) => {
  const bytes = (value) => value?.base64 === undefined ? value
    : new DataView(Uint8Array.from(atob(value.base64), (one) => one.charCodeAt(0)).buffer);
  const opened = (state) => Object.fromEntries(Object.entries(state).map(([name, value]) =>
    [name, name === "picture" ? { ...value, data: bytes(value.data) } : bytes(value)]));
  const listeners = new Map();
  window.sent = [];
  window.values = opened(state);
  window.heard = () => [...listeners.values()].reduce((sum, set) => sum + set.size, 0);
  const model = {
    get: (name) => window.values[name],
    set: () => { throw new Error("the page is to change nothing"); },
    save_changes: () => {},
    on: (event, act) => listeners.set(event, (listeners.get(event) || new Set()).add(act)),
    off: (event, act) => listeners.get(event).delete(act),
    send: (message) => window.sent.push(message),
  };
  window.change = (state) => {
    Object.assign(window.values, opened(state));
    for (const name of Object.keys(state)) for (const act of listeners.get(`change:${name}`) || []) act();
  };
  window.answer = (message, data) => { for (const act of listeners.get("msg:custom")) act(message, data ? [bytes(data)] : []); };
  const place = document.createElement("div");
  place.id = "place";
  document.body.replaceChildren(place);
  const { default: page } = await import(URL.createObjectURL(new Blob([source], { type: "text/javascript" })));
  window.leave = page.render({ model, el: place });
}"""


def sheet(shade: int) -> dict[str, str]:
    """A PNG of one shade of grey."""
    file = io.BytesIO()
    Image.fromarray(np.full((16, 16), shade, np.uint8)).save(file, "PNG")
    return {"base64": base64.b64encode(file.getvalue()).decode("ascii")}


def card(**changes: Any) -> dict[str, Any]:
    finding = {
        "update": 90, "state": "G starves", "since_update": 60, "severity": "alarm", "certainty": "likely", "text": "D is <b>sure</b>.",
        "evidence": {"accuracy": 1.0}, "remedy": [{"set": {"optimizer.generator.rate": 1e-3}, "why": "G learns faster."}],
    }  # fmt: skip
    return {
        "name": "my <run>", "state": "training", "reason": None, "update": 100, "total": 400, "share": 0.25, "seconds": 12.0,
        "images_per_second": 300.0, "finding": finding, "can": ["pause", "save", "change"], "is_own": False,
        "recipe_values": {"optimizer.generator.rate": 2e-4}, **changes,
    }  # fmt: skip


def state(**changes: Any) -> dict[str, Any]:
    rows = [{"update": update, "images_seen": update * 16, "seconds": update / 10} for update in (25, 50, 100)]
    return {
        "card": card(),
        "curves": {"update": [50, 100], "loss.generator": [1.0, 0.5], "loss.discriminator": [None, 0.25], "accuracy.real": [0.5, 1.0]},
        "judgements": [{"update": 100, "metric": "SWD", "value": 0.125, "better": "lower"}],
        "sheets": {"rows": rows, "rolled_back": 0},
        "picture": {"update": 100, "data": sheet(200)},
        "real": sheet(10),
        **changes,
    }  # fmt: skip


@pytest.fixture
def shown(blank: Any) -> Iterator[Any]:
    """The page with a run that is trained. An error of the page, or a request, fails the test."""
    wrong: list[str] = []
    blank.on("pageerror", lambda error: wrong.append(str(error)))
    blank.on("request", lambda request: None if request.url.startswith("blob:") else wrong.append(request.url))
    blank.evaluate(PLAY, [module(), state()])
    yield blank
    assert wrong == []


def text(page: Any) -> str:
    return " ".join(page.locator(".live").inner_text().split())


def shade(page: Any) -> int | None:
    """The grey of the picture that is shown; None where there is none."""
    return page.evaluate("""async () => {
      const picture = document.querySelector("#place").shadowRoot.querySelector("img.sheet.large");
      if (picture.hidden) return null;
      await picture.decode();
      const canvas = Object.assign(document.createElement("canvas"), { width: 1, height: 1 });
      const ink = canvas.getContext("2d");
      ink.drawImage(picture, 0, 0);
      return ink.getImageData(0, 0, 1, 1).data[0];
    }""")


def until_shade(page: Any, wanted: int) -> None:
    page.wait_for_function(
        "() => document.querySelector('#place').shadowRoot.querySelector('img.sheet.large').complete"
    )
    for _ in range(200):
        if shade(page) == wanted:
            return
        page.wait_for_timeout(20)
    assert shade(page) == wanted


def test_names_of_the_joined_modules_are_unique() -> None:
    files = scripts.order(PAGE / "live.js")
    found = [match for path in files for match in NAMES.findall(scripts.bare(path))]
    names = [name.strip() for match in found for group in match for name in group.split(",") if name.strip()]
    assert [name for name, count in Counter(["LIVE_STYLE", *names]).items() if count > 1] == []
    assert not re.search(r"^(import|export \{)", module(), re.MULTILINE)


def test_the_style_is_for_a_shadow_root() -> None:
    assert ":root" not in style()
    assert "--line-1" in style()


def test_a_run_is_shown(shown: Any) -> None:
    shown.locator(".plot canvas").nth(2).wait_for()
    shown.wait_for_function("() => document.querySelector('#place').shadowRoot.textContent.includes('0.125')")
    words = text(shown)
    for part in (
        "my <run>", "training", "update 100 of 400 · 25 % · 300 items/s · 12 s", "G starves (likely) since update 60. D is <b>sure</b>.",
        "optimizer.generator.rate 0.0002 → 0.001", "update 100 · after 10 s", "Losses", "Distance to the real items", "SWD 0.125",
    ):  # fmt: skip
        assert part in words, part
    assert shown.locator(".plot canvas").count() == 3
    until_shade(shown, 200)
    assert shown.locator("button", has_text="Apply").count() == 0
    assert shown.evaluate("getComputedStyle(document.body).maxWidth") == "none"  # its style stays in the widget
    shown.locator("button", has_text="Real items").click()
    until_shade(shown, 10)


def test_curves_have_the_colours_of_their_legend(shown: Any) -> None:
    shown.locator(".plot canvas").nth(2).wait_for()
    drawn = shown.evaluate("""() => {
      const canvas = document.querySelector("#place").shadowRoot.querySelector(".plot canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      for (let at = 0; at < data.length; at += 4)
        if (data[at] === 0x2f && data[at + 1] === 0x5f && data[at + 2] === 0x8a) return true;
      return false;
    }""")
    assert drawn


def test_what_is_new_appears_and_the_newest_sheet_with_it(shown: Any) -> None:
    rows = [*state()["sheets"]["rows"], {"update": 150, "images_seen": 2400, "seconds": 15.0}]
    shown.evaluate(
        "(state) => window.change(state)",
        {
            "sheets": {"rows": rows, "rolled_back": 0},
            "picture": {"update": 150, "data": sheet(90)},
            "card": card(update=150, state="finished", share=1.0, can=["delete", "resume"], finding=None),
            "curves": {"update": [50, 100, 150], "rate.generator": [1.0, 1.0, 0.5]},
        },
    )
    until_shade(shown, 90)
    words = text(shown)
    assert "update 150 · after 15 s · 2,400 items seen · the newest" in words
    assert "Learning rates" in words
    assert "finished" in words
    assert not shown.locator("button", has_text="Pause").is_visible()
    assert shown.evaluate("window.sent") == []


def test_the_slider_asks_the_kernel_for_another_time_once(shown: Any) -> None:
    until_shade(shown, 200)
    slider = shown.locator("[data-lm-suppress-shortcuts] input[type=range]")  # whose keys JupyterLab leaves alone
    for key in ("ArrowLeft", "ArrowLeft", "ArrowRight", "ArrowLeft"):
        slider.press(key)
    assert shown.evaluate("window.sent") == [{"kind": "sheet", "update": 50}, {"kind": "sheet", "update": 25}]
    shown.locator("[role=status]", has_text="kernel is busy").wait_for()
    shown.evaluate("(data) => window.answer({ kind: 'sheet', update: 25 }, data)", sheet(30))
    until_shade(shown, 30)
    assert "update 25 · after 3 s" in text(shown)
    assert "kernel is busy" not in text(shown)
    slider.press("End")
    until_shade(shown, 200)


def test_after_a_roll_back_pictures_are_asked_for_anew(shown: Any) -> None:
    until_shade(shown, 200)
    rows = state()["sheets"]["rows"][:2]
    change = {"sheets": {"rows": rows, "rolled_back": 1}, "picture": {"update": 50, "data": sheet(70)}}
    shown.evaluate("(state) => window.change(state)", change)
    until_shade(shown, 70)
    shown.evaluate(
        "(state) => window.change(state)", {"sheets": {"rows": [*state()["sheets"]["rows"]], "rolled_back": 1}}
    )
    assert shown.evaluate("window.sent") == [{"kind": "sheet", "update": 100}]


def test_pause_asks_and_says_what_was_answered(shown: Any) -> None:
    shown.locator("button", has_text="Pause").click()
    assert shown.evaluate("window.sent") == [{"kind": "pause"}]
    shown.evaluate("window.answer({ kind: 'said', text: 'Asked to pause.' })")
    assert "Asked to pause." in text(shown)


def test_where_the_kernel_itself_trains_there_is_no_button_that_it_could_not_hear(shown: Any) -> None:
    shown.evaluate("(state) => window.change(state)", {"card": card(is_own=True)})
    assert not shown.locator("button", has_text="Pause").is_visible()
    assert "interrupt the kernel" in text(shown)


def test_a_run_that_has_not_begun_is_shown_and_grows(blank: Any) -> None:
    new = card(
        state="starting",
        reason="no training has begun here yet",
        update=0,
        total=None,
        share=None,
        finding=None,
        can=[],
    )
    empty = {"card": new, "curves": {}, "judgements": [], "sheets": {}, "picture": {}, "real": {"base64": ""}}
    blank.evaluate(PLAY, [module(), empty])
    assert "no training has begun here yet" in text(blank)
    assert shade(blank) is None
    assert blank.locator("button", has_text="Play").is_disabled()
    blank.evaluate("(state) => window.change(state)", state())
    until_shade(blank, 200)
    blank.locator(".plot canvas").nth(2).wait_for()


def test_leaving_takes_every_listener_away(shown: Any) -> None:
    assert shown.evaluate("window.heard()") == 6
    shown.evaluate("window.leave()")
    assert shown.evaluate("window.heard()") == 0
