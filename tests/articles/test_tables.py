"""The tables of studies and claims fit together, and every variant is a recipe that builds."""

from __future__ import annotations

import pytest

from gansmith.articles import feedback_rules
from gansmith.articles.claims import CLAIMS, TITLES
from gansmith.articles.evidence import FIGURES, first_seed
from gansmith.articles.intervals import LEAST
from gansmith.articles.probes import PROBES
from gansmith.articles.studies import BETA1, BETAS, STUDIES, tuned
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
    assert {name for name, study in STUDIES.items() if study.seeds < LEAST} == {"000-tuning"}


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
    judged = {name for name in NAMES if NAMES[name] != "000-tuning"}
    assert {name for claim in CLAIMS for name in claim.variants} == judged


def test_seeds_begin_where_the_recipe_or_the_study_says():
    assert first_seed("article-003-trick+schedule.rate=constant") == 42
    assert first_seed("article-001-plain") == 0
    assert first_seed("article-001-plain", ["seed=100"]) == 100


def test_every_network_may_be_tuned_alike_by_a_seed_that_is_not_judged():
    tuning = STUDIES["000-tuning"]
    assert {first_seed(text, tuning.settings) for text in tuning.variants.values()} == {100}
    assert set(tuning.variants) == {f"{network}, beta1 {beta}" for network in feedback_rules.NETWORKS for beta in BETAS}
    for network, beta in BETA1.items():
        assert STUDIES[NAMES[f"{network}, joint"]].variants[f"{network}, joint"] == tuned(network, beta)
        assert tuning.variants[f"{network}, beta1 {beta}"] == tuned(network)
