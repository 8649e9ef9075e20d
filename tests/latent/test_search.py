"""Searches on a linear generator, where the best latent is known in closed form."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from gansmith.ground.errors import RunError
from gansmith.latent.inversion import hmc, inpainting, masks, projection, search
from gansmith.latent.inversion.search import Objective, SearchSettings
from gansmith.latent.measurements import learned_operator, operators, sensing

from .makers import BarMaker, LinearMaker

QUICK = SearchSettings(restarts=2, steps=120, bank=200)


def random_pictures(count: int, side: int = 8) -> np.ndarray:
    return np.random.default_rng(4).uniform(0.3, 0.7, (count, side, side, 1)).astype(np.float32)


@pytest.mark.parametrize("law", ["normal", "uniform"])
def test_projection_finds_the_nearest_latent(law: str) -> None:
    maker = LinearMaker(law=law)
    pictures = random_pictures(5)
    pictures = pictures if law == "normal" else 0.5 + (pictures - 0.5) / 2
    found = projection.project(maker, pictures, QUICK)
    flat = operators.flat(pictures) - 0.5
    exact = flat @ maker.weight.numpy() * 64
    if law == "uniform":  # the law ends at -1 and 1, and so does the search
        assert np.abs(found.latents).max() <= 1
        inside = np.abs(exact).max(axis=1) < 0.95
        assert inside.any()
        assert found.latents[inside] == pytest.approx(exact[inside], abs=0.02)
    else:
        assert found.latents == pytest.approx(exact, abs=0.02)
        best = ((flat - exact @ maker.weight.numpy().T) ** 2).mean(axis=1)
        assert found.losses == pytest.approx(best, rel=1e-3)
        assert projection.errors(found.pictures, pictures) == pytest.approx(best, rel=1e-3)
    assert np.array_equal(found.losses, found.restart_losses.min(axis=1))
    assert found.labels is None


def test_own_samples_are_recovered_with_their_class() -> None:
    maker = LinearMaker(classes=3)
    latents, labels = maker.latents(6, 9), np.array([0, 1, 2, 2, 1, 0])
    found = projection.project(maker, maker.images(latents, labels), QUICK)
    assert found.labels is not None
    assert found.labels.tolist() == labels.tolist()
    assert found.latents == pytest.approx(latents, abs=0.1)  # bytes round
    given = projection.project(maker, maker.images(latents, labels), QUICK, labels=np.array([1, 1, 1, 1, 1, 1]))
    assert given.labels is not None
    assert given.labels.tolist() == [1] * 6
    assert (given.losses[[0, 2, 3, 5]] > found.losses[[0, 2, 3, 5]]).all()


def test_more_restarts_never_lose_and_begin_alike() -> None:
    maker = BarMaker(dim=3)
    pictures = maker.images(maker.latents(4, 2), np.array([0, 1, 2, 0]))
    few = projection.project(maker, pictures, SearchSettings(restarts=2, steps=20, bank=60))
    more = projection.project(maker, pictures, SearchSettings(restarts=5, steps=20, bank=60))
    assert (more.losses <= few.losses + 1e-7).all()
    assert more.restart_losses[:, :2] == pytest.approx(few.restart_losses, rel=1e-3, abs=1e-6)


def test_one_picture_alone_is_found_as_in_company() -> None:
    maker = LinearMaker()
    pictures = random_pictures(40)  # 80 latents: more than walk together
    company = projection.project(maker, pictures, QUICK)
    alone = projection.project(maker, pictures[37:38], QUICK)
    assert alone.latents[0] == pytest.approx(company.latents[37], abs=1e-3)


def test_prior_and_terms_pull() -> None:
    maker = LinearMaker()
    pictures = random_pictures(4)
    free = projection.project(maker, pictures, QUICK)
    held = projection.project(maker, pictures, QUICK, prior=1.0)
    assert np.linalg.norm(held.latents) < 0.7 * np.linalg.norm(free.latents)
    assert held.latents / free.latents == pytest.approx(np.full((4, 6), (1 / 4096) / (1 / 4096 + 1 / 6)), abs=0.05)

    def dark(made: Tensor, labels: Tensor | None) -> Tensor:
        return -made.flatten(1).mean(dim=1) * 50

    pulled = projection.project(maker, pictures, QUICK, terms=[(1.0, projection.realism(dark))])
    assert pulled.pictures.mean() < free.pictures.mean()
    features = projection.perceptual(lambda made, labels: made.flatten(1)[:, :8], pictures)
    same = projection.project(maker, pictures, QUICK, terms=[(1.0, features)])
    first = operators.flat(pictures)[:, :8]
    assert ((operators.flat(same.pictures)[:, :8] - first) ** 2).mean() < (
        (operators.flat(free.pictures)[:, :8] - first) ** 2
    ).mean()


def test_frames_show_the_way_of_the_best_restart() -> None:
    maker = LinearMaker()
    pictures = random_pictures(3)
    told: list[tuple[int, int]] = []
    settings = SearchSettings(restarts=3, steps=60, bank=100, frames=5)
    found = projection.project(maker, pictures, settings, progress=lambda done, total: told.append((done, total)))
    assert len(found.frames) == 6
    assert all(frame.shape == (3, 8, 8, 1) and frame.dtype == np.uint8 for frame in found.frames)
    misses = [projection.errors(frame, pictures).mean() for frame in found.frames]
    assert misses[-1] == min(misses)
    assert np.abs(found.frames[-1] / 255 - found.pictures).max() < 0.003
    assert told[-1] == (60, 60)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize("power", [1, 2])
def test_the_banks_distances_are_the_loss(power: int) -> None:
    maker = LinearMaker()
    random = torch.Generator().manual_seed(0)
    targets, weights = torch.rand(3, 64, generator=random), torch.rand(1, 64, generator=random)
    objective = Objective(targets, weights=weights, power=power)
    place = torch.randn(4, 6, generator=random)
    pictures = search.decode(maker, place, None)
    table = search._distances(objective, objective.observe(pictures))
    for row in range(3):
        loss = search.loss_of(objective, pictures, place, torch.full((4,), row), None)
        assert torch.allclose(table[row], loss, atol=1e-5)


def test_refusals_of_a_search() -> None:
    maker = LinearMaker()
    with pytest.raises(RunError, match="8x8x1"):
        projection.project(maker, np.zeros((1, 9, 8, 1), np.uint8), QUICK)
    with pytest.raises(RunError, match="at least 1 restart"):
        projection.project(maker, random_pictures(1), SearchSettings(restarts=0))
    with pytest.raises(RunError, match="larger bank"):
        projection.project(
            LinearMaker(classes=3), random_pictures(1), SearchSettings(restarts=5, bank=12), labels=np.array([0])
        )


# ---- inpainting


@pytest.mark.parametrize("name", masks.MASKS)
def test_masks_by_hand(name: str) -> None:
    known = masks.make(name, 28, 28, seed=3)
    assert known.shape == (28, 28)
    shares = {"random": 0.8, "centre": 0.75, "left": 0.5, "full": 1.0, "fourth": 1 / 16, "low-resolution": 0.0}
    assert known.mean() == pytest.approx(shares[name], abs=0.05 if name == "random" else 1e-9)
    assert np.array_equal(known, masks.make(name, 28, 28, seed=3))


def test_masks_from_pictures_and_their_refusals(tmp_path: Path) -> None:
    drawn = np.full((8, 8), 255, np.uint8)
    drawn[2:4, 2:5] = 0
    Image.fromarray(drawn).save(tmp_path / "m.png")
    assert np.array_equal(masks.make(str(tmp_path / "m.png"), 8, 8), drawn == 255)
    with pytest.raises(RunError, match="8x8, this generator's pictures are 28x28"):
        masks.make(str(tmp_path / "m.png"), 28, 28)
    with pytest.raises(RunError, match="did you mean 'centre'"):
        masks.make("center", 8, 8)
    (tmp_path / "m.png").write_bytes(b"no picture")
    with pytest.raises(RunError, match="cannot be read"):
        masks.make(str(tmp_path / "m.png"), 8, 8)
    Image.fromarray(drawn * 0).save(tmp_path / "m.png")
    with pytest.raises(RunError, match="black all over"):
        masks.make(str(tmp_path / "m.png"), 8, 8)


@pytest.mark.parametrize("blended", [False, True])
@pytest.mark.parametrize("name", masks.MASKS)
def test_completion_keeps_known_pixels_and_beats_mean_and_chance(name: str, blended: bool) -> None:
    maker = LinearMaker()
    pictures = maker.images(maker.latents(6, 5))
    known = masks.make(name, 8, 8, 1)
    low = name == masks.LOW_RESOLUTION
    done = inpainting.inpaint(maker, pictures, known, QUICK, blended=blended, low_resolution=low)
    assert np.array_equal(done.pictures[:, known], pictures[:, known])
    made = done.pictures if name != "full" else np.rint(done.search.pictures * 255).astype(np.uint8)
    error = inpainting.hole_errors(made, pictures, known).mean()
    if name == "fourth":  # 4 pixels do not tell 6 coordinates
        return
    assert error < inpainting.hole_errors(inpainting.mean_fill(pictures, known), pictures, known).mean() / 3
    assert error < inpainting.hole_errors(maker.images(maker.latents(6, 99)), pictures, known).mean() / 3


def test_variants_begin_at_good_restarts_only() -> None:
    every = np.array([[1.0, 1.2, 5.0], [2.0, 9.0, 9.0]])
    ends = np.arange(6, dtype=np.float32).reshape(2, 3, 1)
    labels, pictures = np.array([[7, 8, 9]] * 2), np.zeros((2, 1, 1, 1))
    found = search.SearchResult(ends[:, 0], labels[:, 0], every.min(axis=1), pictures, every, ends, labels)
    latents, labels = inpainting.good_restarts(found, 3)
    assert latents[:, 0].tolist() == [0, 1, 0, 3, 3, 3]
    assert labels is not None
    assert labels.tolist() == [7, 8, 7, 7, 7, 7]


def test_mean_fill_and_hole_errors_by_hand() -> None:
    picture = np.array([[0, 100], [50, 250]], np.uint8)[None, :, :, None]
    known = np.array([[True, True], [True, False]])
    assert inpainting.mean_fill(picture, known)[0, :, :, 0].tolist() == [[0, 100], [50, 50]]
    error = inpainting.hole_errors(inpainting.mean_fill(picture, known), picture, known)
    assert error == pytest.approx([(200 / 255) ** 2])


def test_blending_meets_the_rim_and_keeps_the_texture() -> None:
    y, x = np.mgrid[:9, :9]
    truth = (x * 10 + y * 5 + 60).astype(np.uint8)[None, :, :, None]
    known = np.ones((9, 9), bool)
    known[3:6, 2:7] = False
    off = truth + 40  # right texture, wrong level
    assert np.array_equal(inpainting.fill(truth, off, known, blended=True), truth)
    assert not np.array_equal(inpainting.fill(truth, off, known), truth)


def test_refusals_of_inpainting() -> None:
    maker = LinearMaker()
    pictures = maker.images(maker.latents(1, 0))
    with pytest.raises(RunError, match="9x8, the pictures are 8x8"):
        inpainting.inpaint(maker, pictures, np.ones((8, 9), bool), QUICK)
    with pytest.raises(RunError, match="no pixel known"):
        inpainting.inpaint(maker, pictures, np.zeros((8, 8), bool), QUICK)


def test_hmc_draws_from_a_gaussian() -> None:
    mean, deviation = torch.tensor([1.0, -2.0, 0.0]), torch.tensor([0.5, 1.0, 2.0])
    start = torch.zeros(60, 3)
    positions, acceptance = hmc.sample(
        lambda x: (((x - mean) / deviation) ** 2).sum(1) / 2, start, warm_up=150, samples=150, leaps=10, step=0.1
    )
    assert positions.shape == (150, 60, 3)
    assert 0.4 < acceptance < 0.95
    flat = positions.reshape(-1, 3)
    assert flat.mean(axis=0) == pytest.approx(mean.numpy(), abs=0.15)
    assert flat.std(axis=0) == pytest.approx(deviation.numpy(), rel=0.12)


def test_completions_agree_outside_and_differ_inside() -> None:
    maker = LinearMaker()
    pictures = maker.images(maker.latents(2, 5))
    known = np.zeros((8, 8), bool)
    known[:2] = True  # 16 pixels for 6 coordinates, and noise: the rest stays open
    done = inpainting.inpaint(maker, pictures, known, QUICK)
    several = inpainting.variants(maker, pictures, known, done, 5)
    assert several.pictures.shape == (2, 5, 8, 8, 1)
    assert 0.4 < several.acceptance <= 1
    assert np.array_equal(several.pictures[:, :, known], np.repeat(pictures[:, None], 5, 1)[:, :, known])
    assert several.pictures[:, :, ~known].astype(float).std(axis=1).min(axis=(1, 2)).min() > 0.5
    made = maker.images(several.latents.reshape(10, -1)).reshape(2, 5, 8, 8, 1)
    miss = np.abs(made[:, :, known].astype(float) - pictures[:, None][:, :, known]).mean()
    assert miss < 255 * inpainting.NOISE * 2


# ---- upscaling


def test_upscaling_finds_what_was_shrunk() -> None:
    maker = LinearMaker(dim=4)
    pictures = maker.images(maker.latents(3, 1)).astype(np.float32) / 255
    small = sensing.shrink(pictures, 2)
    assert small.shape == (3, 4, 4, 1)
    assert small[0, 1, 2, 0] == pytest.approx(pictures[0, 2:4, 4:6, 0].mean(), abs=1e-6)
    done = sensing.upscale(maker, small, QUICK, prior=0.0)
    assert projection.errors(done.pictures, pictures).max() < 1e-4
    assert done.misfit.max() < 1e-5


def test_exact_upscaling_measures_again_what_was_given() -> None:
    maker = LinearMaker()
    small = np.random.default_rng(0).uniform(0.4, 0.6, (2, 2, 2, 1)).astype(np.float32)
    loose = sensing.upscale(maker, small, QUICK)
    exact = sensing.upscale(maker, small, QUICK, exact=True)
    assert loose.misfit.min() > 1e-6
    assert exact.misfit.max() < 1e-8
    assert sensing.shrink(exact.pictures, 4) == pytest.approx(small, abs=1e-4)
    with pytest.raises(RunError, match="no whole part"):
        sensing.upscale(maker, np.zeros((1, 3, 3, 1), np.float32), QUICK)


def test_bicubic_keeps_an_even_picture() -> None:
    assert sensing.bicubic(np.full((2, 4, 4, 3), 0.25, np.float32), 8, 8) == pytest.approx(np.full((2, 8, 8, 3), 0.25))


# ---- sensing


def test_own_samples_are_recovered_from_as_many_measurements_as_coordinates_need() -> None:
    maker = LinearMaker()
    pictures = maker.images(maker.latents(5, 3))
    for operator in (operators.gaussian((1, 8, 8), 12, 0), operators.subsample((1, 8, 8), 16, 0)):
        found = sensing.recover(maker, operator, operator.measure(pictures), QUICK, prior=0.0)
        assert projection.errors(found.pictures, pictures).max() < 1e-4
        assert found.losses.max() < 1e-4


def test_the_search_hides_nothing_behind_the_measurements() -> None:
    maker = LinearMaker()
    operator = operators.gaussian((1, 8, 8), 3, 0)  # fewer than coordinates: fits, and yet is not the picture
    pictures = maker.images(maker.latents(5, 3))
    found = sensing.recover(maker, operator, operator.measure(pictures), QUICK, prior=0.0)
    assert found.losses.max() < 1e-5
    assert projection.errors(found.pictures, pictures).mean() > 1e-3


def test_consistent_pictures_measure_as_asked() -> None:
    operator = operators.gaussian((1, 8, 8), 10, 0)
    pictures = random_pictures(3)
    measured = operator.measure(pictures)
    moved = sensing.consistent(operator, measured, np.full_like(pictures, 0.5))
    assert operator.measure(moved) == pytest.approx(measured, abs=1e-3)


def test_a_learned_measurement_tells_more_than_a_random_one() -> None:
    maker = LinearMaker(dim=8)
    learned = learned_operator.learn(maker, 4, steps=30, batch=16, hidden=16)
    random = operators.gaussian((1, 8, 8), 4, 0)
    assert (learned.matrix**2).sum() == pytest.approx(64, rel=1e-3)  # and hears no more
    pictures = maker.images(maker.latents(20, 3))
    errors = [
        projection.errors(
            sensing.recover(maker, one, one.measure(pictures, 0.05), QUICK, prior=1e-3).pictures, pictures
        ).mean()
        for one in (learned, random)
    ]
    assert errors[0] < errors[1]
