"""Trainings in miniature, from the table to the page."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from PIL import Image

import gansmith
from gansmith import cli
from gansmith.articles import experiments, probes
from gansmith.articles.claims import CLAIMS
from gansmith.articles.experiments import ExperimentPlan, articles, choose
from gansmith.articles.probes import PROBES, Subject, correlation, ranked_above
from gansmith.articles.studies import STUDIES
from gansmith.articles.verdict import NOT_RUN
from gansmith.compare import grid
from gansmith.compare.cell import work
from gansmith.data.toys import glyphs
from gansmith.ground.errors import GansmithError, RecipeError, StoppedByUser
from gansmith.ground.files.gridfolder import ArticlesFolder, CellFolder
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import Recipe
from gansmith.metrics.feature_networks import classifier


@pytest.fixture(scope="module")
def small_mnist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four files as MNIST has them, of a few drawn digits at 28x28."""
    folder = tmp_path_factory.mktemp("small-mnist")
    for part, (name, count) in enumerate({"train": 300, "t10k": 100}.items()):
        pictures, labels = glyphs.pictures(count, 0, part)
        small = np.stack([np.asarray(Image.fromarray(p.squeeze()).resize((28, 28))) for p in pictures])
        for kind, array in (("images-idx3", small), ("labels-idx1", labels.astype(np.uint8))):
            head = bytes((0, 0, 8, array.ndim)) + b"".join(n.to_bytes(4, "big") for n in array.shape)
            path = folder / f"{name}-{kind}-ubyte.gz"
            path.write_bytes(gzip.compress(head + array.astype(np.uint8).tobytes()))
    return folder


@pytest.fixture(scope="module", autouse=True)
def _here_and_quickly() -> Iterator[None]:
    """Cells run in this process, the classifier that measures is hardly trained, and probes measure few items. A study's
    curves take longer than its cells: tests of `compare` draw them."""

    def run_cells(cells, jobs, say):
        errors: dict[CellFolder, str] = {}
        for cell in cells:
            try:
                work(cell.folder, 1)
            except GansmithError as error:
                errors[cell.folder] = str(error)
        return errors

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grid, "run_cells", run_cells)
        patch.setattr(classifier, "UPDATES", 20)
        patch.setattr(probes, "COUNT", 200)
        patch.setattr("gansmith.report.plots.curves_with_spread", lambda *_: b"<svg/>")
        yield


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory, small_mnist: Path) -> ArticlesFolder:
    """Articles 001 and 003, as --quick has them."""
    root = tmp_path_factory.mktemp("tried")
    folder = ArticlesFolder(root, root / "pages")
    articles(ExperimentPlan(choose(["003", "001"]), str(small_mnist), quick=True), folder)
    return folder


def cell(out: ArticlesFolder, study: str, name: str) -> CellFolder:
    text = STUDIES[study].variants[name]
    return next(
        out.study(study).cell(text, seed) for seed in (0, 42) if out.study(study).cell(text, seed).root.exists()
    )


def test_pages_figures_and_pictures_are_written(out: ArticlesFolder):
    found = json.loads(out.figures.read_text(encoding="utf-8"))
    assert set(found["articles"]) == {"001", "003"}
    assert not found["failures"]
    for name, told in found["articles"].items():
        page = out.page(name).read_text(encoding="utf-8")
        assert [claim["name"] for claim in told["claims"]] == [c.name for c in CLAIMS if c.article == name]
        for claim in told["claims"]:
            assert claim["says"] in page
            assert f"**Verdict: {claim['verdict']}.**" in page
            assert claim["verdict"] == "open at this budget"  # by one seed
            assert claim["needs"][1:] in page
            assert claim["because"] != NOT_RUN.because
            assert all(len(cells) == 1 for cells in claim["variants"].values())
            if claim["strip"]:
                with Image.open(out.picture(name, claim["name"])) as strip:
                    assert strip.size == (20 * 29 + 1, len(claim["strip"]) * 29 + 1)
                assert f"pictures/{name}-{claim['name']}.png" in page
        assert all(f"gansmith compare {command.split()[2]}" in page for command in told["studies"].values())
    assert "--quick" in out.page("003").read_text(encoding="utf-8")


