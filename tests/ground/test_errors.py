"""Errors: one tree, and hints that hint."""

from __future__ import annotations

import inspect

import pytest

from gansmith.ground import errors
from gansmith.ground.errors import GansmithError, StoppedByUser, nearest


def test_one_tree():
    classes = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)]
    assert len(classes) >= 8
    for kind in classes:
        assert kind is StoppedByUser or issubclass(kind, GansmithError), kind
    assert not issubclass(StoppedByUser, GansmithError)


def test_the_tree_is_drawn():
    drawn = errors.__doc__ or ""
    for name, kind in inspect.getmembers(errors, inspect.isclass):
        if issubclass(kind, Exception):
            assert name in drawn


@pytest.mark.parametrize(
    ("word", "known", "hint"),
    [
        ("hing", ["hinge", "minimax"], "; did you mean 'hinge'?"),
        ("qqq", ["hinge", "minimax"], "; known: hinge, minimax"),
        ("qqq", [], ""),
        ("", ["b", "a"], "; known: a, b"),
    ],
)
def test_hints(word: str, known: list[str], hint: str):
    assert nearest(word, known) == hint
