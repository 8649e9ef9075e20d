"""Wrong input, as a user types it: one line, exit code 1, no traceback, nothing lost."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gansmith.cli import main
from gansmith.cli.commands import COMMANDS
from gansmith.ground.recipes import hints

SMALL = ["--set", "generator.widths=[8,8,4]", "--set", "discriminator.widths=[4,8,8]"]
TINY = ["--updates", "2", "--quiet", "--set", "watch.samples=4", "--set", "data.first=128", *SMALL]

UNLABELLED = ["--set", "data.batch=8", "--set", "data.labels=none"]


def refuse(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line of a refused command."""
    assert main([str(argument) for argument in arguments]) == 1
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1, lines
    assert lines[0].startswith("gansmith: ")
    return lines[0]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A labelled run of two updates."""
    out = tmp_path_factory.mktemp("runs") / "run"
    assert main(["train", "digits", "--out", str(out), *TINY, "--set", "data.labels=classes"]) == 0
    return out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["trian", "digits"], "did you mean 'train'"),
        (["train", "digitz"], "did you mean 'digits'"),
        (["train", "no/such.toml"], "no recipe at no/such.toml"),
        (["train", "digits", "--set", "loss.nam=hinge"], "did you mean 'loss.name'"),
        (["train", "digits", "--set", "los.name=hinge"], "did you mean 'loss.name'"),
        (["train", "digits", "--set", "loss.name=hing"], "did you mean 'hinge'"),
        (["train", "digits", "--set", "loss.name"], "table.key=value"),
        (["train", "digits", "--set", "data.batch=many"], "must be a whole number"),
        (["train", "digits", "--device", "cuda:99"], "cuda"),
        (["train", "digits", "--device", "gpu"], "not one of auto"),
        (["train", "digits", "--updates", "0"], "at least 1"),
        (["train", "digits", "--minutes", "-1"], "above 0"),
        (["train", "digits", "--updates", "5", "--minutes", "1"], "not allowed with"),
        (["train", "digits", "--data", "no/such/folder"], "no/such/folder"),
        (["train", "digits", "--frobnicate"], "unrecognized"),
        (["train", "digits", "--set", "discriminator.output=sigmoid"], "takes logits"),
        (["train", "digits", "--set", "generator.output=sigmoid"], "[0, 1]"),
        (["train", "digits", "--set", "generator.strides=4"], "shrink"),
        (["train", "ring", "--set", "generator.net=dcgan"], "these items are vectors"),
        (["train", "spiral"], "unknown recipe"),
        (["train", "digits", "--engine", "jax"], "invalid choice"),
        (["train"], "required"),
        (["resume", "no-run"], "not a run"),
        (["sample", ".", "--count", "4"], "not a run"),
        (["report", "no-run"], "not a run"),
        (["recipes", "digit"], "did you mean 'digits'"),
        (["data", "info", "no/such/folder"], "no/such/folder"),
        (["data", "get", "cifar"], "cifar"),
        (["data", "inof", "digits"], "did you mean 'info'?"),
        (["train", "digits", "--engine", "tocrh"], "did you mean 'torch'?"),
        (["info", "digits"], "here it is `gansmith data info SOURCE`"),
        (["help"], "here it is `gansmith --help`"),
        (["Download", "mnist"], "here it is `gansmith data get NAME`"),
        (["train", "https://example.org/x.zip"], "is an address and no recipe: download it"),
        (["train", "folder", "--data", "https://example.org/x.zip"], "https://example.org/x.zip is an address"),
        (["train", "folder", "--data", "https://example.org/datasets/one/name"], "`--data hf:one/name`"),
        (["data", "info", "http://example.org/x"], "http://example.org/x is an address"),
    ],
)
def test_one_line(
    arguments: list[str],
    words: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert words in refuse(capsys, *arguments)
    assert not (tmp_path / "runs").exists(), "a refused training leaves nothing behind"


def test_a_run_is_known_by_its_name_alone(
    run: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "mine").mkdir(parents=True)
    (tmp_path / "runs" / "mine" / "recipe.toml").write_bytes((run / "recipe.toml").read_bytes())
    for command in ("resume", "report"):
        for name in ("mine", "mien"):
            assert "did you mean 'runs/mine'?" in refuse(capsys, command, name)
    assert "did you mean" not in refuse(capsys, "resume", "elsewhere/mine")


def test_every_command_that_is_meant_is_there() -> None:
    for here in hints.MEANT_COMMANDS.values():
        assert here.split()[0] in COMMANDS or here.startswith("--")
    assert not set(hints.MEANT_COMMANDS) & set(COMMANDS)


def test_a_recipe_of_a_newer_format(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "new.toml"
    path.write_text("format = 2\n[holograms]\nsize = 3\n")
    assert "format 2" in refuse(capsys, "train", path)


def test_a_broken_recipe(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("seed = = 3\n")
    assert "not valid TOML" in refuse(capsys, "train", path)


def test_labels_that_the_run_does_not_have(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "0 to 9" in refuse(capsys, "sample", run, "--seed", 1, "--label", 12)
    assert "label" in refuse(capsys, "sample", run, "--seed", 1, "--label", "cat")
    assert "checkpoint" in refuse(capsys, "sample", run, "--seed", 1, "--checkpoint", 77)
    assert "truncation" in refuse(capsys, "sample", run, "--seed", 1, "--truncation", 1.5)
    assert ".png" in refuse(capsys, "sample", run, "--seed", 1, "--out", "sheet.jpeg2")


def test_a_folder_that_holds_another_run(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = sorted(path.name for path in run.rglob("*"))
    assert "already holds a run" in refuse(capsys, "train", "digits", "--out", run, *TINY)
    assert sorted(path.name for path in run.rglob("*")) == before


def test_a_folder_with_something_else(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear diary")
    assert "not an empty folder" in refuse(capsys, "train", "digits", "--out", tmp_path, *TINY)
    assert (tmp_path / "letter.txt").read_text() == "dear diary"


def test_a_folder_that_is_taken_is_refused_before_the_data_are_read(
    run: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object, **__: object) -> None:
        raise AssertionError("the data are read")

    monkeypatch.setattr("gansmith.data.sources.fetch_missing", read)
    monkeypatch.setattr("gansmith.data.store.open_store", read)
    monkeypatch.setattr("gansmith.data.survey.survey", read)
    (tmp_path / "letter.txt").write_text("dear diary")
    assert "not an empty folder" in refuse(capsys, "train", "folder", "--data", "digits", "--out", tmp_path)
    assert "already holds a run" in refuse(capsys, "train", "folder", "--data", "digits", "--out", run)


def test_a_finished_run_wants_a_longer_budget(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "for as much again, --updates 4 in all" in refuse(capsys, "resume", run)


def test_an_empty_folder(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert str(tmp_path) in refuse(capsys, "train", "mnist", "--data", tmp_path)


def idx(path: Path, array: np.ndarray, *, cut: int = 0) -> None:
    """Write a gzipped IDX file, its last `cut` bytes missing."""
    header = struct.pack(">HBB", 0, 8, array.ndim) + b"".join(struct.pack(">I", n) for n in array.shape)
    body = header + array.tobytes()
    path.write_bytes(gzip.compress(body[: len(body) - cut]))


def test_truncated_idx_and_labels_of_another_length(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    pictures = np.zeros((20, 28, 28), np.uint8)
    for name, cut, labels in (("cut", 100, 20), ("short", 0, 19)):
        folder = tmp_path / name
        folder.mkdir()
        idx(folder / "train-images-idx3-ubyte.gz", pictures, cut=cut)
        idx(folder / "train-labels-idx1-ubyte.gz", np.zeros(labels, np.uint8))
        refuse(capsys, "train", "mnist", "--data", folder, *TINY)


def test_a_broken_picture_is_named_skipped_and_counted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    for index in range(40):
        pixels = np.random.default_rng(index).integers(0, 255, (16, 16, 3), np.uint8)
        Image.fromarray(pixels).save(folder / f"{index:02d}.png")
    (folder / "broken.png").write_bytes((folder / "00.png").read_bytes()[:60])
    arguments = [
        "train",
        "digits",
        "--data",
        folder,
        "--out",
        tmp_path / "run",
        "--updates",
        "2",
        "--set",
        "data.batch=8",
        "--set",
        "data.labels=none",
        *SMALL,
    ]
    assert main([str(argument) for argument in arguments]) == 0
    said = capsys.readouterr().err
    assert "1 of the source's files" in said
    assert "broken.png" in said


def test_a_store_that_changed_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    source = tmp_path / "pictures.npz"
    np.savez(source, images=rng.integers(0, 255, (64, 16, 16, 1), np.uint8))
    out = tmp_path / "run"
    arguments = [
        "train",
        "digits",
        "--data",
        source,
        "--out",
        out,
        "--updates",
        "2",
        "--quiet",
        "--set",
        "data.batch=8",
        "--set",
        "data.labels=none",
        *SMALL,
    ]
    assert main([str(argument) for argument in arguments]) == 0
    np.savez(source, images=rng.integers(0, 255, (64, 16, 16, 1), np.uint8))
    assert "changed since" in refuse(capsys, "resume", out, "--updates", 4, "--quiet")


def full(*_: object) -> None:
    """What a full disk says."""
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("name", ["gansmith.report.animation.write_bytes", "gansmith.report.page.write_text"])
def test_a_full_disk_while_the_report_is_written(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The line says that the training is saved, and how to come by its report; and so it is."""
    out = tmp_path / "run"
    with monkeypatch.context() as patch:
        patch.setattr(name, full)
        said = refuse(capsys, "train", "digits", "--out", out, *TINY)
        assert "saved up to update 2" in said
        assert "No space left on device" in said
        assert f"gansmith report {out}" in said
        assert "No space left on device" in refuse(capsys, "report", out)
    assert not (out / "report.html").exists()
    assert [path.name for path in (out / "checkpoints").iterdir()] == ["00000002"]
    assert main(["report", str(out)]) == 0
    assert (out / "report.html").stat().st_size > 0
    assert (out / "progress.webp").stat().st_size > 0


