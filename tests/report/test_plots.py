"""Still plots: they open, they show what they should, they survive what a run may hold."""

from __future__ import annotations

import io
import math
import subprocess
import sys
import warnings
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from gansmith.ground.errors import DataError
from gansmith.kinds import scatter
from gansmith.report import plots
from gansmith.report.series import AXES, CURVES, Row

from . import synthetic

ROWS = [synthetic.stats_row(update) for update in range(100, 2001, 100)]


def words(data: bytes) -> str:
    """An SVG parses; text is drawn as outlines, whose comments hold the words."""
    ElementTree.fromstring(data)
    return data.decode()


def drawn(rows: list[Row], name: str) -> Axes:
    """The axes of one curve."""
    axes = Figure().add_subplot()
    plots.draw_curve(axes, rows, CURVES[name])
    return axes


@pytest.mark.parametrize("name", CURVES)
def test_each_curve_draws_its_lines_in_their_colours(name: str):
    axes = drawn(ROWS, name)
    shown = {line.get_label(): line.get_color() for line in axes.lines}
    logged = [line for line in CURVES[name].lines if line.key in ROWS[0]]
    assert logged
    assert {line.label: plots.COLOURS[line.role] for line in logged}.items() <= shown.items()
    assert axes.get_xlabel() == AXES["update"]


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{}],
        [{"update": 1, "loss.generator": math.nan, "gradient.generator": 0.0, "sensitivity": -1.0}],
        [{"update": 1, "loss.generator": 1e308, "images_per_second": -1e308}, {"update": 2, "loss.generator": -1e308}],
        [{"update": math.inf, "loss.generator": 3}],
        ROWS[:1],
        [*ROWS, {"update": 2100, "loss.discriminator": math.inf, "layers": {"generator": []}, "histograms": {}}],
    ],
    ids=["no rows", "empty row", "NaN", "huge", "infinite update", "one row", "diverged"],
)
def test_nothing_that_a_run_holds_breaks_a_plot(rows: list[Row]):
    with Image.open(io.BytesIO(plots.overview(rows))) as image:
        assert image.size == (1210, 682)
    words(plots.curves_with_spread({"a": [rows, rows]}, "loss.generator", "Losses"))


def test_an_empty_plot_says_so():
    assert [text.get_text() for text in drawn([], "losses").texts] == ["no numbers yet"]
    assert not drawn(ROWS, "losses").texts


def test_long_logs_are_thinned_but_keep_their_spikes():
    rows = [{"update": i, "loss.generator": 1.0} for i in range(20_000)]
    rows[777]["loss.generator"] = 50.0
    axes = drawn(rows, "losses")
    assert len(axes.lines[0].get_xdata()) == plots.POINTS
    assert axes.dataLim.ymax == 50


def test_spread_over_seeds_by_hand():
    runs = [[{"update": u, "v": slope * u} for u in (0, 10, 20)] for slope in (1.0, 2.0, 6.0)]
    runs[0].append({"update": 30, "v": 99.0})  # beyond what the others have
    runs[1].append({"update": 12, "v": math.nan})
    found = plots.spread_over_seeds(runs, "v", points=3)
    assert found is not None
    places, low, median, high = found
    assert places.tolist() == [0, 10, 20]
    assert low.tolist() == [0, 10, 20]
    assert median.tolist() == [0, 20, 40]
    assert high.tolist() == [0, 60, 120]
    assert plots.spread_over_seeds([*runs, []], "v") is None
    assert plots.spread_over_seeds([], "v") is None
    late = [{"update": 25, "v": 1.0}]
    assert plots.spread_over_seeds([runs[1], late], "v") is None


def test_compared_names_are_in_the_legend():
    runs = {"r1": [ROWS, ROWS], "<no penalty>": [ROWS]}
    text = words(plots.curves_with_spread(runs, "loss.generator", title="Two ways"))
    assert "r1 (2 seeds)" in text
    assert "Two ways" in text


