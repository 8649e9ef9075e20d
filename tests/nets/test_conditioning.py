"""How a network learns of the label: what each way computes, by hand, and what the label changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from gansmith.game.inputs.update import RealInputs, Rows
from gansmith.game.step import classification, discriminator_loss, discriminator_step, generator_loss
from gansmith.game.torch_game import TorchGame
from gansmith.ground.errors import RecipeError
from gansmith.ground.networks.plan import (
    BatchNorm,
    ConcatLabels,
    ConditionalBatchNorm,
    Linear,
    Plan,
    Projection,
    leaves,
)
from gansmith.ground.recipes.settings import NetSettings
from gansmith.losses import LOSSES, Targets
from gansmith.nets import NETS
from gansmith.nets.initial import initial_weights
from gansmith.nets.modes import INFERENCE, Mode
from gansmith.nets.network import DiscriminatorOutput, Network
from miniatures import CLASSES, PAIRS, fixed_latents, play, world
from variants import inputs, start

WAYS = [
    ("concat", "concat"),
    ("maps", "maps"),
    ("norm", "projection"),
    ("concat+norm", "projection"),
    ("concat", "classifier"),
]


def test_every_pair_has_a_miniature():
    assert PAIRS.keys() | {"projected"} == NETS.keys()  # which has larger ones: tests/game/test_projected.py


def new_game(pair: str, generator: str, discriminator: str, **more: Any) -> TorchGame:
    conditioning = {"generator__conditioning": generator, "discriminator__conditioning": discriminator}
    return start(world("labelled-pictures", **PAIRS[pair], **conditioning, **more))


@pytest.mark.parametrize(("generator", "discriminator"), WAYS)
@pytest.mark.parametrize("pair", PAIRS)
def test_the_label_alone_changes_picture_and_verdict(pair: str, generator: str, discriminator: str):
    game = new_game(pair, generator, discriminator)
    play(game, 1, 12)
    z, items = fixed_latents(6, game.recipe.latent.dim), world("labelled-pictures").items[:6]
    drawn = [game.make(z, np.full(6, label)) for label in range(CLASSES)]
    verdicts = [game.discriminate(items, np.full(6, label)) for label in range(CLASSES)]
    for one, other in ((0, 1), (0, 2), (1, 2)):
        assert np.abs(drawn[one] - drawn[other]).max() > 1e-3
        blind = discriminator == "classifier"
        assert np.array_equal(verdicts[one].logits, verdicts[other].logits) == blind
    scores = verdicts[0].classes
    assert (scores is None) == (discriminator != "classifier")
    assert scores is None or scores.shape == (6, CLASSES)
    pixels = verdicts[0].per_pixel
    assert (pixels is None) == (pair != "hourglass")
    assert pixels is None or pixels.shape == (6, 8, 8)


@pytest.mark.parametrize("pair", PAIRS)
def test_label_maps_join_before_every_layer_with_weights(pair: str):
    game = new_game(pair, "maps", "maps")
    for player, network in (("generator", game.gan.generator), ("discriminator", game.gan.discriminator)):
        plan = network.plan
        names = list(leaves(plan.layers))
        for (_, before), (_, layer) in zip(names, names[1:], strict=False):
            if isinstance(layer, Linear) or getattr(layer, "kernel", 0) > 1:
                assert before == ConcatLabels(CLASSES), f"{player}: {layer}"


def network(*layers: Any, shape: tuple[int, ...], settings: NetSettings | None = None) -> Network:
    plan = Plan("discriminator", shape, layers)
    arrays = initial_weights(plan, settings or NetSettings(initial="normal", initial_scale=0.5), 1)
    return Network(plan, arrays, torch.float64)


def normal(*shape: int) -> Tensor:
    return torch.as_tensor(np.random.default_rng(0).standard_normal(shape))


LABELS = torch.tensor([2, 0, 1, 1, 0, 2, 2])


@pytest.mark.parametrize("shape", [(5,), (5, 3, 4)])
@pytest.mark.parametrize("mode", [INFERENCE, Mode(training=True, track=True), Mode(training=True)])
def test_conditional_batch_norm_by_hand(shape: tuple[int, ...], mode: Mode):
    net = network(ConditionalBatchNorm(5, 3, 0.25, 1e-3), shape=shape)
    x = normal(7, *shape) * 3 + 1
    net.array(0, "mean").copy_(normal(5))
    net.array(0, "variance").copy_(normal(5).square())
    mean, variance = net.array(0, "mean").clone(), net.array(0, "variance").clone()
    over = [0, *range(2, x.ndim)]
    batch_mean, batch_variance = x.mean(over), x.var(over, correction=0)
    used = (batch_mean, batch_variance) if mode.training else (mean, variance)
    wide = (1, 5, *(1 for _ in shape[1:]))
    plain = (x - used[0].view(wide)) / (used[1].view(wide) + 1e-3).sqrt()
    row = (7, *wide[1:])
    expected = plain * net.array(0, "scale")[LABELS].view(row) + net.array(0, "shift")[LABELS].view(row)
    torch.testing.assert_close(net(x, LABELS, mode), expected)
    if mode.track:
        torch.testing.assert_close(net.array(0, "mean"), 0.75 * mean + 0.25 * batch_mean)
    else:
        assert torch.equal(net.array(0, "mean"), mean)


def test_conditional_batch_norm_with_one_class_is_batch_norm():
    one = network(ConditionalBatchNorm(5, 1, 0.1, 1e-5), shape=(5,))
    plain = network(BatchNorm(5, 0.1, 1e-5), shape=(5,))
    for name in ("scale", "shift"):
        plain.array(0, name).data.copy_(one.array(0, name)[0])
    x, mode = normal(7, 5), Mode(training=True, track=True)
    torch.testing.assert_close(one(x, LABELS * 0, mode), plain(x, None, mode))


@pytest.mark.parametrize("spectral", [False, True])
def test_projection_by_hand(spectral: bool):
    net = network(Projection(4, 3, spectral), shape=(4,))
    w, e, b = (net.array(0, name) for name in ("weight", "embedding", "bias"))
    if spectral:
        for _ in range(200):
            net(normal(7, 4), LABELS, Mode(training=True, track=True))
        w, e = w / torch.linalg.matrix_norm(w, 2), e / torch.linalg.matrix_norm(e, 2)
    x = normal(7, 4)
    expected = torch.stack([w[0] @ x[i] + b[0] + e[LABELS[i]] @ x[i] for i in range(7)])
    torch.testing.assert_close(net(x, LABELS).flatten(), expected)


def test_a_label_that_is_missing_is_named():
    for layer in (Projection(4, 3), ConditionalBatchNorm(4, 3, 0.1, 1e-5), ConcatLabels(3)):
        with pytest.raises(ValueError, match=r"labels in 0\.\.2"):
            network(layer, shape=(4,))(normal(7, 4))


# ---- the auxiliary classifier


def test_its_cross_entropy_by_hand():
    scores = normal(7, 3)
    expected = np.mean([float(torch.logsumexp(row, 0) - row[y]) for row, y in zip(scores, LABELS, strict=True)])
    assert float(classification(scores, LABELS)) == pytest.approx(expected)
    with pytest.raises(ValueError, match="labels"):
        classification(scores, None)


def test_its_weight_scales_its_share_of_both_players_gradients():
    steps: dict[float, np.ndarray] = {}
    for weight in (0.0, 1.0, 2.0):
        descent = {f"optimizer__{player}__name": "sgd" for player in ("generator", "discriminator")}
        game = new_game("dcgan", "concat", "classifier", loss__classifier=weight, precision__name="float64", **descent)
        before = game.state().arrays
        play(game, 1, 1, rate=1e-3)
        after = game.state().arrays
        steps[weight] = np.concatenate([(after[name] - before[name]).ravel() for name in before if "/0." in name])
    np.testing.assert_allclose(steps[2.0] - steps[0.0], 2 * (steps[1.0] - steps[0.0]), rtol=0.02, atol=1e-9)
    assert np.abs(steps[1.0] - steps[0.0]).max() > 1e-7


def test_it_learns_the_classes_and_so_does_the_generator():
    game = new_game("dense", "concat", "classifier", generator__norm="none", loss__classifier=1.0)
    play(game, 1, 250)
    made = world("labelled-pictures")
    assert made.labels is not None
    scores = game.discriminate(made.items, made.labels).classes
    assert scores is not None
    assert (scores.argmax(1) == made.labels).mean() > 0.95
    asked = np.arange(60) % CLASSES
    drawn = game.sample(fixed_latents(60), asked)
    scores = game.discriminate(drawn, asked).classes
    assert scores is not None
    assert (scores.argmax(1) == asked).mean() > 0.9
    assert game.report().numbers["loss.classifier"] > 0


# ---- logits for every pixel


@pytest.mark.parametrize("name", LOSSES)
def test_losses_average_the_whole_and_its_pixels(name: str):
    loss, targets = LOSSES[name], Targets(torch.rand(4).double(), 0.1, torch.rand(4).double())
    real = DiscriminatorOutput(normal(4), normal(4, 2, 3))
    fake = DiscriminatorOutput(normal(4) + 1, normal(4, 2, 3) - 1)
    spread = Targets(targets.real[:, None, None].expand(4, 2, 3), 0.1, targets.generator[:, None, None].expand(4, 2, 3))  # pyright: ignore[reportIndexIssue]
    expected = (
        loss.discriminator(real.logits, fake.logits, targets)
        + loss.discriminator(real.per_pixel, fake.per_pixel, spread)  # pyright: ignore[reportArgumentType]
    ) / 2
    torch.testing.assert_close(discriminator_loss(loss, real, fake, targets), expected)
    expected = (
        loss.generator(fake.logits, real.logits, targets) + loss.generator(fake.per_pixel, real.per_pixel, spread)  # pyright: ignore[reportArgumentType]
    ) / 2
    torch.testing.assert_close(generator_loss(loss, fake, real, targets), expected)
    assert real.overall.tolist() == pytest.approx(((real.logits + real.per_pixel.mean((1, 2))) / 2).tolist())  # pyright: ignore[reportOptionalMemberAccess]
    rows = real.rows(slice(1, 3))
    assert torch.equal(rows.logits, real.logits[1:3])
    assert rows.per_pixel is not None
    assert torch.equal(rows.per_pixel, normal(4, 2, 3)[1:3])


def test_the_pixels_logits_find_where_fakes_are_wrong():
    """Fakes are real pictures whose lower half is noise: the map is to fall there, and not in the upper half."""
    game = new_game("hourglass", "concat", "concat", generator__norm="none")
    made, rng = world("labelled-pictures"), np.random.default_rng(0)
    fakes = made.items.copy()
    fakes[:, 4:] = rng.integers(0, 256, (len(fakes), 4, 8, 1))
    assert game.gan.items is not None
    assert made.labels is not None
    real = RealInputs(torch.as_tensor(made.items), torch.as_tensor(made.labels))
    wrong = game.gan.items.convert(torch.as_tensor(fakes))
    (drawn,) = inputs(game, 1).discriminator_turns
    latents, rows = replace(drawn.latents, labels=real.labels), Rows(0, len(fakes), len(fakes))
    x = replace(drawn, rows=rows, latents=latents, real=real, fake=wrong)
    for _ in range(150):
        game.players.discriminator.minimise(discriminator_step, x)
    maps = game.discriminate(fakes, made.labels).per_pixel
    assert maps is not None
    assert maps[:, 5:].mean() < maps[:, :3].mean() - 1


# ---- refusals


@pytest.mark.parametrize("way", ["projection", "classifier"])
def test_a_generator_gives_no_verdict(way: str):
    with pytest.raises(RecipeError, match=f"generator.conditioning = '{way}'.*concat, maps, norm"):
        new_game("dcgan", way, "concat")


def test_a_discriminator_has_no_conditional_norm():
    with pytest.raises(RecipeError, match=r"discriminator\.conditioning = 'norm'"):
        new_game("dcgan", "concat", "norm", discriminator__norm="batch")


def test_conditional_norm_needs_a_norm():
    with pytest.raises(RecipeError, match=r"generator\.norm=batch"):
        new_game("dcgan", "norm", "concat", generator__norm="none")


@pytest.mark.parametrize(("generator", "discriminator"), WAYS)
def test_without_labels_the_conditioning_sleeps(generator: str, discriminator: str):
    made = world("pictures", generator__conditioning=generator, discriminator__conditioning=discriminator)
    plain = world("pictures")
    ours, theirs = (TorchGame(each.recipe, each.item_shape, 0) for each in (made, plain))
    assert ours.gan.generator.plan == theirs.gan.generator.plan
    assert ours.gan.discriminator.plan == theirs.gan.discriminator.plan


def test_the_reference_of_one_hot_maps():
    net = network(ConcatLabels(3), shape=(2, 4, 4))
    out = net(normal(7, 2, 4, 4), LABELS)
    hot = F.one_hot(LABELS, 3).double()
    assert torch.equal(out[:, 2:], hot[:, :, None, None].expand(7, 3, 4, 4))
