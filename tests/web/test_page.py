"""The exported page as a person uses it, in Chromium, from a file, without a network."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scripts_in_page import load as load_scripts
from scripts_in_page import until

import small_runs
from gansmith.exports import export, options
from gansmith.ground import pixels
from gansmith.latent.steering import styles
from gansmith.trained.generator import Generator, load
from gansmith.web.page import dense_text

PIXELS = """(canvas) => Array.from(canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data)"""
NO_WORKERS = "delete window.Worker;"
NO_WEBASSEMBLY = "delete window.WebAssembly;"
BROKEN_WORKERS = (
    "window.Worker = class { postMessage() { setTimeout(() => this.onerror(new Event('error'))); } terminate() {} };"
)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_runs.explored(small_runs.make(tmp_path_factory.mktemp("page") / "small")).root


@pytest.fixture(scope="module")
def generator(run: Path) -> Generator:
    return load(run)


@pytest.fixture(scope="module")
def file(run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    asked = options.Html(with_real=8, consent=True)
    return export(run, "html", tmp_path_factory.mktemp("page") / "page.html", asked).path


Opened = Callable[..., Any]


@pytest.fixture
def opened(browser: Any, file: Path) -> Iterator[Opened]:
    """Opens a page; a script may run before its own. Errors of the page, and requests, fail the test."""
    contexts: list[Any] = []
    wrong: list[str] = []

    def open_page(before: str = "", path: Path = file, **settings: Any) -> Any:
        context = browser.new_context(offline=True, accept_downloads=True, **settings)
        context.set_default_timeout(120_000)  # a busy machine is no failure
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.on("request", lambda request: wrong.append(request.url) if asks(request.url, path) else None)
        if before:
            page.add_init_script(before)
        page.goto(path.as_uri())
        says(page, "#caption", "seed 0")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def asks(url: str, path: Path) -> bool:
    """Whether a request is for anything but the page itself and its own worker."""
    return url != path.as_uri() and not url.startswith("blob:null/")


def shown(page: Any, selector: str = "#picture", nth: int = 0) -> np.ndarray:
    """The grey picture uint8 (H, W) on a canvas."""
    data = page.locator(selector).nth(nth).evaluate(PIXELS)
    return np.array(data, np.uint8).reshape(16, 16, 4)[:, :, 0]


def of_seed(generator: Generator, seed: int, label: str | None = None) -> np.ndarray:
    """The picture of `gansmith sample --count 1 --seed S`."""
    return generator.sample(1, seed, label)[0, :, :, 0]


def close(made: np.ndarray, wanted: np.ndarray) -> bool:
    """Whether two pictures differ by a grey level at most."""
    return int(np.abs(made.astype(int) - wanted).max()) <= 1


FULL = """() => {
    const last = [...document.querySelectorAll("#palette canvas")].at(-1);
    return last.getContext("2d").getImageData(0, 0, 1, 1).data[3] === 255;
}"""


def settled(page: Any) -> None:
    """Wait until the palette is full."""
    until(page, FULL)


def says(page: Any, place: str, words: str) -> None:
    """Wait until a place of the page says this, among other words."""
    until(page, "([place, words]) => document.querySelector(place).textContent.includes(words)", [place, words])


def caption(page: Any, text: str) -> None:
    """Wait until the large picture is said to be this."""
    until(page, "(text) => document.querySelector('#caption').textContent === text", text)


def name_of(generator: Generator, seed: int) -> str:
    labels = generator.labels(1, None, seed)
    group = "group " if generator.labelling.counts else ""
    return f"seed {seed}" + ("" if labels is None else f" · {group}{generator.label_names()[labels[0]]}")


# ---- pictures


@pytest.mark.parametrize(
    "before",
    ["", NO_WORKERS, NO_WEBASSEMBLY, NO_WORKERS + NO_WEBASSEMBLY, BROKEN_WORKERS],
    ids=["workers", "no workers", "no WebAssembly", "neither", "workers that fail"],
)
def test_one_seed_one_picture(before: str, opened: Opened, generator: Generator):
    page = opened(before)
    settled(page)
    assert close(shown(page), of_seed(generator, 0))
    for seed in (1, 37, 99):
        assert close(shown(page, "#palette canvas", seed), of_seed(generator, seed))


@pytest.mark.parametrize("count", [0, 1, 4, 1001])
def test_weights_are_packed_and_unpacked(count: int, blank: Any):
    load_scripts(blank, "page/packed.js")
    data = np.random.default_rng(count).bytes(count)
    text = dense_text(data)
    assert "<" not in text
    assert bytes(blank.evaluate("([text, count]) => Array.from(unpacked(text, count))", [text, count])) == data


def test_a_browser_that_is_too_old_says_so(browser: Any, file: Path):
    page = browser.new_context(offline=True).new_page()
    page.add_init_script("delete window.DecompressionStream;")
    page.goto(file.as_uri())
    says(page, "#message", "This browser is too old for this page")


def test_a_typed_seed_and_a_class(opened: Opened, generator: Generator):
    page = opened()
    page.fill("#seed", "123456789012345678901")
    page.press("#seed", "Enter")
    caption(page, name_of(generator, 123456789012345678901))
    assert close(shown(page), of_seed(generator, 123456789012345678901))
    page.get_by_role("button", name="7", exact=True).click()
    caption(page, "seed 123456789012345678901 · 7")
    assert close(shown(page), of_seed(generator, 123456789012345678901, "7"))
    assert page.inner_text("#command").split("--count")[1] == " 1 --seed 123456789012345678901 --label 7"
    page.fill("#seed", "seven")
    page.press("#seed", "Enter")
    assert page.inner_text("#message") == "A seed is a whole number."


def test_many_groups_are_a_list(tmp_path: Path, opened: Opened):
    """Clusters are drawn by their sizes, in the page too."""
    folder = small_runs.make(tmp_path / "groups", data__labels="clusters", data__clusters=30)
    groups = load(folder.root)
    page = opened(path=export(folder.root, "html", tmp_path / "page.html").path)
    caption(page, name_of(groups, 0))
    assert page.locator("#classes button").count() == 0
    page.select_option("#classes select", label="7")
    caption(page, "seed 0 · group 7")
    assert close(shown(page), of_seed(groups, 0, "7"))
    page.select_option("#classes select", label="any")
    caption(page, name_of(groups, 0))


def test_sliders_add_directions_and_the_last_value_is_shown(opened: Opened, generator: Generator):
    page = opened()
    settled(page)
    moves = """() => { const slider = document.querySelector("#directions input");
        for (let i = 0; i <= 200; i++) { slider.value = -3 + i * 0.02; slider.dispatchEvent(new Event("input")); } }"""
    page.evaluate(moves)
    caption(page, name_of(generator, 0).replace(" ·", ", changed ·"))
    page.wait_for_timeout(200)
    latent = generator.latents(1, 0)
    latent[0, 1] += np.float32(1)  # the first slider is "ink"
    assert close(shown(page), generator.images(latent, generator.labels(1, None, 0))[0, :, :, 0])
    page.click("#reset")
    caption(page, name_of(generator, 0))


def test_sums_of_styles_are_those_of_the_command_line(opened: Opened, generator: Generator):
    page = opened()
    axes = np.eye(6, dtype=np.float32)
    known = {
        "thick": styles.Style(axes[2], 5, {}),
        "thin": styles.Style(-axes[2], 5, {}),
        "typical": styles.Style(2 * axes[3], 1, {}),
    }
    for text in ("thick + typical", "- 2 * thin - .5 * typical", "0.25 * typical"):
        page.fill("#sum", text)
        page.press("#sum", "Enter")
        says(page, "#caption", text)
        wanted = styles.arithmetic(text, known).vector[None]
        assert close(shown(page), generator.images(wanted, generator.labels(1, None, 0))[0, :, :, 0])
    for text, words in (
        ("thick + thcik", 'No style is called "thcik".'),
        ("thick thin", "is no style. Write, for example"),
    ):
        page.fill("#sum", text)
        page.press("#sum", "Enter")
        assert words in page.inner_text("#sum-error")


def test_two_renders_are_pending_at_most(opened: Opened):
    """A thousand looks at once: the first is made, and the last."""
    page = opened(NO_WORKERS)
    settled(page)
    painted = page.evaluate(
        """async () => {
            let count = 0;
            document.querySelector("#picture").addEventListener("painted", () => count++);
            const slider = document.querySelector("#directions input");
            for (let i = 0; i < 1000; i++) { slider.value = (i % 600) / 100 - 3; slider.dispatchEvent(new Event("input")); }
            await new Promise((done) => setTimeout(done, 500));
            return count;
        }"""
    )
    assert painted == 2


# ---- the palette, by pointer and by keyboard


def test_pointing_shows_and_pressing_keeps(opened: Opened, generator: Generator):
    page = opened()
    page.locator("#palette button").nth(5).hover()
    caption(page, name_of(generator, 5))
    page.locator("h1").hover()
    caption(page, name_of(generator, 0))
    page.locator("#palette button").nth(8).click()
    page.locator("h1").hover()
    caption(page, name_of(generator, 8))
    assert page.locator("#kept li").count() == 1
    page.locator("#palette button").nth(8).click()
    assert page.locator("#kept li").count() == 1


def test_arrow_keys_walk_over_the_palette(opened: Opened, generator: Generator):
    page = opened()
    page.locator("#palette button").first.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft", "ArrowLeft", "ArrowUp"):
        page.keyboard.press(key)
    caption(page, name_of(generator, 9))
    page.keyboard.press("End")
    caption(page, name_of(generator, 99))
    page.keyboard.press("Enter")
    assert page.get_by_label("Show kept picture 1, seed 99").count() == 1


def test_the_keyboard_alone_reaches_everything(opened: Opened):
    """Every button, slider, field and link is come to by the tabulator, or by arrows within a gallery."""
    page = opened()
    for seed in (1, 2):
        page.locator("#palette button").nth(seed).click()
    for parent in (0, 1):
        page.locator("#kept button[aria-pressed]").nth(parent).click()
    page.locator("#children canvas").first.wait_for()
    page.evaluate("document.activeElement.blur()")
    wanted = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, a[href]")]
            .filter((one) => one.checkVisibility() && !one.disabled && one.tabIndex !== -1).length"""
    )
    seen = set()
    for _ in range(wanted + 2):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate("[...document.querySelectorAll('button, input, select, a')].indexOf(document.activeElement)")
        )
    assert len(seen - {-1}) == wanted
    skipped = page.evaluate(
        """() => [...document.querySelectorAll("button, input")]
            .filter((one) => one.checkVisibility() && one.tabIndex === -1 && !one.closest(".gallery")).length"""
    )
    assert skipped == 0