def test_a_full_disk_at_the_start_of_a_resume(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "run"
    assert main(["train", "digits", "--out", str(out), *TINY]) == 0
    with monkeypatch.context() as patch:
        patch.setattr("gansmith.ground.files.runfolder.write_text", full)
        assert "make room and resume" in refuse(capsys, "resume", out, "--updates", 4, "--quiet")
    assert main(["resume", str(out), "--updates", "4", "--quiet"]) == 0


def test_a_full_disk_loses_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gansmith.training import checkpoint

    out = tmp_path / "run"
    every = ["--set", "watch.checkpoint_every=2"]
    assert main(["train", "digits", "--out", str(out), *TINY, *every]) == 0
    whole = checkpoint.save_file

    def full(arrays: dict[str, np.ndarray], path: Path) -> None:
        whole(arrays, path)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    assert "make room and resume" in refuse(capsys, "resume", out, "--updates", 6, "--quiet")
    monkeypatch.setattr(checkpoint, "save_file", whole)
    assert [path.name for path in (out / "checkpoints").iterdir()] == ["00000002"]
    assert main(["resume", str(out), "--updates", "6", "--quiet"]) == 0


def test_a_dry_run_says_what_its_seconds_are_of(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "ring", "--dry-run", "--updates", "20"]) == 0
    assert " seconds expected for the updates alone; starting" in capsys.readouterr().out
    assert main(["train", "ring", "--dry-run", "--minutes", "2"]) == 0
    assert capsys.readouterr().out.strip().endswith("120.0 seconds expected"), "minutes are those of the whole"
