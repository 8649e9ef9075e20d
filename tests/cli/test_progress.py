"""What a progress line says of the discriminator: only what means something under the loss."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gansmith.cli import main
from gansmith.cli.training.progress import verdict
from gansmith.losses import LOSSES

ROW = {"verdict.real": 1.25, "verdict.fake": -0.75, "probability.real": 0.62, "probability.fake": 0.31}


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        ("non-saturating", "probability of real: D(real) 0.62 · D(fake) 0.31"),
        ("minimax", "probability of real: D(real) 0.62 · D(fake) 0.31"),
        ("hinge", "D(real) 1.25 · D(fake) -0.75 · above 0 it says real"),
        ("least-squares", "D(real) 1.25 · D(fake) -0.75 · above 0.5 it says real"),
        ("wasserstein", "D(real) - D(fake) 2"),
        ("relativistic", "D(real) - D(fake) 2"),
    ],
)
def test_a_verdict_is_said_as_the_loss_means_it(loss: str, said: str) -> None:
    assert verdict(ROW, LOSSES[loss]) == said


@pytest.mark.parametrize("name", list(LOSSES))
def test_only_where_it_is_one_an_output_is_called_a_probability(name: str) -> None:
    """The best output for an item that is real with probability p: its sigmoid is p, or the record does not say so."""
    loss = LOSSES[name]
    if loss.numpy is None:  # it compares pairs: the level of an output means nothing
        assert not loss.probability
        return
    outputs = np.linspace(-6, 6, 2401)

    def best(p: float) -> float:
        each = (np.array([v]) for v in outputs)
        return float(
            outputs[np.argmin([p * loss.numpy.real(v, 1.0)[0] + (1 - p) * loss.numpy.fake(v, 0.0)[0] for v in each])]
        )

    learned = [1 / (1 + np.exp(-best(p))) for p in (0.2, 0.5, 0.9)]
    assert loss.probability == (np.abs(np.array(learned) - (0.2, 0.5, 0.9)).max() < 0.01)


@pytest.mark.parametrize(
    ("loss", "settings"),
    [("hinge", []), ("wasserstein", ["--set", "regularizer.name=gradient-penalty"]), ("relativistic", [])],
)
def test_no_probability_where_there_is_none(
    loss: str, settings: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither in the line of a training nor on the page of its run."""
    small = ["--updates", "2", "--set", "watch.samples=4", "--set", "watch.judge=0", "--set", "watch.diagnose=0"]
    out = tmp_path / "run"
    assert main(["train", "ring", "--out", str(out), "--set", f"loss.name={loss}", *small, *settings]) == 0
    said = capsys.readouterr().err
    assert "D(real)" in said
    assert "probability of" not in said
    assert "Mean probability of being real" not in (out / "report.html").read_text(encoding="utf-8")
