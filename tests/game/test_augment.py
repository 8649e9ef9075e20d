"""Augmentation: what each operation does, that gradients pass, how the probability adapts, and what the networks see."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.by_hand import HandGame
from gansmith.game.augment import ADAPT_EVERY, AUGMENTS, OPERATIONS, Augmenter, resampled
from gansmith.ground import draws
from gansmith.ground.errors import EngineError, RecipeError
from gansmith.ground.recipes.settings import FeedbackName
from miniatures import BATCH, play, world
from variants import host_inputs, inputs, new_game, start

CHANGING = [name for name, what in AUGMENTS.items() if what.operates]


def pictures(count: int = 3, channels: int = 3, height: int = 8, width: int = 12) -> Tensor:
    drawn = np.random.default_rng(5).uniform(-1, 1, (count, channels, height, width))
    return torch.as_tensor(drawn)


def chance(*rows: list[float]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def gate(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64)[:, None]


def drawn_for(name: str, count: int) -> Tensor:
    return torch.as_tensor(np.random.default_rng(1).random((count, draws.OPERATION_NUMBERS[name])))  # pyright: ignore


@pytest.mark.parametrize("name", OPERATIONS)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_closed_gate_changes_nothing_and_an_open_one_does(name: str, channels: int):
    given = pictures(3, channels)
    seen = OPERATIONS[name](given, drawn_for(name, 3), gate(0, 1, 0))  # pyright: ignore
    torch.testing.assert_close(seen[[0, 2]], given[[0, 2]], rtol=0, atol=1e-15)
    assert not torch.allclose(seen[1], given[1], atol=1e-3)
    assert seen.shape == given.shape


@pytest.mark.parametrize("name", OPERATIONS)
def test_gradients_pass_and_pass_twice(name: str):
    given = pictures(2, 3, 6, 5).requires_grad_()
    drawn, open_ = drawn_for(name, 2), gate(1, 1)
    operation = OPERATIONS[name]  # pyright: ignore

    def seen(x: Tensor) -> Tensor:
        return operation(x, drawn, open_).square()

    assert torch.autograd.gradcheck(seen, (given,))
    assert torch.autograd.gradgradcheck(seen, (given,))


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [([0.0, 0.999], (-1, 2)), ([0.999, 0.0], (1, -2)), ([0.5, 0.5], (0, 0)), ([0.4, 0.3], (0, -1))],
)
def test_translation_moves_whole_pixels_and_fills_with_the_middle(numbers: list[float], expected: tuple[int, int]):
    given = pictures(1, 3, 8, 16)
    seen = OPERATIONS["translation"](given, chance(numbers), gate(1))[0].numpy()
    down, right = expected
    by_hand = np.zeros((3, 8, 16))
    for y in range(8):
        for x in range(16):
            if 0 <= y - down < 8 and 0 <= x - right < 16:
                by_hand[:, y, x] = given[0, :, y - down, x - right]
    np.testing.assert_array_equal(seen, by_hand)


def test_colour_by_hand():
    given = pictures(1, 3, 4, 4)
    u_brightness, u_saturation, u_contrast = 0.8, 0.1, 0.9
    seen = OPERATIONS["colour"](given, chance([u_brightness, u_saturation, u_contrast]), gate(1))[0].numpy()
    x = given[0].numpy() + (u_brightness - 0.5)
    grey = x.mean(0, keepdims=True)
    x = grey + (x - grey) * 2 * u_saturation
    x = x.mean() + (x - x.mean()) * (u_contrast + 0.5)
    np.testing.assert_allclose(seen, x, rtol=1e-12)


def test_cutout_takes_half_of_each_side_less_what_lies_outside():
    given = torch.ones(3, 1, 8, 12, dtype=torch.float64)
    seen = OPERATIONS["cutout"](given, chance([0.5, 0.5], [0.0, 0.0], [0.999, 0.999]), gate(1, 1, 1))
    assert [int((picture == 0).sum()) for picture in seen] == [4 * 6, 2 * 3, 2 * 3]
    assert (seen[1, 0, :2, :3] == 0).all()
    assert (seen[2, 0, 6:, 9:] == 0).all()
    assert (seen[0, 0, 2:6, 3:9] == 0).all()


def test_resampling_is_what_a_grid_of_points_gives():
    """torch's own sampler is the referee."""
    given = pictures(4, 2, 9, 7)
    factor = torch.tensor([[1.2, 0.8], [0.7, 1.0], [1.0, 1.25], [1.1, 1.1]], dtype=torch.float64)
    shift = torch.tensor([[0.0, 1.5], [-2.0, 0.25], [0.5, 0.0], [3.0, -3.0]], dtype=torch.float64)
    maps = torch.zeros(4, 2, 3, dtype=torch.float64)
    maps[:, 0, 0], maps[:, 1, 1] = 1 / factor[:, 1], 1 / factor[:, 0]
    maps[:, 0, 2] = -shift[:, 1] / factor[:, 1] * 2 / 7
    maps[:, 1, 2] = -shift[:, 0] / factor[:, 0] * 2 / 9
    grid = F.affine_grid(maps, list(given.shape), align_corners=False)
    expected = F.grid_sample(given, grid, padding_mode="zeros", align_corners=False)
    torch.testing.assert_close(resampled(given, factor, shift), expected, rtol=1e-9, atol=1e-9)


