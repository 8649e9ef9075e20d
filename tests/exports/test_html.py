"""`gansmith export RUN html` as it is typed: what is in the file, what is said, what is refused."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest

import small_runs
from gansmith import cli
from gansmith.exports import EXPORTS, export, options
from gansmith.ground.errors import GansmithError, RunError
from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.web import fidelity
from gansmith.web.formats import FORMATS


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_runs.explored(small_runs.make(tmp_path_factory.mktemp("export") / "small")).root


def between(text: str, tag: str) -> str:
    """What stands in the first element that is opened so."""
    return text.split(tag, 1)[1].split("</", 1)[0]


def model_in(text: str) -> dict:
    return json.loads(between(text, '<script type="application/json" id="model">'))


def test_a_page_is_written_and_told(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["export", str(run), "html"]) == 0
    said = capsys.readouterr().out
    text = (tmp_path / "small.html").read_text(encoding="utf-8")
    assert "small.html: 0." in said
    assert "fp16 weights: pixels differ by" in said
    assert "directions of 001-directions" in said
    assert "--licence" in said
    for fact in (
        "glyphs: 40 grey pictures, 16 x 16, 10 classes",
        "not stated",
        "small, seed 0",
        "7 updates",
        "not measured",
    ):
        assert fact in text
    assert sorted(path.name for path in tmp_path.iterdir()) == ["MODEL_CARD.md", "small.html"]


def test_the_policy_allows_this_script_and_style_alone(run: Path, tmp_path: Path):
    text = export(run, "html", tmp_path / "page.html").path.read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; ")
    for element, name in (("<script>", "script-src"), ("<style>", "style-src")):
        digest = base64.b64encode(hashlib.sha256(between(text, element).encode()).digest()).decode()
        assert f"{name} 'sha256-{digest}'" in policy[1]
    assert not re.search(r"(src|href)=\"(?!data:,)", text)
    assert "http" not in re.sub(r"http-equiv", "", text)


def test_titles_and_licences_are_text(run: Path, tmp_path: Path):
    asked = options.Html(title="<b>&", licence='</script><img src="x">')
    text = export(run, "html", tmp_path / "page.html", asked).path.read_text(encoding="utf-8")
    assert "<h1>&lt;b&gt;&amp;</h1>" in text
    assert "&lt;/script&gt;&lt;img" in text
    assert text.count("</script>") == 3


def test_the_model_holds_what_the_run_has(run: Path, tmp_path: Path):
    model = model_in(export(run, "html", tmp_path / "page.html").path.read_text(encoding="utf-8"))
    assert [one["name"] for one in model["directions"]] == ["ink", "slant"]
    assert [one["name"] for one in model["styles"]] == ["thick", "thin", "typical"]
    assert model["classes"] == [str(digit) for digit in range(10)]
    assert model["latent"] == {"dim": 6, "law": "normal"}
    vector = np.frombuffer(base64.b64decode(model["directions"][1]["vector"]), np.float32)
    assert vector.tolist() == [1, 0, 0, 0, 0, 0]
    assert model["real"] is None


def test_without_directions_of_its_own_a_run_has_principal_ones(tmp_path: Path):
    folder = small_runs.make(tmp_path / "plain", data__labels="none", generator__conditioning="concat")
    done = export(folder.root, "html", tmp_path / "page.html")
    names = [one["name"] for one in model_in(done.path.read_text(encoding="utf-8"))["directions"]]
    assert names == [f"principal-{number}" for number in range(1, 7)]
    assert any("principal directions" in note for note in done.notes)


def test_the_distance_stands_beside_its_floor(run: Path, tmp_path: Path):
    folder = RunFolder(run)
    figure = {"key": "fd", "name": "FD(pixels)", "value": 12.345, "floor": 1.5, "count": 5000}
    write_json(folder.evaluation, {"figures": [figure]})
    text = export(run, "html", tmp_path / "page.html").path.read_text(encoding="utf-8")
    folder.evaluation.unlink()
    assert "FD(pixels) 12.35; real pictures among themselves 1.5" in text


def test_a_damaged_evaluation_is_none(run: Path, tmp_path: Path):
    folder = RunFolder(run)
    for damaged in ("{", "[]", '{"figures": 3}', '{"figures": [{"key": "fd"}]}'):
        folder.evaluation.write_text(damaged, encoding="utf-8")
        text = export(run, "html", tmp_path / "page.html", force=True).path.read_text(encoding="utf-8")
        assert "<dt>Distance to the data</dt><dd>not measured</dd>" in text
    folder.evaluation.unlink()


def test_real_pictures_need_consent(run: Path, tmp_path: Path):
    with pytest.raises(RunError, match=r"publishes 5 pictures of glyphs.*--consent"):
        export(run, "html", tmp_path / "page.html", options.Html(with_real=5))
    done = export(run, "html", tmp_path / "page.html", options.Html(with_real=5, consent=True))
    real = model_in(done.path.read_text(encoding="utf-8"))["real"]
    assert real["count"] == 5
    assert len(base64.b64decode(real["data"])) == 5 * 16 * 16


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("", 1)])
def test_a_terminal_is_asked_for_consent(
    answer: str, code: int, run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdin.readline", lambda: answer, raising=False)
    out = tmp_path / "page.html"
    assert cli.main(["export", str(run), "html", "--with-real", "3", "--out", str(out)]) == code
    assert "May they be published?" in capsys.readouterr().err
    assert out.exists() == (code == 0)


def test_nothing_is_replaced_without_force(run: Path, tmp_path: Path):
    out = tmp_path / "page.html"
    out.write_text("mine")
    with pytest.raises(RunError, match=r"is there already.*--force"):
        export(run, "html", out)
    assert out.read_text() == "mine"
    export(run, "html", out, force=True)
    assert out.stat().st_size > 10_000


@pytest.mark.parametrize(("name", "words"), [("", "is a folder: name a file"), ("page.txt", "ends in .html")])
def test_other_places_are_refused(name: str, words: str, run: Path, tmp_path: Path):
    with pytest.raises(RunError, match=words):
        export(run, "html", tmp_path / name)


def test_vectors_are_refused_by_name(tmp_path: Path):
    folder = small_runs.make(
        tmp_path / "ring",
        data__source="ring",
        data__labels="none",
        generator__net="dense",
        discriminator__net="dense",
        generator__conditioning="concat",
        generator__output="linear",
    )
    with pytest.raises(RunError, match="html needs pictures"):
        export(folder.root, "html", tmp_path / "page.html")


def test_a_run_without_checkpoint_is_refused(tmp_path: Path):
    folder = RunFolder(tmp_path / "empty")
    folder.create(small_runs.RECIPE)
    write_json(folder.data, {"item_shape": [1, 16, 16], "class_names": []})
    with pytest.raises(RunError, match="holds no checkpoint"):
        export(folder.root, "html", tmp_path / "page.html")
    assert not (tmp_path / "page.html").exists()


def test_a_failure_leaves_nothing_half_written(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gansmith.ground.files.whole.os.replace", broken)
    with pytest.raises(RunError, match=r"No space left.*another --out"):
        export(run, "html", tmp_path / "page.html")
    assert list(tmp_path.iterdir()) == []


# ---- int8


def test_int8_is_about_half_and_says_what_it_changes(tmp_path: Path):
    run = small_runs.make(tmp_path / "digits", data__source="digits", data__first=0)
    done = export(run.root, "html", tmp_path / "page.html", options.Html(weights="int8"))
    assert any("int8 weights: pixels differ by" in note and "distance to the data x" in note for note in done.notes)
    formats = [row["format"] for row in model_in(done.path.read_text(encoding="utf-8"))["arrays"]]
    assert formats.count("int8") == 3


def test_int8_that_moves_pictures_is_refused(run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Columns with one large weight leave few steps to the others."""
    monkeypatch.setattr(fidelity, "MOST_LEVELS", 1e-6)
    with pytest.raises(RunError, match=r"int8 weights change these pictures by .* --weights fp16"):
        export(run, "html", tmp_path / "page.html", options.Html(weights="int8"))
    monkeypatch.setattr(fidelity, "MOST_LEVELS", 255)
    monkeypatch.setattr(fidelity, "distance_ratio", lambda *_: 1.06)
    with pytest.raises(RunError, match=r"distance to the data 1.06 times as large"):
        export(run, "html", tmp_path / "page.html", options.Html(weights="int8"))
    assert not (tmp_path / "page.html").exists()


