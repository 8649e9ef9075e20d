"""`compare --ray`: what is asked of a cluster, and, where Ray is installed, a real one of two nodes."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from checkpoint_arrays import PATIENCE
from gansmith.cli import main
from gansmith.compare import ray_cluster
from gansmith.compare.cells import Cell, Variant
from gansmith.compare.grid import compare, variant
from gansmith.ground.errors import EngineError, RunError
from gansmith.ground.files.gridfolder import CellFolder
from gansmith.runs.choose_recipe import Budget
from miniatures import world

ROOT = Path(__file__).parent.parent.parent
TINY = [
    *("generator.widths=[8]", "discriminator.widths=[8]", "watch.diagnose=0", "watch.samples=4", "data.first=256"),
    *("threads=1", "precision.name=float32"),  # as many on a machine of one core as on one of many
]


def cells(count: int, device: str = "cpu") -> list[Cell]:
    recipe = world("vectors", device=device).recipe
    return [Cell(Variant("v", recipe), seed, CellFolder(Path(f"cell-{seed}"))) for seed in range(count)]


def node(processors: float, gpus: float = 0, alive: bool = True) -> dict[str, Any]:
    return {"Alive": alive, "Resources": {"CPU": processors, **({"GPU": gpus} if gpus else {})}}


@pytest.mark.parametrize(
    ("nodes", "count", "jobs", "expected"),
    [
        ([node(4), node(4)], 20, 0, (8, 1)),  # a processor each
        ([node(4), node(4)], 20, 2, (2, 4)),  # fewer at a time have more threads
        ([node(4), node(12)], 1, 0, (1, 12)),  # no more than a node has
        ([node(4), node(64, alive=False)], 9, 0, (4, 1)),  # the dead offer nothing
        ([node(0)], 3, 0, (1, 1)),
    ],
)
def test_processors_are_shared(nodes: list[dict[str, Any]], count: int, jobs: int, expected: tuple[int, int]):
    room = ray_cluster.room_for(nodes, cells(count), jobs)
    assert (room.jobs, room.threads, room.gpus) == (*expected, 0.0)


@pytest.mark.parametrize(("device", "there", "gpus"), [("auto", 2, 1), ("cuda", 2, 1), ("cpu", 2, 0), ("auto", 0, 0)])
def test_a_cell_that_can_use_a_gpu_has_one_of_its_own(device: str, there: float, gpus: float):
    assert ray_cluster.room_for([node(4, there)], cells(2, device), 0).gpus == gpus


def test_without_ray_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(EngineError, match=r"gansmith\[ray\].*--jobs"):
        ray_cluster.run_cells("auto", cells(1), 0, lambda _: None)


def test_no_cluster_is_one_line(monkeypatch: pytest.MonkeyPatch):
    def init(**_: Any) -> None:
        raise ConnectionError("Could not find any running Ray instance.\nmore")

    monkeypatch.setitem(sys.modules, "ray", SimpleNamespace(init=init, shutdown=lambda: None))
    with pytest.raises(RunError, match=r"no Ray cluster answers at here:1 \(Could not find any.*RAY_AUTH_TOKEN"):
        ray_cluster.run_cells("here:1", cells(1), 0, lambda _: None)


def test_a_node_that_does_not_see_the_folder_is_told_apart(tmp_path: Path):
    assert ray_cluster._task()(str(tmp_path / "elsewhere"), 1, {}) == ray_cluster.UNSEEN


def test_the_task_runs_alone(tmp_path: Path):
    """It is sent without its module: nothing around it may be used."""
    import inspect
    import textwrap

    source = textwrap.dedent(inspect.getsource(ray_cluster._task))
    space: dict[str, Any] = {}
    exec("from __future__ import annotations\nUNSEEN = 0\n" + source, space)
    work = space["_task"]()
    del space["UNSEEN"]
    (tmp_path / "cell").mkdir()
    assert work(str(tmp_path / "cell"), 1, {"PYTHONPATH": str(ROOT)}) == 1  # no order there: refused, in its log
    assert (tmp_path / "cell" / "log.txt").read_text()


def test_the_command_line_refuses_by_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any):
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.setattr("gansmith.compare.grid.ready_features", lambda *_: None)
    assert main(["compare", "ring", "--updates", "1", "--out", str(tmp_path / "grid"), "--ray", "auto"]) == 1
    assert "pip install 'gansmith[ray]'" in capsys.readouterr().err


def test_compare_is_started_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(RunError, match="without torchrun"):
        compare([], tmp_path)


class Pretended:
    """Ray, as far as it is asked: tasks end in the order in which they were given, with codes that are told."""

    def __init__(self, codes: list[int | str]) -> None:
        self.codes, self.asked, self.most, self.options_of = codes, [], 0, {}
        self.exceptions = SimpleNamespace(RayError=RuntimeError)
        self.init = self.shutdown = lambda **_: None
        self.running: list[int] = []

    def nodes(self) -> list[dict[str, Any]]:
        return [node(1), node(1)]

    def remote(self, work: Any = None, *arguments: Any) -> Any:
        if callable(work):
            return SimpleNamespace(options=lambda **options: (self.options_of.update(options), self)[1])
        self.asked.append((work, *arguments))
        self.running.append(len(self.asked) - 1)
        self.most = max(self.most, len(self.running))
        return self.running[-1]

    def wait(self, references: list[int], **_: Any) -> tuple[list[int], list[int]]:
        self.running.remove(references[0])
        return references[:1], references[1:]

    def get(self, reference: int) -> int:
        code = self.codes[reference]
        if isinstance(code, str):
            raise RuntimeError(code)
        return code


def test_every_cell_is_given_once_and_failures_are_told_apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    ray = Pretended([0, ray_cluster.UNSEEN, 1, "the node died\nmore"])
    monkeypatch.setitem(sys.modules, "ray", ray)
    monkeypatch.setenv("GANSMITH_CACHE", "a cache")
    recipe = world("vectors").recipe
    given = [Cell(Variant("v", recipe), seed, CellFolder(tmp_path / f"cell-{seed}")) for seed in range(4)]
    given[2].folder.root.mkdir()
    given[2].folder.log.write_text("some words\ngansmith: no room\n")
    said: list[str] = []
    errors = ray_cluster.run_cells("here:1", given, 0, said.append)
    assert [Path(root).name for root, *_ in ray.asked] == ["cell-0", "cell-1", "cell-2", "cell-3"]
    assert all(
        Path(root).is_absolute() and variables["GANSMITH_CACHE"] == "a cache" for root, _, variables in ray.asked
    )
    assert ray.most == 2
    assert (ray.options_of["num_cpus"], ray.options_of["num_gpus"]) == (1, 0.0)
    told = {folder.root.name: words for folder, words in errors.items()}
    assert told.keys() == {"cell-1", "cell-2", "cell-3"}
    assert "does not see" in told["cell-1"]
    assert (told["cell-2"], told["cell-3"]) == ("no room", "the node died")
    assert said[1:3] == ["v, seed 0: done (3 left)", f"v, seed 1: failed: {told['cell-1']} (2 left)"]


# ---- a real cluster


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A head and a second node, one processor each, as processes of this machine."""
    pytest.importorskip("ray", reason="Ray is not installed (the extra `ray`)")
    program = (
        "import sys\nfrom ray.cluster_utils import Cluster\n"
        "cluster = Cluster(initialize_head=True, head_node_args={'num_cpus': 1})\ncluster.add_node(num_cpus=1)\n"
        "print(cluster.address, flush=True)\nsys.stdin.read()\ncluster.shutdown()\n"
    )
    words = tmp_path / "cluster.txt"
    with (
        open(words, "w") as file,
        subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, text=True
        ) as started,
    ):
        assert started.stdout is not None
        found = next((line.strip() for line in started.stdout if ":" in line), "")
        if not found:
            pytest.fail(f"the cluster did not start: {words.read_text()[-2000:]}")
        yield found
        started.communicate(timeout=PATIENCE)


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_of_two_nodes_gives_the_table_of_this_machine(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    variants = [
        variant(text, budget=Budget(updates=20), device="cpu", settings=[*TINY, "watch.stats_every=10"])
        for text in ("ring", "ring+loss.name=hinge")
    ]
    said: list[str] = []
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    ours = compare(variants, tmp_path / "here", seeds=1, jobs=2, count=200)
    theirs = compare(variants, tmp_path / "there", seeds=1, ray=address, count=200, say=said.append)
    assert any("2 cells at a time, 1 threads each" in line for line in said)
    assert [cell["status"] for each in theirs["variants"] for cell in each["cells"]] == ["done"] * 2
    assert table(theirs) == table(ours)


def table(found: dict[str, Any]) -> list[Any]:
    """A comparison without what a clock or a folder put into it."""

    def timeless(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: timeless(entry) for key, entry in value.items() if key not in ("seconds", "folder")}
        return [timeless(entry) for entry in value] if isinstance(value, list) else value

    return json.loads(json.dumps(timeless(found["variants"])))
