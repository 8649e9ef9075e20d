"""Trainings over several processes, started as a launcher starts them: they are the training of one process; they
outlive a death; they stop cleanly; on one machine and on two."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from checkpoint_arrays import PATIENCE, until
from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.training import checkpoint
from miniatures import assert_same_arrays

ROOT = Path(__file__).parent.parent.parent
QUICK = ["watch.judge=0", "watch.diagnose=0", "watch.samples=4", "data.batch=16", "precision.name=float32"]
DENSE = ["ring", *QUICK, "generator.widths=[8]", "discriminator.widths=[8]", "data.first=256"]
LAYERS = [f"{who}.{key}" for who in ("generator", "discriminator") for key in ("kernels=[4]", "strides=[2]")]
DCGAN = ["digits", *QUICK, *LAYERS, "generator.widths=[8,4]", "discriminator.widths=[4,8]", "data.first=64"]
ADAM = [f"optimizer.{who}.{key}" for who in ("generator", "discriminator") for key in ("rate=1e-4", "beta1=0.5")]


pytestmark = pytest.mark.slow  # every test starts interpreters of its own, and waits for them

STARTED: list[subprocess.Popen[str]] = []


@pytest.fixture(autouse=True)
def _nobody_is_left() -> Iterator[None]:
    """Whatever a failed test started ends with it."""
    yield
    while STARTED:
        with STARTED.pop() as process:
            if process.poll() is None:
                process.terminate()  # a launcher ends its ranks


def start(line: list[str], variables: dict[str, str], **options: Any) -> subprocess.Popen[str]:
    """A process that ends with its test at the latest."""
    STARTED.append(subprocess.Popen(line, env=variables, stderr=subprocess.PIPE, text=True, **options))
    return STARTED[-1]


def command(recipe: list[str], out: Path, *more: str) -> list[str]:
    """`gansmith train` with settings."""
    name, *settings = recipe
    chosen = [part for setting in settings for part in ("--set", setting)]
    return ["-m", "gansmith", "train", name, "--out", str(out), "--quiet", *chosen, *more]


def environment(**variables: str) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TORCHELASTIC", "MASTER_", "RANK"))}
    return kept | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", **variables}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def ranks(size: int, arguments: list[str], **variables: str) -> list[tuple[int, str]]:
    """Exit code and standard error of each of `size` ranks, started by hand: the variables are all it takes.

    Where another program takes the port between its choice and its use, they are started again at another.
    """
    found = ranks_once(size, arguments, **variables)
    while any("address already in use" in words.lower() for _, words in found):
        found = ranks_once(size, arguments, **variables)
    return found


def ranks_once(size: int, arguments: list[str], **variables: str) -> list[tuple[int, str]]:
    shared = {"WORLD_SIZE": str(size), "LOCAL_WORLD_SIZE": str(size), "MASTER_ADDR": "127.0.0.1"}
    shared["MASTER_PORT"] = str(free_port())
    processes = [
        start(
            [sys.executable, *arguments],
            environment(**shared, RANK=str(rank), LOCAL_RANK=str(rank), **variables),
        )
        for rank in range(size)
    ]
    said = [process.communicate(timeout=PATIENCE)[1] for process in processes]
    return [(process.returncode, words) for process, words in zip(processes, said, strict=True)]


def torchrun(size: int, arguments: list[str], *options: str) -> subprocess.Popen[str]:
    """`torchrun --nproc-per-node SIZE ...`, started."""
    line = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(size), *options]
    return start([*line, *arguments], environment())


def newest(root: Path) -> checkpoint.Checkpoint:
    return checkpoint.load_newest(RunFolder(root))[0]


def workers(launcher: subprocess.Popen[str]) -> dict[int, int]:
    """The ranks that a launcher has started: rank -> process."""
    found = {}
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and f"\nPPid:\t{launcher.pid}\n" in (folder / "status").read_text():
                told = dict(pair.split("=", 1) for pair in (folder / "environ").read_text().split("\0") if "=" in pair)
                if "TORCHELASTIC_RUN_ID" in told:
                    found[int(told["RANK"])] = int(folder.name)
        except OSError:  # it ended meanwhile
            continue
    return found


@pytest.mark.parametrize("recipe", [DENSE, DCGAN], ids=["dense", "dcgan-with-batch-norm"])
def test_two_processes_train_what_one_trains(recipe: list[str], tmp_path: Path):
    """Adam at 1e-4 in float32, 20 updates, to 1e-5; batch norm in the DCGAN's generator is that of the whole batch."""
    chosen = [*recipe, *ADAM]
    assert ranks(2, command(chosen, tmp_path / "two", "--updates", "20", "--seed", "3")) == [(0, ""), (0, "")]
    one = subprocess.run(
        [sys.executable, *command(chosen, tmp_path / "one", "--updates", "20", "--seed", "3")], env=environment()
    )
    assert one.returncode == 0
    ours, theirs = newest(tmp_path / "two"), newest(tmp_path / "one")
    assert ours.state.counters == theirs.state.counters
    for name, array in theirs.state.arrays.items():
        np.testing.assert_allclose(ours.state.arrays[name], array, rtol=0, atol=1e-5, err_msg=name)
    row, other = (list(read_rows(RunFolder(tmp_path / name).stats))[-1] for name in ("two", "one"))
    assert row["loss.generator"] == pytest.approx(other["loss.generator"], abs=1e-5)
    assert row["verdict.real"] == pytest.approx(other["verdict.real"], abs=1e-5)
    assert sum(row["histograms"]["verdict.real"]["counts"]) == sum(other["histograms"]["verdict.real"]["counts"])
    assert json.loads((tmp_path / "two" / "environment.json").read_text())["ranks"] == 2


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds its ranks in Linux's /proc")
def test_a_rank_that_dies_is_started_again_and_the_run_goes_on(tmp_path: Path):
    """SIGKILL of one rank under torchrun: all start again, find their run, and end with the very bits of a run that
    nobody disturbed. Then SIGTERM for another, which saves and stops."""
    recipe = [*DENSE, "watch.checkpoint_every=40", "watch.stats_every=20"]
    killed = RunFolder(tmp_path / "killed")
    launcher = torchrun(2, command(recipe, killed.root, "--updates", "400"), "--max-restarts", "2")
    until(lambda: checkpoint.saved_updates(killed))
    os.kill(workers(launcher)[1], signal.SIGKILL)
    said = launcher.communicate(timeout=PATIENCE)[1]
    assert launcher.returncode == 0, said
    assert [row["update"] for row in read_rows(killed.stats)] == list(range(20, 401, 20))
    assert killed.report.is_file()

    whole = RunFolder(tmp_path / "whole")
    stopped = torchrun(2, command(recipe, whole.root, "--updates", "400"))
    until(lambda: checkpoint.saved_updates(whole))
    pids = list(workers(stopped).values())
    stopped.send_signal(signal.SIGTERM)
    stopped.communicate(timeout=PATIENCE)
    assert len(pids) == 2
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    if newest(whole.root).update < 400:  # it was not faster than the signal
        assert whole.report.is_file()
        assert ranks(2, ["-m", "gansmith", "resume", str(whole.root), "--quiet"]) == [(0, ""), (0, "")]
    assert_same_arrays(newest(killed.root).state.arrays, newest(whole.root).state.arrays)