def test_the_published_trick_memorises_the_first_picture(tmp_path: Path, mnist: Path):
    """As published, its 10 updates on MNIST: on raw output, and by the doctor's verdict."""
    run = gansmith.train("article-003-trick", str(mnist), out=tmp_path / "cell" / "run")
    figures = PROBES["stamp"](Subject(CellFolder(tmp_path / "cell")))
    assert figures["first_correlation"] > 0.9
    assert figures["raw_spread"] < 1e-6
    findings = [json.loads(line) for line in run.folder.findings.read_text(encoding="utf-8").splitlines()]
    assert findings[-1]["state"] == "one picture memorised"


def test_the_same_command_trains_nothing_again(out: ArticlesFolder, small_mnist: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_):
        raise AssertionError("a cell is trained again")

    monkeypatch.setattr(grid, "run_cells", refuse)
    before = out.page("003").read_text(encoding="utf-8")
    articles(ExperimentPlan(("003", "001"), str(small_mnist), quick=True), out)
    assert out.page("003").read_text(encoding="utf-8") == before


def test_pages_tell_what_there_is(tmp_path: Path):
    folder = ArticlesFolder(tmp_path, tmp_path / "pages")
    found = articles(ExperimentPlan(choose([])), folder, train=False)
    claims = [claim for told in found["articles"].values() for claim in told["claims"]]
    assert len(claims) == len(CLAIMS)
    assert {claim["verdict"] for claim in claims} == {"open at this budget"}
    assert "not run" in folder.page("000").read_text(encoding="utf-8")


def test_a_study_that_is_stopped_writes_its_pages(tmp_path: Path, small_mnist: Path, monkeypatch: pytest.MonkeyPatch):
    def stop(*_):
        raise StoppedByUser("every cell is saved")

    monkeypatch.setattr(grid, "run_cells", stop)
    folder = ArticlesFolder(tmp_path, tmp_path / "pages")
    with pytest.raises(StoppedByUser, match="to continue"):
        articles(ExperimentPlan(("004",), str(small_mnist), quick=True), folder)
    assert "not run" in folder.page("004").read_text(encoding="utf-8")


