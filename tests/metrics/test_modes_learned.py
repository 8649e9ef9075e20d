"""The recipes that are about modes find them: whole trainings, minutes each."""

import pytest

import gansmith

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("name", "modes"), [("ring", 8), ("grid", 25)])
def test_gaussians(name: str, modes: int, seed: int, tmp_path):
    gansmith.train(name, seed=seed, out=tmp_path / "run")
    found = gansmith.evaluate(tmp_path / "run")
    assert found["modes"].value == modes
    assert found["good"].value >= 0.9


def test_a_thousand_stacks(mnist, tmp_path):
    """900 of them after some minutes of one core; 3,435 updates were seen to find 975."""
    gansmith.train("stacked-mnist", data=f"stacked:{mnist}", out=tmp_path / "run", updates=3500)
    found = gansmith.evaluate(tmp_path / "run")
    assert found.count == 26_000
    assert found["modes"].value >= 900
    assert found["modes"].floor == 1000
    assert found["class_kl"].value < 1.0
