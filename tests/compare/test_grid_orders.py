"""What a cell of a grid was told to do, and who may go on with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gansmith.compare.cells import Variant
from gansmith.compare.grid import compare, order_cells
from gansmith.ground.errors import DataError, RunError
from gansmith.ground.files.gridfolder import GridFolder
from gansmith.ground.recipes.recipe import override
from miniatures import world

RECIPE = world("vectors").recipe


def order(out: Path, seeds: int = 1, count: int = 100, **settings: object) -> None:
    changes = {name.replace("__", "."): value for name, value in settings.items()}
    order_cells([Variant("plain", override(RECIPE, changes))], GridFolder(out), seeds, count)


def test_the_same_order_goes_on_and_more_seeds_join(tmp_path: Path):
    order(tmp_path, seeds=1)
    order(tmp_path, seeds=3)
    assert len(list(tmp_path.glob("cells/*/seed-*"))) == 3


@pytest.mark.parametrize("change", [{"loss__name": "hinge"}, {"count": 200}])
def test_another_order_is_refused_by_its_folder(tmp_path: Path, change: dict[str, object]):
    order(tmp_path)
    with pytest.raises(RunError, match=r"seed-\d+ was ordered with other settings: choose another --out"):
        order(tmp_path, **change)  # pyright: ignore[reportArgumentType]


def test_a_grid_without_any_data_is_not_ordered(tmp_path: Path):
    """So that the same command with the right data does not find another order there."""
    lost = [Variant("plain", override(RECIPE, {"data.source": str(tmp_path / "nowhere")}))]
    with pytest.raises(DataError, match="no data source"):
        compare(lost, tmp_path / "grid", seeds=1)
    assert not (tmp_path / "grid").exists()


def test_settings_that_came_later_have_their_defaults(tmp_path: Path):
    """A grid that an earlier version ordered goes on: what its recipe does not name is as it was."""
    order(tmp_path)
    (recipe,) = tmp_path.glob("cells/*/seed-*/recipe.toml")
    lines = recipe.read_text(encoding="utf-8").splitlines()
    recipe.write_text("\n".join(line for line in lines if not line.startswith("recalibrate")) + "\n", encoding="utf-8")
    order(tmp_path)


def test_how_often_somebody_looks_is_no_other_training(tmp_path: Path):
    order(tmp_path)
    order(tmp_path, watch__diagnose=0.01)