def test_later_seeds(opened: Opened, generator: Generator):
    page = opened()
    settled(page)
    assert page.is_disabled("#earlier")
    page.click("#later")
    assert page.inner_text("#seeds") == "Seeds 100 to 199"
    page.wait_for_timeout(300)
    assert close(shown(page, "#palette canvas", 42), of_seed(generator, 142))


# ---- kept pictures


def keep(page: Any, *seeds: int) -> None:
    for seed in seeds:
        page.locator("#palette button").nth(seed).click()


def test_children_have_numbers_of_both_parents(opened: Opened):
    page = opened()
    keep(page, 3, 4)
    assert page.is_disabled("#breed")
    for parent in (0, 1):
        page.locator("#kept button[aria-pressed]").nth(parent).click()
    assert page.locator("#children button").count() == 10
    page.locator("#children button").nth(2).click()
    assert page.get_by_label("Show kept picture 3, child 3").count() == 1
    page.click("#breed")
    page.locator("#children button").nth(0).click()
    assert page.get_by_label("Show kept picture 4, child 11").count() == 1


def test_crossing_and_walking_are_as_said(blank: Any):
    load_scripts(blank, "page/looks.js")
    made = blank.evaluate(
        """() => { let n = 0; const stream = {uniform: () => (n++ % 2) / 2};
            const [a, b] = [1, 2].map((v) => ({latent: new Float32Array(4).fill(v), label: v}));
            return Object.values(child(a, b, stream, "x").latent); }"""
    )
    assert made == [1, 2, 1, 2]
    from gansmith.latent import space

    rng = np.random.default_rng(0)
    first, last = rng.standard_normal((2, 5)).astype(np.float32)
    for law, ends in (
        ("normal", (first, last)),
        ("unit", (first, last)),
        ("normal", (first, first)),
        ("normal", (first, -first)),
    ):
        centre = np.float32(space.centre(law))
        for share in (0, 0.3, 1):
            point = blank.evaluate(
                "([a, b, t, law]) => Array.from(between(Float32Array.from(a), Float32Array.from(b), t, law))",
                [ends[0].tolist(), ends[1].tolist(), share, law],
            )
            wanted = space.spherical(ends[0] - centre, ends[1] - centre, np.array([share]))[0] + centre
            np.testing.assert_allclose(point, wanted, atol=2e-6)


