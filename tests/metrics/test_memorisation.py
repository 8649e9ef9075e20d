import numpy as np
import pytest

from gansmith.ground.errors import DataError
from gansmith.kinds import KINDS, areas
from gansmith.metrics.measures.memorisation import NUMBERS, Nearness, memorisation, nearness

RNG = np.random.default_rng(4)
TRAINING, HELDOUT, NEW = (RNG.normal(size=(count, 20)).astype(np.float32) for count in (800, 500, 400))


def test_a_ratio_by_hand():
    line = np.arange(1.0, 61)[:, None].astype(np.float32)
    found = nearness(np.array([[0.5], [3.0], [30.25]], np.float32), line)
    assert found.nearest.tolist() == [0, 2, 29]
    assert found.distance.tolist() == [0.5, 0, 0.25]
    assert found.ratio[:2] == pytest.approx([0.5 / 26, 0])  # the next 50 are at 1.5 .. 50.5
    assert nearness(np.array([[0.005]]), line / 100).ratio == pytest.approx([0.5 / 26], rel=1e-4)  # in any unit
    own = nearness(line[:1], line, np.array([0]))
    assert (own.nearest[0], own.distance[0]) == (1, 1)
    assert own.ratio[0] == pytest.approx(1 / 26.5)  # 2 .. 51
    assert nearness(np.zeros((1, 2), np.float32), np.zeros((3, 2), np.float32)).ratio.tolist() == [1]


def test_a_copy_is_what_one_in_a_hundred_held_out_items_is():
    heldout = Nearness(np.zeros(101, np.int64), np.arange(101.0), np.arange(101.0) / 100)
    made = Nearness(np.zeros(4, np.int64), np.array([10.0, 20, 30, 40]), np.array([0, 0.01, 0.0101, 1]))
    found = memorisation(made, heldout)
    assert found.threshold == pytest.approx(0.01)
    assert (found.copy_rate, found.distance_ratio) == (0.5, 0.5)
    assert memorisation(made, Nearness(heldout.nearest, 0 * heldout.distance, heldout.ratio)).distance_ratio == 1
    halves = Nearness(heldout.nearest, heldout.distance / 100, heldout.ratio)
    assert memorisation(made, halves).distance_ratio == 50
    assert NUMBERS == 784  # as many as a picture of 28 x 28 has


def test_new_items_of_the_same_law_copy_as_little_as_held_out_ones():
    found = memorisation(nearness(NEW, TRAINING), nearness(HELDOUT, TRAINING))
    assert found.copy_rate < 0.04
    assert found.distance_ratio == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("grain", [0.0, 0.1])
def test_copies_and_nearly_copies_are_found_with_their_originals(grain, rng):
    generated = NEW.copy()
    generated[100:200] = TRAINING[300:400] + grain * rng.normal(size=(100, 20))
    near = nearness(generated, TRAINING)
    found = memorisation(near, nearness(HELDOUT, TRAINING))
    assert found.copy_rate == pytest.approx(0.25, abs=0.03)
    worst = near.worst(50)
    assert set(worst) <= set(range(100, 200))
    assert (near.nearest[100:200] == np.arange(300, 400)).all()
    if grain == 0:
        assert (near.distance[100:200] == 0).all()


def test_one_picture_given_back_always_is_shown_once():
    near = nearness(np.repeat(TRAINING[7:8], 60, axis=0), TRAINING)
    assert memorisation(near, nearness(HELDOUT, TRAINING)).copy_rate == 1
    assert len(near.worst(10)) == 1
    assert near.nearest[near.worst(10)[0]] == 7


def test_items_of_the_set_itself_are_not_their_own_neighbours():
    rows = np.arange(0, 800, 3)
    near = nearness(TRAINING[rows], TRAINING, rows)
    assert (near.nearest != rows).all()
    assert (near.distance > 0).all()
    assert memorisation(near, nearness(HELDOUT, TRAINING)).copy_rate < 0.05


def test_a_set_full_of_duplicates_still_tells_exact_copies():
    doubled = np.concatenate([TRAINING, TRAINING])
    heldout = nearness(doubled[:200], doubled, np.arange(200))  # each finds its double
    assert memorisation(nearness(NEW, doubled), heldout).copy_rate == 0
    assert memorisation(nearness(doubled[:50], doubled), heldout).copy_rate == 1


def test_too_few_items_to_tell():
    with pytest.raises(DataError, match="at least 3"):
        nearness(NEW, TRAINING[:1])
    with pytest.raises(DataError, match="at least 3"):
        nearness(TRAINING[:2], TRAINING[:2], np.arange(2))
    assert np.isfinite(nearness(TRAINING[:3], TRAINING[:3], np.arange(3)).ratio).all()


def test_shrinking_is_by_area():
    picture = np.array([[0, 100, 200], [50, 150, 250], [100, 200, 30]], np.uint8)[None, :, :, None]
    assert areas.shrink(picture, 1, 1)[0, 0, 0, 0] * 255 == pytest.approx(1080 / 9, rel=1e-5)
    # two columns of 1.5 pixels each: (0 + 100 / 2) / 1.5 in the first row
    assert areas.shrink(picture, 3, 2)[0, 0, 0, 0] * 255 == pytest.approx(50 / 1.5, rel=1e-5)
    assert (areas.shrink(picture, 3, 3)[..., 0] * 255).round().astype(np.uint8).tolist() == picture[..., 0].tolist()
    weights = areas.area_weights(10, 7)
    assert weights.sum(axis=1) == pytest.approx(np.ones(7))
    assert weights.sum(axis=0) == pytest.approx(np.full(10, 0.7))


def test_rows_hold_no_more_numbers_than_asked(rng):
    items = rng.integers(0, 256, (3, 64, 48, 3), dtype=np.uint8)
    rows = areas.flat(items, 784)
    assert rows.shape == (3, int(np.prod(areas.flat_size(items.shape[1:], 784))))
    assert rows.shape[1] <= 784
    assert KINDS["vector"].flat(NEW, 5) is NEW
