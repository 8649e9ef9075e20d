"""The run's page: whole, self-contained, inert, and written for every run that a kill can leave behind."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gansmith.ground import pixels
from gansmith.ground.errors import RunError
from gansmith.ground.files.runfolder import RunFolder, append_row, write_json
from gansmith.ground.files.whole import write_text
from gansmith.ground.recipes.settings import LossName, LossSettings, Recipe, RegularizerSettings
from gansmith.kinds import scatter
from gansmith.report import notebook, page, plots, wording
from gansmith.report.page_parts import markup, pictures

from . import synthetic

VOID = {"meta", "img", "input", "br", "link", "path", "circle", "line"}
ADDRESSES = {"src", "href", "action", "data", "poster", "srcset", "formaction", "background"}


class Reader(HTMLParser):
    """What a browser would see: elements in balance, attributes, text outside scripts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")
        if tag not in VOID and tag != "th":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag != "th":  # </th> may be left out
            assert self.open, f"</{tag}> closes nothing"
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data
        else:
            self.text += data


def read(path: Path) -> Reader:
    """Parse a page and assert what holds for every page."""
    text = path.read_text(encoding="utf-8")
    reader = Reader(text)
    assert reader.open == []
    for tag, attributes in reader.elements:
        assert tag not in {"link", "iframe", "object", "embed", "base", "form"}
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in ADDRESSES:
                assert value is not None
                assert value.startswith("#" if tag == "a" else "data:image/"), (tag, name, value[:60])
        if tag == "img":
            assert attributes.get("alt"), "a picture without a text"
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    names = [a["id"] for _, a in reader.elements if "id" in a]
    assert len(names) == len(set(names))
    links = [a["href"] for tag, a in reader.elements if tag == "a"]
    assert all(link is not None and link[1:] in names for link in links)
    assert len(reader.scripts) == 2  # the numbers, and our own
    json.loads(reader.scripts[0], parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    charts = {a["data-chart"] for _, a in reader.elements if "data-chart" in a}
    drawn = json.loads(reader.scripts[0])
    known = set(drawn["charts"]) | {name for name in ("strip", "last") if drawn[name]}
    assert charts == known
    return reader


def numbers(reader: Reader) -> dict[str, Any]:
    return json.loads(reader.scripts[0])


@pytest.fixture(autouse=True)
def no_still(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the picture for browsers without scripts, which is slow, but where a test asks for it."""
    if "with_still" not in request.fixturenames:
        monkeypatch.setattr(plots, "overview", lambda rows, probability: b"")


@pytest.fixture
def with_still() -> None:
    """Ask for the whole page."""


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return synthetic.picture_run(tmp_path / "run", every=50)


def test_a_whole_run(run: RunFolder):
    assert page.write_report(run) == run.report
    reader = read(run.report)
    for word in ("digits-test", "healthy", "Both players learn", "Lower its learning rate.", "accuracy.real 0.97"):
        assert word in reader.text
    for word in ("all of 2,000 updates", "gansmith resume", "gansmith sample", "half_life", "bars at all angles"):
        assert word in reader.text
    shown = numbers(reader)
    assert len(shown["film"]) == len(synthetic.UPDATES)
    assert shown["film"][0]["facts"][0] == ["updates", "0"]
    losses = shown["charts"]["losses"]
    assert [line["label"] for line in losses["lines"]] == ["discriminator", "generator", "penalty"]
    first = synthetic.stats_row(50)["loss.discriminator"]
    assert losses["lines"][0]["mean"][0] == pytest.approx(first, rel=1e-4)
    assert shown["clocks"]["stats"]["update"] == list(range(50, 2001, 50))
    assert shown["clocks"]["stats"]["images_seen"][-1] == 128_000
    assert "rates" not in shown["charts"]  # level lines are left out
    assert {"generator-gradient", "discriminator-step", "sensitivity"} <= set(shown["charts"])
    assert [mark["update"] for mark in shown["marks"]] == [300, 1200]
    assert [mark["images_seen"] for mark in shown["marks"]] == [300 * 64, 1200 * 64]
    assert run.report.stat().st_size < 2_000_000


@pytest.mark.usefixtures("with_still")
def test_the_same_run_gives_the_same_page(run: RunFolder):
    first = page.write_report(run).read_bytes()
    assert page.write_report(run).read_bytes() == first
    assert b"<noscript><figure>" in first
    assert not list(run.root.glob("*.part"))


def test_the_policy_allows_our_script_and_no_request(run: RunFolder):
    reader = read(page.write_report(run))
    policy = next(a["content"] for _, a in reader.elements if a.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(hashlib.sha256(reader.scripts[1].encode()).digest()).decode()
    assert policy is not None
    assert f"script-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'")
    assert not re.search(r"https?://|//[a-z]", (markup.ROOM / "page.js").read_text().replace("// ", ""))
    assert "http" not in (markup.ROOM / "page.css").read_text()


def test_pairs_show_the_same_latents_first_and_last(run: RunFolder):
    reader = read(page.write_report(run))
    cells = [a["alt"] for tag, a in reader.elements if tag == "img" and (a["alt"] or "").startswith("latent")]
    assert cells[:4] == ["latent 1, first", "latent 1, last", "latent 2, first", "latent 2, last"]
    assert len(cells) == 24
    assert "−4.0" in reader.text  # the untrained generator's first verdict
    assert "update 2,000" in reader.text


EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&<!--"


def test_texts_of_a_run_are_inert(run: RunFolder):
    run.store_recipe(Recipe(name=EVIL))
    write_json(run.data, {"description": EVIL, EVIL: EVIL, "item_shape": EVIL})
    write_json(run.environment, {EVIL: EVIL})
    write_json(
        run.root / "evaluation.json", {"figures": [{"name": EVIL, "meaning": EVIL, "value": 1.0, "floor": EVIL}, EVIL]}
    )
    append_row(
        run.findings,
        {"update": 1500, "state": EVIL, "text": EVIL, "evidence": [EVIL], "remedy": [{"set": {EVIL: EVIL}}]},
    )
    append_row(run.stats, {"update": 2020, EVIL: EVIL, "layers": {"generator": {EVIL: {"gradient": 1.0}}}})
    reader = read(page.write_report(run))
    assert EVIL in reader.text
    assert not any(a.get("src") == "x" for _, a in reader.elements)
    fragment = Reader(notebook.run_html(run))
    assert EVIL in fragment.text
    assert fragment.scripts == []


def test_a_diverged_run_says_where(run: RunFolder):
    for update in (2020, 2040):
        row = {"update": update, "images_seen": math.inf, "loss.generator": math.nan, "verdict.real": -math.inf}
        append_row(run.stats, row)
        append_row(run.sample_rows, {"update": update, "verdicts": [math.nan, "x"], "sensitivity": math.nan})
    shown = numbers(read(page.write_report(run)))
    assert shown["charts"]["losses"]["lines"][1]["mean"][-2:] == [None, None]
    assert [(b["label"], b["update"]) for b in shown["charts"]["losses"]["broken"]] == [("generator", 2020)]
    assert shown["charts"]["verdicts"]["broken"][0]["label"] == "real items"
    assert shown["charts"]["accuracies"]["broken"] == []


def test_lines_that_break_together_are_named_together(run: RunFolder):
    for update, value in ((2050, math.nan), (2100, math.inf)):
        append_row(run.stats, {"update": update, "loss.generator": value, "loss.discriminator": value})
    broken = numbers(read(page.write_report(run)))["charts"]["losses"]["broken"]
    assert broken == [{"update": 2050, "images_seen": None, "seconds": None, "label": "discriminator, generator"}]


def test_no_run_is_an_error(tmp_path: Path):
    for path in (tmp_path, tmp_path / "absent", Path(__file__)):
        with pytest.raises(RunError, match="not a run"):
            page.write_report(RunFolder(path))
    with pytest.raises(RunError):
        notebook.run_html(RunFolder(tmp_path))


def test_a_place_that_cannot_be_written_is_an_error(run: RunFolder):
    run.report.mkdir()
    with pytest.raises(RunError, match="cannot be written"):
        page.write_report(run)


def test_a_run_that_has_only_begun(tmp_path: Path):
    folder = RunFolder(tmp_path / "young")
    folder.create(Recipe(name="young"))
    reader = read(page.write_report(folder))
    assert "No sample has been drawn yet" in reader.text
    assert "Nothing has been written yet" in notebook.run_html(folder)
    pixels.write_png(folder.sample_sheet(0), pixels.grid(synthetic.strokes()))
    reader = read(page.write_report(folder))
    assert "Generated, after 0 updates" in reader.text
    assert numbers(reader)["film"] != []


FILES = ("stats", "sample_rows", "findings", "environment", "data", "real_sheet", "copies")


@pytest.mark.parametrize("how", ["absent", "empty", "torn", "binary"])
@pytest.mark.parametrize("name", FILES)
def test_each_file_may_be_missing_or_torn(run: RunFolder, name: str, how: str):
    path: Path = getattr(run, name)
    if how == "absent":
        path.unlink()
    elif how == "torn":
        synthetic.tear(path)
    else:
        path.write_bytes(b"" if how == "empty" else b"\xff\xfe\x00\x80{\n\x00")
    reader = read(page.write_report(run))
    assert "digits-test" in reader.text
    assert notebook.run_html(run)


def test_a_recipe_of_a_later_version_is_still_shown(run: RunFolder):
    write_text(run.recipe, 'format = 99\nname = "later"\n')
    reader = read(page.write_report(run))
    assert "cannot read the recipe" in reader.text
    assert "format = 99" in reader.text


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
KEYS = st.sampled_from([*synthetic.stats_row(20), "verdicts", "sensitivity", "state", "text", "evidence", "remedy"])
ROWS = st.lists(st.dictionaries(KEYS, JSON, max_size=9), max_size=5)


@pytest.fixture(scope="module")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    folder = RunFolder(tmp_path_factory.mktemp("small") / "run")
    folder.create(Recipe(name="small"))
    for update in (0, 50):
        pixels.write_png(folder.sample_sheet(update), pixels.grid(synthetic.strokes(4, 4)))
    return folder


@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(stats=ROWS, sample_rows=ROWS, findings=ROWS, tables=st.lists(JSON, min_size=3, max_size=3))
def test_no_json_breaks_the_page(small_run: RunFolder, stats: Any, sample_rows: Any, findings: Any, tables: Any):
    synthetic.write_rows(small_run.stats, stats)
    synthetic.write_rows(small_run.sample_rows, sample_rows)
    synthetic.write_rows(small_run.findings, findings)
    names = (small_run.data, small_run.environment, small_run.root / "evaluation.json")
    for path, table in zip(names, tables, strict=True):
        path.write_text(json.dumps(table))
    read(page.write_report(small_run))


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(missing=st.sets(st.sampled_from(sorted(synthetic.stats_row(20)))), broken=st.sampled_from([math.nan, math.inf]))
def test_any_key_may_be_missing(small_run: RunFolder, missing: set[str], broken: float):
    rows = [{k: v for k, v in synthetic.stats_row(u).items() if k not in missing} for u in (20, 40, 60)]
    for key in list(rows[1])[::2]:
        rows[1][key] = broken
    synthetic.write_rows(small_run.stats, rows)
    shown = numbers(read(page.write_report(small_run)))
    assert ("losses" in shown["charts"]) == (not {"loss.discriminator", "loss.generator", "loss.penalty"} <= missing)
    assert (shown["strip"] is None) == ("histograms" in missing)


def test_vectors_show_whole_scatters(tmp_path: Path):
    folder = RunFolder(tmp_path / "ring")
    folder.create(Recipe(name="ring"))
    rng = np.random.default_rng(0)
    angles = rng.uniform(0, 2 * math.pi, 400)
    reals = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    write_json(folder.data, {"description": "a ring", "item_shape": [2], "kind": "vectors", "count": 400})
    pixels.write_png(folder.real_sheet, scatter.scatter_sheet(reals[:100], reals, 256))
    for update in (0, 100):
        made = reals[:50] * update / 100 + 0.05 * rng.standard_normal((50, 2))
        pixels.write_png(folder.sample_sheet(update), scatter.scatter_sheet(made, reals, 256))
        append_row(folder.sample_rows, {"update": update, "verdicts": rng.standard_normal(50).tolist()})
    reader = read(page.write_report(folder))
    alts = [a["alt"] for tag, a in reader.elements if tag == "img"]
    assert "After 0 updates" in alts
    assert "After 100 updates" in alts
    assert not any((alt or "").startswith("latent") for alt in alts)


def test_a_large_run_stays_a_bounded_page(tmp_path: Path):
    folder = RunFolder(tmp_path / "large")
    folder.create(Recipe(name="large"))
    sheet = pixels.grid(np.random.default_rng(0).integers(0, 256, (64, 84, 84, 3), dtype=np.uint8))
    pixels.write_png(folder.sample_sheet(0), sheet)
    for update in range(1, 60):
        shutil.copy(folder.sample_sheet(0), folder.sample_sheet(update))
    shutil.copy(folder.sample_sheet(0), folder.real_sheet)
    write_json(folder.data, {"item_shape": [3, 84, 84]})
    layers = {p: {str(i): {"gradient": 0.1 * i, "step": 1e-3} for i in range(40)} for p in synthetic.LAYERS}
    synthetic.write_rows(folder.stats, [synthetic.stats_row(u) | {"layers": layers} for u in range(1, 801)])
    synthetic.write_rows(folder.findings, [{"update": u, "state": "x", "text": "y" * 9000} for u in range(300)])
    reader = read(page.write_report(folder))
    assert folder.report.stat().st_size < 6_300_000
    shown = numbers(reader)
    assert len(shown["film"]) == pictures.FILM_FRAMES
    assert len(shown["charts"]["losses"]["lines"][0]["mean"]) == 700
    assert len(shown["charts"]["losses"]["lines"][0]["high"]) == 700


def test_floor_and_count_stand_beside_the_value(run: RunFolder):
    entry = {"value": 12.34, "floor": 1.25, "count": 5000, "interval": [11.5, 13.5], "meaning": "a distance"}
    write_json(run.evaluation, {"figures": [{"name": "FD(x@3fa2)", **entry}]})
    text = read(page.write_report(run)).text
    assert "FD(x@3fa2)" in text
    for word in ("12.3", "1.25", "5,000", "11.5 to 13.5", "a distance"):
        assert word in text


REMEDY = {"set": {"regularizer.name": "r1", "loss.x": True}, "why": "smooths the game", "source": "Mescheder 2018"}
FINDING = {"state": "mode collapse", "severity": "alarm", "text": "Two of ten modes.", "remedy": [REMEDY, "rest"]}


def test_the_doctors_rows(run: RunFolder):
    append_row(run.findings, {**FINDING, "update": 1900, "picture": "real.png"})
    append_row(run.findings, {"update": 1900, "state": "converged", "severity": "course", "text": "Settled."})
    page.write_report(run)
    text = run.report.read_text()
    assert '<p class="newest bad"><span class="state">mode collapse</span> Two of ten modes.' in text
    assert '<article class="finding good"><h3><span class="state">converged</span>' in text
    reader = read(run.report)
    assert "--set regularizer.name=r1 --set loss.x=true: smooths the game (Mescheder 2018)" in reader.text
    assert any(a.get("alt") == "real.png" for _, a in reader.elements)


@pytest.mark.parametrize("name", ["../outside.png", "/etc/hostname", "absent.png", "", 7, "samples", "a\0b"])
def test_a_finding_shows_no_file_from_elsewhere(run: RunFolder, name: object):
    shutil.copy(run.real_sheet, run.root.parent / "outside.png")
    append_row(run.findings, {**FINDING, "update": 1900, "picture": name})
    assert not any(a.get("alt") == name for tag, a in read(page.write_report(run)).elements if tag == "img")


def test_quality_measured_while_training_is_a_curve(run: RunFolder):
    for update, value in ((100, 9.0), (200, math.nan), (900, 4.0)):
        append_row(run.judgements, {"update": update, "images_seen": 64 * update, "metric": "SWD", "value": value})
    shown = numbers(read(page.write_report(run)))
    quality = shown["charts"]["judgements"]
    assert [(line["label"], line["mean"]) for line in quality["lines"]] == [("SWD", [9, None, 4])]
    assert shown["clocks"][quality["clock"]]["update"] == [100, 200, 900]


@pytest.mark.parametrize(
    ("loss", "rule", "middle"), [("least-squares", "above 0.5 it says real", 0.5), ("wasserstein", "more real", None)]
)
def test_verdicts_are_read_as_the_loss_means_them(run: RunFolder, loss: LossName, rule: str, middle: float | None):
    penalty = RegularizerSettings(name="gradient-penalty" if loss == "wasserstein" else "none")
    run.store_recipe(Recipe(loss=LossSettings(name=loss), regularizer=penalty))
    reader = read(page.write_report(run))
    shown = numbers(reader)
    assert rule in reader.text
    assert shown["middle"] == shown["charts"]["verdicts"]["guide"] == middle
    assert "probabilities" not in shown["charts"]
    facts = dict(shown["film"][-1]["facts"])
    said = [value > (middle or 0) for value in shown["film"][-1]["verdicts"]]
    assert sum(said) > 0
    assert facts.get("taken for real") == (None if middle is None else f"{sum(said)} of 16")


def test_explored_pictures_are_shown(run: RunFolder):
    for name in ("001-interpolate", "002-average"):
        (run.explore / name).mkdir(parents=True)
        pixels.write_png(run.explore / name / "walk.png", pixels.grid(synthetic.strokes()))
    (run.explore / "003-empty").mkdir()
    text = read(page.write_report(run)).text
    assert "001-interpolate" in text
    assert "003-empty" not in text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.4, "59 s"), (60, "1 min"), (200, "3 min 20 s"), (3600, "1 h"), (7500, "2 h 5 min"), (-3, "0 s")],
)
def test_duration(seconds: float, text: str):
    assert wording.duration(seconds) == text
