"""The watchers that write a run's folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fake_game import FakeGame
from gansmith import kinds
from gansmith.ground.errors import Diverged
from gansmith.ground.files.runfolder import RunFolder, read_rows
from gansmith.ground.labelling import Labelling
from gansmith.ground.pixels import grid
from gansmith.training.events import Request, UpdateEvent
from gansmith.training.schedules import Clock, budget_images
from gansmith.training.watchers import (
    KeepEstimate,
    SaveOnSchedule,
    StopOnNaN,
    WriteSamples,
    WriteStats,
    is_sheet_due,
    sensitivity,
    watched_latents,
)
from miniatures import CLASSES, World, play, world


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return RunFolder(tmp_path / "run")


def event(made: World, update: int, seconds: float = 0.0, game: Any = None, **options: Any) -> UpdateEvent:
    clock = Clock(made.recipe, 40, options.pop("total", budget_images(made.recipe, 40)))
    return UpdateEvent(game, clock, update, seconds, **options)


def test_rows_are_written_as_they_come(folder: RunFolder):
    made = world("vectors")
    folder.create(made.recipe)
    watcher = WriteStats(folder)
    for update in (0, 1, 2, 3):
        row = {"update": update} if update % 2 else None
        assert watcher.after(event(made, update, row=row)) is None
        assert list(read_rows(folder.stats)) == [{"update": u} for u in range(1, update + 1, 2)]


def estimating(made: World, update: int, *totals: int) -> UpdateEvent:
    """An event whose clock has estimated these lengths."""
    budget = replace(made.recipe.budget, estimated_images=totals)
    game, recipe = FakeGame(made.recipe, made.item_shape), replace(made.recipe, budget=budget)
    return UpdateEvent(game, Clock(recipe, 40, totals[-1] if totals else None), update, 1.0)


def test_each_estimate_is_stored_once(folder: RunFolder, monkeypatch: pytest.MonkeyPatch):
    made = world("vectors", budget__updates=0, budget__minutes=2)
    folder.create(made.recipe)
    reads: list[int] = []
    load = RunFolder.load_recipe
    monkeypatch.setattr(RunFolder, "load_recipe", lambda self: (reads.append(1), load(self))[1])
    watcher = KeepEstimate(folder)
    watcher.after(estimating(made, 50))
    assert folder.load_recipe().budget.estimated_images == ()
    reads.clear()
    for update in range(51, 120):
        watcher.after(estimating(made, update, *([960] if update <= 100 else [960, 900])))
    assert len(reads) == 2  # not at every update
    assert folder.load_recipe().budget.estimated_images == (960, 900)
    KeepEstimate(folder).after(estimating(made, 80, 5000))  # from a checkpoint before the second one
    assert folder.load_recipe().budget.estimated_images == (960, 900)


def test_only_minutes_are_estimated(folder: RunFolder):
    made = world("vectors")
    folder.create(made.recipe)
    KeepEstimate(folder).after(event(made, 60))
    assert folder.load_recipe() == made.recipe


def updates_with_a_wish(made: World, last: int, seconds: float = 1.0, begin: float = 0.0) -> list[int]:
    watcher = SaveOnSchedule(made.recipe, begin)
    requests = [(u, watcher.after(event(made, u, begin + u * seconds))) for u in range(last + 1)]
    assert all(request is None or request == Request("save", request.reason) for _, request in requests)
    return [update for update, request in requests if request]


def test_checkpoints_by_minutes():
    made = world("vectors", watch__checkpoint_minutes=0.5)
    assert updates_with_a_wish(made, 100) == [30, 60, 90]
    assert updates_with_a_wish(made, 100, seconds=1000.0) == list(range(1, 101))
    assert updates_with_a_wish(made, 100, seconds=0.0) == []


def test_checkpoints_by_minutes_go_on_counting_after_a_pause():
    made = world("vectors", watch__checkpoint_minutes=0.5)
    assert updates_with_a_wish(made, 70, begin=500.0) == [30, 60]


def test_checkpoints_by_updates():
    made = world("vectors", watch__checkpoint_every=4)
    assert updates_with_a_wish(made, 13) == [4, 8, 12]


def test_checkpoints_by_epochs():
    made = world("vectors", watch__checkpoint_epochs=2)  # five updates an epoch
    assert updates_with_a_wish(made, 31) == [10, 20, 30]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("name", ["loss.generator", "verdict.real", "gradient.discriminator"])
def test_nonsense_stops_the_run_by_name(name: str, value: float):
    row = {"update": 7, "loss.discriminator": 1.0, name: value}
    with pytest.raises(Diverged) as caught:
        StopOnNaN().after(event(world("vectors"), 7, row=row))
    assert name in str(caught.value)
    assert "update 7" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_sense_goes_on():
    row = {"update": 7, "loss.generator": 1e30, "histograms": {}, "layers": {}}
    assert StopOnNaN().after(event(world("vectors"), 7, row=row)) is None
    assert StopOnNaN().after(event(world("vectors"), 7)) is None


def test_sheets_come_ever_more_rarely():
    due = [update for update in range(1000) if is_sheet_due(update, 0)]
    assert due == [0, *(25 * unit for unit in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32))]
    assert [update for update in range(10) if is_sheet_due(update, 4)] == [0, 4, 8]
    assert sum(is_sheet_due(update, 0) for update in range(10**6)) < 40


def sheets(folder: RunFolder, kind: str, **settings: Any) -> tuple[WriteSamples, FakeGame, World]:
    made = world(kind, watch__samples=6, **settings)
    game = FakeGame(made.recipe, made.item_shape, made.classes)
    game.load(made.items, made.labels)
    folder.create(made.recipe)
    to_items = kinds.ToItems(kinds.of_shape(made.item_shape), made.recipe.data, {})
    draw = grid if "pictures" in kind else lambda items: np.zeros((5, 7, 3), np.uint8)
    return WriteSamples(folder, made.recipe, Labelling(made.classes), draw, to_items), game, made


@pytest.mark.parametrize("kind", ["pictures", "labelled-pictures", "vectors"])
def test_a_sheet_and_its_row(folder: RunFolder, kind: str):
    watcher, game, made = sheets(folder, kind)
    watcher.after(event(made, 0, game=game))
    watcher.after(event(made, 1, game=game))
    play(game, 1, 3)
    watcher.after(event(made, 3, 1.5, game=game, last=True))
    assert sorted(path.name for path in folder.samples.iterdir()) == ["00000000.png", "00000003.png"]
    rows = list(read_rows(folder.sample_rows))
    assert [row["update"] for row in rows] == [0, 3]
    assert (rows[1]["images_seen"], rows[1]["seconds"]) == (24, 1.5)
    assert len(rows[1]["verdicts"]) == 6
    assert rows[1]["sensitivity"] > 0
    latents, labels = watched_latents(made.recipe, Labelling(made.classes))
    items = game.sample(latents, labels)
    np.testing.assert_allclose(rows[1]["verdicts"], game.discriminate(items, labels).logits, atol=1e-5)
    with Image.open(folder.sample_sheet(3)) as stored:
        np.testing.assert_array_equal(np.asarray(stored), watcher.draw(items))
        if kind == "pictures":
            np.testing.assert_array_equal(np.asarray(stored), grid(items))


def test_a_wish_to_stop_draws_the_last_sheet_once(folder: RunFolder):
    """Also at an update whose sheet was due anyway."""
    watcher, game, made = sheets(folder, "pictures", watch__samples_every=2)
    for update, last in ((0, False), (1, False), (2, False), (2, True)):
        watcher.after(event(made, update, game=game, last=last))
    assert [row["update"] for row in read_rows(folder.sample_rows)] == [0, 2]
    watcher.after(event(made, 3, game=game))
    watcher.after(event(made, 3, game=game, last=True))
    assert [row["update"] for row in read_rows(folder.sample_rows)] == [0, 2, 3]
    assert folder.sample_sheet(3).is_file()


def test_the_watched_latents_are_fixed_and_prefix_stable():
    made = world("labelled-pictures", watch__samples=6).recipe
    more = world("labelled-pictures", watch__samples=9).recipe
    latents, labels = watched_latents(made, Labelling(CLASSES))
    np.testing.assert_array_equal(watched_latents(more, Labelling(CLASSES))[0][:6], latents)
    assert labels is not None
    assert labels.tolist() == [0, 1, 2, 0, 1, 2]
    assert watched_latents(made, Labelling())[1] is None


def test_sensitivity_is_the_spread_over_latents():
    same = np.ones((4, 2, 2, 1), np.float32)
    assert sensitivity(same, None) == 0
    spread = np.float32([[0, 0], [2, 4]])
    assert sensitivity(spread, None) == pytest.approx((1 + 2) / 2)
    by_class = np.float32([[0], [10], [2], [10]])
    assert sensitivity(by_class, np.array([0, 1, 0, 1])) == pytest.approx((1 + 0) / 2)
    assert sensitivity(by_class, np.arange(4)) == 0