def test_zoom_stays_within_its_factors():
    bar = torch.zeros(200, 1, 41, 41, dtype=torch.float64)
    bar[:, :, 10:31, 10:31] = 1.0
    seen = OPERATIONS["zoom"](bar, drawn_for("zoom", 200), torch.ones(200, 1, dtype=torch.float64))
    heights, widths = seen[:, 0, :, 20].sum(1) / 21, seen[:, 0, 20].sum(1) / 21
    most = 1.25 * 1.1
    for sides in (heights, widths):
        assert float(sides.min()) > 1 / most - 0.02
        assert float(sides.max()) < most + 0.02
        assert float(sides.max()) > 1.2 > 0.85 > float(sides.min())


def test_the_middle_of_each_range_fills_what_is_cut_out():
    for name, middle in (("symmetric", 0.0), ("unit", 0.5)):
        made = world(
            "pictures",
            augment__name="diffaugment",
            augment__operations=["cutout"],
            data__pixels=name,
            generator__output="linear",
        )
        augmenter = Augmenter(made.recipe, torch.device("cpu"), torch.float32)
        seen = augmenter.see(torch.full((2, 1, 8, 8), 0.9), draws.chances(made.recipe, 1, 0, "real", 2))
        assert {round(value, 5) for value in seen.unique().tolist()} == {middle, 0.9}


def test_the_same_change_in_either_range():
    """Bytes seen through [0, 1] and through [-1, 1] are changed alike."""
    shared = {"augment__name": "diffaugment", "augment__operations": list(OPERATIONS)}
    symmetric = world("pictures", **shared).recipe
    unit = world(
        "pictures",
        **shared,
        data__pixels="unit",
        generator__output="sigmoid",
    ).recipe
    chances = draws.chances(symmetric, 4, 0, "fake", 3)
    given = pictures(3, 1, 8, 8).float()
    one = Augmenter(symmetric, torch.device("cpu"), torch.float32).see(given, chances)
    other = Augmenter(unit, torch.device("cpu"), torch.float32).see((given + 1) / 2, chances)
    torch.testing.assert_close(other, (one + 1) / 2, rtol=1e-5, atol=1e-6)


def test_chances_are_stateless_and_their_own_for_each_pass():
    recipe = world("pictures").recipe
    assert np.array_equal(draws.chances(recipe, 3, 1, "real", 8), draws.chances(recipe, 3, 1, "real", 8))
    assert np.array_equal(draws.chances(recipe, 3, 1, "real", 8)[:5], draws.chances(recipe, 3, 1, "real", 5))
    drawn = [draws.chances(recipe, u, t, w, 8) for u in (1, 2) for t in (0, 1) for w in ("real", "fake")]
    assert len({one.tobytes() for one in drawn}) == 8
    assert list(draws.OPERATION_NUMBERS) == list(OPERATIONS)


