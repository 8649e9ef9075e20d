"""Which features are taken, and what is said of them, without any network being trained."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gansmith.ground.errors import DataError, RecipeError
from gansmith.ground.recipes.settings import DataSettings
from gansmith.metrics.feature_networks import choice, inception, likeness
from gansmith.metrics.feature_networks.choice import FeatureSettings, choose, resolve
from gansmith.metrics.feature_networks.features import FeatureName, Pixels, silent
from gansmith.metrics.feature_networks.imagenet import Imagenet
from gansmith.metrics.real import RealItems
from gansmith.nets import trunk

GREY = RealItems("set", "set", np.zeros((20, 5, 4, 1), np.uint8))
COLOUR = RealItems("set", "set", np.zeros((20, 5, 4, 3), np.uint8))
CLEAR = RealItems("set", "set", np.zeros((20, 5, 4, 4), np.uint8))
NUMBERS = RealItems("set", "set", np.zeros((20, 2), np.float32))
LABELS = np.arange(20) % 2
TRAINED = "a network that was trained"


@pytest.fixture(params=[True, False], ids=["with the extra", "without"])
def extra(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the extra `features` is installed."""
    monkeypatch.setattr(trunk, "installed", lambda: request.param)
    monkeypatch.setattr(trunk, "weights_file", lambda: Path("weights"))
    return request.param


@pytest.fixture(autouse=True)
def _trained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choice, "_load", lambda cached, train, settings: TRAINED if settings.train else None)


def chosen(real: RealItems, name: FeatureName = "auto", **settings: Any) -> choice.FeatureChoice:
    return choose(real, Path("nowhere"), FeatureSettings(name, **settings), silent)


def test_colour_pictures_say_what_they_are_measured_in(extra: bool):
    made = chosen(COLOUR)
    assert made.classifier is None
    (note,) = made.notes
    if extra:
        assert isinstance(made.extractor, Imagenet)
        assert "--features self-supervised" in note
    else:
        assert made.extractor == TRAINED
        assert "pip install 'gansmith[features]'" in note


def test_labelled_colour_pictures_may_be_measured_by_their_classifier(extra: bool):
    made = chosen(dataclasses.replace(COLOUR, labels=LABELS))
    assert made.classifier == TRAINED
    assert len(made.notes) == 1
    assert ("--features classifier" in made.notes[0]) == extra


@pytest.mark.parametrize("name", ["pixels", "self-supervised"])
def test_who_asked_for_features_is_told_nothing(extra: bool, name: FeatureName):
    assert chosen(COLOUR, name).notes == ()
    assert chosen(GREY, name).notes == ()


def test_grey_pictures_are_told_nothing(extra: bool):
    assert chosen(GREY) == choice.FeatureChoice(TRAINED, None, ())  # pyright: ignore[reportArgumentType]
    assert chosen(dataclasses.replace(GREY, labels=LABELS)) == choice.FeatureChoice(TRAINED, TRAINED, ())  # pyright: ignore


def test_pixels_are_pixels():
    made = chosen(GREY, "pixels")
    assert isinstance(made.extractor, Pixels)
    assert made == choice.FeatureChoice(Pixels((5, 4, 1), GREY.kind), None, ())
    assert chosen(NUMBERS).notes == ()


def test_while_a_run_trains_nothing_slow_is_read(extra: bool):
    made = chosen(COLOUR, train=False)
    assert isinstance(made.extractor, Pixels)
    assert made.notes == ("self-supervised features are not in the cache and may not be trained now: pixels instead",)
    labelled = chosen(dataclasses.replace(COLOUR, labels=LABELS), train=False)
    assert len(labelled.notes) == 2
    assert "classes are not measured" in labelled.notes[0]


@pytest.mark.parametrize(
    ("real", "standard", "says"),
    [(COLOUR, True, None), (COLOUR, False, "nothing proves"), (CLEAR, True, "on black and on white")],
)
def test_what_inception_s_figure_is_called(
    real: RealItems, standard: bool, says: str | None, monkeypatch: pytest.MonkeyPatch
):
    on_grounds = SimpleNamespace(name="inception@0000-on-grounds", standard=False)
    found = SimpleNamespace(name="inception@0000", standard=standard, of_transparency=lambda: on_grounds)
    monkeypatch.setattr(inception, "load", lambda file, device: found)
    made = chosen(real, "inception", inception_file=Path("weights.safetensors"))
    assert made.extractor is (on_grounds if real is CLEAR else found)
    assert len(made.notes) == (says is not None)
    assert says is None or says in made.notes[0]


def test_names_are_taken_at_their_word():
    assert resolve(GREY, "pixels") == "pixels"
    assert resolve(GREY, "self-supervised") == "self-supervised"
    assert resolve(dataclasses.replace(GREY, labels=LABELS), "classifier") == "classifier"
    assert resolve(NUMBERS, "pixels") == "pixels"
    with pytest.raises(DataError, match="no two classes"):
        resolve(GREY, "classifier")


# ---- in what clusters are alike


def shelf(real: RealItems, count: int = 20) -> Any:
    """As much of a store as is asked for."""
    return SimpleNamespace(kind=real.kind, count=count, item_shape=(*real.items.shape[3:], *real.items.shape[1:3]))


def test_by_what_clusters_are_found(extra: bool):
    assert likeness.chosen(DataSettings(), shelf(NUMBERS)) == "pixels"
    assert likeness.chosen(DataSettings(clusters_by="pixels"), shelf(NUMBERS)) == "pixels"
    assert likeness.chosen(DataSettings(), shelf(COLOUR, 20_000)) == ("imagenet" if extra else "pixels")
    assert likeness.chosen(DataSettings(), shelf(COLOUR, 20_001)) == "pixels"
    assert likeness.chosen(DataSettings(), shelf(GREY)) == "pixels"
    with pytest.raises(RecipeError, match="these items are vectors"):
        likeness.chosen(DataSettings(clusters_by="imagenet"), shelf(NUMBERS))
    assert likeness.points(COLOUR.items, "pixels") is COLOUR.items