def test_a_walk_plays_and_pauses(opened: Opened, generator: Generator):
    page = opened()
    keep(page, 3, 4)
    page.locator("h1").hover()
    page.click("#play")
    says(page, "#caption", "between seed")
    page.click("#play")
    assert page.inner_text("#play") == "Play"
    stopped = page.input_value("#place")
    page.wait_for_timeout(100)
    assert page.input_value("#place") == stopped
    page.click("#play")
    page.locator("#directions input").first.evaluate("(s) => { s.value = 2; s.dispatchEvent(new Event('input')); }")
    says(page, "#caption", ", changed")
    page.click("#random")  # ends the walk, and puts sliders back
    assert page.inner_text("#play") == "Play"
    assert "between" not in page.inner_text("#caption")
    page.locator("#place").evaluate("(slider) => { slider.value = 5000; slider.dispatchEvent(new Event('input')); }")
    says(page, "#caption", "between seed 4 and seed 3")
    page.wait_for_timeout(100)
    assert close(shown(page), generator.images(generator.latents(1, 4), generator.labels(1, None, 4))[0, :, :, 0])


# ---- files


def saved(page: Any) -> bytes:
    with page.expect_download() as download:
        page.click("#save")
    return Path(download.value.path()).read_bytes()


def test_a_saved_picture_is_restored(opened: Opened, generator: Generator, tmp_path: Path):
    page = opened()
    page.fill("#seed", "77")
    page.press("#seed", "Enter")
    caption(page, name_of(generator, 77))
    page.locator("#directions input").first.evaluate("(s) => { s.value = 2; s.dispatchEvent(new Event('input')); }")
    caption(page, name_of(generator, 77).replace(" ·", ", changed ·"))
    data = saved(page)
    assert pixels.is_own_png(data[: pixels.OWN_HEAD])
    picture = Image.open(io.BytesIO(data))
    made = np.asarray(picture.convert("L"))
    latent = generator.latents(1, 77)
    latent[0, 1] += np.float32(2)
    assert close(made, generator.images(latent, generator.labels(1, None, 77))[0, :, :, 0])
    assert json.loads(picture.info["gansmith-latent"])["seed"] is None

    other = opened()
    other.set_input_files("#file", {"name": "mine.png", "mimeType": "image/png", "buffer": data})
    says(other, "#message", "Restored")
    other.wait_for_timeout(100)
    assert (shown(other) == made).all()


