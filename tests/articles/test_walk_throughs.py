"""The walk-throughs run from top to bottom at tiny size, and the GAN in one file is the library's."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import gansmith
from gansmith.data.store import open_store
from gansmith.ground.recipes.settings import DataSettings
from walks import EXAMPLES, example

WALKS: dict[str, tuple[list[str], str, list[str]]] = {
    "article_000": ([], "D never frozen", ["feedbacks.png"]),
    "article_001": (["--latents", "60"], "prefers the right label", ["labels.png"]),
    "article_002": ([], r"0\.0012", ["first-and-last.png"]),
    "article_003": (
        ["--number", "7"],
        r"the trick: correlation with the first training picture 0\.[5-9]",
        ["trick.png", "seed-7.png"],
    ),
    "article_004": ([], "2 : 1", ["untrained.png", "samples.png"]),
}


@pytest.mark.parametrize("name", WALKS)
def test_a_walk_through_runs(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    more, said, pictures = WALKS[name]
    example(name).main(["--updates", "4", "--out", str(tmp_path), *more])
    assert re.search(said, capsys.readouterr().out)
    assert all((tmp_path / picture).read_bytes().startswith(b"\x89PNG") for picture in pictures)


def test_slopes_of_a_sure_discriminator():
    """Published by none of the articles: .9975 for a logit, whatever it is called on the way, and hardly anything where
    a probability is taken for a logit."""
    logit, probability, mistaken = example("article_002").slopes(-6).values()
    assert logit == pytest.approx(-0.99753, abs=1e-5)
    assert probability == pytest.approx(logit)
    assert mistaken == pytest.approx(-0.00123, abs=1e-5)


def test_a_slope_by_hand_is_that_of_differences():
    by_hand, by_differences = example("article_003").slope_by_hand("digits")
    assert by_differences == pytest.approx(by_hand, rel=1e-6)


def test_the_whole_gan_is_the_library_s(tmp_path: Path):
    """Same seed, same data: the first 20 losses of both players, to rounding; other draws would change them by more."""
    whole = example("whole_gan_in_one_file")
    _, losses = whole.train(np.asarray(open_store(DataSettings(source="digits")).items), 20)
    quiet = {"watch.stats_every": 1, "watch.judge": 0, "watch.diagnose": 0}
    run = gansmith.train("article-001-plain", "digits", out=tmp_path / "run", updates=20, device="cpu", settings=quiet)
    ours = [(row["loss.discriminator"], row["loss.generator"]) for row in run.stats]
    np.testing.assert_allclose(ours, losses, atol=1e-4, rtol=0)


def test_the_whole_gan_is_small_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert len((EXAMPLES / "whole_gan_in_one_file.py").read_text(encoding="utf-8").splitlines()) < 150
    example("whole_gan_in_one_file").main(["--updates", "2", "--out", str(tmp_path / "a.png")])
    assert "update     2" in capsys.readouterr().out
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