def test_the_probability_is_the_share_of_pictures_that_an_operation_changes():
    made = world("pictures", augment__name="diffaugment", augment__operations=["cutout"], augment__probability=0.3)
    augmenter = Augmenter(made.recipe, torch.device("cpu"), torch.float32)
    seen = augmenter.see(torch.ones(2000, 1, 8, 8), draws.chances(made.recipe, 1, 0, "real", 2000))
    assert float((seen.amin((1, 2, 3)) < 1).float().mean()) == pytest.approx(0.3, abs=0.03)


# ---- adaptive


def adaptive(**settings) -> Augmenter:
    made = world("pictures", augment__name="ada", augment__ramp_images=BATCH * ADAPT_EVERY * 10, **settings)
    return Augmenter(made.recipe, torch.device("cpu"), torch.float32)


def end_turn(augmenter: Augmenter, turn: int, real: Tensor, fake: Tensor) -> float:
    """The end of the discriminator's turn number `turn`, from 0, with these logits (B,). Returns the mean sign."""
    (sign,) = augmenter.after_turn([(real, fake)], 0.0)
    if (turn + 1) % ADAPT_EVERY == 0:
        augmenter.adapt()
    return float(sign)


def test_it_grows_by_its_ramp_while_the_discriminator_is_sure_and_falls_when_it_is_not():
    augmenter = adaptive()
    assert float(augmenter.probability) == 0
    sure, unsure = torch.full((BATCH,), 3.0), torch.full((BATCH,), -3.0)
    course = []
    for turn in range(16):
        end_turn(augmenter, turn, sure if turn < 12 else unsure, unsure)
        course.append(round(float(augmenter.probability), 6))
    assert course == [0] * 3 + [0.1] * 4 + [0.2] * 4 + [0.3] * 4 + [0.2]


def test_it_stays_a_probability():
    augmenter = adaptive()
    for turn in range(200):
        end_turn(augmenter, turn, torch.ones(BATCH), torch.zeros(BATCH))
    assert float(augmenter.probability) == 1
    for turn in range(200):
        end_turn(augmenter, turn, -torch.ones(BATCH), torch.zeros(BATCH))
    assert float(augmenter.probability) == 0


def test_it_holds_the_mean_sign_at_its_target():
    """A discriminator that loses its sureness with the augmentation: sign 1 at probability 0, -1 at 1. Its mean sign
    settles where it was asked to, which is at the probability .2."""
    augmenter = adaptive()
    rng, signs = np.random.default_rng(0), []
    for turn in range(2000):
        right = rng.random(BATCH) < 1 - float(augmenter.probability)
        signs.append(end_turn(augmenter, turn, torch.as_tensor(right * 2.0 - 1), torch.zeros(BATCH)))
    assert np.mean(signs[1000:]) == pytest.approx(0.6, abs=0.06)


@pytest.mark.parametrize(("name", "changes"), [("ada", True), ("diffaugment", False)])
def test_every_fourth_turn_of_the_discriminator_changes_the_probability(name: str, changes: bool):
    """Counted over updates, as the inputs say."""
    game = new_game(augment__name=name, feedback__discriminator_turns=3)
    adapts: list[bool] = []
    for update in range(1, 9):
        adapts += [x.adapts for x in host_inputs(game, update).discriminator_turns]
        game.discriminator_turns += 3
    assert adapts == [changes and (turn + 1) % ADAPT_EVERY == 0 for turn in range(24)]


def test_logits_that_are_only_compared_are_compared_row_by_row():
    augmenter = adaptive()
    real, fake = torch.tensor([5.0, 5.0, 9.0, 9.0]), torch.tensor([4.0, 6.0, 8.0, 8.0])
    assert augmenter.after_turn([(real, fake)], None).item() == pytest.approx(0.5)
    assert augmenter.after_turn([(real, fake)], 7.0).item() == pytest.approx(0.0)
    halves = [(real[:2], fake[:2]), (real[2:], fake[2:])]  # as micro-batches
    assert augmenter.after_turn(halves, None).tolist() == pytest.approx([0.0, 1.0])
    assert float(augmenter.signs) == pytest.approx(0.5 + 0.0 + 0.5)