def test_long_names_leave_room_for_the_curves():
    """Variants of `compare` are called by all that they change; warnings are errors here."""
    long = "article-004-mnist+generator.widths=[64,32,16]+discriminator.widths=[16,32]+feedback.name=alternating"
    names = [f"{long}+budget.updates=1000", f"{long}+budget.updates=1000+feedback.generator_turns=2"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = words(plots.curves_with_spread({name: [ROWS] for name in names}, "loss.generator", "Loss"))
    assert text.count("…") == 2
    assert "generator_turns=2 (1 seed)" in text


def test_scatter_shows_both_kinds_and_where_they_are():
    reals = np.array([[-1.0, -1.0], [1.0, 1.0], [-1.0, 1.0], [1.0, -1.0]] * 10)
    sheet = scatter.scatter_sheet(np.array([[0.0, 0.0]]), reals, 200)
    assert sheet.shape == (200, 200, 3)
    assert sheet.dtype == np.uint8
    red, green = sheet[..., 0].astype(int), sheet[..., 1].astype(int)
    orange = np.argwhere(red - green > 60)
    assert np.abs(orange.mean(axis=0) - 99.5).max() < 1  # the origin is in the middle
    teal = np.argwhere(green - red > 60)
    middle, half = scatter.frame_of(reals)
    at = (np.array([1, 1]) - middle) / half * 99.5 + 99.5
    assert np.abs(np.abs(teal - 99.5).max() + 99.5 - at[0]) < 3


def test_up_is_up_and_right_is_right():
    reals = np.random.default_rng(0).uniform(-1, 1, (500, 2))
    empty = scatter.scatter_sheet(np.zeros((0, 2)), reals, 100).astype(int)
    one = scatter.scatter_sheet(np.array([[0.8, 0.4]]), reals, 100).astype(int)
    row, column = np.argwhere(np.abs(one - empty).max(axis=2) > 30).mean(axis=0)
    assert row < 45
    assert column > 75


def test_axes_of_a_scatter_depend_on_the_reals_alone():
    rng = np.random.default_rng(0)
    reals = rng.standard_normal((300, 2))
    near, far = (scatter.scatter_sheet(scale * rng.standard_normal((50, 2)), reals, 160) for scale in (0.01, 1000))
    label_strip = slice(150, 160)
    assert np.abs(near[label_strip, 20:140].astype(int) - far[label_strip, 20:140]).mean() < 40
    assert np.array_equal(
        scatter.scatter_sheet(np.zeros((0, 2)), reals, 160), scatter.scatter_sheet(np.zeros((0, 2)), reals, 160)
    )
    assert (far[:, :4, 0].astype(int) - far[:, :4, 1] > 60).any()  # what lies outside is drawn at the border


def test_scatter_says_how_many_are_not_numbers():
    reals = np.random.default_rng(0).standard_normal((100, 2))
    broken = np.full((7, 2), np.nan)
    assert not np.array_equal(scatter.scatter_sheet(broken, reals, 128), scatter.scatter_sheet(broken[:0], reals, 128))
    scatter.scatter_sheet(broken, broken, 128)
    scatter.scatter_sheet(np.ones((3, 2)), np.ones((3, 2)), 128)  # reals that are all one point


def test_scatter_refuses_other_shapes():
    for points, reals in (((3, 4), (3, 2)), ((3,), (3, 2)), ((3, 0), (3, 0))):
        with pytest.raises(DataError, match="scatter takes"):
            scatter.scatter_sheet(np.zeros(points), np.zeros(reals), 64)


@pytest.mark.parametrize("dim", [1, 2, 3, 7])
def test_vectors_of_any_length_make_a_scatter(dim: int):
    rng = np.random.default_rng(dim)
    reals = rng.standard_normal((90, dim)).astype(np.float32)
    both = scatter.scatter_sheet(reals[:20], reals, 96)
    assert not np.array_equal(both, scatter.scatter_sheet(reals[:0], reals, 96))
    alone = scatter.scatter_sheet(100 + reals, reals[:0], 96).astype(int)  # without reals the points make the frame
    orange = np.argwhere(alone[..., 0] - alone[..., 1] > 60)
    assert 10 < orange[:, 1].mean() < 86
    assert np.ptp(orange[:, 1]) > 40


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 6), st.integers(0, 9), st.integers(0, 2**31 - 1))
def test_on_plane_keeps_what_the_plane_can_keep(dim: int, count: int, seed: int):
    rng = np.random.default_rng(seed)
    reals, vectors = rng.standard_normal((60, dim)) * np.arange(1, dim + 1), rng.standard_normal((count, dim))
    seen = scatter.on_plane(vectors, reals)
    assert seen.shape == (count, 2)
    assert np.array_equal(seen, scatter.on_plane(vectors, reals))
    if dim >= 2:  # a projection: distances can only shrink
        for a in range(count):
            short = np.linalg.norm(seen - seen[a], axis=1)
            assert (short <= np.linalg.norm(vectors - vectors[a], axis=1) + 1e-9).all()


def test_on_plane_of_points_in_a_plane_is_that_plane():
    rng = np.random.default_rng(3)
    flat = rng.standard_normal((80, 2)) * [5, 2]
    turned = flat @ np.linalg.qr(rng.standard_normal((4, 4)))[0][:2]
    seen = scatter.on_plane(turned, turned)
    assert np.linalg.norm(seen, axis=1) == pytest.approx(np.linalg.norm(flat - flat.mean(axis=0), axis=1))


def test_the_room_imports_no_torch_and_no_pyplot():
    code = (
        "import sys, gansmith.report.page, gansmith.report.notebook, gansmith.report.animation as a\n"
        "from gansmith.report import plots\n"
        "assert 'matplotlib' not in sys.modules, 'matplotlib before anything is drawn'\n"
        "plots.overview([{'update': 1, 'loss.generator': 2}])\n"
        "assert 'torch' not in sys.modules and 'matplotlib.pyplot' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
