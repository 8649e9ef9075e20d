"""The tables of studies and claims fit together, and every variant is a recipe that builds."""

from __future__ import annotations

import pytest

from gansmith.articles.claims import CLAIMS, TITLES
from gansmith.articles.evidence import FIGURES, first_seed
from gansmith.articles.probes import PROBES
from gansmith.articles.studies import STUDIES
from gansmith.compare.grid import variant
from gansmith.ground.networks.plan import Plan
from gansmith.nets import plan_discriminator, plan_generator

VARIANTS = [
    pytest.param(study, text, id=f"{study}: {name}")
    for study, each in STUDIES.items()
    for name, text in each.variants.items()
]
NAMES = {name: study for study, each in STUDIES.items() for name in each.variants}


@pytest.mark.parametrize(("study", "text"), VARIANTS)
def test_a_variant_is_a_recipe_that_can_be_planned(study: str, text: str):
    each = STUDIES[study]
    recipe = variant(text, data="digits", budget=each.budget, settings=each.settings).recipe
    classes = 10 if recipe.data.labels == "classes" else 0
    plans = plan_generator(recipe, (1, 28, 28), classes), plan_discriminator(recipe, (1, 28, 28), classes)
    assert all(isinstance(plan, Plan) for plan in plans)
    lengths = recipe.budget.updates, recipe.budget.epochs
    assert sum(length > 0 for length in lengths) == 1


def test_variants_of_all_studies_have_names_of_their_own():
    assert len(NAMES) == len(VARIANTS)


def test_studies_belong_to_articles_and_know_their_probes():
    assert {name[:3] for name in STUDIES} == set(TITLES)
    assert {probe for study in STUDIES.values() for probe in study.probes} <= set(PROBES)
    assert all(study.seeds >= 3 for study in STUDIES.values())


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_a_claim_is_judged_by_what_its_article_ran(claim):
    assert claim.article in TITLES
    assert {NAMES[name][:3] for name in claim.variants} == {claim.article}
    assert set(claim.figures) <= set(FIGURES)
    assert set(claim.pictures or ()) <= set(claim.variants)
    assert claim.says.endswith(".")


def test_there_are_twelve_claims_at_least_and_some_of_every_article():
    assert len({claim.name for claim in CLAIMS}) == len(CLAIMS) >= 12
    assert {claim.article for claim in CLAIMS} == set(TITLES)


def test_every_variant_is_looked_at_by_a_claim():
    assert {name for claim in CLAIMS for name in claim.variants} == set(NAMES)


def test_seeds_begin_where_the_recipe_says():
    assert first_seed("article-003-trick+schedule.rate=constant") == 42
    assert first_seed("article-001-plain") == 0