def test_the_probability_is_in_the_state_and_comes_back():
    made = world("pictures", augment__name="mirror+ada", augment__ramp_images=400)
    game, other = start(made), start(made)
    play(game, 1, 6)
    game.augmenter.probability.fill_(0.375)
    other.restore(game.state())
    assert float(other.augmenter.probability) == 0.375
    assert float(other.augmenter.signs) == float(game.augmenter.signs) != 0
    numbers = game.report().numbers
    assert 0 <= numbers["augment.probability"] <= 1
    assert -1 <= numbers["augment.sign"] <= 1


# ---- in the game


@pytest.mark.parametrize("feedback", get_args(FeedbackName))
@pytest.mark.parametrize("name", CHANGING)
@pytest.mark.parametrize("regularizer", ["none", "r1+r2", "gradient-penalty"])
def test_every_feedback_trains_with_it(feedback: str, name: str, regularizer: str):
    made = world(
        "labelled-pictures",
        augment__name=name,
        augment__operations=list(OPERATIONS),
        augment__ramp_images=100,
        feedback__name=feedback,
        feedback__latents="same",
        regularizer__name=regularizer,
    )
    game = start(made)
    play(game, 1, 6, measure=True)
    numbers = game.report().numbers
    assert all(np.isfinite(value) for value in numbers.values())
    assert (numbers["gradient.generator"] > 0) == (feedback != "labels")
    assert numbers["augment.probability"] <= 1


def test_the_discriminator_sees_augmented_pictures_and_is_penalised_there(monkeypatch: pytest.MonkeyPatch):
    made = world("pictures", augment__name="diffaugment", regularizer__name="r1+r2")
    game = start(made)
    seen: list[Tensor] = []
    network = game.gan.discriminator
    discriminate = network.discriminate
    monkeypatch.setattr(network, "discriminate", lambda x, *rest: seen.append(x) or discriminate(x, *rest))
    turns = inputs(game, 1)
    plain = game.gan.real(turns.discriminator_turns[0])
    expected = game.augmenter.see(plain, draws.chances(made.recipe, 1, 0, "real", BATCH))
    drawn = [game.gan.generate(x).detach() for x in (*turns.discriminator_turns, *turns.generator_turns)]
    changed = [
        game.augmenter.see(items, draws.chances(made.recipe, 1, turn, "fake", BATCH))
        for turn, items in enumerate(drawn)
    ]
    play(game, 1, 1)
    real, fake, generator_turn = seen
    assert torch.equal(real, expected)
    assert not torch.equal(real, plain)
    assert real.requires_grad  # the gradient is taken with respect to what was seen
    assert fake.requires_grad
    for found, items, altered in zip((fake, generator_turn), drawn, changed, strict=True):
        torch.testing.assert_close(found.detach(), altered)
        assert not torch.allclose(found, items)


def test_the_generator_s_gradient_passes_through_the_augmentation():
    """A discriminator that looks at a corner only: where the corner is cut out of every picture, no gradient is left."""
    game = start(world("pictures", augment__name="diffaugment", augment__operations=["cutout"], seed=2))
    (x,) = inputs(game, 1).generator_turns
    x.chances["fake"][:, -2:] = 0.0  # the hole lies on the first corner
    fake = game.gan.generate(x)
    seen = game.gan.augmented(fake, x, "fake")
    (gradient,) = torch.autograd.grad(seen[:, :, 0, 0].sum(), fake, retain_graph=True)
    assert not gradient.any()
    (gradient,) = torch.autograd.grad(seen[:, :, 7, 7].sum(), fake)
    assert (gradient[:, :, 7, 7] == 1).all()


def test_without_it_nothing_is_drawn_and_pictures_stay_as_they_are():
    game = start(world("pictures", augment__name="mirror"))
    (x,) = inputs(game, 1).discriminator_turns
    items = game.gan.real(x)
    assert game.gan.augmented(items, x, "real") is items
    assert not x.chances
    play(game, 1, 2)
    assert not {"augment.probability", "augment.sign"} & set(game.report().numbers)
    assert not [name for name in game.state().arrays if name.startswith("augment")]


