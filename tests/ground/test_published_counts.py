"""The recipes build exactly the networks that the articles published."""

from __future__ import annotations

import pytest

from gansmith import recipes
from gansmith.ground.networks.cost import count
from gansmith.ground.networks.plan import ConcatLabels, Conv, ConvTranspose, Linear, Reshape, Shape, leaves
from gansmith.ground.recipes.recipe import override
from gansmith.nets import plan_discriminator, plan_generator
from gansmith.nets.initial import initial_weights

MNIST = (1, 28, 28)
SHAPES = {
    "digits": (1, 16, 16),
    "celeba": (3, 64, 64),
    "gaussian": (1,),
    "stacked-mnist": (3, 28, 28),
    "tones": (1, 1, 1024),
}
FACES = (3, 64, 64)
OF_ANY_DATA = ("folder", "faces", "signal")  # their networks are chosen by the data


@pytest.mark.parametrize(
    ("name", "item_shape", "classes", "generator", "trained", "discriminator"),
    [
        ("article-000-dcgan", MNIST, 0, 2_330_944, 2_305_472, 212_865),
        ("article-000-dense", MNIST, 0, 1_486_352, 1_486_352, 1_460_225),
        ("article-001-plain", MNIST, 0, 1_486_352, 1_486_352, 1_460_225),
        ("article-001-labelled", MNIST, 10, 1_488_912, 1_488_912, 1_494_273),
        ("article-001-labelled-as-published", MNIST, 10, 1_488_912, 1_488_912, 1_494_273),
        ("article-002", MNIST, 0, 130_576, 130_576, 117_121),
        ("article-003", MNIST, 0, 1_494_248, 1_494_248, 100_609),
        ("article-003-trick", MNIST, 0, 1_494_248, 1_494_248, 100_609),
        ("article-003-failure-1", MNIST, 0, 572_584, 572_584, 100_609),
        ("article-003-failure-2", MNIST, 0, 1_014_329, 1_014_329, 100_609),
        ("article-003-failure-3", MNIST, 0, 693_890, 693_890, 100_609),
        ("article-003-failure-4", MNIST, 0, 919_404, 919_404, 100_609),
        ("article-003-failure-5", MNIST, 0, 1_524_544, 1_524_544, 100_609),
        ("article-003-failure-6", MNIST, 0, 595_504, 595_504, 100_609),
        ("article-004-mnist", MNIST, 0, 2_330_944, 2_305_472, 212_865),
        ("article-004-celeba", FACES, 0, 18_920_320, 18_920_320 - 2 * (4 * 4 * 1024 + 512 + 256 + 128), 242_561),
    ],
)
def test_published(name: str, item_shape: Shape, classes: int, generator: int, trained: int, discriminator: int):
    recipe = recipes.load(name)
    made = count(plan_generator(recipe, item_shape, classes))
    assert (made.total, made.trained) == (generator, trained)
    judged = count(plan_discriminator(recipe, item_shape, classes))
    assert (judged.total, judged.batch_statistics) == (discriminator, 0)


def test_labels_are_in_the_recipe_where_the_article_has_them():
    assert recipes.load("article-001-labelled").data.labels == "classes"
    assert recipes.load("article-001-plain").data.labels == "none"


@pytest.mark.parametrize("name", ["article-000-dcgan", "article-004-celeba", "article-000-encdec"])
def test_published_shapes_on_the_way_up(name: str):
    """7-7-14-28 and 4-8-16-32-64."""
    sizes = {"article-000-dcgan": [7, 7, 14, 28], "article-004-celeba": [4, 8, 16, 32, 64]}
    item_shape = FACES if name == "article-004-celeba" else MNIST
    plan = plan_generator(recipes.load(name), item_shape, 0)
    shape, seen = plan.input_shape, []
    for layer in plan.layers:
        shape = layer.shape_after(shape)
        if len(shape) == 3 and isinstance(layer, Reshape | Conv | ConvTranspose):
            seen.append(shape[1])
    assert seen == sizes.get(name, [7, 14, 28])


@pytest.mark.parametrize("size", [1, 7, 64])
@pytest.mark.parametrize("net", ["encdec", "hourglass"])
def test_the_bottleneck_has_the_size_that_was_asked_for(net: str, size: int):
    changes = {"generator.bottleneck": size, "discriminator.bottleneck": size}
    if net == "hourglass":
        changes |= {"generator.net": net, "discriminator.net": net, "latent.dim": 784}
    recipe = override(recipes.load("article-000-encdec"), changes)
    for plan in (plan_generator(recipe, MNIST, 0), plan_discriminator(recipe, MNIST, 0)):
        dense = [layer.outputs for _, layer in leaves(plan.layers) if isinstance(layer, Linear)]
        assert dense[0] == size


def test_kim_s_label_joins_every_layer():
    recipe = recipes.load("kim-dcgan-mnist")
    for plan in (plan_generator(recipe, MNIST, 10), plan_discriminator(recipe, MNIST, 10)):
        weighted = [i for i, layer in enumerate(plan.layers) if isinstance(layer, Linear | Conv | ConvTranspose)]
        assert len(weighted) == 4
        assert all(plan.layers[index - 1] == ConcatLabels(10) for index in weighted)
    inputs = [plan.layers[index] for index in weighted]
    assert [layer.inputs for layer in inputs if isinstance(layer, Conv)] == [1 + 10, 11 + 10]
    assert [layer.inputs for layer in inputs if isinstance(layer, Linear)] == [7 * 7 * 74 + 10, 1024 + 10]


def test_kim_s_widths():
    plan = plan_discriminator(recipes.load("kim-dcgan"), FACES, 0)
    assert [layer.outputs for layer in plan.layers if isinstance(layer, Conv)] == [64, 128, 256, 512]


@pytest.mark.parametrize("name", ["kim-dcgan", "kim-dcgan-mnist"])
def test_kim_s_weights_are_drawn_from_n_0_02(name: str):
    recipe = recipes.load(name)
    item_shape, classes = (FACES, 0) if name == "kim-dcgan" else (MNIST, 10)
    plan = plan_generator(recipe, item_shape, classes)
    for key, array in initial_weights(plan, recipe.generator, 0).items():
        if key.endswith("weight"):
            assert array.std() == pytest.approx(0.02, rel=0.05)
            assert abs(array.mean()) < 0.002


@pytest.mark.parametrize("name", [name for name in recipes.names() if name not in OF_ANY_DATA])
def test_every_recipe_plans_its_networks(name: str):
    recipe = recipes.load(name)
    vectors = recipe.data.source in ("ring", "grid", "spiral")
    item_shape = (2,) if vectors else SHAPES.get(recipe.data.source, MNIST)
    classes = 10 if recipe.data.labels == "classes" else 0
    assert plan_generator(recipe, item_shape, classes).output_shape == item_shape
    assert plan_discriminator(recipe, item_shape, classes).output_shape == (1,)
