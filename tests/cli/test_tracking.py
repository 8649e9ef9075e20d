"""Trackers: what each is told of a training, a resumed one and a rolled back one; what is missing, and what fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, get_args

import numpy as np
import pytest
from PIL import Image

import gansmith
from fake_game import FakeGame
from gansmith.cli import main
from gansmith.ground.errors import EngineError
from gansmith.ground.files.runfolder import RunFolder, append_row, cut_rows, read_rows
from gansmith.ground.recipes.recipe import from_table
from gansmith.ground.recipes.settings import TrackerName
from gansmith.training.events import UpdateEvent
from gansmith.training.schedules import Clock
from gansmith.training.tracking.sessions import Board, News, Opening, numbers_of
from gansmith.training.tracking.table import TRACKERS
from gansmith.training.tracking.watcher import Track
from miniatures import world

ROOT = Path(__file__).parent.parent.parent
SMALL: dict[str, Any] = {
    "watch.samples": 4, "watch.stats_every": 2, "watch.judge": 0.0, "threads": 1, "data.first": 64, "data.batch": 16,
    "generator.widths": [16, 8, 8], "discriminator.widths": [8, 8, 8],
}  # fmt: skip


class Library(ModuleType):
    """Stands for trackio, wandb and mlflow: keeps what it is told."""

    logged_in = True

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.told: list[tuple[str, Any, Any]] = []
        self.entities = SimpleNamespace(
            Metric=lambda key, value, timestamp, step: (key, value, step), Param=lambda key, value: (key, value)
        )
        self.run = SimpleNamespace(
            id="id-3", url="", offline=True, dir="wandb/run/files", log=self.log, finish=self.finish,
            define_metric=lambda *names, **options: self.told.append(("define", names, options)),
        )  # fmt: skip

    def setup(self) -> Any:
        return SimpleNamespace(settings=SimpleNamespace(mode="online"))

    def login(self, prompt: bool) -> bool:
        assert not prompt
        return self.logged_in

    def init(self, project: str, **options: Any) -> Any:
        print("a library that prints")
        self.told.append(("init", project, options))
        return self.run

    def log(self, values: dict[str, Any], step: int | None = None) -> None:
        self.told.append(("log", step, values))

    def finish(self) -> None:
        self.told.append(("finish", None, None))

    def Settings(self, **options: Any) -> dict[str, Any]:
        return options

    def Image(self, pixels: np.ndarray) -> tuple[str, np.ndarray]:
        return ("picture", pixels)

    def Histogram(self, np_histogram: tuple[np.ndarray, np.ndarray]) -> tuple[str, int]:
        counts, edges = np_histogram
        assert len(edges) == len(counts) + 1
        return ("histogram", int(counts.sum()))

    def Markdown(self, text: str) -> tuple[str, str]:
        return ("text", text)

    def logged(self) -> list[tuple[int, dict[str, Any]]]:
        return [(step, values) for kind, step, values in self.told if kind == "log"]

    # mlflow's
    def MlflowClient(self) -> Any:
        return SimpleNamespace(
            get_experiment_by_name=lambda name: None,
            create_experiment=lambda name: name,
            create_run=lambda experiment, run_name: SimpleNamespace(info=SimpleNamespace(run_id="run-7")),
            update_run=lambda run, status: self.told.append(("again", run, status)),
            log_batch=lambda run, metrics=(), params=(): self.told.append(("batch", metrics, params)),
            log_image=lambda run, image, key, step: self.told.append(("picture", (key, step), image)),
            log_text=lambda run, text, file: self.told.append(("text", file, text)),
            set_terminated=lambda run: self.told.append(("finish", run, None)),
        )

    def get_tracking_uri(self) -> str:
        return "here"


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Library]:
    def put(name: str) -> Library:
        made = Library(name)
        monkeypatch.setitem(sys.modules, name, made)
        return made

    for variable in ("WANDB_PROJECT", "TRACKIO_PROJECT", "MLFLOW_EXPERIMENT_NAME"):
        monkeypatch.delenv(variable, raising=False)
    return put


def train(out: Path, *names: str, updates: int = 4, said: list[str] | None = None) -> RunFolder:
    say = (lambda line: None) if said is None else said.append
    gansmith.train("digits", out=out, updates=updates, settings={**SMALL, "watch.track": list(names)}, say=say)
    return RunFolder(out)


def sheet(folder: RunFolder, update: int) -> np.ndarray:
    with Image.open(folder.sample_sheet(update)) as picture:
        return np.asarray(picture.convert("RGB"))


@pytest.mark.parametrize("name", ["trackio", "wandb"])
def test_rows_and_pictures_go_to_a_tracker_with_the_log_convention(
    name: str, library: Callable[[str], Library], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told, said = library(name), []
    folder = train(tmp_path / "mine", name, said=said)
    kind, project, options = told.told[0]
    assert (kind, project) == ("init", "gansmith")
    assert options["name"].startswith("mine-")
    assert options["config"]["loss.name"] == "non-saturating"
    updates = [step if name == "trackio" else values["update"] for step, values in told.logged()]
    assert updates == [0, 2, 4]
    first, _, last = (values for _, values in told.logged())
    assert np.array_equal(first["samples"][1], sheet(folder, 0))
    assert np.array_equal(last["samples"][1], sheet(folder, 4))
    assert first["real"][0] == "picture"
    row = list(read_rows(folder.stats))[-1]
    assert last["loss/generator"] == row["loss.generator"]
    assert last["verdict/real"] == row["verdict.real"]
    assert last["histogram/verdict.real"] == ("histogram", sum(row["histograms"]["verdict.real"]["counts"]))
    assert told.told[-1][0] == "finish"
    assert [line for line in said if line.startswith(f"tracked by {name}: ")]
    assert capsys.readouterr().out == ""


def test_mlflow_gets_metrics_parameters_and_pictures(library: Callable[[str], Library], tmp_path: Path) -> None:
    told = library("mlflow")
    folder = train(tmp_path / "mine", "mlflow")
    params = {key: value for kind, _, found in told.told if kind == "batch" for key, value in found}
    assert params["loss.name"] == "non-saturating"
    metrics = [metric for kind, found, _ in told.told if kind == "batch" for metric in found]
    rows = list(read_rows(folder.stats))
    assert [(k, v, s) for k, v, s in metrics if k == "loss/generator"] == [
        ("loss/generator", row["loss.generator"], row["update"]) for row in rows
    ]
    pictures = {where: image for kind, where, image in told.told if kind == "picture"}
    assert set(pictures) == {("real", 0), ("samples", 0), ("samples", 4)}
    assert np.array_equal(pictures["samples", 4], sheet(folder, 4))
    assert told.told[-1] == ("finish", "run-7", None)


def test_a_resumed_run_is_the_same_run_there(library: Callable[[str], Library], tmp_path: Path) -> None:
    trackio, wandb, mlflow = (library(name) for name in ("trackio", "wandb", "mlflow"))
    folder = train(tmp_path / "mine", "trackio", "wandb", "mlflow")
    names = json.loads(folder.trackers.read_text())
    assert names == {"trackio": trackio.told[0][2]["name"], "wandb": "id-3", "mlflow": "run-7"}
    for each in (trackio, wandb, mlflow):
        each.told.clear()
    assert main(["resume", str(folder.root), "--updates", "6", "--quiet"]) == 0
    assert trackio.told[0][2]["name"] == names["trackio"]
    assert wandb.told[0][2]["id"] == "id-3"
    assert ("again", "run-7", "RUNNING") in mlflow.told
    assert [step for step, _ in trackio.logged()] == [6]
    assert json.loads(folder.trackers.read_text()) == names


def test_another_project_is_taken_from_the_environment(
    library: Callable[[str], Library], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_PROJECT", "faces")
    told = library("wandb")
    train(tmp_path / "mine", "wandb", updates=1)
    assert told.told[0][1] == "faces"


@pytest.mark.parametrize("name", TRACKERS)
def test_what_is_missing_is_said_before_there_is_a_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, TRACKERS[name].module, None)
    assert main(["train", "digits", "--updates", "2", "--track", name]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert f"pip install 'gansmith[{name}]'" in error
    assert not any(tmp_path.iterdir())


def test_a_run_goes_on_without_its_tracker(
    library: Callable[[str], Library],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    library("trackio")
    folder = train(tmp_path / "mine", "trackio", updates=2)
    monkeypatch.setitem(sys.modules, "trackio", None)
    assert main(["resume", str(folder.root), "--updates", "4"]) == 1
    assert "--track none" in capsys.readouterr().err
    assert main(["resume", str(folder.root), "--updates", "4", "--track", "none", "--quiet"]) == 0
    assert folder.load_recipe().watch.track == ()


def test_a_tracker_that_does_not_start_leaves_no_run(library: Callable[[str], Library], tmp_path: Path) -> None:
    first, second = library("trackio"), library("wandb")
    second.init = lambda *_, **__: 1 / 0  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(EngineError, match="wandb does not start"):
        train(tmp_path / "mine", "trackio", "wandb")
    assert first.told[-1][0] == "finish"
    assert not (tmp_path / "mine").exists()


def test_nobody_waits_for_a_key(library: Callable[[str], Library], tmp_path: Path) -> None:
    library("wandb").logged_in = False
    with pytest.raises(EngineError, match=r"wandb does not start .not logged in.* WANDB_MODE=offline"):
        train(tmp_path / "mine", "wandb")


def test_a_tracker_that_fails_ends_no_training(library: Callable[[str], Library], tmp_path: Path) -> None:
    told, said = library("wandb"), []
    told.run.log = lambda *_, **__: 1 / 0
    folder = train(tmp_path / "mine", "wandb", said=said)
    assert [line for line in said if line.startswith("wandb takes no more (ZeroDivisionError")]
    assert [row["update"] for row in read_rows(folder.stats)] == [2, 4]


class Listener:
    """A session that keeps the news."""

    known, where = "", ""

    def __init__(self) -> None:
        self.news: list[News] = []

    def log(self, news: News) -> None:
        self.news.append(news)

    def close(self) -> None:
        pass


def test_findings_are_told_as_text_once(tmp_path: Path) -> None:
    made, folder, listener = world("pictures"), RunFolder(tmp_path / "run"), Listener()
    folder.create(made.recipe)
    Image.new("RGB", (4, 4)).save(folder.root / "why.png")
    track = Track(folder, made.recipe, {"listener": listener}, {"listener": "x"}, lambda line: None)
    finding = {
        "update": 10, "state": "mode collapse", "text": "All samples are alike.", "evidence": {"spread": 0.01},
        "remedy": [{"set": {"loss.name": "hinge"}, "why": "it saturates less"}], "picture": "why.png",
    }  # fmt: skip
    game, clock = FakeGame(made.recipe, made.item_shape), Clock(made.recipe, 40, None)
    for update in (10, 20, 10, 20):  # rolled back in between: the rows are cut, and the same finding is made again
        if update == 10:
            cut_rows(folder.findings, 0)
            append_row(folder.findings, finding)
        track.after(UpdateEvent(game, clock, update, 1.0, {"update": update, "loss.generator": 1.0}))
    append_row(folder.judgements, {"update": 20, "metric": "SWD", "value": 3.5})
    track.after(UpdateEvent(game, clock, 30, 1.0, {"update": 30}))
    first, *others, last = listener.news
    text = first.texts["doctor"]
    assert text.startswith("**mode collapse** (update 10): All samples are alike.")
    assert '- spread: 0.01\n- try --set loss.name="hinge": it saturates less' in text
    assert first.pictures["doctor/mode collapse"].shape == (4, 4, 3)
    assert not any(news.texts for news in others)
    assert last.numbers["quality/SWD"] == 3.5
    assert json.loads(folder.trackers.read_text()) == {"listener": "x"}


def test_numbers_of_a_row_by_hand() -> None:
    row = {
        "update": 5, "loss.generator": 1.5, "epoch": 2, "histograms": {}, "bad": None, "nan": float("nan"),
        "layers": {"generator": {"3": {"gradient": 0.25}}},
    }  # fmt: skip
    assert numbers_of(row) == {"loss/generator": 1.5, "epoch": 2.0, "layers/generator/3/gradient": 0.25}


def test_tensorboard_shows_what_it_was_told(tmp_path: Path) -> None:
    """Also after a roll-back: what came after it is gone."""
    events = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    import torch.utils.tensorboard as module

    board = Board(module, Opening("gansmith", "mine", "", 0, tmp_path, {}, "seed = 3\n"))
    picture = np.arange(48, dtype=np.uint8).reshape(4, 4, 3)
    for update, value in ((10, 1.0), (20, 2.0), (30, 3.0), (20, 5.0)):
        board.log(News(update, {"loss/generator": value}, {"h": ([0.0, 1.0, 2.0], [3, 1])}, {"samples": picture}))
    board.log(News(21, texts={"doctor": "**balanced**"}))
    board.close()
    seen = events.EventAccumulator(str(tmp_path), size_guidance={"images": 0, "tensors": 0})
    seen.Reload()
    assert [(event.step, event.value) for event in seen.Scalars("loss/generator")] == [(10, 1.0), (20, 5.0)]
    assert [(event.width, event.height) for event in seen.Images("samples")] == [(4, 4)] * 2
    histogram = seen.Histograms("h")[-1].histogram_value
    assert (histogram.num, histogram.sum) == (4.0, 3 * 0.5 + 1.5)
    assert b"balanced" in seen.Tensors("doctor/text_summary")[0].tensor_proto.string_val[0]
    assert b"seed = 3" in seen.Tensors("recipe/text_summary")[0].tensor_proto.string_val[0]


def test_trackio_itself_takes_a_run(tmp_path: Path) -> None:
    """Without a network, in a process of its own; it keeps its files where TRACKIO_DIR says."""
    pytest.importorskip("trackio")
    out = tmp_path / "mine"
    settings = [word for name, value in SMALL.items() for word in ("--set", f"{name}={value}")]
    environment = {**os.environ, "TRACKIO_DIR": str(tmp_path / "trackio"), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "gansmith", "train", "digits", "--updates", "4", "--track", "trackio", "--quiet"]
    done = subprocess.run([*command, "--out", str(out), *settings], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    name = json.loads(RunFolder(out).trackers.read_text())["trackio"]
    look = f"from trackio.sqlite_storage import SQLiteStorage as S; print(len(S.get_logs('gansmith', {name!r})))"
    seen = subprocess.run([sys.executable, "-c", look], env=environment, capture_output=True, text=True)
    assert seen.stdout.strip() == "3", seen.stderr
    assert len(list((tmp_path / "trackio").rglob("*.png"))) == 3  # real, and two sheets


def test_every_tracker_has_its_name_in_recipes_and_its_extra() -> None:
    assert tuple(TRACKERS) == get_args(TrackerName)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for name in TRACKERS:
        assert project["optional-dependencies"][name][0].startswith(name)


def test_older_recipes_name_tensorboard_otherwise() -> None:
    assert from_table({"watch": {"tensorboard": True, "keep": 3}}).watch.track == ("tensorboard",)
    assert from_table({"watch": {"tensorboard": False}}).watch.track == ()
