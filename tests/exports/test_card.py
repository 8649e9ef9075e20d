"""The card beside an export: what it says, where it goes, what it never says."""

from __future__ import annotations

from pathlib import Path

import pytest

import small_runs
from gansmith.exports import card, export
from gansmith.exports.task import Task, open_task
from gansmith.ground.files.runfolder import RunFolder, write_json
from gansmith.ground.recipes.recipe import override
from gansmith.trained.parcel import recipe_hash

yaml = pytest.importorskip("yaml")
FIGURES = [
    {
        "key": "fd",
        "name": "FD(digits-classifier@3fa2)",
        "value": 12.345,
        "floor": 1.5,
        "count": 5000,
        "meaning": "distance",
    },
    {"key": "precision", "name": "precision(digits-classifier@3fa2)", "value": 0.75, "floor": 0.9, "count": 5000},
    {"key": "recall", "name": "recall(digits-classifier@3fa2)", "value": 0.5, "floor": None, "count": 5000},
    {"key": "modes", "name": "modes covered(digits-classifier@3fa2)", "value": 9, "floor": 10, "count": 5000},
    {"key": "copies", "name": "copy rate(thumbnails)", "value": 0.02, "floor": 0.01, "count": 1000},
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return small_runs.make(tmp_path_factory.mktemp("card") / "small")


@pytest.fixture
def task(folder: RunFolder) -> Task:
    return open_task(folder.root)


def head(text: str) -> dict:
    """What the Hub reads."""
    return yaml.safe_load(text.split("---\n")[1])


def test_what_is_not_known_is_not_guessed(task: Task):
    text = card.text(task, "")
    told = head(text)
    assert told["data_licence"] == "not stated"
    assert told["license"] == "unknown"
    assert told["library_name"] == "gansmith"
    assert "model-index" not in told
    for words in (
        "**Licence of the data**: not stated",
        "**Minutes**: not known",
        "**Hardware**: not known",
        "**Started from**: nothing: all weights were drawn",
        "Not measured (`gansmith evaluate RUN` does it)",
        "It was not measured whether it repeats",
        "glyphs: 40 grey pictures, 16 x 16, 10 classes",
        "## Intended use",
    ):
        assert words in text


def test_what_is_known_is_told(folder: RunFolder, task: Task):
    write_json(folder.evaluation, {"figures": FIGURES})
    environment = {"device": "cuda", "gpu": "A card", "threads": 2, "processors": 2, "machine": "x86_64", "ranks": 4}
    write_json(folder.environment, environment)
    write_json(folder.origin, {"source": "/home/ann/runs/first", "hub": None})
    state = folder.checkpoint(small_runs.UPDATE) / "state.json"
    write_json(state, {"update": 7, "counters": {}, "progress": {"seconds": 150.0}})
    text = card.text(task, "CC BY 4.0")
    for words in (
        "**Licence of the data**: CC BY 4.0",
        "**Minutes**: 2.5",
        "**Hardware**: A card, 4 processes",
        "**Started from**: the run first",
        "| FD(digits-classifier@3fa2) | 12.35 | 1.5 | 5,000 | distance |",
        "| recall(digits-classifier@3fa2) | 0.5 | not measured | 5,000 |  |",
        "Of 1,000 generated items, 20 (2.00%) are as near",
        "(of real items: 1.00%)",
        f"`{recipe_hash(task.generator.recipe)}`",
    ):
        assert words in text
    assert "/home/ann" not in text
    (result,) = head(text)["model-index"][0]["results"]
    assert [metric["type"] for metric in result["metrics"]] == ["fd", "precision", "recall", "modes", "copies"]
    assert result["metrics"][0]["value"] == 12.345
    for path in (folder.evaluation, folder.environment, folder.origin):
        path.unlink()


def test_the_hub_reads_the_head(folder: RunFolder, task: Task):
    hub = pytest.importorskip("huggingface_hub")
    write_json(folder.evaluation, {"figures": FIGURES})
    found = hub.ModelCard(card.text(task, "CC BY 4.0")).data
    folder.evaluation.unlink()
    assert found.pipeline_tag == "unconditional-image-generation"
    assert found.eval_results[0].metric_value == 12.345
    assert found.to_dict()["data_licence"] == "CC BY 4.0"


def test_words_of_the_user_stay_words(task: Task):
    told = head(card.text(task, 'mine: "all"\n---\nlicense: mit'))
    assert told["license"] == "unknown"
    assert told["data_licence"].startswith("mine:")


def test_a_dataset_of_the_hub_is_named(task: Task):
    task.generator.recipe = override(task.generator.recipe, {"data.source": "hf:user/name:config"})
    assert head(card.text(task, ""))["datasets"] == ["user/name"]


# ---- where it goes


def test_a_card_lies_beside_each_export(folder: RunFolder, tmp_path: Path):
    done = export(folder.root, "safetensors", tmp_path / "a.safetensors")
    assert (tmp_path / card.NAME).read_text(encoding="utf-8").startswith("---\n")
    assert f"its card: {tmp_path / card.NAME}" in done.notes
    export(folder.root, "safetensors", tmp_path / "b.safetensors")  # the same card
    assert sorted(path.name for path in tmp_path.iterdir()) == ["MODEL_CARD.md", "a.safetensors", "b.safetensors"]


def test_cards_of_others_stay(folder: RunFolder, tmp_path: Path):
    (tmp_path / card.NAME).write_text("mine\n")
    export(folder.root, "safetensors", tmp_path / "a.safetensors", force=True)
    assert (tmp_path / card.NAME).read_text() == "mine\n"
    beside = tmp_path / f"a.{card.NAME}"
    assert "# A generator of pictures like glyphs" in beside.read_text(encoding="utf-8")
    beside.write_text("mine too\n")
    done = export(folder.root, "safetensors", tmp_path / "a.safetensors", force=True)
    assert beside.read_text() == "mine too\n"
    assert any("no card was written" in note for note in done.notes)


def test_a_card_of_the_same_run_is_replaced_with_force(folder: RunFolder, task: Task, tmp_path: Path):
    path, old, new = tmp_path / card.NAME, card.text(task, ""), card.text(task, "CC BY 4.0")
    path.write_text(old, encoding="utf-8")
    file = tmp_path / "a.html"
    assert card.place(file, old, force=False) == path
    assert card.place(file, new, force=False) == tmp_path / f"a.{card.NAME}"
    assert card.place(file, new, force=True) == path
