"""`gansmith push` and `gansmith pull`, as they are typed, with a Hub on the loopback."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fake_hub import Hub, serving
from safetensors.numpy import save

import small_runs
from gansmith import cli
from gansmith.ground.errors import EngineError, RunError
from gansmith.ground.files.runfolder import RunFolder
from gansmith.trained import hub as hubs
from gansmith.trained.generator import load
from gansmith.trained.origin import find

pytest.importorskip("huggingface_hub")
FILE = hubs.FILE


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_runs.explored(small_runs.make(tmp_path_factory.mktemp("hub") / "small")).root


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, hasty_judges: None) -> Iterator[Hub]:
    """The Hub, and a current folder and a cache that are empty."""
    with serving() as served:
        monkeypatch.setenv("HF_ENDPOINT", served.address)
        monkeypatch.setenv("HF_TOKEN", "hf_of_nobody")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("GANSMITH_CACHE", str(tmp_path / "cache"))
        monkeypatch.chdir(tmp_path)
        yield served


def typed(*words: object) -> int:
    return cli.main([str(word) for word in words])


def images(run: object) -> np.ndarray:
    return load(str(run)).sample(8, seed=3)


def test_what_is_pushed_is_pulled(run: Path, hub: Hub, capsys: pytest.CaptureFixture):
    assert typed("push", run, "me/digits", "--licence", "CC BY 4.0") == 0
    assert f"{hub.address}/me/digits" in capsys.readouterr().out
    assert sorted(hub.repositories["model", "me/digits"]) == ["README.md", FILE, "samples.png"]
    card = hub.repositories["model", "me/digits"]["README.md"].decode()
    assert 'data_licence: "CC BY 4.0"' in card
    assert "![Samples of the generator](samples.png)" in card
    assert typed("pull", "me/digits") == 0
    assert "without its discriminator" in capsys.readouterr().out
    assert np.array_equal(images("runs/digits"), images(run))
    about = json.loads(Path("runs/digits/pulled.json").read_text())
    assert about["source"].startswith("hub:me/digits@")
    assert not [path for path in Path("runs").iterdir() if path.name != "digits"]


def test_what_is_pulled_is_sampled_evaluated_and_explored(
    run: Path, hub: Hub, capsys: pytest.CaptureFixture, hasty_judges: None
):
    assert typed("push", run, "digits") == 0
    assert typed("pull", "me/digits", "--out", "theirs") == 0
    assert typed("sample", "theirs", "--seeds", "0-3", "--out", "sheet.png") == 0
    assert typed("explore", "theirs", "grid", "--columns", "2") == 0
    assert typed("evaluate", "theirs", "--count", "20", "--features", "pixels") == 0
    assert typed("export", "theirs", "safetensors") == 0
    capsys.readouterr()
    for words, told in (
        (("resume", "theirs"), "holds a generator alone, so no training can go on"),
        (("explore", "theirs", "project", "--realism", ".1", "--steps", "2"), "this needs its discriminator too"),
    ):
        assert typed(*words) == 1
        said = capsys.readouterr().err
        assert told in said
        assert said.strip().count("\n") == 0


def test_a_training_starts_from_the_hub(run: Path, hub: Hub, capsys: pytest.CaptureFixture):
    assert typed("push", run, "me/digits") == 0
    words = ["train", run / "recipe.toml", "--from", "hub:me/digits", "--updates", "1", "--out", "mine"]
    assert typed(*words, "--set", "watch.samples=4", "--set", "watch.diagnose=0", "--set", "watch.judge=0") == 0
    told = json.loads(Path("mine/origin.json").read_text())
    assert told["hub"].startswith("hub:me/digits@")
    assert "100% of the generator" in told["told"]
    assert typed("export", "mine", "safetensors") == 0
    card = Path("MODEL_CARD.md").read_text(encoding="utf-8")
    assert 'base_model: "me/digits"' in card
    assert "**Started from**: hub:me/digits@" in card


def test_the_cache_keeps_each_commit_once(run: Path, hub: Hub):
    assert typed("push", run, "me/digits") == 0
    first = find("hub:me/digits")
    stamp = RunFolder(first).recipe.stat().st_mtime_ns
    assert find("hub:me/digits") == first
    assert RunFolder(first).recipe.stat().st_mtime_ns == stamp
    hub.commit = "c0ffee" * 6
    assert find("hub:me/digits") != first


def test_a_space_is_the_page(run: Path, hub: Hub, capsys: pytest.CaptureFixture):
    assert typed("push", run, "digits", "--space", "--private") == 0
    files = hub.repositories["space", "me/digits"]
    assert files["index.html"].startswith(b"<!doctype html>")
    assert 'sdk: "static"' in files["README.md"].decode()
    assert 'models: ["me/digits"]' in files["README.md"].decode()
    settings = hub.settings["space", "me/digits"]
    assert settings["sdk"] == "static"
    for asked in hub.settings.values():
        assert asked.get("private") is True or asked.get("visibility") == "private"
    assert f"{hub.address}/spaces/me/digits" in capsys.readouterr().out


def test_a_name_that_is_taken_needs_force(run: Path, hub: Hub, capsys: pytest.CaptureFixture):
    assert typed("push", run, "me/digits") == 0
    hub.repositories["model", "me/digits"]["README.md"] = b"mine"
    assert typed("push", run, "me/digits") == 1
    assert "is on the Hub already" in capsys.readouterr().err
    assert hub.repositories["model", "me/digits"]["README.md"] == b"mine"
    assert typed("push", run, "me/digits", "--force") == 0
    assert hub.repositories["model", "me/digits"]["README.md"] != b"mine"


def test_nothing_is_sent_where_the_page_is_refused(hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture):
    dense = {"generator__net": "dense", "discriminator__net": "dense", "generator__output": "linear"}
    ring = small_runs.make(
        tmp_path / "ring", data__source="ring", data__labels="none", generator__conditioning="concat", **dense
    )
    assert typed("push", ring.root, "me/ring", "--space") == 1
    assert "html needs pictures" in capsys.readouterr().err
    assert hub.repositories == {}
    assert typed("push", ring.root, "me/ring") == 0
    assert sorted(hub.repositories["model", "me/ring"]) == ["README.md", FILE]


# ---- what is refused


def refused(name: str, words: str) -> None:
    """pull refuses it, and leaves nothing behind."""
    with pytest.raises(RunError, match=words) as error:
        hubs.pull(hubs.find(name), Path("theirs"))
    assert "\n" not in str(error.value)
    assert not Path("theirs").exists()
    assert not list(Path.cwd().glob(".theirs*"))


def given(hub: Hub, **files: bytes) -> None:
    hub.repositories["model", "me/odd"] = {name.replace("__", "."): data for name, data in files.items()}


def test_pickles_and_foreign_files_are_not_taken(hub: Hub):
    given(hub, pytorch_model__bin=b"\x80\x04", README__md=b"")
    refused("me/odd", r"holds no generator\.safetensors, but README\.md, pytorch_model\.bin: only what")
    given(hub, a__safetensors=b"1", b__safetensors=b"2")
    refused("me/odd", "holds no generator")
    hub.repositories["model", "me/odd"] = {"../evil.safetensors": b"1", "a/b.safetensors": b"1"}
    refused("me/odd", "holds no generator")
    given(hub, generator__safetensors=save({"weight": np.zeros(3, np.float32)}))
    refused("me/odd", "it has no header of a generator")
    given(hub, generator__safetensors=b"\x80\x04pickle")
    refused("me/odd", "no generator that can be used here")


def test_a_repository_that_is_not_there_is_one_line(hub: Hub):
    with pytest.raises(RunError, match="me/none on the Hub: RepositoryNotFoundError") as error:
        hubs.find("me/none")
    assert "\n" not in str(error.value)
    with pytest.raises(RunError, match="on the Hub: HFValidationError"):
        hubs.find("../..")


def test_sizes_are_checked(run: Path, hub: Hub):
    assert typed("push", run, "me/odd") == 0
    hub.announced[FILE] = 5 << 30
    refused("me/odd", "tells 5368709120 bytes")
    hub.announced[FILE] = 99
    refused("me/odd", "and 99 were announced")


def test_a_commit_that_is_none_is_refused(run: Path, hub: Hub):
    assert typed("push", run, "me/odd") == 0
    hub.commit = "../../../evil"
    refused("me/odd", "at commit '../../../evil'")


def test_a_place_that_is_taken_is_refused(run: Path, hub: Hub, capsys: pytest.CaptureFixture):
    assert typed("push", run, "me/odd") == 0
    Path("theirs").mkdir()
    assert typed("pull", "me/odd", "--out", "theirs") == 1
    assert "is there already" in capsys.readouterr().err
    assert typed("pull", "me/odd", "--out", "/dev/null/theirs") == 1
    assert "cannot be made" in capsys.readouterr().err


def test_a_hub_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture):
    with serving() as gone:
        address = gone.address
    monkeypatch.setenv("HF_ENDPOINT", address)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert typed("pull", "me/digits") == 1
    said = capsys.readouterr().err
    assert "me/digits on the Hub: " in said
    assert said.count("\n") == 1


def test_the_missing_extra_is_named(run: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(EngineError, match=r"pip install 'gansmith\[hub\]'"):
        hubs.find("me/digits")