DROP = """([bytes, name]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(bytes)], name, {type: "image/png"}));
    document.body.dispatchEvent(new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true}));
}"""


def test_a_dropped_picture_is_restored_and_a_foreign_file_is_refused(opened: Opened, generator: Generator):
    page = opened()
    keep(page, 21)
    caption(page, name_of(generator, 21))
    data = saved(page)
    page.fill("#seed", "5")
    page.press("#seed", "Enter")
    page.evaluate(DROP, [list(data), "a.png"])
    caption(page, name_of(generator, 21))
    assert page.inner_text("#message") == "Restored seed 21 from a.png."
    plain = io.BytesIO()
    Image.new("L", (16, 16)).save(plain, "PNG")
    elsewhere = data.replace(b'{"generator":"', b'{"generator":"x')
    cases = {
        "holds no latent": [
            plain.getvalue(),
            b"",
            b"text",
            data[:40],
            elsewhere,
        ],  # a text with a wrong checksum is none
    }
    for words, files in cases.items():
        for content in files:
            page.evaluate(DROP, [list(content), "b.png"])
            says(page, "#message", words)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"generator": "another"}, "another generator"),
        ({"latent": "AAAA"}, "damaged"),
        ({"latent": "AADAfwAAwH8AAMB/AADAfwAAwH8AAMB/"}, "damaged"),  # NaN
        ({"label": 10}, "damaged"),
        ({"label": None}, "damaged"),
        ({"latent": 5}, "damaged"),
    ],
)
def test_latents_that_do_not_fit_are_refused(changes: dict[str, Any], words: str, opened: Opened):
    from PIL.PngImagePlugin import PngInfo

    page = opened()
    picture = Image.open(io.BytesIO(saved(page)))
    mark, plain = PngInfo(), io.BytesIO()
    mark.add_text("gansmith-latent", json.dumps(json.loads(picture.info["gansmith-latent"]) | changes))
    picture.save(plain, "PNG", pnginfo=mark)
    page.evaluate(DROP, [list(plain.getvalue()), "c.png"])
    says(page, "#message", words)


