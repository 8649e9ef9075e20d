"""Errors: one tree, and hints that hint."""

from __future__ import annotations

import inspect

import pytest

from gansmith.ground import errors
from gansmith.ground.errors import GansmithError, StoppedByUser, nearest, size_in_words


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


def test_bytes_are_told_in_a_unit_that_shows_them():
    told = [size_in_words(count) for count in (0, 400, 52_000, 3_400_000, 12_000_000_000)]
    assert told == ["0.0 kB", "0.4 kB", "52.0 kB", "3.4 MB", "12.0 GB"]
