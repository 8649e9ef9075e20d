"""Which arrays of two networks correspond, and what an array takes from the other: by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from gansmith.ground.networks.correspond import pairs, take, units
from gansmith.ground.networks.plan import Plan
from gansmith.ground.recipes.recipe import override
from gansmith.ground.recipes.settings import LatentSettings, NetSettings, Recipe
from gansmith.nets import NETS, plan_discriminator, plan_generator
from gansmith.nets.initial import initial_weights

RECIPE = Recipe(
    latent=LatentSettings(dim=6),
    generator=NetSettings(widths=(16, 8), norm="batch", output="tanh"),
    discriminator=NetSettings(widths=(8, 16)),
)


def both(size: int = 16, classes: int = 0, channels: int = 1, **settings: object) -> tuple[Plan, Plan]:
    """The plans of a pair."""
    recipe = override(RECIPE, {name.replace("__", "."): value for name, value in settings.items()})
    shape = (channels, size, size)
    return plan_generator(recipe, shape, classes), plan_discriminator(recipe, shape, classes)


def drawn(plan: Plan, seed: int = 0) -> dict[str, np.ndarray]:
    """Other numbers in every array of every seed."""
    rng = np.random.default_rng(seed + 1)
    shapes = initial_weights(plan, NetSettings(), 0)
    return {name: rng.normal(size=array.shape).astype(np.float32) for name, array in shapes.items()}


def taken_from(new: Plan, old: Plan, rows=()):
    """What is taken, and from what it was taken."""
    given = drawn(old, 1)
    return take(new, old, drawn(new), given, rows), given


@pytest.mark.parametrize("net", sorted(set(NETS) - {"dense", "projected"}))
@pytest.mark.parametrize("classes", [0, 3])
def test_the_same_network_is_taken_whole(net: str, classes: int):
    more = {"generator__bottleneck": 8, "discriminator__bottleneck": 8} if net in ("encdec", "hourglass") else {}
    more |= {"latent__dim": 256} if net == "hourglass" else {}
    norms = {} if net == "dcgan" else {"generator__norm": "none"}
    for plan in both(16, classes, generator__net=net, discriminator__net=net, **more, **norms):
        taken, given = taken_from(plan, plan, range(classes))
        assert taken.whole == {name: name for name in given}
        assert all(np.array_equal(taken.arrays[name], given[name]) for name in given)


def test_larger_pictures_take_the_layers_next_to_the_picture():
    """16x16 of 4x4 maps, 16 and 8 wide; 32x32 have one more stage, 32 wide, next to the latents and to the logit."""
    small, large = both(16), both(32, generator__widths=[32, 16, 8], discriminator__widths=[8, 16, 32])
    found = taken_from(large[0], small[0])[0]
    #  0 dense  1 reshape  2 norm 32  3 act  4 to 16  5 norm 16  6 act  7 to 8  8 norm 8  9 act  10 to the picture
    assert found.whole.keys() == {
        f"{layer}.{name}"
        for layer, names in {5: "scale shift mean variance", 7: "weight", 8: "scale shift mean variance", 10: "weight bias"}.items()
        for name in names.split()
    }  # fmt: skip
    assert found.whole["7.weight"] == "4.weight"
    assert found.whole["10.bias"] == "7.bias"
    judged = taken_from(large[1], small[1])[0]
    assert judged.whole == {name: name for name in ("0.weight", "0.bias", "2.weight", "2.bias")}
    assert judged.fresh == ["4.weight", "4.bias", "7.weight", "7.bias"]
    back = taken_from(small[0], large[0])[0]
    assert back.whole["4.weight"] == "7.weight"


def test_another_number_of_channels_leaves_the_layers_in_between():
    grey, colour = both(16), both(16, channels=3)
    assert taken_from(colour[0], grey[0])[0].fresh == ["7.weight", "7.bias"]
    assert taken_from(colour[1], grey[1])[0].fresh == ["0.weight", "0.bias"]  # which fits, but goes with it


def test_maps_of_another_shape_are_not_the_same_features():
    """4x8 and 8x4 maps are as many numbers, in another order."""
    recipe = override(RECIPE, {"generator.norm": "none"})
    wide, high = ((1, 16, 32), (1, 32, 16))
    for plan in (plan_generator, plan_discriminator):
        taken = taken_from(plan(recipe, wide, 0), plan(recipe, high, 0))[0]
        dense = "0" if plan is plan_generator else "5"
        assert taken.fresh == [f"{dense}.weight", f"{dense}.bias"]


def test_classes_of_the_same_name_keep_their_rows_and_new_ones_begin_as_the_mean():
    """The old labels 0, 1, 2; the new ones are 2, something else, 0."""
    settings = {"generator__conditioning": "concat+norm", "discriminator__conditioning": "projection"}
    made, judged = both(16, 3, **settings)
    taken, given = taken_from(made, made, [2, None, 0])
    norm = given["3.scale"]  # (classes, features)
    assert np.array_equal(taken.arrays["3.scale"], np.stack([norm[2], norm.mean(0), norm[0]]))
    dense = given["1.weight"]  # (features, 6 latents + 3 labels)
    expected = np.concatenate([dense[:, :6], dense[:, [8]], dense[:, 6:].mean(1, keepdims=True), dense[:, [6]]], 1)
    np.testing.assert_allclose(taken.arrays["1.weight"], expected, rtol=1e-6)
    assert taken.part["1.weight"] == "1 of 3 are new and begin as the mean of the run's 3"
    assert "3.mean" in taken.whole  # statistics know no label
    taken, given = taken_from(judged, judged, [2, None, 0])
    rows = given["5.embedding"]
    assert np.array_equal(taken.arrays["5.embedding"], np.stack([rows[2], rows.mean(0), rows[0]]))
    assert taken.whole["5.weight"] == "5.weight"


@pytest.mark.parametrize("conditioning", ["concat", "maps"])
def test_labels_as_maps_and_numbers(conditioning: str):
    """Two labels of old networks, three of new ones, of which the last is the old first."""
    words = {"generator__conditioning": conditioning, "discriminator__conditioning": conditioning}
    for new, old in zip(both(16, 3, **words), both(16, 2, **words), strict=True):
        taken, given = taken_from(new, old, [None, None, 0])
        assert not taken.fresh
        for name, source in ((name, name) for name in taken.part):
            ours, theirs = taken.arrays[name], given[source]
            axis = next(axis for axis in range(ours.ndim) if ours.shape[axis] != theirs.shape[axis])
            ours, theirs = np.moveaxis(ours, axis, 0), np.moveaxis(theirs, axis, 0)
            np.testing.assert_allclose(ours[:-3], theirs[:-2])
            np.testing.assert_allclose(ours[-1], theirs[-2])
            np.testing.assert_allclose(ours[-3], theirs[-2:].mean(0), rtol=1e-6)


def test_flattened_maps_of_labels_are_several_numbers():
    """A discriminator without a hidden layer sees 1 + classes maps of 2x2 as one vector."""
    recipe = dataclasses.replace(RECIPE, discriminator=NetSettings(widths=()))
    new, old = (plan_discriminator(recipe, (1, 2, 2), classes) for classes in (2, 3))
    taken, given = taken_from(new, old, [2, None])
    weight = given["2.weight"][0]  # 4 pixels, then 4 numbers for each label
    means = weight[4:].reshape(3, 4).mean(0)
    np.testing.assert_allclose(taken.arrays["2.weight"][0], [*weight[:4], *weight[12:], *means], rtol=1e-6)


def test_labels_come_and_go():
    plain, labelled = both(16), both(16, 3, generator__conditioning="norm", discriminator__conditioning="projection")
    taken, given = taken_from(labelled[0], plain[0], [None] * 3)
    assert np.array_equal(taken.arrays["2.scale"], np.tile(given["2.scale"], (3, 1)))
    assert not taken.fresh
    taken, given = taken_from(plain[0], labelled[0])
    np.testing.assert_allclose(taken.arrays["2.scale"], given["2.scale"].mean(0), rtol=1e-6)
    taken, _ = taken_from(labelled[1], plain[1], [None] * 3)
    assert taken.fresh == ["5.embedding"]
    heads = both(16, 3, discriminator__conditioning="classifier")[1]
    taken, given = taken_from(heads, heads, [1, 0, None])
    bias = given["5.body.0.bias"]
    np.testing.assert_allclose(taken.arrays["5.body.0.bias"], [bias[1], bias[0], bias.mean()], rtol=1e-6)


def test_networks_without_a_plan_take_what_has_the_same_name_and_shape():
    arrays = {"layers.0.weight": np.ones((2, 3)), "layers.0.bias": np.ones(2)}
    other = {"layers.0.weight": np.zeros((2, 3)), "layers.0.bias": np.zeros(3)}
    taken = take(None, None, other, arrays, ())
    assert (list(taken.whole), taken.fresh) == (["layers.0.weight"], ["layers.0.bias"])
    assert taken.arrays["layers.0.weight"].all()


def test_layers_correspond_in_order():
    large = both(64, generator__widths=[16, 16, 16, 8], discriminator__widths=[8, 16, 16, 16])
    small = both(32, generator__widths=[16, 16, 8], discriminator__widths=[8, 16, 16])
    for new, old in zip(large, small, strict=True):
        found = [(int(ours.name), int(theirs.name)) for ours, theirs in pairs(new, old)]
        ordered = sorted(found)
        assert [pair[1] for pair in ordered] == sorted(pair[1] for pair in found)
        nearest = (new, old) if new.player == "generator" else ()  # to the picture: the last layers, or the first
        last = [max(int(unit.name) for unit in units(plan)) for plan in nearest]
        assert ordered[-1 if nearest else 0] == (tuple(last) if nearest else (0, 0))