# ---- the quiz


def test_the_quiz_asks_ten_times(opened: Opened):
    page = opened()
    for number in range(1, 11):
        assert page.inner_text("#quiz-round") == f"Picture {number} of 10"
        before = page.inner_text("#quiz-told")
        page.wait_for_timeout(60)
        page.click("#quiz-real" if number % 2 else "#quiz-made")
        until(page, "(before) => document.querySelector('#quiz-told').textContent !== before", before)
    assert "of 10 times; guessing gives 5." in page.inner_text("#quiz-told")
    page.click("#quiz-again")
    assert page.inner_text("#quiz-round") == "Picture 1 of 10"


def test_without_real_pictures_there_is_no_quiz(run: Path, tmp_path: Path, opened: Opened):
    page = opened(path=export(run, "html", tmp_path / "page.html").path)
    assert not page.is_visible("#quiz")


# ---- looks


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_window(width: int, opened: Opened):
    page = opened(viewport={"width": width, "height": 640})
    keep(page, 1, 2)
    for parent in (0, 1):
        page.locator("#kept button[aria-pressed]").nth(parent).click()
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_picture_stays_in_sight_on_a_phone(opened: Opened):
    page = opened(viewport={"width": 360, "height": 640})
    page.locator("#directions input").first.focus()
    frame, slider = (page.locator(one).first.bounding_box() for one in ("#picture", "#directions input"))
    assert 0 <= frame["y"] < frame["y"] + frame["height"] <= slider["y"] <= 640


def test_dark_mode_is_dark(opened: Opened):
    ground = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)"
    assert max(opened(color_scheme="dark").evaluate(ground)) < 60
    assert min(opened(color_scheme="light").evaluate(ground)) > 200


def test_renders_leave_no_memory_behind(opened: Opened):
    page = opened(NO_WORKERS)
    settled(page)
    render = """async (count) => {
        const canvas = document.querySelector("#picture");
        const slider = document.querySelector("#directions input");
        for (let i = 0; i < count; i++) {
            const painted = new Promise((done) => canvas.addEventListener("painted", done, {once: true}));
            slider.value = (i % 600) / 100 - 3.01;
            slider.dispatchEvent(new Event("input"));
            await painted;
        }
    }"""
    session = page.context.new_cdp_session(page)

    def used() -> float:
        session.send("HeapProfiler.collectGarbage")
        return session.send("Runtime.getHeapUsage")["usedSize"] / 1e6

    page.evaluate(render, 50)
    before = used()
    page.evaluate(render, 500)
    assert used() - before < 2


def test_axe_finds_nothing(opened: Opened):
    """Every part of the page is open: kept pictures, children, the quiz; by day and by night, wide and narrow."""
    axe = os.environ.get("GANSMITH_AXE")
    if axe is None:
        pytest.skip("no axe-core here: name its axe.min.js in GANSMITH_AXE")
    source = Path(axe).read_text(encoding="utf-8")
    for scheme, width in (("light", 1280), ("dark", 1280), ("light", 360)):
        page = opened(color_scheme=scheme, viewport={"width": width, "height": 800})
        keep(page, 1, 2)
        for parent in (0, 1):
            page.locator("#kept button[aria-pressed]").nth(parent).click()
        page.locator("h1").hover()
        page.wait_for_timeout(200)
        page.evaluate(source)
        found = page.evaluate(
            "axe.run().then(({violations}) => violations.map((v) => [v.impact, v.id, v.nodes[0].html]))"
        )
        assert found == []