def test_what_all_ranks_would_say_is_said_once_and_by_name(tmp_path: Path):
    """A batch that cannot be shared; a folder that is taken, which only the first rank sees."""
    (first, words), (second, nothing) = ranks(2, command([*DENSE, "data.batch=15"], tmp_path / "run"))
    assert (first, second, nothing) == (1, 1, "")
    assert words == "gansmith: data.batch = 15 cannot be shared by 2 ranks: choose a multiple of 2\n"
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "letter.txt").write_text("mine")
    (first, words), (second, nothing) = ranks(2, command(DENSE, tmp_path / "taken"))
    assert (first, second, nothing) == (1, 1, "")
    assert "is not an empty folder" in words
    assert words.count("\n") == 1


# ---- two machines


def privileged() -> bool:
    if shutil.which("ip") is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return False
    made = subprocess.run(["ip", "netns", "add", "gansmith-probe"], capture_output=True)
    subprocess.run(["ip", "netns", "delete", "gansmith-probe"], capture_output=True)
    return made.returncode == 0


@pytest.fixture
def two_machines() -> Iterator[list[str]]:
    """Two network namespaces with a cable between them: two machines, as far as sockets can tell."""
    if not privileged():
        pytest.skip("making network namespaces takes root and `ip`")
    names = [f"gansmith-{os.getpid()}-{number}" for number in (0, 1)]
    ends = [f"gs{os.getpid() % 10**6}{letter}" for letter in "ab"]

    def ip(*words: str) -> None:
        subprocess.run(["ip", *words], check=True, capture_output=True)

    try:
        for name in names:
            ip("netns", "add", name)
        ip("link", "add", ends[0], "type", "veth", "peer", "name", ends[1])
        for number, (name, end) in enumerate(zip(names, ends, strict=True)):
            ip("link", "set", end, "netns", name)
            ip("-n", name, "link", "set", end, "name", "cable")
            ip("-n", name, "addr", "add", f"10.77.0.{number + 1}/24", "dev", "cable")
            ip("-n", name, "link", "set", "cable", "up")
            ip("-n", name, "link", "set", "lo", "up")
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)


def test_two_machines_run_one_training(two_machines: list[str], tmp_path: Path):
    """torchrun on each; only the first one's folder is written to. The same as two ranks on one machine, to the bit."""
    processes = []
    for number, name in enumerate(two_machines):
        here = tmp_path / f"machine-{number}"
        here.mkdir()
        line = [sys.executable, "-m", "torch.distributed.run", "--nnodes", "2", "--node-rank", str(number)]
        line += ["--nproc-per-node", "1", "--master-addr", "10.77.0.1", "--master-port", "29533"]
        line += command([*DENSE, *ADAM], Path("run"), "--updates", "20", "--seed", "3")
        variables = environment(GLOO_SOCKET_IFNAME="cable")
        processes.append(start(["ip", "netns", "exec", name, *line], variables, cwd=here))
    said = [process.communicate(timeout=PATIENCE)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert [path.name for path in (tmp_path / "machine-0").iterdir()] == ["run"]
    assert list((tmp_path / "machine-1").iterdir()) == []
    assert ranks(2, command([*DENSE, *ADAM], tmp_path / "one", "--updates", "20", "--seed", "3"))[0][0] == 0
    assert_same_arrays(newest(tmp_path / "machine-0" / "run").state.arrays, newest(tmp_path / "one").state.arrays)
