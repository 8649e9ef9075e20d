"""What every test shares: a cache of its own, one thread, dice that begin alike, and where the data sets are."""

from __future__ import annotations

import one_thread as one_thread

# isort: split

import gc
import os
import random
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import hypothesis
import numpy as np
import pytest

from chromium import blank as blank
from chromium import browser as browser
from forked_commands import QUICK_SUBPROCESS
from gansmith.ground.process.hardware import processors

ROOT = Path(__file__).parent.parent

# What a terminal, a launcher or a job scheduler has set is no business of a test: the same on every machine.
FOREIGN = ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE")
for _name in list(os.environ):
    if _name in FOREIGN or _name.startswith(("TORCHELASTIC_", "MASTER_")):
        del os.environ[_name]
if not os.environ.get("GANSMITH_TEST_CUDA"):  # which asks for the checks on a GPU
    os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["GANSMITH_OFFLINE"] = "1"  # no test asks a real host; those of downloads have a server of their own

# A busy machine is no failure, and what is found on one machine is found on every other.
hypothesis.settings.register_profile(
    "patient",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("patient")


STARTERS = ("compare.grid", "studio.children", "studio.companion", "studio.starting.trainings")
"""Modules that start others of the package as processes."""

FULL_ONLY = (
    "articles/test_tried.py",
    "articles/test_walk_throughs.py",
    "bench/test_bench.py",
    "kinds/test_table_run.py",
    "runs/test_clusters.py",
    "by_hand/test_examples.py",
    "cli/test_data.py",
    "cli/test_evaluate.py",
    "cli/test_journeys.py",
    "cli/test_no_traceback.py",
    "cli/test_numpy_engine.py",
    "runs/test_out_of_memory.py",
    "cli/test_python_api.py",
    "cli/test_first_use.py",
    "cli/test_forked_commands.py",
    "cli/test_refusals.py",
    "cli/test_tracking.py",
    "data/test_bombs.py",
    "data/test_fuzz.py",
    "data/test_parallel.py",
    "data/test_store.py",
    "data/test_transparency.py",
    "diagnosis/test_diagnose.py",
    "diagnosis/test_planted_faults.py",
    "runs/test_failing_disks.py",
    "runs/test_kills.py",
    "runs/test_everywhere.py",
    "runs/test_roll_back.py",
    "runs/test_starting.py",
    "runs/test_rgba_runs.py",
    "runs/test_going_on.py",
    "game/test_augment.py",
    "game/test_graphs.py",
    "game/test_exactness.py",
    "game/test_feedbacks.py",
    "game/test_lazy.py",
    "game/test_micro_batches.py",
    "game/test_ranks.py",
    "docs/test_commands.py",
    "docs/test_notebooks.py",
    "docs/test_python.py",
    "docs/test_site.py",
    "game/test_inputs.py",
    "game/test_plain_form.py",
    "game/test_steps.py",
    "ground/test_memory.py",
    "losses/test_adding_a_loss.py",
    "explore/test_explore.py",
    "exports/test_html.py",
    "exports/test_hub.py",
    "exports/test_onnx.py",
    "exports/test_safetensors.py",
    "latent/test_search.py",
    "kinds/test_text.py",
    "learn/test_learn_faults.py",
    "learn/test_learn_page.py",
    "learn/test_same_game.py",
    "learn/test_styles_of_strokes.py",
    "metrics/test_evaluation.py",
    "metrics/test_linear_probe.py",
    "metrics/test_metric_features.py",
    "metrics/test_metric_order.py",
    "metrics/test_transparent_sets.py",
    "nets/test_conditioning.py",
    "nets/test_convolution.py",
    "nets/test_layer_table.py",
    "nets/test_pairs.py",
    "notebook/test_live.py",
    "notebook/test_live_page.py",
    "parts/test_callbacks.py",
    "parts/test_from_the_command_line.py",
    "parts/test_stopping.py",
    "packaging/test_wheel.py",
    "refusals/test_refusals_have_examples.py",
    "web/test_same_draws.py",
    "web/test_kernel.py",
    "web/test_layers.py",
    "studio_page/test_page_of_studio.py",
    "studio_page/test_studio_for_real.py",
    "web/test_page.py",
    "studio_steer/test_generator_for_the_page.py",
    "studio_steer/test_quiz_of_studio.py",
    "studio_steer/test_steer_page.py",
    "studio_steer/test_steering_jobs.py",
    "latent/test_watching.py",
    "web/test_clear_page.py",
    "report/test_page.py",
    "report/test_plots.py",
    "runs/test_asked.py",
    "studio/test_studio_form.py",
    "studio/test_studio_guard.py",
    "studio/test_studio_socket.py",
    "studio/test_studio_trainings.py",
    "training/test_mid_epoch.py",
)
"""What `./run test quick` leaves out: files that take more than a second or two on a quiet core, as they train networks,
start processes or draw plots. Their tests are marked `full`."""


LONGEST = (
    "studio_page/test_studio_for_real.py",
    "docs/test_commands.py",
    "diagnosis/test_planted_faults.py",
    "runs/test_roll_back.py",
    "articles/test_tried.py",
    "web/test_page.py",
    "studio_steer/test_steer_page.py",
    "cli/test_journeys.py",
    "game/test_graphs.py",
    "runs/test_kills.py",
    "docs/test_python.py",
    "learn/test_learn_page.py",
    "studio_page/test_page_of_studio.py",
    "diagnosis/test_diagnose.py",
    "studio/test_studio_trainings.py",
)
"""Files that take longest. They come first, so that no process is left with one of them when the others are done."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int | None:
    """For `-n auto`, where no number is asked for: two more than there are processors, as tests wait for pages and processes."""
    return None if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ else processors() + 2


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays to the end: nobody looks for rubbish in it, now or later."""
    gc.disable()
    collected = yield
    gc.freeze()
    gc.enable()
    return collected


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is for the full tier alone, and put the long files first."""
    here = Path(__file__).parent
    first = {name: place for place, name in enumerate(LONGEST)}
    for item in items:
        if item.path.relative_to(here).as_posix() in FULL_ONLY:
            item.add_marker(pytest.mark.full)
    items.sort(key=lambda item: first.get(item.path.relative_to(here).as_posix(), len(first)))


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Stores and feature networks of the tests go to a folder that vanishes; processes that share the tests share it."""
    temporary = tmp_path_factory.getbasetemp()
    cache = (temporary.parent if "PYTEST_XDIST_WORKER" in os.environ else temporary) / "cache"
    cache.mkdir(exist_ok=True)
    os.environ["GANSMITH_CACHE"] = str(cache)


@pytest.fixture(autouse=True)
def _dice_that_begin_alike() -> None:
    """A test that draws from a global generator draws the same alone, after others, and in any order."""
    random.seed(0)
    np.random.seed(0)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)


