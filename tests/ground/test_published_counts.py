"""The recipes build exactly the networks that the articles published."""

from __future__ import annotations

import pytest

from gansmith import recipes
from gansmith.ground.plan import Shape, count
from gansmith.ground.recipe import override
from gansmith.ground.settings import Recipe
from gansmith.nets import plan_discriminator, plan_generator

MNIST = (1, 28, 28)
DCGAN_64 = override(
    recipes.find("article-000-dcgan"), {"generator.widths": [1024, 512, 256, 128], "generator.strides": [2]}
)


@pytest.mark.parametrize(
    ("recipe", "item_shape", "classes", "generator", "trained", "discriminator"),
    [
        (recipes.find("article-001-plain"), MNIST, 0, 1_486_352, 1_486_352, 1_460_225),
        (recipes.find("article-001-labelled"), MNIST, 10, 1_488_912, 1_488_912, 1_494_273),
        (recipes.find("article-002"), MNIST, 0, 130_576, 130_576, 117_121),
        (recipes.find("article-000-dcgan"), MNIST, 0, 2_330_944, 2_305_472, 212_865),
        (DCGAN_64, (3, 64, 64), 0, 18_920_320, 18_920_320 - 2 * (4 * 4 * 1024 + 512 + 256 + 128), 242_561),
    ],
    ids=["001-plain", "001-labelled", "002", "tutorial-28", "004-64"],
)
def test_published(recipe: Recipe, item_shape: Shape, classes: int, generator: int, trained: int, discriminator: int):
    made = count(plan_generator(recipe, item_shape, classes))
    assert (made.total, made.trained) == (generator, trained)
    judged = count(plan_discriminator(recipe, item_shape, classes))
    assert (judged.total, judged.batch_statistics) == (discriminator, 0)


def test_labels_are_in_the_recipe_where_the_article_has_them():
    assert recipes.find("article-001-labelled").data.labels == "classes"
    assert recipes.find("article-001-plain").data.labels == "none"


@pytest.mark.parametrize("name", [name for name in recipes.names() if name != "folder"])
def test_every_recipe_plans_its_networks(name: str):
    recipe = recipes.find(name)
    vectors = recipe.data.source in ("ring", "grid", "spiral")
    item_shape = (2,) if vectors else (1, 16, 16) if recipe.data.source == "digits" else MNIST
    classes = 10 if recipe.data.labels == "classes" else 0
    assert plan_generator(recipe, item_shape, classes).output_shape == item_shape
    assert plan_discriminator(recipe, item_shape, classes).output_shape == (1,)
