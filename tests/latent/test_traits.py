"""Traits against pictures whose truth is known by hand, or by the pen that drew them."""

from __future__ import annotations

import numpy as np
import pytest

from gansmith.data.toys import glyphs
from gansmith.ground.errors import RunError
from gansmith.kinds.appearance import DRAWN, TRAITS
from gansmith.latent.appearance import traits


def value(name: str, picture: np.ndarray) -> float:
    """One trait of one picture (H, W) or (H, W, C), uint8."""
    picture = picture[..., None] if picture.ndim == 2 else picture
    return float(TRAITS[name](picture[None])[0])


@pytest.fixture(scope="module")
def drawn() -> tuple[glyphs.Truth, np.ndarray]:
    truth = glyphs.truth(1500, 3)
    return truth, glyphs.draw(truth)


@pytest.mark.parametrize("digit", range(10))
def test_thickness_and_slant_follow_the_pen_within_a_class(drawn: tuple[glyphs.Truth, np.ndarray], digit: int) -> None:
    truth, pictures = drawn
    rows = truth.labels == digit
    for name, exact in (("thickness", truth.thickness), ("slant", truth.slant)):
        measured = TRAITS[name](pictures[rows])
        assert np.corrcoef(measured, exact[rows])[0, 1] > 0.99


def test_thickness_is_in_pixels_and_height_follows_the_pen(drawn: tuple[glyphs.Truth, np.ndarray]) -> None:
    truth, pictures = drawn
    assert np.abs(TRAITS["thickness"](pictures) - truth.thickness).mean() < 0.3
    assert np.abs(TRAITS["height"](pictures) - truth.height - truth.thickness).mean() < 0.5


def test_a_bar_by_hand() -> None:
    bar = np.zeros((20, 20), np.uint8)
    bar[4:16, 8:11] = 255  # 12 high, 3 wide: area 36, edge 30 but for two corners cut short
    assert value("ink", bar) == pytest.approx(36 / 400)
    assert (value("width", bar), value("height", bar)) == (3, 12)
    assert value("aspect", bar) == pytest.approx(0.25)
    assert value("slant", bar) == pytest.approx(0, abs=1e-9)
    assert value("thickness", bar) == pytest.approx(2 * 36 / 30, rel=0.05)
    assert value("thickness", 255 - bar) == pytest.approx(value("thickness", bar), rel=1e-5)  # dark on light


def test_a_stair_leans_to_the_right_by_one() -> None:
    rising = np.flipud(np.eye(21, dtype=np.uint8)) * 255
    assert value("slant", rising) == pytest.approx(1)
    assert value("slant", np.fliplr(rising)) == pytest.approx(-1)


def test_nothing_drawn_is_no_error() -> None:
    empty = np.zeros((8, 8), np.uint8)
    for name in TRAITS:
        assert np.isfinite(value(name, empty)), name


def test_colours_by_hand() -> None:
    def flat(*rgb: int) -> np.ndarray:
        return np.broadcast_to(np.array(rgb, np.uint8), (6, 6, 3))

    assert value("hue", flat(255, 0, 0)) == pytest.approx(0)
    assert value("hue", flat(0, 255, 0)) == pytest.approx(120)
    assert value("hue", flat(0, 0, 255)) == pytest.approx(-120)
    assert value("hue", flat(9, 9, 9)) == 0
    assert value("saturation", flat(255, 0, 0)) == pytest.approx(1)
    assert value("saturation", flat(80, 80, 80)) == 0
    assert value("brightness", flat(255, 255, 255)) == pytest.approx(1)
    assert value("contrast", flat(7, 99, 3)) == pytest.approx(0, abs=1e-6)
    half = np.zeros((6, 6), np.uint8)
    half[:, :3] = 255
    assert value("contrast", half) == pytest.approx(0.5)
    assert value("symmetry", half) == pytest.approx(-1)
    assert value("symmetry", np.vstack([half[:, :3], half[:, :3]])) == pytest.approx(1)
    square = np.zeros((10, 10, 3), np.uint8)
    square[2:7, 3:7] = (255, 0, 255)
    assert value("size", square) == pytest.approx(0.2)
    assert value("size", 255 - square) == pytest.approx(0.2)