@pytest.mark.parametrize("name", CHANGING)
def test_who_cannot_says_so_by_name(name: str):
    made = world("pictures", augment__name=name)
    with pytest.raises(EngineError, match=f"augment.name = '{name.replace('+', '.')}'"):
        HandGame(made.recipe, made.item_shape)
    with pytest.raises(RecipeError, match="these items are vectors"):
        start(world("vectors", augment__name=name))


def test_lazy_penalties_are_lazy_with_joint_feedback_too():
    game = start(
        world(
            "pictures",
            feedback__name="joint",
            feedback__latents="same",
            regularizer__name="r1",
            regularizer__interval=3,
        )
    )
    taken = []
    for update in range(1, 7):
        play(game, update, update)
        taken.append("loss.penalty" in game.report().numbers)
    assert taken == [True, False, False, True, False, False]


@pytest.mark.parametrize("feedback", ["alternating", "joint"])
def test_the_probability_changes_once_for_four_turns(feedback: str):
    """Also where both players move in one turn: with a target that is always passed, it only grows."""
    game = new_game(
        "pictures",
        feedback__name=feedback,
        feedback__latents="same",
        augment__name="ada",
        augment__target=-0.99,
        augment__ramp_images=20.0 * BATCH * ADAPT_EVERY,
    )
    play(game, 1, 3 * ADAPT_EVERY)
    assert float(game.augmenter.probability) == pytest.approx(3 / 20)


# ---- transparency


def transparent(count: int = 3, height: int = 8, width: int = 12) -> Tensor:
    """Premultiplied pictures (B, 4, H, W), centred, of which a part is nothing and a part is opaque."""
    rng = np.random.default_rng(6)
    opacity = np.clip(rng.uniform(-0.5, 1.5, (count, 1, height, width)), 0, 1)
    colour = rng.uniform(0, 1, (count, 3, height, width))
    return torch.as_tensor(2 * np.concatenate([colour * opacity, opacity], 1) - 1)


def test_colour_changes_by_what_is_seen_and_alpha_stays():
    given = transparent()
    drawn = drawn_for("colour", 3)
    seen = OPERATIONS["colour"](given, drawn, gate(1, 1, 1))
    opacity = (given[:, 3:] + 1) / 2
    torch.testing.assert_close(seen[:, 3:], given[:, 3:])
    nothing = (opacity == 0).expand(-1, 3, -1, -1)
    assert nothing.any()
    torch.testing.assert_close(seen[:, :3][nothing], torch.full_like(seen[:, :3][nothing], -1.0))
    opaque = torch.cat([given[:, :3], torch.ones_like(opacity)], 1)  # all is seen: as in a picture without alpha
    plain = OPERATIONS["colour"](given[:, :3], drawn, gate(1, 1, 1))
    torch.testing.assert_close(OPERATIONS["colour"](opaque, drawn, gate(1, 1, 1))[:, :3], plain)


@pytest.mark.parametrize("name", OPERATIONS)
def test_pictures_with_transparency_stay_where_the_gate_is_closed(name: str):
    given = transparent()
    seen = OPERATIONS[name](given, drawn_for(name, 3), gate(0, 1, 0))  # pyright: ignore
    torch.testing.assert_close(seen[[0, 2]], given[[0, 2]], rtol=0, atol=1e-12)
    assert not torch.allclose(seen[1], given[1], atol=1e-3)
    assert torch.autograd.gradcheck(
        lambda x: OPERATIONS[name](x, drawn_for(name, 3), gate(1, 1, 1)).square(),  # pyright: ignore
        (transparent(height=5, width=4).requires_grad_(),),
    )


@pytest.mark.parametrize("name", ["translation", "cutout", "zoom"])
def test_what_comes_in_from_outside_or_is_cut_out_is_transparent(name: str):
    white = torch.ones(2, 4, 8, 12, dtype=torch.float64)
    seen = OPERATIONS[name](white, torch.zeros_like(drawn_for(name, 2)), gate(1, 1))  # pyright: ignore
    assert seen.min() == -1
    torch.testing.assert_close(seen, seen[:, 3:].expand(-1, 4, -1, -1))