def test_failed_trainings_are_named(tmp_path: Path, small_mnist: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(grid, "run_cells", lambda cells, *_: {one.folder: "the disk is full" for one in cells})
    folder = ArticlesFolder(tmp_path, tmp_path / "pages")
    code = cli.main(["articles", "004", "--quick", "--data", str(small_mnist), "--out", str(tmp_path), "--quiet"])
    assert code == 1
    assert "2 : 1" not in folder.page("004").read_text(encoding="utf-8").partition("without figures")[0].split("\n")
    assert "the disk is full" in folder.page("004").read_text(encoding="utf-8")


def test_a_study_that_needs_a_gpu_is_left_out_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(experiments, "choose_device", lambda _: "cpu")
    monkeypatch.setattr(grid, "run_cells", lambda *_: {})
    said: list[str] = []
    folder = ArticlesFolder(tmp_path, tmp_path / "pages")
    found = articles(ExperimentPlan(("002",), "digits", quick=True), folder, say=said.append)
    assert "study 002-gpu is left out: it needs a GPU, and none is here" in said
    assert not any(line.startswith("002-gpu") for line in found["failures"])
    monkeypatch.setattr(experiments, "choose_device", lambda _: "cuda")
    articles(ExperimentPlan(("002",), "digits", quick=True), folder, say=said.append)
    assert said.count("study 002-gpu") == 1


def test_unknown_articles_are_refused():
    with pytest.raises(RecipeError, match="001"):
        choose(["01"])


def test_a_page_shows_commands_that_are_understood(out: ArticlesFolder):
    """Each `compare` line orders exactly the cells that are there."""
    import shlex

    from gansmith.cli.commands import COMMANDS
    from gansmith.cli.parser import Parser

    for study, command in json.loads(out.figures.read_text(encoding="utf-8"))["articles"]["003"]["studies"].items():
        options = Parser.of(COMMANDS).parse_args(shlex.split(command)[1:])
        assert set(options.recipes) == set(STUDIES[study].variants.values())
        assert options.seeds == 1


# ---- probes


@pytest.mark.parametrize("name", [name for name in PROBES if name != "law"])
def test_a_probe_gives_numbers(out: ArticlesFolder, name: str):
    """Of a labelled torch run; in --quick they mean nothing, but they are there and in range."""
    figures = PROBES[name](Subject(cell(out, "001", "labelled")))
    assert figures
    assert all(np.isfinite(value) for value in figures.values())
    shares = {key: value for key, value in figures.items() if key.startswith(("agreement", "same", "opposite", "told"))}
    assert all(0 <= value <= 1 for key, value in shares.items() if not key.endswith("class"))


@pytest.mark.parametrize(("source", "figures"), [("syllables", {"lawful": 0.75}), ("mine.txt", {})])
def test_words_are_held_against_the_law_behind_them(source: str, figures: dict[str, float]):
    generator = SimpleNamespace(sample=lambda count: [("na", "balta", "xx", "stobre")[row % 4] for row in range(count)])
    recipe = override(Recipe(), {"data.source": source})
    assert PROBES["law"](cast(Subject, SimpleNamespace(recipe=recipe, generator=generator))) == figures


def test_a_probe_is_kept(out: ArticlesFolder, monkeypatch: pytest.MonkeyPatch):
    folder = cell(out, "003", "mended, 4,000 updates")
    first = probes.probe(folder, ["stamp"])
    monkeypatch.setitem(PROBES, "stamp", lambda subject: pytest.fail("measured again"))
    assert probes.probe(folder, ["stamp"]) == first


def test_another_label_is_another_picture(out: ArticlesFolder):
    assert PROBES["asked"](Subject(cell(out, "001", "labelled")))["label_moves"] > 0
    assert PROBES["asked"](Subject(cell(out, "001", "plain"))) == {}


def test_ranks_by_hand():
    assert ranked_above(np.array([1.0, 2.0]), np.array([0.0, -1.0])) == 1
    assert ranked_above(np.array([0.0, 3.0]), np.array([1.0, 2.0])) == 0.5
    assert ranked_above(np.ones(3), np.ones(4)) == 0.5
    assert correlation(np.array([1, 2, 3]), np.array([6, 4, 2])) == pytest.approx(-1)
    assert correlation(np.ones(3), np.arange(3)) == 0


@pytest.mark.slow
def test_all_of_it_runs_quickly(tmp_path: Path, small_mnist: Path):
    folder = ArticlesFolder(tmp_path, tmp_path / "pages")
    found = articles(ExperimentPlan(choose([]), str(small_mnist), quick=True), folder)
    claims = [claim for told in found["articles"].values() for claim in told["claims"]]
    assert not found["failures"]
    assert NOT_RUN.because not in {claim["because"] for claim in claims}
    figures = found["articles"]["000"]["claims"][0]["variants"]["dense, joint"][0]
    assert figures["fd_untrained"] != figures["fd_quarter"]  # they have a name each


def test_the_digit_that_is_drawn_least_has_its_share(monkeypatch: pytest.MonkeyPatch):
    """Of digits 0 and 1, asked for four times each, the classifier sees all of the first and one of the second."""
    answers = np.array([0, 0, 0, 0, 1, 0, 0, 0])
    read = SimpleNamespace(probabilities=np.eye(2)[answers])
    reference = SimpleNamespace(classes=2, classifier=SimpleNamespace(read=lambda items: read))
    monkeypatch.setattr(probes, "newest_snapshot", lambda folder: (np.zeros((8, 1, 1, 1)), np.repeat([0, 1], 4)))
    found = probes.class_shares(cast(Subject, SimpleNamespace(reference=reference, folder=None)))
    assert found == {
        "largest_share": 7 / 8, "largest_class": 0.0, "agreement_0": 1.0, "agreement_1": 0.25, "agreement_least": 0.25
    }  # fmt: skip