def test_blur_is_less_sharp(drawn: tuple[glyphs.Truth, np.ndarray]) -> None:
    sharp = drawn[1][:50].astype(np.float32)
    blurred = ((sharp + np.roll(sharp, 1, 1) + np.roll(sharp, 1, 2) + np.roll(sharp, (1, 1), (1, 2))) / 4).astype("u1")
    assert (TRAITS["sharpness"](blurred) < TRAITS["sharpness"](drawn[1][:50])).all()


def test_defaults_by_kind(drawn: tuple[glyphs.Truth, np.ndarray]) -> None:
    pictures = drawn[1][:20]
    assert traits.defaults(pictures) == traits.defaults(255 - pictures) == ("thickness", "slant")
    noise = np.random.default_rng(0).integers(0, 255, (5, 8, 8, 3), dtype=np.uint8)
    assert traits.defaults(noise) == ("brightness", "saturation")


def test_blocks_change_nothing(drawn: tuple[glyphs.Truth, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = drawn[1][:25]
    wanted = traits.select(["slant", "mine"], {"mine": lambda some: some.mean((1, 2, 3))})
    whole = traits.measure(pictures, wanted)
    monkeypatch.setattr(traits, "BLOCK", 10)
    for name, values in traits.measure(pictures, wanted).items():
        assert values == pytest.approx(whole[name])
    assert whole["mine"] == pytest.approx(pictures.mean((1, 2, 3)))


def test_an_unknown_trait_names_its_neighbour() -> None:
    with pytest.raises(RunError, match="did you mean 'thickness'"):
        traits.select(["thicknes"])


def painted(count: int, channels: int, seed: int = 0) -> np.ndarray:
    """Pictures of blobs with brightness, contrast and, with 3 channels, colour of their own."""
    rng = np.random.default_rng(seed)
    blobs = np.sin(np.linspace(0, 3, 12)[:, None] * rng.uniform(1, 3, (count, 1, 1)) + np.linspace(0, 2, 12))
    colour = rng.uniform(0.2, 1, (count, 1, 1, channels))
    return (255 * (0.2 + 0.6 * colour * (blobs[..., None] + 1) / 2)).astype(np.uint8)


def test_grey_pictures_have_no_saturation() -> None:
    """Neither those of one channel, nor three equal ones, nor colour that rounding has made."""
    grey = painted(40, 1)
    tinted = grey.repeat(3, axis=3) + np.random.default_rng(1).integers(0, 2, (*grey.shape[:3], 3)).astype(np.uint8)
    for pictures in (grey, grey.repeat(3, axis=3), tinted):
        assert traits.defaults(pictures) == ("brightness", "contrast")
        assert not traits.varies(TRAITS["saturation"], pictures)
        with pytest.raises(RunError, match=r"saturation does not vary in the samples: choose of .*brightness"):
            traits.need_spread(traits.select(["saturation", "brightness"]), pictures)
    assert traits.defaults(painted(40, 3)) == ("brightness", "saturation")


def test_a_trait_that_only_the_samples_have_is_not_told() -> None:
    """A generator whose grey is off has colours that its data lacks."""
    assert traits.defaults(painted(40, 3), painted(40, 1)) == ("brightness", "contrast")


def test_a_collapsed_generator_has_no_trait() -> None:
    one = painted(1, 3).repeat(30, axis=0)
    wobbling = one + np.random.default_rng(2).integers(0, 2, one.shape).astype(np.uint8)
    for pictures in (one, wobbling, np.zeros_like(one)):
        assert traits.defaults(pictures) == ()
        with pytest.raises(RunError, match="as after a collapse"):
            traits.need_spread({}, pictures)


def test_traits_of_drawings_vary(drawn: tuple[glyphs.Truth, np.ndarray]) -> None:
    assert all(traits.varies(TRAITS[name], drawn[1][:100]) for name in (*DRAWN, "aspect", "sharpness"))
    assert not traits.varies(TRAITS["hue"], drawn[1][:100])