def test_weights_beyond_half_precision_are_refused(tmp_path: Path):
    """65,504 is the largest such number: a generator with larger ones would be black in a browser."""
    folder = small_runs.make(
        tmp_path / "huge", generator__initial_scale=1e6, generator__norm="none", generator__conditioning="concat"
    )
    with pytest.raises(RunError, match=r"fp16 weights change these pictures.*--weights fp32"):
        export(folder.root, "html", tmp_path / "page.html")
    done = export(folder.root, "html", tmp_path / "page.html", options.Html(weights="fp32"))
    assert "fp32 weights: pixels differ by 0 of 255 levels on average, 0 at most, over 64 pictures" in done.notes


def test_int8_without_the_data_says_that_the_distance_is_unknown(
    run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def gone(*_: object, **__: object) -> None:
        raise GansmithError("the data is gone")

    monkeypatch.setattr(fidelity, "reference_for", gone)
    done = export(run, "html", tmp_path / "page.html", options.Html(weights="int8"))
    assert any("the distance to the data was not measured" in note for note in done.notes)


def test_rounding_is_what_is_read_back():
    matrix = np.array([[1.0, 0.0, -3.0], [0.1, 0.0, 1.5]], np.float32)
    np.testing.assert_allclose(FORMATS["int8"].rounded(matrix)[:, 0], [1.0, round(12.7) / 127], rtol=1e-6)
    assert FORMATS["int8"].rounded(matrix)[:, 1].tolist() == [0, 0]
    assert FORMATS["fp16"].rounded(matrix)[1, 0] == np.float16(0.1)
    assert len(FORMATS["int8"].write(matrix)) == 6 + 12


def test_every_kind_has_help(capsys: pytest.CaptureFixture):
    for name in EXPORTS:
        with pytest.raises(SystemExit):
            cli.main(["export", "RUN", name, "--help"])
        assert "--force" in capsys.readouterr().out
