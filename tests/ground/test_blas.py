"""NumPy's matrix products: told how many threads, and described."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from threadpoolctl import ThreadpoolController

from gansmith.ground.process import blas
from gansmith.runs.choose_recipe import Budget, choose_recipe
from gansmith.runs.setup import environment, resolve_machine, set_up


@pytest.fixture(autouse=True)
def _threads_as_before() -> Iterator[None]:
    """The number of threads belongs to the process: other tests get theirs back."""
    before = blas.use_threads(0)
    yield
    blas.use_threads(before)


class Deaf:
    """A library that takes no number of threads, as Apple's."""

    def info(self) -> list[dict[str, Any]]:
        return []

    def limit(self, *, limits: int) -> None:
        return None


def threads_of_numpy() -> set[int]:
    return {each["num_threads"] for each in ThreadpoolController().select(user_api="blas").info()}


@pytest.mark.skipif(not blas.can_be_told(), reason="this NumPy's library takes no number of threads")
@pytest.mark.parametrize("count", [1, 2])
def test_the_library_takes_the_recipes_number(count: int) -> None:
    recipe = replace(choose_recipe("article-001-plain", data="digits"), engine="numpy", threads=count)
    resolved = resolve_machine(recipe)
    assert resolved.threads == count
    assert threads_of_numpy() == {count}
    assert resolve_machine(replace(recipe, threads=0)).threads == count, "0 is what the library has"
    assert environment(resolved)["threads"] == count


def test_the_library_is_named() -> None:
    recipe = replace(choose_recipe("article-001-plain", data="digits"), engine="numpy")
    assert environment(recipe)["blas"] == blas.environment()["blas"] != ""
    assert "blas" not in environment(replace(recipe, engine="torch"))


def test_a_library_that_cannot_be_told_is_said_aloud(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blas, "_libraries", Deaf)
    assert blas.use_threads(3) == 3
    assert blas.environment() == {"blas": "unknown"}
    settings = {"data.first": 64, "data.size": "8"}
    recipe = choose_recipe("article-001-plain", data="digits", engine="numpy", settings=settings, budget=Budget(2))
    assert not set_up(recipe).remarks
    assert any("threads = 3" in remark for remark in set_up(replace(recipe, threads=3)).remarks)


def test_the_pace_is_a_share_of_the_quickest_of_some_large_products(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a clock on which they take 4, 2, 8 and 4 seconds."""
    readings = iter([0.0, 4.0, 10.0, 12.0, 20.0, 28.0, 30.0, 34.0])
    monkeypatch.setattr(blas, "time", SimpleNamespace(perf_counter=lambda: next(readings)))
    assert blas.operations_per_second() == blas.EFFICIENCY * 2 * 1024**3 / 2.0