@pytest.fixture(scope="module", autouse=True)
def _little_at_a_time(request: pytest.FixtureRequest) -> Iterator[None]:
    """All drawn digits are a thousand, which is seen within a moment. A small training takes less time than the plot that
    its page shows to browsers without scripts: tests/report draws it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gansmith.data.toys.glyphs.COUNT", 1000)
        if request.path.parent.name != "report":
            patch.setattr("gansmith.report.plots.overview", lambda rows, probability: b"")
        yield


@pytest.fixture(scope="module")
def quick_processes() -> Iterator[None]:
    """What the package starts while it works begins at once (see forked_commands.py)."""
    with pytest.MonkeyPatch.context() as patch:
        for name in STARTERS:
            patch.setattr(f"gansmith.{name}.subprocess", QUICK_SUBPROCESS)
        yield


@pytest.fixture
def hasty_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    """The networks that items are measured with are trained for two updates: where figures are not what is asked."""
    for name in ("classifier", "self_supervised"):
        monkeypatch.setattr(f"gansmith.metrics.feature_networks.{name}.UPDATES", 2)


@pytest.fixture
def rng() -> np.random.Generator:
    """The test's own dice."""
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """The folder of data sets; tests that need one skip where it is absent."""
    folder = Path(os.environ.get("GANSMITH_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no data sets at {folder}: set GANSMITH_DATA")
    return folder


@pytest.fixture(scope="session")
def mnist(data_folder: Path) -> Path:
    """The folder of MNIST's four files."""
    folder = data_folder / "mnist"
    if not folder.is_dir():
        pytest.skip(f"no MNIST at {folder}")
    return folder
