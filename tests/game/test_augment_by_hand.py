"""What augmentation computes, written once more by hand: zoom, colours under transparency, edges, the steps of adapting."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
import torch
from torch import Tensor

from gansmith.game.augment import ADAPT_EVERY, AUGMENTS, OPERATIONS, Augmenter, constant, outside, resampled
from gansmith.ground import draws
from gansmith.parts import Augmentation
from miniatures import BATCH, world
from thread_ranks import ThreadRanks, together

CPU = torch.device("cpu")


def augmenter(own: Augmentation | None = None, **settings: object) -> Augmenter:
    named = {f"augment__{name}": value for name, value in settings.items()}
    return Augmenter(world("pictures", **named).recipe, CPU, torch.float32, own)


def test_zoom_is_a_factor_for_both_sides_and_one_between_them():
    given = torch.as_tensor(np.random.default_rng(0).uniform(-1, 1, (3, 2, 7, 9)))
    chance = torch.tensor([[0.0, 0.0], [1.0, 0.25], [0.5, 1.0]], dtype=torch.float64)
    gate = torch.tensor([[1.0], [1.0], [1.0]], dtype=torch.float64)
    both = [exp((2 * u - 1) * log(1.25)) for u, _ in chance.tolist()]
    between = [exp((2 * u - 1) * log(1.1)) for _, u in chance.tolist()]
    factor = torch.tensor([[b * a, b / a] for b, a in zip(both, between, strict=True)], dtype=torch.float64)
    expected = resampled(given, factor, torch.zeros(3, 2, dtype=torch.float64))
    torch.testing.assert_close(OPERATIONS["zoom"](given, chance, gate), expected)


@pytest.mark.parametrize("share", [1.0, 0.01])
def test_colours_change_as_much_as_they_are_seen(share: float):
    """On colours without their opacity; the mean is over what is seen, and over a pixel where less than one is."""
    rng = np.random.default_rng(1)
    opacity, straight = share * rng.uniform(0, 1, (1, 4, 5)), rng.uniform(-1, 1, (3, 4, 5))
    assert (opacity.sum() > 1) == (share == 1.0)
    given = np.concatenate([opacity * (straight + 1) - 1, 2 * opacity - 1])
    u_brightness, u_saturation, u_contrast = 0.8, 0.1, 0.9
    x = straight + (u_brightness - 0.5)
    grey = x.mean(0, keepdims=True)
    x = grey + (x - grey) * 2 * u_saturation
    mean = (opacity * x.mean(0, keepdims=True)).sum() / max(1, opacity.sum())
    x = mean + (x - mean) * (u_contrast + 0.5)
    chance = torch.tensor([[u_brightness, u_saturation, u_contrast]], dtype=torch.float64)
    seen = OPERATIONS["colour"](torch.as_tensor(given)[None], chance, torch.ones(1, 1, dtype=torch.float64))[0]
    np.testing.assert_allclose(seen.numpy(), np.concatenate([opacity * (x + 1) - 1, 2 * opacity - 1]), atol=1e-12)


def test_a_grey_picture_has_no_saturation():
    """Of one channel the second number changes nothing."""
    given = torch.as_tensor(np.random.default_rng(2).uniform(-1, 1, (2, 1, 4, 4)))
    drawn = torch.tensor([[0.8, 0.1, 0.9], [0.8, 0.7, 0.9]], dtype=torch.float64)
    one, other = (OPERATIONS["colour"](given[:1], each[None], torch.ones(1, 1).double()) for each in drawn)
    torch.testing.assert_close(one, other, rtol=0, atol=0)
    x = given[:1] + 0.3
    torch.testing.assert_close(one, x.mean() + (x - x.mean()) * 1.4)


@pytest.mark.parametrize("shape", [(2, 4, 4), (3, 1, 4), (3, 4, 4)])
def test_every_picture_of_several_channels_has_a_saturation(shape: tuple[int, int, int]):
    given = torch.as_tensor(np.random.default_rng(3).uniform(-1, 1, (1, *shape)))
    chance = torch.tensor([[0.5, 0.0, 0.5]], dtype=torch.float64)
    seen = OPERATIONS["colour"](given, chance, torch.ones(1, 1).double())
    torch.testing.assert_close(seen, given.mean(1, keepdim=True).expand_as(given))


@pytest.mark.parametrize(("side", "most"), [(64, 8), (32, 4), (8, 1), (3, 0)])
def test_a_translation_is_an_eighth_of_a_side_at_most(side: int, most: int):
    given = torch.ones(2, 1, side, side)
    ends = torch.tensor([[0.0, 0.5], [0.9999, 0.5]])
    seen = OPERATIONS["translation"](given, ends, torch.ones(2, 1))[:, 0, :, side // 2]
    assert [int((column == 0).sum()) for column in seen] == [most, most]


def test_what_is_seen_is_moved_as_if_nothing_were_0():
    """Premultiplied pictures, resampled as shares of opacity."""
    given = torch.as_tensor(np.random.default_rng(4).uniform(-1, 1, (1, 4, 5, 5)))
    factor, shift = torch.tensor([[1.2, 0.8]]).double(), torch.tensor([[1.5, -0.5]]).double()
    shares = torch.cat([resampled((given + 1)[:, :3], factor, shift), resampled((given + 1)[:, 3:], factor, shift)], 1)
    torch.testing.assert_close(resampled(given, factor, shift), shares - 1)


@pytest.mark.parametrize(
    ("name", "output", "half", "middle"), [("symmetric", "tanh", 1.0, 0.0), ("unit", "sigmoid", 0.5, 0.5)]
)
def test_operations_are_made_about_the_middle_of_the_range(name: str, output: str, half: float, middle: float):
    recipe = world(
        "pictures",
        augment__name="diffaugment",
        augment__operations=["colour"],
        data__pixels=name,
        generator__output=output,
    ).recipe
    chances = draws.chances(recipe, 1, 0, "real", 3)
    given = torch.as_tensor(np.random.default_rng(5).uniform(-1, 1, (3, 1, 4, 4)), dtype=torch.float32)
    seen = Augmenter(recipe, CPU, torch.float32).see(given * half + middle, chances)
    drawn = torch.as_tensor(chances[:, -5:-2])
    expected = OPERATIONS["colour"](given, drawn, torch.ones(3, 1))
    torch.testing.assert_close(seen, expected * half + middle, rtol=1e-5, atol=1e-6)


def test_pictures_are_never_changed_in_bfloat16():
    made = augmenter(name="diffaugment", operations=["zoom"])
    own = augmenter(Augmentation("mine", lambda items, generator: items @ items), name="own")
    chances, given = draws.chances(world("pictures").recipe, 1, 0, "real", 2), torch.rand(2, 1, 8, 8)
    exact = OPERATIONS["zoom"](given.double(), torch.as_tensor(chances[:, 4:6]).double(), torch.ones(2, 1).double())
    for rounded in (False, True):
        with torch.autocast("cpu", torch.bfloat16, enabled=rounded):
            seen, own_seen = made.see(given, chances), own.see_own(given, 1)
        torch.testing.assert_close(seen.double(), exact, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(own_seen, given @ given)


def test_a_mean_sign_on_its_target_changes_nothing():
    made = augmenter(name="ada", target=0.5)
    made.probability.fill_(0.25)
    made.signs.fill_(0.5 * ADAPT_EVERY)
    made.adapt()
    assert float(made.probability) == 0.25


@pytest.mark.parametrize(("side", "size"), [(1, 1), (2, 1), (3, 2), (5, 2), (8, 4)])
def test_a_hole_is_half_of_a_side_and_at_least_a_pixel(side: int, size: int):
    """Its place is any of side + 1, the first and the last of them half outside."""
    given, rows = torch.ones(1, 1, side, side), []
    for place in range(side + 1):
        chance = torch.full((1, 2), (place + 0.5) / (side + 1))
        seen = OPERATIONS["cutout"](given, chance, torch.ones(1, 1))[0, 0]
        hole = [row for row in range(side) if not seen[row].all()]
        rows.append(hole)
        assert torch.equal(seen, seen.T)
    assert rows == [
        [row for row in range(start - size // 2, start - size // 2 + size) if 0 <= row < side]
        for start in range(side + 1)
    ]


def test_outside_of_a_picture_is_grey_or_nothing():
    assert [outside(torch.zeros(1, channels, 2, 2)) for channels in (1, 3, 4)] == [0.0, 0.0, -1.0]
    assert constant(torch.zeros(1, dtype=torch.float64), 1.0, 2.0).dtype == torch.float64


def test_a_name_stands_for_what_it_says():
    parts = {
        "none": (),
        "own": ("own",),
        "mirror": ("mirror",),
        "diffaugment": ("operates",),
        "ada": ("operates", "adapts"),
    }
    for name, what in AUGMENTS.items():
        expected = {part for each in name.split("+") for part in parts[each]}
        assert {part for part in ("mirror", "operates", "adapts", "own") if getattr(what, part)} == expected


@pytest.mark.parametrize(("name", "probability"), [("ada", 0.0), ("diffaugment", 0.7), ("none", 0.7)])
def test_the_probability_begins_at_the_recipe_s_unless_it_adapts(name: str, probability: float):
    made = augmenter(name=name, probability=0.7)
    assert float(made.probability) == pytest.approx(probability)
    assert float(made.signs) == 0


def test_an_operation_is_made_where_its_chance_is_below_the_probability():
    """Each has its own chance and its own numbers, whichever of them a recipe has."""
    numbers = draws.OPERATION_NUMBERS
    chances = np.full((2, len(numbers) + sum(numbers.values())), 0.125, np.float32)
    index = list(numbers).index("cutout")
    chances[0, index], chances[1, index] = 0.25, 0.24
    chances[:, -numbers["cutout"] :] = 0.0  # the hole lies on the first corner
    made = augmenter(name="diffaugment", operations=["cutout"], probability=0.25)
    seen = made.see(torch.full((2, 1, 8, 8), 0.5), chances)
    assert int((seen[0] == 0).sum()) == 0
    assert int((seen[1] == 0).sum()) == 4
    assert seen.is_contiguous(memory_format=torch.channels_last)


def test_own_views_are_drawn_by_their_seed_and_leave_the_global_dice(monkeypatch: pytest.MonkeyPatch):
    drawn: list[Tensor] = []

    def see(items: Tensor, generator: torch.Generator) -> Tensor:
        drawn.append(torch.cat([torch.rand(2, generator=generator), torch.rand(2)]))
        return items

    made = augmenter(Augmentation("mine", see), name="own")
    torch.manual_seed(5)
    before = torch.get_rng_state()
    for seed in (7, 7, 8):
        seen = made.see_own(torch.zeros(1, 1, 2, 2, dtype=torch.float64), seed)
        assert seen.dtype == torch.float32
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def adaptive(ranks: ThreadRanks | None, signs: float, **settings: object) -> float:
    """The probability after one change from .5 by the signs of four turns."""
    made = augmenter(name="ada", ramp_images=BATCH * ADAPT_EVERY * 8, target=0.6, **settings)
    made.probability.fill_(0.5)
    made.signs.fill_(signs)
    made.adapt(ranks)
    assert float(made.signs) == 0
    return float(made.probability)


@pytest.mark.parametrize(("mean", "change"), [(0.62, 1), (0.58, -1), (1.0, 1), (-1.0, -1)])
def test_one_change_is_the_share_of_the_ramp_that_four_batches_are(mean: float, change: int):
    assert adaptive(None, mean * ADAPT_EVERY) == pytest.approx(0.5 + change / 8)


def test_ranks_change_it_alike_by_the_mean_of_their_signs():
    for signs, change in (((4.0, 0.4), -1), ((4.0, 1.0), 1)):
        found = together(2, lambda ranks, signs=signs: adaptive(ranks, signs[ranks.rank]))
        assert found == [pytest.approx(0.5 + change / 8)] * 2


def test_a_state_holds_what_adapts_and_nothing_else():
    made, fixed = augmenter(name="ada"), augmenter(name="diffaugment", probability=0.5)
    made.probability.fill_(0.25)
    made.signs.fill_(-1.5)
    state = made.state()
    assert {name: array.tolist() for name, array in state.items()} == {
        "augment/probability": [0.25], "augment/signs": [-1.5]
    }  # fmt: skip
    assert fixed.state() == {}
    fixed.restore(state)
    assert float(fixed.probability) == 0.5
    other = augmenter(name="ada")
    other.restore({})
    assert float(other.probability) == 0
    other.restore(state)
    assert (float(other.probability), float(other.signs)) == (0.25, -1.5)


def test_a_turn_of_what_does_not_adapt_only_says_its_sign():
    made, logits = augmenter(name="diffaugment"), (torch.tensor([2.0, -1.0, 3.0, 4.0]), torch.zeros(4))
    assert made.after_turn([logits], 0.0).tolist() == [0.5]
    assert float(made.signs) == 0
    adapts = augmenter(name="ada")
    assert adapts.after_turn([logits, (-logits[0], logits[1])], 0.0).tolist() == [0.5, -0.5]
    adapts.after_turn([logits], 2.5)
    assert float(adapts.signs) == 0 + 0
